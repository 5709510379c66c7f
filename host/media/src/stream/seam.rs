//! Seams between what several encoders say to one party.
//!
//! Codecs that predict have a decoder at the party that follows one encoder. Octets of another one, after music or a transfer,
//! sound as a burst as loud as can be until it has found its way. So the host's own encoder for the party always goes on from
//! what was heard last, whoever made it; and where packets of another source are passed on as they are, the first ones are
//! decoded and encoded anew, until the decoder would have forgotten what was before.

use crate::{
    FRAME,
    codec::{Codec, Decoder, Encoder},
};

/// Packets of a new source that are encoded anew: 200 ms.
const EASED: u8 = 10;
/// Octets from which a decoder finds out where another one is that has heard all: 60 ms.
const REMEMBERED: usize = 3 * FRAME;

/// What a party has heard last, and of whom.
#[derive(Debug, Default)]
pub(super) struct Seam {
    codec: Option<Codec>,
    /// Who was passed on; nobody while the host itself speaks.
    source: Option<u32>,
    /// The host's own encoder does not know what was heard last.
    ahead: bool,
    /// Packets that are still to be encoded anew.
    left: u8,
    /// For G.722 alone, which predicts for long.
    memory: Option<Box<Memory>>,
}

#[derive(Debug)]
struct Memory {
    octets: [u8; REMEMBERED],
    decoder: Decoder,
}

impl Seam {
    /// The host is about to speak: have its encoder go on from what was heard last.
    pub(super) fn speaks(&mut self, encoder: &mut Encoder) {
        let codec = encoder.codec();
        if self.codec != Some(codec) {
            encoder.become_new(codec);
        } else if self.ahead {
            encoder.go_on_after(self.memory.as_ref().map_or(&[], |memory| &memory.octets));
        }
        (self.codec, self.source, self.ahead, self.left) = (Some(codec), None, false, 0);
    }

    /// A packet of this source is about to be passed on as it is, to be changed where that would be heard.
    pub(super) fn passes(&mut self, codec: Codec, source: u32, payload: &mut [u8], voice: &mut Option<Box<Encoder>>) {
        let (same_codec, same_source) = (self.codec == Some(codec), self.source == Some(source));
        if codec != Codec::G722 {
            (self.codec, self.source, self.ahead, self.left) = (Some(codec), Some(source), true, 0);
            return;
        }
        let memory = self.memory.get_or_insert_with(|| Box::new(Memory::new()));
        if same_codec && !same_source {
            self.left = EASED;
            memory.decoder.reset();
        } else if !same_codec {
            self.left = 0;
        }
        (self.codec, self.source) = (Some(codec), Some(source));
        if self.left == 0 {
            memory.keep(payload);
            self.ahead = true;
            return;
        }
        self.left -= 1;
        let encoder = own(voice, codec);
        if std::mem::take(&mut self.ahead) {
            encoder.go_on_after(&memory.octets);
        }
        for octets in payload.chunks_mut(FRAME) {
            let mut samples = [0; 2 * FRAME];
            let count = memory.decoder.decode(octets, &mut samples);
            encoder.encode_wide(&samples[..count], octets);
        }
    }
}

impl Memory {
    fn new() -> Self {
        Self { octets: [0xff; REMEMBERED], decoder: Decoder::new(Codec::G722) }
    }

    fn keep(&mut self, payload: &[u8]) {
        let new = &payload[payload.len().saturating_sub(REMEMBERED)..];
        self.octets.copy_within(new.len().., 0);
        self.octets[REMEMBERED - new.len()..].copy_from_slice(new);
    }
}

/// The host's own encoder for a party, for this codec.
pub(super) fn own(voice: &mut Option<Box<Encoder>>, codec: Codec) -> &mut Encoder {
    let encoder = voice.get_or_insert_with(|| Box::new(Encoder::new(codec)));
    if encoder.codec() != codec {
        encoder.become_new(codec);
    }
    encoder
}
