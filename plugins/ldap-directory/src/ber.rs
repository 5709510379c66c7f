//! The encoding of LDAP: the part of BER that RFC 4511 §5.1 leaves, definite lengths alone. What comes from a server may be
//! anything.

use std::fmt;

pub const BOOLEAN: u8 = 0x01;
pub const INTEGER: u8 = 0x02;
pub const OCTET_STRING: u8 = 0x04;
pub const ENUMERATED: u8 = 0x0a;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;

/// Largest message that is taken from a server.
pub const LARGEST_MESSAGE: usize = 4 << 20;

/// Bytes that are no LDAP; says what was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server does not speak LDAP ({})", self.0)
    }
}

/// Encodes values, one after the other.
#[derive(Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub fn put(&mut self, tag: u8, content: &[u8]) {
        self.0.push(tag);
        let length = content.len();
        if length < 0x80 {
            self.0.push(length as u8);
        } else {
            let bytes = length.to_be_bytes();
            let from = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1);
            self.0.push(0x80 | (bytes.len() - from) as u8);
            self.0.extend_from_slice(&bytes[from..]);
        }
        self.0.extend_from_slice(content);
    }

    pub fn text(&mut self, tag: u8, text: &str) {
        self.put(tag, text.as_bytes());
    }

    /// Two's complement, as short as can be.
    pub fn number(&mut self, tag: u8, number: i32) {
        let bytes = number.to_be_bytes();
        let redundant = |pair: &[u8]| (pair[0] == 0 && pair[1] < 0x80) || (pair[0] == 0xff && pair[1] >= 0x80);
        let from = bytes.windows(2).take_while(|pair| redundant(pair)).count();
        self.put(tag, &bytes[from..]);
    }

    pub fn boolean(&mut self, tag: u8, value: bool) {
        self.put(tag, &[if value { 0xff } else { 0 }]);
    }

    /// What is encoded already.
    pub fn raw(&mut self, encoded: &[u8]) {
        self.0.extend_from_slice(encoded);
    }

    /// A value that is made of others.
    pub fn nested(&mut self, tag: u8, write: impl FnOnce(&mut Writer)) {
        let mut inner = Writer::default();
        write(&mut inner);
        self.put(tag, &inner.0);
    }
}

/// Decodes values, one after the other.
#[derive(Clone, Copy)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tag of the next value.
    pub fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next value: its tag and its content.
    pub fn any(&mut self) -> Result<(u8, &'a [u8]), Malformed> {
        let Some((tag, length, header)) = header(self.0)? else { return Err(Malformed("a value breaks off")) };
        let end =
            header.checked_add(length).filter(|end| *end <= self.0.len()).ok_or(Malformed("a value breaks off"))?;
        let content = &self.0[header..end];
        self.0 = &self.0[end..];
        Ok((tag, content))
    }

    /// The content of the next value, which must have this tag.
    pub fn expect(&mut self, tag: u8, what: &'static str) -> Result<&'a [u8], Malformed> {
        match self.any()? {
            (found, content) if found == tag => Ok(content),
            _ => Err(Malformed(what)),
        }
    }

    pub fn nested(&mut self, tag: u8, what: &'static str) -> Result<Reader<'a>, Malformed> {
        self.expect(tag, what).map(Reader)
    }

    pub fn number(&mut self, tag: u8, what: &'static str) -> Result<i32, Malformed> {
        let content = self.expect(tag, what)?;
        if content.is_empty() || content.len() > 4 {
            return Err(Malformed(what));
        }
        let sign = if content[0] >= 0x80 { -1 } else { 0 };
        Ok(content.iter().fold(sign, |number, byte| (number << 8) | i32::from(*byte)))
    }

    /// A text; what is no UTF-8 in it is replaced.
    pub fn text(&mut self, what: &'static str) -> Result<String, Malformed> {
        Ok(String::from_utf8_lossy(self.expect(OCTET_STRING, what)?).into_owned())
    }
}

/// How long the message is with which these bytes begin; `None` when that is not there yet.
pub fn message_length(bytes: &[u8]) -> Result<Option<usize>, Malformed> {
    let Some((tag, length, header)) = header(bytes)? else { return Ok(None) };
    if tag != SEQUENCE {
        return Err(Malformed("no message"));
    }
    if length > LARGEST_MESSAGE {
        return Err(Malformed("a message is too large"));
    }
    let whole = header + length;
    Ok((bytes.len() >= whole).then_some(whole))
}

/// The tag, the length of the content, and where the content begins; `None` when more bytes are needed to tell.
fn header(bytes: &[u8]) -> Result<Option<(u8, usize, usize)>, Malformed> {
    let (Some(tag), Some(first)) = (bytes.first(), bytes.get(1)) else { return Ok(None) };
    if tag & 0x1f == 0x1f {
        return Err(Malformed("a tag of several bytes"));
    }
    if *first < 0x80 {
        return Ok(Some((*tag, usize::from(*first), 2)));
    }
    let count = usize::from(first & 0x7f);
    // 0 would be an indefinite length.
    if !(1..=4).contains(&count) {
        return Err(Malformed("a length that is none"));
    }
    let Some(length) = bytes.get(2..2 + count) else { return Ok(None) };
    let length = length.iter().fold(0_u64, |length, byte| (length << 8) | u64::from(*byte));
    let length = usize::try_from(length).map_err(|_| Malformed("a length that is none"))?;
    Ok(Some((*tag, length, 2 + count)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for number in [0, 1, -1, 127, 128, -128, -129, 255, 256, 65_535, i32::MAX, i32::MIN] {
            let mut writer = Writer::default();
            writer.number(INTEGER, number);
            let bytes = writer.into_bytes();
            assert_eq!(Reader::new(&bytes).number(INTEGER, ""), Ok(number), "{bytes:?}");
        }
        for length in [0, 1, 127, 128, 255, 256, 70_000] {
            let mut writer = Writer::default();
            writer.nested(SEQUENCE, |inner| inner.put(OCTET_STRING, &vec![7; length]));
            let bytes = writer.into_bytes();
            assert_eq!(message_length(&bytes), Ok(Some(bytes.len())));
            assert_eq!(message_length(&bytes[..bytes.len() - 1]), Ok(None));
            let mut sequence = Reader::new(&bytes).nested(SEQUENCE, "").unwrap();
            assert_eq!(sequence.expect(OCTET_STRING, "").map(<[u8]>::len), Ok(length));
            assert!(sequence.is_empty());
        }
        let mut writer = Writer::default();
        writer.number(INTEGER, 128);
        assert_eq!(writer.into_bytes(), [2, 2, 0, 128]);
    }

    #[test]
    fn bytes_that_are_none_are_refused() {
        for (bytes, expected) in [
            (&b"HTTP/1.1 400"[..], Err(Malformed("no message"))),
            (&[0x30, 0x80], Err(Malformed("a length that is none"))),
            (&[0x30, 0x85, 1, 1, 1, 1, 1], Err(Malformed("a length that is none"))),
            (&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], Err(Malformed("a message is too large"))),
            (&[0x3f, 0x81, 0x01], Err(Malformed("a tag of several bytes"))),
            (&[0x30], Ok(None)),
            (&[], Ok(None)),
            (&[0x30, 0x82, 0x01], Ok(None)),
        ] {
            assert_eq!(message_length(bytes), expected, "{bytes:?}");
        }
        assert!(Reader::new(&[4, 5, 1]).any().is_err());
        assert!(Reader::new(&[2, 0]).number(INTEGER, "").is_err());
        assert!(Reader::new(&[2, 5, 1, 1, 1, 1, 1]).number(INTEGER, "").is_err());
    }
}
