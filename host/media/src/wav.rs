//! WAV files: prompts in, recordings out.

use crate::SAMPLE_RATE;
use std::io::{Cursor, Read};

/// Longest prompt that is taken, in samples: 10 minutes.
const MAX_SAMPLES: usize = 600 * SAMPLE_RATE as usize;

/// The file cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum WavError {
    /// Not a WAV file, or damaged.
    #[error("not a readable WAV file: {0}")]
    Unreadable(#[from] hound::Error),
    /// A WAV file of a kind that is not played.
    #[error("the WAV file is {0}; use 16-bit PCM, mono, 8,000 Hz, at most 10 minutes")]
    Unsuitable(String),
}

/// Read a prompt: 16-bit PCM, mono, 8 kHz, at most 10 minutes.
pub fn read_wav(file: impl Read) -> Result<Vec<i16>, WavError> {
    let mut reader = hound::WavReader::new(file)?;
    let spec = reader.spec();
    if spec.sample_format != hound::SampleFormat::Int || spec.bits_per_sample != 16 {
        return Err(WavError::Unsuitable(format!("{}-bit {:?}", spec.bits_per_sample, spec.sample_format)));
    }
    if spec.channels != 1 || spec.sample_rate != SAMPLE_RATE {
        return Err(WavError::Unsuitable(format!("{} Hz with {} channels", spec.sample_rate, spec.channels)));
    }
    if reader.len() as usize > MAX_SAMPLES {
        return Err(WavError::Unsuitable(format!("{} s long", reader.len() / SAMPLE_RATE)));
    }
    // The length in the header may lie; collecting stops where the file does.
    Ok(reader.samples::<i16>().take(MAX_SAMPLES).collect::<Result<_, _>>()?)
}

/// Write a recording: 16-bit PCM, mono, 8 kHz.
pub fn write_wav(samples: &[i16]) -> Result<Vec<u8>, WavError> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = Cursor::new(Vec::with_capacity(44 + 2 * samples.len()));
    let mut writer = hound::WavWriter::new(&mut file, spec)?;
    for sample in samples {
        writer.write_sample(*sample)?;
    }
    writer.finalize()?;
    Ok(file.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_and_what_cannot_be_played_says_why() {
        let samples: Vec<i16> = (0..400).map(|n| n * 50).collect();
        let file = write_wav(&samples).unwrap();
        assert_eq!(read_wav(&file[..]).unwrap(), samples);
        let mut fast = file.clone();
        fast[24..28].copy_from_slice(&16_000u32.to_le_bytes());
        fast[28..32].copy_from_slice(&32_000u32.to_le_bytes());
        assert!(read_wav(&fast[..]).unwrap_err().to_string().contains("16000 Hz"));
        assert!(read_wav(&file[..60]).is_err(), "cut short");
        assert!(read_wav(&b"RIFFxxxx"[..]).is_err());
    }
}
