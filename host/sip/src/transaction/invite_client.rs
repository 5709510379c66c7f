//! INVITE client transaction (RFC 3261 §17.1.1 with the Accepted state of RFC 6026 §8.4).

use super::{Step, earliest};
use crate::Timers;
use std::time::{Duration, Instant};

#[derive(Debug)]
pub(crate) struct InviteClient {
    state: State,
    /// Timer A: repeat the INVITE.
    a: Option<Instant>,
    interval: Duration,
    /// Timers B, D and M, of which at most one runs: give up, forget the final response, forget the 2xx.
    end: Option<Instant>,
    /// Set when nobody cares any more: a provisional response then does not make it wait for ever.
    limit: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Calling,
    Proceeding,
    Accepted,
    Completed,
}

impl InviteClient {
    /// The INVITE has just been sent.
    pub(crate) fn new(now: Instant, reliable: bool, timers: &Timers) -> Self {
        Self {
            state: State::Calling,
            a: (!reliable).then(|| now + timers.t1),
            interval: timers.t1,
            end: Some(now + timers.give_up()),
            limit: None,
        }
    }

    /// A response arrived. `Step::Acknowledge` asks for the ACK of a non-2xx again, `DeliverAndAcknowledge` for its first.
    pub(crate) fn on_response(&mut self, now: Instant, status: u16, reliable: bool, timers: &Timers) -> Step {
        match (self.state, status) {
            (State::Calling | State::Proceeding, 100..=199) => {
                self.state = State::Proceeding;
                (self.a, self.end) = (None, self.limit);
                Step::Deliver
            }
            (State::Calling | State::Proceeding, 200..=299) => {
                self.state = State::Accepted;
                (self.a, self.end) = (None, Some(now + timers.give_up()));
                Step::Deliver
            }
            (State::Calling | State::Proceeding, _) => {
                self.state = State::Completed;
                self.a = None;
                self.end = Some(if reliable { now } else { now + timers.d() });
                Step::DeliverAndAcknowledge
            }
            (State::Accepted, 200..=299) => Step::Deliver,
            (State::Completed, 300..) => Step::Acknowledge,
            (State::Accepted | State::Completed, _) => Step::Absorb,
        }
    }

    /// A timer went off.
    pub(crate) fn on_timeout(&mut self, now: Instant) -> Step {
        if self.end.is_some_and(|end| end <= now) {
            return if self.is_final() { Step::Terminate } else { Step::TimedOut };
        }
        if self.a.is_some_and(|a| a <= now) {
            self.interval *= 2;
            self.a = Some(now + self.interval);
            return Step::Retransmit;
        }
        Step::Absorb
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        earliest([self.a, self.end])
    }

    /// Wait for a final response no longer than this.
    pub(crate) fn limit(&mut self, at: Instant) {
        self.limit = Some(at);
        if self.state == State::Proceeding {
            self.end = self.limit;
        }
    }

    /// Give up at this time already, if nothing has come by then.
    pub(crate) fn hear_by(&mut self, at: Instant) {
        if self.state == State::Calling {
            self.end = earliest([self.end, Some(at)]);
        }
    }

    /// Whether a CANCEL may be sent (RFC 3261 §9.1): a provisional response came and no final one.
    pub(crate) fn is_proceeding(&self) -> bool {
        self.state == State::Proceeding
    }

    /// Whether a final response came.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self.state, State::Accepted | State::Completed)
    }

    /// Whether a 2xx came.
    pub(crate) fn is_accepted(&self) -> bool {
        self.state == State::Accepted
    }
}
