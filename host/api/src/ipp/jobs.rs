//! What was printed lately, for those who ask what has become of it.

use super::message::Attribute;
use jackfield_model::{TimestampMs, UserId};
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

/// Most jobs that are remembered.
const KEPT: usize = 200;
/// `job-state` (RFC 8011 §5.3.7).
const ABORTED: i32 = 8;
const COMPLETED: i32 = 9;

/// Jobs since the start, newest last.
#[derive(Default)]
pub(crate) struct Jobs(Mutex<(i32, VecDeque<Job>)>);

/// One that is over: pages were made and handed over, or refused.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub id: i32,
    pub owner: UserId,
    pub owner_name: String,
    pub printer: String,
    pub name: String,
    /// When, in milliseconds since 1970.
    pub at: TimestampMs,
    /// Why it was refused.
    pub refused: Option<String>,
}

impl Jobs {
    /// Remember one; gives it its number.
    pub(super) fn add(&self, mut job: Job) -> Job {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.0 = held.0.checked_add(1).unwrap_or(1);
        job.id = held.0;
        if held.1.len() == KEPT {
            held.1.pop_front();
        }
        held.1.push_back(job.clone());
        job
    }

    /// Those of one person at one printer, newest first.
    pub(super) fn of(&self, owner: UserId, printer: &str) -> Vec<Job> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.1.iter().rev().filter(|job| job.owner == owner && job.printer == printer).cloned().collect()
    }
}

impl Job {
    /// What is told of it; `uri` is the printer's, `started` the moment from which it counts its time.
    pub(super) fn attributes(&self, uri: &str, started: TimestampMs) -> Vec<Attribute> {
        let seconds = i32::try_from(self.at.saturating_sub(started) / 1_000 + 1).unwrap_or(i32::MAX);
        let (state, reason) = match self.refused {
            None => (COMPLETED, "job-completed-successfully"),
            Some(_) => (ABORTED, "aborted-by-system"),
        };
        let mut attributes = vec![
            Attribute::uri("job-uri", &format!("{uri}/{}", self.id)),
            Attribute::integer("job-id", self.id),
            Attribute::enums("job-state", &[state]),
            Attribute::keywords("job-state-reasons", &[reason]),
            Attribute::uri("job-printer-uri", uri),
            Attribute::name("job-name", &self.name),
            Attribute::name("job-originating-user-name", &self.owner_name),
        ];
        for name in ["time-at-creation", "time-at-processing", "time-at-completed"] {
            attributes.push(Attribute::integer(name, seconds));
        }
        attributes.push(Attribute::integer("job-printer-up-time", seconds));
        attributes.extend(self.refused.as_deref().map(|why| Attribute::text("job-state-message", why)));
        attributes
    }
}
