//! A tap: a copy of what a party says, for whoever records the call. The media thread only copies octets; decoding, mixing
//! and writing are done elsewhere, by a [`crate::Take`].

use crate::{codec::Codec, rtp::Header};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    time::Instant,
};

/// Most octets of one piece: 60 ms of G.711. Opus takes more above 64 kbit/s and 60 ms only; such a packet is left out.
const PIECE: usize = 480;

/// A piece of sound as it came: one packet, or a part of a long one.
#[derive(Clone, Debug)]
pub struct Heard {
    /// When it came.
    pub at: Instant,
    /// Who said it, as the tap was made for.
    pub source: u8,
    /// How it is encoded.
    pub codec: Codec,
    /// Who sent it (RFC 3550 §5.1).
    pub ssrc: u32,
    /// Its place, by the sender's clock.
    pub timestamp: u32,
    length: usize,
    octets: [u8; PIECE],
}

/// Where taps lead to: the channel's memory is taken when it is made, and when it is full what comes is lost.
pub fn taps(pieces: usize) -> (Taps, Receiver<Heard>) {
    let (to, heard) = sync_channel(pieces);
    (Taps { closed: Arc::default(), to }, heard)
}

/// Makes taps that lead to the same place.
#[derive(Clone, Debug)]
pub struct Taps {
    closed: Arc<AtomicBool>,
    to: SyncSender<Heard>,
}

/// Copies what one party says.
#[derive(Debug)]
pub struct Tap {
    source: u8,
    closed: Arc<AtomicBool>,
    to: SyncSender<Heard>,
}

impl Taps {
    /// A tap for a party that is called this.
    pub fn tap(&self, source: u8) -> Tap {
        Tap { source, closed: Arc::clone(&self.closed), to: self.to.clone() }
    }

    /// Let nothing through, or everything again; holds from the next packet on.
    pub fn close(&self, closed: bool) {
        self.closed.store(closed, Ordering::Release);
    }

    /// Whether nothing is let through.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }
}

impl Heard {
    /// The sound, encoded.
    pub fn payload(&self) -> &[u8] {
        &self.octets[..self.length]
    }
}

impl Tap {
    /// Copy a packet; false when nobody wants it any more.
    pub(crate) fn hear(&self, at: Instant, codec: Codec, header: &Header, payload: &[u8]) -> bool {
        if self.closed.load(Ordering::Acquire) || (payload.len() > PIECE && !codec.is_octets()) {
            return true;
        }
        let mut timestamp = header.timestamp;
        for part in payload.chunks(PIECE) {
            let mut octets = [0; PIECE];
            octets[..part.len()].copy_from_slice(part);
            let (source, ssrc) = (self.source, header.ssrc);
            let piece = Heard { at, source, codec, ssrc, timestamp, length: part.len(), octets };
            // Whoever does not keep up loses sound; the call does not wait for it.
            if let Err(TrySendError::Disconnected(_)) = self.to.try_send(piece) {
                return false;
            }
            timestamp = timestamp.wrapping_add(part.len() as u32);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(timestamp: u32) -> Header {
        Header { marker: false, payload_type: 0, sequence: 1, timestamp, ssrc: 9, payload_start: 0, payload_end: 0 }
    }

    #[test]
    fn a_long_packet_comes_in_pieces_and_a_full_channel_loses_without_waiting() {
        let (taps, heard) = taps(2);
        let tap = taps.tap(1);
        let now = Instant::now();
        assert!(tap.hear(now, Codec::Pcmu, &header(100), &[7; 800]));
        assert!(tap.hear(now, Codec::Pcmu, &header(900), &[8; 160]), "lost, and not waited for");
        let pieces: Vec<_> = heard.try_iter().map(|piece| (piece.timestamp, piece.payload().len())).collect();
        assert_eq!(pieces, [(100, 480), (580, 320)]);
        assert!(tap.hear(now, Codec::Opus, &header(0), &[0; 481]));
        assert!(heard.try_recv().is_err(), "Opus cannot be cut");
    }

    #[test]
    fn nothing_passes_a_closed_tap_and_one_that_leads_nowhere_says_so() {
        let (taps, heard) = taps(4);
        let tap = taps.tap(0);
        taps.close(true);
        assert!(tap.hear(Instant::now(), Codec::Pcma, &header(0), &[1; 160]));
        taps.close(false);
        assert!(tap.hear(Instant::now(), Codec::Pcma, &header(160), &[2; 160]));
        assert_eq!(heard.try_iter().map(|piece| piece.payload()[0]).collect::<Vec<_>>(), [2]);
        drop(heard);
        assert!(!tap.hear(Instant::now(), Codec::Pcma, &header(320), &[3; 160]));
    }
}
