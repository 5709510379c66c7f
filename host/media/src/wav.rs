//! WAV files: prompts in, recordings out.

use crate::{SAMPLE_RATE, TakeFormat};
use std::{
    io::{Cursor, Read},
    time::Duration,
};

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

/// Octets before the sound in a file that is written bit by bit.
pub const WAV_HEADER: usize = 44;

/// The beginning of a file of 16-bit PCM with so many octets of sound; lengths beyond what the format can say are cut.
pub fn wav_header(format: TakeFormat, octets: u64) -> [u8; WAV_HEADER] {
    let octets = u32::try_from(octets).unwrap_or(u32::MAX).min(u32::MAX - WAV_HEADER as u32);
    let (rate, channels) = (format.rate(), format.channels());
    let mut header = [0; WAV_HEADER];
    let mut at = 0;
    let mut put = |part: &[u8]| {
        header[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    };
    put(b"RIFF");
    put(&(octets + WAV_HEADER as u32 - 8).to_le_bytes());
    put(b"WAVEfmt ");
    put(&16_u32.to_le_bytes());
    put(&1_u16.to_le_bytes());
    put(&channels.to_le_bytes());
    put(&rate.to_le_bytes());
    put(&(rate * u32::from(channels) * 2).to_le_bytes());
    put(&(channels * 2).to_le_bytes());
    put(&16_u16.to_le_bytes());
    put(b"data");
    put(&octets.to_le_bytes());
    header
}

/// For a file that [`wav_header`] began and nobody ended: the beginning that fits its length, how many octets of sound it
/// has, and how long they last. `None` when it is no such file.
pub fn repaired_wav_header(header: &[u8; WAV_HEADER], file: u64) -> Option<([u8; WAV_HEADER], u64, Duration)> {
    let formats = [(false, false), (false, true), (true, false), (true, true)];
    let begins = |format: &TakeFormat| wav_header(*format, 0)[8..40] == header[8..40];
    let format = formats.map(|(wide, stereo)| TakeFormat { wide, stereo }).into_iter().find(begins)?;
    let step = u64::from(format.channels()) * 2;
    let octets = file.checked_sub(WAV_HEADER as u64)? / step * step;
    let length = Duration::from_millis(octets * 1_000 / (step * u64::from(format.rate())));
    Some((wav_header(format, octets), octets, length))
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

    #[test]
    fn a_file_that_nobody_ended_gets_a_header_that_fits() {
        let format = TakeFormat { wide: false, stereo: false };
        let mut file = wav_header(format, 0).to_vec();
        file.extend([1, 0].repeat(800));
        file.push(9);
        let (header, octets, length) = repaired_wav_header(file.first_chunk().unwrap(), file.len() as u64).unwrap();
        assert_eq!((octets, length), (1_600, Duration::from_millis(100)));
        file[..WAV_HEADER].copy_from_slice(&header);
        assert_eq!(read_wav(&file[..]).unwrap(), [1; 800]);
        assert!(repaired_wav_header(&[0; WAV_HEADER], 100).is_none());
        assert!(repaired_wav_header(&header, 20).is_none());
    }
}
