//! Non-INVITE server transaction (RFC 3261 §17.2.2).

use super::Step;
use crate::Timers;
use std::time::Instant;

#[derive(Debug)]
pub(crate) struct Server {
    state: State,
    /// Timer J; before the final response, the time after which the client has given up (its timer F) and an answer
    /// would be of no use (RFC 4320 §4.2).
    end: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Trying,
    Proceeding,
    Completed,
}

impl Server {
    pub(crate) fn new(now: Instant, timers: &Timers) -> Self {
        Self { state: State::Trying, end: now + timers.give_up() }
    }

    /// The request came again: `Step::Retransmit` asks for the last response.
    pub(crate) fn on_retransmission(&self) -> Step {
        match self.state {
            State::Trying => Step::Absorb,
            State::Proceeding | State::Completed => Step::Retransmit,
        }
    }

    /// A response is being sent. False if a final one already was.
    pub(crate) fn on_respond(&mut self, now: Instant, status: u16, reliable: bool, timers: &Timers) -> bool {
        if self.state == State::Completed {
            return false;
        }
        if status < 200 {
            self.state = State::Proceeding;
        } else {
            self.state = State::Completed;
            self.end = if reliable { now } else { now + timers.give_up() };
        }
        true
    }

    pub(crate) fn on_timeout(&self, now: Instant) -> Step {
        if self.end <= now { Step::Terminate } else { Step::Absorb }
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        Some(self.end)
    }

    /// Whether a final response may still be sent.
    pub(crate) fn is_open(&self) -> bool {
        self.state != State::Completed
    }
}
