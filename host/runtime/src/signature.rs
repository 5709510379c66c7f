//! Who has made something: Ed25519 keys and signatures (RFC 8032), as packages and catalogues carry them.
//!
//! A signature is made over a purpose, a line feed and the bytes, so that what was signed for one purpose is worth nothing
//! for another.

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use ring::{
    rand::SystemRandom,
    signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// A key that signatures are checked with. As text it is 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PublicKey([u8; 32]);

/// A key that signatures are made with.
pub struct SigningKey(Ed25519KeyPair);

/// A signature with the key that it is to be checked with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// Whose it is.
    pub key: PublicKey,
    /// 128 hexadecimal digits.
    pub signature: String,
}

/// Something is no key or no signature: what is wrong, with the next step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct KeyError(String);

/// First and last line of a key's file (RFC 7468).
const PEM: (&str, &str) = ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----");
/// Characters of base64 in one line of it.
const PEM_LINE: usize = 64;
/// Bytes of a key's hash that people compare: as many as nobody finds a second key for.
const FINGERPRINT: usize = 20;

impl PublicKey {
    /// What people compare: 40 hexadecimal digits of the key's SHA-256. [`grouped`] makes them readable.
    pub fn fingerprint(&self) -> String {
        hex::encode(&Sha256::digest(self.0)[..FINGERPRINT])
    }
}

/// A fingerprint in groups of four digits, as people read it aloud.
pub fn grouped(fingerprint: &str) -> String {
    let digits: Vec<char> = fingerprint.chars().collect();
    digits.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
}

/// A fingerprint as somebody has typed it: without blanks and in lower case.
pub fn plain_fingerprint(typed: &str) -> String {
    typed.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

impl SigningKey {
    /// Make a new key; the text is its file (PKCS #8 in PEM form), to be kept secret.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn generate() -> Result<(Self, String), KeyError> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .map_err(|_| KeyError("the system gives no random numbers to make a key of".into()))?;
        let key = Self::from_der(document.as_ref())?;
        let body = BASE64.encode(document);
        let lines: Vec<&str> =
            body.as_bytes().chunks(PEM_LINE).map(|line| std::str::from_utf8(line).unwrap_or_default()).collect();
        Ok((key, format!("{}\n{}\n{}\n", PEM.0, lines.join("\n"), PEM.1)))
    }

    /// Read the file of a key, as [`SigningKey::generate`] or `openssl genpkey -algorithm ed25519` makes it.
    ///
    /// # Errors
    /// When it is no such file.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let inner = text.split_once(PEM.0).and_then(|(_, rest)| rest.split_once(PEM.1)).map(|(inner, _)| inner);
        let bytes = |inner: &str| BASE64.decode(inner.split_whitespace().collect::<String>()).ok();
        let der = inner
            .and_then(bytes)
            .ok_or_else(|| KeyError("it is no key to sign with: make one with “jackfield-plugin key new”".into()))?;
        Self::from_der(&der)
    }

    fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der)
            .map_err(|error| KeyError(format!("it is no Ed25519 key to sign with ({error})")))?;
        Ok(Self(pair))
    }

    /// The key that its signatures are checked with.
    pub fn public(&self) -> PublicKey {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.0.public_key().as_ref());
        PublicKey(bytes)
    }

    /// Sign these bytes for this purpose.
    pub fn sign(&self, purpose: &str, bytes: &[u8]) -> Signature {
        let signature = self.0.sign(&message(purpose, bytes));
        Signature { key: self.public(), signature: hex::encode(signature.as_ref()) }
    }
}

impl Signature {
    /// Whether these bytes were signed for this purpose by who holds its key.
    pub fn fits(&self, purpose: &str, bytes: &[u8]) -> bool {
        let Ok(signature) = hex::decode(&self.signature) else { return false };
        UnparsedPublicKey::new(&ED25519, self.key.0).verify(&message(purpose, bytes), &signature).is_ok()
    }
}

fn message(purpose: &str, bytes: &[u8]) -> Vec<u8> {
    [purpose.as_bytes(), b"\n", bytes].concat()
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let mut key = [0; 32];
        hex::decode_to_slice(text.trim(), &mut key)
            .map_err(|_| KeyError("a publisher's key has 64 hexadecimal digits".into()))?;
        Ok(Self(key))
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for PublicKey {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_from_its_file_and_signs_for_one_purpose() {
        let (key, pem) = SigningKey::generate().unwrap();
        let again = SigningKey::from_pem(&pem).unwrap();
        assert_eq!(key.public(), again.public());
        let signature = again.sign("a package", b"bytes");
        assert!(signature.fits("a package", b"bytes"));
        assert!(!signature.fits("a package", b"other bytes"));
        assert!(!signature.fits("a catalogue", b"bytes"));
        let (other, _) = SigningKey::generate().unwrap();
        assert!(!Signature { key: other.public(), ..signature.clone() }.fits("a package", b"bytes"));
        assert!(!Signature { signature: "nonsense".into(), ..signature }.fits("a package", b"bytes"));
    }

    #[test]
    fn a_key_of_openssl_is_read() {
        // RFC 8410 §10.3.
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
        let public = SigningKey::from_pem(pem).unwrap().public();
        assert_eq!(public.to_string(), "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1");
        assert_eq!(public, public.to_string().parse().unwrap());
        assert_eq!(public.fingerprint().len(), 40);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "x", "-----BEGIN PRIVATE KEY-----\n!!\n-----END PRIVATE KEY-----"] {
            assert!(SigningKey::from_pem(text).is_err(), "{text:?} was taken");
        }
        for text in ["", "19bf", "zz", "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1ff"] {
            assert!(text.parse::<PublicKey>().is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn fingerprints_are_read_with_and_without_blanks() {
        assert_eq!(grouped("0123456789"), "0123 4567 89");
        assert_eq!(plain_fingerprint(" 0123 45AB\n"), "012345ab");
    }
}
