//! `jackfield:services/timers`.

use crate::{
    bindings::imports::jackfield::{
        services::timers::{self, Timer},
        types::types::Error,
    },
    grants,
    instance::State,
    interfaces::arguments::shortened,
    store,
};
use std::sync::Arc;

const LONGEST_NAME: usize = 256;
const LARGEST_PAYLOAD: usize = 4 << 10;
const TEN_YEARS_MS: u64 = 10 * 366 * 24 * 60 * 60 * 1_000;
const MOST_LISTED: usize = 1_000;

impl timers::Host for State {
    async fn set(&mut self, name: String, due: u64, payload: Vec<u8>) -> Result<(), Error> {
        self.permit(grants::TIMERS)?;
        if !(1..=LONGEST_NAME).contains(&name.len()) {
            let text =
                format!("the name “{}” has {} bytes: 1 to {LONGEST_NAME} are possible", shortened(&name), name.len());
            return Err(Error::Invalid(text));
        }
        if payload.len() > LARGEST_PAYLOAD {
            let text = format!("a payload of {} bytes: at most {LARGEST_PAYLOAD} are possible", payload.len());
            return Err(Error::Invalid(text));
        }
        if due > self.host.clock.now_ms() + TEN_YEARS_MS {
            return Err(Error::Invalid("a timer is due within ten years at most".into()));
        }
        let host = Arc::clone(&self.host);
        let timer = store::Timer { plugin: self.plugin.record.id.clone(), name, due, payload };
        let set = host.alarms.set(timer).await;
        self.cpu.refill();
        set.map_err(Error::Failed)
    }

    async fn cancel(&mut self, name: String) -> Result<(), Error> {
        self.permit(grants::TIMERS)?;
        let host = Arc::clone(&self.host);
        let cancelled = host.alarms.cancel(&self.plugin.record.id, &name).await;
        self.cpu.refill();
        cancelled.map_err(Error::Failed)
    }

    async fn pending(&mut self, prefix: String) -> Result<Vec<Timer>, Error> {
        self.permit(grants::TIMERS)?;
        let pending = self.host.alarms.pending(&self.plugin.record.id, &prefix, MOST_LISTED);
        Ok(pending.into_iter().map(|(name, due)| Timer { name, due }).collect())
    }
}
