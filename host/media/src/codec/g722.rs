//! G.722 at 64 kbit/s (ITU-T G.722): two bands of 8 kHz, each coded as the difference from what was predicted.
//!
//! Names in capitals are the blocks of the recommendation. Its clock in RTP runs at 8,000 Hz for historical reasons
//! (RFC 3551 §4.5.2): one octet, two samples at 16 kHz, one unit of the timestamp.

/// QMF, table 11: the first half of a symmetrical filter of 24 taps.
const QMF: [i32; 12] = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11];
/// Decision levels of the lower band (table 14).
const LEVELS: [i32; 30] = [
    0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219, 1339,
    1458, 1612, 1765, 1980, 2195, 2557, 2919,
];
/// Output of the lower band's inverse quantiser, 6 bits (table 18). The first four codes are never sent.
const INVERSE_6: [i32; 64] = [
    -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576,
    -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040,
    -728, 24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
    4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
];
/// The same with 4 bits: what both sides predict from (table 17).
const INVERSE_4: [i32; 16] =
    [0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0];
/// Output of the higher band's inverse quantiser (table 19).
const INVERSE_2: [i32; 4] = [-7408, -1616, 7408, 1616];
/// How much a code of the lower band moves the logarithm of its step (tables 15 and 20, W_L by code).
const STEP_LOW: [i32; 16] = [-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60];
/// The same for the higher band (W_H by code).
const STEP_HIGH: [i32; 4] = [798, -214, 798, -214];
/// 2048 · 2^(i/32) (table 21).
const EXPONENT: [i32; 32] = [
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960, 3025,
    3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
];
/// Largest logarithm of the lower band's step.
const MAX_LOW: i32 = 18_432;
/// Largest logarithm of the higher band's step.
const MAX_HIGH: i32 = 22_528;

/// Turns samples at 16 kHz into octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoder {
    low: Band,
    high: Band,
    history: [i32; 24],
}

/// Turns octets into samples at 16 kHz.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoder {
    low: Band,
    high: Band,
    history: [i32; 24],
}

/// How loud a G.722 stream is, told from its octets without decoding them: the step of the lower band follows the
/// loudness of what is spoken, and each octet says how the step moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loudness {
    log: i32,
}

/// The adaptive quantiser and predictor of one band, alike in encoder and decoder.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Band {
    /// NB: the logarithm of the step.
    log: i32,
    /// DET: the step.
    step: i32,
    /// S: what is predicted.
    predicted: i32,
    /// SZ: the part of it that comes from the zeros.
    from_zeros: i32,
    /// R of one and two samples ago.
    rebuilt: [i32; 2],
    /// P of one and two samples ago.
    partial: [i32; 2],
    /// A: the two poles.
    poles: [i32; 2],
    /// D of the last six samples, newest first.
    differences: [i32; 6],
    /// B: the six zeros.
    zeros: [i32; 6],
}

impl Default for Encoder {
    fn default() -> Self {
        Self { low: Band::new(32), high: Band::new(8), history: [0; 24] }
    }
}

impl Default for Decoder {
    fn default() -> Self {
        Self { low: Band::new(32), high: Band::new(8), history: [0; 24] }
    }
}

impl Encoder {
    /// One that goes on for a decoder which has heard another encoder so far.
    pub fn beside(decoder: &Decoder) -> Self {
        Self { low: decoder.low.clone(), high: decoder.high.clone(), history: [0; 24] }
    }

    /// Encode two samples into each octet of `out`; the shorter of the two lengths is done.
    pub fn encode(&mut self, samples: &[i16], out: &mut [u8]) {
        for (octet, pair) in out.iter_mut().zip(samples.chunks_exact(2)) {
            *octet = self.pair(i32::from(pair[0]), i32::from(pair[1]));
        }
    }

    fn pair(&mut self, first: i32, second: i32) -> u8 {
        self.history.copy_within(2.., 0);
        (self.history[22], self.history[23]) = (first, second);
        let (mut even, mut odd) = (0, 0);
        for (at, tap) in QMF.iter().enumerate() {
            odd += self.history[2 * at] * tap;
            even += self.history[23 - 2 * at] * tap;
        }
        // One bit less than the samples have: the bands are 15 bits wide.
        let (low, high) = ((even + odd) >> 14, (even - odd) >> 14);

        let error = saturate(low - self.low.predicted);
        let low_code = quantise_low(error, self.low.step);
        self.low.advance_low(low_code);
        let error = saturate(high - self.high.predicted);
        let high_code = quantise_high(error, self.high.step);
        self.high.advance_high(high_code);
        (high_code << 6 | low_code) as u8
    }
}

impl Decoder {
    /// Decode each octet into two samples of `out`; the shorter of the two lengths is done.
    pub fn decode(&mut self, octets: &[u8], out: &mut [i16]) {
        for (octet, pair) in octets.iter().zip(out.chunks_exact_mut(2)) {
            let (first, second) = self.octet(usize::from(*octet));
            (pair[0], pair[1]) = (first as i16, second as i16);
        }
    }

    /// Go on from a stream whose loudness alone was followed so far: quieter at first than it should be, right after some
    /// milliseconds.
    pub fn wake(loudness: Loudness) -> Self {
        let mut decoder = Self::default();
        decoder.low.log = loudness.log;
        decoder.low.step = loudness.step();
        decoder
    }

    /// How loud it is now.
    pub fn loudness(&self) -> Loudness {
        Loudness { log: self.low.log }
    }

    fn octet(&mut self, octet: usize) -> (i32, i32) {
        let (low_code, high_code) = (octet & 0x3f, octet >> 6);
        let low = limit(self.low.predicted + ((self.low.step * INVERSE_6[low_code]) >> 15));
        self.low.advance_low(low_code);
        let high = limit(self.high.predicted + ((self.high.step * INVERSE_2[high_code]) >> 15));
        self.high.advance_high(high_code);

        self.history.copy_within(2.., 0);
        (self.history[22], self.history[23]) = (low + high, low - high);
        let (mut even, mut odd) = (0, 0);
        for (at, tap) in QMF.iter().enumerate() {
            odd += self.history[2 * at] * tap;
            even += self.history[23 - 2 * at] * tap;
        }
        (saturate(even >> 11), saturate(odd >> 11))
    }
}

impl Loudness {
    /// Follow so many octets.
    pub fn follow(&mut self, octets: &[u8]) {
        for octet in octets {
            self.log = next_log(self.log, STEP_LOW[usize::from(octet >> 2 & 0x0f)], MAX_LOW);
        }
    }

    /// About the mean magnitude of the samples.
    pub fn magnitude(self) -> u32 {
        // The step is a fraction of the spread of the difference that is coded, and the bands have one bit less.
        self.step() as u32 * 2
    }

    fn step(self) -> i32 {
        step_of(self.log, 8)
    }
}

impl Band {
    fn new(step: i32) -> Self {
        Self {
            log: 0,
            step,
            predicted: 0,
            from_zeros: 0,
            rebuilt: [0; 2],
            partial: [0; 2],
            poles: [0; 2],
            differences: [0; 6],
            zeros: [0; 6],
        }
    }

    fn advance_low(&mut self, code: usize) {
        // Both sides predict from four bits, so that the two lowest may be used for data on the way.
        let code = code >> 2;
        let difference = (self.step * INVERSE_4[code]) >> 15;
        self.log = next_log(self.log, STEP_LOW[code], MAX_LOW);
        self.step = step_of(self.log, 8);
        self.predict(difference);
    }

    fn advance_high(&mut self, code: usize) {
        let difference = (self.step * INVERSE_2[code]) >> 15;
        self.log = next_log(self.log, STEP_HIGH[code], MAX_HIGH);
        self.step = step_of(self.log, 10);
        self.predict(difference);
    }

    /// Block 4: take the new difference and predict the next sample.
    fn predict(&mut self, difference: i32) {
        let rebuilt = saturate(self.predicted + difference);
        let partial = saturate(self.from_zeros + difference);
        self.adapt_poles(partial);
        self.adapt_zeros(difference);
        self.differences.copy_within(..5, 1);
        self.differences[0] = difference;
        self.rebuilt = [rebuilt, self.rebuilt[0]];
        self.partial = [partial, self.partial[0]];
        let weigh = |value: i32, weight: i32| (weight * saturate(value * 2)) >> 15;
        let from_poles = saturate(weigh(self.rebuilt[0], self.poles[0]) + weigh(self.rebuilt[1], self.poles[1]));
        self.from_zeros = saturate(self.differences.iter().zip(&self.zeros).map(|(d, b)| weigh(*d, *b)).sum());
        self.predicted = saturate(from_poles + self.from_zeros);
    }

    /// UPPOL2 and UPPOL1.
    fn adapt_poles(&mut self, partial: i32) {
        let same = |before: i32| (partial < 0) == (before < 0);
        let [first, second] = self.poles;
        let quadruple = saturate(first * 4);
        let push = if same(self.partial[0]) { (-quadruple).min(32_767) } else { quadruple };
        let step = if same(self.partial[1]) { 128 } else { -128 };
        let second = (step + (push >> 7) + ((second * 32_512) >> 15)).clamp(-12_288, 12_288);
        let step = if same(self.partial[0]) { 192 } else { -192 };
        let bound = saturate(15_360 - second);
        let first = saturate(step + ((first * 32_640) >> 15)).clamp(-bound, bound);
        self.poles = [first, second];
    }

    /// UPZERO.
    fn adapt_zeros(&mut self, difference: i32) {
        let step = if difference == 0 { 0 } else { 128 };
        for (zero, before) in self.zeros.iter_mut().zip(&self.differences) {
            let step = if (*before < 0) == (difference < 0) { step } else { -step };
            *zero = saturate(step + ((*zero * 32_640) >> 15));
        }
    }
}

/// LOGSCL and LOGSCH.
fn next_log(log: i32, step: i32, max: i32) -> i32 {
    (((log * 127) >> 7) + step).clamp(0, max)
}

/// SCALEL and SCALEH.
fn step_of(log: i32, shift: i32) -> i32 {
    let mantissa = EXPONENT[(log >> 6 & 31) as usize];
    let shift = shift - (log >> 11);
    (if shift < 0 { mantissa << -shift } else { mantissa >> shift }) << 2
}

/// QUANTL.
fn quantise_low(error: i32, step: i32) -> usize {
    let magnitude = if error < 0 { !error } else { error };
    // The levels rise: the first one above the magnitude ends the search. Below the first real one comes code 1.
    let level = LEVELS[1..].partition_point(|level| magnitude >= (level * step) >> 12) + 1;
    match (error < 0, level) {
        (true, 1) => 63,
        (true, 2) => 62,
        (true, level) => 34 - level,
        (false, level) => 62 - level,
    }
}

/// QUANTH.
fn quantise_high(error: i32, step: i32) -> usize {
    let magnitude = if error < 0 { !error } else { error };
    let outer = magnitude >= (564 * step) >> 12;
    match (error < 0, outer) {
        (true, false) => 1,
        (true, true) => 0,
        (false, false) => 3,
        (false, true) => 2,
    }
}

fn saturate(value: i32) -> i32 {
    value.clamp(-32_768, 32_767)
}

/// LIMIT: the bands are 15 bits wide.
fn limit(value: i32) -> i32 {
    value.clamp(-16_384, 16_383)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goertzel::{power, tone};

    #[test]
    fn tones_keep_their_level_within_a_decibel_and_little_is_added() {
        for (hertz, distortion) in [(300.0, 0.02), (1_000.0, 0.02), (2_800.0, 0.04), (6_000.0, 0.25)] {
            let sound = tone(hertz, 8_000.0, 16_000, 16_000);
            let (mut octets, mut back) = (vec![0; 8_000], vec![0; 16_000]);
            Encoder::default().encode(&sound, &mut octets);
            Decoder::default().decode(&octets, &mut back);
            let (was, is) = (power(&sound[8_000..], hertz, 16_000), power(&back[8_000..], hertz, 16_000));
            let change = 10.0 * (is / was).log10();
            assert!(change.abs() < 1.0, "{hertz} Hz: {change} dB");
            let total = back[8_000..].iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / 8_000.0;
            let rest = ((total - is).max(0.0) / is).sqrt();
            assert!(rest < distortion, "{hertz} Hz: {rest} of it is not the tone");
        }
    }

    #[test]
    fn silence_stays_silence_and_hostile_octets_do_no_harm() {
        let (mut octets, mut back) = ([0; 160], [1; 320]);
        Encoder::default().encode(&[0; 320], &mut octets);
        Decoder::default().decode(&octets, &mut back);
        assert!(back.iter().all(|s| s.abs() < 16), "{back:?}");
        let mut decoder = Decoder::default();
        for octet in 0..=255 {
            decoder.decode(&[octet; 400], &mut [0; 800]);
        }
        let mut encoder = Encoder::default();
        for pair in [[i16::MIN, i16::MAX], [i16::MIN; 2], [i16::MAX; 2]] {
            encoder.encode(&pair.repeat(400), &mut [0; 400]);
        }
    }

    #[test]
    fn loudness_is_told_without_decoding() {
        let loud = |amplitude: f64| {
            let mut octets = [0; 800];
            Encoder::default().encode(&tone(440.0, amplitude, 1_600, 16_000), &mut octets);
            let (mut loudness, mut decoder) = (Loudness::default(), Decoder::default());
            loudness.follow(&octets);
            decoder.decode(&octets, &mut [0; 1_600]);
            assert_eq!(loudness, decoder.loudness(), "as the decoder has it");
            loudness.magnitude()
        };
        let heard = [loud(0.0), loud(30.0), loud(1_000.0), loud(10_000.0)];
        assert!(heard.is_sorted() && heard[0] < 70 && heard[2] > 100, "{heard:?}");
    }
}
