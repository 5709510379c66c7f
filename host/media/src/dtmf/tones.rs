//! DTMF as two tones at once (ITU-T Q.23), for parties that take keys in no other way.

use crate::SAMPLE_RATE;
use std::f32::consts::TAU;

/// The lower frequencies, one for each row of keys, in Hz.
pub(super) const LOW: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
/// The higher frequencies, one for each column.
pub(super) const HIGH: [f32; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];
/// The keys by row and column.
pub(super) const KEYS: [[char; 4]; 4] =
    [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];
/// Amplitude of a tone of 0 dBm0: G.711 clips at 3.14 dBm0.
const ZERO_DBM0: f32 = 22_400.0;
/// Levels of the lower and the higher tone in dBm0; lines dampen the higher one more.
const LEVELS: (f32, f32) = (-10.0, -8.0);

/// Makes the samples of a key one after the other, at 8 kHz.
#[derive(Clone, Debug)]
pub struct KeyTone {
    steps: [f32; 2],
    amplitudes: [f32; 2],
    phases: [f32; 2],
}

impl KeyTone {
    /// The tones of a key; `None` when it is none of 0 to 9, `*`, `#` and A to D.
    pub fn new(key: char) -> Option<Self> {
        Self::at(key, LEVELS.0, LEVELS.1)
    }

    /// The same with these levels of the lower and the higher tone in dBm0.
    pub(super) fn at(key: char, low: f32, high: f32) -> Option<Self> {
        let row = KEYS.iter().position(|row| row.contains(&key.to_ascii_uppercase()))?;
        let column = KEYS[row].iter().position(|known| *known == key.to_ascii_uppercase())?;
        Some(Self::of(LOW[row], HIGH[column], low, high))
    }

    /// Two tones of these frequencies in Hz, with these levels.
    pub(super) fn of(low: f32, high: f32, low_level: f32, high_level: f32) -> Self {
        let step = |hertz: f32| hertz * TAU / SAMPLE_RATE as f32;
        let amplitude = |level: f32| ZERO_DBM0 * 10_f32.powf(level / 20.0);
        let (steps, amplitudes) = ([step(low), step(high)], [amplitude(low_level), amplitude(high_level)]);
        Self { steps, amplitudes, phases: [0.0; 2] }
    }

    /// Fill all of `out`.
    pub fn fill(&mut self, out: &mut [i16]) {
        for sample in out {
            let sum: f32 =
                self.amplitudes.iter().zip(&self.phases).map(|(amplitude, phase)| amplitude * phase.sin()).sum();
            // Levels at which the sum is cut off clip on a line too.
            *sample = sum as i16;
            for (phase, step) in self.phases.iter_mut().zip(self.steps) {
                *phase = (*phase + step) % TAU;
            }
        }
    }
}
