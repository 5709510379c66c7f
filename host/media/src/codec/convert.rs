//! Encoding and decoding, with the state that goes with it.

use super::{Codec, g711, g722, opus};
use crate::{
    FRAME,
    resample::{Downsampler, Upsampler},
};

/// Samples of 20 ms at 16 kHz.
const WIDE: usize = 2 * FRAME;

/// Encodes for one listener, or for several that hear the same.
#[derive(Debug)]
pub struct Encoder {
    codec: Codec,
    g722: g722::Encoder,
    /// Made when it is first needed, and kept: making one takes memory.
    opus: Option<Box<opus::Encoder>>,
    up: Upsampler,
    down: Downsampler,
}

/// Decodes what one party says.
#[derive(Debug)]
pub struct Decoder {
    codec: Codec,
    g722: g722::Decoder,
    opus: Option<Box<opus::Decoder>>,
    down: Downsampler,
}

impl Encoder {
    /// An encoder that has heard nothing yet.
    pub fn new(codec: Codec) -> Self {
        let opus = (codec == Codec::Opus).then(|| Box::new(opus::Encoder::new()));
        Self { codec, g722: g722::Encoder::default(), opus, up: Upsampler::default(), down: Downsampler::default() }
    }

    /// What it encodes to.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// Whether it can become one for this codec without taking memory.
    pub(crate) fn is_ready_for(&self, codec: Codec) -> bool {
        codec != Codec::Opus || self.opus.is_some()
    }

    /// Begin anew, with another codec perhaps.
    pub(crate) fn become_new(&mut self, codec: Codec) {
        self.codec = codec;
        self.g722 = g722::Encoder::default();
        (self.up, self.down) = (Upsampler::default(), Downsampler::default());
        if codec == Codec::Opus {
            let opus = self.opus.get_or_insert_with(|| Box::new(opus::Encoder::new()));
            opus.reset();
        }
    }

    /// Go on from where another one is.
    pub(crate) fn take_after(&mut self, other: &Self) {
        self.become_new(other.codec);
        if let (Some(own), Some(opus), Codec::Opus) = (&mut self.opus, &other.opus, other.codec) {
            own.take_after(opus);
        }
        (self.up, self.down) = (other.up.clone(), other.down.clone());
        self.g722 = other.g722.clone();
    }

    /// Go on after octets of another encoder of this codec that the listener has heard last, 60 ms or more of them.
    pub(crate) fn go_on_after(&mut self, octets: &[u8]) {
        self.become_new(self.codec);
        if self.codec == Codec::G722 {
            let mut decoder = g722::Decoder::default();
            for octets in octets.chunks(FRAME) {
                decoder.decode(octets, &mut [0; WIDE]);
            }
            self.g722 = g722::Encoder::beside(&decoder);
        }
    }

    /// Whether the other is in the same state.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.codec == other.codec
            && self.codec != Codec::Opus
            && self.g722 == other.g722
            && (&self.up, &self.down) == (&other.up, &other.down)
    }

    /// From now on it is given samples at another rate.
    pub(crate) fn rate_changed(&mut self) {
        (self.up, self.down) = (Upsampler::default(), Downsampler::default());
    }

    /// Encode up to 160 samples at 8 kHz; says how many octets that are. Opus wants all 160.
    pub fn encode(&mut self, samples: &[i16], out: &mut [u8]) -> usize {
        let count = samples.len().min(FRAME);
        match self.codec {
            Codec::Pcmu => law(g711::encode_ulaw, samples, out),
            Codec::Pcma => law(g711::encode_alaw, samples, out),
            Codec::G722 => {
                let mut wide = [0; WIDE];
                let wide = &mut wide[..2 * count];
                self.up.process(samples, wide);
                self.g722.encode(wide, out);
                count.min(out.len())
            }
            Codec::Opus => {
                let mut wide = [0; WIDE];
                self.up.process(samples, &mut wide[..2 * count]);
                self.opus.as_mut().map_or(0, |opus| opus.encode(&wide, out))
            }
        }
    }

    /// Encode up to 320 samples at 16 kHz; says how many octets that are. Opus wants all 320.
    pub fn encode_wide(&mut self, samples: &[i16], out: &mut [u8]) -> usize {
        match self.codec {
            Codec::G722 => {
                self.g722.encode(samples, out);
                (samples.len() / 2).min(out.len())
            }
            Codec::Opus => self.opus.as_mut().map_or(0, |opus| opus.encode(samples, out)),
            Codec::Pcmu | Codec::Pcma => {
                let mut narrow = [0; FRAME];
                let narrow = &mut narrow[..(samples.len() / 2).min(FRAME)];
                self.down.process(samples, narrow);
                let encode = if self.codec == Codec::Pcmu { g711::encode_ulaw } else { g711::encode_alaw };
                law(encode, narrow, out)
            }
        }
    }
}

impl Decoder {
    /// A decoder that has heard nothing yet.
    pub fn new(codec: Codec) -> Self {
        Self::at(codec, codec.sample_rate())
    }

    /// One whose Opus gives samples at that rate, 8,000 or 16,000 Hz.
    pub(super) fn at(codec: Codec, rate: u32) -> Self {
        let opus = (codec == Codec::Opus).then(|| Box::new(opus::Decoder::new(rate)));
        Self { codec, g722: g722::Decoder::default(), opus, down: Downsampler::default() }
    }

    /// What it decodes.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// Begin anew: another encoder speaks.
    pub(crate) fn reset(&mut self) {
        self.g722 = g722::Decoder::default();
        self.down = Downsampler::default();
        if let Some(opus) = &mut self.opus {
            opus.reset();
        }
    }

    /// Decode into samples at the codec's own rate, as many as fit; says how many.
    pub fn decode(&mut self, octets: &[u8], out: &mut [i16]) -> usize {
        let table = match self.codec {
            Codec::Pcmu => &g711::ULAW_TO_LINEAR,
            Codec::Pcma => &g711::ALAW_TO_LINEAR,
            Codec::G722 => {
                self.g722.decode(octets, out);
                return (2 * octets.len()).min(out.len() & !1);
            }
            Codec::Opus => return self.opus.as_mut().map_or(0, |opus| opus.decode(octets, out)),
        };
        for (sample, octet) in out.iter_mut().zip(octets) {
            *sample = table[usize::from(*octet)];
        }
        octets.len().min(out.len())
    }

    /// Decode into samples at 8 kHz, as many as fit; says how many.
    pub fn decode_narrow(&mut self, octets: &[u8], out: &mut [i16]) -> usize {
        match self.codec {
            Codec::Pcmu | Codec::Pcma => self.decode(octets, out),
            Codec::G722 => {
                let mut wide = [0; WIDE];
                for (octets, out) in octets.chunks(FRAME).zip(out.chunks_mut(FRAME)) {
                    let wide = &mut wide[..2 * octets.len()];
                    self.g722.decode(octets, wide);
                    self.down.process(wide, out);
                }
                octets.len().min(out.len())
            }
            Codec::Opus => {
                let Some(opus) = &mut self.opus else { return 0 };
                if opus.rate() == 8_000 {
                    return opus.decode(octets, out);
                }
                let mut wide = [0; super::MOST_SAMPLES];
                let count = opus.decode(octets, &mut wide);
                for (wide, out) in wide[..count].chunks(WIDE).zip(out.chunks_mut(FRAME)) {
                    self.down.process(wide, out);
                }
                (count / 2).min(out.len())
            }
        }
    }

    /// Make up what was lost, if the codec itself knows how; else says 0.
    pub(crate) fn conceal(&mut self, next: Option<&[u8]>, out: &mut [i16]) -> usize {
        self.opus.as_mut().map_or(0, |opus| opus.conceal(next, out))
    }

    /// Go on from a loudness that was followed without decoding.
    pub(crate) fn wake(&mut self, loudness: g722::Loudness) {
        self.g722 = g722::Decoder::wake(loudness);
    }

    pub(crate) fn loudness(&self) -> g722::Loudness {
        self.g722.loudness()
    }
}

fn law(encode: fn(i16) -> u8, samples: &[i16], out: &mut [u8]) -> usize {
    for (octet, sample) in out.iter_mut().zip(samples) {
        *octet = encode(*sample);
    }
    samples.len().min(out.len())
}
