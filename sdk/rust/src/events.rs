//! Telling other plugins what has happened, and learning what has: what `#[on_events]` is called for.
//!
//! ```no_run
//! use jackfield_sdk::prelude::*;
//! use serde::Deserialize;
//!
//! #[derive(Deserialize)]
//! struct Missed { callee: Party }
//! #[derive(Deserialize)]
//! struct Party { extension: Option<String> }
//!
//! #[on_events]
//! fn learn(batch: &[events::Event]) -> Result<()> {
//!     for event in batch.iter().filter(|event| event.topic == "calls/missed") {
//!         let missed: Missed = event.read()?;
//!         log::info!("{:?} has missed a call", missed.callee.extension);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! Each event comes at least once: an error has the batch come again, so what is done is done by [`Event::seq`].

use crate::{
    Error, Result,
    bindings::{imports::jackfield::services::events, informed::exports::jackfield::hooks::events as contract},
};
use serde::{Serialize, de::DeserializeOwned};

/// Something that has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its number, which rises and is the same when it comes again.
    pub seq: u64,
    /// What it is about: `calls/missed`, `org.jackfield.voicemail/left`.
    pub topic: String,
    /// The id of the plugin that published it; empty for the house.
    pub publisher: String,
    /// When, in milliseconds since 1970-01-01T00:00:00Z.
    pub at: u64,
    /// JSON; see [`Event::read`].
    pub payload: String,
    /// Recordings that came with it: for [`Letter::attach_recording`](crate::mail::Letter::attach_recording), while this event
    /// is handled.
    pub recordings: Vec<String>,
}

impl Event {
    /// What it says.
    ///
    /// # Errors
    /// When that is no `T`.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.payload)
            .map_err(|error| Error::Failed(format!("the event “{}” cannot be read: {error}", self.topic)))
    }
}

/// Publish an event as `name` of this plugin. Gives how many plugins are to learn of it.
///
/// # Errors
/// When it is not permitted, too large, or cannot be kept.
pub fn publish(name: &str, payload: &impl Serialize) -> Result<u32> {
    publish_with(name, payload, &[])
}

/// The same with recordings of this plugin, which subscribers may attach to letters and nothing else.
///
/// # Errors
/// As for [`publish`]; and when there is no such recording.
pub fn publish_with(name: &str, payload: &impl Serialize, recordings: &[&str]) -> Result<u32> {
    let payload = serde_json::to_string(payload).map_err(|error| Error::Invalid(format!("“{name}”: {error}")))?;
    let recordings: Vec<String> = recordings.iter().map(|id| (*id).to_owned()).collect();
    Ok(events::publish(name, &payload, &recordings)?)
}

impl From<contract::Event> for Event {
    fn from(event: contract::Event) -> Self {
        let contract::Event { seq, topic, publisher, at, payload, recordings } = event;
        Self { seq, topic, publisher, at, payload, recordings }
    }
}
