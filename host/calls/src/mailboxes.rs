//! Messages that wait for somebody, as plugins count them and lamps show them.

use crate::lines::Lines;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many messages there are (RFC 3842 §3.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Messages {
    /// Not heard yet.
    pub new: u32,
    /// Heard and kept.
    pub old: u32,
    /// Urgent ones not heard yet, counted apart.
    pub urgent_new: u32,
    /// Urgent ones heard and kept.
    pub urgent_old: u32,
}

/// The mailboxes of the house; cheap to clone. Counts are in memory only: whoever keeps the messages says them again after
/// a start.
#[derive(Clone)]
pub struct Mailboxes {
    counts: Arc<Mutex<HashMap<String, Messages>>>,
    lines: Lines,
}

impl Mailboxes {
    pub(crate) fn new(lines: Lines) -> Self {
        Self { counts: Arc::default(), lines }
    }

    /// How many messages wait at a number.
    pub fn of(&self, number: &str) -> Messages {
        self.counts().get(number).copied().unwrap_or_default()
    }

    /// So many messages wait at a number from now on; phones that watch the mailbox are told.
    pub fn set(&self, number: &str, messages: Messages) {
        let before = if messages == Messages::default() {
            self.counts().remove(number).unwrap_or_default()
        } else {
            self.counts().insert(number.to_owned(), messages).unwrap_or_default()
        };
        if before != messages {
            self.lines.touch(number);
        }
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<String, Messages>> {
        // Held for a look-up or an insert, which cannot panic half-way.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
