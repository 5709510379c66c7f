//! Letters that the plugin under test writes: kept for the test to look at, and never sent.

use async_trait::async_trait;
use jackfield_model::EmailAddress;
use jackfield_runtime::{PluginLetter, Post, PostRefusal};
use std::{
    collections::{BTreeMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A letter as the plugin had it sent.
pub type SentLetter = PluginLetter;

/// An outbox in memory.
#[derive(Default)]
pub(crate) struct TestPost(Mutex<Outbox>);

#[derive(Default)]
struct Outbox {
    addresses: BTreeMap<String, EmailAddress>,
    sent: Vec<SentLetter>,
    names: HashSet<String>,
    closed: bool,
}

impl TestPost {
    /// The person of an extension has this address.
    pub(crate) fn know(&self, extension: &str, address: &str) {
        let address = address.parse().unwrap_or_else(|error| panic!("{error}"));
        self.held().addresses.insert(extension.to_owned(), address);
    }

    /// Everything that was sent since the last time.
    pub(crate) fn take(&self) -> Vec<SentLetter> {
        std::mem::take(&mut self.held().sent)
    }

    /// Nobody has set mail up, or somebody has.
    pub(crate) fn close(&self, closed: bool) {
        self.held().closed = closed;
    }

    fn held(&self) -> MutexGuard<'_, Outbox> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Post for TestPost {
    async fn send(&self, letter: PluginLetter) -> Result<(), PostRefusal> {
        let mut held = self.held();
        if held.closed {
            return Err(PostRefusal::NotSetUp);
        }
        if letter.once.as_ref().is_none_or(|name| held.names.insert(name.clone())) {
            held.sent.push(letter);
        }
        Ok(())
    }

    async fn address_of(&self, extension: &str) -> Result<Option<EmailAddress>, String> {
        Ok(self.held().addresses.get(extension).cloned())
    }
}
