//! One party's media as signalling holds it.

use super::{Command, Media, Ports, Tells};
use jackfield_media::{
    FRAME, Item, KeyManner, Player, Recorder, StreamConfig, StreamEvent, StreamReport, StreamStats, Tap,
};
use std::{
    net::SocketAddr,
    sync::{
        atomic::{AtomicU32, Ordering},
        mpsc::Receiver,
    },
    time::Duration,
};
use tokio::sync::{mpsc, oneshot};

/// Names what a stream plays, in [`StreamEvent::Played`].
pub type PlayId = u32;

/// One party's media. Closes its sockets and returns its ports when dropped.
pub struct MediaStream {
    pub(super) media: Media,
    pub(super) id: u64,
    pub(super) thread: usize,
    pub(super) address: SocketAddr,
    pub(super) pending: Option<Box<Ports>>,
    pub(super) next_play: AtomicU32,
    /// How it was, once it is over.
    pub(super) last: Option<oneshot::Receiver<StreamReport>>,
    pub(super) events: mpsc::Sender<StreamEvent>,
    pub(super) seed: u64,
}

impl MediaStream {
    /// Where the party shall send RTP.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its name in [`super::MediaRoom`]'s events and in a whisper; no other stream has it while this one lives.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Whether it has been configured, so that media may flow.
    pub fn is_open(&self) -> bool {
        self.pending.is_none()
    }

    /// Tell who the party is; media flows from now on. Called again after each new description.
    pub fn configure(&mut self, config: StreamConfig) {
        let (id, config) = (self.id, Box::new(config));
        let command = match self.pending.take() {
            Some(ports) => {
                let (last, receiver) = oneshot::channel();
                self.last = Some(receiver);
                let tells = Tells { events: self.events.clone(), last };
                Command::Open { id, ports, config, seed: self.seed, tells }
            }
            None => Command::Configure { id, config },
        };
        self.media.send(self.thread, command);
    }

    /// Have it on the same thread as another, with which it is about to be connected. Two calls that become one may have
    /// begun on different threads.
    pub async fn move_beside(&mut self, other: &MediaStream) {
        self.move_to(other.thread).await;
    }

    /// Have it on this thread.
    pub(super) async fn move_to(&mut self, thread: usize) {
        // A pair at rest is bound to its thread until it is opened.
        if self.thread == thread || matches!(self.pending.as_deref(), Some(Ports::Rested(_))) {
            return;
        }
        if self.pending.is_none() {
            let (reply, entry) = oneshot::channel();
            self.media.send(self.thread, Command::Release { id: self.id, reply });
            // Without an entry it could not be opened: there is no sound to move.
            if let Ok(entry) = entry.await {
                self.media.send(thread, Command::Adopt { id: self.id, entry });
            }
        }
        self.thread = thread;
    }

    /// Let the two parties hear each other, as a plain relay; a room that they were in they leave. With itself: an echo.
    pub fn connect(&self, other: &MediaStream) {
        self.media.send(self.thread, Command::Connect { one: self.id, other: other.id });
    }

    /// Hear nobody and be heard by nobody; a room that it was in it leaves.
    pub fn disconnect(&self) {
        self.media.send(self.thread, Command::Disconnect { id: self.id });
    }

    /// Play to this party; ends with [`StreamEvent::Played`] unless stopped or repeated for ever.
    pub fn play(&self, items: Vec<Item>, repeat: bool) -> PlayId {
        let play = self.next_play.fetch_add(1, Ordering::Relaxed);
        self.media.send(self.thread, Command::Play { id: self.id, player: Box::new(Player::new(play, items, repeat)) });
        play
    }

    /// Play what is made meanwhile, in frames of 20 ms at 8 kHz, until its maker is gone; ends with [`StreamEvent::Played`].
    pub fn play_live(&self, frames: Receiver<[i16; FRAME]>) -> PlayId {
        let play = self.next_play.fetch_add(1, Ordering::Relaxed);
        self.media.send(self.thread, Command::Play { id: self.id, player: Box::new(Player::live(play, frames)) });
        play
    }

    /// Stop playing.
    pub fn stop_playing(&self) {
        self.media.send(self.thread, Command::StopPlaying { id: self.id });
    }

    /// Press a key at this party, after those that are being pressed; it hears nothing else meanwhile. What it plays goes on
    /// afterwards.
    pub fn press(&self, key: char, manner: KeyManner) {
        self.media.send(self.thread, Command::Press { id: self.id, key, manner });
    }

    /// Record this party; ends with [`StreamEvent::RecordEnded`] unless taken before.
    pub fn record(&self, max: Duration, silence: Duration) {
        self.media.send(self.thread, Command::Record { id: self.id, recorder: Box::new(Recorder::new(max, silence)) });
    }

    /// End the recording and take it; empty when there is none.
    pub async fn take_recording(&self) -> Vec<i16> {
        let (reply, answer) = oneshot::channel();
        self.media.send(self.thread, Command::TakeRecording { id: self.id, reply });
        answer.await.unwrap_or_default()
    }

    /// Have what this party says copied from now on, or no longer.
    pub fn tap(&self, tap: Option<Tap>) {
        self.media.send(self.thread, Command::Tap { id: self.id, tap });
    }

    /// Figures so far; zero before it is configured.
    pub async fn stats(&self) -> StreamStats {
        self.probe().report().await.map(|report| report.stats).unwrap_or_default()
    }

    /// Whoever wants to know how it is while others hold it. What it was made of before it was moved beside another no longer
    /// answers.
    pub fn probe(&self) -> Probe {
        Probe { media: self.media.clone(), id: self.id, thread: self.thread }
    }

    /// Where it will be told how it was: a moment after it is dropped, since closing a stream wakes nobody. `None` before it
    /// is configured, and for whoever asks again.
    pub fn take_last(&mut self) -> Option<oneshot::Receiver<StreamReport>> {
        self.last.take()
    }
}

/// Asks a stream how it is.
#[derive(Clone)]
pub struct Probe {
    media: Media,
    id: u64,
    thread: usize,
}

impl Probe {
    /// How it is now; `None` when it is over, not yet configured or on another thread meanwhile.
    pub async fn report(&self) -> Option<StreamReport> {
        let (reply, answer) = oneshot::channel();
        self.media.send(self.thread, Command::Report { id: self.id, reply });
        answer.await.ok()
    }
}

impl Drop for MediaStream {
    fn drop(&mut self) {
        match self.pending.take().map(|ports| *ports) {
            None => self.media.close(self.thread, self.id),
            Some(Ports::Rested(pair)) => self.media.0.threads[self.thread].resting().give_back(pair),
            Some(Ports::Fresh(_)) => {}
        }
    }
}
