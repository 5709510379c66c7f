//! One party's sound: where it comes from, who may send it, what the party hears.
//!
//! A stream belongs to one leg of a call. The driver that owns the sockets feeds it packets, asks it what may go on to
//! the stream it is connected with, and asks it every 20 ms what it plays. Nothing here allocates per packet.

mod keys;

use crate::{
    DtmfDetector, FRAME, FRAME_TIME, Latch, Player, RecordEnd, Recorder, Source,
    codec::{Codec, Encoder, MOST_OCTETS, Transcoder},
    continuity::Continuity,
    rtcp::{REPORT_LEN, SenderReport},
    rtp::{HEADER_LEN, Header, set_marker, set_payload_type},
    sdp::{Audio, Negotiated, PayloadTypes},
    secure::{DtlsError, Guard, Incoming, Security, srtp::OVERHEAD},
};
use std::{
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

/// Time between sender reports (RFC 3550 §6.2 asks for at least five seconds).
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// Octets that a packet of the host's own takes, protection included.
pub const PACKET: usize = HEADER_LEN + FRAME + OVERHEAD;
/// Octets that a report takes, protection included.
pub const REPORT: usize = REPORT_LEN + OVERHEAD;
/// Octets of a packet that was turned into another codec.
const TURNED: usize = HEADER_LEN + MOST_OCTETS + OVERHEAD;

/// What signalling knows about a party's sound.
#[derive(Clone, Debug)]
pub struct StreamConfig {
    /// Where its SDP wants RTP.
    pub rtp: SocketAddr,
    /// Where its SDP wants RTCP.
    pub rtcp: SocketAddr,
    /// Where its SIP comes from; a phone behind NAT sends its RTP from there too.
    pub signalling_host: Option<IpAddr>,
    /// Whether the party wants to hear anything.
    pub hears: bool,
    /// Payload types that were agreed.
    pub payload_types: PayloadTypes,
    /// What it is sent when the host itself speaks; `None` when the two agreed on a codec that the host cannot speak.
    pub speak: Option<Negotiated>,
    /// How it is protected.
    pub security: Security,
    /// Whether its keys come as tones in its sound.
    pub keys_by_tone: bool,
}

/// Which of a stream's two sockets a datagram came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// The one for RTP, and with RTCP for both.
    Rtp,
    /// The one for RTCP.
    Rtcp,
}

/// What happened on a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamEvent {
    /// A key was pressed: an event (RFC 4733), or tones where they are listened for.
    Digit(char),
    /// The player of that id has come to its end.
    Played(u32),
    /// A recording stopped by itself; collect it.
    RecordEnded(RecordEnd),
    /// No keys could be agreed with the party: it hears nothing and is not heard.
    NotSecured(DtlsError),
}

/// What is to be done with a packet that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Sound, in so many octets: pass it on to the connected stream.
    Forward(Header, usize),
    /// A report in so many octets.
    Report(usize),
    /// It was for the host, or from a stranger, or no RTP: go no further.
    Consumed,
}

/// Figures of one stream since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamStats {
    /// Packets admitted.
    pub received: u64,
    /// Packets missing from the sequence numbers (RFC 3550 §6.4.1, cumulative; negative never shown).
    pub lost: u64,
    /// Packets from strangers and packets that were no RTP.
    pub refused: u64,
    /// Packets sent to the party, passed on or played.
    pub sent: u64,
}

/// One party's sound.
#[derive(Debug)]
pub struct Stream {
    config: StreamConfig,
    rtp: Latch,
    rtcp: Latch,
    dtmf: DtmfDetector,
    sequence: Option<SequenceCount>,
    stats: StreamStats,
    mark_next: bool,
    player: Option<Box<Player>>,
    recorder: Option<Box<Recorder>>,
    speaker: Speaker,
    continuity: Continuity,
    /// Made when it is first needed, and used again.
    transcoder: Option<Box<Transcoder>>,
    /// What was sent last was turned into another codec, with a count and a clock of its own.
    turns: bool,
    encoder: Option<Box<Encoder>>,
    guard: Option<Box<Guard>>,
    /// Made when keys are first listened for.
    ear: Option<Box<keys::Ear>>,
    pressed: Option<Box<keys::Pressed>>,
}

/// The host's own RTP sender towards one party.
#[derive(Debug)]
struct Speaker {
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    packets: u32,
    octets: u32,
    last: Option<Instant>,
    reported: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct SequenceCount {
    ssrc: u32,
    first: u32,
    highest: u32,
    received: u64,
}

impl StreamConfig {
    /// From a party's description; `speak` as negotiated, if the host can speak to it.
    pub fn new(audio: &Audio, signalling_host: Option<IpAddr>, speak: Option<Negotiated>) -> Self {
        Self {
            rtp: audio.rtp,
            rtcp: audio.rtcp,
            signalling_host,
            hears: audio.direction.receives() && (audio.transport.has_ice() || !audio.rtp.ip().is_unspecified()),
            payload_types: PayloadTypes::of(&audio.formats),
            speak,
            security: Security::default(),
            keys_by_tone: speak.is_some_and(|speak| speak.dtmf.is_none()),
        }
    }

    fn dtmf(&self) -> Option<u8> {
        self.speak.and_then(|s| s.dtmf)
    }

    fn clock_rate(&self) -> u32 {
        self.speak.map_or(crate::SAMPLE_RATE, |speak| speak.codec.clock_rate())
    }
}

impl Stream {
    /// A stream to a party so described. `seed` gives the host's own SSRC, sequence number and timestamp, which must
    /// not be guessable (RFC 3550 §5.1).
    pub fn new(now: Instant, config: StreamConfig, seed: u64) -> Self {
        Self {
            guard: Guard::new(config.security.clone(), now),
            rtp: Latch::new(config.rtp, config.signalling_host),
            rtcp: Latch::new(config.rtcp, config.signalling_host),
            config,
            dtmf: DtmfDetector::default(),
            sequence: None,
            stats: StreamStats::default(),
            mark_next: false,
            player: None,
            recorder: None,
            continuity: Continuity::default(),
            transcoder: None,
            turns: false,
            encoder: None,
            ear: None,
            pressed: None,
            speaker: Speaker {
                ssrc: (seed >> 32) as u32,
                sequence: (seed >> 17) as u16 & 0x7fff,
                timestamp: seed as u32,
                packets: 0,
                octets: 0,
                last: None,
                reported: None,
            },
        }
    }

    /// A new description of the party arrived.
    pub fn reconfigure(&mut self, now: Instant, config: StreamConfig) {
        self.rtp.expect(config.rtp);
        self.rtcp.expect(config.rtcp);
        match &mut self.guard {
            Some(guard) => guard.change(config.security.clone(), now),
            None => self.guard = Guard::new(config.security.clone(), now),
        }
        self.config = config;
    }

    /// Judge a datagram from this party and note what it tells. What of it is left for others begins where the datagram
    /// began.
    pub fn receive(
        &mut self,
        now: Instant,
        port: Port,
        from: SocketAddr,
        datagram: &mut [u8],
        mut tell: impl FnMut(StreamEvent),
    ) -> Admission {
        let incoming = match &mut self.guard {
            Some(guard) => {
                let incoming = guard.receive(now, port, from, datagram);
                if let Some(error) = guard.take_failure() {
                    tell(StreamEvent::NotSecured(error));
                }
                incoming
            }
            None if port == Port::Rtcp => Incoming::Rtcp(datagram.len()),
            None => Incoming::Rtp(datagram.len()),
        };
        match incoming {
            Incoming::Rtp(len) => self.handle_rtp(now, from, &datagram[..len], tell),
            Incoming::Rtcp(len) if self.handle_rtcp(now, port, from, &datagram[..len]) => Admission::Report(len),
            Incoming::Rtcp(_) | Incoming::Consumed => Admission::Consumed,
        }
    }

    fn handle_rtp(
        &mut self,
        now: Instant,
        from: SocketAddr,
        packet: &[u8],
        mut tell: impl FnMut(StreamEvent),
    ) -> Admission {
        let header = Header::parse(packet).filter(|h| self.config.payload_types.contains(h.payload_type));
        let Some(header) = header.filter(|header| self.admits(now, from, header.ssrc)) else {
            self.stats.refused += 1;
            return Admission::Consumed;
        };
        self.stats.received += 1;
        self.count(&header);
        let payload = &packet[header.payload_start..header.payload_end];
        if self.config.payload_types.event_clock(header.payload_type).is_some() {
            if let Some(digit) = self.dtmf.handle(&header, payload) {
                tell(StreamEvent::Digit(digit));
            }
        } else if let (Some(recorder), Some(codec)) =
            (&mut self.recorder, self.config.payload_types.codec(header.payload_type))
            && let Some(end) = recorder.push(codec, header.timestamp, payload)
        {
            tell(StreamEvent::RecordEnded(end));
        }
        self.listen_for_keys(&header, payload, tell);
        Admission::Forward(header, packet.len())
    }

    /// Whether a packet from there is the party's: its keys or ICE prove it, else its address must.
    fn admits(&mut self, now: Instant, from: SocketAddr, ssrc: u32) -> bool {
        if self.guard.as_ref().is_some_and(|guard| guard.proves(from)) {
            self.rtp.follow(now, from, ssrc);
            return true;
        }
        self.rtp.admit(now, from, ssrc) != Source::Stranger
    }

    /// Whether an RTCP packet may go on to the connected stream.
    fn handle_rtcp(&mut self, now: Instant, port: Port, from: SocketAddr, packet: &[u8]) -> bool {
        let ssrc = sender_of(packet);
        crate::rtcp::is_rtcp(packet)
            && match port {
                Port::Rtp => self.admits(now, from, ssrc),
                Port::Rtcp => self.rtcp.admit(now, from, ssrc) != Source::Stranger,
            }
    }

    /// The next answer to a check, or piece of a handshake, that is to be sent: where to, and from which port. Ask after each
    /// datagram and, while [`Stream::is_busy`], every 20 ms.
    pub fn next_datagram(&mut self, now: Instant) -> Option<(Vec<u8>, SocketAddr, Port)> {
        let (rtp, rtcp) = (self.rtp.destination(), self.rtcp.destination());
        let guard = self.guard.as_mut()?;
        if guard.is_busy() {
            guard.advance(now, Port::Rtp, rtp);
            if !guard.rtcp_mux() {
                guard.advance(now, Port::Rtcp, rtcp);
            }
        }
        guard.next_datagram()
    }

    /// Whether a handshake is under way.
    pub fn is_busy(&self) -> bool {
        self.guard.as_ref().is_some_and(|guard| guard.is_busy())
    }

    /// Why there is no sound with this party, told once.
    pub fn take_failure(&mut self) -> Option<DtlsError> {
        self.guard.as_mut()?.take_failure()
    }

    /// Where sound for this party goes.
    fn destination(&self) -> Option<SocketAddr> {
        match self.guard.as_ref().and_then(|guard| guard.way(Port::Rtp)) {
            Some(way) => way,
            None => self.rtp.destination(),
        }
    }

    /// Make a packet that the other stream admitted fit for this party, and give what is to be sent to `emit`, with where it
    /// goes. The packet is the first `len` octets of the buffer, which has room for [`OVERHEAD`] more.
    ///
    /// Payload types are mapped, and codecs turned into each other where the two parties agreed on different ones. Nothing
    /// is sent when this party does not listen or could not understand it.
    pub fn pass_on(
        &mut self,
        now: Instant,
        from: &Stream,
        header: &Header,
        buffer: &mut [u8],
        len: usize,
        mut emit: impl FnMut(&[u8], SocketAddr),
    ) {
        if !self.config.hears || self.is_playing() {
            return;
        }
        let Some(destination) = self.destination() else { return };
        let (theirs, ours) = (&from.config.payload_types, self.config.payload_types);
        if let Some(clock) = theirs.event_clock(header.payload_type) {
            let Some((payload_type, own_clock)) = self.config.dtmf().and_then(|e| Some((e, ours.event_clock(e)?)))
            else {
                return;
            };
            set_payload_type(buffer, payload_type);
            if clock != own_clock {
                scale_duration(&mut buffer[header.payload_start..header.payload_end], clock, own_clock);
            }
            if let Some(transcoder) = self.transcoder.as_mut().filter(|_| self.turns) {
                let (sequence, timestamp) = transcoder.beside(header);
                crate::rtp::set_place(buffer, sequence, timestamp);
            }
        } else {
            let source = theirs.codec(header.payload_type);
            let same = match source {
                Some(codec) => ours.of_codec(codec),
                None => Some(header.payload_type).filter(|payload_type| ours.contains(*payload_type)),
            };
            match (same, source, self.config.speak) {
                (Some(payload_type), ..) => {
                    self.turns = false;
                    set_payload_type(buffer, payload_type);
                }
                (None, Some(source), Some(speak)) => {
                    let turned = self.transcoder.take().filter(|t| t.turns(source, speak.codec));
                    let mut transcoder = turned.unwrap_or_else(|| Box::new(Transcoder::new(source, speak.codec)));
                    self.turns = !Transcoder::is_in_place(source, speak.codec);
                    if self.turns {
                        let payload = &buffer[header.payload_start..header.payload_end];
                        let ssrc = self.speaker.ssrc;
                        transcoder.packets(header, payload, |sequence, timestamp, marker, octets| {
                            let mut packet = [0; TURNED];
                            let own = Header {
                                marker,
                                payload_type: speak.payload_type,
                                sequence,
                                timestamp,
                                ssrc,
                                ..*header
                            };
                            own.write(packet.first_chunk_mut().unwrap_or(&mut [0; HEADER_LEN]));
                            let end = HEADER_LEN + octets.len();
                            packet[HEADER_LEN..end].copy_from_slice(octets);
                            if let Some(len) = self.finish(now, &mut packet, end) {
                                emit(&packet[..len], destination);
                            }
                        });
                        self.transcoder = Some(transcoder);
                        return;
                    }
                    transcoder.in_place(&mut buffer[header.payload_start..header.payload_end]);
                    self.transcoder = Some(transcoder);
                    set_payload_type(buffer, speak.payload_type);
                }
                _ => return,
            }
        }
        if self.turns {
            crate::rtp::set_ssrc(buffer, self.speaker.ssrc);
        }
        if let Some(len) = self.finish(now, buffer, len) {
            emit(&buffer[..len], destination);
        }
    }

    /// The last that is done to a packet: it continues what was sent before, and is protected. Says how long it is then.
    fn finish(&mut self, now: Instant, buffer: &mut [u8], len: usize) -> Option<usize> {
        if std::mem::take(&mut self.mark_next) {
            set_marker(buffer);
        }
        self.continuity.apply(now, &mut buffer[..len], self.config.clock_rate());
        let len = match &mut self.guard {
            Some(guard) => guard.protect(buffer, len)?,
            None => len,
        };
        self.stats.sent += 1;
        Some(len)
    }

    /// Send a packet that was just admitted back to where it came from; says how long it is and where that is.
    pub fn echo(&mut self, now: Instant, buffer: &mut [u8], len: usize) -> Option<(usize, SocketAddr)> {
        let destination = self.destination().filter(|_| self.config.hears && !self.is_playing())?;
        Some((self.finish(now, buffer, len)?, destination))
    }

    /// Make a report of the connected stream fit for this party: how long it is, where it goes and from which port.
    /// Nowhere when this party knows its sender by another name.
    pub fn pass_report(&mut self, buffer: &mut [u8], len: usize) -> Option<(usize, SocketAddr, Port)> {
        if !self.continuity.shows(sender_of(&buffer[..len])) || self.turns {
            return None;
        }
        self.finish_report(buffer, len)
    }

    fn finish_report(&mut self, buffer: &mut [u8], len: usize) -> Option<(usize, SocketAddr, Port)> {
        let Some(guard) = &mut self.guard else { return Some((len, self.rtcp.destination()?, Port::Rtcp)) };
        let mux = guard.rtcp_mux();
        let way =
            guard.way(Port::Rtcp).unwrap_or_else(|| if mux { self.rtp.destination() } else { self.rtcp.destination() });
        Some((guard.protect_rtcp(buffer, len)?, way?, if mux { Port::Rtp } else { Port::Rtcp }))
    }

    /// Another source will be heard from now on: its first packet begins a talk spurt.
    pub fn source_changed(&mut self) {
        self.mark_next = true;
    }

    /// Play; what was playing stops without a word.
    pub fn play(&mut self, player: Player) {
        self.player = Some(Box::new(player));
        self.source_changed();
    }

    /// Stop playing; says which player it was.
    pub fn stop_playing(&mut self) -> Option<u32> {
        self.source_changed();
        self.player.take().map(|p| p.id)
    }

    /// Whether something is playing, or keys are being pressed.
    pub fn is_playing(&self) -> bool {
        self.player.is_some() || self.pressed.is_some()
    }

    /// Record what the party says; a recording in progress is thrown away.
    pub fn record(&mut self, recorder: Recorder) {
        self.recorder = Some(Box::new(recorder));
    }

    /// End the recording and take it.
    pub fn take_recording(&mut self) -> Option<Vec<i16>> {
        self.recorder.take().map(|r| r.finish())
    }

    /// Figures so far.
    pub fn stats(&self) -> StreamStats {
        let expected = self.sequence.map_or(0, |s| u64::from(s.highest.wrapping_sub(s.first)) + 1);
        StreamStats { lost: expected.saturating_sub(self.sequence.map_or(0, |s| s.received)), ..self.stats }
    }

    /// The next frame of what is playing, due every 20 ms. Writes a packet and says how long it is and where it goes.
    pub fn poll_packet(
        &mut self,
        now: Instant,
        packet: &mut [u8; PACKET],
        mut tell: impl FnMut(StreamEvent),
    ) -> Option<(usize, SocketAddr)> {
        let mut samples = [0; FRAME];
        let count = match self.poll_key(now, &mut samples, packet) {
            Ok(key) => return key,
            Err(true) => FRAME,
            Err(false) => {
                let player = self.player.as_mut()?;
                let count = player.fill(&mut samples);
                if count < FRAME {
                    tell(StreamEvent::Played(player.id));
                    self.player = None;
                }
                count
            }
        };
        // On hold, or without a codec in common, time passes but nothing is sent.
        let (Some(speak), Some(destination)) = (self.config.speak, self.destination()) else { return None };
        if count == 0 || !self.config.hears {
            return None;
        }
        let encoder = self.encoder.get_or_insert_with(|| Box::new(Encoder::new(speak.codec)));
        if encoder.codec() != speak.codec {
            encoder.become_new(speak.codec);
        }
        // A last short frame is filled up with silence, which costs nothing and keeps every packet 20 ms long.
        let octets = encoder.encode(&samples, &mut packet[HEADER_LEN..HEADER_LEN + FRAME]);
        let len = self.address(now, speak, octets, packet)?;
        Some((len, destination))
    }

    /// Write a packet of 20 ms that a room made for this party; says how long it is and where to send it. `None` while the
    /// party does not listen, hears a prompt, or agreed on another codec meanwhile.
    pub fn say(
        &mut self,
        now: Instant,
        codec: Codec,
        octets: &[u8],
        packet: &mut [u8; PACKET],
    ) -> Option<(usize, SocketAddr)> {
        let speak = self.config.speak.filter(|s| s.codec == codec)?;
        let destination = self.destination().filter(|_| self.config.hears && !self.is_playing())?;
        packet.get_mut(HEADER_LEN..HEADER_LEN + octets.len())?.copy_from_slice(octets);
        let len = self.address(now, speak, octets.len(), packet)?;
        Some((len, destination))
    }

    /// Put the host's own header before so many octets of sound.
    fn address(&mut self, now: Instant, speak: Negotiated, octets: usize, packet: &mut [u8; PACKET]) -> Option<usize> {
        let units = speak.codec.clock_rate() / 50;
        self.speaker.next_header(now, speak.payload_type, units, octets).write(packet.first_chunk_mut()?);
        self.finish(now, packet, HEADER_LEN + octets)
    }

    /// What the host speaks to this party in, if it can and the party listens.
    pub fn hears_in(&self) -> Option<Codec> {
        self.config.speak.filter(|_| self.config.hears).map(|s| s.codec)
    }

    /// The codec of a packet that was admitted: `None` for events and what the host cannot decode.
    pub fn codec_of(&self, header: &Header) -> Option<Codec> {
        self.config.payload_types.codec(header.payload_type)
    }

    /// A sender report, when one is due. `ntp` is the time of day as a 32.32 fixed point number.
    pub fn poll_report(
        &mut self,
        now: Instant,
        ntp: u64,
        packet: &mut [u8; REPORT],
    ) -> Option<(usize, SocketAddr, Port)> {
        let speaker = &mut self.speaker;
        let due = match (speaker.last, speaker.reported) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(_), Some(reported)) => now.saturating_duration_since(reported) >= REPORT_EVERY,
        };
        if !due || !self.continuity.shows(speaker.ssrc) {
            return None;
        }
        speaker.reported = Some(now);
        let Speaker { ssrc, timestamp, packets, octets, .. } = *speaker;
        SenderReport { ssrc, ntp, timestamp, packets, octets }.write(packet.first_chunk_mut()?);
        self.finish_report(packet, REPORT_LEN)
    }

    fn count(&mut self, header: &Header) {
        let sequence = u32::from(header.sequence);
        match &mut self.sequence {
            Some(count) if count.ssrc == header.ssrc => {
                count.received += 1;
                // RFC 3550 A.1: a small step forward extends the cycle count, a small step back is a late packet.
                let step = header.sequence.wrapping_sub(count.highest as u16) as i16;
                if step > 0 {
                    count.highest = count.highest.wrapping_add(step as u32);
                }
            }
            other => {
                // A new source starts a new count; what the old one lost stays in the figure as received so far.
                *other = Some(SequenceCount { ssrc: header.ssrc, first: sequence, highest: sequence, received: 1 });
            }
        }
    }
}

impl Speaker {
    /// The header of the next 20 ms: so many units of the codec's clock, in so many octets.
    fn next_header(&mut self, now: Instant, payload_type: u8, frame: u32, octets: usize) -> Header {
        // After a pause the timestamp has gone on with the clock (RFC 3550 §5.1) and a talk spurt begins.
        let paused = self.last.map(|last| now.saturating_duration_since(last)).filter(|gap| *gap > 4 * FRAME_TIME);
        if let Some(gap) = paused {
            let frames = (gap.as_millis() / FRAME_TIME.as_millis()) as u32;
            self.timestamp = self.timestamp.wrapping_add(frame.wrapping_mul(frames - 1));
        }
        let marker = paused.is_some() || self.last.is_none();
        let header = Header {
            marker,
            payload_type,
            sequence: self.sequence,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
            payload_start: HEADER_LEN,
            payload_end: HEADER_LEN + octets,
        };
        self.last = Some(now);
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(frame);
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(octets as u32);
        header
    }
}

/// The duration of an event (RFC 4733 §2.3.5) by another clock.
fn scale_duration(payload: &mut [u8], from: u32, to: u32) {
    let Some([.., high, low]) = payload.first_chunk_mut::<4>() else { return };
    let scaled = u32::from(u16::from_be_bytes([*high, *low])) * to / from.max(1);
    [*high, *low] = u16::try_from(scaled).unwrap_or(u16::MAX).to_be_bytes();
}

/// The SSRC of who sends an RTCP packet (RFC 3550 §6.4.1).
fn sender_of(packet: &[u8]) -> u32 {
    packet.get(4..8).map_or(0, |s| u32::from_be_bytes([s[0], s[1], s[2], s[3]]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Item;

    fn config(port: u16, codec: Codec, dtmf: Option<u8>) -> StreamConfig {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let speak = Negotiated { codec, payload_type: codec.payload_type(), dtmf };
        let (payload_types, security) = (types(speak), Security::default());
        let speak = Some(speak);
        StreamConfig {
            rtp: address,
            rtcp: address,
            signalling_host: None,
            hears: true,
            payload_types,
            speak,
            security,
            keys_by_tone: false,
        }
    }

    fn types(of: Negotiated) -> PayloadTypes {
        let format = |payload_type, encoding: &str, clock_rate| crate::sdp::Format {
            payload_type,
            encoding: encoding.into(),
            clock_rate,
        };
        let events = of.dtmf.map(|dtmf| format(dtmf, "telephone-event", 8_000));
        let formats: Vec<_> =
            std::iter::once(format(of.payload_type, of.codec.name(), of.codec.clock_rate())).chain(events).collect();
        PayloadTypes::of(&formats)
    }

    fn packet(payload_type: u8, sequence: u16, payload: &[u8]) -> Vec<u8> {
        let mut bytes = [0; HEADER_LEN];
        let timestamp = u32::from(sequence) * 160;
        Header { marker: false, payload_type, sequence, timestamp, ssrc: 9, payload_start: 0, payload_end: 0 }
            .write(&mut bytes);
        [&bytes[..], payload].concat()
    }

    fn relay(from: &mut Stream, to: &mut Stream, packet: &mut [u8], source: SocketAddr) -> Option<SocketAddr> {
        let now = Instant::now();
        let Admission::Forward(header, len) = from.receive(now, Port::Rtp, source, packet, |_| ()) else { return None };
        let mut sent = None;
        to.pass_on(now, from, &header, packet, len, |_, to| sent = Some(to));
        sent
    }

    #[test]
    fn a_law_meets_mu_law_and_event_payload_types_are_mapped() {
        let (a_addr, b_addr) = (SocketAddr::from(([127, 0, 0, 1], 4_000)), SocketAddr::from(([127, 0, 0, 1], 5_000)));
        let mut a = Stream::new(Instant::now(), config(4_000, Codec::Pcma, Some(96)), 1);
        let mut b = Stream::new(Instant::now(), config(5_000, Codec::Pcmu, Some(101)), 2);
        let mut sound = packet(8, 1, &[0xd5; 160]);
        assert_eq!(relay(&mut a, &mut b, &mut sound, a_addr), Some(b_addr));
        assert_eq!(sound[1], 0);
        assert!(crate::codec::g711::decode_ulaw(sound[12]).abs() <= 8, "A-law silence became µ-law silence");
        let mut event = packet(96, 2, &[1, 10, 0, 160]);
        assert_eq!(relay(&mut a, &mut b, &mut event, a_addr), Some(b_addr));
        assert_eq!(event[1], 101);
        let mut unknown = packet(18, 3, &[0; 20]);
        assert_eq!(relay(&mut a, &mut b, &mut unknown, a_addr), None, "never agreed");
        assert_eq!(a.stats(), StreamStats { received: 2, lost: 0, refused: 1, sent: 0 });
    }

    #[test]
    fn a_party_on_hold_or_listening_to_a_prompt_is_not_disturbed() {
        let source = SocketAddr::from(([127, 0, 0, 1], 4_000));
        let mut a = Stream::new(Instant::now(), config(4_000, Codec::Pcma, None), 1);
        let mut b = Stream::new(Instant::now(), StreamConfig { hears: false, ..config(5_000, Codec::Pcma, None) }, 2);
        assert_eq!(relay(&mut a, &mut b, &mut packet(8, 1, &[0xd5; 160]), source), None);
        b.reconfigure(Instant::now(), config(5_000, Codec::Pcma, None));
        b.play(Player::new(1, vec![Item::Audio(vec![0; 10].into())], true));
        assert_eq!(relay(&mut a, &mut b, &mut packet(8, 2, &[0xd5; 160]), source), None);
        assert_eq!(b.stop_playing(), Some(1));
        let mut next = packet(8, 3, &[0xd5; 160]);
        assert!(relay(&mut a, &mut b, &mut next, source).is_some());
        assert_eq!(next[1] & 0x80, 0x80, "the marker says that another source begins");
    }

    #[test]
    fn a_prompt_goes_out_in_packets_of_20_ms_and_its_end_is_told() {
        let mut stream = Stream::new(Instant::now(), config(4_000, Codec::Pcmu, None), 0x0000_0007_0000_0000);
        stream.play(Player::new(5, vec![Item::Audio(vec![1_000; 400].into())], false));
        let (mut out, mut told, start) = ([0; PACKET], vec![], Instant::now());
        let mut headers = vec![];
        for tick in 0..5 {
            if let Some((len, _)) = stream.poll_packet(start + FRAME_TIME * tick, &mut out, |e| told.push(e)) {
                headers.push(Header::parse(&out[..len]).unwrap());
            }
        }
        assert_eq!(headers.len(), 3);
        assert_eq!(told, [StreamEvent::Played(5)]);
        assert!(headers[0].marker && !headers[1].marker);
        assert_eq!(headers[2].timestamp.wrapping_sub(headers[0].timestamp), 320);
        // A second later the clock of the timestamps has moved by a second.
        stream.play(Player::new(6, vec![Item::Audio(vec![1; 160].into())], false));
        let later = start + FRAME_TIME * 2 + Duration::from_secs(1);
        let (len, _) = stream.poll_packet(later, &mut out, |_| ()).unwrap();
        let header = Header::parse(&out[..len]).unwrap();
        assert_eq!(header.timestamp.wrapping_sub(headers[2].timestamp), 8_000);
        assert!(header.marker);
    }

    #[test]
    fn lost_packets_are_counted_across_the_wrap_of_sequence_numbers() {
        let source = SocketAddr::from(([127, 0, 0, 1], 4_000));
        let mut stream = Stream::new(Instant::now(), config(4_000, Codec::Pcma, None), 1);
        for sequence in [65_533, 65_535, 65_534, 1, 3] {
            stream.receive(Instant::now(), Port::Rtp, source, &mut packet(8, sequence, &[0; 160]), |_| ());
        }
        assert_eq!(stream.stats().lost, 2, "0 and 2 are missing");
        assert_eq!(stream.stats().received, 5);
    }
}
