//! Relays (TURN, RFC 8656) by which a browser reaches the host from a network that lets its sound out no other way, and
//! credentials for them.
//!
//! Credentials are made of a secret that host and relay share (draft-uberti-behave-turn-rest-00, coturn's `use-auth-secret`): the
//! host asks nobody, the relay keeps no accounts, and what a browser has been told is worth nothing after a while.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use jackfield_model::TimestampMs;
use sha1::Sha1;
use std::time::Duration;

/// Which relays there are; none by default.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Relays {
    /// Their addresses: `turn:`, `turns:` (RFC 7065) or `stun:`.
    pub urls: Vec<String>,
    /// What credentials are made of; without it browsers are told none.
    pub secret: Option<String>,
    /// How long credentials hold.
    pub lasts: Duration,
}

impl std::fmt::Debug for Relays {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The secret stays out of logs.
        write!(f, "Relays({:?})", self.urls)
    }
}

/// What a browser shows a relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Credentials {
    /// When they end, in Unix seconds, and for whom they are.
    pub username: String,
    /// Proof that somebody has made them who knows the secret.
    pub credential: String,
    /// When they end.
    pub until: TimestampMs,
}

impl Relays {
    /// Credentials for `login` from `now` on; `None` where relays want none.
    pub(crate) fn credentials(&self, login: &str, now: TimestampMs) -> Option<Credentials> {
        let secret = self.secret.as_ref()?;
        let until = now / 1_000 + self.lasts.as_secs();
        let username = format!("{until}:{login}");
        let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).ok()?;
        mac.update(username.as_bytes());
        Some(Credentials { username, credential: STANDARD.encode(mac.finalize().into_bytes()), until: until * 1_000 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_those_that_a_relay_makes_of_the_same_secret_and_no_log_has_it() {
        let relays = Relays {
            urls: vec!["turn:turn.example.org:3478".into()],
            secret: Some("north brass kettle".into()),
            lasts: Duration::from_secs(3_600),
        };
        // printf %s 1764003600:anna | openssl dgst -sha1 -hmac 'north brass kettle' -binary | base64
        let made = relays.credentials("anna", 1_764_000_000_999).unwrap();
        assert_eq!(made.username, "1764003600:anna");
        assert_eq!(made.credential, "XsPNXNV6WXea9cvuNMOY5iL946A=");
        assert_eq!(made.until, 1_764_003_600_000);
        assert!(!format!("{relays:?}").contains("kettle"));
        assert_eq!(Relays::default().credentials("anna", 0), None);
    }
}
