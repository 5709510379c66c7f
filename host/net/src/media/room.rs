//! Rooms: several streams mixed on one thread.

use super::{Change, Command, Media, MediaStream, driver::Entry};
use jackfield_media::{
    Item, JitterStats,
    codec::Codec,
    room::{HeardBy, Room, RoomConfig, RoomEvent, RoomFull},
    rtp::Header,
};
use std::{collections::HashMap, sync::atomic::Ordering, time::Instant};
use tokio::sync::{mpsc, oneshot};
use tracing::trace;

/// Most rooms of one thread; each costs about 50 kB and 7 kB per member.
const MAX_ROOMS: usize = 1_024;

/// Somebody could not join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoomError {
    /// Too many members.
    #[error(transparent)]
    Full(#[from] RoomFull),
    /// The thread has as many rooms as it takes.
    #[error("too many rooms")]
    NoRoom,
    /// The stream was never configured, so that it has no sockets yet.
    #[error("the party has no media yet")]
    NoStream,
}

/// Several streams that hear one another. When it is dropped they stay as they are, and hear nobody.
pub struct MediaRoom {
    media: Media,
    id: u64,
    thread: usize,
}

impl Media {
    /// A room on the thread of this stream, for it and others; nobody is in it yet. What happens in it is told to
    /// `events`, and lost when that is full.
    pub fn new_room(&self, beside: &MediaStream, config: RoomConfig, events: mpsc::Sender<RoomEvent>) -> MediaRoom {
        let room = self.0.next_id.fetch_add(1, Ordering::Relaxed);
        self.send(beside.thread, Command::OpenRoom { room, config: Box::new(config), events });
        MediaRoom { media: self.clone(), id: room, thread: beside.thread }
    }
}

impl MediaRoom {
    /// Take a stream in: it leaves whomever it was connected with, and moves to the room's thread. One that is in it
    /// already keeps its place and changes by whom it is heard.
    ///
    /// # Errors
    /// When the room is full, there are too many rooms, or the stream was never configured.
    pub async fn join(&self, stream: &mut MediaStream, heard_by: HeardBy) -> Result<(), RoomError> {
        stream.move_to(self.thread).await;
        if stream.thread != self.thread {
            return Err(RoomError::NoStream);
        }
        let (reply, answer) = oneshot::channel();
        self.media.send(self.thread, Command::Join { room: self.id, id: stream.id, heard_by, reply });
        answer.await.unwrap_or(Err(RoomError::NoStream))
    }

    /// Take a stream out, by [`MediaStream::id`] as below: it hears nobody and is heard by nobody.
    pub fn leave(&self, stream: u64) {
        self.media.send(self.thread, Command::Leave { room: self.id, id: stream });
    }

    /// By whom a member is heard from now on; a whisper names the other by [`MediaStream::id`].
    pub fn set_heard_by(&self, stream: u64, heard_by: HeardBy) {
        self.change(stream, Change::HeardBy(heard_by));
    }

    /// Whether nobody hears this member for now.
    pub fn set_muted(&self, stream: u64, muted: bool) {
        self.change(stream, Change::Muted(muted));
    }

    /// How loud the others hear this member: 1 is as it speaks, 0 to 8.
    pub fn set_gain(&self, stream: u64, gain: f32) {
        self.change(stream, Change::Gain(gain));
    }

    /// Play to everybody in it, over what is said. With eight waiting it is left out.
    pub fn play(&self, items: Vec<Item>) {
        self.media.send(self.thread, Command::PlayToRoom { room: self.id, items });
    }

    /// How a member's packets arrive; `None` when it is no member.
    pub async fn jitter(&self, stream: &MediaStream) -> Option<JitterStats> {
        let (reply, answer) = oneshot::channel();
        self.media.send(self.thread, Command::Jitter { room: self.id, id: stream.id, reply });
        answer.await.ok().flatten()
    }

    fn change(&self, stream: u64, change: Change) {
        self.media.send(self.thread, Command::Change { room: self.id, id: stream, change });
    }
}

impl Drop for MediaRoom {
    fn drop(&mut self) {
        self.media.send(self.thread, Command::CloseRoom { room: self.id });
    }
}

/// The rooms of one thread.
#[derive(Default)]
pub(super) struct Rooms(HashMap<u64, Open>);

struct Open {
    room: Room,
    members: Vec<u64>,
    events: mpsc::Sender<RoomEvent>,
}

impl Rooms {
    pub(super) fn open(&mut self, room: u64, config: RoomConfig, events: mpsc::Sender<RoomEvent>) {
        if self.0.len() < MAX_ROOMS {
            self.0.insert(room, Open { room: Room::new(config), members: Vec::new(), events });
        }
    }

    /// The room is over; says who was in it.
    pub(super) fn close(&mut self, room: u64) -> Vec<u64> {
        self.0.remove(&room).map(|open| open.members).unwrap_or_default()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn join(
        &mut self,
        room: u64,
        id: u64,
        codec: Option<Codec>,
        heard_by: HeardBy,
    ) -> Result<(), RoomError> {
        let open = self.0.get_mut(&room).ok_or(RoomError::NoRoom)?;
        open.room.join(id, codec, heard_by)?;
        if !open.members.contains(&id) {
            open.members.push(id);
        }
        Ok(())
    }

    pub(super) fn leave(&mut self, room: u64, id: u64) {
        if let Some(open) = self.0.get_mut(&room) {
            open.room.leave(id);
            open.members.retain(|m| *m != id);
        }
    }

    pub(super) fn change(&mut self, room: u64, id: u64, change: Change) {
        let Some(Open { room, .. }) = self.0.get_mut(&room) else { return };
        match change {
            Change::Gain(gain) => room.set_gain(id, gain),
            Change::Muted(muted) => room.set_muted(id, muted),
            Change::HeardBy(heard_by) => room.set_heard_by(id, heard_by),
        }
    }

    pub(super) fn play(&mut self, room: u64, items: Vec<Item>) {
        if let Some(open) = self.0.get_mut(&room) {
            open.room.play(items);
        }
    }

    pub(super) fn jitter(&self, room: u64, id: u64) -> Option<JitterStats> {
        self.0.get(&room)?.room.jitter(id)
    }

    pub(super) fn push(&mut self, room: u64, id: u64, now: Instant, codec: Codec, header: &Header, payload: &[u8]) {
        if let Some(open) = self.0.get_mut(&room) {
            open.room.push(id, now, codec, header.ssrc, header.timestamp, payload);
        }
    }

    /// Mix the next 20 ms of each room and send everybody theirs.
    pub(super) fn tick(&mut self, streams: &mut HashMap<u64, Entry>, mut say: impl FnMut(&mut Entry, Codec, &[u8])) {
        for Open { room, members, events } in self.0.values_mut() {
            for id in &*members {
                // A new description may have changed it.
                room.set_codec(*id, streams.get(id).and_then(|entry| entry.stream.hears_in()));
            }
            room.tick(|event| {
                if let Err(error) = events.try_send(event) {
                    trace!(%error, "room event dropped");
                }
            });
            for id in &*members {
                if let (Some(entry), Some((codec, octets))) = (streams.get_mut(id), room.frame(*id)) {
                    say(entry, codec, octets);
                }
            }
        }
    }
}
