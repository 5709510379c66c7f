//! A caller in a room: the verbs of its script.

use super::{Change, ChangeError, Entry, EntryFailure, Happening, Invitation, RoomOptions, Seat, room::Standing};
use crate::{
    exchange::now_ms,
    script_call::{Heard, LegCall},
    scripts::VerbError,
};
use jackfield_media::{room::HeardBy, sdp::Direction};
use jackfield_model::{Conference, ConferenceMember};
use std::time::Duration;
use tokio::time::Instant;
use tracing::warn;

impl LegCall {
    /// Enter a room of this script's plugin; the member's number.
    pub(crate) async fn enter_room(
        &mut self,
        name: &str,
        options: &RoomOptions,
        seat: Seat,
    ) -> Result<u32, EntryFailure> {
        self.membership = None;
        let owner = self.owner().to_owned();
        let caller = self.answered().await.map_err(|error| match error {
            VerbError::Gone => EntryFailure::Gone,
            other => EntryFailure::Failed(other.to_string()),
        })?;
        let Some(stream) = caller.party.stream() else {
            return Err(EntryFailure::Failed("the call has no sound".into()));
        };
        let member = ConferenceMember {
            id: 0,
            call: caller.id.clone(),
            who: caller.party.who().clone(),
            since: now_ms(),
            moderator: seat.moderator,
            muted: seat.muted,
            on_hold: false,
            gain: 100,
        };
        let media = &caller.exchange.media;
        let entry = Entry { owner: &owner, name, options, seat, member };
        let membership =
            caller.exchange.conferences.enter(entry, |config, events| media.new_room(stream, config, events))?;
        // What a phone of our own shows on the lamps of others: it talks.
        caller.party.talks_with(&caller.facts.call().callee);
        let id = membership.id();
        self.membership = Some(membership);
        self.follow().await.map_err(|_| EntryFailure::Gone)?;
        Ok(id)
    }

    /// Stay until something happens.
    pub(crate) async fn stay_in_room(&mut self, keys: &str, max: Duration) -> Result<Happening, VerbError> {
        let until = Instant::now() + max;
        if let Some(membership) = &mut self.membership {
            // Whatever the script has played meanwhile has ended the music; nothing it plays goes on.
            membership.forget_music();
        }
        loop {
            match self.follow().await? {
                Standing::Removed => {
                    self.membership = None;
                    return Ok(Happening::Removed);
                }
                Standing::Ended => {
                    self.membership = None;
                    return Ok(Happening::Ended);
                }
                Standing::Music { .. } | Standing::Listens { .. } => {}
            }
            while let Some(digit) = self.standing()?.typed.pop_front() {
                if keys.contains(digit) {
                    return Ok(Happening::Pressed(digit));
                }
            }
            match self.hear(Some(until)).await? {
                Heard::Digit(digit) if keys.contains(digit) => return Ok(Happening::Pressed(digit)),
                Heard::TimedOut => return Ok(Happening::TimedOut),
                Heard::Digit(_) | Heard::Played(_) | Heard::Recorded | Heard::Told | Heard::Word(_) => {}
            }
        }
    }

    /// A room of this script's plugin.
    pub(crate) fn room(&self, name: &str) -> Option<Conference> {
        self.leg().exchange.conferences.of(self.owner(), name)?.shown()
    }

    /// Change a room of this script's plugin.
    pub(crate) fn change(&self, name: &str, change: Change) -> Result<(), ChangeError> {
        self.leg().exchange.conferences.change_of(self.owner(), name, change)
    }

    /// Ring somebody for a room of this script's plugin.
    pub(crate) fn invite_to_room(&self, name: &str, invitation: Invitation) -> Result<(), ChangeError> {
        let caller = self.leg();
        let room = caller.exchange.conferences.of(self.owner(), name).ok_or(ChangeError::NoRoom)?;
        let sponsor = caller.party.who().extension.as_ref().map(|number| number.as_str().to_owned());
        caller.exchange.ring_for(&room, invitation, sponsor).map(drop)
    }

    /// Bring the caller's sound to where its standing says, and the room's list to what the caller is.
    async fn follow(&mut self) -> Result<Standing, VerbError> {
        self.standing()?;
        let (Some(caller), Some(membership)) = (self.caller.as_deref_mut(), &mut self.membership) else {
            return Err(VerbError::Invalid("the caller is in no room".into()));
        };
        let standing = membership.standing();
        let (mixed, music) = match standing {
            Standing::Music { mixed } => (mixed, true),
            Standing::Listens { mixed } => (mixed, false),
            Standing::Removed | Standing::Ended => (false, false),
        };
        if mixed
            && let Some(stream) =
                caller.party.stream().map(|stream| stream.id()).filter(|id| membership.is_elsewhere(*id))
        {
            match caller.party.join_room(membership.media(), HeardBy::Everybody).await {
                Ok(()) => membership.mixed(stream),
                Err(error) => {
                    warn!(call = %caller.id, %error, "a member of a conference cannot be heard");
                    return Err(VerbError::Failed(error.to_string()));
                }
            }
        }
        let on_hold = matches!(caller.party.direction(), Direction::SendOnly | Direction::Inactive);
        membership.describe(caller.party.who(), on_hold);
        match (membership.turn_music(music), caller.party.stream()) {
            (Some(true), _) => caller.party.play_hold_music(),
            (Some(false), Some(stream)) => stream.stop_playing(),
            _ => {}
        }
        Ok(standing)
    }
}
