//! Letters of plugins: the trait by which they leave the runtime. Who keeps and sends them is somebody else.

use async_trait::async_trait;
use jackfield_model::{EmailAddress, TimestampMs};

/// Takes letters of plugins. The host's outbox, or one in memory for tests.
#[async_trait]
pub trait Post: Send + Sync + 'static {
    /// Accept a letter: it is safe when this returns.
    ///
    /// # Errors
    /// When it was not accepted, for none of its recipients.
    async fn send(&self, letter: PluginLetter) -> Result<(), PostRefusal>;
    /// The mail address of the person whose extension this is; `None` when there is no such person, or no address.
    ///
    /// # Errors
    /// When it cannot be read, with the reason.
    async fn address_of(&self, extension: &str) -> Result<Option<EmailAddress>, String>;
}

/// A letter of a plugin, with what it may write in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginLetter {
    /// The plugin's id.
    pub plugin: String,
    /// Whom it is for.
    pub to: Vec<EmailAddress>,
    /// What it is about.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The same as HTML.
    pub html: Option<String>,
    /// What is attached: name, media type and bytes.
    pub attachments: Vec<(String, String, Vec<u8>)>,
    /// A second one of this name is accepted and not sent.
    pub once: Option<String>,
    /// It is not sent before this.
    pub not_before: Option<TimestampMs>,
    /// How many letters the plugin may write within an hour.
    pub per_hour: u32,
    /// How many within 24 hours.
    pub per_day: u32,
}

/// Why a letter was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostRefusal {
    /// Nobody has set mail up.
    NotSetUp,
    /// Too much was written already; how much is possible.
    TooMuch(String),
    /// The letter makes no sense; why.
    Invalid(String),
    /// It cannot be kept; why.
    Failed(String),
}
