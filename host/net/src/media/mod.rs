//! Media threads: each owns its streams and their sockets, waits with epoll, passes packets on and plays prompts.
//!
//! Signalling speaks to a thread through a bounded channel and an eventfd, and is told what happens through the
//! stream's own channel. The two share no lock.

mod driver;
mod fax;
mod pace;
mod relay;
mod room;
mod stream;
mod tape;

use crate::rtp_ports::{PortLease, PortPair, RtpPorts};
use driver::{Driver, Entry};
pub use fax::FaxPackets;
use jackfield_media::{
    Item, JitterStats, KeyManner, Player, Recorder, StreamConfig, StreamEvent, StreamReport, Tap,
    fax::FaxEnd,
    room::{HeardBy, RoomConfig, RoomEvent},
    secure::Identity,
};
use nix::sys::eventfd::{EfdFlags, EventFd};
pub use room::{MediaRoom, RoomError};
use std::{
    collections::VecDeque,
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
};
pub use stream::{MediaStream, PlayId, Probe};
pub use tape::{Container, Recorded, Tape, TapeEnd, TapeFormat, Tapes, TapesBusy, repair};
use tokio::sync::{mpsc, oneshot};
use tracing::{error, warn};

/// Commands that may wait for a thread. A full channel makes signalling wait until the thread has caught up, which it
/// does on its next wake-up; nothing is lost, because a lost close would leak ports.
const COMMANDS: usize = 8_192;
/// Token of the eventfd; streams count from 1.
const WAKE: u64 = 0;
/// Pairs of ports that each thread keeps bound between calls: opening and closing four sockets would cost a call more
/// than all else the kernel does for it.
const MAX_RESTING: usize = 256;
/// A pair is used again once so many others have come to rest after it, so that what is still under way to its last
/// call arrives before.
const REST: usize = 64;

/// How media is run.
#[derive(Clone, Debug)]
pub struct MediaConfig {
    /// First and last port of the range.
    pub ports: (u16, u16),
    /// Number of threads, at least 1.
    pub threads: usize,
}

/// The media side of the host; cheap to clone.
#[derive(Clone)]
pub struct Media(Arc<Shared>);

struct Shared {
    ports: Arc<RtpPorts>,
    threads: Vec<Thread>,
    /// Names streams, and rooms with them.
    next_id: AtomicU64,
    /// The certificate of all handshakes, made anew at each start.
    identity: Arc<Identity>,
}

struct Thread {
    commands: SyncSender<Command>,
    wake: Arc<EventFd>,
    /// Whether the thread has been woken and has not yet looked; spares most wake-ups under load.
    woken: Arc<AtomicBool>,
    /// Pairs of ports at rest. The lock is signalling's own: the thread hands pairs over through the channel in it.
    resting: Mutex<Resting>,
}

/// A pair of ports that stays bound and watched by its thread while no call uses it.
struct Rested {
    /// Its stream's id so far, under which the thread knows it.
    id: u64,
    address: SocketAddr,
    lease: PortLease,
}

/// The pairs at rest of one thread, longest first.
struct Resting {
    arriving: Receiver<Rested>,
    pairs: VecDeque<Rested>,
}

/// Where the sockets of a new stream are.
enum Ports {
    /// Just bound.
    Fresh(PortPair),
    /// With the thread, at rest.
    Rested(Rested),
}

enum Command {
    Open { id: u64, ports: Box<Ports>, config: Box<StreamConfig>, seed: u64, tells: Tells },
    Configure { id: u64, config: Box<StreamConfig> },
    Connect { one: u64, other: u64 },
    Disconnect { id: u64 },
    Play { id: u64, player: Box<Player> },
    StopPlaying { id: u64 },
    Press { id: u64, key: char, manner: KeyManner },
    Record { id: u64, recorder: Box<Recorder> },
    Tap { id: u64, tap: Option<Tap> },
    ListenForFax { id: u64 },
    EndFax { id: u64, end: Option<Box<FaxEnd>> },
    SendFax { id: u64 },
    TakeRecording { id: u64, reply: oneshot::Sender<Vec<i16>> },
    Report { id: u64, reply: oneshot::Sender<StreamReport> },
    Close { id: u64 },
    Release { id: u64, reply: oneshot::Sender<Box<Entry>> },
    Adopt { id: u64, entry: Box<Entry> },
    OpenRoom { room: u64, config: Box<RoomConfig>, events: mpsc::Sender<RoomEvent> },
    CloseRoom { room: u64 },
    Join { room: u64, id: u64, heard_by: HeardBy, reply: oneshot::Sender<Result<(), RoomError>> },
    Leave { room: u64, id: u64 },
    Change { room: u64, id: u64, change: Change },
    PlayToRoom { room: u64, items: Vec<Item> },
    Jitter { room: u64, id: u64, reply: oneshot::Sender<Option<JitterStats>> },
}

/// Whom a stream tells what.
struct Tells {
    events: mpsc::Sender<StreamEvent>,
    /// How it was, once it is over.
    last: oneshot::Sender<StreamReport>,
}

/// What changes about a member of a room.
enum Change {
    Gain(f32),
    Muted(bool),
    HeardBy(HeardBy),
}

impl Media {
    /// Start the threads. They end when the last handle is dropped.
    pub fn start(config: &MediaConfig) -> io::Result<Self> {
        let mut threads = Vec::new();
        for index in 0..config.threads.max(1) {
            let (commands, inbox) = sync_channel(COMMANDS);
            let wake = Arc::new(EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)?);
            let woken = Arc::new(AtomicBool::new(false));
            let (to_rest, arriving) = sync_channel(MAX_RESTING);
            let driver = Driver::new(inbox, Arc::clone(&wake), Arc::clone(&woken), to_rest)?;
            std::thread::Builder::new().name(format!("media-{index}")).spawn(move || driver.run())?;
            let resting = Mutex::new(Resting { arriving, pairs: VecDeque::new() });
            threads.push(Thread { commands, wake, woken, resting });
        }
        let ports = RtpPorts::new(config.ports.0, config.ports.1);
        let identity = Arc::new(make_identity()?);
        Ok(Self(Arc::new(Shared { ports, threads, next_id: AtomicU64::new(WAKE + 1), identity })))
    }

    /// Bind a pair of ports on `address` for one party of a call. All streams of one call must name the same `call`,
    /// so that they share a thread.
    ///
    /// Nothing is received before [`MediaStream::configure`] says who may send.
    pub fn bind(
        &self,
        address: IpAddr,
        call: u64,
        seed: u64,
        events: mpsc::Sender<StreamEvent>,
    ) -> io::Result<MediaStream> {
        let thread = (call % self.0.threads.len() as u64) as usize;
        let rested = self.0.threads[thread].resting().take(address, REST);
        let (id, address, ports) = match rested {
            Some(rested) => (rested.id, rested.address, Ports::Rested(rested)),
            None => match self.0.ports.bind(address) {
                Ok(pair) => (self.0.next_id.fetch_add(1, Ordering::Relaxed), pair.address, Ports::Fresh(pair)),
                // Too short a rest is better than no call.
                Err(error) => {
                    let rested = self.0.threads[thread].resting().take(address, 0).ok_or(error)?;
                    (rested.id, rested.address, Ports::Rested(rested))
                }
            },
        };
        Ok(MediaStream {
            media: self.clone(),
            id,
            thread,
            address,
            pending: Some(Box::new(ports)),
            next_play: AtomicU32::new(1),
            last: None,
            events,
            seed,
        })
    }

    /// The certificate with which the host proves in a stream that it is the one whom signalling speaks to.
    pub fn identity(&self) -> Arc<Identity> {
        Arc::clone(&self.0.identity)
    }

    /// The port range, for counters.
    pub fn ports(&self) -> &RtpPorts {
        &self.0.ports
    }

    fn send(&self, thread: usize, command: Command) {
        let thread = &self.0.threads[thread];
        if thread.commands.send(command).is_err() {
            // Only a panic ends a thread that still has handles; calls go on without sound rather than end.
            error!("a media thread is gone");
            return;
        }
        thread.wake();
    }

    /// The stream is over; its thread takes note when it next wakes up, at the latest half a second later.
    fn close(&self, thread: usize, id: u64) {
        if let Err(TrySendError::Full(close)) = self.0.threads[thread].commands.try_send(Command::Close { id }) {
            self.0.threads[thread].wake();
            self.send(thread, close);
        }
    }
}

/// A certificate that signs itself; whoever meets it knows it by its fingerprint.
fn make_identity() -> io::Result<Identity> {
    let failed = |error: rcgen::Error| io::Error::other(format!("no certificate for sound: {error}"));
    let key = rcgen::KeyPair::generate().map_err(failed)?;
    let mut params = rcgen::CertificateParams::new(Vec::new()).map_err(failed)?;
    params.distinguished_name.push(rcgen::DnType::CommonName, "Jackfield");
    let certificate = params.self_signed(&key).map_err(failed)?;
    Identity::new(certificate.der().to_vec(), &key.serialize_der()).map_err(io::Error::other)
}

impl Thread {
    fn wake(&self) {
        if !self.woken.swap(true, Ordering::AcqRel)
            && let Err(error) = self.wake.write(1)
        {
            warn!(%error, "could not wake a media thread");
        }
    }

    fn resting(&self) -> MutexGuard<'_, Resting> {
        // Pairs are put in and taken out whole.
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Resting {
    /// The pair on this address that has rested longest, if at least so many others have come after it.
    fn take(&mut self, address: IpAddr, others: usize) -> Option<Rested> {
        self.pairs.extend(self.arriving.try_iter());
        let last = self.pairs.len().checked_sub(others)?;
        let index = self.pairs.iter().take(last).position(|pair| pair.address.ip() == address)?;
        let mut pair = self.pairs.remove(index)?;
        pair.lease.resume();
        Some(pair)
    }

    fn give_back(&mut self, mut pair: Rested) {
        pair.lease.rest();
        self.pairs.push_back(pair);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        for thread in self.threads.drain(..) {
            let Thread { commands, wake, .. } = thread;
            // The channel closes first, so that the thread finds it closed when it wakes.
            drop(commands);
            let _ = wake.write(1);
        }
    }
}
