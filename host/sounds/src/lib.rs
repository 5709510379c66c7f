//! Files of sound that people upload, made fit to be played: decoded, made one track of 16,000 samples a second, and as loud
//! as all others.
//!
//! Knows nothing of calls, HTTP or where files are kept. A file may be hostile: whatever is in it, the answer is a [`Sound`]
//! or what is wrong with it and how to mend that.
//!
//! Read first: [`prepare`], [`Unsuitable`].
//!
//! ```
//! assert_eq!(jackfield_sounds::prepare(vec![0; 100]).unwrap_err().code(), "unknown-format");
//! ```

mod decode;
mod loudness;
mod resample;

use std::{panic::catch_unwind, time::Duration};

/// Samples per second of what is made.
pub const RATE: u32 = 16_000;
/// Largest file, in bytes.
pub const MOST_BYTES: usize = 20 << 20;
/// Longest sound.
pub const LONGEST: Duration = Duration::from_secs(600);
/// Shortest sound.
const SHORTEST: Duration = Duration::from_millis(100);

/// Octets of a WAV file before its samples.
const HEADER: usize = 44;

/// A sound that can be played.
#[derive(Clone, Debug)]
pub struct Sound {
    /// One track, [`RATE`] samples a second.
    pub samples: Vec<i16>,
    /// How loud it is now, in LUFS (ITU-R BS.1770); −18, or less where peaks forbid that.
    pub loudness: f64,
}

impl Sound {
    /// A WAV file of it: 16-bit PCM.
    pub fn to_wav(&self) -> Vec<u8> {
        let octets = self.samples.len() as u32 * 2;
        let mut file = Vec::with_capacity(HEADER + octets as usize);
        file.extend(b"RIFF");
        file.extend((octets + HEADER as u32 - 8).to_le_bytes());
        file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
        file.extend(RATE.to_le_bytes());
        file.extend((RATE * 2).to_le_bytes());
        file.extend(b"\x02\0\x10\0data");
        file.extend(octets.to_le_bytes());
        file.extend(self.samples.iter().flat_map(|sample| sample.to_le_bytes()));
        file
    }

    /// How long it lasts.
    pub fn length(&self) -> Duration {
        Duration::from_millis(self.samples.len() as u64 * 1_000 / u64::from(RATE))
    }
}

/// The samples of a file that [`Sound::to_wav`] made.
///
/// # Errors
/// When it is another file.
pub fn from_wav(file: &[u8]) -> Result<Vec<i16>, String> {
    let empty = Sound { samples: Vec::new(), loudness: 0.0 }.to_wav();
    let ours = file.get(8..HEADER - 4) == empty.get(8..HEADER - 4);
    let samples = file.get(HEADER..).filter(|_| ours).ok_or("it is no WAV file of the kind that is kept here")?;
    Ok(samples.chunks_exact(2).map(|two| i16::from_le_bytes([two[0], two[1]])).collect())
}

/// Why a file is not taken, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsuitable {
    /// Too many bytes.
    #[error("The file is larger than 20 MB. Save it as MP3 or Ogg Vorbis, or cut it, and try again.")]
    TooLarge,
    /// Too much sound.
    #[error("The sound is longer than 10 minutes. Cut it and try again.")]
    TooLong,
    /// Next to no sound.
    #[error("There is next to no sound in the file: it is shorter than a tenth of a second. Choose another one.")]
    TooShort,
    /// Nothing to be heard.
    #[error("The file holds silence alone. Record it again, and see that the microphone is on.")]
    Silent,
    /// Of a kind that is not known.
    #[error(
        "This is no file of sound that can be read here. Save it as WAV, MP3, FLAC, Ogg Vorbis or M4A and try again."
    )]
    UnknownFormat,
    /// Of a known kind, but not right.
    #[error("The file is damaged ({0}). Save it anew, as WAV for instance, and try again.")]
    Damaged(String),
}

impl Unsuitable {
    /// A stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "too-large",
            Self::TooLong => "too-long",
            Self::TooShort => "too-short",
            Self::Silent => "silent",
            Self::UnknownFormat => "unknown-format",
            Self::Damaged(_) => "damaged",
        }
    }
}

/// Make a file of sound fit to be played: WAV, AIFF, MP3, FLAC, Ogg Vorbis, AAC or M4A. Takes processor time: a second for
/// some minutes of sound.
///
/// # Errors
/// When it cannot be played, with what to do about it.
pub fn prepare(file: Vec<u8>) -> Result<Sound, Unsuitable> {
    if file.len() > MOST_BYTES {
        return Err(Unsuitable::TooLarge);
    }
    // The decoders are others' work and reckon with lengths that the file names: a file that confuses them is damaged.
    let decoded = catch_unwind(|| decode::decode(file));
    let (rate, samples) =
        decoded.unwrap_or_else(|_| Err(Unsuitable::Damaged(String::from("its lengths make no sense"))))?;
    let samples = resample::resample(&samples, rate, RATE);
    if (samples.len() as u64) * 1_000 < SHORTEST.as_millis() as u64 * u64::from(RATE) {
        return Err(Unsuitable::TooShort);
    }
    loudness::level(samples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// A tone in a WAV file, louder on one side than on the other.
    fn wav(rate: u32, channels: u16, seconds: f64, amplitude: f64) -> Vec<u8> {
        let spec = hound::WavSpec {
            channels,
            sample_rate: rate,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
        for at in 0..(seconds * f64::from(rate)) as u32 {
            let sample = (f64::from(at) * 500.0 * std::f64::consts::TAU / f64::from(rate)).sin() * amplitude;
            for channel in 0..channels {
                writer.write_sample((sample / f64::from(channel + 1)) as i16).unwrap();
            }
        }
        writer.finalize().unwrap();
        bytes.into_inner()
    }

    #[test]
    fn whatever_its_rate_and_level_it_comes_out_at_minus_18_lufs() {
        for (rate, channels, amplitude) in [
            (44_100, 2, 20_000.0),
            (8_000, 1, 1_000.0),
            (48_000, 1, 30_000.0),
            (16_000, 2, 300.0),
            (22_050, 1, 9_000.0),
        ] {
            let sound = prepare(wav(rate, channels, 3.0, amplitude)).unwrap();
            assert!((sound.loudness + 18.0).abs() < 1.0, "{rate} {channels} {amplitude}: {}", sound.loudness);
            let length = sound.length().as_millis();
            assert!((2_990..3_010).contains(&length), "{length}");
            // 500 Hz is still 500 Hz: as many rises through zero.
            let rises = sound.samples.windows(2).filter(|two| two[0] < 0 && two[1] >= 0).count();
            assert!((1_495..1_505).contains(&rises), "{rate}: {rises}");
        }
    }

    #[test]
    fn what_is_kept_reads_back_here_and_elsewhere() {
        let sound = prepare(wav(48_000, 2, 0.5, 9_000.0)).unwrap();
        let file = sound.to_wav();
        assert_eq!(from_wav(&file).unwrap(), sound.samples);
        let reader = hound::WavReader::new(Cursor::new(&file)).unwrap();
        assert_eq!((reader.spec().sample_rate, reader.spec().channels, reader.len()), (RATE, 1, 8_000));
        assert!(from_wav(&file[..30]).is_err() && from_wav(&wav(8_000, 1, 0.5, 9_000.0)).is_err());
    }

    #[test]
    fn what_cannot_be_played_is_refused_with_what_to_do() {
        let code = |file: Vec<u8>| {
            let refused = prepare(file).unwrap_err();
            assert!(refused.to_string().contains(". "), "{refused}");
            refused.code()
        };
        assert_eq!(code(vec![0; MOST_BYTES + 1]), "too-large");
        assert_eq!(code(b"%PDF-1.7 this is a letter, and no sound at all".repeat(50)), "unknown-format");
        assert_eq!(code(Vec::new()), "unknown-format");
        assert_eq!(code(wav(8_000, 1, 2.0, 0.0)), "silent");
        assert_eq!(code(wav(8_000, 1, 0.05, 9_000.0)), "too-short");
        assert_eq!(code(wav(8_000, 1, 601.0, 9_000.0)), "too-long");
    }

    #[test]
    fn a_damaged_file_is_an_answer_and_no_panic() {
        let whole = wav(44_100, 2, 0.5, 9_000.0);
        for cut in (0..whole.len()).step_by(997) {
            let _ = prepare(whole[..cut].to_vec());
        }
        let mut seed = 1_u32;
        for _ in 0..300 {
            let mut broken = whole[..4_000].to_vec();
            for _ in 0..10 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (seed >> 8) as usize % 60;
                broken[at] = seed as u8;
            }
            let _ = prepare(broken);
        }
    }
}
