//! Which phone is where.

use crate::{Number, TimestampMs};
use serde::{Deserialize, Serialize};

/// One contact that a phone has registered (RFC 3261 §10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Registration {
    /// The extension registered.
    pub extension: Number,
    /// The contact URI as the phone sent it.
    pub contact: String,
    /// Where its packets came from, `address:port`.
    pub source: String,
    /// `udp`, `tcp`, …
    pub transport: String,
    /// The phone's `User-Agent`; empty when it sent none.
    pub user_agent: String,
    /// When this contact was first registered.
    pub since: TimestampMs,
    /// When it will be forgotten unless refreshed.
    pub expires: TimestampMs,
}
