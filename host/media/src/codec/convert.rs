//! Encoding, decoding, and turning one codec into another, with the state that goes with it.

use super::{Codec, g711, g722};
use crate::{
    FRAME,
    resample::{Downsampler, Upsampler},
};

/// Samples of 20 ms at 16 kHz.
const WIDE: usize = 2 * FRAME;

/// Encodes for one listener, or for several that hear the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoder {
    codec: Codec,
    g722: g722::Encoder,
    up: Upsampler,
    down: Downsampler,
}

/// Decodes what one party says.
#[derive(Clone, Debug)]
pub struct Decoder {
    codec: Codec,
    g722: g722::Decoder,
    down: Downsampler,
}

/// Turns one codec into another.
#[derive(Clone, Debug)]
pub struct Transcoder {
    decoder: Decoder,
    encoder: Encoder,
}

impl Encoder {
    /// An encoder that has heard nothing yet.
    pub fn new(codec: Codec) -> Self {
        Self { codec, g722: g722::Encoder::default(), up: Upsampler::default(), down: Downsampler::default() }
    }

    /// What it encodes to.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// From now on it is given samples at another rate.
    pub(crate) fn rate_changed(&mut self) {
        (self.up, self.down) = (Upsampler::default(), Downsampler::default());
    }

    /// Encode up to 160 samples at 8 kHz, one into each octet; the shorter of the two lengths is done.
    pub fn encode(&mut self, samples: &[i16], out: &mut [u8]) {
        match self.codec {
            Codec::Pcmu => law(g711::encode_ulaw, samples, out),
            Codec::Pcma => law(g711::encode_alaw, samples, out),
            Codec::G722 => {
                let mut wide = [0; WIDE];
                for (samples, out) in samples.chunks(FRAME).zip(out.chunks_mut(FRAME)) {
                    let wide = &mut wide[..2 * samples.len()];
                    self.up.process(samples, wide);
                    self.g722.encode(wide, out);
                }
            }
        }
    }

    /// Encode samples at 16 kHz, two into each octet; the shorter of the two lengths is done.
    pub fn encode_wide(&mut self, samples: &[i16], out: &mut [u8]) {
        if self.codec == Codec::G722 {
            return self.g722.encode(samples, out);
        }
        let mut narrow = [0; FRAME];
        for (samples, out) in samples.chunks(WIDE).zip(out.chunks_mut(FRAME)) {
            let narrow = &mut narrow[..samples.len() / 2];
            self.down.process(samples, narrow);
            match self.codec {
                Codec::Pcmu => law(g711::encode_ulaw, narrow, out),
                Codec::Pcma | Codec::G722 => law(g711::encode_alaw, narrow, out),
            }
        }
    }
}

impl Decoder {
    /// A decoder that has heard nothing yet.
    pub fn new(codec: Codec) -> Self {
        Self { codec, g722: g722::Decoder::default(), down: Downsampler::default() }
    }

    /// What it decodes.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// Decode into as many samples at the codec's own rate as there are octets (G.711) or twice as many (G.722); the
    /// shorter of the two lengths is done. Says how many samples that were.
    pub fn decode(&mut self, octets: &[u8], out: &mut [i16]) -> usize {
        let table = match self.codec {
            Codec::Pcmu => &g711::ULAW_TO_LINEAR,
            Codec::Pcma => &g711::ALAW_TO_LINEAR,
            Codec::G722 => {
                self.g722.decode(octets, out);
                return (2 * octets.len()).min(out.len() & !1);
            }
        };
        for (sample, octet) in out.iter_mut().zip(octets) {
            *sample = table[usize::from(*octet)];
        }
        octets.len().min(out.len())
    }

    /// Decode into one sample at 8 kHz for each octet; the shorter of the two lengths is done.
    pub fn decode_narrow(&mut self, octets: &[u8], out: &mut [i16]) {
        if self.codec != Codec::G722 {
            self.decode(octets, out);
            return;
        }
        let mut wide = [0; WIDE];
        for (octets, out) in octets.chunks(FRAME).zip(out.chunks_mut(FRAME)) {
            let wide = &mut wide[..2 * octets.len()];
            self.g722.decode(octets, wide);
            self.down.process(wide, out);
        }
    }

    /// Go on from a loudness that was followed without decoding.
    pub(crate) fn wake(&mut self, loudness: g722::Loudness) {
        self.g722 = g722::Decoder::wake(loudness);
    }

    pub(crate) fn loudness(&self) -> g722::Loudness {
        self.g722.loudness()
    }
}

impl Transcoder {
    /// From one to another.
    pub fn new(from: Codec, to: Codec) -> Self {
        Self { decoder: Decoder::new(from), encoder: Encoder::new(to) }
    }

    /// Whether it does this.
    pub fn turns(&self, from: Codec, to: Codec) -> bool {
        self.decoder.codec == from && self.encoder.codec == to
    }

    /// Turn a payload into the other codec, in place: its length stays.
    pub fn transcode(&mut self, payload: &mut [u8]) {
        let table = match (self.decoder.codec, self.encoder.codec) {
            (from, to) if from == to => return,
            (Codec::Pcmu, Codec::Pcma) => &g711::ULAW_TO_ALAW,
            (Codec::Pcma, Codec::Pcmu) => &g711::ALAW_TO_ULAW,
            _ => {
                let mut samples = [0; FRAME];
                for octets in payload.chunks_mut(FRAME) {
                    let samples = &mut samples[..octets.len()];
                    self.decoder.decode_narrow(octets, samples);
                    self.encoder.encode(samples, octets);
                }
                return;
            }
        };
        for octet in payload {
            *octet = table[usize::from(*octet)];
        }
    }
}

fn law(encode: fn(i16) -> u8, samples: &[i16], out: &mut [u8]) {
    for (octet, sample) in out.iter_mut().zip(samples) {
        *octet = encode(*sample);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goertzel::{power, tone};

    #[test]
    fn a_tone_goes_from_each_codec_to_each_other_at_its_level() {
        let sound = tone(1_000.0, 6_000.0, 8_000, 8_000);
        for from in Codec::ALL {
            for to in Codec::ALL {
                let mut octets = vec![0; 8_000];
                Encoder::new(from).encode(&sound, &mut octets);
                Transcoder::new(from, to).transcode(&mut octets);
                let mut heard = vec![0; 8_000];
                Decoder::new(to).decode_narrow(&octets, &mut heard);
                let change = 10.0 * (power(&heard[4_000..], 1_000.0, 8_000) / 18e6).log10();
                assert!(change.abs() < 0.5, "{from:?} to {to:?}: {change} dB");
            }
        }
    }
}
