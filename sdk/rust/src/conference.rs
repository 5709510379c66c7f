//! Rooms of many callers. Needs the capability `conference`.
//!
//! ```no_run
//! use jackfield_sdk::prelude::*;
//!
//! #[script]
//! fn talk(call: Call) -> Result<()> {
//!     let room = Room::named("600").titled("Sales").for_at_most(16);
//!     let me = call.enter(&room, Seat::default().with_music())?;
//!     loop {
//!         match call.stay("*", secs(3_600))? {
//!             Happening::Pressed(_) => room.mute(Whom::Member(me), true)?,
//!             Happening::TimedOut => {}
//!             _ => return call.play("goodbye")?.hang_up(),
//!         }
//!     }
//! }
//! ```

use crate::{
    Call, EntryFailure, Happening, Prompts, Result, Seen, Whom,
    bindings::imports::jackfield::conference::rooms::{self, Invitation, RoomOptions},
    to_ms,
};
use std::time::Duration;

/// Most members of one room.
const MOST: u8 = 32;
/// How long an invited person's telephone rings when nothing else is said.
const RING: Duration = Duration::from_secs(30);

/// A room of this plugin, by its name: what it is like for whoever enters it first, and what can be done with it.
#[derive(Clone, Debug)]
pub struct Room {
    name: String,
    title: String,
    max_members: u8,
    wideband: bool,
    locked: bool,
    wait_for_moderator: bool,
    ends_with_moderator: bool,
    lasts: Option<Duration>,
    entry: Prompts,
    exit: Prompts,
    guests: Option<String>,
}

/// How a caller enters a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seat {
    moderator: bool,
    muted: bool,
    music: bool,
}

/// Whom to ring for a room, and which script takes them up; made by [`Inviting::to`].
#[derive(Clone, Debug)]
pub struct Inviting {
    to: String,
    timeout: Duration,
    entry: String,
    args: Vec<(String, String)>,
}

impl Room {
    /// The room of this name, 1 to 64 bytes: for 32 members, without tones, open to everybody.
    pub fn named(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            title: name.clone(),
            name,
            max_members: MOST,
            wideband: true,
            locked: false,
            wait_for_moderator: false,
            ends_with_moderator: false,
            lasts: None,
            entry: Prompts::default(),
            exit: Prompts::default(),
            guests: None,
        }
    }

    /// What people see as its name, at most 64 bytes.
    #[must_use]
    pub fn titled(self, title: impl Into<String>) -> Self {
        Self { title: title.into(), ..self }
    }

    /// How many it takes, 2 to 32.
    #[must_use]
    pub fn for_at_most(self, members: u8) -> Self {
        Self { max_members: members, ..self }
    }

    /// Keep it at 8 kHz, which takes less of the processor.
    #[must_use]
    pub fn narrow(self) -> Self {
        Self { wideband: false, ..self }
    }

    /// Whether only moderators are let in from the beginning on.
    #[must_use]
    pub fn locked_at_first(self, locked: bool) -> Self {
        Self { locked, ..self }
    }

    /// Whether members wait until a moderator has come.
    #[must_use]
    pub fn waiting_for_moderator(self, wait_for_moderator: bool) -> Self {
        Self { wait_for_moderator, ..self }
    }

    /// Whether it ends when its last moderator leaves.
    #[must_use]
    pub fn ending_with_moderator(self, ends_with_moderator: bool) -> Self {
        Self { ends_with_moderator, ..self }
    }

    /// How long it lasts, at most a day; all are warned a minute before.
    #[must_use]
    pub fn lasting(self, lasts: Duration) -> Self {
        Self { lasts: Some(lasts), ..self }
    }

    /// What all hear when somebody enters, and when somebody leaves.
    #[must_use]
    pub fn announcing(self, entry: impl Into<Prompts>, exit: impl Into<Prompts>) -> Self {
        Self { entry: entry.into(), exit: exit.into(), ..self }
    }

    /// The script entry that takes up whom an administrator adds; its argument `room` is the room's name.
    #[must_use]
    pub fn bringing_guests_by(self, entry: impl Into<String>) -> Self {
        Self { guests: Some(entry.into()), ..self }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it is now; nothing when nobody is in it.
    pub fn look(&self) -> Option<Seen> {
        rooms::look(&self.name)
    }

    /// Have nobody hear these members, or everybody again.
    pub fn mute(&self, whom: Whom, muted: bool) -> Result<()> {
        Ok(rooms::mute(&self.name, whom, muted)?)
    }

    /// How loud the others hear a member, 0 to 400 per cent.
    pub fn set_gain(&self, id: u32, per_cent: u16) -> Result<()> {
        Ok(rooms::set_gain(&self.name, id, per_cent)?)
    }

    /// Make a member a moderator, or an ordinary member again.
    pub fn set_moderator(&self, id: u32, moderator: bool) -> Result<()> {
        Ok(rooms::set_moderator(&self.name, id, moderator)?)
    }

    /// Remove a member.
    pub fn remove(&self, id: u32) -> Result<()> {
        Ok(rooms::remove(&self.name, id)?)
    }

    /// Let nobody in but moderators, or everybody again.
    pub fn lock(&self, locked: bool) -> Result<()> {
        Ok(rooms::lock(&self.name, locked)?)
    }

    /// Let it last longer.
    pub fn extend(&self, by: Duration) -> Result<()> {
        Ok(rooms::extend(&self.name, to_ms(by))?)
    }

    /// End it for everybody.
    pub fn end(&self) -> Result<()> {
        Ok(rooms::end(&self.name)?)
    }

    /// Play to everybody in it.
    pub fn play(&self, prompts: impl Into<Prompts>) -> Result<()> {
        Ok(rooms::play(&self.name, &prompts.into().lower())?)
    }

    /// Ring somebody and have a script take up whoever answers; does not wait for that.
    pub fn invite(&self, whom: Inviting) -> Result<()> {
        let Inviting { to, timeout, entry, args } = whom;
        Ok(rooms::invite(&self.name, &Invitation { to, timeout: to_ms(timeout), entry, args })?)
    }
}

impl Call {
    /// Enter a room, which begins with its first member; gives the member's number.
    ///
    /// # Errors
    /// When it is locked or full; the caller is still here then.
    pub fn enter(&self, room: &Room, seat: Seat) -> Result<u32, EntryFailure> {
        let options = RoomOptions {
            title: room.title.clone(),
            max_members: room.max_members,
            wideband: room.wideband,
            locked: room.locked,
            wait_for_moderator: room.wait_for_moderator,
            ends_with_moderator: room.ends_with_moderator,
            lasts: room.lasts.map(to_ms),
            entry: room.entry.clone().lower(),
            exit: room.exit.clone().lower(),
            guests: room.guests.clone(),
        };
        let Seat { moderator, muted, music } = seat;
        rooms::enter(&self.raw, &room.name, &options, rooms::Seat { moderator, muted, music })
    }

    /// Whether the caller may try a PIN for a room: not after ten wrong ones within ten minutes. Ask this before each try.
    pub fn may_try(&self, room: &Room) -> bool {
        rooms::may_try(&self.raw, &room.name)
    }

    /// Note that the caller has typed a wrong PIN for a room.
    pub fn wrong_pin(&self, room: &Room) -> Result<()> {
        Ok(rooms::wrong_pin(&self.raw, &room.name)?)
    }

    /// Stay in the room until one of these keys is pressed, the time (at most an hour) is over, or it cannot stay.
    pub fn stay(&self, keys: &str, max: Duration) -> Result<Happening> {
        Ok(rooms::stay(&self.raw, keys, to_ms(max))?)
    }

    /// Leave the room.
    pub fn leave(&self) -> Result<&Self> {
        rooms::leave(&self.raw)?;
        Ok(self)
    }
}

impl Seat {
    /// A moderator: enters a locked room, and others wait for it.
    pub fn moderator() -> Self {
        Self { moderator: true, ..Self::default() }
    }

    /// Not heard until it is unmuted.
    #[must_use]
    pub fn muted(self, muted: bool) -> Self {
        Self { muted, ..self }
    }

    /// With music while it is alone or waits for a moderator.
    #[must_use]
    pub fn with_music(self) -> Self {
        Self { music: true, ..self }
    }
}

impl Inviting {
    /// Ring a number or target for 30 s, and have this script entry take up whoever answers.
    pub fn to(to: impl Into<String>, entry: impl Into<String>) -> Self {
        Self { to: to.into(), timeout: RING, entry: entry.into(), args: Vec::new() }
    }

    /// Give up after so long, 1 s to 10 min.
    #[must_use]
    pub fn for_at_most(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// What the script shall know.
    #[must_use]
    pub fn telling(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.args.push((name.into(), value.into()));
        self
    }
}
