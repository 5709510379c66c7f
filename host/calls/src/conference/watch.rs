//! What a room does by itself: say who speaks, warn, end in time.

use super::{
    Conferences,
    room::{Due, Room},
};
use jackfield_media::room::RoomEvent;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

/// Screens learn at most so often who speaks.
const PAUSE: Duration = Duration::from_millis(333);

/// Watch a room until it is over, which it is when nobody is in it.
pub(super) async fn watch(conferences: Conferences, room: Arc<Room>, mut events: mpsc::Receiver<RoomEvent>) {
    let (mut told, mut news) = (None::<Instant>, false);
    loop {
        let end = match room.look_at_the_time() {
            Due::At(time) => Some(time),
            Due::Never => None,
            Due::Over => return conferences.forget_what_is_over(),
        };
        let now = Instant::now();
        let next = told.map_or(now, |told| told + PAUSE);
        if news && next <= now {
            room.tell_speaker();
            (told, news) = (Some(now), false);
        }
        let wakes = [end, news.then_some(next)].into_iter().flatten().min();
        tokio::select! {
            Some(RoomEvent::Speaker(stream)) = events.recv() => news |= room.set_speaker(stream),
            () = room.end_moved.notified() => {}
            () = sleep_until(wakes.unwrap_or(now)), if wakes.is_some() => {}
        }
    }
}
