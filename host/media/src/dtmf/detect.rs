//! Hearing keys in sound: the receiver of ITU-T Q.24.
//!
//! Sound is looked at in blocks of 12.75 ms, each half over the one before, by eight Goertzel filters. A block shows a key
//! when two of them, one low and one high, hold most of its power, stand out of their groups and are about as loud as each
//! other. Four such blocks in a row make a key, if both tones keep their loudness in them and turn as fast as their frequencies
//! say: a voice does that for the length of a block now and then, and hardly ever longer. So tones of 40 ms are heard wherever
//! they begin, and those of less than 23 ms are not.

use super::tones::{HIGH, KEYS, LOW};
use crate::SAMPLE_RATE;
use std::f32::consts::{PI, TAU};

/// Samples of a block.
const BLOCK: usize = 102;
/// Samples from the beginning of one block to that of the next.
const HOP: usize = BLOCK / 2;
/// Blocks in a row that make a key: they fit into 40 ms, and hardly into 22 ms.
const CERTAIN: u8 = 4;
/// Mean square of a block below which nobody presses a key: about −34 dBm0 for both tones together.
const FAINTEST: f32 = 2.0e5;
/// How much more power the higher tone may have than the lower one (4 dB), and the other way round (8 dB), with a margin for
/// what leaks from the louder one.
const TWIST: (f32, f32) = (3.6, 12.0);
/// How much more power a tone has than the others of its group: 8 dB among the lower ones, and 6 dB among the higher ones,
/// into which the lower tone leaks.
const STANDS_OUT: (f32, f32) = (6.3, 4.0);
/// The least part of a block's power that is in the two tones; a margin for tones that are off by 1.5 % and for noise.
const MOST_OF_IT: f32 = 0.74;
/// How much the power of a tone may change in the blocks that make a key, which the key's edge and what leaks from the other
/// tone do too: 5 dB.
const STEADY: f32 = 3.2;
/// How far a tone may be off its frequency, from one block to the next and in all blocks that make a key.
const OFF: f32 = 0.025;
const OFF_IN_ALL: f32 = 0.018;
/// Blocks without a key that end it: a shorter gap is an interruption (ITU-T Q.24 §2).
const GAP: u8 = 5;

/// Hears keys in decoded sound at 8 kHz.
#[derive(Clone, Debug)]
pub struct ToneDetector {
    filters: [Filter; 8],
    block: [i16; BLOCK],
    filled: usize,
    /// What the last blocks showed.
    run: Option<Run>,
    /// The key that is being pressed, and how many blocks have not shown it.
    pressed: Option<(char, u8)>,
}

#[derive(Clone, Copy, Debug)]
struct Filter {
    omega: f32,
    /// Twice the cosine of `omega`, its sine and cosine.
    double: f32,
    sine: f32,
    cosine: f32,
}

/// What a filter has found in a block.
#[derive(Clone, Copy, Debug)]
struct Found {
    /// Mean square of that part of the sound.
    power: f32,
    phase: f32,
}

/// The key that a block shows: its row and column, and the two tones.
#[derive(Clone, Copy, Debug)]
struct Shown {
    row: usize,
    column: usize,
    low: Found,
    high: Found,
}

/// Blocks in a row that show the same key.
#[derive(Clone, Copy, Debug)]
struct Run {
    shown: Shown,
    count: u8,
    /// What the lower and the higher tone have done in them.
    tracks: [Track; 2],
}

#[derive(Clone, Copy, Debug)]
struct Track {
    least: f32,
    most: f32,
    /// The sum of how far it was off from block to block.
    off: f32,
}

impl Default for ToneDetector {
    fn default() -> Self {
        let mut of = LOW.into_iter().chain(HIGH);
        let filters = std::array::from_fn(|_| Filter::new(of.next().unwrap_or_default()));
        Self { filters, block: [0; BLOCK], filled: 0, run: None, pressed: None }
    }
}

impl ToneDetector {
    /// Take what was heard next; `tell` is called for each key, once it is certain.
    pub fn hear(&mut self, mut samples: &[i16], mut tell: impl FnMut(char)) {
        while !samples.is_empty() {
            let (now, later) = samples.split_at(samples.len().min(BLOCK - self.filled));
            self.block[self.filled..self.filled + now.len()].copy_from_slice(now);
            self.filled += now.len();
            samples = later;
            if self.filled == BLOCK {
                if let Some(key) = self.judge() {
                    tell(key);
                }
                self.block.copy_within(HOP.., 0);
                self.filled = BLOCK - HOP;
            }
        }
    }

    /// A block is full: the key that is certain now.
    fn judge(&mut self) -> Option<char> {
        let shown = self.look();
        self.run = shown.map(|shown| {
            let longer = self.run.and_then(|run| run.longer(&shown, &self.filters));
            longer.unwrap_or_else(|| Run::new(shown))
        });
        let certain = self.run.is_some_and(|run| run.count == CERTAIN);
        let key = shown.map(|shown| KEYS[shown.row][shown.column]);
        if let Some((pressed, gap)) = &mut self.pressed {
            if key == Some(*pressed) {
                *gap = 0;
                return None;
            }
            *gap += 1;
            if *gap >= GAP {
                self.pressed = None;
            }
        }
        // Another key that is certain ends the one before at once.
        let key = key.filter(|_| certain)?;
        self.pressed = Some((key, 0));
        Some(key)
    }

    fn look(&self) -> Option<Shown> {
        let power = self.block.iter().map(|sample| f32::from(*sample).powi(2)).sum::<f32>() / BLOCK as f32;
        if power < FAINTEST {
            return None;
        }
        let found = self.filters.map(|filter| filter.run(&self.block));
        let loudest = |group: &[Found]| (0..4).max_by(|a, b| group[*a].power.total_cmp(&group[*b].power)).unwrap_or(0);
        let (lows, highs) = found.split_at(4);
        let (row, column) = (loudest(lows), loudest(highs));
        let (low, high) = (lows[row], highs[column]);
        let stands_out = |group: &[Found], at: usize, by: f32| {
            group.iter().enumerate().all(|(other, found)| other == at || group[at].power > by * found.power)
        };
        let is_key = high.power < TWIST.0 * low.power
            && low.power < TWIST.1 * high.power
            && low.power + high.power > MOST_OF_IT * power
            && stands_out(lows, row, STANDS_OUT.0)
            && stands_out(highs, column, STANDS_OUT.1);
        is_key.then_some(Shown { row, column, low, high })
    }
}

impl Run {
    fn new(shown: Shown) -> Self {
        let track = |found: Found| Track { least: found.power, most: found.power, off: 0.0 };
        Self { shown, count: 1, tracks: [track(shown.low), track(shown.high)] }
    }

    /// The same with one more block, if that shows the same key and both of its tones go on as tones do.
    fn longer(self, shown: &Shown, filters: &[Filter; 8]) -> Option<Self> {
        if (shown.row, shown.column) != (self.shown.row, self.shown.column) {
            return None;
        }
        let [low, high] = self.tracks;
        let low = low.longer(self.shown.low, shown.low, filters[shown.row])?;
        let high = high.longer(self.shown.high, shown.high, filters[4 + shown.column])?;
        let count = self.count.saturating_add(1);
        // What leaks from the other tone turns the phase to and fro; over several blocks it is as the frequency says.
        let on_frequency = |track: Track| (track.off / f32::from(CERTAIN - 1)).abs() <= OFF_IN_ALL;
        let fits = count != CERTAIN || (on_frequency(low) && on_frequency(high));
        fits.then_some(Self { shown: *shown, count, tracks: [low, high] })
    }
}

impl Track {
    fn longer(self, then: Found, now: Found, filter: Filter) -> Option<Self> {
        let (least, most) = (self.least.min(now.power), self.most.max(now.power));
        let off = filter.off_by(then.phase, now.phase);
        (most < STEADY * least && off.abs() <= OFF).then_some(Self { least, most, off: self.off + off })
    }
}

impl Filter {
    fn new(hertz: f32) -> Self {
        let omega = hertz * TAU / SAMPLE_RATE as f32;
        Self { omega, double: 2.0 * omega.cos(), sine: omega.sin(), cosine: omega.cos() }
    }

    fn run(self, block: &[i16; BLOCK]) -> Found {
        let (mut one, mut two) = (0.0, 0.0);
        for sample in block {
            let zero = f32::from(*sample) + self.double * one - two;
            (two, one) = (one, zero);
        }
        let (real, imaginary) = (one - two * self.cosine, two * self.sine);
        let power = 2.0 * (real * real + imaginary * imaginary) / (BLOCK as f32).powi(2);
        Found { power, phase: imaginary.atan2(real) }
    }

    /// By which part of its frequency a tone is off, when it has this phase at the end of two blocks.
    fn off_by(self, then: f32, now: f32) -> f32 {
        let turned = now - then - self.omega * HOP as f32;
        let least = turned - TAU * (turned / TAU).round();
        debug_assert!(least.abs() <= PI * 1.001);
        least / HOP as f32 / self.omega
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtmf::KeyTone;

    fn ms(milliseconds: usize) -> usize {
        milliseconds * SAMPLE_RATE as usize / 1_000
    }

    fn heard(samples: &[i16]) -> String {
        let (mut detector, mut keys) = (ToneDetector::default(), String::new());
        for packet in samples.chunks(160) {
            detector.hear(packet, |key| keys.push(key));
        }
        keys
    }

    /// Each key for `on` milliseconds with a pause of `off` after it, made by `tone`, behind so many samples of silence.
    fn keys(tone: impl Fn(char) -> KeyTone, on: usize, off: usize, lead: usize) -> Vec<i16> {
        let mut samples = vec![0; lead];
        for key in ALL.chars() {
            let mut sound = vec![0; ms(on)];
            tone(key).fill(&mut sound);
            samples.extend(sound);
            samples.resize(samples.len() + ms(off), 0);
        }
        samples
    }

    const ALL: &str = "1234567890*#ABCD";

    /// Noise that is even, of this mean square.
    fn noise(samples: &mut [i16], power: f32, mut seed: u32) {
        for sample in samples {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let even = (seed >> 8) as f32 / (1 << 23) as f32 - 1.0;
            *sample = sample.saturating_add((even * (3.0 * power).sqrt()) as i16);
        }
    }

    #[test]
    fn every_key_is_heard_at_every_level_wherever_a_block_begins() {
        for level in [0.0, -3.0, -10.0, -20.0, -30.0] {
            for lead in (0..BLOCK).step_by(7) {
                // The level is that of both tones together.
                let each = level - 3.01;
                let samples = keys(|key| KeyTone::at(key, each, each).unwrap(), 40, 40, lead);
                assert_eq!(heard(&samples), ALL, "{level} dBm0 after {lead}");
            }
        }
        assert_eq!(heard(&keys(|key| KeyTone::new(key).unwrap(), 100, 60, 3)), ALL, "as we make them");
    }

    #[test]
    fn a_tone_of_0_dbm0_each_is_heard_though_it_clips() {
        assert_eq!(heard(&keys(|key| KeyTone::at(key, 0.0, 0.0).unwrap(), 50, 50, 11)), ALL);
    }

    #[test]
    fn twist_of_4_db_one_way_and_8_db_the_other_is_taken_and_more_is_not() {
        let with = |low: f32, high: f32, lead| heard(&keys(|key| KeyTone::at(key, low, high).unwrap(), 40, 40, lead));
        for lead in [0, 31, 77] {
            assert_eq!(with(-16.0, -12.0, lead), ALL, "the higher one 4 dB up");
            assert_eq!(with(-10.0, -18.0, lead), ALL, "the lower one 8 dB up");
            assert_eq!(with(-20.0, -12.0, lead), "");
            assert_eq!(with(-10.0, -25.0, lead), "");
        }
    }

    #[test]
    fn frequencies_may_be_off_by_a_little() {
        let off = |part: f32, on| {
            let tone = |key: char| {
                let row = KEYS.iter().position(|row| row.contains(&key)).unwrap();
                let column = KEYS[row].iter().position(|known| *known == key).unwrap();
                KeyTone::of(LOW[row] * (1.0 + part), HIGH[column] * (1.0 + part), -10.0, -10.0)
            };
            heard(&keys(tone, on, 50, 40))
        };
        for part in [0.015, -0.015] {
            assert_eq!(off(part, 50), ALL, "{part}");
        }
        for part in [0.035, -0.035] {
            assert_eq!(off(part, 200), "", "{part}");
        }
    }

    #[test]
    fn a_key_that_is_held_counts_once_and_one_that_is_interrupted_too() {
        let mut sound = vec![0; ms(3_000)];
        KeyTone::new('5').unwrap().fill(&mut sound);
        assert_eq!(heard(&sound), "5");
        sound[ms(1_000)..ms(1_010)].fill(0);
        assert_eq!(heard(&sound), "5", "10 ms are an interruption");
        sound[ms(1_000)..ms(1_040)].fill(0);
        assert_eq!(heard(&sound), "55", "40 ms are a pause");
    }

    #[test]
    fn what_is_too_short_is_no_key() {
        for lead in (0..BLOCK).step_by(5) {
            assert_eq!(heard(&keys(|key| KeyTone::new(key).unwrap(), 22, 60, lead)), "", "after {lead}");
        }
    }

    #[test]
    fn noise_does_no_harm_and_is_no_key() {
        for seed in 0..8 {
            let mut samples = keys(|key| KeyTone::at(key, -13.0, -13.0).unwrap(), 60, 60, 17);
            // 15 dB below the two tones together.
            noise(&mut samples, 5.0e8 * 10_f32.powf(-2.5), seed);
            // Two tones of −13 dBm0 have 2.5e8 · 10^−1 · 2 of power.
            assert_eq!(heard(&samples), ALL, "seed {seed}");
        }
        let mut alone = vec![0; ms(60_000)];
        noise(&mut alone, 2.0e7, 99);
        assert_eq!(heard(&alone), "");
    }

    /// A voice: pulses of a pitch that glides, through resonances that glide too.
    fn voice(seconds: usize, mut seed: u32) -> Vec<i16> {
        let mut random = move || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / (1 << 24) as f32
        };
        let rate = SAMPLE_RATE as f32;
        let mut samples = Vec::new();
        let mut phase = 0.0_f32;
        let mut memory = [[0.0_f32; 2]; 3];
        while samples.len() < seconds * SAMPLE_RATE as usize {
            // A sound of 50 to 250 ms.
            let length = ms(50) + (random() * ms(200) as f32) as usize;
            let (from, to) = (80.0 + 300.0 * random(), 80.0 + 300.0 * random());
            let from_to = [(250.0, 800.0), (700.0, 2_300.0), (2_000.0, 3_200.0)].map(|(least, most): (f32, f32)| {
                (least + (most - least) * random(), least + (most - least) * random())
            });
            let loud = 600.0 + 2_500.0 * random();
            let voiced = random() < 0.8;
            for at in 0..length {
                let part = at as f32 / length as f32;
                let pitch = from + (to - from) * part;
                phase += pitch / rate;
                let mut excited = if !voiced {
                    random() - 0.5
                } else if phase >= 1.0 {
                    phase -= 1.0;
                    4.0
                } else {
                    0.0
                };
                let mut sum = 0.0;
                for ((begin, end), memory) in from_to.iter().zip(&mut memory) {
                    let omega = (begin + (end - begin) * part) * TAU / rate;
                    let radius = (-PI * 80.0 / rate).exp();
                    let out = excited + 2.0 * radius * omega.cos() * memory[0] - radius * radius * memory[1];
                    *memory = [out, memory[0]];
                    sum += out;
                    excited *= 0.7;
                }
                samples.push((sum * loud) as i16);
            }
        }
        samples
    }

    #[test]
    fn a_voice_and_music_press_no_keys() {
        for seed in 0..10 {
            let said = voice(60, seed);
            assert!(said.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / said.len() as f64 > 1.0e6, "it is loud");
            assert_eq!(heard(&said), "", "seed {seed}");
        }
        assert_eq!(heard(&crate::hold_music()), "");
        for tone in [crate::Tone::Busy, crate::Tone::Ringback, crate::Tone::Beep] {
            let mut sound = vec![0; ms(5_000)];
            crate::ToneGenerator::new(tone, std::time::Duration::from_secs(5)).fill(&mut sound);
            assert_eq!(heard(&sound), "");
        }
    }
}
