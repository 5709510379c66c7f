//! Concealing lost frames: the last pitch period is said again, ever more softly (after ITU-T G.711 Appendix I).
//!
//! After 10 ms the sound begins to fade, after 60 ms it is gone. Where speech comes back, the two are blended.

/// Longest history, in samples at 16 kHz: the longest pitch period and what it is compared with.
const HISTORY: usize = 640;
/// Longest pitch period in samples at 16 kHz: 15 ms.
const LONGEST: usize = 240;

/// Follows one source's samples and makes up for those that are missing.
#[derive(Clone, Debug)]
pub struct Concealer {
    /// Samples per millisecond.
    ms: usize,
    history: [i16; HISTORY],
    period: [i16; LONGEST],
    pitch: usize,
    /// Samples made up since the last real one.
    made: usize,
    /// The step from the last real sample to the first one said again, which dies away.
    step: f32,
}

impl Concealer {
    /// For samples at 8,000 or 16,000 Hz.
    pub fn new(rate: u32) -> Self {
        Self {
            ms: if rate == 16_000 { 16 } else { 8 },
            history: [0; HISTORY],
            period: [0; LONGEST],
            pitch: 0,
            made: 0,
            step: 0.0,
        }
    }

    /// A frame came (40 ms at most). After a loss its first 5 ms are blended with what was made up.
    pub fn hear(&mut self, frame: &mut [i16]) {
        if self.made > 0 {
            let blend = (5 * self.ms).min(frame.len());
            for (at, sample) in frame[..blend].iter_mut().enumerate() {
                let share = (at + 1) as f32 / (blend + 1) as f32;
                *sample = (f32::from(*sample) * share + self.say_again() * (1.0 - share)) as i16;
            }
            self.made = 0;
        }
        self.keep(frame);
    }

    /// A frame is missing: fill it.
    pub fn conceal(&mut self, frame: &mut [i16]) {
        if self.made == 0 {
            self.find_period();
        }
        for sample in frame.iter_mut() {
            *sample = self.say_again() as i16;
        }
        self.keep(frame);
    }

    /// Begin with silence.
    pub fn reset(&mut self) {
        self.history = [0; HISTORY];
        self.made = 0;
    }

    fn keep(&mut self, frame: &[i16]) {
        let new = &frame[frame.len().saturating_sub(HISTORY)..];
        self.history.copy_within(new.len().., 0);
        self.history[HISTORY - new.len()..].copy_from_slice(new);
    }

    /// The next sample of the period, softer with time.
    fn say_again(&mut self) -> f32 {
        let (at, ms) = (self.made, self.ms);
        self.made = (at + 1).min(1_000 * ms);
        if at >= 60 * ms || self.pitch == 0 {
            return 0.0;
        }
        let fade = if at < 10 * ms { 1.0 } else { (60 * ms - at) as f32 / (50 * ms) as f32 };
        let step = self.step * (1.0 - at as f32 / (4 * ms) as f32).max(0.0);
        (f32::from(self.period[at % self.pitch]) + step) * fade
    }

    /// The distance at which the last 10 ms are most like what came before them.
    fn find_period(&mut self) {
        let (ms, end) = (self.ms, HISTORY);
        let length = 10 * ms;
        let last = &self.history[end - length..];
        let like = |pitch: usize, stride: usize| {
            let before = &self.history[end - length - pitch..end - pitch];
            let (mut product, mut energy) = (0.0_f32, 1.0_f32);
            for (a, b) in last.iter().zip(before).step_by(stride) {
                product += f32::from(*a) * f32::from(*b);
                energy += f32::from(*b) * f32::from(*b);
            }
            product / energy.sqrt()
        };
        // Roughly first, with every second sample at 8 kHz, then closely around the best.
        let coarse = ms / 4;
        let best = |range: std::ops::RangeInclusive<usize>, by: usize, stride: usize| {
            let mut found = (f32::MIN, *range.start());
            for pitch in range.step_by(by) {
                let alike = like(pitch, stride);
                if alike > found.0 {
                    found = (alike, pitch);
                }
            }
            found.1
        };
        let (shortest, longest) = (5 * ms, 15 * ms);
        let rough = best(shortest..=longest, coarse, coarse);
        let pitch = best((rough - coarse).max(shortest)..=(rough + coarse).min(longest), 1, 1);
        self.period[..pitch].copy_from_slice(&self.history[end - pitch..]);
        // The period's last quarter turns into what came before its beginning, so that it follows itself without a seam.
        let quarter = pitch / 4;
        for at in 0..quarter {
            let share = (at + 1) as f32 / quarter as f32;
            let earlier = f32::from(self.history[end - pitch - quarter + at]);
            let place = pitch - quarter + at;
            self.period[place] = (f32::from(self.period[place]) * (1.0 - share) + earlier * share) as i16;
        }
        self.step = f32::from(self.history[end - 1]) - f32::from(self.history[end - pitch - 1]);
        self.pitch = pitch;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A voice: pulses at a slowly moving pitch through three resonances, louder and softer by syllables.
    fn voice(count: usize, rate: f64) -> Vec<i16> {
        let mut phase = 0.0_f64;
        (0..count)
            .map(|at| {
                let time = at as f64 / rate;
                let pitch = 130.0 + 25.0 * (time * 4.1).sin();
                phase += pitch / rate;
                let syllable = 0.15 + 0.85 * (time * 9.0).sin().powi(2);
                let mut sum = 0.0;
                for harmonic in 1..=24 {
                    let hertz = pitch * f64::from(harmonic);
                    let formant = |middle: f64, width: f64| 1.0 / (1.0 + ((hertz - middle) / width).powi(2));
                    let vowel = 600.0 + 150.0 * (time * 5.0).sin();
                    let weight = formant(vowel, 120.0) + 0.5 * formant(1_300.0, 150.0) + 0.2 * formant(2_500.0, 200.0);
                    sum += weight * (std::f64::consts::TAU * phase * f64::from(harmonic)).sin();
                }
                (sum * syllable * 5_000.0).clamp(-32_000.0, 32_000.0) as i16
            })
            .collect()
    }

    /// How far the difference of the two is below the first, in dB: the signal-to-noise ratio of the whole.
    fn likeness(original: &[i16], heard: &[i16]) -> f64 {
        let energy: f64 = original.iter().map(|s| f64::from(*s).powi(2)).sum();
        let error: f64 = original.iter().zip(heard).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
        10.0 * (energy / error).log10()
    }

    #[test]
    fn one_frame_in_twenty_lost_is_nearer_to_the_original_than_silence() {
        for rate in [8_000, 16_000] {
            let frame = rate / 50;
            let original = voice(rate * 10, rate as f64);
            let (mut concealed, mut silent) = (original.clone(), original.clone());
            let mut concealer = Concealer::new(rate as u32);
            let mut dice = 12_345_u32;
            for at in (0..original.len()).step_by(frame) {
                dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let part = at..at + frame;
                if dice >> 16 < 65_536 / 20 {
                    concealer.conceal(&mut concealed[part.clone()]);
                    silent[part].fill(0);
                } else {
                    concealer.hear(&mut concealed[part]);
                }
            }
            let (with, without) = (likeness(&original, &concealed), likeness(&original, &silent));
            assert!(with > without + 1.5, "{rate}: {with} dB with, {without} dB without");
        }
    }

    #[test]
    fn it_fades_to_nothing_after_60_ms_and_has_no_click() {
        let mut sound = voice(8_000, 8_000.0);
        let steepest = sound.windows(2).map(|w| w[0].abs_diff(w[1])).max().unwrap_or(0);
        let mut concealer = Concealer::new(8_000);
        for (at, frame) in sound.chunks_mut(160).enumerate() {
            if (20..25).contains(&at) { concealer.conceal(frame) } else { concealer.hear(frame) }
        }
        assert!(sound[20 * 160 + 480..25 * 160].iter().all(|s| *s == 0));
        assert!(sound[20 * 160..20 * 160 + 400].iter().any(|s| s.unsigned_abs() > 500));
        let steepest_now = sound.windows(2).map(|w| w[0].abs_diff(w[1])).max().unwrap_or(0);
        assert!(f64::from(steepest_now) < f64::from(steepest) * 1.5, "{steepest_now} against {steepest}");
        let mut fresh = [7; 160];
        Concealer::new(8_000).conceal(&mut fresh);
        assert_eq!(fresh, [0; 160], "nothing was said before");
    }
}
