//! Electronic mail: addresses, how it is sent, and what waits to be sent.

use crate::{Secret, TimestampMs};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A mail address as the outside takes it: `name@domain`, plain ASCII, at most 254 characters (RFC 5321 §4.5.3.1).
///
/// Quoted names and addresses in brackets are not taken: nobody has one, and each is a way to smuggle something in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

/// The text is no mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidEmailAddress(String);

impl EmailAddress {
    /// Most characters of an address.
    pub const LONGEST: usize = 254;

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands after the `@`, in lower case.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl FromStr for EmailAddress {
    type Err = InvalidEmailAddress;

    fn from_str(text: &str) -> Result<Self, InvalidEmailAddress> {
        let text = text.trim();
        let wrong = || InvalidEmailAddress(text.chars().filter(|c| !c.is_control()).take(60).collect());
        let (local, domain) = text.rsplit_once('@').ok_or_else(wrong)?;
        let atom = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&c);
        let local_is_sound =
            local.len() <= 64 && local.split('.').all(|part| !part.is_empty() && part.bytes().all(atom));
        let label = |label: &str| {
            let inner = label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
            (1..=63).contains(&label.len()) && inner && !label.starts_with('-') && !label.ends_with('-')
        };
        if text.len() > Self::LONGEST || !local_is_sound || !domain.split('.').all(label) {
            return Err(wrong());
        }
        // Domains have no case; names may have, so they stay as they are.
        Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = InvalidEmailAddress;
    fn try_from(text: String) -> Result<Self, InvalidEmailAddress> {
        text.parse()
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for InvalidEmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "“{}” is not a mail address such as anna@example.org", self.0)
    }
}

impl std::error::Error for InvalidEmailAddress {}

/// How mail leaves the house. Whether it makes sense is checked where it is put to use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    /// Name or address of the SMTP server that takes our mail.
    pub server: String,
    /// Its port: usually 587 with STARTTLS, 465 with TLS, 25 without.
    pub port: u16,
    /// How the way there is protected.
    pub security: MailSecurity,
    /// The user name, where the server wants one.
    #[serde(default)]
    pub user: Option<String>,
    /// The password to it. It is taken and never told.
    #[serde(default, skip_serializing_if = "always", serialize_with = "nothing")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, write_only, max_length = 256))]
    pub password: Option<Secret>,
    /// The address that our mail comes from.
    pub sender: EmailAddress,
    /// The name that stands before it.
    #[serde(default)]
    pub sender_name: String,
    /// Most letters within 24 hours, 1 to 100,000; what is beyond it waits.
    #[serde(default = "five_hundred")]
    pub daily_limit: u32,
}

/// How the way to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum MailSecurity {
    /// Not at all: for a server in the same house, without a password.
    None,
    /// Begins in the clear and goes on in TLS, or not at all (RFC 3207).
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Tls,
}

/// A letter that waits to be sent, was sent, or could not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OutboxLetter {
    /// Its number, which rises.
    pub id: i64,
    /// Whom it is for.
    pub to: EmailAddress,
    /// Its subject.
    pub subject: String,
    /// The plugin that has written it.
    pub plugin: String,
    /// Bytes of it as it is sent, attachments included.
    pub bytes: u64,
    /// When it was accepted.
    pub accepted: TimestampMs,
    /// How it stands.
    pub state: LetterState,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next, while it waits.
    pub next: TimestampMs,
    /// When it was sent or given up.
    pub done: Option<TimestampMs>,
    /// Why it did not go when it was tried last.
    pub trouble: Option<MailTrouble>,
}

/// Why a letter did not go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MailTrouble {
    /// What kind of trouble it is.
    pub fault: MailFault,
    /// What the server or the network said.
    pub said: String,
}

/// What kind of trouble keeps a letter from going.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum MailFault {
    /// There is no server at this name and port, or it is silent.
    Unreachable,
    /// No protected way could be agreed on, or the server's certificate is not for it.
    Tls,
    /// The server does not let us in.
    Password,
    /// The server refuses this letter, its sender or its recipient for good.
    Refused,
    /// The server does not take it now.
    Later,
}

/// How a letter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum LetterState {
    /// It is tried until it goes, or for two days.
    Waiting,
    /// A server has taken it.
    Sent,
    /// It is not tried any more.
    Failed,
}

impl LetterState {
    /// The word kept in the store and sent by the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }
}

impl MailFault {
    /// The word kept in the store and sent by the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Tls => "tls",
            Self::Password => "password",
            Self::Refused => "refused",
            Self::Later => "later",
        }
    }
}

impl FromStr for MailFault {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Unreachable, Self::Tls, Self::Password, Self::Refused, Self::Later];
        all.into_iter().find(|fault| fault.as_str() == text).ok_or_else(|| format!("unknown fault “{text}”"))
    }
}

impl FromStr for LetterState {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "waiting" => Ok(Self::Waiting),
            "sent" => Ok(Self::Sent),
            "failed" => Ok(Self::Failed),
            other => Err(format!("unknown state “{other}”: use waiting, sent or failed")),
        }
    }
}

/// A password is left out of whatever is written. `skip_serializing` would leave it out of the API's description too.
fn always(_: &Option<Secret>) -> bool {
    true
}

fn nothing<S: serde::Serializer>(_: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_none()
}

fn five_hundred() -> u32 {
    500
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_people_have_are_taken_and_others_are_not() {
        for good in ["anna@example.org", "a.b+c@mail.example.co.uk", "o'brien@x", " anna@example.org "] {
            assert!(good.parse::<EmailAddress>().is_ok(), "{good}");
        }
        assert_eq!("Anna@Example.ORG".parse::<EmailAddress>().unwrap().as_str(), "Anna@example.org");
        for bad in [
            "",
            "anna",
            "@example.org",
            "anna@",
            "a..b@example.org",
            ".a@example.org",
            "a b@example.org",
            "a@exa mple.org",
            "a@-x.org",
            "a@x..org",
            "\"a\"@example.org",
            "a@[192.0.2.1]",
            "a@x.org\r\nBcc: b@x.org",
            "a@x.org>",
            "ä@example.org",
        ] {
            assert!(bad.parse::<EmailAddress>().is_err(), "{bad}");
        }
        assert!(format!("{}@example.org", "a".repeat(65)).parse::<EmailAddress>().is_err());
    }

    #[test]
    fn the_password_is_taken_and_never_told() {
        let text = r#"{"server": "mail.example.org", "port": 587, "security": "starttls", "user": "u",
            "password": "open sesame", "sender": "house@example.org"}"#;
        let settings: MailSettings = serde_json::from_str(text).unwrap();
        assert_eq!(settings.password.as_ref().map(Secret::reveal), Some("open sesame"));
        assert_eq!(settings.daily_limit, 500);
        let written = serde_json::to_string(&settings).unwrap();
        assert!(!written.contains("sesame") && !written.contains("password"), "{written}");
        assert!(!format!("{settings:?}").contains("sesame"));
    }
}
