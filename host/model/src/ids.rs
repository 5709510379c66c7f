//! Newtype identifiers.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A call, minted by the host; stable for the life of the call and unique across restarts.
///
/// Text of the form `c-<start in ms, hex>-<count, hex>`, so that ids sort by time of birth.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct CallId(pub String);

impl CallId {
    /// The id of the `count`th call of a process that started at `started` (Unix milliseconds).
    pub fn new(started: u64, count: u64) -> Self {
        Self(format!("c-{started:x}-{count:06x}"))
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A person who signs in: the row id in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct UserId(pub i64);

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
