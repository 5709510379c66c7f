//! One party's sound: where it comes from, who may send it, what the party hears.
//!
//! A stream belongs to one leg of a call. The driver that owns the sockets feeds it packets, asks it what may go on to
//! the stream it is connected with, and asks it every 20 ms what it plays. Nothing here allocates per packet.

mod image;
mod keys;
mod passing;
mod reports;
mod seam;
mod speaking;
mod video;

use crate::{
    DtmfDetector, Latch, Player, RecordEnd, Recorder, Source, Tap,
    codec::{Codec, Encoder, Transcoder},
    continuity::Continuity,
    fax::{Caller, CallingEar, FaxEnd},
    reception::Reception,
    rtp::Header,
    sdp::{Negotiated, PayloadTypes, RtpMedia},
    secure::{DtlsError, Guard, Incoming, Security},
};
use reports::Reports;
pub use reports::{Heard, StreamReport};
use seam::Seam;
use speaking::Speaker;
pub use speaking::{PACKET, REPORT};
use std::{
    net::{IpAddr, SocketAddr},
    time::Instant,
};

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
    /// Whether it means to send anything.
    pub sends: bool,
    /// Payload types that were agreed.
    pub payload_types: PayloadTypes,
    /// What it is sent when the host itself speaks; `None` when the two agreed on a codec that the host cannot speak.
    pub speak: Option<Negotiated>,
    /// How it is protected.
    pub security: Security,
    /// Whether its keys come as tones in its sound.
    pub keys_by_tone: bool,
    /// What it carries.
    pub content: Content,
}

/// What a stream carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// Sound.
    #[default]
    Sound,
    /// A fax by packets (UDPTL) in place of sound.
    Image,
    /// A picture, which is passed on as it is.
    Video,
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
    /// The party is a fax machine that calls, and was listened to for that.
    FaxCalls,
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
    /// A datagram of a fax by packets: it goes on as it is.
    Image,
    /// A packet of a picture, in so many octets: it goes on as it is.
    Video(usize),
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
    /// Packets that were not taken: those of the next two, and what was no RTP.
    pub refused: u64,
    /// Packets from addresses that are not the party's.
    pub strangers: u64,
    /// Packets whose codec was not agreed.
    pub foreign: u64,
    /// Packets that its keys do not open, or that came before there were any.
    pub unreadable: u64,
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
    opened: Instant,
    reception: Reception,
    reports: Reports,
    stats: StreamStats,
    /// Octets of payload that it was sent.
    octets: u64,
    /// When its last packet came.
    last: Option<Instant>,
    /// What it spoke then.
    spoken: Option<Codec>,
    stranger: Option<SocketAddr>,
    foreign: Option<u8>,
    mark_next: bool,
    player: Option<Box<Player>>,
    recorder: Option<Box<Recorder>>,
    tap: Option<Tap>,
    speaker: Speaker,
    continuity: Continuity,
    /// Made when it is first needed, and used again.
    transcoder: Option<Box<Transcoder>>,
    /// What was sent last was turned into another codec, with a count and a clock of its own.
    turns: bool,
    /// What the host encodes for the party, whoever speaks.
    encoder: Option<Box<Encoder>>,
    seam: Seam,
    guard: Option<Box<Guard>>,
    /// Made when keys are first listened for.
    ear: Option<Box<keys::Ear>>,
    pressed: Option<Box<keys::Pressed>>,
    /// While it is not known whether a machine has called.
    calling: Option<Box<CallingEar>>,
    /// What it was sent as sound before it faxed by packets.
    before: image::Before,
    /// The terminal of T.38 that its packets are for; without one they go on to the connected stream.
    fax: Option<Box<FaxEnd>>,
}

impl StreamConfig {
    /// From a party's description; `speak` as negotiated, if the host can speak to it.
    pub fn new(audio: &RtpMedia, signalling_host: Option<IpAddr>, speak: Option<Negotiated>) -> Self {
        Self {
            rtp: audio.rtp,
            rtcp: audio.rtcp,
            signalling_host,
            sends: audio.direction.sends(),
            hears: audio.direction.receives() && (audio.transport.has_ice() || !audio.rtp.ip().is_unspecified()),
            payload_types: PayloadTypes::of(&audio.formats),
            speak,
            security: Security::default(),
            keys_by_tone: speak.is_some_and(|speak| speak.dtmf.is_none()),
            content: Content::Sound,
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
            opened: now,
            reception: Reception::new(now),
            reports: Reports::default(),
            stats: StreamStats::default(),
            octets: 0,
            last: None,
            spoken: None,
            stranger: None,
            foreign: None,
            mark_next: false,
            player: None,
            recorder: None,
            tap: None,
            continuity: Continuity::default(),
            transcoder: None,
            turns: false,
            encoder: None,
            seam: Seam::default(),
            ear: None,
            pressed: None,
            calling: None,
            before: image::Before::default(),
            fax: None,
            speaker: Speaker::new(seed),
        }
    }

    /// A new description of the party arrived.
    pub fn reconfigure(&mut self, now: Instant, config: StreamConfig) {
        if config.content == Content::Image && self.config.content != Content::Image {
            self.before = image::Before::of(now, self.config.payload_types);
        }
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
        if self.config.content == Content::Image {
            return self.receive_image(now, port, from, datagram);
        }
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
        let Some(header) = self.judge(now, from, packet) else {
            self.stats.refused += 1;
            return Admission::Consumed;
        };
        self.stats.received += 1;
        self.last = Some(now);
        if self.config.content == Content::Video {
            return Admission::Video(packet.len());
        }
        let payload = &packet[header.payload_start..header.payload_end];
        let is_event = self.config.payload_types.event_clock(header.payload_type).is_some();
        let codec = self.config.payload_types.codec(header.payload_type);
        let clock_rate = codec.map_or(crate::SAMPLE_RATE, Codec::clock_rate);
        self.reception.take(now, &header, (!is_event).then_some(clock_rate));
        if is_event {
            if let Some(digit) = self.dtmf.handle(&header, payload) {
                tell(StreamEvent::Digit(digit));
            }
        } else if let Some(codec) = codec {
            self.spoken = Some(codec);
            if let Some(end) = self.recorder.as_mut().and_then(|r| r.push(codec, header.timestamp, payload)) {
                tell(StreamEvent::RecordEnded(end));
            }
            self.tap.take_if(|tap| !tap.hear(now, codec, &header, payload));
            if let Some(ear) = &mut self.calling {
                let caller = ear.hear(now, codec, payload);
                if caller == Caller::Fax {
                    tell(StreamEvent::FaxCalls);
                }
                if caller != Caller::Unknown {
                    self.calling = None;
                }
            }
        }
        self.listen_for_keys(&header, payload, tell);
        Admission::Forward(header, packet.len())
    }

    /// The header of a packet that is to be taken; else what is wrong with it is noted.
    fn judge(&mut self, now: Instant, from: SocketAddr, packet: &[u8]) -> Option<Header> {
        let header = Header::parse(packet)?;
        if !self.config.payload_types.contains(header.payload_type) {
            self.stats.foreign += 1;
            self.foreign = Some(header.payload_type);
            return None;
        }
        if !self.admits(now, from, header.ssrc) {
            self.stats.strangers += 1;
            self.stranger = Some(from);
            return None;
        }
        Some(header)
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
        let is_its_own = crate::rtcp::is_rtcp(packet)
            && match port {
                Port::Rtp => self.admits(now, from, ssrc),
                Port::Rtcp => self.rtcp.admit(now, from, ssrc) != Source::Stranger,
            };
        if is_its_own {
            self.read_report(now, packet);
        }
        is_its_own
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

    /// Have what the party says copied from now on, or no longer.
    pub fn tap(&mut self, tap: Option<Tap>) {
        self.tap = tap;
    }

    /// Listen for a minute whether it is a fax machine that has called: [`StreamEvent::FaxCalls`] tells.
    pub fn listen_for_fax(&mut self) {
        self.calling = Some(Box::default());
    }

    /// Figures so far.
    pub fn stats(&self) -> StreamStats {
        let unreadable = self.guard.as_ref().map_or(0, |guard| guard.unreadable());
        StreamStats { lost: self.reception.total().lost(), unreadable, ..self.stats }
    }

    /// What the host speaks to this party in, if it can and the party listens.
    pub fn hears_in(&self) -> Option<Codec> {
        self.config.speak.filter(|_| self.config.hears).map(|s| s.codec)
    }

    /// The codec of a packet that was admitted: `None` for events and what the host cannot decode.
    pub fn codec_of(&self, header: &Header) -> Option<Codec> {
        self.config.payload_types.codec(header.payload_type)
    }
}

/// The SSRC of who sends an RTCP packet (RFC 3550 §6.4.1).
fn sender_of(packet: &[u8]) -> u32 {
    packet.get(4..8).map_or(0, |s| u32::from_be_bytes([s[0], s[1], s[2], s[3]]))
}

#[cfg(test)]
mod tests;
