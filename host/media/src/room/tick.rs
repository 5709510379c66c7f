//! Twenty milliseconds of a room.

use super::{FRESH, HeardBy, MAX_MEMBERS, RATE_PATIENCE, Room, RoomEvent, SOUND, WIDE_FRAME, mix::ramp};
use crate::{FRAME, resample::Upsampler};

impl Room {
    /// Mix the next 20 ms.
    pub fn tick(&mut self, mut tell: impl FnMut(RoomEvent)) {
        self.settle_rate();
        if self.members.iter().flatten().any(|m| m.rule_is_due()) {
            self.apply_rules();
        }
        let wide = self.wide;
        self.mix.clear(if wide { WIDE_FRAME } else { FRAME });
        for (slot, member) in self.members.iter_mut().enumerate() {
            if let Some(member) = member
                && member.listen(wide)
            {
                self.mix.add(slot, &member.sound);
            }
        }
        self.draw_sound();
        self.speak();
        for slot in 0..self.members.len() {
            if self.members[slot].as_ref().is_some_and(|m| m.leaving && m.is_silent()) {
                self.remove(slot);
            }
        }
        if let Some(speaker) = self.floor.judge(self.members.iter().flatten().map(|m| &**m)) {
            tell(RoomEvent::Speaker(speaker));
        }
    }

    /// Note for each listener whom it may hear.
    pub(super) fn apply_rules(&mut self) {
        let mut rules = [(0, HeardBy::Nobody); MAX_MEMBERS];
        for (rule, member) in rules.iter_mut().zip(&mut self.members) {
            if let Some(member) = member {
                *rule = (member.key, member.apply_rule());
            }
        }
        for (slot, listener) in self.members.iter_mut().enumerate() {
            let Some(listener) = listener else { continue };
            let may_hear = |(other, (_, heard_by)): (usize, &(u64, HeardBy))| {
                let heard = match heard_by {
                    HeardBy::Everybody => true,
                    HeardBy::Nobody => false,
                    HeardBy::Only(key) => *key == listener.key,
                };
                if heard && other != slot { 1 << other } else { 0 }
            };
            listener.may_hear = rules.iter().enumerate().map(may_hear).sum();
        }
        for (slot, (_, heard_by)) in rules.iter().enumerate() {
            let somebody = self.members.iter().flatten().any(|m| m.may_hear >> slot & 1 == 1);
            if let Some(member) = &mut self.members[slot] {
                // Alone in the room one is not talking to oneself, but may be asked who speaks.
                member.unheard = !somebody && *heard_by != HeardBy::Everybody;
            }
        }
    }

    /// 16 kHz while anybody speaks or hears more than 8 kHz can carry; changed when nobody speaks, or after a second.
    fn settle_rate(&mut self) {
        let wide = !self.config.narrow && self.members.iter().flatten().any(|m| m.is_wide());
        if wide == self.wide {
            self.rate_waits = 0;
            return;
        }
        self.rate_waits += 1;
        if self.mix.is_silent() || self.rate_waits > RATE_PATIENCE {
            self.wide = wide;
            self.rate_waits = 0;
            self.sound_up = Upsampler::default();
            self.voices.rate_changed();
            for member in self.members.iter_mut().flatten() {
                member.rate_changed();
            }
        }
    }

    fn draw_sound(&mut self) {
        let Some(player) = self.sounds.front_mut() else { return };
        let mut samples = [0; FRAME];
        if player.fill(&mut samples) < FRAME {
            self.sounds.pop_front();
        }
        if self.wide {
            let mut wide = [0; WIDE_FRAME];
            self.sound_up.process(&samples, &mut wide);
            self.mix.set_sound(&wide);
        } else {
            self.mix.set_sound(&samples);
        }
    }

    fn speak(&mut self) {
        self.voices.begin();
        let (talking, sound) = (self.mix.talking(), if self.mix.has_sound() { SOUND } else { 0 });
        for member in self.members.iter_mut().flatten().filter(|m| !m.leaving) {
            let fresh = if std::mem::take(&mut member.fresh) { FRESH } else { 0 };
            let hears = member.may_hear & talking | sound | fresh;
            member.voice = self.voices.assign(member.voice, hears, member.hears_in);
        }
        let (mix, wide) = (&self.mix, self.wide);
        self.voices.encode(|hears, encoder, frame| {
            let mut samples = [0; WIDE_FRAME];
            let samples = &mut samples[..mix.len()];
            mix.of(hears, samples);
            if hears & FRESH != 0 {
                ramp(samples, 0.0, 1.0);
            }
            if wide { encoder.encode_wide(samples, frame) } else { encoder.encode(samples, frame) }
        });
        for member in self.members.iter_mut().flatten() {
            member.voice = self.voices.merged(member.voice);
        }
    }
}
