//! `jackfield:services/kv`: what a plugin keeps.

use crate::{
    bindings::imports::jackfield::{
        services::kv::{self, Change, CommitFailure, Entry},
        types::types::Error,
    },
    grants,
    instance::{Running, State},
    interfaces::arguments::shortened,
    shelf::{self, QUOTA},
};
use std::sync::Arc;

const LONGEST_KEY: usize = 256;
const LARGEST_VALUE: usize = 256 << 10;
const MOST_CHANGES: usize = 64;
const MOST_SCANNED: u32 = 1_000;
/// Half of what one host call may carry.
const MOST_SCANNED_BYTES: usize = 2 << 20;

impl kv::Host for State {
    async fn get(&mut self, key: String) -> Result<Option<Entry>, Error> {
        self.permit(grants::KV)?;
        check_key(&key).map_err(Error::Invalid)?;
        Ok(self.plugin.life.shelf.get(&key).map(Into::into))
    }

    async fn scan(&mut self, prefix: String, after: Option<String>, limit: u32) -> Result<Vec<Entry>, Error> {
        self.permit(grants::KV)?;
        let limit = limit.min(MOST_SCANNED) as usize;
        let found = self.plugin.life.shelf.scan(&prefix, after.as_deref(), limit, MOST_SCANNED_BYTES);
        Ok(found.into_iter().map(Into::into).collect())
    }

    async fn commit(&mut self, changes: Vec<Change>) -> Result<u64, CommitFailure> {
        let denied = |error| match error {
            Error::Denied(text) => CommitFailure::Denied(text),
            _ => CommitFailure::Denied("not permitted".into()),
        };
        self.permit(grants::KV).map_err(denied)?;
        if matches!(self.running, Running::Decision | Running::Settings | Running::Reducer) {
            return Err(CommitFailure::Denied(format!("nothing can be kept {}", self.running.while_doing())));
        }
        if changes.is_empty() || changes.len() > MOST_CHANGES {
            let text = format!("{} changes: 1 to {MOST_CHANGES} are possible", changes.len());
            return Err(CommitFailure::Invalid(text));
        }
        for change in &changes {
            check_key(&change.key).map_err(CommitFailure::Invalid)?;
            let size = change.value.as_ref().map_or(0, Vec::len);
            if size > LARGEST_VALUE {
                let text =
                    format!("“{}” has {size} bytes: at most {LARGEST_VALUE} are possible", shortened(&change.key));
                return Err(CommitFailure::Invalid(text));
            }
        }
        let changes = changes.into_iter().map(|Change { key, value, expect }| shelf::Change { key, value, expect });
        let (shelf, host) = (Arc::clone(&self.plugin.life.shelf), Arc::clone(&self.host));
        let outcome = host.clerk.commit(&self.plugin.record.id, &shelf, changes.collect()).await;
        self.cpu.refill();
        outcome.map_err(|failure| match failure {
            shelf::CommitFailure::Conflict(key) => CommitFailure::Conflict(key),
            shelf::CommitFailure::Full(bytes) => CommitFailure::Full(format!(
                "the plugin’s values would take {} kB, and {} kB are possible: delete some",
                bytes >> 10,
                QUOTA >> 10
            )),
            shelf::CommitFailure::Failed(why) => CommitFailure::Failed(why),
        })
    }
}

impl From<shelf::Value> for Entry {
    fn from(value: shelf::Value) -> Self {
        Self { key: value.key, value: value.value.to_vec(), version: value.version }
    }
}

fn check_key(key: &str) -> Result<(), String> {
    if (1..=LONGEST_KEY).contains(&key.len()) {
        return Ok(());
    }
    Err(format!("the key “{}” has {} bytes: 1 to {LONGEST_KEY} are possible", shortened(key), key.len()))
}
