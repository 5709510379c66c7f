//! From, To, Contact, Route and their kin (RFC 3261 §20.10): display name, URI, parameters.

use super::{Params, is_lws, params::unquote, trim};
use crate::Uri;
use std::borrow::Cow;

/// A `name-addr` or `addr-spec` with header parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameAddr<'a> {
    display: &'a [u8],
    uri: &'a [u8],
    /// Parameters of the header field (not of the URI), such as `tag`, `expires`, `q`.
    pub params: Params<'a>,
}

impl<'a> NameAddr<'a> {
    /// Read one value (already split at commas); `None` if quotes or brackets do not close, or if a URI without
    /// brackets holds a comma, a question mark or a space (RFC 3261 §20.10).
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let value = trim(value);
        let open = match value.first()? {
            b'"' => {
                let close = closing_quote(value)?;
                let gap = value[close + 1..].iter().position(|&byte| !is_lws(byte))?;
                Some(close + 1 + gap).filter(|&open| value[open] == b'<')
            }
            _ => memchr::memchr(b'<', value),
        };
        let Some(open) = open else { return Self::parse_addr_spec(value) };
        let close = open + memchr::memchr(b'>', &value[open..])?;
        let uri = trim(&value[open + 1..close]);
        if uri.is_empty() || uri.iter().any(|&byte| is_lws(byte) || byte == b'<') {
            return None;
        }
        let params = Params(&value[close + 1..]);
        params.is_well_formed().then_some(Self { display: trim(&value[..open]), uri, params })
    }

    /// Everything after a semicolon belongs to the header field, not to the URI.
    fn parse_addr_spec(value: &'a [u8]) -> Option<Self> {
        let end = memchr::memchr(b';', value).unwrap_or(value.len());
        let (uri, params) = (trim(&value[..end]), Params(&value[end..]));
        let broken = |&byte: &u8| is_lws(byte) || matches!(byte, b',' | b'?' | b'"' | b'>');
        if uri.is_empty() || uri.iter().any(broken) || !params.is_well_formed() {
            return None;
        }
        Some(Self { display: b"", uri, params })
    }

    /// The display name without quotes, or `None` if there is none.
    pub fn display(&self) -> Option<Cow<'a, str>> {
        let name = unquote(self.display);
        (!name.is_empty()).then_some(name)
    }

    /// The URI's bytes as they stand.
    pub fn uri_bytes(&self) -> &'a [u8] {
        self.uri
    }

    /// The URI, or `None` if it is malformed.
    pub fn uri(&self) -> Option<Uri<'a>> {
        Uri::parse(self.uri)
    }

    /// The tag parameter.
    pub fn tag(&self) -> Option<&'a [u8]> {
        self.params.find("tag").flatten()
    }
}

fn closing_quote(value: &[u8]) -> Option<usize> {
    let mut escaped = false;
    let inner = value.get(1..)?;
    let end = inner.iter().position(|&byte| match byte {
        _ if escaped => {
            escaped = false;
            false
        }
        b'\\' => {
            escaped = true;
            false
        }
        _ => byte == b'"',
    })?;
    Some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_names_come_quoted_bare_or_not_at_all() {
        let quoted =
            NameAddr::parse(b"\"J Rosenberg \\\\\\\"\"  <sip:jdrosen@example.com>\r\n ;\r\n tag = 98asjd8").unwrap();
        assert_eq!(quoted.display().as_deref(), Some("J Rosenberg \\\""));
        assert_eq!(quoted.tag(), Some(&b"98asjd8"[..]));
        let bare = NameAddr::parse(b"caller<sip:caller@example.com>;tag=323").unwrap();
        assert_eq!(bare.display().as_deref(), Some("caller"));
        let none = NameAddr::parse(b"sip:a@example.com;tag=1").unwrap();
        assert_eq!((none.display(), none.uri_bytes(), none.tag()), (None, &b"sip:a@example.com"[..], Some(&b"1"[..])));
    }

    #[test]
    fn what_does_not_close_is_malformed() {
        for bad in [
            &b""[..],
            b"\"Mr. J. User <sip:j.user@example.com>",
            b"<sip:j@example.com",
            b"<>",
            b"sip:user@example.com?Route=%3Csip:sip.example.com%3E",
            b"<sip:a@b>;;;;",
            b"<sip:a@b> junk",
            b"\"x\" sip:a@b",
        ] {
            assert_eq!(NameAddr::parse(bad), None, "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn spaces_inside_the_brackets_are_forgiven_at_the_ends_only() {
        assert_eq!(NameAddr::parse(b"< sip:t@example.org >").unwrap().uri_bytes(), b"sip:t@example.org");
        assert_eq!(NameAddr::parse(b"<sip:t @example.org>"), None);
    }
}
