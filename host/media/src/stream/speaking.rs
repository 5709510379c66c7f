//! What the host itself says to one party: what is played, and what a room made for it.

use super::{Stream, StreamEvent, seam::own};
use crate::{
    FRAME, FRAME_TIME,
    codec::Codec,
    rtcp::REPORT_LEN,
    rtp::{HEADER_LEN, Header},
    sdp::Negotiated,
    secure::srtp::OVERHEAD,
};
use std::{net::SocketAddr, time::Instant};

/// Octets that a packet of the host's own takes, protection included.
pub const PACKET: usize = HEADER_LEN + FRAME + OVERHEAD;
/// Octets that a report takes, protection included.
pub const REPORT: usize = REPORT_LEN + OVERHEAD;

/// The host's own RTP sender towards one party.
#[derive(Debug)]
pub(super) struct Speaker {
    pub(super) ssrc: u32,
    sequence: u16,
    timestamp: u32,
    last: Option<Instant>,
}

impl Stream {
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
        let encoder = own(&mut self.encoder, speak.codec);
        self.seam.speaks(encoder);
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
        let payload = packet.get_mut(HEADER_LEN..HEADER_LEN + octets.len())?;
        payload.copy_from_slice(octets);
        self.seam.passes(codec, self.speaker.ssrc, payload, &mut self.encoder);
        let len = self.address(now, speak, octets.len(), packet)?;
        Some((len, destination))
    }

    /// Put the host's own header before so many octets of sound.
    fn address(&mut self, now: Instant, speak: Negotiated, octets: usize, packet: &mut [u8; PACKET]) -> Option<usize> {
        let units = speak.codec.clock_rate() / 50;
        self.speaker.next_header(now, speak.payload_type, units, octets).write(packet.first_chunk_mut()?);
        self.finish(now, packet, HEADER_LEN + octets)
    }
}

impl Speaker {
    pub(super) fn new(seed: u64) -> Self {
        Self { ssrc: (seed >> 32) as u32, sequence: (seed >> 17) as u16 & 0x7fff, timestamp: seed as u32, last: None }
    }

    /// Whether it has said anything yet.
    pub(super) fn speaks(&self) -> bool {
        self.last.is_some()
    }

    /// The header of the next 20 ms: so many units of the codec's clock, in so many octets.
    pub(super) fn next_header(&mut self, now: Instant, payload_type: u8, frame: u32, octets: usize) -> Header {
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
        header
    }
}
