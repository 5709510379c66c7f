//! One media thread: waits with epoll, passes packets on, plays, and mixes.

use super::{
    Command, MAX_RESTING, Ports, Rested, RoomError, Tells, WAKE,
    pace::{self, Pace},
    room::Rooms,
};
use crate::rtp_ports::{PortLease, PortPair};
use jackfield_media::{Port, Stream, StreamConfig, StreamEvent, StreamReport, room::HeardBy};
use nix::sys::{
    epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout},
    eventfd::EventFd,
    prctl::set_timerslack,
};
use std::{
    collections::HashMap,
    io,
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, TryRecvError},
    },
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, oneshot};
use tracing::{error, warn};

/// Socket events taken per wake-up.
const EVENTS: usize = 512;
/// How long a close may wait for the thread to wake up for something else, which spares most calls a wake-up.
const LINGER: Duration = Duration::from_millis(500);
/// What one thread owns.
pub(super) struct Driver {
    inbox: Receiver<Command>,
    wake: Arc<EventFd>,
    woken: Arc<AtomicBool>,
    epoll: Epoll,
    pub(super) streams: HashMap<u64, Entry>,
    /// Sockets between two calls; their leases are with signalling.
    pub(super) resting: HashMap<u64, Sockets>,
    to_rest: SyncSender<Rested>,
    pub(super) playing: Vec<u64>,
    /// Streams in the middle of a handshake.
    pub(super) busy: Vec<u64>,
    pub(super) rooms: Rooms,
    pub(super) next_tick: Option<Instant>,
    pace: Pace,
    /// Streams that are passed on to another, or back.
    connected: usize,
}

pub(super) struct Sockets {
    pub(super) rtp: UdpSocket,
    pub(super) rtcp: UdpSocket,
}

impl Sockets {
    pub(super) fn of(&self, port: Port) -> &UdpSocket {
        match port {
            Port::Rtp => &self.rtp,
            Port::Rtcp => &self.rtcp,
        }
    }
}

pub(super) struct Entry {
    pub(super) stream: Stream,
    pub(super) sockets: Sockets,
    pub(super) peer: Option<u64>,
    /// The room that it is in; then it has no peer.
    pub(super) room: Option<u64>,
    pub(super) events: mpsc::Sender<StreamEvent>,
    last: oneshot::Sender<StreamReport>,
    address: SocketAddr,
    lease: PortLease,
}

impl Driver {
    pub(super) fn new(
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
            busy: Vec::new(),
            rooms: Rooms::default(),
            next_tick: None,
            pace: Pace::new(Instant::now()),
            connected: 0,
        })
    }

    pub(super) fn run(mut self) {
        // The kernel may else add 50 µs to every rest.
        if let Err(error) = set_timerslack(1) {
            warn!(%error, "packets that are passed on may lie longer than they should");
        }
        let mut events = [EpollEvent::empty(); EVENTS];
        loop {
            let count = match self.wait(&mut events) {
                Ok(count) => count,
                Err(nix::Error::EINTR) => continue,
                Err(error) => {
                    error!(%error, "media thread cannot wait for packets any more");
                    return;
                }
            };
            let now = Instant::now();
            self.pace.round(now, count > 0);
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
                    token => self.receive(now, token >> 1, if token & 1 == 0 { Port::Rtp } else { Port::Rtcp }),
                }
            }
            self.tick(now);
        }
    }

    fn wait(&self, events: &mut [EpollEvent]) -> nix::Result<usize> {
        let urgent = self.connected > 0 || !self.busy.is_empty();
        let Some(rest) = self.pace.rest(Instant::now(), urgent, self.next_tick) else {
            return self.epoll.wait(events, self.timeout());
        };
        if !rest.is_zero() {
            pace::rest(&self.wake, rest)?;
        }
        self.epoll.wait(events, EpollTimeout::ZERO)
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
            Command::Open { id, ports, config, seed, tells } => self.open(id, *ports, *config, seed, tells),
            Command::Configure { id, config } => {
                let now = Instant::now();
                self.with(id, |e| e.stream.reconfigure(now, *config));
                self.shake_hands(now, id);
            }
            Command::Connect { one, other } => {
                for id in [one, other] {
                    self.disconnect(id);
                }
                self.connect(one, other);
                if one != other {
                    self.connect(other, one);
                }
            }
            Command::Disconnect { id } => self.disconnect(id),
            Command::Play { id, player } => {
                self.with(id, |e| e.stream.play(*player));
                self.begin_to_play(id);
            }
            Command::Press { id, key, manner } => {
                self.with(id, |e| e.stream.press(key, manner));
                self.begin_to_play(id);
            }
            Command::StopPlaying { id } => {
                self.with(id, |e| {
                    let _ = e.stream.stop_playing();
                });
                // Keys that are being pressed go on; what does not play is left out at the next tick.
            }
            Command::Record { id, recorder } => self.with(id, |e| e.stream.record(*recorder)),
            Command::Tap { id, tap } => self.with(id, |e| e.stream.tap(tap)),
            Command::ListenForFax { id } => self.with(id, |e| e.stream.listen_for_fax()),
            Command::EndFax { id, end } => self.with(id, |e| e.stream.end_fax(end)),
            Command::SendFax { id } => self.send_fax(id),
            Command::TakeRecording { id, reply } => {
                let samples = self.streams.get_mut(&id).and_then(|e| e.stream.take_recording());
                // Whoever asked may have gone meanwhile.
                let _ = reply.send(samples.unwrap_or_default());
            }
            Command::Report { id, reply } => {
                if let Some(entry) = self.streams.get(&id) {
                    let _ = reply.send(entry.stream.report(Instant::now()));
                }
            }
            Command::Release { id, reply } => {
                self.disconnect(id);
                self.playing.retain(|p| *p != id);
                if let Some(mut entry) = self.streams.remove(&id) {
                    entry.stream.release_keys();
                    for socket in [&entry.sockets.rtp, &entry.sockets.rtcp] {
                        if let Err(error) = self.epoll.delete(socket) {
                            warn!(%error, "a media socket stays watched");
                        }
                    }
                    // Nobody takes it: then it closes.
                    let _ = reply.send(Box::new(entry));
                }
            }
            Command::Adopt { id, entry } => {
                self.adopt(id, *entry);
                self.shake_hands(Instant::now(), id);
            }
            Command::OpenRoom { room, config, events } => {
                self.rooms.open(room, *config, events);
                self.next_tick.get_or_insert_with(Instant::now);
            }
            Command::CloseRoom { room } => {
                for id in self.rooms.close(room) {
                    self.with(id, |e| e.room = None);
                }
            }
            Command::Join { room, id, heard_by, reply } => {
                // Whoever asked may have gone meanwhile.
                let _ = reply.send(self.join(room, id, heard_by));
            }
            Command::Leave { room, id } => {
                if self.streams.get(&id).is_some_and(|e| e.room == Some(room)) {
                    self.leave(id);
                }
            }
            Command::Change { room, id, change } => self.rooms.change(room, id, change),
            Command::PlayToRoom { room, items } => self.rooms.play(room, items),
            Command::Jitter { room, id, reply } => {
                let _ = reply.send(self.rooms.jitter(room, id));
            }
            Command::Close { id } => {
                self.disconnect(id);
                self.playing.retain(|p| *p != id);
                self.close(id);
            }
        }
    }

    fn open(&mut self, id: u64, ports: Ports, config: StreamConfig, seed: u64, tells: Tells) {
        let Tells { events, last } = tells;
        let now = Instant::now();
        let (sockets, address, lease) = match ports {
            Ports::Fresh(PortPair { rtp, rtcp, address, lease }) => {
                let stream = Stream::new(now, config, seed);
                let sockets = Sockets { rtp, rtcp };
                self.adopt(id, Entry { stream, sockets, peer: None, room: None, events, last, address, lease });
                return self.shake_hands(now, id);
            }
            Ports::Rested(Rested { address, lease, .. }) => {
                let Some(sockets) = self.resting.remove(&id) else {
                    error!(%address, "a pair of ports at rest is gone; its call has no sound");
                    return;
                };
                (sockets, address, lease)
            }
        };
        let stream = Stream::new(now, config, seed);
        self.streams.insert(id, Entry { stream, sockets, peer: None, room: None, events, last, address, lease });
        self.shake_hands(now, id);
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
        let Some(Entry { stream, sockets, address, mut lease, last, .. }) = self.streams.remove(&id) else { return };
        // Nobody may want to know.
        let _ = last.send(stream.report(Instant::now()));
        if self.resting.len() < MAX_RESTING {
            lease.rest();
            // Signalling cannot take the pair before its Open is read here, so the order of these two does not matter.
            if self.to_rest.try_send(Rested { id, address, lease }).is_ok() {
                self.resting.insert(id, sockets);
            }
        }
        // Dropping the sockets takes them out of epoll.
    }

    fn begin_to_play(&mut self, id: u64) {
        if self.streams.get(&id).is_some_and(|e| e.stream.is_playing()) && !self.playing.contains(&id) {
            self.playing.push(id);
            self.next_tick.get_or_insert_with(Instant::now);
        }
    }

    fn with(&mut self, id: u64, act: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.streams.get_mut(&id) {
            act(entry);
        }
    }

    /// Have one hear the other; neither hears anybody yet.
    fn connect(&mut self, id: u64, peer: u64) {
        let Some(entry) = self.streams.get_mut(&id) else { return };
        entry.peer = Some(peer);
        entry.stream.source_changed();
        self.connected += 1;
    }

    fn disconnect(&mut self, id: u64) {
        self.leave(id);
        let Some(peer) = self.take_peer(id) else { return };
        self.take_peer(peer);
    }

    fn take_peer(&mut self, id: u64) -> Option<u64> {
        let peer = self.streams.get_mut(&id)?.peer.take();
        self.connected -= usize::from(peer.is_some());
        peer
    }

    fn join(&mut self, room: u64, id: u64, heard_by: HeardBy) -> Result<(), RoomError> {
        let codec = self.streams.get(&id).ok_or(RoomError::NoStream)?.stream.hears_in();
        if self.streams.get(&id).is_some_and(|e| e.room != Some(room)) {
            self.disconnect(id);
        }
        self.rooms.join(room, id, codec, heard_by)?;
        self.with(id, |e| {
            e.room = Some(room);
            e.stream.source_changed();
        });
        Ok(())
    }

    fn leave(&mut self, id: u64) {
        if let Some(room) = self.streams.get_mut(&id).and_then(|e| e.room.take()) {
            self.rooms.leave(room, id);
        }
    }
}
