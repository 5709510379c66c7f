//! How good speech sounds beside how it was spoken: a score from 1 to 4.4 in the manner of ITU-T P.862, much reduced.
//!
//! Both are brought to the same delay and level, cut into frames of 16 ms, and turned into loudness in bands of one Bark
//! within the telephone's range. What differs by more than the other sound in the band masks is squared and averaged over
//! all frames and bands: the distortion. Then one step: it is said as the share of packets that, lost and silent in
//! G.711, would distort as much, and ITU-T G.113 says what that is worth (Bpl 4.3 without concealment) on the scale of the
//! E-model. The one constant of the step is measured with silence alone: no concealer has had a part in it.

use jackfield_media::emodel;
use std::ops::RangeInclusive;

/// Samples per second of all that is compared.
pub const RATE: usize = 8_000;
/// 16 ms, and half of it from one frame to the next.
const FRAME: usize = 128;
const HOP: usize = FRAME / 2;
/// Longest delay that is looked for: 400 ms.
const MOST_DELAY: usize = 3_200;
/// The telephone's range, in Hz.
const RANGE: (f64, f64) = (200.0, 3_600.0);
/// Power in a band beside that of speech below which nothing is heard: -40 dB, a quiet office.
const AUDIBLE: f64 = 1e-4;
/// Exponent of loudness (Zwicker), whose unit here is that of speech in a band.
const LOUDNESS: f64 = 0.23;
/// Share of the softer of two loudnesses that their difference must exceed to be heard.
const MASKED: f64 = 0.25;
/// The distortion of one packet in a hundred that is silence.
const OF_ONE_PER_CENT: f64 = 0.0016;

/// The opinion score of pieces of speech, each with how it was heard: later, and as loud or not.
pub fn score<'a>(pieces: impl IntoIterator<Item = (&'a [i16], &'a [i16])>) -> f64 {
    score_of_silence(distortion(pieces) / OF_ONE_PER_CENT)
}

/// The opinion score of G.711 of whose packets so many in a hundred are silence, by the E-model (G.107 §7.5, G.113 Table I.4).
pub fn score_of_silence(percent: f64) -> f64 {
    f64::from(emodel::opinion((93.2 - 95.0 * percent / (percent + 4.3)) as f32))
}

/// How far what was heard is from what was said, in squares of loudness: 0 when nobody could tell.
pub fn distortion<'a>(pieces: impl IntoIterator<Item = (&'a [i16], &'a [i16])>) -> f64 {
    let ear = Ear::new();
    let frames: Vec<f64> = pieces.into_iter().flat_map(|(said, heard)| ear.differences(said, heard)).collect();
    frames.iter().sum::<f64>() / frames.len().max(1) as f64
}

/// By how many samples the second is behind the first, for each frame: a jitter buffer moves it by whole packets in the middle
/// of a word, and nobody hears that by itself.
fn delays(said: &[i16], heard: &[i16]) -> Vec<usize> {
    const PACKET: usize = 160;
    const AROUND: usize = 800;
    let usual = delay(said, heard);
    let candidates = (0..9).filter_map(|packets| (usual + packets * PACKET).checked_sub(4 * PACKET));
    let candidates: Vec<usize> = candidates.collect();
    let (said, heard) = (float(said), float(heard));
    let mut current = usual;
    let follow = |begin: usize| {
        let (from, to) = (begin.saturating_sub(AROUND), (begin + AROUND).min(said.len()));
        let like = |delay: usize| heard.get(from + delay..).map_or(0.0, |heard| alike(&said[from..to], heard));
        let found = candidates.iter().copied().max_by(|a, b| like(*a).total_cmp(&like(*b))).unwrap_or(usual);
        // Where both are as good nothing has moved.
        if like(found) > 1.1 * like(current) {
            current = found;
        }
        [current; 4]
    };
    (0..said.len().saturating_sub(FRAME - 1)).step_by(4 * HOP).flat_map(follow).collect()
}

/// By how many samples the second is behind the first as a whole: first by their loudness, then by their samples.
fn delay(said: &[i16], heard: &[i16]) -> usize {
    const STEP: usize = 32;
    let loudness = |sound: &[i16]| -> Vec<f64> {
        sound.chunks(STEP).map(|c| c.iter().map(|s| f64::from(s.unsigned_abs())).sum::<f64>().sqrt()).collect()
    };
    let (said_steps, heard_steps) = (loudness(said), loudness(heard));
    let most = MOST_DELAY.min(heard.len().saturating_sub(said.len() / 2));
    let rough = best(0..=most / STEP, |at| alike(&said_steps, &heard_steps[at..])) * STEP;
    let (said, heard) = (float(said), float(heard));
    best(rough.saturating_sub(2 * STEP)..=(rough + 2 * STEP).min(most), |at| alike(&said, &heard[at..]))
}

fn best(range: RangeInclusive<usize>, of: impl Fn(usize) -> f64) -> usize {
    let first = *range.start();
    range.map(|at| (at, of(at))).fold((first, f64::MIN), |found, new| if new.1 > found.1 { new } else { found }).0
}

fn float(sound: &[i16]) -> Vec<f64> {
    sound.iter().map(|sample| f64::from(*sample)).collect()
}

/// The correlation of two, as far as both last.
fn alike(a: &[f64], b: &[f64]) -> f64 {
    let (mut product, mut energy) = (0.0, 1.0);
    for (a, b) in a.iter().zip(b) {
        product += a * b;
        energy += b * b;
    }
    product / energy.sqrt()
}

/// Bands of hearing.
struct Ear {
    /// In each band its frequencies, each as a windowed cosine and sine.
    bands: Vec<Vec<Wave>>,
}

type Wave = [(f64, f64); FRAME];

impl Ear {
    fn new() -> Self {
        let bark = |hertz: f64| 13.0 * (0.000_76 * hertz).atan() + 3.5 * (hertz / 7_500.0).powi(2).atan();
        let hertz = |bin: usize| bin as f64 * RATE as f64 / FRAME as f64;
        let wave = |bin: usize| -> Wave {
            std::array::from_fn(|at| {
                let window = 0.5 - 0.5 * (std::f64::consts::TAU * at as f64 / FRAME as f64).cos();
                let (sin, cos) = (std::f64::consts::TAU * (bin * at) as f64 / FRAME as f64).sin_cos();
                (window * cos, window * sin)
            })
        };
        let (mut bands, mut begins) = (Vec::new(), f64::MIN);
        for bin in (1..FRAME / 2).filter(|bin| (RANGE.0..=RANGE.1).contains(&hertz(*bin))) {
            if bark(hertz(bin)) - begins >= 1.0 {
                begins = bark(hertz(bin));
                bands.push(Vec::new());
            }
            bands.last_mut().expect("the first bin begins one").push(wave(bin));
        }
        Self { bands }
    }

    /// How much each frame differs, as one hears it.
    fn differences(&self, said: &[i16], heard: &[i16]) -> Vec<f64> {
        let delays = delays(said, heard);
        let frames =
            delays.iter().enumerate().map(|(at, delay)| (at * HOP, delay)).filter(|(at, _)| at + FRAME <= said.len());
        let (said, mut heard): (Vec<_>, Vec<_>) = frames
            .map(|(at, delay)| {
                let heard = heard.get(at + delay..at + delay + FRAME).unwrap_or(&[0; FRAME]);
                (self.powers(&said[at..at + FRAME]), self.powers(heard))
            })
            .unzip();
        let mean = |frame: &Vec<f64>| frame.iter().sum::<f64>() / frame.len() as f64;
        let loudest = said.iter().map(mean).fold(0.0, f64::max);
        let speaks: Vec<usize> = (0..said.len()).filter(|at| mean(&said[*at]) > loudest / 1_000.0).collect();
        if speaks.is_empty() {
            return Vec::new();
        }
        let usual = speaks.iter().map(|at| mean(&said[*at])).sum::<f64>() / speaks.len() as f64;
        // The same level, by the middle frame: what is missing for a moment does not count for all the rest.
        let mut ratios: Vec<f64> = speaks.iter().map(|at| mean(&said[*at]) / mean(&heard[*at]).max(1e-9)).collect();
        ratios.sort_by(f64::total_cmp);
        let gain = ratios[ratios.len() / 2];
        heard.iter_mut().flatten().for_each(|power| *power *= gain);
        let loudness = |power: f64| (AUDIBLE + power / usual).powf(LOUDNESS) - AUDIBLE.powf(LOUDNESS);
        let difference = |(said, heard): (&f64, &f64)| {
            let (said, heard) = (loudness(*said), loudness(*heard));
            ((said - heard).abs() - MASKED * said.min(heard)).max(0.0).powi(2)
        };
        let frames = said.iter().zip(&heard);
        frames.map(|(a, b)| a.iter().zip(b).map(difference).sum::<f64>() / a.len() as f64).collect()
    }

    /// The power in each band.
    fn powers(&self, frame: &[i16]) -> Vec<f64> {
        let power = |wave: &Wave| {
            let (re, im) = frame.iter().zip(wave).fold((0.0, 0.0), |(re, im), (sample, (cos, sin))| {
                (re + f64::from(*sample) * cos, im + f64::from(*sample) * sin)
            });
            re * re + im * im
        };
        self.bands.iter().map(|band| band.iter().map(power).sum()).collect()
    }
}
