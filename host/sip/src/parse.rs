//! Bytes to [`Message`]: one pass that finds where everything stands and copies nothing.
//!
//! Only CRLF ends a line. A lone CR or LF, a header line without a colon or with a name that is no token, a second or
//! strange Content-Length: each is a fault, because two readers could disagree on where such a message ends.

use crate::{
    Limits, framing,
    headers::{HeaderName, Via, is_token},
    message::{Message, Slot, StartLine},
};
use bytes::Bytes;
use smallvec::SmallVec;
use std::ops::Range;

/// How the end of a message is found (RFC 3261 §18.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// One message per datagram or WebSocket frame: without Content-Length the body goes to the end.
    Datagram,
    /// A stream: Content-Length is required.
    Stream,
}

/// Why bytes are no message.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ParseError {
    /// A request too broken to be taken, but whole enough to be answered.
    #[error("malformed, to be answered {status}: {reason}")]
    Answer {
        /// 400, 413, 505 or 513.
        status: u16,
        /// The reason phrase: what is wrong.
        reason: &'static str,
        /// What could be read.
        message: Box<Message>,
    },
    /// Too broken to answer, or a kind that is never answered (a response, an ACK).
    #[error("malformed: {0}")]
    Drop(&'static str),
}

/// What is wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub status: u16,
    pub reason: &'static str,
}

pub(crate) const fn fault(status: u16, reason: &'static str) -> Fault {
    Fault { status, reason }
}

/// Read a whole message.
pub(crate) fn message(bytes: Bytes, framing: Framing, limits: &Limits) -> Result<Message, ParseError> {
    let mut head = head(bytes, limits)?;
    let available = head.message.bytes.len() - head.message.body.start as usize;
    match framing::body_length(&head.message, framing, available, limits) {
        Ok(length) if length <= available => {
            // A body starts below 2^32 because the message does.
            head.message.body.end = head.message.body.start + u32::try_from(length).unwrap_or(0);
        }
        Ok(_) => head.note(fault(400, "Content-Length larger than the message")),
        Err(fault) => head.note(fault),
    }
    head.finish()
}

/// Start line and header fields of a message, and the first fault found in them.
pub(crate) struct Head {
    pub message: Message,
    pub fault: Option<Fault>,
}

impl Head {
    pub(crate) fn note(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    /// The message, or how to treat it if it has a fault.
    pub(crate) fn finish(self) -> Result<Message, ParseError> {
        match self.fault {
            None => Ok(self.message),
            Some(fault) => Err(refusal(self.message, fault)),
        }
    }
}

/// A faulty message is answered if it is a request that expects an answer and says where that should go.
pub(crate) fn refusal(message: Message, fault: Fault) -> ParseError {
    let answerable = message.method().is_some_and(|method| method != crate::Method::Ack)
        && message.values(HeaderName::Via).next().and_then(Via::parse_lenient).is_some();
    if answerable {
        ParseError::Answer { status: fault.status, reason: fault.reason, message: Box::new(message) }
    } else {
        ParseError::Drop(fault.reason)
    }
}

/// Read start line and header fields. The body's range is set to everything after them.
pub(crate) fn head(bytes: Bytes, limits: &Limits) -> Result<Head, ParseError> {
    if bytes.len() > limits.message || bytes.len() > u32::MAX as usize {
        return Err(ParseError::Drop("message too large"));
    }
    let start = leading_line_breaks(&bytes);
    let mut lines = Lines { bytes: &bytes, at: start };
    let line = lines.next().ok_or(ParseError::Drop("no start line"))?;
    let (start_line, mut fault) = start_line(&bytes, &line, limits)?;
    let mut headers: SmallVec<[Slot; 14]> = SmallVec::new();
    let body_at = loop {
        let Some(line) = lines.next() else {
            fault.get_or_insert(self::fault(400, "Header Not Terminated"));
            break bytes.len();
        };
        if line.range.is_empty() {
            break lines.at;
        }
        match slot(&bytes, &line, limits) {
            Ok(_) if headers.len() >= limits.headers => {
                fault.get_or_insert(self::fault(513, "Too Many Header Fields"));
                break bytes.len();
            }
            Ok(slot) => headers.push(slot),
            Err(wrong) => {
                fault.get_or_insert(wrong);
            }
        }
    };
    let body = offset(body_at)..offset(bytes.len());
    Ok(Head { message: Message { bytes, start: start_line, headers, body }, fault })
}

/// Line breaks before the start line are ignored (RFC 3261 §7.5).
pub(crate) fn leading_line_breaks(bytes: &[u8]) -> usize {
    bytes.chunks_exact(2).take_while(|pair| *pair == b"\r\n").count() * 2
}

fn offset(at: usize) -> u32 {
    // `head` refused anything longer.
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// One logical line: continuation lines belong to it.
struct Line {
    range: Range<usize>,
    /// A CR or LF stands alone in it.
    broken: bool,
}

struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Lines<'_> {
    fn next(&mut self) -> Option<Line> {
        let start = self.at;
        let mut from = start;
        let mut broken = false;
        loop {
            let end = from + memchr::memchr2(b'\r', b'\n', self.bytes.get(from..)?)?;
            if self.bytes[end] == b'\r' && self.bytes.get(end + 1) == Some(&b'\n') {
                self.at = end + 2;
                let folded = matches!(self.bytes.get(self.at), Some(b' ' | b'\t'));
                // An empty line ends the head whatever the body begins with.
                if folded && end > start {
                    from = self.at;
                    continue;
                }
                return Some(Line { range: start..end, broken });
            }
            broken = true;
            from = end + 1;
        }
    }
}

fn start_line(bytes: &[u8], line: &Line, limits: &Limits) -> Result<(StartLine, Option<Fault>), ParseError> {
    let whole = &bytes[line.range.clone()];
    if whole.get(..8).is_some_and(|version| version.eq_ignore_ascii_case(b"SIP/2.0 ")) {
        return Ok((status_line(whole, line)?, None));
    }
    let first = memchr::memchr(b' ', whole).ok_or(ParseError::Drop("no request line"))?;
    let last = memchr::memrchr(b' ', whole).ok_or(ParseError::Drop("no request line"))?;
    if !is_token(&whole[..first]) {
        return Err(ParseError::Drop("no request line"));
    }
    let at = line.range.start;
    let method = offset(at)..offset(at + first);
    let uri = if last > first { first + 1..last } else { first + 1..whole.len() };
    let (uri_bytes, version) = (&whole[uri.clone()], &whole[last + 1..]);
    let fault = if line.broken || last <= first || memchr::memchr3(b' ', b'\t', b'\r', uri_bytes).is_some() {
        Some(fault(400, "Malformed Request-Line"))
    } else if whole.len() > limits.header {
        Some(fault(414, "Request-URI Too Long"))
    } else if !version.eq_ignore_ascii_case(b"SIP/2.0") {
        match version.get(..4) {
            Some(name) if name.eq_ignore_ascii_case(b"SIP/") => Some(fault(505, "Version Not Supported")),
            _ => Some(fault(400, "Malformed Request-Line")),
        }
    } else {
        None
    };
    let uri = offset(at + uri.start)..offset(at + uri.end);
    Ok((StartLine::Request { method, uri }, fault))
}

fn status_line(whole: &[u8], line: &Line) -> Result<StartLine, ParseError> {
    const AT: usize = 8;
    let digits = whole.get(AT..AT + 3).ok_or(ParseError::Drop("no status"))?;
    let status = crate::headers::number(digits).and_then(|status| u16::try_from(status).ok());
    let status = status.filter(|status| (100..700).contains(status)).ok_or(ParseError::Drop("no status"))?;
    // The space before the reason phrase is left out by some.
    let reason = match whole.get(AT + 3) {
        None => AT + 3,
        Some(b' ') if !line.broken => AT + 4,
        Some(_) => return Err(ParseError::Drop("malformed Status-Line")),
    };
    Ok(StartLine::Response { status, reason: offset(line.range.start + reason)..offset(line.range.end) })
}

fn slot(bytes: &[u8], line: &Line, limits: &Limits) -> Result<Slot, Fault> {
    let whole = &bytes[line.range.clone()];
    let malformed = fault(400, "Malformed Header Field");
    if line.broken {
        return Err(malformed);
    }
    let colon = whole.iter().position(|&byte| byte == b':').ok_or(malformed)?;
    let mut name = &whole[..colon];
    while let [shorter @ .., b' ' | b'\t'] = name {
        name = shorter;
    }
    if !is_token(name) {
        return Err(malformed);
    }
    let known = HeaderName::from_bytes(name);
    if known == HeaderName::ContentLength && memchr::memchr(b'\r', whole).is_some() {
        return Err(fault(400, "Folded Content-Length"));
    }
    let too_long = fault(513, "Header Field Too Long");
    if whole.len() > limits.header {
        return Err(too_long);
    }
    let after = &whole[colon + 1..];
    let value = crate::headers::trim(after);
    let leading = if value.is_empty() { 0 } else { value.as_ptr().addr() - after.as_ptr().addr() };
    Ok(Slot {
        name_at: offset(line.range.start),
        value_at: offset(line.range.start + colon + 1 + leading),
        value_len: u16::try_from(value.len()).map_err(|_| too_long)?,
        name_len: u16::try_from(name.len()).map_err(|_| too_long)?,
        name: known,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Message, ParseError> {
        message(Bytes::copy_from_slice(text.as_bytes()), Framing::Datagram, &Limits::default())
    }

    fn answered(text: &str) -> u16 {
        match parse(text) {
            Err(ParseError::Answer { status, .. }) => status,
            other => panic!("{text:?} gave {other:?}"),
        }
    }

    const VIA: &str = "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n";

    #[test]
    fn a_fold_belongs_to_its_header_and_compact_names_are_known() {
        let message =
            parse(&format!("\r\nOPTIONS sip:a@b SIP/2.0\r\n{VIA}s :\r\nX-A:  one\r\n\ttwo \r\nl: 2\r\n\r\nabc"))
                .unwrap();
        assert_eq!(message.header(HeaderName::Subject), Some(&b""[..]));
        assert_eq!(message.header_named("x-a"), Some(&b"one\r\n\ttwo"[..]));
        assert_eq!(message.body(), b"ab");
        assert_eq!(message.headers().count(), 4);
    }

    #[test]
    fn a_datagram_without_content_length_is_all_body() {
        let message = parse(&format!("OPTIONS sip:a@b SIP/2.0\r\n{VIA}\r\n abc")).unwrap();
        assert_eq!(message.body(), b" abc");
    }

    #[test]
    fn lone_line_feeds_and_colonless_lines_are_answered_400() {
        for head in ["X: a\nb\r\n", "X: a\rb\r\n", "junk\r\n", "X Y: z\r\n", ": z\r\n"] {
            assert_eq!(answered(&format!("OPTIONS sip:a@b SIP/2.0\r\n{VIA}{head}\r\n")), 400);
        }
        assert_eq!(answered(&format!("OPTIONS sip:a@b SIP/2.0\r\n{VIA}")), 400);
        assert_eq!(answered(&format!("OPTIONS  sip:a@b SIP/2.0\r\n{VIA}\r\n")), 400);
        assert_eq!(answered(&format!("OPTIONS sip:a@b SIP/7.0\r\n{VIA}\r\n")), 505);
    }

    #[test]
    fn content_length_must_be_plain_single_and_true() {
        for head in [
            "l: -1\r\n",
            "l: +1\r\n",
            "l: 1\r\nContent-Length : 1\r\n",
            "l:\r\n 1\r\n",
            "l: 2\r\n",
            "l: 1, 1\r\n",
            "l:\r\n",
        ] {
            assert_eq!(answered(&format!("OPTIONS sip:a@b SIP/2.0\r\n{VIA}{head}\r\nx")), 400, "{head:?}");
        }
    }

    #[test]
    fn limits_are_answered_513() {
        let many: String = (0..200).map(|number| format!("X-{number}: y\r\n")).collect();
        assert_eq!(answered(&format!("OPTIONS sip:a@b SIP/2.0\r\n{VIA}{many}\r\n")), 513);
        assert_eq!(answered(&format!("OPTIONS sip:a@b SIP/2.0\r\n{VIA}X: {}\r\n\r\n", "y".repeat(9_000))), 513);
    }

    #[test]
    fn what_cannot_be_answered_is_dropped() {
        for text in [
            "",
            "\r\n\r\n",
            "hello",
            "SIP/2.0 99 x\r\n\r\n",
            "SIP/2.0 4294967301 x\r\n\r\n",
            "OPTIONS sip:a SIP/2.0\r\nl: -1\r\n\r\n",
        ] {
            assert!(matches!(parse(text), Err(ParseError::Drop(_))), "{text:?}");
        }
        assert!(matches!(parse(&format!("ACK sip:a SIP/2.0\r\n{VIA}l: -1\r\n\r\n")), Err(ParseError::Drop(_))));
    }
}
