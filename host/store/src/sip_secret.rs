//! SIP passwords and what is kept of them.

use jackfield_model::Ha1;
use md5::{Digest, Md5};
use rand::RngExt;
use sha2::Sha256;
use std::fmt;

/// Characters of a generated password: no two that look alike on a phone's display, nothing that a phone's
/// configuration file would need to quote. 54 of them, so 20 characters carry 115 bits.
const ALPHABET: &[u8; 54] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRTUVWXYZ2346789";
/// Length of a generated password.
const LENGTH: usize = 20;

/// A SIP account's password, in clear only until it has been shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct SipPassword(String);

impl SipPassword {
    /// A random password of 20 characters.
    pub fn generate() -> Self {
        let mut random = rand::rng();
        Self((0..LENGTH).map(|_| char::from(ALPHABET[random.random_range(0..ALPHABET.len())])).collect())
    }

    /// A password that somebody chose: for demonstrations and for moving accounts from another system.
    pub fn chosen(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The password in clear.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is kept: H(user:realm:password) for MD5 and SHA-256 (RFC 8760 §2, RFC 7616 §3.4.2).
    pub fn ha1(&self, user: &str, realm: &str) -> Ha1 {
        let secret = format!("{user}:{realm}:{}", self.0);
        Ha1 { md5: hex::encode(Md5::digest(&secret)), sha256: hex::encode(Sha256::digest(&secret)) }
    }
}

impl fmt::Debug for SipPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SipPassword(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_that_of_the_digest_examples() {
        // RFC 2617 §3.5 has the MD5 of this one as A1 of its worked example.
        let ha1 = SipPassword::chosen("Circle Of Life").ha1("Mufasa", "testrealm@host.com");
        assert_eq!(ha1.md5, "939e7578ed9e3c518a452acee763bce9");
        assert_eq!(ha1.sha256.len(), 64);
    }

    #[test]
    fn two_passwords_differ_and_show_nothing_in_a_log() {
        let (a, b) = (SipPassword::generate(), SipPassword::generate());
        assert_ne!(a, b);
        assert_eq!(a.as_str().len(), LENGTH);
        assert_eq!(format!("{a:?}"), "SipPassword(…)");
    }
}
