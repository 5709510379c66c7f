//! Call progress tones, made rather than stored.

use crate::SAMPLE_RATE;
use std::time::Duration;

/// A tone with its cadence (ITU-T E.180 supplement 2; most of Europe uses 425 Hz).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// 1,000 Hz, steady.
    Beep,
    /// 425 Hz, 0.5 s on, 0.5 s off.
    Busy,
    /// 425 Hz, 0.25 s on, 0.25 s off.
    Congestion,
    /// 425 Hz, 1 s on, 4 s off.
    Ringback,
    /// 425 Hz, steady.
    Dial,
}

/// Amplitude: −13 dBm0, a level that no network clips.
const AMPLITUDE: f32 = 7_000.0;

/// Makes the samples of a tone one after the other.
#[derive(Clone, Debug)]
pub struct ToneGenerator {
    step: f32,
    on: u32,
    period: u32,
    at: u32,
    left: u32,
}

impl ToneGenerator {
    /// So much of a tone.
    pub fn new(tone: Tone, length: Duration) -> Self {
        let (hertz, on, off) = match tone {
            Tone::Beep => (1_000.0, 1_000, 0),
            Tone::Busy => (425.0, 500, 500),
            Tone::Congestion => (425.0, 250, 250),
            Tone::Ringback => (425.0, 1_000, 4_000),
            Tone::Dial => (425.0, 1_000, 0),
        };
        let samples = |ms: u32| ms * (SAMPLE_RATE / 1_000);
        let left = u32::try_from(length.as_millis()).unwrap_or(u32::MAX / 8).min(u32::MAX / 8) * (SAMPLE_RATE / 1_000);
        Self {
            step: hertz * std::f32::consts::TAU / SAMPLE_RATE as f32,
            on: samples(on),
            period: samples(on + off),
            at: 0,
            left,
        }
    }

    /// Fill as much of `out` as the tone lasts; returns how much that was.
    pub fn fill(&mut self, out: &mut [i16]) -> usize {
        let count = out.len().min(self.left as usize);
        for sample in &mut out[..count] {
            let place = self.at % self.period;
            // The phase restarts with every period, which all these frequencies divide, so that it stays exact.
            *sample = if place < self.on { (AMPLITUDE * (self.step * place as f32).sin()) as i16 } else { 0 };
            self.at = (self.at + 1) % self.period;
        }
        self.left -= count as u32;
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_is_half_a_second_on_and_half_a_second_off() {
        let mut out = vec![0; 8_000];
        assert_eq!(ToneGenerator::new(Tone::Busy, Duration::from_millis(1_000)).fill(&mut out), 8_000);
        let loud = |part: &[i16]| part.iter().any(|s| s.abs() > 6_000);
        assert!(loud(&out[..4_000]) && !out[4_000..].iter().any(|s| *s != 0));
        // 425 Hz crosses zero 850 times a second.
        let crossings = out[..4_000].windows(2).filter(|w| (w[0] < 0) != (w[1] < 0)).count();
        assert!((423..=427).contains(&crossings), "{crossings}");
    }

    #[test]
    fn it_ends_when_its_time_is_over() {
        let mut generator = ToneGenerator::new(Tone::Beep, Duration::from_millis(30));
        let mut out = [0; 160];
        assert_eq!([generator.fill(&mut out), generator.fill(&mut out), generator.fill(&mut out)], [160, 80, 0]);
    }
}
