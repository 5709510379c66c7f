//! The contacts that the plugin under test has handed over.

use async_trait::async_trait;
use jackfield_model::Contact;
use jackfield_runtime::{ContactBook, ReplacedContacts, Replacement};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

type Shared = Arc<Mutex<BTreeMap<String, Contact>>>;

/// Keeps them in memory.
#[derive(Default)]
pub(crate) struct TestContacts(Shared);

impl TestContacts {
    /// All of them, by key.
    pub(crate) fn all(&self) -> Vec<Contact> {
        held(&self.0).values().cloned().collect()
    }
}

#[async_trait]
impl ContactBook for TestContacts {
    async fn replace(&self, _plugin: &str) -> Result<Box<dyn Replacement>, String> {
        Ok(Box::new(Next { kept: Arc::clone(&self.0), next: BTreeMap::new() }))
    }

    async fn forget(&self, _plugin: &str) {
        held(&self.0).clear();
    }
}

struct Next {
    kept: Shared,
    next: BTreeMap<String, Contact>,
}

#[async_trait]
impl Replacement for Next {
    async fn put(&mut self, contacts: Vec<Contact>) -> Result<(), String> {
        self.next.extend(contacts.into_iter().map(|contact| (contact.key.clone(), contact)));
        Ok(())
    }

    async fn finish(&mut self) -> Result<ReplacedContacts, String> {
        let next = std::mem::take(&mut self.next);
        let mut kept = held(&self.kept);
        let only = |of: &BTreeMap<String, Contact>, not: &BTreeMap<String, Contact>| {
            of.keys().filter(|key| !not.contains_key(*key)).count() as u32
        };
        let outcome =
            ReplacedContacts { contacts: next.len() as u32, added: only(&next, &kept), removed: only(&kept, &next) };
        *kept = next;
        Ok(outcome)
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
