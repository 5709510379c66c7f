//! Hold music, made rather than stored: soft broken chords that repeat without a seam.

use crate::SAMPLE_RATE;
use std::{
    f32::consts::TAU,
    sync::{Arc, OnceLock},
};

/// Amplitude of one note: three sound together at most, far from clipping.
const AMPLITUDE: f32 = 2_200.0;
/// Samples of one note.
const NOTE: usize = SAMPLE_RATE as usize * 2 / 5;
/// How fast a note dies away, per second.
const DECAY: f32 = 3.2;

/// The notes of four bars in MIDI numbers: C, A minor, F, G, each broken up and down.
const BARS: [[u8; 8]; 4] = [
    [60, 64, 67, 72, 76, 72, 67, 64],
    [57, 60, 64, 69, 72, 69, 64, 60],
    [53, 57, 60, 65, 69, 65, 60, 57],
    [55, 59, 62, 67, 71, 67, 62, 59],
];

/// Twelve seconds of music, 8 kHz; the same memory for everybody who hears it.
pub fn hold_music() -> Arc<[i16]> {
    static MUSIC: OnceLock<Arc<[i16]>> = OnceLock::new();
    Arc::clone(MUSIC.get_or_init(compose))
}

fn compose() -> Arc<[i16]> {
    let notes: Vec<u8> = BARS.into_iter().flatten().collect();
    let mut sound = vec![0.0_f32; notes.len() * NOTE];
    for (place, note) in notes.iter().enumerate() {
        let hertz = 440.0 * 2.0_f32.powf((f32::from(*note) - 69.0) / 12.0);
        // Each note rings on under the next two; the last ones ring into the beginning.
        for at in 0..NOTE * 3 {
            let seconds = at as f32 / SAMPLE_RATE as f32;
            let attack = (seconds * 60.0).min(1.0);
            let phase = TAU * hertz * seconds;
            let wave = phase.sin() + 0.25 * (2.0 * phase).sin();
            let index = (place * NOTE + at) % sound.len();
            sound[index] += AMPLITUDE * attack * (-DECAY * seconds).exp() * wave;
        }
    }
    sound.into_iter().map(|sample| sample.clamp(-32_000.0, 32_000.0) as i16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_audible_does_not_clip_and_has_no_click_at_the_seam() {
        let music = hold_music();
        assert_eq!(music.len(), 32 * NOTE);
        let peak = music.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0);
        assert!((2_000..16_000).contains(&peak), "{peak}");
        let steps = music.iter().zip(music.iter().skip(1)).map(|(a, b)| a.abs_diff(*b));
        let steepest = steps.max().unwrap_or(0);
        let seam = music[0].abs_diff(music[music.len() - 1]);
        assert!(seam <= steepest, "{seam} at the seam, {steepest} elsewhere");
    }
}
