//! Rooms in tests: those that a scenario names, and those that the caller makes. The others in them do nothing by
//! themselves.

use crate::{
    caller::{Caller, Happened},
    conversation::What,
    scenario::{add_member, empty_room, party},
};
use jackfield_calls::{
    conference::{Change, ChangeError, EntryFailure, Happening, Invitation, RoomOptions, Seat, Whom},
    scripts::VerbError,
};
use jackfield_model::Conference;
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

/// Every room, and where the caller is.
pub(crate) struct Rooms {
    rooms: BTreeMap<String, Conference>,
    /// The room that the caller is in, and its number there.
    inside: Option<(String, u32)>,
    removed: bool,
    ended: bool,
    pub(crate) wrong_pins: u32,
}

/// Wrong PINs after which the host lets nobody try.
const MOST_WRONG_PINS: u32 = 10;

impl Rooms {
    pub(crate) fn new(rooms: Vec<Conference>, wrong_pins: u32) -> Self {
        let rooms = rooms.into_iter().map(|room| (room.name.clone(), room)).collect();
        Self { rooms, inside: None, removed: false, ended: false, wrong_pins }
    }

    /// A room, if somebody is in it.
    pub(crate) fn look(&self, name: &str) -> Option<Conference> {
        self.rooms.get(name).filter(|room| !room.members.is_empty()).cloned()
    }

    pub(crate) fn may_try(&self) -> bool {
        self.wrong_pins < MOST_WRONG_PINS
    }

    /// Whether the caller was in one.
    pub(crate) fn leave(&mut self) -> bool {
        let Some((name, id)) = self.inside.take() else { return false };
        if let Some(room) = self.rooms.get_mut(&name) {
            room.members.retain(|member| member.id != id);
        }
        true
    }

    pub(crate) fn remove_caller(&mut self) {
        self.removed = self.inside.is_some();
    }

    pub(crate) fn end_room_of_caller(&mut self) {
        self.ended = self.inside.is_some();
    }

    pub(crate) fn moderator_comes(&mut self, number: &str) {
        if let Some(room) = self.inside.as_ref().and_then(|(name, _)| self.rooms.get_mut(name)) {
            add_member(room, party(number), true, false);
        }
    }

    /// What keeps the caller from staying.
    fn over(&mut self) -> Option<Happening> {
        let happening = if std::mem::take(&mut self.removed) {
            Happening::Removed
        } else if std::mem::take(&mut self.ended) {
            Happening::Ended
        } else {
            return None;
        };
        self.leave();
        Some(happening)
    }
}

impl Caller {
    pub(crate) fn enter_room(&self, name: &str, options: &RoomOptions, seat: Seat) -> Result<u32, EntryFailure> {
        let mut scene = self.here().map_err(|_| EntryFailure::Gone)?;
        scene.rooms.leave();
        let who = scene.caller.clone();
        let room = scene.rooms.rooms.entry(name.to_owned()).or_insert_with(|| Conference {
            title: options.title.clone(),
            max_members: options.max_members,
            locked: options.locked,
            waiting: options.wait_for_moderator,
            ends: options.lasts.map(|lasts| lasts.as_millis() as u64),
            ..empty_room(name)
        });
        let refused = if room.locked && !seat.moderator {
            EntryFailure::Locked
        } else if room.members.len() >= usize::from(room.max_members) {
            EntryFailure::Full
        } else {
            let id = add_member(room, who, seat.moderator, seat.muted);
            let how = match (seat.moderator, seat.muted) {
                (true, _) => " as a moderator",
                (false, true) => " muted",
                (false, false) => "",
            };
            scene.rooms.inside = Some((name.to_owned(), id));
            scene.note(What::Enters(name.to_owned(), how));
            return Ok(id);
        };
        scene.note(What::NotIn(name.to_owned(), refused.to_string()));
        Err(refused)
    }

    pub(crate) async fn stay_in_room(&self, keys: &str, max: Duration) -> Result<Happening, VerbError> {
        let until = Instant::now() + max;
        loop {
            {
                let mut scene = self.here()?;
                if scene.rooms.inside.is_none() {
                    return Err(VerbError::Invalid("the caller is in no room".into()));
                }
                if let Some(over) = scene.rooms.over() {
                    return Ok(over);
                }
                while let Some(key) = scene.pressed.pop_front() {
                    if keys.contains(key) {
                        return Ok(Happening::Pressed(key));
                    }
                }
            }
            match self.pass(until).await {
                Happened::Nothing => return Ok(Happening::TimedOut),
                Happened::Pressed | Happened::Told => {}
                Happened::HungUp => return Err(VerbError::Gone),
            }
        }
    }

    pub(crate) fn change(&self, name: &str, change: Change) -> Result<(), ChangeError> {
        let mut scene = self.scene();
        let inside = scene.rooms.inside.clone();
        let room = scene.rooms.rooms.get_mut(name).filter(|room| !room.members.is_empty());
        let room = room.ok_or(ChangeError::NoRoom)?;
        fn named(room: &mut Conference, id: u32) -> Result<&mut jackfield_model::ConferenceMember, ChangeError> {
            room.members.iter_mut().find(|m| m.id == id).ok_or(ChangeError::NoMember(id))
        }
        let (mut removed, mut ended) = (false, false);
        let words = match change {
            Change::Mute(whom, muted) => {
                let does = if muted { "mutes" } else { "unmutes" };
                match whom {
                    Whom::Member(id) => {
                        named(room, id)?.muted = muted;
                        format!("{does} {id}")
                    }
                    Whom::All => {
                        room.members.iter_mut().filter(|m| !m.moderator).for_each(|m| m.muted = muted);
                        format!("{does} all")
                    }
                }
            }
            Change::Gain(id, gain) => {
                named(room, id)?.gain = gain;
                format!("hears {id} at {gain} %")
            }
            Change::Moderator(id, moderator) => {
                named(room, id)?.moderator = moderator;
                format!("makes {id} {}", if moderator { "a moderator" } else { "an ordinary member" })
            }
            Change::Remove(id) => {
                named(room, id)?;
                removed = inside == Some((name.to_owned(), id));
                if !removed {
                    room.members.retain(|member| member.id != id);
                }
                format!("removes {id}")
            }
            Change::Lock(locked) => {
                room.locked = locked;
                String::from(if locked { "locks" } else { "unlocks" })
            }
            Change::Extend(by) => {
                room.ends = room.ends.map(|ends| ends + by.as_millis() as u64);
                format!("extends by {} s", by.as_secs())
            }
            Change::End => {
                ended = true;
                String::from("ends")
            }
            Change::Play(prompts) => format!("plays {} to all", prompts.len()),
        };
        scene.rooms.removed |= removed;
        scene.rooms.ended |= ended && inside.is_some_and(|(inside, _)| inside == name);
        scene.note(What::Changes(words));
        Ok(())
    }

    pub(crate) fn invite_to_room(&self, name: &str, invitation: &Invitation) -> Result<(), ChangeError> {
        let mut scene = self.scene();
        scene.rooms.look(name).ok_or(ChangeError::NoRoom)?;
        let by = invitation.entry.as_deref().unwrap_or("nobody");
        scene.note(What::Changes(format!("invites {} by {by}", invitation.to)));
        Ok(())
    }
}
