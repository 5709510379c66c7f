//! Writing requests and responses.
//!
//! Whatever is written here came from a peer or from above. Line breaks in it become spaces, so that nobody can smuggle a
//! header field into a message of ours; in what comes from above, so do all control characters.

use crate::{
    Flow, Message, Method, Party, Reason, Transport,
    headers::{HeaderName, NameAddr, Rport, Via, find_outside_quotes, text},
    ids::{Branch, Tag},
};
use bytes::Bytes;
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io::Write,
    net::{IpAddr, SocketAddr},
};

/// A message being written: start line and header fields so far.
pub(crate) struct Draft {
    bytes: Vec<u8>,
    /// The Request-URI is a SIPS URI, and so must our Contact be (RFC 3261 §8.1.1.8, §12.1.1).
    is_sips: bool,
}

impl Draft {
    /// Begin a request with its Via (RFC 3261 §8.1.1.7; rport by RFC 3581).
    pub(crate) fn request(method: Method<'_>, uri: &[u8], flow: &Flow, branch: Branch) -> Self {
        let mut draft = Self { bytes: Vec::with_capacity(768), is_sips: is_sips(uri) };
        draft.put(method.as_str().as_bytes()).put(b" ").put_uri(uri).put(b" SIP/2.0\r\nVia: SIP/2.0/");
        draft.put(flow.transport.as_str().as_bytes());
        draft.format(format_args!(" {};branch={branch};rport\r\n", HostPort(flow.local)));
        draft
    }

    /// Begin a response to a request that came from `source`: Via fields with `received` and `rport` filled in
    /// (RFC 3261 §18.2.1, RFC 3581 §4), From, To, Call-ID, CSeq. The tag is added to To unless one is there.
    pub(crate) fn response(
        request: &Message,
        source: Option<SocketAddr>,
        status: u16,
        reason: Option<&str>,
        tag: Option<Tag>,
    ) -> Self {
        let is_sips = request.request_uri_bytes().is_some_and(is_sips);
        let mut draft = Self { bytes: Vec::with_capacity(640), is_sips };
        draft.format(format_args!("SIP/2.0 {status} "));
        draft.put_clean(reason.unwrap_or_else(|| reason_phrase(status)).as_bytes()).put(b"\r\n");
        for (index, line) in request.lines(HeaderName::Via).enumerate() {
            draft.put(b"Via: ");
            match source.filter(|_| index == 0) {
                Some(source) => draft.put_via(line, source),
                None => draft.put_unfolded(line),
            };
            draft.put(b"\r\n");
        }
        for name in [HeaderName::From, HeaderName::To, HeaderName::CallId, HeaderName::Cseq] {
            let Some(value) = request.header(name) else { continue };
            draft.put(name.as_str().as_bytes()).put(b": ").put_unfolded(value);
            if name == HeaderName::To
                && let Some(tag) = tag
                && NameAddr::parse(value).is_none_or(|to| to.tag().is_none())
            {
                draft.format(format_args!(";tag={tag}"));
            }
            draft.put(b"\r\n");
        }
        draft
    }

    /// Add a header field, unfolded.
    pub(crate) fn header(&mut self, name: &str, value: impl AsRef<[u8]>) -> &mut Self {
        self.put(name.as_bytes()).put(b": ").put_unfolded(value.as_ref()).put(b"\r\n")
    }

    /// Add a header field of a message of our own as it stands there.
    pub(crate) fn raw(&mut self, name: &[u8], value: &[u8]) {
        self.put(name).put(b": ").put_unfolded(value).put(b"\r\n");
    }

    /// Add a header field given by the user of the endpoint; names that are no tokens are left out.
    fn given(&mut self, name: &str, value: &str) {
        if crate::headers::is_token(name.as_bytes()) {
            self.put(name.as_bytes()).put(b": ").put_clean(value.as_bytes()).put(b"\r\n");
        }
    }

    /// Add a header field from formatted text.
    pub(crate) fn field(&mut self, name: &str, value: std::fmt::Arguments<'_>) -> &mut Self {
        self.put(name.as_bytes()).put(b": ");
        self.format(value);
        self.put(b"\r\n")
    }

    /// Add header fields given by the user of the endpoint, except those that the endpoint writes itself.
    pub(crate) fn extra<N: AsRef<str>>(&mut self, headers: &[(N, String)]) -> &mut Self {
        for (name, value) in headers {
            if !is_ours(HeaderName::from_bytes(name.as_ref().as_bytes())) {
                self.given(name.as_ref(), value);
            }
        }
        self
    }

    /// As [`extra`](Self::extra), for a message that makes or refreshes a dialog: Contact and Record-Route are ours too.
    pub(crate) fn extra_in_dialog(&mut self, headers: &[(String, String)]) -> &mut Self {
        for (name, value) in headers {
            let known = HeaderName::from_bytes(name.as_bytes());
            if !is_ours(known) && !matches!(known, HeaderName::Contact | HeaderName::RecordRoute) {
                self.given(name, value);
            }
        }
        self
    }

    /// Our Contact: the address and port that the flow listens on.
    pub(crate) fn contact(&mut self, flow: &Flow) -> &mut Self {
        let (scheme, param) = match flow.transport {
            // The scheme says what the parameter would (RFC 5630 §3.1.4).
            Transport::Tls if self.is_sips => ("sips", ""),
            transport if self.is_sips && transport.is_secure() => ("sips", transport.uri_param()),
            transport => ("sip", transport.uri_param()),
        };
        self.field("Contact", format_args!("<{scheme}:{}{param}>", HostPort(flow.local)))
    }

    /// User-Agent or Server, if we have a name.
    pub(crate) fn product(&mut self, header: &str, name: &str) -> &mut Self {
        if name.is_empty() { self } else { self.header(header, name) }
    }

    /// Copy all header fields of this name, in order.
    pub(crate) fn copy(&mut self, message: &Message, name: HeaderName) -> &mut Self {
        for line in message.lines(name) {
            self.header(name.as_str(), line);
        }
        self
    }

    /// A Reason header field (RFC 3326).
    pub(crate) fn reason(&mut self, reason: Option<&Reason>) -> &mut Self {
        let Some(Reason { protocol, cause, text }) = reason else { return self };
        self.put(b"Reason: ").put_clean(protocol.as_bytes());
        self.format(format_args!(";cause={cause}"));
        if let Some(text) = text {
            self.put(b";text=").put_quoted(text);
        }
        self.put(b"\r\n")
    }

    /// End the head and add the body.
    pub(crate) fn finish(mut self, body: Option<(&str, &[u8])>) -> Bytes {
        if let Some((kind, _)) = body {
            self.header("Content-Type", kind);
        }
        let content = body.map_or(&b""[..], |(_, content)| content);
        self.format(format_args!("Content-Length: {}\r\n\r\n", content.len()));
        self.put(content);
        // Without the spare room: transactions keep it for half a minute.
        self.bytes.into_boxed_slice().into()
    }

    /// End with a session description, if there is one.
    pub(crate) fn finish_sdp(self, sdp: Option<&Bytes>) -> Bytes {
        self.finish(sdp.map(|sdp| ("application/sdp", sdp.as_ref())))
    }

    fn put(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    fn format(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing into a Vec cannot fail.
        let _ = self.bytes.write_fmt(text);
    }

    fn put_clean(&mut self, bytes: &[u8]) -> &mut Self {
        put_clean(&mut self.bytes, bytes);
        self
    }

    fn put_unfolded(&mut self, bytes: &[u8]) -> &mut Self {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        if memchr::memchr2(b'\r', b'\n', bytes).is_some() {
            self.bytes[start..].iter_mut().filter(|byte| matches!(byte, b'\r' | b'\n')).for_each(|byte| *byte = b' ');
        }
        self
    }

    fn put_uri(&mut self, uri: &[u8]) -> &mut Self {
        self.bytes.extend(uri.iter().filter(|&&byte| byte > b' ' && byte != 0x7f && !matches!(byte, b'<' | b'>')));
        self
    }

    fn put_quoted(&mut self, text: &str) -> &mut Self {
        put_quoted(&mut self.bytes, text);
        self
    }

    /// The topmost Via as the next hop back needs it.
    fn put_via(&mut self, line: &[u8], source: SocketAddr) -> &mut Self {
        let (value, others) = line.split_at(find_outside_quotes(line, b',').unwrap_or(line.len()));
        let Some(via) = Via::parse_lenient(value) else { return self.put_unfolded(line) };
        let sent_by = value.len() - via.params.as_bytes().len();
        self.put_unfolded(&value[..sent_by]);
        let ip = plain_ip(source.ip());
        for (name, param) in via.params.iter() {
            if name.eq_ignore_ascii_case(b"received") || name.eq_ignore_ascii_case(b"rport") {
                continue;
            }
            self.put(b";").put_unfolded(name);
            if let Some(param) = param {
                self.put(b"=").put_unfolded(param);
            }
        }
        let wants_port = via.rport() != Rport::Absent;
        if wants_port || via.host.ip().map(plain_ip) != Some(ip) {
            self.format(format_args!(";received={ip}"));
        }
        if wants_port {
            self.format(format_args!(";rport={}", source.port()));
        }
        self.put_unfolded(others)
    }
}

/// A response made without a transaction (RFC 3261 §8.2.7): the same request gets the same bytes again.
pub(crate) struct Refusal {
    pub status: u16,
    pub reason: &'static str,
    pub source: Option<SocketAddr>,
}

impl Refusal {
    /// Begin the response; the tag depends on nothing but the request.
    pub(crate) fn draft(&self, request: &Message) -> Draft {
        let reason = Some(self.reason).filter(|reason| !reason.is_empty());
        Draft::response(request, self.source, self.status, reason, Some(Self::tag(request)))
    }

    /// What is added to To: the same for the same request.
    pub(crate) fn tag(request: &Message) -> Tag {
        let mut hasher = DefaultHasher::new();
        (request.call_id(), request.header(HeaderName::Via), request.header(HeaderName::From)).hash(&mut hasher);
        Tag::from_hash(hasher.finish())
    }

    /// The whole response.
    pub(crate) fn write(&self, request: &Message) -> Bytes {
        self.draft(request).finish(None)
    }
}

/// Where responses to a request go (RFC 3261 §18.2.2, RFC 3581 §4): back to the address it came from, on UDP to the port
/// it came from if it asked for that, else to the port in Via. The maddr parameter is not followed: it would let a
/// stranger aim our responses at a third party.
pub(crate) fn response_flow(request: &Message, flow: &Flow) -> Flow {
    if flow.transport.is_reliable() {
        return *flow;
    }
    match request.values(HeaderName::Via).next().and_then(Via::parse_lenient) {
        Some(via) if via.rport() == Rport::Absent => Flow {
            remote: SocketAddr::new(flow.remote.ip(), via.port.filter(|port| *port != 0).unwrap_or(5060)),
            ..*flow
        },
        _ => *flow,
    }
}

/// `"Name" <uri>` without tag.
pub(crate) fn party(party: &Party) -> Vec<u8> {
    let mut value = Vec::with_capacity(party.uri.len() + 24);
    if let Some(display) = party.display.as_deref().filter(|display| !display.is_empty()) {
        put_quoted(&mut value, display);
        value.push(b' ');
    }
    value.push(b'<');
    value.extend(party.uri.bytes().filter(|&byte| byte > b' ' && byte != 0x7f && !matches!(byte, b'<' | b'>')));
    value.push(b'>');
    value
}

fn is_sips(uri: &[u8]) -> bool {
    uri.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"sips:"))
}

/// An address as SIP writes it: no zone, IPv4 as IPv4.
struct HostPort(SocketAddr);

impl std::fmt::Display for HostPort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        SocketAddr::new(plain_ip(self.0.ip()), self.0.port()).fmt(f)
    }
}

/// An IPv4 address in IPv6 clothes is an IPv4 address.
pub(crate) fn plain_ip(ip: IpAddr) -> IpAddr {
    ip.to_canonical()
}

/// The Reason header fields of a request, as one line.
pub(crate) fn reason_of(request: &Message) -> Option<String> {
    let mut lines = request.lines(HeaderName::Reason).map(text);
    let first = lines.next()?.into_owned();
    Some(lines.take(8).fold(first, |joined, line| joined + ", " + &line))
}

fn put_clean(buffer: &mut Vec<u8>, bytes: &[u8]) {
    let is_control = |byte: u8| (byte < b' ' && byte != b'\t') || byte == 0x7f;
    if bytes.iter().any(|&byte| is_control(byte)) {
        buffer.extend(bytes.iter().map(|&byte| if is_control(byte) { b' ' } else { byte }));
    } else {
        buffer.extend_from_slice(bytes);
    }
}

fn put_quoted(buffer: &mut Vec<u8>, text: &str) {
    buffer.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => buffer.extend([b'\\', byte]),
            byte if byte < b' ' || byte == 0x7f => buffer.push(b' '),
            byte => buffer.push(byte),
        }
    }
    buffer.push(b'"');
}

fn is_ours(name: HeaderName) -> bool {
    use HeaderName::{CallId, ContentLength, ContentType, Cseq, From, MaxForwards, To, Via};
    matches!(name, Via | From | To | CallId | Cseq | ContentLength | ContentType | MaxForwards)
}

/// The reason phrases of RFC 3261 §21 and later registrations.
pub(crate) fn reason_phrase(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        181 => "Call Is Being Forwarded",
        182 => "Queued",
        183 => "Session Progress",
        200 => "OK",
        202 => "Accepted",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Moved Temporarily",
        305 => "Use Proxy",
        380 => "Alternative Service",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        410 => "Gone",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        421 => "Extension Required",
        422 => "Session Interval Too Small",
        423 => "Interval Too Brief",
        429 => "Provide Referrer Identity",
        430 => "Flow Failed",
        433 => "Anonymity Disallowed",
        439 => "First Hop Lacks Outbound Support",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        484 => "Address Incomplete",
        485 => "Ambiguous",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        489 => "Bad Event",
        491 => "Request Pending",
        493 => "Undecipherable",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Server Time-out",
        505 => "Version Not Supported",
        513 => "Message Too Large",
        600 => "Busy Everywhere",
        603 => "Decline",
        604 => "Does Not Exist Anywhere",
        606 => "Not Acceptable",
        _ => match status / 100 {
            1 => "Progress",
            2 => "OK",
            3 => "Redirect",
            4 => "Request Failure",
            5 => "Server Failure",
            _ => "Global Failure",
        },
    }
}
