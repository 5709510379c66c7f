//! The pieces all header field values are made of: white space, lists, numbers, text.

use std::borrow::Cow;

/// The values of a header field that may hold several, separated by commas outside quotes and angle brackets
/// (RFC 3261 §7.3.1). Empty pieces are yielded as empty slices.
#[derive(Clone, Debug)]
pub struct Values<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Values<'a> {
    /// The values of one header field line.
    pub fn of(line: &'a [u8]) -> Self {
        Self { rest: Some(line) }
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let line = self.rest?;
        match find_outside_quotes(line, b',') {
            Some(comma) => {
                self.rest = Some(&line[comma + 1..]);
                Some(trim(&line[..comma]))
            }
            None => {
                self.rest = None;
                Some(trim(line))
            }
        }
    }
}

/// Where `wanted` first stands outside a quoted string and outside angle brackets.
pub(crate) fn find_outside_quotes(bytes: &[u8], wanted: u8) -> Option<usize> {
    let (mut quoted, mut escaped, mut bracketed) = (false, false, false);
    bytes.iter().position(|&byte| {
        if quoted {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quoted = false,
                _ => {}
            }
            return false;
        }
        match byte {
            b'>' if bracketed => bracketed = false,
            _ if bracketed => {}
            _ if byte == wanted => return true,
            b'"' => quoted = true,
            b'<' => bracketed = true,
            _ => {}
        }
        false
    })
}

/// Linear white space, folds included.
pub(crate) fn is_lws(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Without white space at both ends.
pub(crate) fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = bytes
        && is_lws(*first)
    {
        bytes = rest;
    }
    while let [rest @ .., last] = bytes
        && is_lws(*last)
    {
        bytes = rest;
    }
    bytes
}

/// A number of decimal digits only: no sign, no space, at least one digit, no overflow.
pub(crate) fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |sum, &digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

/// Free text as a string: UTF-8 as it stands, anything else read as Latin-1, folds turned into one space.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    let decoded = match std::str::from_utf8(bytes) {
        Ok(utf8) => Cow::Borrowed(utf8),
        Err(_) => Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect()),
    };
    if memchr::memchr2(b'\r', b'\n', bytes).is_none() {
        return decoded;
    }
    let pieces: Vec<&str> = decoded.split(['\r', '\n']).map(str::trim).filter(|piece| !piece.is_empty()).collect();
    Cow::Owned(pieces.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_in_quotes_and_brackets_do_not_separate() {
        let line = br#" "Smith, \"J\"" <sip:j,s@example.com> ,<sip:b@example.com>;q=1,, "#;
        let values: Vec<&[u8]> = Values::of(line).collect();
        assert_eq!(values, [&br#""Smith, \"J\"" <sip:j,s@example.com>"#[..], b"<sip:b@example.com>;q=1", b"", b""]);
    }

    #[test]
    fn numbers_are_digits_and_nothing_else() {
        assert_eq!(number(b"0068"), Some(68));
        for bad in [&b""[..], b"-1", b"+1", b"1 ", b"36893488147419103232", b"1\r\n 2"] {
            assert_eq!(number(bad), None);
        }
    }

    #[test]
    fn text_is_utf8_or_else_latin1_and_unfolded() {
        assert_eq!(text("Zoë".as_bytes()), "Zoë");
        assert_eq!(text(b"Zo\xeb"), "Zoë");
        assert_eq!(text(b"one \r\n\t two"), "one two");
    }
}
