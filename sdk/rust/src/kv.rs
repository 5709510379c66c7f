//! What the plugin keeps: values under keys that outlive calls, restarts and versions. They are JSON.
//!
//! ```no_run
//! use jackfield_sdk::prelude::*;
//! # fn example() -> Result<()> {
//! // How often somebody called; right also when two calls come at once.
//! let calls: u64 = kv::update("calls/100", |before: Option<u64>| before.unwrap_or(0) + 1)?;
//! // Two values, both or none.
//! kv::commit().put("last", &clock::now())?.delete("first").make()?;
//! # Ok(()) }
//! ```
//!
//! Reading takes no time and is open to decisions; writing waits for the disk and is not.

use crate::{
    Error, Result,
    bindings::imports::jackfield::services::kv::{self, Change, CommitFailure, Entry},
};
use serde::{Serialize, de::DeserializeOwned};

/// How often [`update`] tries again when somebody else was faster.
const TRIES: usize = 20;
/// Entries that one look at the host brings.
const PAGE: u32 = 200;

/// A value with its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept<T> {
    /// Its key.
    pub key: String,
    /// What is kept.
    pub value: T,
    /// The commit that wrote it, for [`Commit::expect`].
    pub version: u64,
}

/// The value under a key.
///
/// # Errors
/// When it is not permitted, or what is kept there is not a `T`.
pub fn get<T: DeserializeOwned>(key: &str) -> Result<Option<T>> {
    Ok(entry(key)?.map(|kept| kept.value))
}

/// The value under a key, with its version.
///
/// # Errors
/// As for [`get`].
pub fn entry<T: DeserializeOwned>(key: &str) -> Result<Option<Kept<T>>> {
    kv::get(key)?.map(kept).transpose()
}

/// Every value whose key begins with `prefix`, by key.
///
/// # Errors
/// As for [`get`].
pub fn scan<T: DeserializeOwned>(prefix: &str) -> Result<Vec<Kept<T>>> {
    let mut found: Vec<Kept<T>> = Vec::new();
    loop {
        let page = kv::scan(prefix, found.last().map(|kept| kept.key.as_str()), PAGE)?;
        if page.is_empty() {
            return Ok(found);
        }
        for entry in page {
            found.push(kept(entry)?);
        }
    }
}

/// Keep a value under a key, whatever was there before.
///
/// # Errors
/// When it is not permitted, there is no room, or it cannot be stored.
pub fn put(key: &str, value: &impl Serialize) -> Result<()> {
    commit().put(key, value)?.make()
}

/// Keep nothing under a key.
///
/// # Errors
/// As for [`put`].
pub fn delete(key: &str) -> Result<()> {
    commit().delete(key).make()
}

/// Make a new value out of what is there, and keep it. `change` is called again when somebody else was faster.
///
/// # Errors
/// As for [`get`] and [`put`].
pub fn update<T: Serialize + DeserializeOwned>(key: &str, change: impl Fn(Option<T>) -> T) -> Result<T> {
    for _ in 0..TRIES {
        let before: Option<Kept<T>> = entry(key)?;
        let version = before.as_ref().map_or(0, |kept| kept.version);
        let after = change(before.map(|kept| kept.value));
        if commit().put(key, &after)?.expect(version).try_make()? {
            return Ok(after);
        }
    }
    Err(Error::Failed(format!("“{key}” changes faster than it can be read")))
}

/// Begin to list changes of which all are made or none.
pub fn commit() -> Commit {
    Commit(Vec::new())
}

/// Changes of which all are made or none; at most 64 of them.
#[derive(Debug)]
#[must_use]
pub struct Commit(Vec<Change>);

impl Commit {
    /// Keep a value under a key.
    ///
    /// # Errors
    /// When the value cannot be written as JSON.
    pub fn put(mut self, key: &str, value: &impl Serialize) -> Result<Self> {
        let json = serde_json::to_vec(value).map_err(|error| Error::Invalid(format!("“{key}”: {error}")))?;
        self.0.push(Change { key: key.to_owned(), value: Some(json), expect: None });
        Ok(self)
    }

    /// Keep nothing under a key.
    pub fn delete(mut self, key: &str) -> Self {
        self.0.push(Change { key: key.to_owned(), value: None, expect: None });
        self
    }

    /// Only if the key named last has this version, 0 for none.
    pub fn expect(mut self, version: u64) -> Self {
        if let Some(change) = self.0.last_mut() {
            change.expect = Some(version);
        }
        self
    }

    /// Make the changes.
    ///
    /// # Errors
    /// When it is not permitted, there is no room, a version is another than expected, or they cannot be stored.
    pub fn make(self) -> Result<()> {
        if self.try_make()? {
            return Ok(());
        }
        Err(Error::Failed("somebody else has changed it meanwhile".into()))
    }

    /// Make the changes; `false` when a version is another than expected.
    ///
    /// # Errors
    /// When it is not permitted, there is no room, or they cannot be stored.
    pub fn try_make(self) -> Result<bool> {
        match kv::commit(&self.0) {
            Ok(_) => Ok(true),
            Err(CommitFailure::Conflict(_)) => Ok(false),
            Err(CommitFailure::Invalid(text)) => Err(Error::Invalid(text)),
            Err(CommitFailure::Denied(text)) => Err(Error::Denied(text)),
            Err(CommitFailure::Full(text) | CommitFailure::Failed(text)) => Err(Error::Failed(text)),
            Err(CommitFailure::Other((code, text))) => Err(Error::Failed(format!("{code}: {text}"))),
        }
    }
}

fn kept<T: DeserializeOwned>(entry: Entry) -> Result<Kept<T>> {
    let value = serde_json::from_slice(&entry.value)
        .map_err(|error| Error::Failed(format!("what is kept under “{}” cannot be read: {error}", entry.key)))?;
    Ok(Kept { key: entry.key, value, version: entry.version })
}
