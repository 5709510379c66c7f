//! What a media thread does with each packet and every 20 ms.

use super::driver::{Driver, Entry, Sockets};
use jackfield_media::{Admission, FRAME, FRAME_TIME, StreamEvent, codec::Codec, rtcp::REPORT_LEN, rtp::HEADER_LEN};
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
    /// One packet: epoll is level-triggered and says so again when more wait, which costs less than asking each time.
    pub(super) fn receive_rtp(&mut self, now: Instant, id: u64) {
        let mut datagram = [0; DATAGRAM];
        let Some(entry) = self.streams.get_mut(&id) else { return self.discard(id, |s| &s.rtp, &mut datagram) };
        let Some((len, from)) = receive(&entry.sockets.rtp, &mut datagram) else { return };
        let packet = &mut datagram[..len];
        let Entry { stream, events, .. } = entry;
        let admission = stream.handle_rtp(now, from, packet, |event| tell(events, event));
        let Admission::Forward(header) = admission else { return };
        if let Some(room) = entry.room {
            if let Some(codec) = entry.stream.codec_of(&header) {
                let payload = &packet[header.payload_start..header.payload_end];
                self.rooms.push(room, id, now, codec, &header, payload);
            }
            return;
        }
        let Some(peer) = entry.peer else { return };
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

    pub(super) fn receive_rtcp(&mut self, now: Instant, id: u64) {
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
        self.next_tick = (!self.playing.is_empty() || !self.rooms.is_empty()).then_some(if due <= now {
            now + FRAME_TIME
        } else {
            due
        });
    }
}

fn play_frame(entry: &mut Entry, now: Instant, ntp: u64) {
    let Entry { stream, sockets, events, .. } = entry;
    let mut packet = [0; HEADER_LEN + FRAME];
    if let Some((len, destination)) = stream.poll_packet(now, &mut packet, |event| tell(events, event)) {
        send(&sockets.rtp, &packet[..len], destination);
    }
    send_report(entry, now, ntp);
}

/// What a room made for a party.
fn say(entry: &mut Entry, now: Instant, ntp: u64, codec: Codec, octets: &[u8; FRAME]) {
    let mut packet = [0; HEADER_LEN + FRAME];
    if let Some(destination) = entry.stream.say(now, codec, octets, &mut packet) {
        send(&entry.sockets.rtp, &packet, destination);
        send_report(entry, now, ntp);
    }
}

fn send_report(entry: &mut Entry, now: Instant, ntp: u64) {
    let mut report = [0; REPORT_LEN];
    if let Some(destination) = entry.stream.poll_report(now, ntp, &mut report) {
        send(&entry.sockets.rtcp, &report, destination);
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
