//! Reading SDP. Every line is kept as it came, unknown ones included, because a description is often only passed on.

use super::transport::{PROTOCOLS, Remote};
use smallvec::SmallVec;
use std::{
    borrow::Cow,
    net::{IpAddr, SocketAddr},
};

/// Most lines that a description may have; more is refused.
const MAX_LINES: usize = 512;

/// A session description, borrowed from the message that carried it.
#[derive(Clone, Debug)]
pub struct Sdp<'a> {
    /// Lines before the first `m=`.
    pub(super) session: Vec<Line<'a>>,
    /// One entry per `m=` line, in order.
    pub(super) media: Vec<Media<'a>>,
}

/// One `x=value` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub kind: u8,
    pub value: &'a [u8],
}

/// One `m=` section.
#[derive(Clone, Debug)]
pub struct Media<'a> {
    /// `audio`, `video`, `image`, …
    pub kind: &'a str,
    /// Port, 0 when the stream is refused.
    pub port: u16,
    /// `RTP/AVP`, `RTP/SAVP`, `udptl`, …
    pub protocol: &'a str,
    /// Everything after the protocol: payload types or formats.
    pub formats: Cow<'a, str>,
    pub(super) lines: Vec<Line<'a>>,
}

/// The description cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// Not of the form that RFC 8866 asks for.
    #[error("malformed SDP: {0}")]
    Malformed(&'static str),
    /// Well-formed, but nothing in it that the host can carry.
    #[error("unusable SDP: {0}")]
    Unusable(&'static str),
}

/// A stream of a description that goes by RTP: its sound, or its picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RtpMedia {
    /// Where RTP is wanted; the unspecified address for a hold in the style of RFC 2543.
    pub rtp: SocketAddr,
    /// Where RTCP is wanted (RFC 3605, else the next port).
    pub rtcp: SocketAddr,
    /// Which way it flows, from the view of whoever wrote the description.
    pub direction: Direction,
    /// How it travels.
    pub transport: Remote,
    /// Formats in order of preference.
    pub formats: SmallVec<[Format; 8]>,
}

/// One payload type of an RTP stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// 0 to 127.
    pub payload_type: u8,
    /// Encoding name as written, e.g. `PCMA`, `telephone-event`; empty for a dynamic type without `rtpmap`.
    pub encoding: String,
    /// Clock rate in Hz.
    pub clock_rate: u32,
}

/// Which way sound flows (RFC 8866 §6.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Both ways.
    #[default]
    SendRecv,
    /// The writer sends only: the other side is on hold.
    SendOnly,
    /// The writer receives only.
    RecvOnly,
    /// Neither way.
    Inactive,
}

impl<'a> Sdp<'a> {
    /// Read a description. Lines may end in CRLF or LF; a missing last line end is forgiven.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, SdpError> {
        let mut sdp = Sdp { session: Vec::with_capacity(8), media: Vec::with_capacity(1) };
        let mut count = 0;
        for raw in bytes.split(|b| *b == b'\n') {
            let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
            if raw.is_empty() {
                continue;
            }
            let [kind, b'=', value @ ..] = raw else { return Err(SdpError::Malformed("a line without “=”")) };
            count += 1;
            if count > MAX_LINES {
                return Err(SdpError::Malformed("too many lines"));
            }
            if count == 1 && (*kind, value) != (b'v', b"0") {
                return Err(SdpError::Malformed("the first line is not v=0"));
            }
            let line = Line { kind: *kind, value };
            match (kind, sdp.media.last_mut()) {
                (b'm', _) => sdp.media.push(Media::parse(value)?),
                (_, Some(media)) => media.lines.push(line),
                (_, None) => sdp.session.push(line),
            }
        }
        if !sdp.session.iter().any(|l| l.kind == b'o') {
            return Err(SdpError::Malformed("no o= line"));
        }
        Ok(sdp)
    }

    /// The sections, in order.
    pub fn media(&self) -> &[Media<'a>] {
        &self.media
    }

    /// The first audio stream that is not refused.
    pub fn audio(&self) -> Result<RtpMedia, SdpError> {
        self.rtp_media(&self.media[self.audio_index()?])
    }

    /// What this section says of its stream.
    pub(super) fn rtp_media(&self, media: &Media<'_>) -> Result<RtpMedia, SdpError> {
        let connection = media
            .lines
            .iter()
            .chain(&self.session)
            .find(|l| l.kind == b'c')
            .ok_or(SdpError::Malformed("no c= line"))?;
        let address = parse_connection(connection.value)?;
        let rtp = SocketAddr::new(address, media.port);
        let mut direction = None;
        let mut rtcp = SocketAddr::new(address, media.port.wrapping_add(1));
        for line in media.lines.iter().filter(|l| l.kind == b'a') {
            if let Some(value) = line.value.strip_prefix(b"rtcp:") {
                rtcp = parse_rtcp(value, address).unwrap_or(rtcp);
            } else if let Some(found) = Direction::parse(line.value) {
                direction = Some(found);
            }
        }
        let session_direction =
            || self.session.iter().filter(|l| l.kind == b'a').find_map(|l| Direction::parse(l.value));
        Ok(RtpMedia {
            rtp,
            rtcp,
            direction: direction.or_else(session_direction).unwrap_or_default(),
            transport: Remote::read(self, media),
            formats: media.rtp_formats(),
        })
    }

    /// Which section carries the sound.
    pub(super) fn audio_index(&self) -> Result<usize, SdpError> {
        let usable = |m: &Media<'_>| m.kind == "audio" && m.port != 0 && PROTOCOLS.contains(&m.protocol);
        match self.media.iter().position(usable) {
            Some(index) => Ok(index),
            None if self.media.iter().any(|m| m.kind == "audio" && m.port != 0) => {
                Err(SdpError::Unusable("audio is offered only by a protocol that the host does not know"))
            }
            None => Err(SdpError::Unusable("no audio is offered")),
        }
    }
}

impl<'a> Media<'a> {
    fn parse(value: &'a [u8]) -> Result<Self, SdpError> {
        let malformed = SdpError::Malformed("m= line");
        let text = std::str::from_utf8(value).map_err(|_| malformed)?;
        let mut parts = text.splitn(4, ' ');
        let (Some(kind), Some(port), Some(protocol), Some(formats)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(malformed);
        };
        // `port/count` asks for several ports (hierarchical coding); nobody sends it for audio.
        let port = port.split('/').next().unwrap_or_default().parse().map_err(|_| malformed)?;
        Ok(Self { kind, port, protocol, formats: Cow::Borrowed(formats), lines: Vec::with_capacity(8) })
    }

    /// The payload types of an RTP stream in order of preference, with their names.
    pub fn rtp_formats(&self) -> SmallVec<[Format; 8]> {
        let numbers = self.formats.split_ascii_whitespace().filter_map(|f| f.parse::<u8>().ok()).filter(|n| *n < 128);
        numbers
            .take(64)
            .map(|payload_type| {
                let (encoding, clock_rate) = self.rtpmap(payload_type).unwrap_or_else(|| static_format(payload_type));
                Format { payload_type, encoding: encoding.to_owned(), clock_rate }
            })
            .collect()
    }

    fn rtpmap(&self, payload_type: u8) -> Option<(&'a str, u32)> {
        self.lines.iter().filter(|l| l.kind == b'a').find_map(|line| {
            let text = std::str::from_utf8(line.value.strip_prefix(b"rtpmap:")?).ok()?;
            let (number, mapping) = text.split_once(' ')?;
            if number.parse() != Ok(payload_type) {
                return None;
            }
            let mut parts = mapping.trim().split('/');
            Some((parts.next()?, parts.next()?.parse().ok()?))
        })
    }
}

impl Format {
    /// Whether this is RFC 4733 telephone-event on one of the clocks that the host knows.
    pub fn is_telephone_event(&self) -> bool {
        self.encoding.eq_ignore_ascii_case("telephone-event") && matches!(self.clock_rate, 8_000 | 48_000)
    }
}

impl Direction {
    fn parse(attribute: &[u8]) -> Option<Self> {
        match attribute {
            b"sendrecv" => Some(Direction::SendRecv),
            b"sendonly" => Some(Direction::SendOnly),
            b"recvonly" => Some(Direction::RecvOnly),
            b"inactive" => Some(Direction::Inactive),
            _ => None,
        }
    }

    /// The attribute's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::SendRecv => "sendrecv",
            Direction::SendOnly => "sendonly",
            Direction::RecvOnly => "recvonly",
            Direction::Inactive => "inactive",
        }
    }

    /// The same flow seen from the other side, which is what a willing answer says (RFC 3264 §6.1).
    pub fn mirrored(self) -> Self {
        match self {
            Direction::SendOnly => Direction::RecvOnly,
            Direction::RecvOnly => Direction::SendOnly,
            both => both,
        }
    }

    /// Whether the writer of the description wants to hear something.
    pub fn receives(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::RecvOnly)
    }

    /// Whether the writer of the description will say something.
    pub fn sends(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::SendOnly)
    }
}

pub(super) fn parse_connection(value: &[u8]) -> Result<IpAddr, SdpError> {
    let text = std::str::from_utf8(value).map_err(|_| SdpError::Malformed("c= line"))?;
    let mut parts = text.split_ascii_whitespace();
    let (Some("IN"), Some("IP4" | "IP6"), Some(address)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(SdpError::Malformed("c= line"));
    };
    // A multicast TTL may follow a slash. A host name would need a look-up, which has no place on the call path.
    let address = address.split('/').next().unwrap_or_default();
    address.parse().map_err(|_| SdpError::Unusable("the c= line has no IP address"))
}

/// `a=rtcp:53020` or `a=rtcp:53020 IN IP4 126.16.64.4` (RFC 3605 §2.1).
fn parse_rtcp(value: &[u8], default: IpAddr) -> Option<SocketAddr> {
    let mut parts = std::str::from_utf8(value).ok()?.split_ascii_whitespace();
    let port = parts.next()?.parse().ok()?;
    let address = match parts.nth(2) {
        Some(address) => address.parse().ok()?,
        None => default,
    };
    Some(SocketAddr::new(address, port))
}

/// Static payload types that still occur (RFC 3551 §6); dynamic ones have no name without `rtpmap`.
fn static_format(payload_type: u8) -> (&'static str, u32) {
    match payload_type {
        0 => ("PCMU", 8_000),
        3 => ("GSM", 8_000),
        4 => ("G723", 8_000),
        8 => ("PCMA", 8_000),
        9 => ("G722", 8_000),
        13 => ("CN", 8_000),
        15 => ("G728", 8_000),
        18 => ("G729", 8_000),
        _ => ("", 8_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: &[u8] =
        b"v=0\r\no=- 1 2 IN IP4 192.0.2.9\r\ns=caf\xe9\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\na=sendonly\r\n\
        m=video 0 RTP/AVP 97\r\nm=audio 5004 RTP/AVP 9 8 101\r\nc=IN IP6 2001:db8::9\r\n\
        a=rtpmap:101 telephone-event/8000\r\na=rtcp:6000\r\na=x-new:thing\r\n";

    #[test]
    fn a_section_overrides_the_session() {
        let audio = Sdp::parse(PHONE).unwrap().audio().unwrap();
        assert_eq!(audio.rtp, "[2001:db8::9]:5004".parse::<SocketAddr>().unwrap());
        assert_eq!(audio.rtcp, "[2001:db8::9]:6000".parse::<SocketAddr>().unwrap());
        assert_eq!(audio.direction, Direction::SendOnly, "taken from the session");
        let names: Vec<_> = audio.formats.iter().map(|f| (f.payload_type, f.encoding.as_str())).collect();
        assert_eq!(names, [(9, "G722"), (8, "PCMA"), (101, "telephone-event")]);
        assert!(audio.formats[2].is_telephone_event());
    }

    #[test]
    fn what_cannot_be_used_is_told_apart_from_what_is_broken() {
        let of = |text: &str| Sdp::parse(text.as_bytes()).and_then(|s| s.audio());
        let head = "v=0\no=- 1 1 IN IP4 1.1.1.1\ns=-\n";
        assert_eq!(of(""), Err(SdpError::Malformed("no o= line")));
        assert!(matches!(of("hello"), Err(SdpError::Malformed(_))));
        assert!(matches!(of("o=- 1 1 IN IP4 1.1.1.1"), Err(SdpError::Malformed(_))), "v= must come first");
        assert!(matches!(of(&format!("{head}m=audio x RTP/AVP 0")), Err(SdpError::Malformed(_))));
        assert!(matches!(of(&format!("{head}m=audio 5 RTP/AVP 0")), Err(SdpError::Malformed("no c= line"))));
        assert!(matches!(of(&format!("{head}c=IN IP4 a.example\nm=audio 5 RTP/AVP 0")), Err(SdpError::Unusable(_))));
        assert!(matches!(of(&format!("{head}c=IN IP4 1.1.1.1\nm=audio 5 TCP/RTP/AVP 0")), Err(SdpError::Unusable(_))));
        assert!(matches!(of(&format!("{head}c=IN IP4 1.1.1.1\nm=audio 0 RTP/AVP 0")), Err(SdpError::Unusable(_))));
        assert!(matches!(of(&format!("{head}{}", "a=x\n".repeat(600))), Err(SdpError::Malformed("too many lines"))));
    }
}
