//! Sources that are kept out for a while.

use crate::TimestampMs;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A source whose SIP messages are dropped unread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ban {
    /// An IPv4 address, or the first address of the /64 network of an IPv6 address.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "ip"))]
    pub source: IpAddr,
    /// When it was banned.
    pub since: TimestampMs,
    /// When the ban ends by itself.
    pub until: TimestampMs,
    /// How many offences it has committed, as far as they are remembered.
    pub offences: u64,
    /// The last of them.
    pub last: Offence,
    /// How many registered phones behind the same address go on.
    pub spared: u64,
}

/// What brings a source nearer to a ban.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Offence {
    /// It has asked for a name that nobody has.
    UnknownName,
    /// It has given a wrong password.
    WrongPassword,
    /// It has been asked for a password and has not given one; weighs a fifth, and is taken back when it does.
    NoPassword,
}
