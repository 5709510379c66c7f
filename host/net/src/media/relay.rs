//! What a media thread does with each packet and every 20 ms.

use super::driver::{Driver, Entry};
use jackfield_media::{
    Admission, FRAME_TIME, PACKET, Port, REPORT, StreamEvent, codec::Codec, rtp::Header, secure::srtp::OVERHEAD,
};
use std::{
    net::{SocketAddr, UdpSocket},
    time::{Instant, SystemTime, UNIX_EPOCH},
};
use tokio::sync::mpsc;
use tracing::trace;

/// Largest datagram taken; RTP keeps within an Ethernet frame.
const DATAGRAM: usize = 2_048;
/// Ticks that are made up for after a stall; more would only make a burst.
const MAX_CATCH_UP: u32 = 5;

impl Driver {
    /// One datagram: epoll is level-triggered and says so again when more wait, which costs less than asking each time.
    pub(super) fn receive(&mut self, now: Instant, id: u64, port: Port) {
        let mut datagram = [0; DATAGRAM];
        let Some(entry) = self.streams.get_mut(&id) else { return self.discard(id, port, &mut datagram) };
        let Some((len, from)) = receive(entry.sockets.of(port), &mut datagram[..DATAGRAM - OVERHEAD]) else { return };
        let Entry { stream, events, .. } = entry;
        match stream.receive(now, port, from, &mut datagram[..len], |event| tell(events, event)) {
            Admission::Forward(header, len) => {
                if stream.report_is_due(now) {
                    send_report(entry, now, ntp_now());
                }
                self.pass_on(now, id, &header, &mut datagram, len);
            }
            Admission::Report(len) => self.pass_report(now, id, &mut datagram, len),
            Admission::Image => self.pass_image(id, &datagram[..len]),
            Admission::Video(len) => self.pass_video(id, &mut datagram, len),
            Admission::Consumed => self.shake_hands(now, id),
        }
    }

    fn pass_on(&mut self, now: Instant, id: u64, header: &Header, datagram: &mut [u8; DATAGRAM], len: usize) {
        let Some(entry) = self.streams.get_mut(&id) else { return };
        if let Some(room) = entry.room {
            if let Some(codec) = entry.stream.codec_of(header) {
                let payload = &datagram[header.payload_start..header.payload_end];
                self.rooms.push(room, id, now, codec, header, payload);
            }
            return;
        }
        let Some(peer) = entry.peer else { return };
        if peer == id {
            let Entry { stream, sockets, .. } = entry;
            if let Some((len, destination)) = stream.echo(now, datagram, len) {
                send(&sockets.rtp, &datagram[..len], destination);
            }
            return;
        }
        let [Some(source), Some(target)] = self.streams.get_disjoint_mut([&id, &peer]) else { return };
        let Entry { stream, sockets, .. } = target;
        stream.pass_on(now, &source.stream, header, datagram, len, |packet, destination| {
            send(&sockets.rtp, packet, destination);
        });
    }

    /// A packet of a picture, which goes to the other party alone.
    fn pass_video(&mut self, id: u64, datagram: &mut [u8; DATAGRAM], len: usize) {
        let Some(peer) = self.streams.get(&id).and_then(|entry| entry.peer).filter(|peer| *peer != id) else { return };
        let Some(Entry { stream, sockets, .. }) = self.streams.get_mut(&peer) else { return };
        if let Some((len, destination)) = stream.pass_video(datagram, len) {
            send(&sockets.rtp, &datagram[..len], destination);
        }
    }

    fn pass_report(&mut self, now: Instant, id: u64, datagram: &mut [u8; DATAGRAM], len: usize) {
        let Some(peer) = self.streams.get(&id).and_then(|entry| entry.peer).filter(|peer| *peer != id) else { return };
        let Some(Entry { stream, sockets, .. }) = self.streams.get_mut(&peer) else { return };
        if let Some((len, destination, port)) = stream.pass_report(now, datagram, len) {
            send(sockets.of(port), &datagram[..len], destination);
        }
    }

    /// Send answers to checks and what is due of a handshake; a stream that is in the middle of one is asked at every tick.
    pub(super) fn shake_hands(&mut self, now: Instant, id: u64) {
        let Some(Entry { stream, sockets, events, .. }) = self.streams.get_mut(&id) else { return };
        while let Some((datagram, destination, port)) = stream.next_datagram(now) {
            send(sockets.of(port), &datagram, destination);
        }
        if let Some(error) = stream.take_failure() {
            tell(events, StreamEvent::NotSecured(error));
        }
        if stream.is_busy() && !self.busy.contains(&id) {
            self.busy.push(id);
            self.next_tick.get_or_insert(now + FRAME_TIME);
        }
    }

    /// Somebody still speaks to a call that is over.
    fn discard(&self, id: u64, port: Port, datagram: &mut [u8]) {
        if let Some(sockets) = self.resting.get(&id) {
            let _ = receive(sockets.of(port), datagram);
        }
    }

    /// Play the frames that are due.
    pub(super) fn tick(&mut self, now: Instant) {
        let Some(mut due) = self.next_tick else { return };
        let mut made_up = 0;
        while due <= now && made_up < MAX_CATCH_UP {
            let ntp = ntp_now();
            self.playing.retain(|id| {
                let Some(entry) = self.streams.get_mut(id) else { return false };
                play_frame(entry, due, ntp);
                entry.stream.is_playing()
            });
            self.rooms.tick(&mut self.streams, |entry, codec, octets| say(entry, due, ntp, codec, octets));
            due += FRAME_TIME;
            made_up += 1;
        }
        for id in std::mem::take(&mut self.busy) {
            self.shake_hands(now, id);
        }
        let nothing = self.playing.is_empty() && self.rooms.is_empty() && self.busy.is_empty();
        self.next_tick = (!nothing).then_some(if due <= now { now + FRAME_TIME } else { due });
    }
}

fn play_frame(entry: &mut Entry, now: Instant, ntp: u64) {
    let Entry { stream, sockets, events, .. } = entry;
    let mut packet = [0; PACKET];
    if let Some((len, destination)) = stream.poll_packet(now, &mut packet, |event| tell(events, event)) {
        send(&sockets.rtp, &packet[..len], destination);
    }
    send_report(entry, now, ntp);
}

/// What a room made for a party.
fn say(entry: &mut Entry, now: Instant, ntp: u64, codec: Codec, octets: &[u8]) {
    let mut packet = [0; PACKET];
    if let Some((len, destination)) = entry.stream.say(now, codec, octets, &mut packet) {
        send(&entry.sockets.rtp, &packet[..len], destination);
        send_report(entry, now, ntp);
    }
}

fn send_report(entry: &mut Entry, now: Instant, ntp: u64) {
    let mut report = [0; REPORT];
    if let Some((len, destination, port)) = entry.stream.poll_report(now, ntp, &mut report) {
        send(entry.sockets.of(port), &report[..len], destination);
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

pub(super) fn send(socket: &UdpSocket, packet: &[u8], destination: SocketAddr) {
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
