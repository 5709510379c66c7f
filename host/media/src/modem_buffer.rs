//! A modem's ear: what one party sends, sample after sample, by the sender's own clock.
//!
//! Modems lose their place when a sample is missing or one too many, so nothing is stretched, left out or placed anew
//! because it came late: what is in order is given out as it comes, and time goes on only where nothing has come for long.

use crate::{
    FRAME,
    codec::{Codec, Decoder, MOST_SAMPLES},
    tap::Heard,
};
use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Samples per millisecond.
const RATE: usize = 8;
/// A packet that is so far ahead after silence, in samples, ends a pause; one that is less has overtaken another.
const PAUSE: i32 = 60 * RATE as i32;
/// How far ahead a packet may be, in samples: what is beyond comes from a sender that has started afresh.
const FAR: usize = 1_000 * RATE;

/// What one party sends, at 8,000 samples a second.
#[derive(Debug)]
pub struct ModemBuffer {
    /// How long a packet may be missing, and how long there may be none.
    patience: Duration,
    decoder: Decoder,
    /// Who sends, and the timestamp of the first sample that has not been given out.
    next: Option<(u32, u32)>,
    /// From there on; nothing where nothing has come yet.
    samples: VecDeque<Option<i16>>,
    /// Since when the first sample has been missing while there are later ones.
    missing_since: Option<Instant>,
    /// The moment up to which time has been given out.
    until: Instant,
    /// Whether silence has been given out since something came.
    silent: bool,
}

impl ModemBuffer {
    /// One that begins now and waits so long for a packet that is missing.
    pub fn new(now: Instant, patience: Duration) -> Self {
        let decoder = Decoder::new(Codec::Pcma);
        Self { patience, decoder, next: None, samples: VecDeque::new(), missing_since: None, until: now, silent: false }
    }

    /// Take a packet: of a codec in which modems survive, else it is noise.
    pub fn push(&mut self, heard: &Heard) {
        if self.decoder.codec() != heard.codec {
            self.decoder = Decoder::new(heard.codec);
        }
        let mut samples = [0; MOST_SAMPLES];
        let count = self.decoder.decode_narrow(heard.payload(), &mut samples);
        let ahead = self
            .next
            .filter(|(ssrc, _)| *ssrc == heard.ssrc)
            .map(|(_, next)| heard.timestamp.wrapping_sub(next) as i32);
        let ahead = match ahead {
            // Time went on without it: a pause of the sender's is not given out twice.
            Some(ahead) if ahead > PAUSE && self.silent => {
                self.step(ahead as usize);
                0
            }
            Some(ahead) if ahead.unsigned_abs() as usize <= FAR => ahead,
            _ => {
                (self.next, self.missing_since) = (Some((heard.ssrc, heard.timestamp)), None);
                self.samples.clear();
                0
            }
        };
        self.silent = false;
        // Of what has been given out already, or in vain waited for, nothing is taken.
        let late = usize::try_from(-ahead).unwrap_or(0);
        let begin = usize::try_from(ahead).unwrap_or(0);
        let Some(samples) = samples[..count].get(late..) else { return };
        if self.samples.len() < begin + samples.len() {
            self.samples.resize(begin + samples.len(), None);
        }
        for (to, sample) in self.samples.iter_mut().skip(begin).zip(samples) {
            *to = Some(*sample);
        }
    }

    /// Append to `out` what can be given out by now. Ask every few milliseconds.
    pub fn poll(&mut self, now: Instant, out: &mut Vec<i16>) {
        let before = out.len();
        loop {
            while let Some(Some(sample)) = self.samples.front() {
                out.push(*sample);
                self.samples.pop_front();
                self.step(1);
                self.missing_since = None;
            }
            if self.samples.is_empty() {
                break;
            }
            let since = *self.missing_since.get_or_insert(now);
            if now.saturating_duration_since(since) < self.patience {
                break;
            }
            while let Some(None) = self.samples.front() {
                out.push(0);
                self.samples.pop_front();
                self.step(1);
            }
        }
        self.until += Duration::from_micros((out.len() - before) as u64 * 1_000 / RATE as u64);
        if self.samples.is_empty() {
            let idle = now.saturating_duration_since(self.until).saturating_sub(self.patience).as_millis() as usize;
            let frames = idle * RATE / FRAME;
            out.resize(out.len() + frames * FRAME, 0);
            self.silent |= frames > 0;
            self.until += Duration::from_millis((frames * FRAME / RATE) as u64);
        }
    }

    fn step(&mut self, samples: usize) {
        if let Some((_, next)) = &mut self.next {
            *next = next.wrapping_add(samples as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{codec::g711, rtp::Header, tap::taps};

    const MS: Duration = Duration::from_millis(1);

    struct Line {
        start: Instant,
        buffer: ModemBuffer,
        out: Vec<i16>,
    }

    impl Line {
        fn new() -> Self {
            let start = Instant::now();
            Self { start, buffer: ModemBuffer::new(start, 100 * MS), out: Vec::new() }
        }

        /// At this millisecond the packet of this number comes, which holds its number.
        fn hears(&mut self, at: u32, number: u32) {
            let (taps, heard) = taps(1);
            let timestamp = (u32::MAX - 300).wrapping_add(number * 160);
            let header = Header {
                marker: false,
                payload_type: 8,
                sequence: number as u16,
                timestamp,
                ssrc: 5,
                payload_start: 0,
                payload_end: 0,
            };
            let octets = [g711::encode_alaw(level(number)); 160];
            taps.tap(0).hear(self.start + MS * at, Codec::Pcma, &header, &octets);
            self.buffer.push(&heard.recv().unwrap());
            self.poll(at);
        }

        fn poll(&mut self, at: u32) {
            self.buffer.poll(self.start + MS * at, &mut self.out);
        }

        /// What was given out, by 20 ms.
        fn frames(&self) -> Vec<i16> {
            assert!(self.out.chunks(160).all(|frame| frame.iter().all(|sample| *sample == frame[0])), "torn");
            self.out.chunks(160).map(|frame| frame[0]).collect()
        }
    }

    /// One that A-law has.
    fn level(number: u32) -> i16 {
        g711::decode_alaw(g711::encode_alaw(500 + (number % 40) as i16 * 300))
    }

    fn levels(numbers: impl IntoIterator<Item = u32>) -> Vec<i16> {
        numbers.into_iter().map(level).collect()
    }

    #[test]
    fn disorder_bunches_and_drifting_clocks_leave_every_sample_in_its_place() {
        let mut line = Line::new();
        // The sender's clock is slow by a twentieth: after three seconds it trails by 150 ms.
        for number in 0..150_u32 {
            let sent = number * 21;
            let bunched = sent.next_multiple_of(80);
            line.hears(
                bunched,
                if number % 10 == 3 {
                    number + 1
                } else if number % 10 == 4 {
                    number - 1
                } else {
                    number
                },
            );
        }
        let frames = line.frames();
        let sound: Vec<i16> = frames.iter().copied().filter(|frame| *frame != 0).collect();
        assert_eq!(sound, levels(0..150));
        assert!(frames.len() - sound.len() <= 6, "silence where the clocks have come apart: {}", frames.len());
    }

    #[test]
    fn what_is_lost_is_silence_of_its_length_and_what_comes_after_that_is_left_out() {
        let mut line = Line::new();
        for number in (0..20).filter(|number| *number != 7) {
            line.hears(number * 20, number);
        }
        line.hears(400, 7);
        let expected: Vec<i16> = (0..20).map(|number| if number == 7 { 0 } else { level(number) }).collect();
        assert_eq!(line.frames(), expected);
    }

    #[test]
    fn a_pause_takes_its_time_once() {
        let mut line = Line::new();
        line.hears(0, 0);
        for at in (20..600).step_by(20) {
            line.poll(at);
        }
        assert!((450..=500).contains(&(line.out.len() / RATE)), "{}", line.out.len());
        // The sender was silent for half a second, and says so by its clock.
        line.hears(600, 30);
        line.hears(620, 31);
        assert!((500..=640).contains(&(line.out.len() / RATE)), "{}", line.out.len());
        assert_eq!(&line.out[line.out.len() - 160..], [level(31); 160]);
    }

    #[test]
    fn a_sender_that_starts_afresh_is_heard_at_once() {
        let mut line = Line::new();
        line.hears(0, 0);
        line.hears(20, 100_000);
        line.hears(40, 3);
        assert_eq!(line.frames(), levels([0, 100_000, 3]));
    }
}
