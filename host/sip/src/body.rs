//! Bodies: finding the session description in one (RFC 3261 §7.4, RFC 5621).

use crate::{
    Message,
    headers::{HeaderName, MediaType, Params, trim},
};
use memchr::memmem;

/// What the body of an INVITE, UPDATE or their answers holds.
pub(crate) enum Content {
    /// No body, or one that its sender lets us ignore.
    None,
    /// A session description.
    Sdp,
    /// Something else, which its sender wants understood: 415.
    Unsupported,
}

/// Sort a body.
pub(crate) fn content(message: &Message) -> Content {
    if sdp(message).is_some() {
        return Content::Sdp;
    }
    let body = message.body();
    if body.is_empty() || is_optional(message.header(HeaderName::ContentDisposition)) {
        Content::None
    } else {
        Content::Unsupported
    }
}

/// The session description in a message, if it has one that is not compressed.
pub(crate) fn sdp(message: &Message) -> Option<&[u8]> {
    let body = message.body();
    if body.is_empty() || is_encoded(message) {
        return None;
    }
    let kind = message.content_type()?;
    if kind.is("application/sdp") {
        return Some(body);
    }
    kind.is_multipart().then(|| sdp_part(body, &kind)).flatten()
}

/// Whether the body is in a coding that we cannot undo.
pub(crate) fn is_encoded(message: &Message) -> bool {
    message.values(HeaderName::ContentEncoding).any(|coding| !coding.eq_ignore_ascii_case(b"identity"))
}

fn sdp_part<'a>(body: &'a [u8], kind: &MediaType<'_>) -> Option<&'a [u8]> {
    let mut delimiter = b"--".to_vec();
    delimiter.extend_from_slice(kind.params.value("boundary").filter(|boundary| !boundary.is_empty())?.as_bytes());
    let starts: Vec<usize> = memmem::find_iter(body, &delimiter).take(32).collect();
    starts.windows(2).find_map(|pair| part_content(body.get(pair[0] + delimiter.len()..pair[1])?))
}

/// The content of a part whose type is application/sdp; the line break before the next delimiter belongs to that.
fn part_content(part: &[u8]) -> Option<&[u8]> {
    let head_end = memmem::find(part, b"\r\n\r\n")?;
    let is_sdp = part[..head_end].split(|&byte| byte == b'\n').any(|line| {
        let Some(colon) = memchr::memchr(b':', line) else { return false };
        HeaderName::from_bytes(trim(&line[..colon])) == HeaderName::ContentType
            && MediaType::parse(&line[colon + 1..]).is_some_and(|kind| kind.is("application/sdp"))
    });
    let content = &part[head_end + 4..];
    is_sdp.then(|| content.strip_suffix(b"\r\n").unwrap_or(content))
}

fn is_optional(disposition: Option<&[u8]>) -> bool {
    let Some(value) = disposition else { return false };
    let params = Params(&value[memchr::memchr(b';', value).unwrap_or(value.len())..]);
    params.value("handling").is_some_and(|handling| handling.eq_ignore_ascii_case("optional"))
}
