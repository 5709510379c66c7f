//! From any sample rate to any other, by a windowed sinc.

/// Zero crossings of the sinc on each side.
const REACH: f64 = 16.0;

/// The same sound at another rate, without what the lower of the two cannot carry.
pub(crate) fn resample(samples: &[f32], from: u32, to: u32) -> Vec<f32> {
    if from == to {
        return samples.to_vec();
    }
    let (from, to) = (f64::from(from), f64::from(to));
    // Below the half of the lower rate, with room for the filter's slope.
    let cutoff = (to / from).min(1.0) * 0.95;
    let reach = REACH / cutoff;
    let count = (samples.len() as f64 * to / from).floor() as usize;
    let mut out = Vec::with_capacity(count);
    for at in 0..count {
        let middle = at as f64 * from / to;
        let first = (middle - reach).ceil().max(0.0) as usize;
        let last = ((middle + reach).floor() as usize).min(samples.len().saturating_sub(1));
        let mut sum = 0.0;
        for (index, sample) in samples.iter().enumerate().take(last + 1).skip(first) {
            let distance = middle - index as f64;
            let angle = std::f64::consts::PI * distance * cutoff;
            let sinc = if angle.abs() < 1e-9 { 1.0 } else { angle.sin() / angle };
            // Hann's window.
            let window = 0.5 + 0.5 * (std::f64::consts::PI * distance / reach).cos();
            sum += f64::from(*sample) * sinc * window * cutoff;
        }
        out.push(sum as f32);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(rate: u32, hertz: f64) -> Vec<f32> {
        let wave = |at: u32| (f64::from(at) * hertz * std::f64::consts::TAU / f64::from(rate)).sin() as f32;
        (0..rate).map(wave).collect()
    }

    fn level(samples: &[f32]) -> f64 {
        let middle = &samples[samples.len() / 4..samples.len() * 3 / 4];
        (middle.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / middle.len() as f64).sqrt()
    }

    #[test]
    fn what_fits_passes_and_what_does_not_is_taken_out() {
        for (from, hertz) in [(44_100, 1_000.0), (44_100, 6_500.0), (8_000, 3_000.0), (48_000, 200.0)] {
            let level = level(&resample(&tone(from, hertz), from, 16_000));
            assert!((level - 0.707).abs() < 0.03, "{from} {hertz}: {level}");
        }
        let folded = level(&resample(&tone(44_100, 10_000.0), 44_100, 16_000));
        assert!(folded < 0.01, "{folded}");
    }
}
