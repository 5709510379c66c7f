//! What others ask for: accepting letters, and trying out settings.

use crate::{
    carrier::{Carrier, Smtp},
    letter::Letter,
    post::Post,
};
use jackfield_model::{EmailAddress, MailSettings, MailTrouble, TimestampMs};
use jackfield_store::{NewLetter, OutboxFull, OutboxLimits, Store, StoreError};
use std::sync::Arc;
use tokio::sync::Notify;

/// Letters that wait.
const MOST_WAITING: u64 = 1_000;
/// Bytes of letters that wait or were given up.
const MOST_BYTES: u64 = 512 << 20;

/// The way to the outbox; cheap to clone. The task that sends ends with the last of them.
#[derive(Clone)]
pub struct Mail(Arc<Inner>);

struct Inner {
    store: Store,
    clock: fn() -> TimestampMs,
    /// Rung when there may be something to send.
    changed: Arc<Notify>,
    carrier: Arc<dyn Carrier>,
    /// One letter is written at a time: each may hold megabytes.
    writing: tokio::sync::Mutex<()>,
    _post: Post,
}

/// How many letters one plugin may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Within an hour.
    pub per_hour: u32,
    /// Within 24 hours.
    pub per_day: u32,
}

impl Default for Quota {
    fn default() -> Self {
        Self { per_hour: 60, per_day: 300 }
    }
}

/// Why a letter was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Nobody has set mail up.
    #[error("mail is not set up in this house: an administrator does that on the page “Mail”")]
    NotSetUp,
    /// The letter is not one that could be sent.
    #[error("{0}")]
    Invalid(String),
    /// Too much was written already; the text says how much is possible.
    #[error("{0}")]
    TooMuch(String),
    /// It cannot be stored.
    #[error("the letter cannot be stored: {0}")]
    Store(#[from] StoreError),
}

impl Mail {
    /// Begin to send what waits. Times are those of `clock`, in Unix milliseconds.
    pub fn start(store: Store, clock: fn() -> TimestampMs) -> Self {
        Self::with(store, clock, Arc::new(Smtp))
    }

    pub(crate) fn with(store: Store, clock: fn() -> TimestampMs, carrier: Arc<dyn Carrier>) -> Self {
        let changed = Arc::new(Notify::new());
        let post = Post::start(store.clone(), clock, Arc::clone(&carrier), Arc::clone(&changed));
        Self(Arc::new(Inner { store, clock, changed, carrier, writing: tokio::sync::Mutex::default(), _post: post }))
    }

    /// Accept a letter: it is on the disk when this returns, and goes as soon as a server takes it.
    ///
    /// # Errors
    /// When mail is not set up, the letter makes no sense, there is too much of it, or it cannot be stored. Then nothing of
    /// it was accepted, for none of its addresses.
    pub async fn accept(&self, letter: Letter, quota: Quota) -> Result<(), Refusal> {
        let Inner { store, clock, changed, writing, .. } = &*self.0;
        letter.check().map_err(Refusal::Invalid)?;
        let _only = writing.lock().await;
        let settings = store.mail_settings().await?.ok_or(Refusal::NotSetUp)?;
        let now = clock();
        let mut letters = Vec::with_capacity(letter.to.len());
        for to in &letter.to {
            letters.push(NewLetter {
                plugin: letter.plugin.clone(),
                once: letter.once.clone(),
                sender: settings.sender.clone(),
                recipient: to.clone(),
                subject: letter.subject.clone(),
                content: letter.write(to, &settings, rand::random(), now).map_err(Refusal::Invalid)?,
                not_before: letter.not_before.unwrap_or(now),
            });
        }
        let limits = OutboxLimits {
            letters: MOST_WAITING,
            bytes: MOST_BYTES,
            per_hour: quota.per_hour.into(),
            per_day: quota.per_day.into(),
        };
        let accepted = store.accept_letters(&letters, &limits, now).await?;
        accepted.map_err(|full| Refusal::TooMuch(too_much(full, quota)))?;
        changed.notify_one();
        Ok(())
    }

    /// Send a letter with these settings, now and past the outbox, to find out whether they are right.
    ///
    /// # Errors
    /// What is in the way.
    pub async fn test(
        &self,
        settings: &MailSettings,
        to: &EmailAddress,
        subject: &str,
        text: &str,
    ) -> Result<(), MailTrouble> {
        let refused = |said| MailTrouble { fault: jackfield_model::MailFault::Refused, said };
        let letter = Letter::new("", vec![to.clone()], subject, text);
        letter.check().map_err(refused)?;
        let content = letter.write(to, settings, rand::random(), (self.0.clock)()).map_err(refused)?;
        self.0.carrier.carry(settings, &settings.sender, to, &content).await
    }

    /// Settings or letters have changed: look at what is to be sent.
    pub fn look(&self) {
        self.0.changed.notify_one();
    }
}

fn too_much(full: OutboxFull, quota: Quota) -> String {
    match full {
        OutboxFull::Letters => format!("{MOST_WAITING} letters wait already: look at the mail server"),
        OutboxFull::Bytes => format!("letters of {} MiB wait already: look at the mail server", MOST_BYTES >> 20),
        OutboxFull::Hour => format!("this plugin may write {} letters within an hour", quota.per_hour),
        OutboxFull::Day => format!("this plugin may write {} letters within 24 hours", quota.per_day),
    }
}
