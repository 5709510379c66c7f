//! Parameters: `;name=value;flag;other="quoted"`.

use super::values::{find_outside_quotes, is_lws, trim};
use std::borrow::Cow;

/// The parameters after a value (RFC 3261 §25.1 `generic-param`). Names are compared without regard to case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params<'a>(pub(crate) &'a [u8]);

impl<'a> Params<'a> {
    /// The bytes as they stand, from the first semicolon on.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// Name and value of each parameter, in order; the value of a flag is `None`, quotes are kept. Empty ones are
    /// skipped.
    pub fn iter(&self) -> impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)> + use<'a> {
        pieces(self.0).filter(|piece| !piece.is_empty()).map(split)
    }

    /// The value of a parameter: `Some(None)` if it stands there as a flag.
    pub fn find(&self, name: &str) -> Option<Option<&'a [u8]>> {
        self.iter().find(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }

    /// The value of a parameter if it has one that is text; quotes are taken off and escapes resolved.
    pub fn value(&self, name: &str) -> Option<Cow<'a, str>> {
        self.find(name)?.map(unquote)
    }

    /// Whether a parameter is there, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Whether all of it follows the grammar: names are tokens, no piece is empty, quotes are closed.
    pub fn is_well_formed(&self) -> bool {
        let bytes = trim(self.0);
        if bytes.is_empty() {
            return true;
        }
        let [b';', rest @ ..] = bytes else { return false };
        let mut each = PieceIter { rest: Some(rest) };
        each.all(|piece| {
            let (name, value) = split(piece);
            is_token(name) && value.is_none_or(is_param_value)
        })
    }
}

struct PieceIter<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Iterator for PieceIter<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        let end = find_outside_quotes(rest, b';');
        self.rest = end.map(|end| &rest[end + 1..]);
        Some(trim(end.map_or(rest, |end| &rest[..end])))
    }
}

fn pieces(bytes: &[u8]) -> PieceIter<'_> {
    PieceIter { rest: Some(bytes) }
}

fn split(piece: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(b'=', piece) {
        Some(equals) => (trim(&piece[..equals]), Some(trim(&piece[equals + 1..]))),
        None => (piece, None),
    }
}

/// token / host / quoted-string, with IPv6 references and the colons of RFC 5118 §4.5 allowed.
fn is_param_value(value: &[u8]) -> bool {
    match value {
        [] => false,
        [b'"', inner @ .., b'"'] => is_closed_quote(inner),
        [b'"', ..] => false,
        _ => !value.iter().any(|&byte| is_lws(byte) || matches!(byte, b'"' | b'<' | b'>' | b',' | b';')),
    }
}

fn is_closed_quote(inner: &[u8]) -> bool {
    let mut escaped = false;
    for &byte in inner {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return false,
            _ => {}
        }
    }
    !escaped
}

/// Quoted strings without quotes and escapes, everything else as it stands.
pub(crate) fn unquote(value: &[u8]) -> Cow<'_, str> {
    let [b'"', inner @ .., b'"'] = value else { return super::text(value) };
    if memchr::memchr(b'\\', inner).is_none() {
        return super::text(inner);
    }
    let mut plain = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(&byte) = bytes.next() {
        plain.push(if byte == b'\\' { bytes.next().copied().unwrap_or(byte) } else { byte });
    }
    Cow::Owned(super::text(&plain).into_owned())
}

/// RFC 3261 §25.1 `token`.
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| TOKEN[usize::from(byte)])
}

pub(crate) const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let marks = b"-.!%*_+`'~";
    let mut mark = 0;
    while mark < marks.len() {
        table[marks[mark] as usize] = true;
        mark += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_found_in_any_case_with_space_around_the_equals_sign() {
        let params = Params(b" ; TAG =\r\n a1 ; lr;reason = \"a;b \\\" c\" ");
        assert_eq!(params.value("tag").as_deref(), Some("a1"));
        assert_eq!(params.find("LR"), Some(None));
        assert_eq!(params.value("Reason").as_deref(), Some("a;b \" c"));
        assert!(params.is_well_formed());
        assert!(!params.has("x"));
    }

    #[test]
    fn empty_pieces_and_open_quotes_are_malformed() {
        for bad in [&b";;"[..], b";a;", b";a=", b";a=\"x", b"a", b";a b", b";=x", b";a=\"x\\\""] {
            assert!(!Params(bad).is_well_formed(), "{}", String::from_utf8_lossy(bad));
        }
        assert!(Params(b"").is_well_formed());
        assert!(Params(b";received=[2001:db8::1];x=2001:db8::1").is_well_formed());
    }
}
