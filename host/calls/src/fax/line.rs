//! A fax in progress: the thread that carries sound or packets between a call's stream and the engine.
//!
//! The engine is a process apart ([`jackfield_fax`]), and so is the thread that speaks to it: neither signalling nor media
//! waits for either. Its clock is that of the far end: what came in 20 ms goes in, what is to be said in them comes out.

use super::Place;
use crate::scripts::FaxOrder;
use jackfield_fax::{Cause, Finished, Report, Session, Tick};
use jackfield_media::{
    FRAME, FRAME_TIME, Heard, ModemBuffer,
    fax::{FaxTone, FaxTones},
    sdp::Image,
    taps,
};
use jackfield_net::{FaxPackets, MediaStream};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, oneshot};
use tracing::warn;

/// How long a packet is waited for: what the modems hear must be whole, and T.30 has time.
const PATIENCE: Duration = Duration::from_millis(160);
/// Packets that wait for the thread: more than a second.
const PIECES: usize = 64;
/// Frames that wait to be heard, and those that are there from the beginning: more than [`PATIENCE`], since nothing is said
/// while a packet is waited for.
const FRAMES: usize = 64;
const AHEAD: usize = 10;
/// How often the thread looks.
const TURN: Duration = Duration::from_millis(10);
/// Time that is made up for after a stall; more would only make a burst.
const MOST_BEHIND: Duration = Duration::from_millis(500);

/// A fax in progress. It goes on to its end unless it is cut; dropping it cuts it.
pub(super) struct Line {
    shared: Arc<Shared>,
    /// The packets that it goes on by, and at which rate at most.
    packets: SyncSender<(FaxPackets, u32)>,
    news: News,
}

/// What a fax tells meanwhile.
pub(super) struct News {
    tones: mpsc::Receiver<FaxTone>,
    finished: oneshot::Receiver<Finished>,
}

pub(super) enum Told {
    /// A tone of a fax machine's was heard.
    Tone(FaxTone),
    /// It is over.
    Finished(Finished),
}

/// What signalling and the thread tell each other.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) cut: AtomicBool,
    pages: AtomicU32,
}

/// What the thread hears of a stream and says to it.
pub(super) struct Sound {
    heard: Receiver<Heard>,
    frames: SyncSender<[i16; FRAME]>,
    ear: ModemBuffer,
    samples: Vec<i16>,
}

/// The thread's side.
struct Carrier {
    session: Session,
    sound: Sound,
    shared: Arc<Shared>,
    switch: Receiver<(FaxPackets, u32)>,
    tones: mpsc::Sender<FaxTone>,
    tick: Duration,
}

impl Sound {
    /// Of this stream, which is tapped and played to from now on.
    pub(super) fn of(stream: &MediaStream) -> Self {
        let (taps, heard) = taps(PIECES);
        let (frames, made) = sync_channel(FRAMES);
        for _ in 0..AHEAD {
            // There is room for them.
            let _ = frames.try_send([0; FRAME]);
        }
        stream.tap(Some(taps.tap(0)));
        stream.play_live(made);
        let ear = ModemBuffer::new(Instant::now(), PATIENCE);
        Self { heard, frames, ear, samples: Vec::with_capacity(FRAMES * FRAME) }
    }

    /// Give `tick` each 20 ms that were heard and say what comes of them, until it says that it is over; whether it has.
    pub(super) fn carry(&mut self, mut tick: impl FnMut(&[i16]) -> Tick) -> bool {
        for piece in self.heard.try_iter() {
            self.ear.push(&piece);
        }
        self.ear.poll(Instant::now(), &mut self.samples);
        let mut whole = self.samples.chunks_exact(FRAME);
        for frame in &mut whole {
            let tick = tick(frame);
            if let Ok(sound) = <[i16; FRAME]>::try_from(tick.sound) {
                // A stream that is not listened to is not waited for.
                let _ = self.frames.try_send(sound);
            }
            if tick.over {
                return true;
            }
        }
        let rest = whole.remainder().len();
        self.samples.drain(..self.samples.len() - rest);
        false
    }
}

impl Line {
    /// Start the thread, which starts the engine.
    pub(super) fn begin(stream: &MediaStream, place: Place, order: FaxOrder) -> Result<Self, String> {
        let Place { program, pace, room } = place;
        let shared = Arc::new(Shared::default());
        let (packets, switch) = sync_channel(1);
        let (told, tones) = mpsc::channel(2);
        let (done, finished) = oneshot::channel();
        let (sound, own) = (Sound::of(stream), Arc::clone(&shared));
        let begun = thread::Builder::new().name("fax".into()).spawn(move || {
            let finished = match Session::start(&program, &order.job, order.document.as_deref()) {
                Ok(session) => {
                    let tick = FRAME_TIME / pace.get();
                    Carrier { session, sound, shared: own, switch, tones: told, tick }.carry()
                }
                Err(error) => {
                    warn!(%error, "a fax cannot be carried");
                    Finished { report: Report::failed(Cause::Engine, error.to_string()), document: None }
                }
            };
            // The place is free before anybody learns that the fax is over.
            drop(room);
            // Whoever waited may have gone with the call.
            let _ = done.send(finished);
        });
        if let Err(error) = begun {
            stream.tap(None);
            return Err(format!("no thread for a fax: {error}"));
        }
        Ok(Self { shared, packets, news: News { tones, finished } })
    }

    /// Go on by packets, from the beginning.
    pub(super) fn switch(&self, stream: &MediaStream, image: &Image) {
        stream.tap(None);
        stream.stop_playing();
        let packets = stream.end_fax(image.recovery, image.longest);
        // It is done once, so that there is room.
        let _ = self.packets.try_send((packets, image.fastest));
    }

    /// Pages so far.
    pub(super) fn pages(&self) -> u32 {
        self.shared.pages.load(Ordering::Acquire)
    }

    /// What it tells next.
    pub(super) async fn news(&mut self) -> Told {
        let News { tones, finished } = &mut self.news;
        tokio::select! {
            finished = finished => Told::Finished(finished.unwrap_or_else(|_| lost())),
            Some(tone) = tones.recv() => Told::Tone(tone),
        }
    }

    /// The line is gone: what has come so far.
    pub(super) async fn cut(&mut self) -> Finished {
        self.shared.cut.store(true, Ordering::Release);
        (&mut self.news.finished).await.unwrap_or_else(|_| lost())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.shared.cut.store(true, Ordering::Release);
    }
}

impl Carrier {
    /// Carry sound to the engine and back until one of the two is over, or there are packets in its place.
    fn carry(mut self) -> Finished {
        let mut tones = FaxTones::default();
        while !self.shared.cut.load(Ordering::Acquire) {
            if let Ok((packets, fastest)) = self.switch.try_recv() {
                self.session.switch_to_t38(fastest);
                return self.carry_packets(packets);
            }
            let Self { session, sound, tones: told, .. } = &mut self;
            let over = sound.carry(|frame| {
                if let Some(tone) = tones.hear(frame) {
                    // Each is told once, and there is room for both.
                    let _ = told.try_send(tone);
                }
                session.tick(frame)
            });
            self.shared.pages.store(self.session.pages(), Ordering::Release);
            if over {
                break;
            }
            thread::sleep(TURN);
        }
        self.session.finish()
    }

    fn carry_packets(mut self, packets: FaxPackets) -> Finished {
        let mut due = Instant::now();
        while !self.shared.cut.load(Ordering::Acquire) {
            while let Some(ifp) = packets.take() {
                self.session.packet(ifp.number, ifp.octets());
            }
            let now = Instant::now();
            due = due.max(now.checked_sub(MOST_BEHIND).unwrap_or(due));
            while due <= now {
                due += self.tick;
                let tick = self.session.tick(&[]);
                for packet in &tick.packets {
                    packets.send(packet.copies, &packet.ifp);
                }
                if tick.over {
                    return self.session.finish();
                }
            }
            self.shared.pages.store(self.session.pages(), Ordering::Release);
            thread::sleep(TURN.min(self.tick));
        }
        self.session.finish()
    }
}

fn lost() -> Finished {
    Finished { report: Report::failed(Cause::Engine, "the fax’s thread has ended"), document: None }
}
