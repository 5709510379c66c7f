//! Letters of plugins, from the runtime to the outbox.

use async_trait::async_trait;
use jackfield_mail::{Attachment, Letter, Mail, Quota, Refusal};
use jackfield_model::EmailAddress;
use jackfield_runtime::{PluginLetter, Post, PostRefusal};
use jackfield_store::Store;

/// The outbox, and the profiles in which addresses stand.
pub struct Letters {
    /// The outbox.
    pub mail: Mail,
    /// The profiles.
    pub store: Store,
}

#[async_trait]
impl Post for Letters {
    async fn send(&self, letter: PluginLetter) -> Result<(), PostRefusal> {
        let PluginLetter { plugin, to, subject, text, html, attachments, once, not_before, per_hour, per_day } = letter;
        let attachments = attachments.into_iter().map(|(name, kind, bytes)| Attachment { name, kind, bytes }).collect();
        let letter = Letter { plugin, once, to, subject, text, html, attachments, not_before };
        self.mail.accept(letter, Quota { per_hour, per_day }).await.map_err(|refusal| match refusal {
            Refusal::NotSetUp => PostRefusal::NotSetUp,
            Refusal::TooMuch(text) => PostRefusal::TooMuch(text),
            Refusal::Invalid(text) => PostRefusal::Invalid(text),
            Refusal::Store(error) => PostRefusal::Failed(error.to_string()),
        })
    }

    async fn address_of(&self, extension: &str) -> Result<Option<EmailAddress>, String> {
        self.store.email_of_extension(extension).await.map_err(|error| error.to_string())
    }
}
