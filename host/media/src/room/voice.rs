//! Encoders, shared by those who hear the same.
//!
//! A listener's decoder follows one encoder's state (G.722 remembers). So whoever begins to hear something else takes a copy
//! of the encoder along (for Opus a new one that has heard the last 40 ms), and those who hear the same again share one as soon as the encoders are in the same state, or have
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
    len: usize,
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
            len: 0,
        };
        Self((0..count).map(|_| voice()).collect())
    }

    /// Have encoders for so many that hear Opus, each something else.
    pub(super) fn provide(&mut self, count: usize) {
        let ready = self.0.iter().filter(|v| v.encoder.is_ready_for(Codec::Opus)).count();
        let free = self.0.iter_mut().filter(|v| v.followers == 0 && !v.encoder.is_ready_for(Codec::Opus));
        for voice in free.take(count.saturating_sub(ready)) {
            voice.encoder.become_new(Codec::Opus);
        }
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
            return self.open(codec?, hears, None);
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
        let codec = self.0[index].encoder.codec();
        self.open(codec, hears, Some(index))
    }

    pub(super) fn release(&mut self, index: Option<usize>) {
        if let Some(index) = index {
            self.0[index].followers -= 1;
        }
    }

    /// Encode each voice that has listeners.
    pub(super) fn encode(&mut self, mut mix: impl FnMut(u64, &mut Encoder, &mut [u8; FRAME]) -> usize) {
        for voice in &mut self.0 {
            if let Some(hears) = voice.hears.filter(|_| voice.followers > 0) {
                voice.len = mix(hears, &mut voice.encoder, &mut voice.frame);
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
            voice.into = twin.filter(|t| voice.alike >= COME_CLOSE || earlier[*t].encoder.is_like(&voice.encoder));
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

    pub(super) fn frame(&self, index: usize) -> Option<(Codec, &[u8])> {
        let voice = self.0.get(index).filter(|voice| voice.len > 0)?;
        voice.hears.map(|_| (voice.encoder.codec(), &voice.frame[..voice.len]))
    }

    pub(super) fn encoded(&self) -> usize {
        self.0.iter().filter(|v| v.hears.is_some()).count()
    }

    pub(super) fn rate_changed(&mut self) {
        for voice in &mut self.0 {
            voice.encoder.rate_changed();
        }
    }

    fn open(&mut self, codec: Codec, hears: u64, origin: Option<usize>) -> Option<usize> {
        let is_free = |v: &Voice| v.followers == 0 && v.hears.is_none();
        // One that has an encoder for Opus already spares making another.
        let ready = self.0.iter().position(|v| is_free(v) && v.encoder.is_ready_for(codec));
        let free = ready.or_else(|| self.0.iter().position(is_free))?;
        match origin.map(|origin| self.0.get_disjoint_mut([free, origin])) {
            Some(Ok([voice, origin])) => voice.encoder.take_after(&origin.encoder),
            _ => self.0[free].encoder.become_new(codec),
        }
        let voice = &mut self.0[free];
        (voice.followers, voice.hears, voice.origin, voice.alike) = (1, Some(hears), origin, 0);
        Some(free)
    }
}
