//! Turning one codec into another: octet by octet where both send one for each unit of an 8 kHz clock, else by way of the
//! samples, with a count and a clock of its own. The encoder is the listener's, who has one whoever speaks.

use super::{Codec, Decoder, Encoder, MOST_SAMPLES, g711};
use crate::{FRAME, plc::Concealer, rtp::Header};

/// Most samples that are made up for in a row; a longer gap is a pause.
const MOST_LOST: u32 = 3 * 20;
/// Samples of 20 ms at 16 kHz.
const WIDE: usize = 2 * FRAME;
/// Most octets of one packet that leaves: 60 ms of G.711, and far more than Opus needs.
pub(crate) const MOST_OCTETS: usize = 3 * FRAME;

/// Turns one codec into another.
#[derive(Debug)]
pub struct Transcoder {
    decoder: Decoder,
    to: Codec,
    /// Whose packets it turns.
    source: Option<u32>,
    concealer: Concealer,
    /// Samples per second in between.
    rate: u32,
    /// Samples that wait until a frame is whole.
    waiting: [i16; WIDE],
    filled: usize,
    /// The last packet, and one past the timestamps that were heard.
    last: Option<(u16, u32)>,
    /// How long the last packet was, in units of its clock.
    span: u32,
    sequence: u16,
    timestamp: u32,
    marker: bool,
}

impl Transcoder {
    /// From one to another.
    pub fn new(from: Codec, to: Codec) -> Self {
        let rate = from.sample_rate().min(to.sample_rate());
        Self {
            decoder: Decoder::at(from, rate),
            to,
            source: None,
            concealer: Concealer::new(rate),
            rate,
            waiting: [0; WIDE],
            filled: 0,
            last: None,
            span: 0,
            sequence: 0,
            timestamp: 0,
            marker: true,
        }
    }

    /// Whether it does this.
    pub fn turns(&self, from: Codec, to: Codec) -> bool {
        self.decoder.codec() == from && self.to == to
    }

    /// Whose packets come from now on; whether that is another source, which is heard from its beginning: its count and its
    /// clock are its own.
    pub fn hears(&mut self, source: u32) -> bool {
        if self.source.replace(source) == Some(source) {
            return false;
        }
        self.decoder.reset();
        self.concealer.reset();
        self.last = None;
        self.marker = true;
        true
    }

    /// Whether a payload can be turned in place, so that packets keep their count and their clock.
    pub fn is_in_place(from: Codec, to: Codec) -> bool {
        from.is_octets() && to.is_octets()
    }

    /// Turn a payload into the other codec, in place: its length stays.
    pub fn in_place(&mut self, payload: &mut [u8], encoder: &mut Encoder) {
        let table = match (self.decoder.codec(), self.to) {
            (from, to) if from == to => return,
            (Codec::Pcmu, Codec::Pcma) => &g711::ULAW_TO_ALAW,
            (Codec::Pcma, Codec::Pcmu) => &g711::ALAW_TO_ULAW,
            _ => {
                let mut samples = [0; FRAME];
                for octets in payload.chunks_mut(FRAME) {
                    let samples = &mut samples[..octets.len()];
                    self.decoder.decode_narrow(octets, samples);
                    encoder.encode(samples, octets);
                }
                return;
            }
        };
        for octet in payload {
            *octet = table[usize::from(*octet)];
        }
    }

    /// Turn a packet into packets of the other codec; each is given to `emit` with its sequence number, timestamp and
    /// marker. What comes late is left out, and what is lost is made up for, up to 60 ms.
    pub fn packets(
        &mut self,
        header: &Header,
        payload: &[u8],
        encoder: &mut Encoder,
        mut emit: impl FnMut(u16, u32, bool, &[u8]),
    ) {
        if let Some((sequence, expected)) = self.last {
            let step = header.sequence.wrapping_sub(sequence);
            if step == 0 || step > 0x8000 {
                return;
            }
            let clock = self.decoder.codec().clock_rate();
            let gap = header.timestamp.wrapping_sub(expected);
            if step > 1 && gap > 0 && gap <= MOST_LOST * clock / 1_000 {
                self.make_up(gap, payload, encoder, &mut emit);
            } else if gap != 0 {
                // A pause: the clock goes on, and what waits belongs to before it.
                self.pass_time(gap, encoder, &mut emit);
            }
        }
        let mut samples = [0; MOST_SAMPLES];
        let count = self.decode(payload, &mut samples);
        self.concealer.hear(&mut samples[..count]);
        self.span = self.units(count);
        self.last = Some((header.sequence, header.timestamp.wrapping_add(self.span)));
        self.marker |= header.marker;
        self.speak(&samples[..count], encoder, &mut emit);
    }

    /// A sequence number for a packet that is no sound, such as a key press, and how its timestamp reads on this clock.
    pub(crate) fn beside(&mut self, header: &Header) -> (u16, u32) {
        let behind = self.last.map_or(0, |(_, expected)| header.timestamp.wrapping_sub(expected).cast_signed());
        if let Some((sequence, _)) = &mut self.last {
            // It has a place in the sender's count, so that nothing seems lost.
            *sequence = header.sequence;
        }
        let sequence = self.sequence;
        self.sequence = self.sequence.wrapping_add(1);
        (sequence, self.timestamp.wrapping_add(self.scaled(behind).cast_unsigned()))
    }

    /// A number of units of the sender's clock in units of the listener's.
    fn scaled(&self, units: i32) -> i32 {
        let (from, to) = (self.decoder.codec().clock_rate(), self.to.clock_rate());
        let scaled = i64::from(units) * i64::from(to) / i64::from(from);
        // Beyond half the range of timestamps nothing means anything.
        i32::try_from(scaled).unwrap_or(0)
    }

    fn units(&self, samples: usize) -> u32 {
        samples as u32 * (self.decoder.codec().clock_rate() / 1_000) / (self.rate / 1_000)
    }

    fn decode(&mut self, payload: &[u8], samples: &mut [i16; MOST_SAMPLES]) -> usize {
        if self.rate == 8_000 {
            self.decoder.decode_narrow(payload, samples)
        } else {
            self.decoder.decode(payload, samples)
        }
    }

    fn make_up(&mut self, gap: u32, next: &[u8], encoder: &mut Encoder, emit: &mut impl FnMut(u16, u32, bool, &[u8])) {
        let units_per_ms = self.decoder.codec().clock_rate() / 1_000;
        let samples_per_ms = self.rate / 1_000;
        let mut left = gap / units_per_ms;
        let frame = (self.span / units_per_ms).clamp(10, 60);
        while left > 0 {
            let ms = left.min(frame);
            left -= ms;
            let mut samples = [0; MOST_SAMPLES];
            let samples = &mut samples[..(ms * samples_per_ms) as usize];
            // The packet after a loss says again what was in the last one before it.
            let count = self.decoder.conceal((left == 0).then_some(next), samples);
            if count == 0 {
                self.concealer.conceal(samples);
            }
            self.speak(samples, encoder, emit);
        }
    }

    fn pass_time(&mut self, gap: u32, encoder: &mut Encoder, emit: &mut impl FnMut(u16, u32, bool, &[u8])) {
        if self.filled > 0 {
            let rest = (self.rate / 50) as usize - self.filled;
            self.speak(&[0; WIDE][..rest], encoder, emit);
        }
        self.timestamp = self.timestamp.wrapping_add(self.scaled(gap.cast_signed()).cast_unsigned());
        self.marker = true;
    }

    fn speak(&mut self, mut samples: &[i16], encoder: &mut Encoder, emit: &mut impl FnMut(u16, u32, bool, &[u8])) {
        let frame = (self.rate / 50) as usize;
        while !samples.is_empty() {
            let count = samples.len().min(frame - self.filled);
            self.waiting[self.filled..self.filled + count].copy_from_slice(&samples[..count]);
            self.filled += count;
            samples = &samples[count..];
            if self.filled < frame {
                return;
            }
            self.filled = 0;
            let mut octets = [0; MOST_OCTETS];
            let whole = &self.waiting[..frame];
            let len = if self.rate == 8_000 {
                encoder.encode(whole, &mut octets)
            } else {
                encoder.encode_wide(whole, &mut octets)
            };
            let (sequence, timestamp) = (self.sequence, self.timestamp);
            self.timestamp = self.timestamp.wrapping_add(self.to.clock_rate() / 50);
            if len > 0 {
                self.sequence = self.sequence.wrapping_add(1);
                emit(sequence, timestamp, std::mem::take(&mut self.marker), &octets[..len]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goertzel::{power, tone};

    fn header(sequence: u16, timestamp: u32) -> Header {
        Header { marker: false, payload_type: 0, sequence, timestamp, ssrc: 1, payload_start: 12, payload_end: 12 }
    }

    /// A second of a tone through both, by packets of so many milliseconds, with some lost.
    fn through(from: Codec, to: Codec, ms: u32, lost: impl Fn(u16) -> bool) -> Vec<i16> {
        let sound = tone(1_000.0, 6_000.0, 16_000, 8_000);
        let (mut encoder, mut transcoder, mut decoder) =
            (Encoder::new(from), Transcoder::new(from, to), Decoder::new(to));
        let mut voice = Encoder::new(to);
        let mut heard = Vec::new();
        let mut expected = None;
        for (at, samples) in sound.chunks(8 * ms as usize).enumerate() {
            let mut octets = [0; 480];
            let len = encoder.encode(samples, &mut octets);
            if lost(at as u16) {
                continue;
            }
            let clock = from.clock_rate() / 1_000;
            transcoder.packets(
                &header(at as u16, at as u32 * ms * clock),
                &octets[..len],
                &mut voice,
                |sequence, timestamp, _, octets| {
                    let unit = to.clock_rate() / 50;
                    assert_eq!((u32::from(sequence) * unit, expected.unwrap_or(timestamp)), (timestamp, timestamp));
                    expected = Some(timestamp + unit);
                    let mut samples = [0; MOST_SAMPLES];
                    let count = decoder.decode_narrow(octets, &mut samples);
                    heard.extend_from_slice(&samples[..count]);
                },
            );
        }
        heard
    }

    #[test]
    fn a_tone_goes_from_each_codec_to_each_other_at_its_level() {
        for from in Codec::ALL {
            for to in Codec::ALL {
                let heard = through(from, to, 20, |_| false);
                assert_eq!(heard.len(), 16_000, "{from:?} to {to:?}");
                let level = 10.0 * (power(&heard[8_000..], 1_000.0, 8_000) / 18e6).log10();
                assert!(level.abs() < 1.0, "{from:?} to {to:?}: {level} dB");
            }
        }
    }

    #[test]
    fn whatever_length_the_packets_have_they_leave_in_frames_of_20_ms() {
        for ms in [10, 20] {
            let heard = through(Codec::Pcma, Codec::Opus, ms, |_| false);
            assert_eq!(heard.len(), 16_000, "{ms} ms");
        }
    }

    #[test]
    fn a_lost_packet_is_made_up_for_and_the_count_goes_on() {
        for (from, to) in [(Codec::Opus, Codec::Pcma), (Codec::Pcma, Codec::Opus), (Codec::G722, Codec::Opus)] {
            let heard = through(from, to, 20, |sequence| sequence % 10 == 5);
            assert_eq!(heard.len(), 16_000, "{from:?} to {to:?}");
            let level = 10.0 * (power(&heard[8_000..], 1_000.0, 8_000) / 18e6).log10();
            assert!(level.abs() < 2.0, "{from:?} to {to:?}: {level} dB");
        }
    }

    #[test]
    fn a_pause_is_a_pause_and_what_comes_twice_or_late_is_left_out() {
        let (mut transcoder, mut voice) = (Transcoder::new(Codec::Pcma, Codec::Opus), Encoder::new(Codec::Opus));
        let mut sent = Vec::new();
        let mut feed = |sequence, timestamp| {
            transcoder.packets(
                &header(sequence, timestamp),
                &[0xd5; 160],
                &mut voice,
                |sequence, timestamp, marker, _| {
                    sent.push((sequence, timestamp, marker));
                },
            );
        };
        feed(7, 1_600);
        feed(7, 1_600);
        feed(6, 1_440);
        feed(8, 1_760);
        // A second later.
        feed(9, 1_920 + 8_000);
        assert_eq!(sent, [(0, 0, true), (1, 960, false), (2, 1_920 + 48_000, true)]);
    }
}
