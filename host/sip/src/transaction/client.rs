//! Non-INVITE client transaction (RFC 3261 §17.1.2).

use super::{Step, earliest};
use crate::Timers;
use std::time::{Duration, Instant};

#[derive(Debug)]
pub(crate) struct Client {
    state: State,
    /// Timer E: repeat the request.
    e: Option<Instant>,
    interval: Duration,
    /// Timers F and K, of which at most one runs: give up, forget the final response.
    end: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Trying,
    Proceeding,
    Completed,
}

impl Client {
    /// The request has just been sent.
    pub(crate) fn new(now: Instant, reliable: bool, timers: &Timers) -> Self {
        Self {
            state: State::Trying,
            e: (!reliable).then(|| now + timers.t1),
            interval: timers.t1,
            end: now + timers.give_up(),
        }
    }

    pub(crate) fn on_response(&mut self, now: Instant, status: u16, reliable: bool, timers: &Timers) -> Step {
        match (self.state, status) {
            (State::Completed, _) => Step::Absorb,
            (_, 100..=199) => {
                self.state = State::Proceeding;
                Step::Deliver
            }
            _ => {
                self.state = State::Completed;
                self.e = None;
                self.end = if reliable { now } else { now + timers.t4 };
                Step::Deliver
            }
        }
    }

    pub(crate) fn on_timeout(&mut self, now: Instant, timers: &Timers) -> Step {
        if self.end <= now {
            return if self.state == State::Completed { Step::Terminate } else { Step::TimedOut };
        }
        if self.e.is_some_and(|e| e <= now) {
            self.interval =
                if self.state == State::Proceeding { timers.t2 } else { (self.interval * 2).min(timers.t2) };
            self.e = Some(now + self.interval);
            return Step::Retransmit;
        }
        Step::Absorb
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        earliest([self.e, Some(self.end)])
    }

    /// Whether a final response came.
    pub(crate) fn is_final(&self) -> bool {
        self.state == State::Completed
    }
}
