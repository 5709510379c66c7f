//! Measuring for tests: how much of one frequency is in a sound.

/// Mean power of this frequency in the samples: half the square of its amplitude.
pub(crate) fn power(samples: &[i16], hertz: f64, rate: u32) -> f64 {
    let omega = std::f64::consts::TAU * hertz / f64::from(rate);
    let (mut one, mut two) = (0.0, 0.0);
    for sample in samples {
        let zero = f64::from(*sample) + 2.0 * omega.cos() * one - two;
        (one, two) = (zero, one);
    }
    let square = one * one + two * two - 2.0 * omega.cos() * one * two;
    2.0 * square / (samples.len() as f64).powi(2)
}

/// So many samples of a tone.
pub(crate) fn tone(hertz: f64, amplitude: f64, count: usize, rate: u32) -> Vec<i16> {
    let omega = std::f64::consts::TAU * hertz / f64::from(rate);
    (0..count).map(|at| (amplitude * (omega * at as f64).sin()).round() as i16).collect()
}
