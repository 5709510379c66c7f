//! What was printed lately, for those who ask what has become of it, and what waits for its document.

use super::message::Attribute;
use jackfield_model::{TimestampMs, UserId};
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Most jobs that are remembered.
const KEPT: usize = 200;
/// Most of one person that wait for their document.
const OPEN: usize = 10;
/// How long a job waits for its document (`multiple-operation-time-out`), in seconds.
pub(super) const PATIENCE: u64 = 120;
/// `job-state` (RFC 8011 §5.3.7).
const HELD: i32 = 4;
const CANCELED: i32 = 7;
const ABORTED: i32 = 8;
const COMPLETED: i32 = 9;

/// Jobs since the start, newest last.
#[derive(Default)]
pub(crate) struct Jobs(Mutex<(i32, VecDeque<Job>)>);

#[derive(Clone, Debug)]
pub(super) struct Job {
    pub id: i32,
    pub owner: UserId,
    pub owner_name: String,
    pub printer: String,
    pub name: String,
    /// When, in milliseconds since 1970.
    pub at: TimestampMs,
    pub state: JobState,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum JobState {
    /// Its document is still to come (Create-Job); it is for these numbers.
    Open {
        /// As the client has said them.
        numbers: Vec<String>,
    },
    /// Pages were made and handed over.
    Printed,
    /// It was refused, for this reason.
    Refused(String),
    /// Its owner has taken it back before its document came.
    Cancelled,
}

impl Jobs {
    /// Remember one; gives it its number. `None` when too many of its owner wait for their documents.
    pub(super) fn add(&self, mut job: Job) -> Option<Job> {
        let mut held = self.held(job.at);
        let is_open = |job: &Job| matches!(job.state, JobState::Open { .. });
        if is_open(&job) && held.1.iter().filter(|one| one.owner == job.owner && is_open(one)).count() >= OPEN {
            return None;
        }
        held.0 = held.0.checked_add(1).unwrap_or(1);
        job.id = held.0;
        if held.1.len() == KEPT {
            held.1.pop_front();
        }
        held.1.push_back(job.clone());
        Some(job)
    }

    /// Those of one person at one printer, newest first.
    pub(super) fn of(&self, owner: UserId, printer: &str, now: TimestampMs) -> Vec<Job> {
        let held = self.held(now);
        held.1.iter().rev().filter(|job| job.owner == owner && job.printer == printer).cloned().collect()
    }

    /// Say what has become of one; nothing when it is forgotten.
    pub(super) fn settle(&self, id: i32, state: JobState, now: TimestampMs) {
        if let Some(job) = self.held(now).1.iter_mut().find(|job| job.id == id) {
            job.state = state;
        }
    }

    /// All of them; who has waited too long waits no more.
    fn held(&self, now: TimestampMs) -> MutexGuard<'_, (i32, VecDeque<Job>)> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let late =
            |job: &Job| matches!(job.state, JobState::Open { .. }) && now.saturating_sub(job.at) > PATIENCE * 1_000;
        for job in held.1.iter_mut().filter(|job| late(job)) {
            job.state = JobState::Refused(String::from("No document came for it."));
        }
        held
    }
}

impl Job {
    /// Whether nothing more will become of it.
    pub(super) fn is_over(&self) -> bool {
        !matches!(self.state, JobState::Open { .. })
    }

    /// What is told of it; `uri` is the printer's, `started` the moment from which it counts its time.
    pub(super) fn attributes(&self, uri: &str, started: TimestampMs) -> Vec<Attribute> {
        let seconds = i32::try_from(self.at.saturating_sub(started) / 1_000 + 1).unwrap_or(i32::MAX);
        let (state, reason) = match self.state {
            JobState::Open { .. } => (HELD, "job-incoming"),
            JobState::Printed => (COMPLETED, "job-completed-successfully"),
            JobState::Refused(_) => (ABORTED, "aborted-by-system"),
            JobState::Cancelled => (CANCELED, "job-canceled-by-user"),
        };
        let mut attributes = vec![
            Attribute::uri("job-uri", &format!("{uri}/{}", self.id)),
            Attribute::integer("job-id", self.id),
            Attribute::enums("job-state", &[state]),
            Attribute::keywords("job-state-reasons", &[reason]),
            Attribute::uri("job-printer-uri", uri),
            Attribute::name("job-name", &self.name),
            Attribute::name("job-originating-user-name", &self.owner_name),
            Attribute::integer("time-at-creation", seconds),
        ];
        if self.is_over() {
            for name in ["time-at-processing", "time-at-completed"] {
                attributes.push(Attribute::integer(name, seconds));
            }
        }
        attributes.push(Attribute::integer("job-printer-up-time", seconds));
        if let JobState::Refused(why) = &self.state {
            attributes.push(Attribute::text("job-state-message", why));
        }
        attributes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(owner: i64, at: TimestampMs) -> Job {
        let state = JobState::Open { numbers: vec![String::from("102")] };
        let (owner_name, printer, name) = (String::from("ada"), String::from("fax"), String::from("Offer"));
        Job { id: 0, owner: UserId(owner), owner_name, printer, name, at, state }
    }

    #[test]
    fn jobs_that_wait_are_few_and_do_not_wait_for_ever() {
        let jobs = Jobs::default();
        for _ in 0..OPEN {
            assert!(jobs.add(open(1, 1_000)).is_some());
        }
        assert!(jobs.add(open(1, 1_000)).is_none(), "too many");
        assert!(jobs.add(open(2, 1_000)).is_some(), "those of others do not count");
        let later = 1_000 + PATIENCE * 1_000 + 1;
        assert!(jobs.of(UserId(1), "fax", later).iter().all(Job::is_over));
        let next = jobs.add(open(1, later)).unwrap();
        jobs.settle(next.id, JobState::Cancelled, later);
        let [newest, older, ..] = &jobs.of(UserId(1), "fax", later)[..] else { panic!("some jobs") };
        assert_eq!((newest.id, &newest.state), (next.id, &JobState::Cancelled));
        assert!(matches!(older.state, JobState::Refused(_)));
    }
}
