//! From a file to one track of samples.

use crate::{LONGEST, Unsuitable};
use std::io::Cursor;
use symphonia::core::{
    codecs::audio::AudioDecoderOptions,
    errors::Error,
    formats::{FormatOptions, TrackType, probe::Hint},
    io::{MediaSourceStream, MediaSourceStreamOptions},
    meta::MetadataOptions,
};

/// Lowest and highest sample rate that is taken, in Hz.
const RATES: std::ops::RangeInclusive<u32> = 4_000..=192_000;
/// Most tracks that are mixed into one.
const CHANNELS: usize = 8;

/// Decode the first track of sound, mixed down; says its sample rate too.
pub(crate) fn decode(file: Vec<u8>) -> Result<(u32, Vec<f32>), Unsuitable> {
    let stream = MediaSourceStream::new(Box::new(Cursor::new(file)), MediaSourceStreamOptions::default());
    let probe = symphonia::default::get_probe();
    let mut format = probe
        .probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(|_| Unsuitable::UnknownFormat)?;
    let track = format.default_track(TrackType::Audio).ok_or(Unsuitable::UnknownFormat)?;
    let id = track.id;
    let params = track.codec_params.as_ref().and_then(|params| params.audio()).ok_or(Unsuitable::UnknownFormat)?;
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(params, &AudioDecoderOptions::default())
        .map_err(|_| Unsuitable::UnknownFormat)?;
    let (mut rate, mut mixed, mut packet_samples) = (0, Vec::new(), Vec::<f32>::new());
    let mut faults = 0;
    loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            // A file that ends in the middle of a packet is played as far as it goes.
            Err(Error::IoError(_)) if !mixed.is_empty() => break,
            Err(error) => return Err(Unsuitable::Damaged(error.to_string())),
        };
        if packet.track_id != id {
            continue;
        }
        let audio = match decoder.decode(&packet) {
            Ok(audio) => audio,
            // A packet that is wrong is left out; a file of such packets is not taken.
            Err(Error::DecodeError(why)) => {
                faults += 1;
                if faults > 20 {
                    return Err(Unsuitable::Damaged(why.to_owned()));
                }
                continue;
            }
            Err(error) => return Err(Unsuitable::Damaged(error.to_string())),
        };
        let (own_rate, channels) = (audio.spec().rate(), audio.num_planes());
        if !RATES.contains(&own_rate) || channels == 0 || channels > CHANNELS || (rate != 0 && rate != own_rate) {
            return Err(Unsuitable::Damaged(format!("{channels} tracks of {own_rate} samples a second")));
        }
        rate = own_rate;
        audio.copy_to_vec_interleaved(&mut packet_samples);
        let share = 1.0 / channels as f32;
        mixed.extend(packet_samples.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() * share));
        if mixed.len() as u64 > LONGEST.as_secs() * u64::from(rate) {
            return Err(Unsuitable::TooLong);
        }
    }
    if rate == 0 {
        return Err(if faults > 0 {
            Unsuitable::Damaged(String::from("no packet can be read"))
        } else {
            Unsuitable::TooShort
        });
    }
    // What is no number would spoil all that is reckoned from it.
    mixed.iter_mut().filter(|sample| !sample.is_finite()).for_each(|sample| *sample = 0.0);
    Ok((rate, mixed))
}
