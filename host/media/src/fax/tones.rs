//! The tones by which fax machines are known: CNG of who calls and CED of who answers (T.30 §4.3.3).

/// Samples that are looked at together: 20 ms at 8 kHz, so that both tones are multiples of its 50 Hz.
const BLOCK: usize = 160;
/// Blocks in a row that make a tone: 400 ms, of the 500 that CNG lasts at least and the 2,600 of CED.
const ENOUGH: u8 = 20;
/// Blocks in it that may be spoiled: a CED that turns its phase every 450 ms (V.8's ANSam) spoils one each time.
const SPOILED: u8 = 2;
/// Mean power below which nothing is heard: −43 dBm0, the least that T.30 §4 has a receiver take.
const FAINT: f32 = 25_000.0;
/// Least part of the power that must be in the tone.
const PURE: f32 = 0.7;

/// A tone of a fax machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaxTone {
    /// CNG: a machine that calls, 1,100 Hz.
    Calling,
    /// CED: a machine that answers, 2,100 Hz.
    Answering,
}

/// Listens for both; each is told once.
#[derive(Debug)]
pub struct FaxTones {
    block: [i16; BLOCK],
    filled: usize,
    tones: [Listener; 2],
}

#[derive(Debug)]
struct Listener {
    tone: FaxTone,
    /// Twice the cosine of its step per sample.
    coefficient: f32,
    blocks: u8,
    spoiled: u8,
    told: bool,
}

impl Default for FaxTones {
    fn default() -> Self {
        let listener = |tone, hertz: f32| {
            let coefficient = 2.0 * (std::f32::consts::TAU * hertz / crate::SAMPLE_RATE as f32).cos();
            Listener { tone, coefficient, blocks: 0, spoiled: 0, told: false }
        };
        Self {
            block: [0; BLOCK],
            filled: 0,
            tones: [listener(FaxTone::Calling, 1_100.0), listener(FaxTone::Answering, 2_100.0)],
        }
    }
}

impl FaxTones {
    /// Hear these samples at 8 kHz; the tone that they have made known.
    pub fn hear(&mut self, mut samples: &[i16]) -> Option<FaxTone> {
        let mut heard = None;
        while !samples.is_empty() {
            let (part, rest) = samples.split_at(samples.len().min(BLOCK - self.filled));
            self.block[self.filled..self.filled + part.len()].copy_from_slice(part);
            self.filled = (self.filled + part.len()) % BLOCK;
            samples = rest;
            if self.filled == 0 {
                heard = heard.or(self.block());
            }
        }
        heard
    }

    fn block(&mut self) -> Option<FaxTone> {
        let power = self.block.iter().map(|sample| f32::from(*sample).powi(2)).sum::<f32>() / BLOCK as f32;
        let block = &self.block;
        let mut heard = None;
        for listener in &mut self.tones {
            let is_pure = power > FAINT && listener.power(block) > PURE * power;
            heard = heard.or(listener.note(is_pure));
        }
        heard
    }
}

impl Listener {
    /// Mean power of its tone (Goertzel).
    fn power(&self, block: &[i16; BLOCK]) -> f32 {
        let (mut one, mut two) = (0.0, 0.0);
        for sample in block {
            (one, two) = (f32::from(*sample) + self.coefficient * one - two, one);
        }
        2.0 * (one * one + two * two - self.coefficient * one * two) / (BLOCK * BLOCK) as f32
    }

    fn note(&mut self, is_pure: bool) -> Option<FaxTone> {
        if is_pure {
            self.blocks += 1;
        } else {
            self.spoiled += 1;
        }
        if self.spoiled > SPOILED || (self.blocks == 0 && self.spoiled > 0) {
            (self.blocks, self.spoiled) = (0, 0);
        }
        if self.blocks < ENOUGH {
            return None;
        }
        (self.blocks, self.spoiled) = (0, 0);
        (!std::mem::replace(&mut self.told, true)).then_some(self.tone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goertzel::tone;

    fn heard(samples: &[i16]) -> Option<FaxTone> {
        FaxTones::default().hear(samples)
    }

    #[test]
    fn both_tones_are_known_at_any_level_and_a_little_off() {
        for (hertz, expected) in [(1_100.0, FaxTone::Calling), (2_100.0, FaxTone::Answering)] {
            for (off, amplitude) in [(-15.0, 12_000.0), (0.0, 400.0), (15.0, 30_000.0)] {
                let told = heard(&tone(hertz + off, amplitude, 4_000, 8_000));
                assert_eq!(told, Some(expected), "{hertz} Hz {off:+} at {amplitude}");
            }
        }
        let mut tones = FaxTones::default();
        assert_eq!(tones.hear(&tone(2_100.0, 9_000.0, 20_000, 8_000)), Some(FaxTone::Answering));
        assert_eq!(tones.hear(&tone(2_100.0, 9_000.0, 20_000, 8_000)), None, "once");
    }

    #[test]
    fn a_modem_that_turns_its_phase_is_known_too() {
        let mut samples = tone(2_100.0, 9_000.0, 8_000, 8_000);
        for turned in samples.chunks_mut(3_600).skip(1).step_by(2) {
            turned.iter_mut().for_each(|sample| *sample = -*sample);
        }
        assert_eq!(heard(&samples), Some(FaxTone::Answering));
    }

    #[test]
    fn short_faint_and_other_tones_are_none() {
        assert_eq!(heard(&tone(1_100.0, 9_000.0, 2_400, 8_000)), None, "300 ms");
        assert_eq!(heard(&tone(2_100.0, 100.0, 8_000, 8_000)), None, "too faint");
        for hertz in [350.0, 425.0, 950.0, 1_000.0, 1_200.0, 1_400.0, 1_800.0, 2_000.0, 2_200.0] {
            assert_eq!(heard(&tone(hertz, 9_000.0, 16_000, 8_000)), None, "{hertz} Hz");
        }
        let speech: Vec<i16> = (0..80_000_u32)
            .map(|at| (f64::from(at) * 0.11).sin() * 6_000.0 * (f64::from(at) * 0.0021).sin())
            .zip(tone(2_100.0, 3_000.0, 80_000, 8_000))
            .map(|(voice, tone)| voice as i16 + tone)
            .collect();
        assert_eq!(heard(&speech), None, "it is not by itself");
    }
}
