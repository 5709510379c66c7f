//! The parameters of challenges and credentials (RFC 3261 §20.7, §20.44).

use super::{Values, is_token, params::unquote, trim, values::is_lws};
use std::borrow::Cow;

/// What an Authorization or Proxy-Authorization header field holds.
pub type Credentials<'a> = AuthParams<'a>;

/// A scheme and its comma-separated parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthParams<'a> {
    scheme: &'a [u8],
    params: &'a [u8],
}

impl<'a> AuthParams<'a> {
    /// Read a header field value; `None` if it does not begin with a scheme.
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let value = trim(value);
        let end = value.iter().position(|&byte| is_lws(byte)).unwrap_or(value.len());
        is_token(&value[..end]).then_some(Self { scheme: &value[..end], params: &value[end..] })
    }

    /// Whether this is the Digest scheme.
    pub fn is_digest(&self) -> bool {
        self.scheme.eq_ignore_ascii_case(b"Digest")
    }

    /// Names and raw values (quotes kept).
    pub fn iter(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        Values::of(self.params).filter_map(|piece| {
            let equals = memchr::memchr(b'=', piece)?;
            Some((trim(&piece[..equals]), trim(&piece[equals + 1..])))
        })
    }

    /// The value of a parameter without quotes.
    pub fn value(&self, name: &str) -> Option<Cow<'a, str>> {
        self.iter().find(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| unquote(value))
    }
}
