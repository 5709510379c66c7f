//! Media threads: each owns its streams and their sockets, waits with epoll, passes packets on and plays prompts.
//!
//! Signalling speaks to a thread through a bounded channel and an eventfd, and is told what happens through the
//! stream's own channel. The two share no lock.

use crate::rtp_ports::{PortLease, PortPair, RtpPorts};
use jackfield_media::{
    Admission, FRAME, FRAME_TIME, Item, Player, Recorder, Stream, StreamConfig, StreamEvent, StreamStats,
    rtcp::REPORT_LEN, rtp::HEADER_LEN,
};
use nix::sys::{
    epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout},
    eventfd::{EfdFlags, EventFd},
};
use std::{
    collections::{HashMap, VecDeque},
    io,
    net::{IpAddr, SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::sync::{mpsc, oneshot};
use tracing::{error, trace, warn};

/// Commands that may wait for a thread. A full channel makes signalling wait until the thread has caught up, which it
/// does on its next wake-up; nothing is lost, because a lost close would leak ports.
const COMMANDS: usize = 8_192;
/// Socket events taken per wake-up.
const EVENTS: usize = 512;
/// Largest datagram taken; RTP keeps within an Ethernet frame.
const DATAGRAM: usize = 2_048;
/// Ticks that are made up for after a stall; more would only make a burst.
const MAX_CATCH_UP: u32 = 5;
/// How long a close may wait for the thread to wake up for something else, which spares most calls a wake-up.
const LINGER: Duration = Duration::from_millis(500);
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
    next_stream: AtomicU64,
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

/// Names what a stream plays, in [`StreamEvent::Played`].
pub type PlayId = u32;

/// One party's media. Closes its sockets and returns its ports when dropped.
pub struct MediaStream {
    media: Media,
    id: u64,
    thread: usize,
    address: SocketAddr,
    pending: Option<Box<Ports>>,
    next_play: AtomicU32,
    events: mpsc::Sender<StreamEvent>,
    seed: u64,
}

/// Where the sockets of a new stream are.
enum Ports {
    /// Just bound.
    Fresh(PortPair),
    /// With the thread, at rest.
    Rested(Rested),
}

enum Command {
    Open { id: u64, ports: Box<Ports>, config: Box<StreamConfig>, seed: u64, events: mpsc::Sender<StreamEvent> },
    Configure { id: u64, config: Box<StreamConfig> },
    Connect { one: u64, other: u64 },
    Disconnect { id: u64 },
    Play { id: u64, player: Box<Player> },
    StopPlaying { id: u64 },
    Record { id: u64, recorder: Box<Recorder> },
    TakeRecording { id: u64, reply: oneshot::Sender<Vec<i16>> },
    Stats { id: u64, reply: oneshot::Sender<StreamStats> },
    Close { id: u64 },
    Release { id: u64, reply: oneshot::Sender<Box<Entry>> },
    Adopt { id: u64, entry: Box<Entry> },
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
        Ok(Self(Arc::new(Shared { ports, threads, next_stream: AtomicU64::new(WAKE + 1) })))
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
                Ok(pair) => (self.0.next_stream.fetch_add(1, Ordering::Relaxed), pair.address, Ports::Fresh(pair)),
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
            events,
            seed,
        })
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

    /// The stream is over; its thread takes note when it next wakes up, at the latest after [`LINGER`].
    fn close(&self, thread: usize, id: u64) {
        if let Err(TrySendError::Full(close)) = self.0.threads[thread].commands.try_send(Command::Close { id }) {
            self.0.threads[thread].wake();
            self.send(thread, close);
        }
    }
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

impl MediaStream {
    /// Where the party shall send RTP.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Tell who the party is; media flows from now on. Called again after each new description.
    pub fn configure(&mut self, config: StreamConfig) {
        let (id, config) = (self.id, Box::new(config));
        let command = match self.pending.take() {
            Some(ports) => Command::Open { id, ports, config, seed: self.seed, events: self.events.clone() },
            None => Command::Configure { id, config },
        };
        self.media.send(self.thread, command);
    }

    /// Have it on the same thread as another, with which it is about to be connected. Two calls that become one may have
    /// begun on different threads.
    pub async fn move_beside(&mut self, other: &MediaStream) {
        // A pair at rest is bound to its thread until it is opened.
        if self.thread == other.thread || matches!(self.pending.as_deref(), Some(Ports::Rested(_))) {
            return;
        }
        if self.pending.is_none() {
            let (reply, entry) = oneshot::channel();
            self.media.send(self.thread, Command::Release { id: self.id, reply });
            // Without an entry it could not be opened: there is no sound to move.
            if let Ok(entry) = entry.await {
                self.media.send(other.thread, Command::Adopt { id: self.id, entry });
            }
        }
        self.thread = other.thread;
    }

    /// Let the two parties hear each other. With itself: an echo.
    pub fn connect(&self, other: &MediaStream) {
        self.media.send(self.thread, Command::Connect { one: self.id, other: other.id });
    }

    /// Hear nobody and be heard by nobody.
    pub fn disconnect(&self) {
        self.media.send(self.thread, Command::Disconnect { id: self.id });
    }

    /// Play to this party; ends with [`StreamEvent::Played`] unless stopped or repeated for ever.
    pub fn play(&self, items: Vec<Item>, repeat: bool) -> PlayId {
        let play = self.next_play.fetch_add(1, Ordering::Relaxed);
        self.media.send(self.thread, Command::Play { id: self.id, player: Box::new(Player::new(play, items, repeat)) });
        play
    }

    /// Stop playing.
    pub fn stop_playing(&self) {
        self.media.send(self.thread, Command::StopPlaying { id: self.id });
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

    /// Figures so far; zero before it is configured.
    pub async fn stats(&self) -> StreamStats {
        let (reply, answer) = oneshot::channel();
        self.media.send(self.thread, Command::Stats { id: self.id, reply });
        answer.await.unwrap_or_default()
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

/// What one thread owns.
struct Driver {
    inbox: Receiver<Command>,
    wake: Arc<EventFd>,
    woken: Arc<AtomicBool>,
    epoll: Epoll,
    streams: HashMap<u64, Entry>,
    /// Sockets between two calls; their leases are with signalling.
    resting: HashMap<u64, Sockets>,
    to_rest: SyncSender<Rested>,
    playing: Vec<u64>,
    next_tick: Option<Instant>,
}

struct Sockets {
    rtp: UdpSocket,
    rtcp: UdpSocket,
}

struct Entry {
    stream: Stream,
    sockets: Sockets,
    peer: Option<u64>,
    events: mpsc::Sender<StreamEvent>,
    address: SocketAddr,
    lease: PortLease,
}

impl Driver {
    fn new(
        inbox: Receiver<Command>,
        wake: Arc<EventFd>,
        woken: Arc<AtomicBool>,
        to_rest: SyncSender<Rested>,
    ) -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        epoll.add(&*wake, EpollEvent::new(EpollFlags::EPOLLIN, WAKE))?;
        Ok(Self {
            inbox,
            wake,
            woken,
            epoll,
            streams: HashMap::new(),
            resting: HashMap::new(),
            to_rest,
            playing: Vec::new(),
            next_tick: None,
        })
    }

    fn run(mut self) {
        let mut events = [EpollEvent::empty(); EVENTS];
        loop {
            let count = match self.epoll.wait(&mut events, self.timeout()) {
                Ok(count) => count,
                Err(nix::Error::EINTR) => continue,
                Err(error) => {
                    error!(%error, "media thread cannot wait for packets any more");
                    return;
                }
            };
            let now = Instant::now();
            if events[..count].iter().any(|event| event.data() == WAKE) {
                let _ = self.wake.read();
                // Cleared before looking: whoever sends afterwards wakes us again.
                self.woken.store(false, Ordering::Release);
            }
            if !self.take_commands() {
                return;
            }
            for event in &events[..count] {
                match event.data() {
                    WAKE => {}
                    token if token & 1 == 0 => self.receive_rtp(now, token >> 1),
                    token => self.receive_rtcp(now, token >> 1),
                }
            }
            self.tick(now);
        }
    }

    fn timeout(&self) -> EpollTimeout {
        let Some(due) = self.next_tick else {
            // Every stream is closed some day, perhaps without a wake-up.
            let wait = if self.streams.is_empty() { None } else { Some(LINGER) };
            return wait.and_then(|wait| EpollTimeout::try_from(wait).ok()).unwrap_or(EpollTimeout::NONE);
        };
        let wait = due.saturating_duration_since(Instant::now());
        // Rounded up: waking too early would only wait again.
        EpollTimeout::try_from(wait.as_micros().div_ceil(1_000) as u64).unwrap_or(EpollTimeout::ZERO)
    }

    /// Take what signalling wants; false when nobody can want anything any more.
    fn take_commands(&mut self) -> bool {
        loop {
            match self.inbox.try_recv() {
                Ok(command) => self.obey(command),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Open { id, ports, config, seed, events } => self.open(id, *ports, *config, seed, events),
            Command::Configure { id, config } => self.with(id, |e| e.stream.reconfigure(*config)),
            Command::Connect { one, other } => {
                self.disconnect(one);
                self.disconnect(other);
                self.with(one, |e| e.peer = Some(other));
                self.with(other, |e| e.peer = Some(one));
                self.with(one, |e| e.stream.source_changed());
                self.with(other, |e| e.stream.source_changed());
            }
            Command::Disconnect { id } => self.disconnect(id),
            Command::Play { id, player } => {
                self.with(id, |e| e.stream.play(*player));
                if self.streams.contains_key(&id) && !self.playing.contains(&id) {
                    self.playing.push(id);
                    self.next_tick.get_or_insert_with(Instant::now);
                }
            }
            Command::StopPlaying { id } => {
                self.with(id, |e| {
                    let _ = e.stream.stop_playing();
                });
                self.playing.retain(|p| *p != id);
            }
            Command::Record { id, recorder } => self.with(id, |e| e.stream.record(*recorder)),
            Command::TakeRecording { id, reply } => {
                let samples = self.streams.get_mut(&id).and_then(|e| e.stream.take_recording());
                // Whoever asked may have gone meanwhile.
                let _ = reply.send(samples.unwrap_or_default());
            }
            Command::Stats { id, reply } => {
                let _ = reply.send(self.streams.get(&id).map(|e| e.stream.stats()).unwrap_or_default());
            }
            Command::Release { id, reply } => {
                self.disconnect(id);
                self.playing.retain(|p| *p != id);
                if let Some(entry) = self.streams.remove(&id) {
                    for socket in [&entry.sockets.rtp, &entry.sockets.rtcp] {
                        if let Err(error) = self.epoll.delete(socket) {
                            warn!(%error, "a media socket stays watched");
                        }
                    }
                    // Nobody takes it: then it closes.
                    let _ = reply.send(Box::new(entry));
                }
            }
            Command::Adopt { id, entry } => self.adopt(id, *entry),
            Command::Close { id } => {
                self.disconnect(id);
                self.playing.retain(|p| *p != id);
                self.close(id);
            }
        }
    }

    fn open(&mut self, id: u64, ports: Ports, config: StreamConfig, seed: u64, events: mpsc::Sender<StreamEvent>) {
        let (sockets, address, lease) = match ports {
            Ports::Fresh(PortPair { rtp, rtcp, address, lease }) => {
                let stream = Stream::new(config, seed);
                let sockets = Sockets { rtp, rtcp };
                return self.adopt(id, Entry { stream, sockets, peer: None, events, address, lease });
            }
            Ports::Rested(Rested { address, lease, .. }) => {
                let Some(sockets) = self.resting.remove(&id) else {
                    error!(%address, "a pair of ports at rest is gone; its call has no sound");
                    return;
                };
                (sockets, address, lease)
            }
        };
        let stream = Stream::new(config, seed);
        self.streams.insert(id, Entry { stream, sockets, peer: None, events, address, lease });
    }

    /// Watch the sockets of a stream that is new on this thread.
    fn adopt(&mut self, id: u64, entry: Entry) {
        let watch = |socket: &UdpSocket, token| self.epoll.add(socket, EpollEvent::new(EpollFlags::EPOLLIN, token));
        let Sockets { rtp, rtcp } = &entry.sockets;
        if let Err(error) = watch(rtp, id << 1).and_then(|()| watch(rtcp, (id << 1) | 1)) {
            error!(%error, "a media socket cannot be watched; its call has no sound");
            return;
        }
        self.streams.insert(id, entry);
    }

    /// The stream is over. Its sockets stay watched, so that nothing waits in them when the next call gets them.
    fn close(&mut self, id: u64) {
        let Some(Entry { sockets, address, mut lease, .. }) = self.streams.remove(&id) else { return };
        if self.resting.len() < MAX_RESTING {
            lease.rest();
            // Signalling cannot take the pair before its Open is read here, so the order of these two does not matter.
            if self.to_rest.try_send(Rested { id, address, lease }).is_ok() {
                self.resting.insert(id, sockets);
            }
        }
        // Dropping the sockets takes them out of epoll.
    }

    fn with(&mut self, id: u64, act: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.streams.get_mut(&id) {
            act(entry);
        }
    }

    fn disconnect(&mut self, id: u64) {
        let peer = self.streams.get_mut(&id).and_then(|e| e.peer.take());
        if let Some(peer) = peer.and_then(|p| self.streams.get_mut(&p)) {
            peer.peer = None;
        }
    }

    /// One packet: epoll is level-triggered and says so again when more wait, which costs less than asking each time.
    fn receive_rtp(&mut self, now: Instant, id: u64) {
        let mut datagram = [0; DATAGRAM];
        let Some(entry) = self.streams.get_mut(&id) else { return self.discard(id, |s| &s.rtp, &mut datagram) };
        let Some((len, from)) = receive(&entry.sockets.rtp, &mut datagram) else { return };
        let packet = &mut datagram[..len];
        let Entry { stream, events, .. } = entry;
        let admission = stream.handle_rtp(now, from, packet, |event| tell(events, event));
        let (Admission::Forward(header), Some(peer)) = (admission, entry.peer) else { return };
        if peer == id {
            let Entry { stream, sockets, .. } = entry;
            if let Some(destination) = stream.echo(now, packet) {
                send(&sockets.rtp, packet, destination);
            }
            return;
        }
        let [Some(source), Some(target)] = self.streams.get_disjoint_mut([&id, &peer]) else { return };
        if let Some(destination) = target.stream.pass_on(now, &source.stream, &header, packet) {
            send(&target.sockets.rtp, packet, destination);
        }
    }

    fn receive_rtcp(&mut self, now: Instant, id: u64) {
        let mut datagram = [0; DATAGRAM];
        let Some(entry) = self.streams.get_mut(&id) else { return self.discard(id, |s| &s.rtcp, &mut datagram) };
        let Some((len, from)) = receive(&entry.sockets.rtcp, &mut datagram) else { return };
        let packet = &datagram[..len];
        if !entry.stream.handle_rtcp(now, from, packet) {
            return;
        }
        let Some(target) = entry.peer.filter(|p| *p != id).and_then(|p| self.streams.get(&p)) else { return };
        if let Some(destination) = target.stream.rtcp_destination(packet) {
            send(&target.sockets.rtcp, packet, destination);
        }
    }

    /// Somebody still speaks to a call that is over.
    fn discard(&self, id: u64, which: fn(&Sockets) -> &UdpSocket, datagram: &mut [u8]) {
        if let Some(sockets) = self.resting.get(&id) {
            let _ = receive(which(sockets), datagram);
        }
    }

    /// Play the frames that are due.
    fn tick(&mut self, now: Instant) {
        let Some(mut due) = self.next_tick else { return };
        let mut made_up = 0;
        while due <= now && made_up < MAX_CATCH_UP {
            let ntp = ntp_now();
            self.playing.retain(|id| {
                let Some(entry) = self.streams.get_mut(id) else { return false };
                play_frame(entry, due, ntp);
                entry.stream.is_playing()
            });
            due += FRAME_TIME;
            made_up += 1;
        }
        self.next_tick = (!self.playing.is_empty()).then_some(if due <= now { now + FRAME_TIME } else { due });
    }
}

fn play_frame(entry: &mut Entry, now: Instant, ntp: u64) {
    let Entry { stream, sockets, events, .. } = entry;
    let mut packet = [0; HEADER_LEN + FRAME];
    if let Some((len, destination)) = stream.poll_packet(now, &mut packet, |event| tell(events, event)) {
        send(&sockets.rtp, &packet[..len], destination);
    }
    let mut report = [0; REPORT_LEN];
    if let Some(destination) = stream.poll_report(now, ntp, &mut report) {
        send(&sockets.rtcp, &report, destination);
    }
}

fn tell(events: &mpsc::Sender<StreamEvent>, event: StreamEvent) {
    // A call that does not listen any more, or has a backlog of key presses that no person makes, loses the event.
    if let Err(error) = events.try_send(event) {
        trace!(%error, "media event dropped");
    }
}

fn receive(socket: &UdpSocket, datagram: &mut [u8]) -> Option<(usize, SocketAddr)> {
    // Nothing there, or an ICMP error of an earlier packet: both mean that there is nothing to read now.
    socket.recv_from(datagram).ok()
}

fn send(socket: &UdpSocket, packet: &[u8], destination: SocketAddr) {
    // A full socket buffer or an unreachable party loses the packet, as the network might.
    if let Err(error) = socket.send_to(packet, destination) {
        trace!(%error, %destination, "media packet not sent");
    }
}

/// The time of day as RFC 3550 §4 wants it: seconds since 1900 in 32.32 fixed point.
fn ntp_now() -> u64 {
    const UNIX_TO_NTP: u64 = 2_208_988_800;
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    ((since.as_secs() + UNIX_TO_NTP) << 32) | ((u64::from(since.subsec_nanos()) << 32) / 1_000_000_000)
}
