//! One room: who is in it, who is heard, when it ends.

use super::{
    Conferences,
    terms::{Change, ChangeError, EntryFailure, LONGEST, MAX_GAIN, RoomOptions, Seat, Whom},
};
use crate::{events::EventBus, exchange::now_ms, script_call::items};
use jackfield_media::{Item, Tone};
use jackfield_model::{Conference, ConferenceMember, EventKind, Party as Who};
use jackfield_net::MediaRoom;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// Changes of one room in a second.
const MOST_CHANGES: u32 = 50;
/// Telephones that ring for one room at a time.
const MOST_RINGING: u8 = 8;
/// How long before its end the members of a room are warned.
const WARNING: Duration = Duration::from_secs(60);
/// One of the two beeps that warn.
const BEEP: Duration = Duration::from_millis(200);

/// A room in which somebody is.
pub(crate) struct Room {
    pub(super) id: u64,
    /// The plugin whose it is.
    pub(super) owner: String,
    pub(super) name: String,
    pub(super) options: RoomOptions,
    pub(super) media: MediaRoom,
    /// Its end has come nearer or gone farther.
    pub(super) end_moved: Notify,
    ended: Notify,
    state: Mutex<State>,
    bus: EventBus,
}

struct State {
    shown: Conference,
    places: BTreeMap<u32, Place>,
    next: u32,
    over: bool,
    ends: Option<Instant>,
    warned: bool,
    /// When the second began in which changes are counted, and how many there were.
    changes: (Instant, u32),
}

/// What only the host knows of a member.
struct Place {
    /// Its sound in the mixer, once it is there.
    stream: Option<u64>,
    removed: bool,
    music: bool,
    /// Wakes the member's call task, which then looks at its [`Standing`].
    told: Arc<Notify>,
}

/// How a member stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is in the room, and hears music in place of the others.
    Music {
        /// Whether its sound belongs into the mixer.
        mixed: bool,
    },
    /// It is in the room, and hears whoever speaks, or waits in silence.
    Listens {
        /// Whether its sound belongs into the mixer.
        mixed: bool,
    },
    Removed,
    Ended,
}

/// What is due at the room's end or shortly before it.
pub(super) enum Due {
    At(Instant),
    Never,
    Over,
}

impl Room {
    pub(super) fn new(id: u64, of: (&str, &str), options: RoomOptions, media: MediaRoom, bus: EventBus) -> Self {
        let now = Instant::now();
        let lasts = options.lasts.map(|lasts| lasts.min(LONGEST));
        let shown = Conference {
            id,
            title: options.title.clone(),
            plugin: of.0.to_owned(),
            name: of.1.to_owned(),
            since: now_ms(),
            ends: lasts.map(|lasts| now_ms() + lasts.as_millis() as u64),
            max_members: options.max_members,
            locked: options.locked,
            waiting: options.wait_for_moderator,
            ringing: 0,
            speaker: None,
            members: Vec::new(),
        };
        let state = State {
            shown,
            places: BTreeMap::new(),
            next: 1,
            over: false,
            ends: lasts.map(|lasts| now + lasts),
            warned: false,
            changes: (now, 0),
        };
        Self {
            id,
            owner: of.0.to_owned(),
            name: of.1.to_owned(),
            options,
            media,
            end_moved: Notify::new(),
            ended: Notify::new(),
            state: Mutex::new(state),
            bus,
        }
    }

    /// As screens see it; nothing once it is over.
    pub(crate) fn shown(&self) -> Option<Conference> {
        let state = self.state();
        (!state.over && !state.shown.members.is_empty()).then(|| state.shown.clone())
    }

    pub(crate) fn is_over(&self) -> bool {
        self.state().over
    }

    /// Resolves when it is over.
    pub(super) async fn until_over(&self) {
        loop {
            let ended = self.ended.notified();
            if self.is_over() {
                return;
            }
            ended.await;
        }
    }

    /// Take a member in; its number, and what wakes it.
    pub(super) fn take(&self, mut member: ConferenceMember, seat: Seat) -> Result<(u32, Arc<Notify>), EntryFailure> {
        let mut state = self.state();
        if state.over {
            return Err(EntryFailure::Failed("the room has just ended: try again".into()));
        }
        if state.shown.locked && !seat.moderator {
            return Err(EntryFailure::Locked);
        }
        if state.shown.members.len() >= usize::from(state.shown.max_members) {
            return Err(EntryFailure::Full);
        }
        let id = state.next;
        state.next += 1;
        (member.id, member.moderator, member.muted) = (id, seat.moderator, seat.muted);
        state.shown.members.push(member);
        let told = Arc::new(Notify::new());
        let place = Place { stream: None, removed: false, music: seat.music, told: Arc::clone(&told) };
        state.places.insert(id, place);
        if seat.moderator {
            state.shown.waiting = false;
        }
        if !state.shown.waiting && state.shown.members.len() > 1 && !self.options.entry.is_empty() {
            self.media.play(items(&self.options.entry));
        }
        self.tell(&state);
        Ok((id, told))
    }

    /// It was made for somebody who did not get in.
    pub(super) fn end_if_empty(&self) {
        let mut state = self.state();
        if state.places.is_empty() && !state.over {
            self.end(&mut state);
        }
    }

    /// A member goes, whoever wanted that.
    fn leave(&self, id: u32) {
        let mut state = self.state();
        let Some(place) = state.places.remove(&id) else { return };
        if let Some(stream) = place.stream {
            self.media.leave(stream);
        }
        let was_moderator = state.shown.member(id).is_some_and(|member| member.moderator);
        state.shown.members.retain(|member| member.id != id);
        if state.shown.speaker == Some(id) {
            state.shown.speaker = None;
        }
        if state.over {
            return;
        }
        let no_moderator = !state.shown.members.iter().any(|member| member.moderator);
        if state.shown.members.is_empty() || (was_moderator && no_moderator && self.options.ends_with_moderator) {
            self.end(&mut state);
            return;
        }
        if !self.options.exit.is_empty() {
            self.media.play(items(&self.options.exit));
        }
        self.tell(&state);
    }

    pub(super) fn change(&self, change: Change) -> Result<(), ChangeError> {
        let mut state = self.state();
        if state.over {
            return Err(ChangeError::NoRoom);
        }
        if state.changes.0.elapsed() >= Duration::from_secs(1) {
            state.changes = (Instant::now(), 0);
        }
        state.changes.1 += 1;
        if state.changes.1 > MOST_CHANGES {
            return Err(ChangeError::TooMany("a room takes 50 changes in a second"));
        }
        let before = state.shown.clone();
        match change {
            Change::Mute(whom, muted) => {
                let meant = |member: &ConferenceMember| match whom {
                    Whom::Member(id) => member.id == id,
                    Whom::All => !member.moderator,
                };
                if let Whom::Member(id) = whom {
                    state.member(id)?;
                }
                state.shown.members.iter_mut().filter(|member| meant(member)).for_each(|member| member.muted = muted);
                self.mix(&state);
            }
            Change::Gain(id, gain) => {
                if gain > MAX_GAIN {
                    return Err(ChangeError::Invalid(format!("{gain} per cent: 0 to {MAX_GAIN} are possible")));
                }
                state.member(id)?.gain = gain;
                self.mix(&state);
            }
            Change::Moderator(id, moderator) => {
                state.member(id)?.moderator = moderator;
                state.shown.waiting &= !moderator;
            }
            Change::Remove(id) => {
                state.member(id)?;
                if let Some(place) = state.places.get_mut(&id) {
                    place.removed = true;
                    place.told.notify_one();
                    // Not heard from now on, however long its script takes to notice.
                    if let Some(stream) = place.stream.take() {
                        self.media.leave(stream);
                    }
                }
            }
            Change::Lock(locked) => state.shown.locked = locked,
            Change::Extend(by) => {
                if let (Some(ends), Some(shown)) = (state.ends, state.shown.ends) {
                    let later = (ends + by).min(Instant::now() + LONGEST);
                    state.shown.ends = Some(shown + later.saturating_duration_since(ends).as_millis() as u64);
                    (state.ends, state.warned) = (Some(later), false);
                    self.end_moved.notify_one();
                }
            }
            Change::End => {
                self.end(&mut state);
                return Ok(());
            }
            Change::Play(prompts) => self.media.play(items(&prompts)),
        }
        if state.shown != before {
            self.tell(&state);
        }
        Ok(())
    }

    /// How a member stands now.
    fn standing(&self, id: u32) -> Standing {
        let state = self.state();
        match state.places.get(&id) {
            None => Standing::Removed,
            Some(place) if place.removed => Standing::Removed,
            Some(_) if state.over => Standing::Ended,
            Some(place) => {
                let mixed = !state.shown.waiting;
                let alone = state.shown.members.len() < 2 || state.shown.waiting;
                if place.music && alone { Standing::Music { mixed } } else { Standing::Listens { mixed } }
            }
        }
    }

    /// Who a member is and what its sound does may have changed.
    fn describe(&self, id: u32, who: &Who, on_hold: bool) {
        let mut state = self.state();
        let Ok(member) = state.member(id) else { return };
        if member.who == *who && member.on_hold == on_hold {
            return;
        }
        (member.who, member.on_hold) = (who.clone(), on_hold);
        self.mix(&state);
        if !state.over {
            self.tell(&state);
        }
    }

    /// A member's sound is in the mixer now.
    fn mixed(&self, id: u32, stream: u64) {
        let mut state = self.state();
        match state.places.get_mut(&id) {
            Some(place) if !place.removed => place.stream = Some(stream),
            _ => return self.media.leave(stream),
        }
        self.mix(&state);
    }

    /// Who has the floor; true when that is news.
    pub(super) fn set_speaker(&self, stream: Option<u64>) -> bool {
        let mut state = self.state();
        let of = |stream| state.places.iter().find(|(_, place)| place.stream == Some(stream)).map(|(id, _)| *id);
        let speaker = stream.and_then(of);
        std::mem::replace(&mut state.shown.speaker, speaker) != speaker
    }

    /// Tell screens who has the floor.
    pub(super) fn tell_speaker(&self) {
        let state = self.state();
        if !state.over {
            let kind = EventKind::ConferenceSpeaker { id: self.id, speaker: state.shown.speaker };
            self.bus.publish(now_ms(), kind);
        }
    }

    /// Warn or end, if it is time; when to look again.
    pub(super) fn look_at_the_time(&self) -> Due {
        let mut state = self.state();
        let (Some(ends), false) = (state.ends, state.over) else {
            return if state.over { Due::Over } else { Due::Never };
        };
        let now = Instant::now();
        if ends <= now {
            self.end(&mut state);
            return Due::Over;
        }
        let warning = ends - WARNING.min(ends.saturating_duration_since(now));
        if !state.warned && ends.saturating_duration_since(now) <= WARNING {
            state.warned = true;
            let beep = Item::Tone(Tone::Beep, BEEP);
            self.media.play(vec![beep.clone(), Item::Silence(BEEP), beep]);
        }
        Due::At(if state.warned { ends } else { warning })
    }

    /// Somebody is rung for it.
    pub(super) fn rings(self: &Arc<Self>) -> Result<Ringing, ChangeError> {
        let mut state = self.state();
        if state.over {
            return Err(ChangeError::NoRoom);
        }
        if state.shown.ringing >= MOST_RINGING {
            return Err(ChangeError::TooMany("8 telephones ring for this room already"));
        }
        state.shown.ringing += 1;
        self.tell(&state);
        Ok(Ringing(Arc::clone(self)))
    }

    fn end(&self, state: &mut State) {
        state.over = true;
        self.bus.publish(now_ms(), EventKind::ConferenceEnded { id: self.id });
        for place in state.places.values() {
            place.told.notify_one();
        }
        self.ended.notify_waiters();
        self.end_moved.notify_one();
    }

    /// Have the mixer do as is shown.
    fn mix(&self, state: &State) {
        for member in &state.shown.members {
            if let Some(stream) = state.places.get(&member.id).and_then(|place| place.stream) {
                self.media.set_muted(stream, member.muted || member.on_hold);
                self.media.set_gain(stream, f32::from(member.gain) / 100.0);
            }
        }
    }

    /// Screens learn of a change, and members look whether it concerns them.
    fn tell(&self, state: &State) {
        self.bus.publish(now_ms(), EventKind::Conference(state.shown.clone()));
        for place in state.places.values() {
            place.told.notify_one();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Held for a few assignments, never across an await.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn member(&mut self, id: u32) -> Result<&mut ConferenceMember, ChangeError> {
        self.shown.members.iter_mut().find(|member| member.id == id).ok_or(ChangeError::NoMember(id))
    }
}

/// A telephone that rings for a room; told when dropped.
pub(super) struct Ringing(Arc<Room>);

impl Drop for Ringing {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.shown.ringing = state.shown.ringing.saturating_sub(1);
        if !state.over {
            self.0.tell(&state);
        }
    }
}

/// Somebody's being in a room; leaves when dropped.
pub(crate) struct Membership {
    conferences: Conferences,
    room: Arc<Room>,
    id: u32,
    told: Arc<Notify>,
    /// Its sound, as it is in the mixer.
    stream: Option<u64>,
    /// Whether it hears music; not known after its script has played something.
    music: Option<bool>,
}

impl Membership {
    pub(super) fn new(conferences: Conferences, room: Arc<Room>, id: u32, told: Arc<Notify>) -> Self {
        Self { conferences, room, id, told, stream: None, music: Some(false) }
    }

    pub(super) fn id(&self) -> u32 {
        self.id
    }

    pub(super) fn media(&self) -> &MediaRoom {
        &self.room.media
    }

    pub(super) fn standing(&self) -> Standing {
        self.room.standing(self.id)
    }

    pub(super) fn describe(&self, who: &Who, on_hold: bool) {
        self.room.describe(self.id, who, on_hold);
    }

    /// Whether this sound has to go into the mixer still.
    pub(super) fn is_elsewhere(&self, stream: u64) -> bool {
        self.stream != Some(stream)
    }

    pub(super) fn mixed(&mut self, stream: u64) {
        self.stream = Some(stream);
        self.room.mixed(self.id, stream);
    }

    /// Whether music has to begin (`true`) or end.
    pub(super) fn turn_music(&mut self, on: bool) -> Option<bool> {
        (self.music.replace(on) != Some(on)).then_some(on)
    }

    /// Something else may have been played meanwhile.
    pub(super) fn forget_music(&mut self) {
        self.music = None;
    }

    /// Wakes when the room has something for it.
    pub(crate) fn told(&self) -> Arc<Notify> {
        Arc::clone(&self.told)
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.room.leave(self.id);
        self.conferences.forget_what_is_over();
    }
}
