//! Tones: making them, and telling how much of one is in a recording (Goertzel's algorithm). Spoken prompts: telling
//! whether one is in a recording (by correlation).

use anyhow::{Context, Result};
use std::path::Path;

/// Samples per second of everything here.
pub const RATE: u32 = 8_000;
/// One packet of G.711 at 20 ms.
pub const FRAME: usize = 160;
/// Least share of a frame's energy that must be in the tone. G.711 leaves more than 0.99, a gap in a frame halves it.
const PURE: f64 = 0.9;
/// As [`PURE`], for one of up to three tones that are heard together.
const AMONG_OTHERS: f64 = 0.15;
/// Root mean square below which a frame counts as silent; our tones have some 5,600.
const SILENT: f64 = 100.0;
/// How much of a prompt is looked for: a quarter of a second, too short to be torn by a lost packet every time.
const SNIPPET: usize = RATE as usize / 4;
/// Least correlation of a prompt with itself after G.711, which leaves more than 0.99; another prompt stays below 0.6.
const ALIKE: f64 = 0.9;

/// What a recording holds of a tone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heard {
    /// Frames of 20 ms in the recording.
    pub frames: usize,
    /// Frames that hold the tone and nothing else to speak of.
    pub with_tone: usize,
    /// Frames without it between the first and the last frame that hold it.
    pub gaps: usize,
}

impl Heard {
    /// How long the tone was heard, in milliseconds.
    pub fn milliseconds(&self) -> usize {
        self.with_tone * 20
    }

    /// Share of frames that were lost between the first and the last one heard, in percent.
    pub fn loss_percent(&self) -> f64 {
        100.0 * self.gaps as f64 / (self.with_tone + self.gaps).max(1) as f64
    }
}

/// Write a WAV file with a tone of this frequency.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, hertz: f64, seconds: u32) -> Result<()> {
    write_as(path, hertz, seconds, RATE, 1)
}

/// The same with so many samples a second, in so many channels.
///
/// # Errors
/// When the file cannot be written.
pub fn write_as(path: &Path, hertz: f64, seconds: u32, rate: u32, channels: u16) -> Result<()> {
    let spec = hound::WavSpec { channels, sample_rate: rate, ..spec() };
    let mut wav = hound::WavWriter::create(path, spec).with_context(|| format!("cannot make {}", path.display()))?;
    for sample in samples(hertz * f64::from(RATE) / f64::from(rate), (rate * seconds) as usize) {
        for _ in 0..channels {
            wav.write_sample(sample)?;
        }
    }
    Ok(wav.finalize()?)
}

/// Read a recording. One that its writer has not closed is read as far as it goes; of one with more samples a second, or two
/// channels, those are left out that are too many, which is good enough for tones.
///
/// # Errors
/// When it is no WAV file of a multiple of 8,000 samples a second and 16 bit.
pub fn read(path: &Path) -> Result<Vec<i16>> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let data = bytes.windows(4).position(|four| four == b"data").context("no data in the recording")?;
    let number = |at: usize| bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map(u32::from_le_bytes);
    let rate = number(24).context("the recording is too short")?;
    anyhow::ensure!(rate > 0 && rate.is_multiple_of(RATE), "the recording is of {rate} samples a second");
    let channels = number(22).unwrap_or(1) & 0xffff;
    let step = (rate / RATE * channels.max(1)) as usize;
    // The length after “data” is right only in a closed file; what is there counts.
    let samples = bytes.get(data + 8..).unwrap_or_default();
    Ok(samples.chunks_exact(2).step_by(step).map(|two| i16::from_le_bytes([two[0], two[1]])).collect())
}

/// How much of a tone is in these samples.
pub fn heard(samples: &[i16], hertz: f64) -> Heard {
    let has_tone: Vec<bool> = samples.chunks_exact(FRAME).map(|frame| holds(frame, hertz)).collect();
    let first = has_tone.iter().position(|has| *has).unwrap_or(0);
    let last = has_tone.iter().rposition(|has| *has).unwrap_or(0);
    let with_tone = has_tone.iter().filter(|has| **has).count();
    let gaps = has_tone.get(first..=last).unwrap_or_default().iter().filter(|has| !**has).count();
    Heard { frames: has_tone.len(), with_tone, gaps: if with_tone == 0 { 0 } else { gaps } }
}

/// Whether a recording holds a prompt, or what a caller heard of it before it was cut short: its loudest quarter of a
/// second, as G.711 carries it.
pub fn holds_prompt(recording: &[i16], prompt: &[i16]) -> bool {
    let energy = |samples: &[i16]| samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>();
    let loudest = prompt.windows(SNIPPET).step_by(FRAME).max_by(|a, b| energy(a).total_cmp(&energy(b)));
    let Some(snippet) = loudest else { return false };
    let (wanted, mut here) = (energy(snippet), energy(&recording[..SNIPPET.min(recording.len())]));
    for (start, window) in recording.windows(SNIPPET).enumerate() {
        // Most places are too quiet or too loud to be it.
        if (0.5..2.0).contains(&(here / wanted)) {
            let common: f64 = window.iter().zip(snippet).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            if common / (wanted * here).sqrt() > ALIKE {
                return true;
            }
        }
        here -= f64::from(window[0]).powi(2);
        here += recording.get(start + SNIPPET).map_or(0.0, |s| f64::from(*s).powi(2));
    }
    false
}

/// For how many milliseconds a tone is among what is heard, alone or with others about as loud.
pub fn audible(samples: &[i16], hertz: f64) -> usize {
    20 * samples.chunks_exact(FRAME).filter(|frame| share(frame, hertz) > AMONG_OTHERS).count()
}

/// The amplitude of one frequency in these samples, whatever else they hold; frequencies that are 5 Hz and more apart are told
/// apart in a second.
pub fn amplitude(samples: &[i16], hertz: f64) -> f64 {
    let count = samples.len() as f64;
    let turn = 2.0 * std::f64::consts::PI * hertz / f64::from(RATE);
    let (mut real, mut imaginary, mut whole) = (0.0, 0.0, 0.0);
    for (at, sample) in samples.iter().enumerate() {
        // Hann's window, so that a gap in one tone is not heard as another.
        let window = 0.5 - 0.5 * (2.0 * std::f64::consts::PI * at as f64 / count).cos();
        let (sine, cosine) = (turn * at as f64).sin_cos();
        real += window * f64::from(*sample) * cosine;
        imaginary += window * f64::from(*sample) * sine;
        whole += window;
    }
    2.0 * (real * real + imaginary * imaginary).sqrt() / whole.max(1.0)
}

/// Whether this frame is that tone.
fn holds(frame: &[i16], hertz: f64) -> bool {
    share(frame, hertz) > PURE
}

/// How much of the energy of a frame is in one frequency; nothing of one that is silent.
fn share(frame: &[i16], hertz: f64) -> f64 {
    let energy: f64 = frame.iter().map(|s| f64::from(*s).powi(2)).sum();
    let rms = (energy / frame.len() as f64).sqrt();
    if rms > SILENT { goertzel(frame, hertz) / energy } else { 0.0 }
}

/// The energy that is in one frequency, on the scale of the sum of squares.
fn goertzel(frame: &[i16], hertz: f64) -> f64 {
    let turn = 2.0 * std::f64::consts::PI * hertz / f64::from(RATE);
    let coefficient = 2.0 * turn.cos();
    let (mut one, mut two) = (0.0, 0.0);
    for sample in frame {
        let next = f64::from(*sample) + coefficient * one - two;
        two = one;
        one = next;
    }
    let power = one * one + two * two - coefficient * one * two;
    2.0 * power / frame.len() as f64
}

fn samples(hertz: f64, count: usize) -> impl Iterator<Item = i16> {
    let turn = 2.0 * std::f64::consts::PI * hertz / f64::from(RATE);
    (0..count).map(move |i| (8_000.0 * (turn * i as f64).sin()) as i16)
}

fn spec() -> hound::WavSpec {
    hound::WavSpec { channels: 1, sample_rate: RATE, bits_per_sample: 16, sample_format: hound::SampleFormat::Int }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_found_and_its_neighbours_are_not() {
        let tone: Vec<i16> = samples(1_000.0, 8_000).collect();
        assert_eq!(heard(&tone, 1_000.0), Heard { frames: 50, with_tone: 50, gaps: 0 });
        assert_eq!(heard(&tone, 600.0).with_tone, 0);
        assert_eq!(heard(&tone, 1_100.0).with_tone, 0);
        assert_eq!(heard(&[0; 8_000], 1_000.0).with_tone, 0);
    }

    #[test]
    fn lost_frames_between_the_first_and_the_last_are_counted() {
        let mut tone: Vec<i16> = samples(600.0, 16_000).collect();
        tone[..FRAME * 10].fill(0);
        tone[FRAME * 20..FRAME * 21].fill(0);
        // Half a frame lost is a frame lost.
        tone[FRAME * 30..FRAME * 30 + FRAME / 2].fill(0);
        let heard = heard(&tone, 600.0);
        assert_eq!((heard.with_tone, heard.gaps), (88, 2));
        assert!((heard.loss_percent() - 2.222).abs() < 0.01);
        assert_eq!(heard.milliseconds(), 1_760);
    }

    #[test]
    fn a_prompt_is_found_where_it_is_and_no_other_is() {
        let prompt = |name: &str| {
            let folder = crate::repository().join("plugins/auto-attendant/prompts/en");
            read(&folder.join(name).with_extension("wav")).unwrap()
        };
        let (silence, welcome, goodbye) = (vec![0; 5_017], prompt("welcome"), prompt("goodbye"));
        let recording = [&silence[..], &welcome, &silence].concat();
        assert!(holds_prompt(&recording, &welcome));
        assert!(!holds_prompt(&recording, &goodbye) && !holds_prompt(&recording, &prompt("closed")));
        assert!(!holds_prompt(&silence, &welcome) && !holds_prompt(&[], &welcome));
    }

    #[test]
    fn what_is_written_is_read_back_even_from_a_file_that_was_not_closed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        write(&path, 1_000.0, 1).unwrap();
        assert_eq!(heard(&read(&path).unwrap(), 1_000.0).with_tone, 50);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[40..44].fill(0);
        bytes.truncate(44 + 8_000);
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(heard(&read(&path).unwrap(), 1_000.0).with_tone, 25);
    }
}
