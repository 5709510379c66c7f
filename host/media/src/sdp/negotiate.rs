//! Writing SDP: a description passed on with the host in the middle, an answer, an offer.

use super::parse::{Audio, Direction, Line, Sdp, SdpError};
use crate::codec::Codec;
use std::{fmt::Write, net::IpAddr};

/// The payload type we use for telephone-event in our own offers.
const TELEPHONE_EVENT: u8 = 101;

/// Where the host wants to hear one party, and how its description is numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The address in `c=` and `o=`.
    pub address: IpAddr,
    /// The RTP port; RTCP is the next one.
    pub port: u16,
    /// `sess-id`: one per dialog.
    pub session: u64,
    /// `sess-version`: raised by one whenever the description changes (RFC 3264 §8).
    pub version: u32,
}

/// What both sides agreed on for one audio stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Negotiated {
    /// What the party is sent.
    pub codec: Codec,
    /// Its payload type.
    pub payload_type: u8,
    /// Payload type of RFC 4733 events, where agreed.
    pub dtmf: Option<u8>,
}

/// Codecs the host speaks when it is an end point itself, best first.
#[derive(Clone, Copy, Debug)]
pub struct Preference<'a>(pub &'a [Codec]);

/// No agreement is possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NegotiationError {
    /// The description cannot be read or has no stream to use.
    #[error(transparent)]
    Sdp(#[from] SdpError),
    /// Nothing on offer that the host can encode.
    #[error("no codec in common")]
    NoCommonCodec,
}

impl Sdp<'_> {
    /// The same description with the host as the place to send to; everything else is kept, but for what only makes
    /// sense end to end (ICE, keys, BUNDLE). Streams other than the first plain audio are refused (port 0).
    pub fn anchored(&self, anchor: &Anchor) -> Result<Vec<u8>, SdpError> {
        let audio = self.audio_index()?;
        // A hold in the style of RFC 2543 would be lost with its address; say it in the style of RFC 3264 §8.4.
        let old_hold = self.audio()?.rtp.ip().is_unspecified();
        let mut out = Vec::with_capacity(512);
        let mut connection_due = true;
        for line in &self.session {
            if connection_due && matches!(line.kind, b'b' | b't' | b'r' | b'z' | b'k' | b'a') {
                connection_due = false;
                push(&mut out, b'c', &anchor.connection());
            }
            match line.kind {
                b'o' => push(&mut out, b'o', &anchor.origin()),
                b'c' => {}
                b'a' if end_to_end_only(line.value) => {}
                _ => push_line(&mut out, line),
            }
        }
        if connection_due {
            push(&mut out, b'c', &anchor.connection());
        }
        for (index, media) in self.media.iter().enumerate() {
            let port = if index == audio { anchor.port } else { 0 };
            push(&mut out, b'm', &format!("{} {port} {} {}", media.kind, media.protocol, media.formats));
            if index != audio {
                continue;
            }
            for line in &media.lines {
                let replaced = old_hold && matches!(line.value, b"sendrecv" | b"recvonly");
                if line.kind != b'c' && !replaced && !(line.kind == b'a' && end_to_end_only(line.value)) {
                    push_line(&mut out, line);
                }
            }
            if old_hold {
                push(&mut out, b'a', Direction::SendOnly.as_str());
            }
        }
        Ok(out)
    }

    /// Answer this offer as an end point. The offer's order of codecs decides among those we speak; streams other than
    /// the audio are refused; the direction is mirrored.
    pub fn answer(&self, anchor: &Anchor, speak: Preference<'_>) -> Result<(Vec<u8>, Negotiated), NegotiationError> {
        let index = self.audio_index()?;
        let audio = self.audio()?;
        let agreed = audio.agreed(speak)?;
        let direction = if audio.rtp.ip().is_unspecified() { Direction::RecvOnly } else { audio.direction.mirrored() };
        let mut out = anchor.session_lines();
        for (at, media) in self.media.iter().enumerate() {
            if at == index {
                push_audio(
                    &mut out,
                    anchor.port,
                    media.protocol,
                    &[(agreed.codec, agreed.payload_type)],
                    agreed.dtmf,
                    direction,
                );
            } else {
                push(&mut out, b'm', &format!("{} 0 {} {}", media.kind, media.protocol, media.formats));
            }
        }
        Ok((out, agreed))
    }
}

/// Offer audio as an end point.
pub fn offer(anchor: &Anchor, speak: Preference<'_>, direction: Direction) -> Vec<u8> {
    let mut out = anchor.session_lines();
    let codecs: Vec<_> = speak.0.iter().map(|c| (*c, c.payload_type())).collect();
    push_audio(&mut out, anchor.port, "RTP/AVP", &codecs, Some(TELEPHONE_EVENT), direction);
    out
}

impl Audio {
    /// What is agreed when these formats were offered to us, or are the answer to our offer: the first codec that the
    /// host speaks itself.
    pub fn agreed(&self, speak: Preference<'_>) -> Result<Negotiated, NegotiationError> {
        let found = self.formats.iter().find_map(|format| {
            let codec = Codec::from_name(&format.encoding, format.clock_rate)?;
            speak.0.contains(&codec).then_some((codec, format.payload_type))
        });
        let (codec, payload_type) = found.ok_or(NegotiationError::NoCommonCodec)?;
        Ok(Negotiated { codec, payload_type, dtmf: self.dtmf() })
    }

    /// Payload type of RFC 4733 events at 8 kHz.
    pub fn dtmf(&self) -> Option<u8> {
        self.formats.iter().find(|f| f.is_telephone_event()).map(|f| f.payload_type)
    }
}

impl Anchor {
    fn connection(&self) -> String {
        format!("IN {} {}", self.family(), self.address)
    }

    fn origin(&self) -> String {
        format!("jackfield {} {} IN {} {}", self.session, self.version, self.family(), self.address)
    }

    fn family(&self) -> &'static str {
        if self.address.is_ipv4() { "IP4" } else { "IP6" }
    }

    fn session_lines(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(320);
        push(&mut out, b'v', "0");
        push(&mut out, b'o', &self.origin());
        push(&mut out, b's', "Jackfield");
        push(&mut out, b'c', &self.connection());
        push(&mut out, b't', "0 0");
        out
    }
}

fn push_audio(
    out: &mut Vec<u8>,
    port: u16,
    protocol: &str,
    codecs: &[(Codec, u8)],
    dtmf: Option<u8>,
    direction: Direction,
) {
    let mut formats = format!("audio {port} {protocol}");
    for payload_type in codecs.iter().map(|c| c.1).chain(dtmf) {
        // Writing to a String cannot fail.
        let _ = write!(formats, " {payload_type}");
    }
    push(out, b'm', &formats);
    for (codec, payload_type) in codecs {
        push(out, b'a', &format!("rtpmap:{payload_type} {}/8000", codec.name()));
    }
    if let Some(payload_type) = dtmf {
        push(out, b'a', &format!("rtpmap:{payload_type} telephone-event/8000"));
        push(out, b'a', &format!("fmtp:{payload_type} 0-15"));
    }
    push(out, b'a', "ptime:20");
    push(out, b'a', direction.as_str());
}

fn push(out: &mut Vec<u8>, kind: u8, value: &str) {
    push_line(out, &Line { kind, value: value.as_bytes() });
}

fn push_line(out: &mut Vec<u8>, line: &Line<'_>) {
    out.extend_from_slice(&[line.kind, b'=']);
    out.extend_from_slice(line.value);
    out.extend_from_slice(b"\r\n");
}

/// Attributes that describe the path between the two ends, which no longer exists once the host is in the middle.
fn end_to_end_only(attribute: &[u8]) -> bool {
    let name = attribute.split(|b| *b == b':').next().unwrap_or_default();
    matches!(
        name,
        b"candidate"
            | b"ice-ufrag"
            | b"ice-pwd"
            | b"ice-options"
            | b"ice-lite"
            | b"end-of-candidates"
            | b"remote-candidates"
            | b"fingerprint"
            | b"setup"
            | b"crypto"
            | b"rtcp"
            | b"rtcp-mux"
            | b"group"
            | b"mid"
            | b"msid"
            | b"msid-semantic"
            | b"ssrc"
            | b"ssrc-group"
            | b"key-mgmt"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: Preference<'_> = Preference(&[Codec::Pcma, Codec::Pcmu]);

    fn anchor() -> Anchor {
        Anchor { address: "198.51.100.1".parse().unwrap(), port: 10_000, session: 7, version: 2 }
    }

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn passing_on_keeps_what_it_does_not_know_and_drops_what_ends_here() {
        let offer = b"v=0\r\no=a 1 1 IN IP4 10.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\na=x:1\r\nm=audio 4000 RTP/AVP 96 0\r\n\
            c=IN IP4 10.0.0.1\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\na=crypto:1 AES k\r\na=rtcp:4009\r\n\
            a=candidate:1 1 UDP 1 10.0.0.1 1 typ host\r\na=sendonly\r\nm=video 4002 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\n";
        let out = text(Sdp::parse(offer).unwrap().anchored(&anchor()).unwrap());
        let expected = "v=0\r\no=jackfield 7 2 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\na=x:1\r\n\
            m=audio 10000 RTP/AVP 96 0\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\na=sendonly\r\n\
            m=video 0 RTP/AVP 97\r\n";
        assert_eq!(out, expected);
    }

    #[test]
    fn a_hold_by_address_becomes_a_hold_by_direction() {
        let offer = b"v=0\no=a 1 1 IN IP4 10.0.0.1\ns=-\nc=IN IP4 0.0.0.0\nt=0 0\nm=audio 4000 RTP/AVP 0\na=sendrecv\n";
        let sdp = Sdp::parse(offer).unwrap();
        let out = text(sdp.anchored(&anchor()).unwrap());
        assert!(out.contains("a=sendonly") && !out.contains("a=sendrecv") && !out.contains("0.0.0.0"), "{out}");
        let (answer, _) = sdp.answer(&anchor(), BOTH).unwrap();
        assert!(text(answer).contains("a=recvonly"));
    }

    #[test]
    fn the_offers_order_decides_and_events_keep_its_payload_type() {
        let offer = b"v=0\no=a 1 1 IN IP4 10.0.0.1\ns=-\nc=IN IP4 10.0.0.1\nt=0 0\nm=audio 4000 RTP/AVP 18 0 8 97\n\
            a=rtpmap:97 telephone-event/8000\nm=image 5000 udptl t38\n";
        let (answer, agreed) = Sdp::parse(offer).unwrap().answer(&anchor(), BOTH).unwrap();
        assert_eq!(agreed, Negotiated { codec: Codec::Pcmu, payload_type: 0, dtmf: Some(97) });
        let answer = text(answer);
        assert!(
            answer.contains("m=audio 10000 RTP/AVP 0 97\r\n") && answer.contains("m=image 0 udptl t38\r\n"),
            "{answer}"
        );
        let only_g729 = b"v=0\no=a 1 1 IN IP4 10.0.0.1\ns=-\nc=IN IP4 10.0.0.1\nt=0 0\nm=audio 4000 RTP/AVP 18\n";
        assert_eq!(Sdp::parse(only_g729).unwrap().answer(&anchor(), BOTH), Err(NegotiationError::NoCommonCodec));
    }

    #[test]
    fn our_own_offer_reads_back() {
        let bytes = super::offer(&anchor(), BOTH, Direction::SendRecv);
        let audio = Sdp::parse(&bytes).unwrap().audio().unwrap();
        assert_eq!(audio.agreed(BOTH).unwrap(), Negotiated { codec: Codec::Pcma, payload_type: 8, dtmf: Some(101) });
        assert_eq!(audio.rtp, "198.51.100.1:10000".parse().unwrap());
    }
}
