//! Encoders, shared by those who hear the same.
//!
//! A listener's decoder follows one encoder's state (G.722 remembers). So whoever begins to hear something else takes a copy
//! of the encoder along, and those who hear the same again share one as soon as the encoders are in the same state, or have
//! had a second to come close.

use crate::{
    FRAME,
    codec::{Codec, Encoder},
};

/// Ticks after which two encoders of the same sound count as alike: both forget what was before.
const COME_CLOSE: u8 = 50;

/// One encoder and who follows it.
#[derive(Debug)]
struct Voice {
    encoder: Encoder,
    followers: usize,
    /// What is heard in this tick, once somebody has said so.
    hears: Option<u64>,
    /// Which voice it was split from in this tick.
    origin: Option<usize>,
    alike: u8,
    into: Option<usize>,
    frame: [u8; FRAME],
}

/// A room's encoders: as many as members, so that there is always one left.
#[derive(Debug)]
pub(super) struct Voices(Box<[Voice]>);

impl Voices {
    pub(super) fn new(count: usize) -> Self {
        let voice = || Voice {
            encoder: Encoder::new(Codec::Pcma),
            followers: 0,
            hears: None,
            origin: None,
            alike: 0,
            into: None,
            frame: [0; FRAME],
        };
        Self((0..count).map(|_| voice()).collect())
    }

    pub(super) fn begin(&mut self) {
        for voice in &mut self.0 {
            (voice.hears, voice.origin, voice.into) = (None, None, None);
        }
    }

    /// The voice of a listener that had this one so far and hears this now.
    pub(super) fn assign(&mut self, so_far: Option<usize>, hears: u64, codec: Option<Codec>) -> Option<usize> {
        let same = so_far.filter(|v| codec == Some(self.0[*v].encoder.codec()));
        let Some(index) = same else {
            self.release(so_far);
            return self.open(Encoder::new(codec?), hears, None);
        };
        let voice = &mut self.0[index];
        if *voice.hears.get_or_insert(hears) == hears {
            return Some(index);
        }
        voice.followers -= 1;
        let split = self.0.iter().position(|v| v.origin == Some(index) && v.hears == Some(hears));
        if let Some(split) = split {
            self.0[split].followers += 1;
            return Some(split);
        }
        self.open(self.0[index].encoder.clone(), hears, Some(index))
    }

    pub(super) fn release(&mut self, index: Option<usize>) {
        if let Some(index) = index {
            self.0[index].followers -= 1;
        }
    }

    /// Encode each voice that has listeners.
    pub(super) fn encode(&mut self, mut mix: impl FnMut(u64, &mut Encoder, &mut [u8; FRAME])) {
        for voice in &mut self.0 {
            if let Some(hears) = voice.hears.filter(|_| voice.followers > 0) {
                mix(hears, &mut voice.encoder, &mut voice.frame);
            }
        }
        for index in 1..self.0.len() {
            let (earlier, rest) = self.0.split_at_mut(index);
            let Some(voice) = rest.first_mut().filter(|v| v.followers > 0 && v.hears.is_some()) else { continue };
            let codec = voice.encoder.codec();
            let twin = earlier.iter().position(|e| {
                e.followers > 0 && e.into.is_none() && e.hears == voice.hears && e.encoder.codec() == codec
            });
            voice.alike = if twin.is_some() { voice.alike + 1 } else { 0 };
            voice.into = twin.filter(|t| voice.alike >= COME_CLOSE || earlier[*t].encoder == voice.encoder);
        }
    }

    /// Where a listener belongs from the next tick on.
    pub(super) fn merged(&mut self, index: Option<usize>) -> Option<usize> {
        let into = index.and_then(|i| self.0[i].into);
        if let Some(into) = into {
            self.release(index);
            self.0[into].followers += 1;
            // It hears the last frame of its own encoder, which the other's may differ from by little.
            return Some(into);
        }
        index
    }

    pub(super) fn frame(&self, index: usize) -> Option<(Codec, &[u8; FRAME])> {
        let voice = self.0.get(index)?;
        voice.hears.map(|_| (voice.encoder.codec(), &voice.frame))
    }

    pub(super) fn encoded(&self) -> usize {
        self.0.iter().filter(|v| v.hears.is_some()).count()
    }

    pub(super) fn rate_changed(&mut self) {
        for voice in &mut self.0 {
            voice.encoder.rate_changed();
        }
    }

    fn open(&mut self, encoder: Encoder, hears: u64, origin: Option<usize>) -> Option<usize> {
        let free = self.0.iter().position(|v| v.followers == 0 && v.hears.is_none())?;
        let voice = &mut self.0[free];
        voice.encoder = encoder;
        (voice.followers, voice.hears, voice.origin, voice.alike) = (1, Some(hears), origin, 0);
        Some(free)
    }
}
