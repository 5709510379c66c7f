//! `[turn]`: relays for telephones in browsers.

use super::Bounded;
use jackfield_api::Relays;
use serde::{Deserialize, Deserializer, de::Error};

/// `[turn]`
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Turn {
    /// Where the relays are.
    pub urls: Vec<RelayUrl>,
    /// What they share with us.
    pub secret: Option<RelaySecret>,
    /// Seconds that a browser's credentials hold.
    pub lasts: Bounded<60, 86_400>,
}

impl Default for Turn {
    fn default() -> Self {
        Self { urls: Vec::new(), secret: None, lasts: Bounded(3_600) }
    }
}

impl Turn {
    /// For the web page.
    pub fn relays(&self) -> Relays {
        Relays {
            urls: self.urls.iter().map(|url| url.0.clone()).collect(),
            secret: self.secret.as_ref().map(|secret| secret.0.clone()),
            lasts: self.lasts.seconds(),
        }
    }
}

/// The address of a relay (RFC 7064, RFC 7065).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Serialize))]
pub struct RelayUrl(String);

impl<'de> Deserialize<'de> for RelayUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let place = ["turn:", "turns:", "stun:", "stuns:"].iter().find_map(|scheme| text.strip_prefix(scheme));
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:[]?=".contains(c);
        match place {
            Some(place) if (1..=253).contains(&place.len()) && place.chars().all(plain) => Ok(Self(text)),
            _ => Err(D::Error::custom(format!(
                "“{text}” is no relay: write it like turn:turn.example.org:3478?transport=udp or turns:turn.example.org:5349"
            ))),
        }
    }
}

/// A secret that relays know too.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Serialize))]
pub struct RelaySecret(String);

impl std::fmt::Debug for RelaySecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RelaySecret")
    }
}

impl<'de> Deserialize<'de> for RelaySecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if (16..=256).contains(&text.len()) && !text.contains(char::is_control) {
            return Ok(Self(text));
        }
        // Not what it is: the message is logged.
        Err(D::Error::custom("a relay's secret has 16 to 256 characters: make one with “openssl rand -hex 32”"))
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn relays_are_read_and_what_cannot_be_one_is_told_without_the_secret() {
        let text = "[turn]\nurls = [\"turns:turn.example.org:5349?transport=tcp\"]\nsecret = \"north brass kettle\"\n";
        let config = Config::parse(text).unwrap();
        let relays = config.turn.relays();
        assert_eq!(relays.urls, ["turns:turn.example.org:5349?transport=tcp"]);
        assert_eq!((relays.secret.as_deref(), relays.lasts.as_secs()), (Some("north brass kettle"), 3_600));
        assert!(!format!("{config:?}").contains("kettle"));
        let wrong = |text: &str| Config::parse(text).unwrap_err().to_string();
        assert!(
            wrong("[turn]\nurls = [\"https://turn.example.org\"]\n").starts_with("line 2: “https://turn.example.org”")
        );
        let short = wrong("[turn]\nsecret = \"brief\"\n");
        assert!(short.starts_with("line 2: ") && !short.contains("brief"), "{short}");
    }
}
