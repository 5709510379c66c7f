//! A busy office that somebody made up: calls and facts to look at reports with, and to test them by.
//!
//! Deterministic: the same length of time before the same day gives the same office, to the millisecond. Twenty agents work
//! four queues for callers and three for mail, fax and chat; callers come by the hour of the day, choose in a menu, wait, give
//! up, are answered, held, passed on, wrapped up and asked how it was.

mod chance;
mod day;
mod desk;
mod people;

use chance::Chance;
use day::Day;
use jackfield_model::{CallRecord, Fact, TimestampMs};

/// Where the facts come from.
pub const SOURCE: &str = "org.jackfield.sample";

pub(crate) const SECOND: u64 = 1_000;
pub(crate) const MINUTE: u64 = 60 * SECOND;
pub(crate) const HOUR: u64 = 60 * MINUTE;
pub(crate) const DAY: u64 = 24 * HOUR;

/// What happened in the office, in no order.
#[derive(Default)]
pub struct Office {
    /// Its calls.
    pub calls: Vec<CallRecord>,
    /// Its facts.
    pub facts: Vec<Fact>,
}

impl Office {
    /// So many days, up to the day of `until` (UTC) without it; weekends are quiet. `calls` is about how many callers come on a
    /// weekday.
    pub fn new(until: TimestampMs, days: u64, calls: u64) -> Self {
        let today = until / DAY;
        let mut office = Self::default();
        for day in today.saturating_sub(days)..today {
            // Each day by its own chance: a longer time adds days and changes none.
            Day::new(day, Chance::new(day)).run(calls, &mut office);
        }
        office
    }
}
