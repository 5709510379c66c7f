//! A SIP message: the bytes as they came, and an index of where its parts stand.

use crate::{
    Limits, Uri,
    headers::{AuthParams, Cseq, HeaderName, MediaType, Method, NameAddr, Values, Via, number, text, trim},
    parse,
};
use bytes::Bytes;
use smallvec::SmallVec;
use std::{borrow::Cow, ops::Range};

pub use crate::parse::{Framing, ParseError};

/// A SIP message (RFC 3261 §7). Nothing of it is changed, reordered or lost: [`bytes`](Self::bytes) is what arrived,
/// and everything else is a view of it. Cloning copies the index and shares the bytes.
#[derive(Clone, Debug)]
pub struct Message {
    pub(crate) bytes: Bytes,
    pub(crate) start: StartLine,
    pub(crate) headers: SmallVec<[Slot; 14]>,
    pub(crate) body: Range<u32>,
}

/// The parts of the start line.
#[derive(Clone, Debug)]
pub(crate) enum StartLine {
    Request { method: Range<u32>, uri: Range<u32> },
    Response { status: u16, reason: Range<u32> },
}

/// Where one header field stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    pub name_at: u32,
    pub value_at: u32,
    pub value_len: u16,
    pub name_len: u16,
    pub name: HeaderName,
}

/// One header field as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// Which it is.
    pub name: HeaderName,
    /// The name as sent.
    pub raw_name: &'a [u8],
    /// The value as sent, without white space at its ends.
    pub value: &'a [u8],
}

impl Message {
    /// Read one message. `framing` says what a missing Content-Length means; trailing bytes after the body are left out
    /// of the body (a stream is to be cut by [`StreamFramer`](crate::framing::StreamFramer) first).
    ///
    /// # Errors
    /// [`ParseError::Answer`] if enough could be read to answer the request, [`ParseError::Drop`] if not.
    pub fn parse(bytes: Bytes, framing: Framing, limits: &Limits) -> Result<Self, ParseError> {
        parse::message(bytes, framing, limits)
    }

    /// The message as it arrived.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Whether it is a request.
    pub fn is_request(&self) -> bool {
        matches!(self.start, StartLine::Request { .. })
    }

    /// The method of a request.
    pub fn method(&self) -> Option<Method<'_>> {
        match &self.start {
            StartLine::Request { method, .. } => {
                // The parser let only a token through, which is ASCII.
                Some(Method::from_token(std::str::from_utf8(self.slice(method)).unwrap_or("")))
            }
            StartLine::Response { .. } => None,
        }
    }

    /// The Request-URI's bytes.
    pub fn request_uri_bytes(&self) -> Option<&[u8]> {
        match &self.start {
            StartLine::Request { uri, .. } => Some(self.slice(uri)),
            StartLine::Response { .. } => None,
        }
    }

    /// The Request-URI, if it is well-formed.
    pub fn request_uri(&self) -> Option<Uri<'_>> {
        Uri::parse(self.request_uri_bytes()?)
    }

    /// The status of a response.
    pub fn status(&self) -> Option<u16> {
        match self.start {
            StartLine::Request { .. } => None,
            StartLine::Response { status, .. } => Some(status),
        }
    }

    /// The reason phrase of a response; may be empty.
    pub fn reason(&self) -> Option<Cow<'_, str>> {
        match &self.start {
            StartLine::Request { .. } => None,
            StartLine::Response { reason, .. } => Some(text(self.slice(reason))),
        }
    }

    /// All header fields in order.
    pub fn headers(&self) -> impl Iterator<Item = Header<'_>> {
        self.headers.iter().map(|slot| Header {
            name: slot.name,
            raw_name: self.raw_name(slot),
            value: self.raw_value(slot),
        })
    }

    /// The value of the first header field of this name.
    pub fn header(&self, name: HeaderName) -> Option<&[u8]> {
        self.lines(name).next()
    }

    /// The value of the first header field of this name, compared without regard to case; for names that
    /// [`HeaderName`] does not know.
    pub fn header_named(&self, name: &str) -> Option<&[u8]> {
        let known = HeaderName::from_bytes(name.as_bytes());
        if known != HeaderName::Other {
            return self.header(known);
        }
        let slot = self.headers.iter().find(|slot| self.raw_name(slot).eq_ignore_ascii_case(name.as_bytes()))?;
        Some(self.raw_value(slot))
    }

    /// The value of each line of this name, in order.
    pub fn lines(&self, name: HeaderName) -> impl Iterator<Item = &[u8]> {
        self.headers.iter().filter(move |slot| slot.name == name).map(|slot| self.raw_value(slot))
    }

    /// Each value of this name, lists taken apart at their commas.
    pub fn values(&self, name: HeaderName) -> impl Iterator<Item = &[u8]> {
        self.lines(name).flat_map(Values::of)
    }

    /// The value of the first header field of this name as text: unfolded, UTF-8 or else Latin-1.
    pub fn text(&self, name: HeaderName) -> Option<Cow<'_, str>> {
        self.header(name).map(text)
    }

    /// The topmost Via.
    pub fn via(&self) -> Option<Via<'_>> {
        Via::parse(self.values(HeaderName::Via).next()?)
    }

    /// From.
    pub fn from(&self) -> Option<NameAddr<'_>> {
        NameAddr::parse(self.header(HeaderName::From)?)
    }

    /// To.
    pub fn to(&self) -> Option<NameAddr<'_>> {
        NameAddr::parse(self.header(HeaderName::To)?)
    }

    /// Call-ID.
    pub fn call_id(&self) -> Option<&[u8]> {
        self.header(HeaderName::CallId)
    }

    /// CSeq.
    pub fn cseq(&self) -> Option<Cseq<'_>> {
        Cseq::parse(self.header(HeaderName::Cseq)?)
    }

    /// The contacts that are well-formed; `*` is not one, see [`has_contact_star`](Self::has_contact_star).
    pub fn contacts(&self) -> impl Iterator<Item = NameAddr<'_>> {
        self.values(HeaderName::Contact).filter(|&value| value != b"*").filter_map(NameAddr::parse)
    }

    /// Whether a Contact is `*` (RFC 3261 §10.2.2: remove all bindings).
    pub fn has_contact_star(&self) -> bool {
        self.lines(HeaderName::Contact).any(|value| value == b"*")
    }

    /// Max-Forwards, 0 to 255; `None` if absent or malformed.
    pub fn max_forwards(&self) -> Option<u8> {
        number(self.header(HeaderName::MaxForwards)?).and_then(|hops| u8::try_from(hops).ok())
    }

    /// Expires in seconds; more than 2^32-1 counts as 2^32-1, `None` if absent or malformed.
    pub fn expires(&self) -> Option<u32> {
        seconds(self.header(HeaderName::Expires)?)
    }

    /// Retry-After in seconds, without its comment and parameters (RFC 3261 §20.33); `None` if absent or malformed.
    pub fn retry_after(&self) -> Option<u64> {
        let value = self.header(HeaderName::RetryAfter)?;
        let digits = value.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(value.len());
        number(&value[..digits])
    }

    /// Content-Type.
    pub fn content_type(&self) -> Option<MediaType<'_>> {
        MediaType::parse(self.header(HeaderName::ContentType)?)
    }

    /// The parameters of each header field of this name that has a scheme: WWW-Authenticate, Authorization …
    pub fn auth(&self, name: HeaderName) -> impl Iterator<Item = AuthParams<'_>> {
        self.lines(name).filter_map(AuthParams::parse)
    }

    /// Whether a list header field, such as Supported or Require, holds this token, without regard to case.
    pub fn lists(&self, name: HeaderName, token: &str) -> bool {
        self.values(name).any(|value| value.eq_ignore_ascii_case(token.as_bytes()))
    }

    /// The body; empty if there is none.
    pub fn body(&self) -> &[u8] {
        self.slice(&self.body)
    }

    /// The body, sharing the message's memory.
    pub fn body_bytes(&self) -> Bytes {
        self.bytes.slice(self.body.start as usize..self.body.end as usize)
    }

    /// The session description: the body if its type is `application/sdp`, or the part of a multipart body that is.
    /// A copy, so that keeping it does not keep the datagram.
    pub fn sdp(&self) -> Option<Bytes> {
        crate::body::sdp(self).map(Bytes::copy_from_slice)
    }

    pub(crate) fn slice(&self, range: &Range<u32>) -> &[u8] {
        self.bytes.get(range.start as usize..range.end as usize).unwrap_or(b"")
    }

    fn raw_name(&self, slot: &Slot) -> &[u8] {
        self.slice(&(slot.name_at..slot.name_at + u32::from(slot.name_len)))
    }

    fn raw_value(&self, slot: &Slot) -> &[u8] {
        self.slice(&(slot.value_at..slot.value_at + u32::from(slot.value_len)))
    }
}

/// Delta-seconds; large numbers saturate (RFC 4475 §3.1.2.4).
pub(crate) fn seconds(value: &[u8]) -> Option<u32> {
    let value = trim(value);
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(number(value).and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(u32::MAX))
}
