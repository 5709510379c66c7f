//! Writing SDP: a description passed on with the host in the middle, an answer, an offer.

use super::{
    PayloadTypes, Transport,
    g729::without_annex_b,
    parse::{Direction, Format, Line, Media, RtpMedia, Sdp, SdpError},
    policy::is_besides,
    transport::is_old_hold,
};
use crate::codec::Codec;
use smallvec::SmallVec;
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
    /// sense end to end (ICE, keys, BUNDLE) and is said by `transport` for our side. Streams other than the first audio are
    /// refused (port 0). Codecs of `also` that it does not name are added after its own: the host turns them into one of
    /// those.
    ///
    /// # Errors
    /// When there is no audio.
    pub fn anchored(&self, anchor: &Anchor, transport: &Transport, also: &[Codec]) -> Result<Vec<u8>, SdpError> {
        let index = self.audio_index()?;
        let audio = self.audio()?;
        // A hold in the style of RFC 2543 would be lost with its address; say it in the style of RFC 3264 §8.4.
        let old_hold = is_old_hold(audio.rtp, &audio.transport);
        let mut out = Vec::with_capacity(768);
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
        for line in transport.session_lines() {
            push(&mut out, b'a', &line);
        }
        let added = added(&audio, also);
        for (at, media) in self.media.iter().enumerate() {
            if at != index {
                push(&mut out, b'm', &format!("{} 0 {} {}", media.kind, media.protocol, media.formats));
                continue;
            }
            let mut formats = format!("audio {} {} {}", anchor.port, transport.protocol(), media.formats);
            for (_, payload_type) in &added {
                // Writing to a String cannot fail.
                let _ = write!(formats, " {payload_type}");
            }
            push(&mut out, b'm', &formats);
            push_kept(&mut out, media, old_hold, end_to_end_only);
            for (codec, payload_type) in &added {
                push_codec(&mut out, *codec, *payload_type);
            }
            for line in transport.media_lines(anchor.address, anchor.port) {
                push(&mut out, b'a', &line);
            }
            if old_hold {
                push(&mut out, b'a', Direction::SendOnly.as_str());
            }
        }
        Ok(out)
    }

    /// This answer of one party as the answer to the other's `offer`. Where the two share a codec, only shared ones are
    /// left; else the host answers with one of the offer's that it speaks, and turns one into the other.
    ///
    /// # Errors
    /// When there is no audio, or nothing that the host could turn.
    pub fn answer_for(
        mut self,
        offer: &Sdp<'_>,
        anchor: &Anchor,
        transport: &Transport,
        speak: Preference<'_>,
    ) -> Result<Vec<u8>, NegotiationError> {
        let (answered, offered) = (self.audio()?, offer.audio()?);
        let is_same = |a: &Format, b: &Format| {
            a.payload_type == b.payload_type
                && a.clock_rate == b.clock_rate
                && a.encoding.eq_ignore_ascii_case(&b.encoding)
        };
        let shared = |format: &Format| offered.formats.iter().any(|own| is_same(own, format));
        if answered.formats.iter().any(|format| !is_besides(format) && shared(format)) {
            self.keep_formats(shared)?;
            let described = self.anchored(anchor, transport, &[])?;
            return Ok(match self.must_refuse_annex_b(offer) {
                Some(payload_type) => without_annex_b(&described, payload_type),
                None => described,
            });
        }
        let agreed = offered.agreed(speak)?;
        if answered.agreed(speak).is_err() {
            return Err(NegotiationError::NoCommonCodec);
        }
        let direction =
            if is_old_hold(answered.rtp, &answered.transport) { Direction::SendOnly } else { answered.direction };
        Ok(offer.answered_with(anchor, transport, agreed, direction)?)
    }

    /// Answer this offer as an end point. The offer's order of codecs decides among those we speak; streams other than
    /// the audio are refused; the direction is mirrored.
    ///
    /// # Errors
    /// When there is no audio, or no codec that we speak.
    pub fn answer(
        &self,
        anchor: &Anchor,
        transport: &Transport,
        speak: Preference<'_>,
    ) -> Result<(Vec<u8>, Negotiated), NegotiationError> {
        let audio = self.audio()?;
        let agreed = audio.agreed(speak)?;
        let old_hold = is_old_hold(audio.rtp, &audio.transport);
        let direction = if old_hold { Direction::RecvOnly } else { audio.direction.mirrored() };
        Ok((self.answered_with(anchor, transport, agreed, direction)?, agreed))
    }

    fn answered_with(
        &self,
        anchor: &Anchor,
        transport: &Transport,
        agreed: Negotiated,
        direction: Direction,
    ) -> Result<Vec<u8>, SdpError> {
        let index = self.audio_index()?;
        let events = agreed.dtmf.map(|payload_type| {
            let clock = PayloadTypes::of(&self.media[index].rtp_formats()).event_clock(payload_type);
            (payload_type, clock.unwrap_or(crate::SAMPLE_RATE))
        });
        let mut out = anchor.session_lines(transport);
        for (at, media) in self.media.iter().enumerate() {
            if at == index {
                push_audio(&mut out, anchor, transport, &[(agreed.codec, agreed.payload_type)], events, direction);
            } else {
                push(&mut out, b'm', &format!("{} 0 {} {}", media.kind, media.protocol, media.formats));
            }
        }
        Ok(out)
    }
}

/// Offer audio as an end point.
pub fn offer(anchor: &Anchor, transport: &Transport, speak: Preference<'_>, direction: Direction) -> Vec<u8> {
    let mut out = anchor.session_lines(transport);
    let codecs: Vec<_> = speak.0.iter().map(|c| (*c, c.payload_type())).collect();
    push_audio(&mut out, anchor, transport, &codecs, Some((TELEPHONE_EVENT, crate::SAMPLE_RATE)), direction);
    out
}

/// Codecs that are not offered yet, each with a payload type that is free.
fn added(audio: &RtpMedia, also: &[Codec]) -> SmallVec<[(Codec, u8); 4]> {
    let own = PayloadTypes::of(&audio.formats);
    let mut added = SmallVec::new();
    // Nothing can be turned into what the host does not speak.
    if Codec::ALL.into_iter().all(|codec| own.of_codec(codec).is_none()) {
        return added;
    }
    let mut free = (96..128).filter(|payload_type| !own.contains(*payload_type));
    for codec in also.iter().filter(|codec| own.of_codec(**codec).is_none()) {
        let fixed = Some(codec.payload_type()).filter(|payload_type| *payload_type < 96);
        if let Some(payload_type) = fixed.filter(|fixed| !own.contains(*fixed)).or_else(|| free.next()) {
            added.push((*codec, payload_type));
        }
    }
    added
}

impl RtpMedia {
    /// What is agreed when these formats were offered to us, or are the answer to our offer: the first codec that the
    /// host speaks itself.
    pub fn agreed(&self, speak: Preference<'_>) -> Result<Negotiated, NegotiationError> {
        let found = self.formats.iter().find_map(|format| {
            let codec = Codec::from_name(&format.encoding, format.clock_rate)?;
            speak.0.contains(&codec).then_some((codec, format.payload_type))
        });
        let (codec, payload_type) = found.ok_or(NegotiationError::NoCommonCodec)?;
        let dtmf = PayloadTypes::of(&self.formats).events_beside(codec);
        Ok(Negotiated { codec, payload_type, dtmf })
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

    pub(super) fn session_lines(&self, transport: &Transport) -> Vec<u8> {
        let mut out = Vec::with_capacity(320);
        push(&mut out, b'v', "0");
        push(&mut out, b'o', &self.origin());
        push(&mut out, b's', "Jackfield");
        push(&mut out, b'c', &self.connection());
        push(&mut out, b't', "0 0");
        for line in transport.session_lines() {
            push(&mut out, b'a', &line);
        }
        out
    }
}

fn push_audio(
    out: &mut Vec<u8>,
    anchor: &Anchor,
    transport: &Transport,
    codecs: &[(Codec, u8)],
    events: Option<(u8, u32)>,
    direction: Direction,
) {
    let mut formats = format!("audio {} {}", anchor.port, transport.protocol());
    for payload_type in codecs.iter().map(|c| c.1).chain(events.map(|e| e.0)) {
        // Writing to a String cannot fail.
        let _ = write!(formats, " {payload_type}");
    }
    push(out, b'm', &formats);
    for (codec, payload_type) in codecs {
        push_codec(out, *codec, *payload_type);
    }
    if let Some((payload_type, clock_rate)) = events {
        push(out, b'a', &format!("rtpmap:{payload_type} telephone-event/{clock_rate}"));
        push(out, b'a', &format!("fmtp:{payload_type} 0-15"));
    }
    push(out, b'a', "ptime:20");
    for line in transport.media_lines(anchor.address, anchor.port) {
        push(out, b'a', &line);
    }
    push(out, b'a', direction.as_str());
}

fn push_codec(out: &mut Vec<u8>, codec: Codec, payload_type: u8) {
    let (name, clock_rate, channels) = (codec.name(), codec.clock_rate(), codec.channels());
    push(out, b'a', &format!("rtpmap:{payload_type} {name}/{clock_rate}{channels}"));
    if let Some(parameters) = codec.parameters() {
        push(out, b'a', &format!("fmtp:{payload_type} {parameters}"));
    }
}

/// The lines of a section but for its address and the attributes that end here. `old_hold`: its address has said that it holds.
pub(super) fn push_kept(out: &mut Vec<u8>, media: &Media<'_>, old_hold: bool, ends_here: impl Fn(&[u8]) -> bool) {
    for line in &media.lines {
        let replaced = old_hold && matches!(line.value, b"sendrecv" | b"recvonly");
        if line.kind != b'c' && !replaced && !(line.kind == b'a' && ends_here(line.value)) {
            push_line(out, line);
        }
    }
}

pub(super) fn push(out: &mut Vec<u8>, kind: u8, value: &str) {
    push_line(out, &Line { kind, value: value.as_bytes() });
}

pub(super) fn push_line(out: &mut Vec<u8>, line: &Line<'_>) {
    out.extend_from_slice(&[line.kind, b'=']);
    out.extend_from_slice(line.value);
    out.extend_from_slice(b"\r\n");
}

/// Attributes that describe the path between the two ends, which no longer exists once the host is in the middle.
pub(super) fn end_to_end_only(attribute: &[u8]) -> bool {
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
            | b"extmap"
            | b"extmap-allow-mixed"
            | b"rtcp-fb"
            | b"rtcp-rsize"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::SocketAddr;

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
        let out = text(Sdp::parse(offer).unwrap().anchored(&anchor(), &Transport::clear(), &[]).unwrap());
        let expected = "v=0\r\no=jackfield 7 2 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\na=x:1\r\n\
            m=audio 10000 RTP/AVP 96 0\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\na=sendonly\r\n\
            m=video 0 RTP/AVP 97\r\n";
        assert_eq!(out, expected);
    }

    #[test]
    fn a_hold_by_address_becomes_a_hold_by_direction() {
        let offer = b"v=0\no=a 1 1 IN IP4 10.0.0.1\ns=-\nc=IN IP4 0.0.0.0\nt=0 0\nm=audio 4000 RTP/AVP 0\na=sendrecv\n";
        let sdp = Sdp::parse(offer).unwrap();
        let out = text(sdp.anchored(&anchor(), &Transport::clear(), &[]).unwrap());
        assert!(out.contains("a=sendonly") && !out.contains("a=sendrecv") && !out.contains("0.0.0.0"), "{out}");
        let (answer, _) = sdp.answer(&anchor(), &Transport::clear(), BOTH).unwrap();
        assert!(text(answer).contains("a=recvonly"));
    }

    #[test]
    fn the_offers_order_decides_and_events_keep_its_payload_type() {
        let offer = b"v=0\no=a 1 1 IN IP4 10.0.0.1\ns=-\nc=IN IP4 10.0.0.1\nt=0 0\nm=audio 4000 RTP/AVP 18 0 8 97\n\
            a=rtpmap:97 telephone-event/8000\nm=image 5000 udptl t38\n";
        let (answer, agreed) = Sdp::parse(offer).unwrap().answer(&anchor(), &Transport::clear(), BOTH).unwrap();
        assert_eq!(agreed, Negotiated { codec: Codec::Pcmu, payload_type: 0, dtmf: Some(97) });
        let answer = text(answer);
        assert!(
            answer.contains("m=audio 10000 RTP/AVP 0 97\r\n") && answer.contains("m=image 0 udptl t38\r\n"),
            "{answer}"
        );
        let only_g729 = b"v=0\no=a 1 1 IN IP4 10.0.0.1\ns=-\nc=IN IP4 10.0.0.1\nt=0 0\nm=audio 4000 RTP/AVP 18\n";
        assert_eq!(
            Sdp::parse(only_g729).unwrap().answer(&anchor(), &Transport::clear(), BOTH),
            Err(NegotiationError::NoCommonCodec)
        );
    }

    #[test]
    fn our_own_offer_reads_back() {
        let bytes = super::offer(&anchor(), &Transport::clear(), BOTH, Direction::SendRecv);
        let audio = Sdp::parse(&bytes).unwrap().audio().unwrap();
        assert_eq!(audio.agreed(BOTH).unwrap(), Negotiated { codec: Codec::Pcma, payload_type: 8, dtmf: Some(101) });
        assert_eq!(audio.rtp, "198.51.100.1:10000".parse::<SocketAddr>().unwrap());
    }

    fn described(formats: &str, lines: &str) -> String {
        format!(
            "v=0\r\no=a 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP {formats}\r\n{lines}"
        )
    }

    #[test]
    fn codecs_that_the_host_can_turn_are_added_to_an_offer_and_taken_off_the_answer() {
        let all = Preference(&[Codec::Opus, Codec::G722, Codec::Pcma]);
        let offer = described("8 97", "a=rtpmap:97 telephone-event/8000\r\n");
        let offer = Sdp::parse(offer.as_bytes()).unwrap();
        let passed = text(offer.anchored(&anchor(), &Transport::clear(), all.0).unwrap());
        assert!(passed.contains("m=audio 10000 RTP/AVP 8 97 96 9\r\n"), "{passed}");
        assert!(passed.contains("a=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\na=rtpmap:9 G722/8000\r\n"));
        let answered = |formats: &str, lines: &str| {
            let answer = described(formats, lines);
            let answer = Sdp::parse(answer.as_bytes()).unwrap();
            answer.answer_for(&offer, &anchor(), &Transport::clear(), all).map(text)
        };
        let shared = answered("8 96 97", "a=rtpmap:96 opus/48000/2\r\na=rtpmap:97 telephone-event/8000\r\n").unwrap();
        assert!(shared.contains("RTP/AVP 8 97\r\n") && !shared.contains("opus"), "{shared}");
        let turned = answered("96", "a=rtpmap:96 opus/48000/2\r\na=sendonly\r\n").unwrap();
        assert!(turned.contains("RTP/AVP 8 97\r\n") && turned.contains("a=sendonly"), "{turned}");
        assert_eq!(answered("18", ""), Err(NegotiationError::NoCommonCodec), "what nobody offered");
        let only_g729 = described("18", "");
        let passed =
            text(Sdp::parse(only_g729.as_bytes()).unwrap().anchored(&anchor(), &Transport::clear(), all.0).unwrap());
        assert!(passed.contains("RTP/AVP 18\r\n"), "nothing can be turned into it: {passed}");
    }

    #[test]
    fn a_browsers_offer_with_no_address_yet_is_no_hold() {
        let lines = "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=sendrecv\r\n";
        let offer = described("0", lines).replace("10.0.0.1", "0.0.0.0");
        let passed = text(Sdp::parse(offer.as_bytes()).unwrap().anchored(&anchor(), &Transport::clear(), &[]).unwrap());
        assert!(passed.contains("a=sendrecv") && !passed.contains("sendonly") && !passed.contains("ice"), "{passed}");
    }
}
