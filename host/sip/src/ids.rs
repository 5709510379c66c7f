//! Random identifiers of ours: unguessable, and short enough to be kept as numbers.

use std::fmt;

/// A tag of ours (RFC 3261 §19.3): 64 random bits, written as 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tag(pub u64);

impl Tag {
    pub(crate) fn from_hash(hash: u64) -> Self {
        Self(hash)
    }

    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        parse_hex(text).map(Self)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A branch of ours (RFC 3261 §8.1.1.7): the magic cookie and 64 random bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Branch(pub u64);

impl Branch {
    pub(crate) const COOKIE: &'static [u8] = b"z9hG4bK";

    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        parse_hex(text.strip_prefix(Self::COOKIE)?).map(Self)
    }
}

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "z9hG4bK{:016x}", self.0)
    }
}

/// Exactly what Display writes, so that no two texts mean the same number.
fn parse_hex(text: &[u8]) -> Option<u64> {
    if text.len() != 16 {
        return None;
    }
    text.iter().try_fold(0, |number: u64, &digit| {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u64::from(digit))
    })
}
