//! A room: everybody in it hears everybody else, but where a rule says otherwise.
//!
//! Packets go in by [`Room::push`]; every 20 ms [`Room::tick`] mixes, and [`Room::frame`] gives what each member is sent.
//! Nothing is allocated for a packet or a tick. Who does not talk is neither decoded (G.722) nor mixed, and who hears the
//! same in the same codec shares one encoded frame.
//!
//! Conference, barge-in: everybody joins with [`HeardBy::Everybody`]. Listening: [`HeardBy::Nobody`]. Whispering:
//! [`HeardBy::Only`] the one who shall hear it.

mod floor;
mod member;
mod mix;
mod tick;
mod voice;

use crate::{FRAME, Item, JitterStats, Player, codec::Codec, resample::Upsampler};
use floor::Floor;
use member::Member;
use mix::Mix;
use std::{collections::VecDeque, time::Instant};
use voice::Voices;

/// Most members of one room.
pub const MAX_MEMBERS: usize = 32;
/// Samples of 20 ms at 16 kHz.
const WIDE_FRAME: usize = 2 * FRAME;
/// Sounds to the whole room that may wait for one another.
const MAX_SOUNDS: usize = 8;
/// How many ticks a change of the room's rate waits for a moment of silence.
const RATE_PATIENCE: u8 = 50;
/// In what a member hears: a sound to the whole room.
const SOUND: u64 = 1 << 62;
/// In what a member hears: it has just joined, and its sound begins softly.
const FRESH: u64 = 1 << 63;

/// Who hears a member. Its name of another is whatever the room's owner numbers members by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeardBy {
    /// A conference, or a barge-in.
    #[default]
    Everybody,
    /// A silent monitor.
    Nobody,
    /// A whisper: one other member. When that one leaves, nobody.
    Only(u64),
}

/// What happened in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomEvent {
    /// Another member has the floor, or nobody speaks any more. Members that not everybody hears are never named.
    Speaker(Option<u64>),
}

/// What a room plays by itself.
#[derive(Clone, Debug, Default)]
pub struct RoomConfig {
    /// To all, when somebody joins whom everybody hears; empty: nothing.
    pub entry: Vec<Item>,
    /// To all, when such a member leaves.
    pub exit: Vec<Item>,
    /// Whether it stays at 8 kHz, whatever its members speak.
    pub narrow: bool,
}

/// Nobody else can join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the room has {MAX_MEMBERS} members already")]
pub struct RoomFull;

/// Parties that are mixed.
#[derive(Debug)]
pub struct Room {
    config: RoomConfig,
    members: Vec<Option<Box<Member>>>,
    voices: Voices,
    mix: Mix,
    floor: Floor,
    /// 16 kHz inside; else 8 kHz.
    wide: bool,
    rate_waits: u8,
    sounds: VecDeque<Player>,
    sound_up: Upsampler,
}

impl Room {
    /// An empty room.
    pub fn new(config: RoomConfig) -> Self {
        Self {
            config,
            members: (0..MAX_MEMBERS).map(|_| None).collect(),
            voices: Voices::new(MAX_MEMBERS),
            mix: Mix::default(),
            floor: Floor::default(),
            wide: false,
            rate_waits: 0,
            sounds: VecDeque::with_capacity(MAX_SOUNDS),
            sound_up: Upsampler::default(),
        }
    }

    /// A member by a number of the owner's, and what it is spoken to in (`None`: it is sent nothing). Joining again
    /// changes both.
    ///
    /// # Errors
    /// When there are [`MAX_MEMBERS`].
    pub fn join(&mut self, key: u64, codec: Option<Codec>, heard_by: HeardBy) -> Result<(), RoomFull> {
        if let Some(member) = self.member(key) {
            member.hears_in = codec;
            member.set_heard_by(heard_by);
            return Ok(());
        }
        let free = self.members.iter().position(Option::is_none);
        // Whoever is only fading out makes way.
        let leaving = || self.members.iter().position(|m| m.as_ref().is_some_and(|m| m.leaving));
        let slot = free.or_else(leaving).ok_or(RoomFull)?;
        self.remove(slot);
        if codec == Some(Codec::Opus) {
            // What its voice will need is made now and not in the middle of a tick.
            self.voices.provide(self.members.iter().flatten().filter(|m| m.hears_in == codec).count() + 1);
        }
        self.members[slot] = Some(Box::new(Member::new(key, codec, heard_by)));
        self.apply_rules();
        if heard_by == HeardBy::Everybody && !self.config.entry.is_empty() {
            self.play(self.config.entry.clone());
        }
        Ok(())
    }

    /// The member goes; the others hear it fade out within 5 ms.
    pub fn leave(&mut self, key: u64) {
        let Some(member) = self.member(key) else { return };
        member.leaving = true;
        let public = member.heard_by == HeardBy::Everybody;
        for other in self.members.iter_mut().flatten() {
            other.forget(key);
        }
        if public && !self.config.exit.is_empty() {
            self.play(self.config.exit.clone());
        }
    }

    /// Whether nobody is in it.
    pub fn is_empty(&self) -> bool {
        self.members.iter().flatten().all(|m| m.leaving)
    }

    /// How loud the others hear this member: 1 is as it speaks, 0 to 8.
    pub fn set_gain(&mut self, key: u64, gain: f32) {
        if let Some(member) = self.member(key) {
            member.gain = if gain.is_finite() { gain.clamp(0.0, 8.0) } else { 1.0 };
        }
    }

    /// Nobody hears this member until it is unmuted.
    pub fn set_muted(&mut self, key: u64, muted: bool) {
        if let Some(member) = self.member(key) {
            member.muted = muted;
        }
    }

    /// Who hears this member from the next tick but one on; without a click.
    pub fn set_heard_by(&mut self, key: u64, heard_by: HeardBy) {
        if let Some(member) = self.member(key) {
            member.set_heard_by(heard_by);
        }
    }

    /// What this member is spoken to in.
    pub fn set_codec(&mut self, key: u64, codec: Option<Codec>) {
        if let Some(member) = self.member(key) {
            member.hears_in = codec;
        }
    }

    /// Play to everybody, over what is said. With eight waiting it is left out.
    pub fn play(&mut self, items: Vec<Item>) {
        if self.sounds.len() < MAX_SOUNDS {
            self.sounds.push_back(Player::new(0, items, false));
        }
    }

    /// A packet of a member's sound.
    pub fn push(&mut self, key: u64, now: Instant, codec: Codec, ssrc: u32, timestamp: u32, payload: &[u8]) {
        if let Some(member) = self.member(key) {
            member.push(now, codec, ssrc, timestamp, payload);
        }
    }

    /// How a member's packets arrive.
    pub fn jitter(&self, key: u64) -> Option<JitterStats> {
        self.members.iter().flatten().find(|m| m.key == key && !m.leaving).map(|m| m.jitter())
    }

    /// What a member is sent for the last tick, 20 ms: the codec and its octets.
    pub fn frame(&self, key: u64) -> Option<(Codec, &[u8])> {
        let member = self.members.iter().flatten().find(|m| m.key == key && !m.leaving)?;
        self.voices.frame(member.voice?)
    }

    /// Frames that the last tick encoded.
    pub fn encoded(&self) -> usize {
        self.voices.encoded()
    }

    fn member(&mut self, key: u64) -> Option<&mut Member> {
        self.members.iter_mut().flatten().find(|m| m.key == key && !m.leaving).map(|m| &mut **m)
    }

    fn remove(&mut self, slot: usize) {
        if let Some(member) = self.members[slot].take() {
            self.voices.release(member.voice);
            self.apply_rules();
        }
    }
}

#[cfg(test)]
mod tests;
