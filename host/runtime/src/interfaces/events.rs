//! `jackfield:services/events`: telling other plugins what has happened.

use crate::{
    bindings::imports::jackfield::{services::events, types::types::Error},
    events::publish,
    grants,
    instance::State,
    interfaces::{arguments::shortened, recording},
    manifest::is_name,
};
use std::sync::{Arc, Weak};

const LARGEST_PAYLOAD: usize = 8 << 10;
const MOST_RECORDINGS: usize = 8;

impl events::Host for State {
    async fn publish(&mut self, name: String, payload: String, recordings: Vec<String>) -> Result<u32, Error> {
        self.permit(grants::EVENTS_PUBLISH)?;
        if !is_name(&name) {
            let text = format!("“{}” is no name of lower-case letters, digits and -", shortened(&name));
            return Err(Error::Invalid(text));
        }
        if payload.len() > LARGEST_PAYLOAD {
            let text = format!("a payload of {} bytes: at most {LARGEST_PAYLOAD} are possible", payload.len());
            return Err(Error::Invalid(text));
        }
        if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&payload) {
            return Err(Error::Invalid(format!("the payload is no JSON: {error}")));
        }
        if recordings.len() > MOST_RECORDINGS {
            return Err(Error::Invalid(format!("at most {MOST_RECORDINGS} recordings go with an event")));
        }
        let (host, plugin) = (Arc::clone(&self.host), Arc::clone(&self.plugin));
        let id = &plugin.record.id;
        for recording in &recordings {
            // Its own, and there: nobody passes on what is another's.
            recording::open(&host, id, recording).await.map_err(Error::Invalid)?;
        }
        let Some(inner) = host.plugins.get().and_then(Weak::upgrade) else {
            return Err(Error::Failed("the host is ending".into()));
        };
        let roster = inner.roster.load_full();
        drop(inner);
        let published = publish(&host, &roster, id, &format!("{id}/{name}"), &payload, &recordings).await;
        self.cpu.refill();
        published.map_err(Error::Failed)
    }
}
