//! Recording: what one party says, as samples in a row.

use crate::{
    FRAME, SAMPLE_RATE,
    codec::{Codec, Decoder, MOST_SAMPLES},
};
use std::time::Duration;

/// A frame whose mean magnitude is below this is silence (about −48 dBm0).
const SILENCE_LEVEL: u32 = 90;
/// Longest gap in the timestamps that is filled with silence, in samples: beyond it the sender started afresh.
const MAX_GAP: u32 = 2 * SAMPLE_RATE;

/// Collects decoded samples until its time is over or the party has been silent for long enough.
#[derive(Debug)]
pub struct Recorder {
    samples: Vec<i16>,
    max: usize,
    silence: usize,
    silent: usize,
    next: Option<u32>,
    decoder: Decoder,
}

/// Why a recording stopped by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordEnd {
    /// Its time is over.
    Full,
    /// The party was silent.
    Silent,
}

impl Recorder {
    /// Record at most `max`, and stop after so much silence (zero: never).
    pub fn new(max: Duration, silence: Duration) -> Self {
        let samples = |d: Duration| d.as_millis() as usize * (SAMPLE_RATE as usize / 1_000);
        Self {
            samples: Vec::new(),
            max: samples(max),
            silence: samples(silence),
            silent: 0,
            next: None,
            decoder: Decoder::new(Codec::Pcmu),
        }
    }

    /// Take one packet's payload; says when the recording is over. Gaps from lost packets become silence.
    pub fn push(&mut self, codec: Codec, timestamp: u32, payload: &[u8]) -> Option<RecordEnd> {
        if let Some(next) = self.next {
            let gap = timestamp.wrapping_sub(next) / (codec.clock_rate() / SAMPLE_RATE);
            if (1..MAX_GAP).contains(&gap) {
                self.extend_silent(gap as usize);
            }
        }
        if self.decoder.codec() != codec {
            self.decoder = Decoder::new(codec);
        }
        let mut samples = [0; MOST_SAMPLES];
        let count = self.decoder.decode_narrow(payload, &mut samples);
        let units = codec.clock_rate() / SAMPLE_RATE;
        self.next = Some(timestamp.wrapping_add(count as u32 * units));
        let room = self.max.saturating_sub(self.samples.len());
        // Grow by the second, not by the packet.
        if self.samples.capacity() - self.samples.len() < count {
            self.samples.reserve_exact((SAMPLE_RATE as usize).max(self.samples.len() / 2).min(room.max(FRAME)));
        }
        let samples = &samples[..count.min(room)];
        let magnitude = samples.iter().map(|s| u32::from(s.unsigned_abs())).sum::<u32>();
        self.samples.extend_from_slice(samples);
        let quiet = magnitude < SILENCE_LEVEL * count.max(1) as u32;
        self.silent = if quiet { self.silent + count } else { 0 };
        self.end()
    }

    /// What was recorded; trailing silence that ended it is cut off.
    pub fn finish(mut self) -> Vec<i16> {
        if self.silence > 0 && self.silent >= self.silence {
            self.samples.truncate(self.samples.len().saturating_sub(self.silent));
        }
        self.samples
    }

    fn extend_silent(&mut self, count: usize) {
        let to = (self.samples.len() + count).min(self.max);
        self.samples.resize(to, 0);
        self.silent += count;
    }

    fn end(&self) -> Option<RecordEnd> {
        if self.samples.len() >= self.max {
            Some(RecordEnd::Full)
        } else if self.silence > 0 && self.silent >= self.silence {
            Some(RecordEnd::Silent)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOUD: [u8; 160] = [0x10; 160];
    const QUIET: [u8; 160] = [0xff; 160];

    #[test]
    fn a_lost_packet_leaves_silence_of_its_length() {
        let mut recorder = Recorder::new(Duration::from_secs(1), Duration::ZERO);
        assert_eq!(recorder.push(Codec::Pcmu, 1_000, &LOUD), None);
        assert_eq!(recorder.push(Codec::Pcmu, 1_320, &LOUD), None);
        let samples = recorder.finish();
        assert_eq!(samples.len(), 480);
        assert!(samples[160..320].iter().all(|s| *s == 0) && samples[320] != 0);
    }

    #[test]
    fn silence_ends_it_and_is_cut_off_and_time_ends_it_too() {
        let mut recorder = Recorder::new(Duration::from_secs(9), Duration::from_millis(40));
        assert_eq!(recorder.push(Codec::Pcmu, 0, &LOUD), None);
        assert_eq!(recorder.push(Codec::Pcmu, 160, &QUIET), None);
        assert_eq!(recorder.push(Codec::Pcmu, 320, &QUIET), Some(RecordEnd::Silent));
        assert_eq!(recorder.finish().len(), 160);
        let mut short = Recorder::new(Duration::from_millis(30), Duration::ZERO);
        assert_eq!(short.push(Codec::Pcmu, 0, &LOUD), None);
        assert_eq!(short.push(Codec::Pcmu, 160, &LOUD), Some(RecordEnd::Full));
        assert_eq!(short.finish().len(), 240);
    }
}
