//! Content-Type (RFC 3261 §20.15).

use super::{Params, is_token, trim};

/// A media type such as `application/sdp` or `multipart/mixed;boundary=x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaType<'a> {
    essence: &'a str,
    /// `boundary`, `charset` …
    pub params: Params<'a>,
}

impl<'a> MediaType<'a> {
    /// Read a value; `None` if it is not `type/subtype` and parameters.
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let value = trim(value);
        let end = memchr::memchr(b';', value).unwrap_or(value.len());
        let essence = trim(&value[..end]);
        let slash = memchr::memchr(b'/', essence)?;
        if !is_token(trim(&essence[..slash])) || !is_token(trim(&essence[slash + 1..])) {
            return None;
        }
        Some(Self { essence: std::str::from_utf8(essence).ok()?, params: Params(&value[end..]) })
    }

    /// Type and subtype as sent.
    pub fn essence(&self) -> &'a str {
        self.essence
    }

    /// Whether it is this `type/subtype`, without regard to case.
    pub fn is(&self, essence: &str) -> bool {
        self.essence.eq_ignore_ascii_case(essence)
    }

    /// Whether it is `multipart/…`.
    pub fn is_multipart(&self) -> bool {
        self.essence.get(..10).is_some_and(|start| start.eq_ignore_ascii_case("multipart/"))
    }
}
