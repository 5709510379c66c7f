//! INVITE server transaction (RFC 3261 §17.2.1 with the Accepted state of RFC 6026 §8.5).

use super::{Step, earliest};
use crate::Timers;
use std::time::{Duration, Instant};

#[derive(Debug)]
pub(crate) struct InviteServer {
    state: State,
    /// Timer G: repeat the final response.
    g: Option<Instant>,
    interval: Duration,
    /// Timers H, I and L, of which at most one runs: no ACK, forget the ACK, forget the 2xx.
    end: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Proceeding,
    Accepted,
    Completed,
    Confirmed,
}

impl InviteServer {
    pub(crate) fn new(timers: &Timers) -> Self {
        Self { state: State::Proceeding, g: None, interval: timers.t1, end: None }
    }

    /// The INVITE came again: `Step::Retransmit` asks for the last response.
    pub(crate) fn on_retransmission(&self) -> Step {
        match self.state {
            State::Proceeding | State::Completed => Step::Retransmit,
            State::Accepted | State::Confirmed => Step::Absorb,
        }
    }

    /// The ACK of this branch came. In Accepted it is one for a 2xx, with the branch it should not have: it is delivered.
    pub(crate) fn on_ack(&mut self, now: Instant, reliable: bool, timers: &Timers) -> Step {
        match self.state {
            State::Completed => {
                self.state = State::Confirmed;
                self.g = None;
                self.end = Some(if reliable { now } else { now + timers.t4 });
                Step::Absorb
            }
            State::Accepted => Step::Deliver,
            State::Proceeding | State::Confirmed => Step::Absorb,
        }
    }

    /// A response is being sent. False if a final one already was.
    pub(crate) fn on_respond(&mut self, now: Instant, status: u16, reliable: bool, timers: &Timers) -> bool {
        if self.state != State::Proceeding {
            return false;
        }
        match status {
            100..=199 => {}
            200..=299 => {
                self.state = State::Accepted;
                self.end = Some(now + timers.give_up());
            }
            _ => {
                self.state = State::Completed;
                self.g = (!reliable).then(|| now + timers.t1);
                self.end = Some(now + timers.give_up());
            }
        }
        true
    }

    pub(crate) fn on_timeout(&mut self, now: Instant, timers: &Timers) -> Step {
        if self.end.is_some_and(|end| end <= now) {
            return Step::Terminate;
        }
        if self.g.is_some_and(|g| g <= now) {
            self.interval = (self.interval * 2).min(timers.t2);
            self.g = Some(now + self.interval);
            return Step::Retransmit;
        }
        Step::Absorb
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        earliest([self.g, self.end])
    }

    /// Whether a final response may still be sent.
    pub(crate) fn is_open(&self) -> bool {
        self.state == State::Proceeding
    }
}
