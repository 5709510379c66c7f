//! What one party is sent of what another says: payload types mapped, codecs turned where nothing is shared, protected.

use super::{Content, Port, Stream, sender_of};
use crate::{
    codec::{Encoder, MOST_OCTETS, Transcoder},
    rtp::{HEADER_LEN, Header, set_marker, set_payload_type, set_place, set_ssrc},
    secure::srtp::OVERHEAD,
};
use std::{net::SocketAddr, time::Instant};

/// Octets of a packet that was turned into another codec.
const TURNED: usize = HEADER_LEN + MOST_OCTETS + OVERHEAD;

impl Stream {
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
                set_place(buffer, sequence, timestamp);
            }
        } else {
            let source = theirs.codec(header.payload_type);
            let same = match source {
                Some(codec) => ours.of_codec(codec),
                None => Some(header.payload_type).filter(|payload_type| ours.contains(*payload_type)),
            };
            match (same, source, self.config.speak) {
                (Some(payload_type), source, _) => {
                    self.turns = false;
                    set_payload_type(buffer, payload_type);
                    if let Some(codec) = source {
                        let payload = &mut buffer[header.payload_start..header.payload_end];
                        self.seam.passes(codec, header.ssrc, payload, &mut self.encoder);
                    }
                }
                (None, Some(source), Some(speak)) => {
                    let turned = self.transcoder.take().filter(|t| t.turns(source, speak.codec));
                    let mut transcoder = turned.unwrap_or_else(|| Box::new(Transcoder::new(source, speak.codec)));
                    let is_new = transcoder.hears(header.ssrc);
                    let mut encoder = self.encoder.take().unwrap_or_else(|| Box::new(Encoder::new(speak.codec)));
                    if encoder.codec() != speak.codec {
                        encoder.become_new(speak.codec);
                    }
                    self.seam.speaks(&mut encoder);
                    self.turns = !Transcoder::is_in_place(source, speak.codec);
                    if self.turns {
                        if is_new {
                            // Its count begins anew, and how long nobody was heard only the clock on the wall knows.
                            self.continuity.goes_on(0);
                        }
                        let payload = &buffer[header.payload_start..header.payload_end];
                        let ssrc = self.turned_source();
                        transcoder.packets(header, payload, &mut encoder, |sequence, timestamp, marker, octets| {
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
                        (self.transcoder, self.encoder) = (Some(transcoder), Some(encoder));
                        return;
                    }
                    transcoder.in_place(&mut buffer[header.payload_start..header.payload_end], &mut encoder);
                    (self.transcoder, self.encoder) = (Some(transcoder), Some(encoder));
                    set_payload_type(buffer, speak.payload_type);
                }
                _ => return,
            }
        }
        if self.turns {
            set_ssrc(buffer, self.turned_source());
        }
        if let Some(len) = self.finish(now, buffer, len) {
            emit(&buffer[..len], destination);
        }
    }

    /// What is turned has a count of its own, apart from what the host itself plays: another source, which continues it.
    /// Taken for the same one it would fall back behind what was played, and whoever protects against replay drops that.
    fn turned_source(&self) -> u32 {
        !self.speaker.ssrc
    }

    /// The last that is done to a packet: it continues what was sent before, and is protected. Says how long it is then.
    pub(super) fn finish(&mut self, now: Instant, buffer: &mut [u8], len: usize) -> Option<usize> {
        if std::mem::take(&mut self.mark_next) {
            set_marker(buffer);
        }
        let octets = len.saturating_sub(HEADER_LEN) as u64;
        self.continuity.apply(now, &mut buffer[..len], self.config.clock_rate());
        let len = match &mut self.guard {
            Some(guard) => guard.protect(buffer, len)?,
            None => len,
        };
        self.stats.sent += 1;
        self.octets += octets;
        Some(len)
    }

    /// Send a packet that was just admitted back to where it came from; says how long it is and where that is.
    pub fn echo(&mut self, now: Instant, buffer: &mut [u8], len: usize) -> Option<(usize, SocketAddr)> {
        let destination = self.destination().filter(|_| self.config.hears && !self.is_playing())?;
        Some((self.finish(now, buffer, len)?, destination))
    }

    /// Make a report of the connected stream fit for this party: how long it is, where it goes and from which port.
    /// Nowhere when this party knows its sender by another name.
    pub fn pass_report(&mut self, now: Instant, buffer: &mut [u8], len: usize) -> Option<(usize, SocketAddr, Port)> {
        let is_sound = self.config.content == Content::Sound;
        if is_sound && (!self.continuity.shows(sender_of(&buffer[..len])) || self.turns) {
            return None;
        }
        self.note_report(now, &buffer[..len], false);
        self.finish_report(buffer, len)
    }

    pub(super) fn finish_report(&mut self, buffer: &mut [u8], len: usize) -> Option<(usize, SocketAddr, Port)> {
        let Some(guard) = &mut self.guard else { return Some((len, self.rtcp.destination()?, Port::Rtcp)) };
        let mux = guard.rtcp_mux();
        let way =
            guard.way(Port::Rtcp).unwrap_or_else(|| if mux { self.rtp.destination() } else { self.rtcp.destination() });
        Some((guard.protect_rtcp(buffer, len)?, way?, if mux { Port::Rtp } else { Port::Rtcp }))
    }
}

/// The duration of an event (RFC 4733 §2.3.5) by another clock.
fn scale_duration(payload: &mut [u8], from: u32, to: u32) {
    let Some([.., high, low]) = payload.first_chunk_mut::<4>() else { return };
    let scaled = u32::from(u16::from_be_bytes([*high, *low])) * to / from.max(1);
    [*high, *low] = u16::try_from(scaled).unwrap_or(u16::MAX).to_be_bytes();
}
