//! Contacts that plugins bring: the trait by which they are kept.

use async_trait::async_trait;
use jackfield_model::Contact;

/// Keeps the contacts that plugins bring.
#[async_trait]
pub trait ContactBook: Send + Sync + 'static {
    /// Begin to replace all contacts of a plugin.
    ///
    /// # Errors
    /// Why they cannot be kept.
    async fn replace(&self, plugin: &str) -> Result<Box<dyn Replacement>, String>;
    /// A plugin's data is erased: it has no contacts any more.
    async fn forget(&self, plugin: &str);
}

/// Contacts that are put in the place of others once all are there; dropped before that, nothing has changed.
#[async_trait]
pub trait Replacement: Send + Sync {
    /// These are among them.
    ///
    /// # Errors
    /// Why they cannot be kept.
    async fn put(&mut self, contacts: Vec<Contact>) -> Result<(), String>;
    /// That is all.
    ///
    /// # Errors
    /// Why they cannot be kept.
    async fn finish(&mut self) -> Result<ReplacedContacts, String>;
}

/// What has become of a plugin's contacts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplacedContacts {
    /// Contacts now.
    pub contacts: u32,
    /// Those that were not there before.
    pub added: u32,
    /// Those that are not there any more.
    pub removed: u32,
}

/// Keeps none: for tools and tests.
pub struct NoContacts;

#[async_trait]
impl ContactBook for NoContacts {
    async fn replace(&self, _: &str) -> Result<Box<dyn Replacement>, String> {
        Err("nothing keeps contacts here".into())
    }

    async fn forget(&self, _: &str) {}
}
