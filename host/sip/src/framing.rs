//! Where a message ends: one rule for datagrams and streams, and a cutter for streams.

use crate::{
    Limits, Message,
    build::Refusal,
    headers::{HeaderName, number},
    parse::{self, Fault, Framing, Head, ParseError, fault},
};
use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem;

/// A message from a stream or a WebSocket, for [`Endpoint::handle_message`](crate::Endpoint::handle_message).
#[derive(Debug)]
pub struct Framed(pub(crate) Box<Result<Message, ParseError>>);

impl Framed {
    /// A message that came as one WebSocket message (RFC 7118 §5): its end is the frame's, as with a datagram.
    pub fn whole(bytes: Bytes, limits: &Limits) -> Self {
        Self(Box::new(parse::message(bytes, Framing::Datagram, limits)))
    }

    /// Its bytes; `None` when they are no message.
    pub fn bytes(&self) -> Option<&Bytes> {
        self.0.as_ref().as_ref().ok().map(Message::bytes)
    }

    /// The host, and the port, 5061 by default, to which the sender wants requests sent by the connection that this request
    /// has come by (`alias` in its top Via, RFC 5923 §6). An IPv6 address is without brackets, a name in small letters.
    pub fn alias(&self) -> Option<(String, u16)> {
        let request = self.0.as_ref().as_ref().ok().filter(|message| message.is_request())?;
        let via = request.via().filter(|via| via.params.has("alias"))?;
        let host = via.host.ip().map_or_else(|| via.host.to_string().to_ascii_lowercase(), |ip| ip.to_string());
        Some((host, via.port.unwrap_or(5_061)))
    }

    /// Whether it is so far from SIP that it cannot even be answered.
    pub fn is_hopeless(&self) -> bool {
        matches!(&*self.0, Err(ParseError::Drop(_)))
    }
}

/// What a stream yields.
#[derive(Debug)]
pub enum Frame {
    /// A message; it may still turn out malformed, which the endpoint answers.
    Message(Framed),
    /// A double CRLF between messages, to be answered with a single one (RFC 5626 §3.5.1).
    Ping,
}

/// The stream cannot be cut any further: send the answer, if there is one, and close the connection.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{reason}")]
pub struct FramingError {
    /// What is wrong.
    pub reason: &'static str,
    /// A whole response to send before closing.
    pub answer: Option<Bytes>,
}

/// Cuts one stream into messages. After an error it yields nothing but that error.
///
/// ```
/// use jackfield_sip::{Limits, framing::{Frame, StreamFramer}};
///
/// let mut framer = StreamFramer::new(Limits::default());
/// framer.push(b"\r\n\r\nOPTIONS sip:pbx SIP/2.0\r\nContent-Length: 2\r\n\r\nhi");
/// assert!(matches!(framer.next(), Ok(Some(Frame::Ping))));
/// assert!(matches!(framer.next(), Ok(Some(Frame::Message(_)))));
/// assert!(matches!(framer.next(), Ok(None)));
/// ```
#[derive(Debug)]
pub struct StreamFramer {
    limits: Limits,
    buffer: BytesMut,
    /// No head ends before here.
    searched: usize,
    /// Bytes of the message whose head is complete.
    awaited: Option<usize>,
    failed: Option<FramingError>,
}

impl StreamFramer {
    /// A framer for one connection.
    pub fn new(limits: Limits) -> Self {
        Self { limits, buffer: BytesMut::new(), searched: 0, awaited: None, failed: None }
    }

    /// Take bytes that were read. Call [`next`](Self::next) until it yields nothing before pushing more: the buffer then
    /// never holds more than one message and one read.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// Whether nothing of an unfinished message is waiting.
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// The next message or ping, or `None` until more bytes come.
    ///
    /// # Errors
    /// When it is uncertain where the next message begins: close the connection.
    #[expect(clippy::should_implement_trait, reason = "fallible, and None is not the end")]
    pub fn next(&mut self) -> Result<Option<Frame>, FramingError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.cut().inspect_err(|error| {
            self.failed = Some(error.clone());
            self.buffer = BytesMut::new();
        })
    }

    fn cut(&mut self) -> Result<Option<Frame>, FramingError> {
        let length = match self.awaited {
            Some(length) => length,
            None => {
                if self.skip_line_breaks() {
                    return Ok(Some(Frame::Ping));
                }
                let Some(length) = self.message_length()? else { return Ok(None) };
                length
            }
        };
        if self.buffer.len() < length {
            self.awaited = Some(length);
            return Ok(None);
        }
        // A copy, so that a message that is kept does not keep the whole buffer.
        let bytes = Bytes::copy_from_slice(&self.buffer[..length]);
        self.buffer.advance(length);
        (self.awaited, self.searched) = (None, 0);
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
        }
        Ok(Some(Frame::Message(Framed(Box::new(parse::message(bytes, Framing::Stream, &self.limits))))))
    }

    /// Drop line breaks before a message; true if two of them made a ping. A single one may still become a ping, or
    /// else stands before a message and is ignored (RFC 3261 §7.5).
    fn skip_line_breaks(&mut self) -> bool {
        if self.buffer.starts_with(b"\r\n\r\n") {
            self.buffer.advance(4);
            return true;
        }
        if self.buffer.len() > 3 && self.buffer.starts_with(b"\r\n") {
            self.buffer.advance(2);
        }
        false
    }

    /// The length of the message at the front of the buffer, once its head is there.
    fn message_length(&mut self) -> Result<Option<usize>, FramingError> {
        if self.buffer.starts_with(b"\r\n") {
            return Ok(None);
        }
        let from = self.searched.saturating_sub(3);
        let Some(found) = memmem::find(&self.buffer[from..], b"\r\n\r\n") else {
            self.searched = self.buffer.len();
            return if self.buffer.len() > self.limits.message {
                let head = parse::head(Bytes::copy_from_slice(&self.buffer[..self.limits.message]), &self.limits);
                Err(refuse(head, fault(513, "Message Too Large")))
            } else {
                Ok(None)
            };
        };
        let head_length = from + found + 4;
        let whole = Bytes::copy_from_slice(&self.buffer[..head_length]);
        let head = match parse::head(whole, &self.limits) {
            Ok(head) => head,
            Err(error) => return Err(refuse(Err(error), fault(400, "Bad Request"))),
        };
        // A line that is no header field may be a Content-Length that somebody else can read.
        if let Some(fault) = head.fault.filter(|fault| fault.status == 400 || fault.status == 513) {
            return Err(refuse(Ok(head), fault));
        }
        match body_length(&head.message, Framing::Stream, 0, &self.limits) {
            Ok(length) => Ok(Some(head_length + length)),
            Err(fault) => Err(refuse(Ok(head), fault)),
        }
    }
}

fn refuse(head: Result<Head, ParseError>, fault: Fault) -> FramingError {
    let refusal = head.map_or_else(|error| error, |head| parse::refusal(head.message, fault));
    match refusal {
        ParseError::Drop(reason) => FramingError { reason, answer: None },
        ParseError::Answer { status, reason, message } => {
            FramingError { reason, answer: Some(Refusal { status, reason, source: None }.write(&message)) }
        }
    }
}

/// The one rule on where a body ends (RFC 3261 §18.3). Content-Length must stand there at most once and be digits only:
/// no sign, no list, no fold. `available` counts only for datagrams without it.
pub(crate) fn body_length(
    message: &Message,
    framing: Framing,
    available: usize,
    limits: &Limits,
) -> Result<usize, Fault> {
    let mut lines = message.lines(HeaderName::ContentLength);
    let length = match (lines.next(), lines.next()) {
        (Some(_), Some(_)) => return Err(fault(400, "More Than One Content-Length")),
        (Some(value), None) => number(value).ok_or(fault(400, "Malformed Content-Length"))?,
        (None, _) => match framing {
            Framing::Datagram => return Ok(available),
            Framing::Stream => return Err(fault(400, "Missing Content-Length")),
        },
    };
    let head = message.body.start as usize;
    match usize::try_from(length).ok().filter(|length| *length <= limits.message.saturating_sub(head)) {
        Some(length) => Ok(length),
        None if framing == Framing::Datagram => Err(fault(400, "Content-Length larger than the message")),
        None => Err(fault(513, "Message Too Large")),
    }
}
