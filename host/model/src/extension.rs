//! What can be called.

use crate::{Number, UserId};
use serde::{Deserialize, Serialize};

/// A number of the house with the SIP account that phones register under it.
///
/// The SIP user name is the number itself. A static contact takes the place of registration for a gateway or a
/// far end that never registers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Extension {
    /// The number that reaches it.
    pub number: Number,
    /// The name shown to the other party.
    pub name: String,
    /// The person it belongs to.
    pub owner: Option<UserId>,
    /// A SIP URI that is rung in place of registered contacts.
    pub static_contact: Option<String>,
    /// Language of prompts that its calls hear when the plugin offers a choice.
    pub language: crate::Language,
    /// Whether another call rings while one is up, rings or is dialled there; else it finds the extension busy.
    pub call_waiting: bool,
    /// Whether sound to and from its phones is encrypted.
    pub encryption: crate::SoundEncryption,
    /// Digest secrets; never serialised, never logged.
    #[serde(skip)]
    #[cfg_attr(feature = "openapi", schema(ignore))]
    pub ha1: Option<Ha1>,
}

/// H(user:realm:password) by each digest algorithm on offer (RFC 8760), in place of the password itself.
///
/// Bound to the realm: changing the realm invalidates every secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Ha1 {
    /// 32 lower-case hexadecimal digits.
    pub md5: String,
    /// 64 lower-case hexadecimal digits.
    pub sha256: String,
}

impl std::fmt::Debug for Ha1 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ha1(…)")
    }
}
