//! `jackfield:conference/rooms`: rooms of many callers, which belong to the plugin that makes them.

use crate::{
    bindings::imports::jackfield::{
        call::control::Prompt,
        conference::rooms::{self, EntryFailure, Happening, Invitation, Member, Room, RoomOptions, Seat, Whom},
        types::types::Error,
    },
    grants,
    instance::State,
    interfaces::{
        arguments::{is_digit, is_target, shortened},
        control::Handle,
    },
};
use jackfield_calls::conference as host;
use jackfield_calls::scripts;
use std::time::Duration;
use wasmtime::component::Resource;

/// Prompts at entry or exit.
const MOST_CUES: usize = 4;
/// How long they may sound together.
const LONGEST_CUE: Duration = Duration::from_secs(10);
/// Keys that one stay may listen for.
const MOST_KEYS: usize = 16;
const RING: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(600);
/// What a script is told of an invitation.
const MOST_ARGS: usize = 16;
const LONGEST_ARG: usize = 1_024;
const SAMPLE_RATE: u64 = 8_000;

type Answer<T> = wasmtime::Result<Result<T, Error>>;

impl rooms::Host for State {
    async fn enter(
        &mut self,
        call: Resource<Handle>,
        name: String,
        options: RoomOptions,
        seat: Seat,
    ) -> wasmtime::Result<Result<u32, EntryFailure>> {
        if let Err(denied) = self.permit(grants::CONFERENCE) {
            return Ok(Err(EntryFailure::Denied(words(denied))));
        }
        let options = match self.options(&name, options).await? {
            Ok(options) => options,
            Err(why) => return Ok(Err(EntryFailure::Invalid(why))),
        };
        let seat = host::Seat { moderator: seat.moderator, muted: seat.muted, music: seat.music };
        Ok(self.enter_room(&call, &name, &options, seat).await?.map_err(Into::into))
    }

    async fn stay(&mut self, call: Resource<Handle>, keys: String, max: u32) -> Answer<Happening> {
        if let Err(denied) = self.permit(grants::CONFERENCE) {
            return Ok(Err(denied));
        }
        if keys.len() > MOST_KEYS || !keys.chars().all(is_digit) {
            return Ok(Err(Error::Invalid(format!("keys are digits, * and #, at most {MOST_KEYS} of them"))));
        }
        Ok(self.stay_in_room(&call, &keys, max).await?.map(Into::into))
    }

    async fn leave(&mut self, call: Resource<Handle>) -> Answer<()> {
        if let Err(denied) = self.permit(grants::CONFERENCE) {
            return Ok(Err(denied));
        }
        self.leave_room(&call).await
    }

    async fn may_try(&mut self, call: Resource<Handle>, name: String) -> wasmtime::Result<bool> {
        Ok(self.permit(grants::CONFERENCE).is_ok() && self.on_call()?.leg(&call)?.may_try(&name))
    }

    async fn wrong_pin(&mut self, call: Resource<Handle>, name: String) -> Answer<()> {
        if let Err(denied) = self.permit(grants::CONFERENCE) {
            return Ok(Err(denied));
        }
        if name.len() > host::MAX_NAME {
            return Ok(Err(Error::Invalid(format!("a room's name has at most {} bytes", host::MAX_NAME))));
        }
        self.on_call()?.leg(&call)?.wrong_pin(&name);
        Ok(Ok(()))
    }

    async fn look(&mut self, name: String) -> wasmtime::Result<Option<Room>> {
        if self.permit(grants::CONFERENCE).is_err() {
            return Ok(None);
        }
        Ok(self.on_call()?.caller.look(&name).map(Into::into))
    }

    async fn mute(&mut self, name: String, whom: Whom, muted: bool) -> Answer<()> {
        let whom = match whom {
            Whom::Member(id) => host::Whom::Member(id),
            Whom::All => host::Whom::All,
        };
        self.change(&name, host::Change::Mute(whom, muted))
    }

    async fn set_gain(&mut self, name: String, id: u32, gain: u16) -> Answer<()> {
        self.change(&name, host::Change::Gain(id, gain))
    }

    async fn set_moderator(&mut self, name: String, id: u32, moderator: bool) -> Answer<()> {
        self.change(&name, host::Change::Moderator(id, moderator))
    }

    async fn remove(&mut self, name: String, id: u32) -> Answer<()> {
        self.change(&name, host::Change::Remove(id))
    }

    async fn lock(&mut self, name: String, locked: bool) -> Answer<()> {
        self.change(&name, host::Change::Lock(locked))
    }

    async fn extend(&mut self, name: String, by: u32) -> Answer<()> {
        self.change(&name, host::Change::Extend(Duration::from_millis(by.into())))
    }

    async fn end(&mut self, name: String) -> Answer<()> {
        self.change(&name, host::Change::End)
    }

    async fn play(&mut self, name: String, prompts: Vec<Prompt>) -> Answer<()> {
        if let Err(denied) = self.permit(grants::CONFERENCE) {
            return Ok(Err(denied));
        }
        match self.room_sounds(prompts).await? {
            Ok(sounds) => self.change(&name, host::Change::Play(sounds)),
            Err(why) => Ok(Err(Error::Invalid(why))),
        }
    }

    async fn invite(&mut self, name: String, invitation: Invitation) -> Answer<()> {
        if let Err(denied) = self.permit(grants::CONFERENCE) {
            return Ok(Err(denied));
        }
        let invitation = match self.invitation(invitation) {
            Ok(invitation) => invitation,
            Err(why) => return Ok(Err(Error::Invalid(why))),
        };
        Ok(self.on_call()?.caller.invite(&name, invitation).map_err(Into::into))
    }
}

impl State {
    fn change(&mut self, name: &str, change: host::Change) -> Answer<()> {
        if let Err(denied) = self.permit(grants::CONFERENCE) {
            return Ok(Err(denied));
        }
        Ok(self.on_call()?.caller.change_room(name, change).map_err(Into::into))
    }

    /// What the guest says of a room, checked.
    async fn options(
        &mut self,
        name: &str,
        options: RoomOptions,
    ) -> wasmtime::Result<Result<host::RoomOptions, String>> {
        let named = |text: &str| text.len() <= host::MAX_NAME && !text.chars().any(char::is_control);
        if name.is_empty() || !named(name) || !named(&options.title) {
            return Ok(Err(format!("a room's name has 1 and its title 0 to {} bytes", host::MAX_NAME)));
        }
        if !(2..=host::MAX_MEMBERS).contains(&options.max_members) {
            return Ok(Err(format!("{} members: 2 to {} are possible", options.max_members, host::MAX_MEMBERS)));
        }
        let lasts = options.lasts.map(|lasts| Duration::from_millis(lasts.into()));
        if lasts.is_some_and(|lasts| lasts.is_zero() || lasts > host::LONGEST) {
            return Ok(Err("a room lasts more than nothing and at most a day".into()));
        }
        if let Some(entry) = options.guests.as_deref().filter(|entry| !self.plugin.has_entry(entry)) {
            return Ok(Err(format!("the plugin has no script “{}”", shortened(entry))));
        }
        let mut cues = Vec::new();
        for prompts in [options.entry, options.exit] {
            if prompts.len() > MOST_CUES {
                return Ok(Err(format!("{} prompts at entry or exit, at most {MOST_CUES}", prompts.len())));
            }
            match self.room_sounds(prompts).await? {
                Ok(sounds) if length(&sounds) <= LONGEST_CUE => cues.push(sounds),
                Ok(_) => return Ok(Err(format!("what all hear at entry or exit lasts at most {LONGEST_CUE:?}"))),
                Err(why) => return Ok(Err(why)),
            }
        }
        let exit = cues.pop().unwrap_or_default();
        Ok(Ok(host::RoomOptions {
            title: options.title,
            max_members: options.max_members,
            wideband: options.wideband,
            locked: options.locked,
            wait_for_moderator: options.wait_for_moderator,
            ends_with_moderator: options.ends_with_moderator,
            lasts,
            entry: cues.pop().unwrap_or_default(),
            exit,
            guests: options.guests,
        }))
    }

    fn invitation(&self, invitation: Invitation) -> Result<host::Invitation, String> {
        let Invitation { to, timeout, entry, args } = invitation;
        let timeout = Duration::from_millis(timeout.into());
        if !is_target(&to) {
            return Err(format!("“{}” is no number or URI to dial", shortened(&to)));
        }
        if !RING.contains(&timeout) {
            return Err(format!("ringing for {timeout:?}: 1 s to 10 min are possible"));
        }
        if !self.plugin.has_entry(&entry) {
            return Err(format!("the plugin has no script “{}”", shortened(&entry)));
        }
        if args.len() > MOST_ARGS || args.iter().any(|(name, value)| name.len() + value.len() > LONGEST_ARG) {
            return Err(format!("at most {MOST_ARGS} arguments of {LONGEST_ARG} bytes are possible"));
        }
        Ok(host::Invitation { to, timeout, entry: Some(entry), args })
    }
}

/// How long these sound one after the other.
fn length(sounds: &[scripts::Prompt]) -> Duration {
    let each = |sound: &scripts::Prompt| match sound {
        scripts::Prompt::Audio(samples) => Duration::from_millis(samples.len() as u64 * 1_000 / SAMPLE_RATE),
        scripts::Prompt::Tone(_, length) | scripts::Prompt::Silence(length) => *length,
    };
    sounds.iter().map(each).sum()
}

fn words(error: Error) -> String {
    match error {
        Error::Gone => String::from("the caller has hung up"),
        Error::Invalid(text) | Error::Denied(text) | Error::Failed(text) => text,
        Error::Other((code, text)) => format!("{code}: {text}"),
    }
}

impl From<host::EntryFailure> for EntryFailure {
    fn from(failure: host::EntryFailure) -> Self {
        match failure {
            host::EntryFailure::Gone => Self::Gone,
            host::EntryFailure::Locked => Self::Locked,
            host::EntryFailure::Full => Self::Full,
            host::EntryFailure::Invalid(text) => Self::Invalid(text),
            host::EntryFailure::Denied(text) => Self::Denied(text),
            host::EntryFailure::Failed(text) => Self::Failed(text),
        }
    }
}

impl From<host::Happening> for Happening {
    fn from(happening: host::Happening) -> Self {
        match happening {
            host::Happening::Pressed(key) => Self::Pressed(key),
            host::Happening::TimedOut => Self::TimedOut,
            host::Happening::Removed => Self::Removed,
            host::Happening::Ended => Self::Ended,
        }
    }
}

impl From<host::ChangeError> for Error {
    fn from(error: host::ChangeError) -> Self {
        match error {
            host::ChangeError::TooMany(_) => Self::Failed(error.to_string()),
            host::ChangeError::NoRoom | host::ChangeError::NoMember(_) | host::ChangeError::Invalid(_) => {
                Self::Invalid(error.to_string())
            }
        }
    }
}

impl From<jackfield_model::Conference> for Room {
    fn from(room: jackfield_model::Conference) -> Self {
        let member = |member: jackfield_model::ConferenceMember| Member {
            id: member.id,
            call: member.call.0,
            who: member.who.into(),
            since: member.since,
            moderator: member.moderator,
            muted: member.muted,
            on_hold: member.on_hold,
            gain: member.gain,
        };
        Self {
            title: room.title,
            since: room.since,
            ends: room.ends,
            max_members: room.max_members,
            locked: room.locked,
            waiting: room.waiting,
            speaker: room.speaker,
            members: room.members.into_iter().map(member).collect(),
        }
    }
}
