//! Who has the floor: for display, not for the mix.

use super::{HeardBy, member::Member};

/// Ticks for which somebody must be louder to take the floor from who still talks.
const TAKE_OVER: u8 = 25;

/// The active speaker.
#[derive(Debug, Default)]
pub(super) struct Floor {
    speaker: Option<u64>,
    challenger: Option<(u64, u8)>,
}

impl Floor {
    /// Look at who talks; says when the speaker is another one.
    pub(super) fn judge<'a>(&mut self, members: impl Iterator<Item = &'a Member>) -> Option<Option<u64>> {
        let (mut loudest, mut speaker_level) = (None, None);
        for member in members.filter(|m| m.talks() && m.heard_by == HeardBy::Everybody) {
            if self.speaker == Some(member.key) {
                speaker_level = Some(member.level());
            }
            if loudest.is_none_or(|(_, level)| member.level() > level) {
                loudest = Some((member.key, member.level()));
            }
        }
        let next = match (loudest, speaker_level) {
            (None, _) => None,
            (Some((key, _)), None) => Some(key),
            (Some((key, level)), Some(held)) if level > 2 * held => {
                let ticks = self.challenger.map_or(1, |(who, ticks)| if who == key { ticks + 1 } else { 1 });
                self.challenger = (ticks < TAKE_OVER).then_some((key, ticks));
                if ticks < TAKE_OVER { self.speaker } else { Some(key) }
            }
            (Some(_), Some(_)) => {
                self.challenger = None;
                self.speaker
            }
        };
        (std::mem::replace(&mut self.speaker, next) != next).then_some(next)
    }
}
