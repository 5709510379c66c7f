//! What is told to phones outside calls, and what they tell: lamps, publications, messages. One owner, the task that takes
//! what comes in.

use crate::{
    exchange::{Exchange, now_ms},
    lamps::Lamps,
    message::Messenger,
    publications::Publications,
};
use jackfield_model::{EventKind, Holder, TimestampMs};
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

/// Return times are looked at this often at the latest, because the clock of the day may be set.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// Lamps, publications and messages, and when something about them is due.
pub(crate) struct Notices {
    pub lamps: Lamps,
    pub publications: Publications,
    pub messenger: Messenger,
    /// Return times up to here have been told.
    passed: TimestampMs,
    due: Option<Instant>,
}

impl Notices {
    pub(crate) fn new(exchange: &Exchange) -> Self {
        let mut notices = Self {
            lamps: Lamps::default(),
            publications: Publications::default(),
            messenger: Messenger::default(),
            passed: now_ms(),
            due: None,
        };
        notices.set_alarm(exchange);
        notices
    }

    /// When to wake them.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Time has passed: publications end, people are back.
    pub(crate) fn wake(&mut self, exchange: &Exchange) {
        self.publications.expire(Instant::now(), exchange);
        let now = now_ms();
        exchange.availability.pass(self.passed, now);
        self.passed = now;
        self.set_alarm(exchange);
    }

    /// These people are available in another way: screens and lamps are told.
    pub(crate) fn moved(&mut self, exchange: &Exchange, holders: HashSet<Holder>) {
        let directory = exchange.directory();
        for holder in holders {
            let (user, numbers) = match &holder {
                Holder::User(user) => (Some(*user), directory.numbers_of(*user)),
                Holder::Extension(number) => (None, vec![number.clone()]),
            };
            for number in &numbers {
                exchange.lines.touch(number.as_str());
            }
            let availability = exchange.availability.of(&holder);
            exchange.bus.publish(now_ms(), EventKind::Availability { user, numbers, availability });
        }
        self.set_alarm(exchange);
    }

    fn set_alarm(&mut self, exchange: &Exchange) {
        let (now, today) = (Instant::now(), now_ms());
        let back = exchange.availability.next_return(today);
        let back = back.map(|at| now + Duration::from_millis(at.saturating_sub(today) + 1).min(LONGEST_SLEEP));
        self.due = [back, self.publications.next_end()].into_iter().flatten().min();
    }
}
