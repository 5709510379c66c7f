//! Making all sounds equally loud (EBU R 128).

use crate::{RATE, Sound, Unsuitable};
use ebur128::{EbuR128, Mode};

/// What all sounds are brought to, in LUFS.
const TARGET: f64 = -18.0;
/// Highest peak, about −1 dB of full scale.
const PEAK: f64 = 0.89;
/// Below this it is silence: −70 LUFS is where the measure itself begins to hear.
const SILENT: f64 = -65.0;
/// Peaks are brought down at most so much, in LU; a sound that is all peaks stays softer.
const SQUEEZE: f64 = 9.0;

/// Bring a sound to the common loudness. Where single peaks are in the way they are rounded off.
pub(crate) fn level(samples: Vec<f32>) -> Result<Sound, Unsuitable> {
    let before = measure(&samples);
    if before < SILENT {
        return Err(Unsuitable::Silent);
    }
    let wanted = 10_f64.powf((TARGET - before) / 20.0);
    let peak = samples.iter().fold(0.0_f64, |most, sample| most.max(f64::from(sample.abs())));
    let gain = wanted.min(PEAK / peak.max(1e-9) * 10_f64.powf(SQUEEZE / 20.0));
    let played: Vec<f32> = samples.iter().map(|sample| soften(f64::from(*sample) * gain) as f32).collect();
    let loudness = measure(&played);
    let samples = played.into_iter().map(|sample| (sample * 32_767.0) as i16).collect();
    Ok(Sound { samples, loudness })
}

/// As it is up to half of what is allowed, and bent from there on so that it never reaches more.
fn soften(sample: f64) -> f64 {
    let knee = PEAK / 2.0;
    let over = sample.abs() - knee;
    if over <= 0.0 { sample } else { (knee + knee * (over / knee).tanh()).copysign(sample) }
}

/// Integrated loudness in LUFS. A sound shorter than the measure's window is measured as if it went on.
fn measure(samples: &[f32]) -> f64 {
    let Ok(mut meter) = EbuR128::new(1, RATE, Mode::I) else { return f64::NEG_INFINITY };
    let mut given = 0;
    while given < RATE as usize && !samples.is_empty() {
        if meter.add_frames_f32(samples).is_err() {
            return f64::NEG_INFINITY;
        }
        given += samples.len();
    }
    meter.loudness_global().unwrap_or(f64::NEG_INFINITY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_with_single_peaks_is_brought_up_all_the_same_and_never_clips() {
        let mut speech: Vec<f32> = (0..RATE * 2).map(|at| (at as f32 * 0.2).sin() * 0.02).collect();
        for peak in speech.iter_mut().step_by(4_000) {
            *peak = 0.9;
        }
        let sound = level(speech).unwrap();
        assert!(sound.loudness > -30.0 && sound.loudness < -15.0, "{}", sound.loudness);
        assert!(sound.samples.iter().all(|sample| sample.unsigned_abs() < 30_000));
    }
}
