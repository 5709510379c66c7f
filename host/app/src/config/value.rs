//! Values that check themselves, so that a fault is told with the line it stands on.

use jackfield_media::codec::Codec;
use jackfield_model::Secret;
use jackfield_sip::digest::Algorithm;
use serde::{Deserialize, Deserializer, de::Error};
use std::net::IpAddr;

/// A whole number from `MIN` to `MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Serialize))]
pub struct Bounded<const MIN: u64, const MAX: u64>(pub u64);

impl<const MIN: u64, const MAX: u64> Bounded<MIN, MAX> {
    /// As a duration in seconds.
    pub fn seconds(self) -> std::time::Duration {
        std::time::Duration::from_secs(self.0)
    }

    /// As a count.
    pub fn count(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Bounded<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(deserializer)?;
        match u64::try_from(number) {
            Ok(number) if (MIN..=MAX).contains(&number) => Ok(Self(number)),
            _ => Err(D::Error::custom(format!("{number} is out of range: use {MIN} to {MAX}"))),
        }
    }
}

/// UDP ports from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange {
    /// The first port, even: RTP takes even ports (RFC 3550 §11).
    pub first: u16,
    /// The last port.
    pub last: u16,
}

impl<'de> Deserialize<'de> for PortRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let ports = text.split_once('-').and_then(|(a, b)| Some((a.trim().parse().ok()?, b.trim().parse().ok()?)));
        let Some((first, last)) = ports else {
            return Err(D::Error::custom(format!("“{text}” is no port range: write two ports like 20000-29999")));
        };
        if first < 1_024 || first % 2 == 1 || last <= first {
            return Err(D::Error::custom(format!(
                "ports {text}: the first must be even and 1024 or above, the last above the first"
            )));
        }
        Ok(Self { first, last })
    }
}

/// A codec by its name in SDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodecName(pub Codec);

impl CodecName {
    /// Opus.
    pub const OPUS: Self = Self(Codec::Opus);
    /// G.722.
    pub const G722: Self = Self(Codec::G722);
    /// G.711 A-law.
    pub const PCMA: Self = Self(Codec::Pcma);
    /// G.711 µ-law.
    pub const PCMU: Self = Self(Codec::Pcmu);
}

impl<'de> Deserialize<'de> for CodecName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let known = Codec::ALL.into_iter().find(|codec| codec.name().eq_ignore_ascii_case(&name));
        known
            .map(Self)
            .ok_or_else(|| D::Error::custom(format!("codec “{name}” is not known here: use opus, G722, PCMA or PCMU")))
    }
}

/// How sound travels to phones and trunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    /// Never encrypted.
    Off,
    /// Encrypted where the other side asks for it, and offered by TLS.
    Offered,
    /// A side that does not encrypt is refused; keys by signalling.
    Required,
    /// The same with keys by DTLS.
    Dtls,
}

/// A digest algorithm by its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DigestName(pub Algorithm);

impl DigestName {
    /// SHA-256.
    pub const SHA256: Self = Self(Algorithm::Sha256);
    /// MD5.
    pub const MD5: Self = Self(Algorithm::Md5);
}

impl<'de> Deserialize<'de> for DigestName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Algorithm::from_name(&name)
            .map(Self)
            .ok_or_else(|| D::Error::custom(format!("digest algorithm “{name}” is not known here: use SHA-256 or MD5")))
    }
}

/// A domain or an address, as it stands in a SIP URI without its port.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Serialize))]
pub struct Domain(String);

impl Domain {
    /// The name, or the address without brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Domain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if text.parse::<IpAddr>().is_ok() || (1..=253).contains(&text.len()) && text.chars().all(plain) {
            return Ok(Self(text));
        }
        Err(D::Error::custom(format!(
            "“{text}” is no domain: write a name like pbx.example.org or an address, without a port"
        )))
    }
}

/// One line of text that may stand in a quoted string of a SIP header: not empty, no quote, no control character.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Serialize))]
pub struct Text(String);

impl Text {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn constant(text: &'static str) -> Self {
        Self(text.to_owned())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.trim().is_empty()
            || text.len() > 128
            || text.contains(|c: char| c == '"' || c == '\\' || c.is_control())
        {
            return Err(D::Error::custom("use 1 to 128 characters without quotes, backslashes and control characters"));
        }
        Ok(Self(text))
    }
}

/// What somebody shows to be let in: 20 to 200 visible characters of ASCII.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token(Secret);

impl From<Token> for Secret {
    fn from(token: Token) -> Self {
        token.0
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if !(20..=200).contains(&text.len()) || !text.chars().all(|c| c.is_ascii_graphic()) {
            return Err(D::Error::custom("use 20 to 200 letters, digits and signs without spaces for a token"));
        }
        Ok(Self(Secret::new(text)))
    }
}

/// Whether conversations may be listened to, and whether those who talk hear of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "lowercase")]
pub enum Monitoring {
    /// Nobody takes part in a conversation of others.
    Off,
    /// Those who talk hear a tone when somebody comes.
    Announced,
    /// They hear nothing.
    Silent,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

#[cfg(test)]
mod as_written {
    use super::*;
    use serde::{Serialize, Serializer};

    impl Serialize for PortRange {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(&format_args!("{}-{}", self.first, self.last))
        }
    }

    impl Serialize for DigestName {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(self.0.as_str())
        }
    }

    impl Serialize for Token {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str("…")
        }
    }

    impl Serialize for CodecName {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(self.0.name())
        }
    }
}
