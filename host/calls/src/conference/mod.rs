//! Conferences: rooms of many callers, which the host holds for the plugins that make them.
//!
//! A script brings its caller into a room by name and waits there ([`stay`]); who is in it and what may be done there is a
//! [`Room`]'s state, which members' call tasks, other scripts and administrators change under one short lock. Nobody is
//! called back under it: members are woken and look at what is true now. A room ends with its last member.

mod invite;
mod room;
mod stay;
mod terms;
mod tries;
mod watch;

pub(crate) use room::{Membership, Room};
pub use terms::{
    Change, ChangeError, EntryFailure, Happening, Invitation, LONGEST, MAX_GAIN, MAX_MEMBERS, MAX_NAME, RoomOptions,
    Seat, Whom,
};

use crate::events::EventBus;
use jackfield_media::room::{RoomConfig, RoomEvent};
use jackfield_model::{Conference, ConferenceMember};
use jackfield_net::MediaRoom;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::mpsc;

/// Rooms of one plugin.
const MOST_OF_ONE: usize = 64;
/// Rooms of all plugins.
const MOST: usize = 256;
/// What a room may have to tell at a time.
const ROOM_EVENTS: usize = 32;

/// The rooms in which somebody is; cheap to clone.
#[derive(Clone)]
pub struct Conferences(Arc<Inner>);

struct Inner {
    /// By owner and name.
    rooms: Mutex<HashMap<(String, String), Arc<Room>>>,
    tries: tries::Tries,
    bus: EventBus,
    next: AtomicU64,
}

/// Who wants in, and where.
pub(crate) struct Entry<'a> {
    /// The plugin whose room it is.
    pub owner: &'a str,
    /// The room's name.
    pub name: &'a str,
    pub options: &'a RoomOptions,
    pub seat: Seat,
    /// The new member; its id is given by the room.
    pub member: ConferenceMember,
}

impl Conferences {
    /// No rooms.
    pub(crate) fn new(bus: EventBus) -> Self {
        Self(Arc::new(Inner { rooms: Mutex::default(), tries: tries::Tries::default(), bus, next: AtomicU64::new(1) }))
    }

    /// All of them, oldest first.
    pub fn list(&self) -> Vec<Conference> {
        let mut list: Vec<_> = self.rooms().values().filter_map(|room| room.shown()).collect();
        list.sort_by_key(|conference| conference.id);
        list
    }

    /// Change one.
    ///
    /// # Errors
    /// When there is no such room or member, or the change makes no sense.
    pub fn change(&self, id: u64, change: Change) -> Result<(), ChangeError> {
        self.by_id(id).ok_or(ChangeError::NoRoom)?.change(change)?;
        self.forget_what_is_over();
        Ok(())
    }

    /// A plugin's room.
    pub(crate) fn of(&self, owner: &str, name: &str) -> Option<Arc<Room>> {
        self.rooms().get(&(owner.to_owned(), name.to_owned())).filter(|room| !room.is_over()).cloned()
    }

    pub(crate) fn by_id(&self, id: u64) -> Option<Arc<Room>> {
        self.rooms().values().find(|room| room.id == id && !room.is_over()).cloned()
    }

    /// Wrong PINs.
    pub(crate) fn tries(&self) -> &tries::Tries {
        &self.0.tries
    }

    /// Change a plugin's room.
    pub(crate) fn change_of(&self, owner: &str, name: &str, change: Change) -> Result<(), ChangeError> {
        self.of(owner, name).ok_or(ChangeError::NoRoom)?.change(change)?;
        self.forget_what_is_over();
        Ok(())
    }

    /// Take somebody into a room; `open` makes the mixer of a room that is not there yet.
    pub(crate) fn enter(
        &self,
        entry: Entry<'_>,
        open: impl FnOnce(RoomConfig, mpsc::Sender<RoomEvent>) -> MediaRoom,
    ) -> Result<Membership, EntryFailure> {
        let Entry { owner, name, options, seat, member } = entry;
        let mut rooms = self.rooms();
        let key = (owner.to_owned(), name.to_owned());
        let standing = rooms.get(&key).filter(|room| !room.is_over()).cloned();
        let room = match standing {
            Some(room) => room,
            None => {
                if options.locked && !seat.moderator {
                    return Err(EntryFailure::Locked);
                }
                rooms.remove(&key);
                if rooms.len() >= MOST || rooms.keys().filter(|(of, _)| of == owner).count() >= MOST_OF_ONE {
                    return Err(EntryFailure::Failed(format!(
                        "there are too many rooms: {MOST_OF_ONE} of one plugin, {MOST} in all"
                    )));
                }
                let (sender, events) = mpsc::channel(ROOM_EVENTS);
                let media = open(RoomConfig { narrow: !options.wideband, ..RoomConfig::default() }, sender);
                let id = self.0.next.fetch_add(1, Ordering::Relaxed);
                let room = Arc::new(Room::new(id, (owner, name), options.clone(), media, self.0.bus.clone()));
                tokio::spawn(watch::watch(self.clone(), Arc::clone(&room), events));
                rooms.insert(key, Arc::clone(&room));
                room
            }
        };
        let (id, told) = room.take(member, seat).inspect_err(|_| room.end_if_empty())?;
        Ok(Membership::new(self.clone(), room, id, told))
    }

    /// Rooms that are over make way for others of their names.
    pub(crate) fn forget_what_is_over(&self) {
        self.rooms().retain(|_, room| !room.is_over());
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<(String, String), Arc<Room>>> {
        // Held for look-ups and inserts, which cannot panic half-way.
        self.0.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
