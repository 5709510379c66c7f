//! How a trunk is set up, in the same words in the configuration file, in the database and on the web page.

use crate::{CalledIn, IdentityField, NumberFormat, SessionTimer, SoundEncryption, TrunkDtmf, TrunkRegistration};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A trunk as somebody has set it up. Whether it makes sense is checked where it is put to use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TrunkSettings {
    /// Its name in routing, in records and on the web page: 1 to 32 letters, digits, `-` or `_`.
    pub name: String,
    /// Whether it is switched on.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// SIP URIs of its servers, best first, 1 to 16.
    pub servers: Vec<String>,
    /// A SIP URI that everything is sent to instead.
    #[serde(default)]
    pub outbound_proxy: Option<String>,
    /// The host of our addresses there; that of the first server when it says nothing.
    #[serde(default)]
    pub domain: Option<String>,
    /// The user part of our address there.
    #[serde(default)]
    pub user: Option<String>,
    /// The user name for challenges; `user` when it says nothing.
    #[serde(default)]
    pub auth_user: Option<String>,
    /// The password for challenges. It is taken and never told.
    #[serde(default, skip_serializing_if = "always", serialize_with = "nothing")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, write_only, max_length = 128))]
    pub password: Option<Secret>,
    /// Whether we register there.
    #[serde(default)]
    pub register: TrunkRegistration,
    /// Seconds of a registration, 60 to 86,400.
    #[serde(default = "ten_minutes")]
    pub expires: u32,
    /// Where an INVITE says which number was called.
    #[serde(default)]
    pub called_in: CalledIn,
    /// Networks from which its calls come, besides the addresses of its servers.
    #[serde(default)]
    pub sources: Vec<String>,
    /// Most calls at once, 1 to 100,000; without it there is no limit.
    #[serde(default)]
    pub channels: Option<u32>,
    /// Country code; without one numbers are passed on as they are dialled.
    #[serde(default)]
    pub country: String,
    /// Area code.
    #[serde(default)]
    pub area: String,
    /// What people dial before a country code.
    #[serde(default = "double_zero")]
    pub international_prefix: String,
    /// What people dial before an area code.
    #[serde(default = "zero")]
    pub national_prefix: String,
    /// How the carrier writes numbers.
    #[serde(default)]
    pub number_format: NumberFormat,
    /// The header field that names the line that calls.
    #[serde(default)]
    pub identity: IdentityField,
    /// The number of those who have none of their own here.
    #[serde(default)]
    pub caller_id: Option<String>,
    /// Whether numbers that are not ours may be shown.
    #[serde(default)]
    pub foreign_caller_id: bool,
    /// Seconds between two questions whether a server is there, at most 3,600; 0 for never.
    #[serde(default = "minute")]
    pub ping: u32,
    /// Seconds that a server may be silent before the next one is tried, 1 to 32.
    #[serde(default = "four")]
    pub try_next_after: u32,
    /// Codecs that it is offered; all that the caller has when empty.
    #[serde(default)]
    pub codecs: Vec<String>,
    /// How keys go to it and come from it.
    #[serde(default)]
    pub dtmf: TrunkDtmf,
    /// How its sound travels.
    #[serde(default)]
    pub encryption: SoundEncryption,
    /// Whether calls that nobody renews end by themselves (RFC 4028).
    #[serde(default)]
    pub session_timer: SessionTimer,
    /// Seconds within which a call is renewed, 90 to 86,400.
    #[serde(default = "half_an_hour")]
    pub session_interval: u32,
    /// Its numbers.
    #[serde(default)]
    pub numbers: Vec<TrunkNumbers>,
}

/// Consecutive numbers of a trunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TrunkNumbers {
    /// The first number, in E.164.
    pub first: String,
    /// The last number; the first one when it says nothing.
    #[serde(default)]
    pub last: Option<String>,
    /// The extension that calls go to; without one a routing plugin decides.
    #[serde(default)]
    pub to: Option<String>,
    /// Whether each further number leads to the next extension.
    #[serde(default)]
    pub count_on: bool,
}

/// A password that a carrier has given out. It can be read by the code that answers challenges, and neither shows in a log
/// nor is written by serde.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Keep a text secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing to it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A password is left out of whatever is written. `skip_serializing` would leave it out of the API's description too.
fn always(_: &Option<Secret>) -> bool {
    true
}

fn nothing<S: serde::Serializer>(_: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_none()
}

fn yes() -> bool {
    true
}

fn ten_minutes() -> u32 {
    600
}

fn half_an_hour() -> u32 {
    1_800
}

fn minute() -> u32 {
    60
}

fn four() -> u32 {
    4
}

fn zero() -> String {
    String::from("0")
}

fn double_zero() -> String {
    String::from("00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_taken_and_never_told() {
        let text = r#"{"name": "a", "servers": ["sip:c"], "user": "u", "password": "open sesame"}"#;
        let settings: TrunkSettings = serde_json::from_str(text).unwrap();
        assert_eq!(settings.password.as_ref().map(Secret::reveal), Some("open sesame"));
        let written = serde_json::to_string(&settings).unwrap();
        assert!(!written.contains("sesame") && !written.contains("password"), "{written}");
        assert!(!format!("{settings:?}").contains("sesame"));
        let again: TrunkSettings = serde_json::from_str(&written).unwrap();
        assert_eq!(TrunkSettings { password: settings.password.clone(), ..again }, settings);
    }
}
