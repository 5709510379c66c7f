//! Faxes by packets: passed on between two parties as they are, or ended by a terminal of T.38 on a thread of its own.

use super::{
    Command, Media, MediaStream,
    driver::{Driver, Entry},
    relay::send,
};
use jackfield_media::fax::{FaxLane, Ifp, LONGEST, Recovery, lane};

/// The packets of a party's fax, for a terminal. They go nowhere once its stream is over, or ended elsewhere.
pub struct FaxPackets {
    media: Media,
    id: u64,
    thread: usize,
    lane: FaxLane,
}

impl FaxPackets {
    /// The next packet that has come, in order; those that were lost and could not be mended are left out.
    pub fn take(&self) -> Option<Ifp> {
        self.lane.take()
    }

    /// Send a packet (IFP), so many times.
    pub fn send(&self, copies: u8, ifp: &[u8]) {
        if self.lane.send(copies, ifp) {
            self.media.send(self.thread, Command::SendFax { id: self.id });
        }
    }
}

impl MediaStream {
    /// Have a terminal of T.38 at the end of this party's fax, which makes up for losses like this, in datagrams of at most so
    /// many octets.
    pub fn end_fax(&self, recovery: Recovery, longest: usize) -> FaxPackets {
        let (end, lane) = lane(recovery, longest);
        self.media.send(self.thread, Command::EndFax { id: self.id, end: Some(Box::new(end)) });
        FaxPackets { media: self.media.clone(), id: self.id, thread: self.thread, lane }
    }

    /// Listen for a minute whether it is a fax machine that has called; [`jackfield_media::StreamEvent::FaxCalls`] tells.
    pub fn listen_for_fax(&self) {
        self.media.send(self.thread, Command::ListenForFax { id: self.id });
    }

    /// Have no terminal there any longer: packets go on to the connected party.
    pub fn pass_fax(&self) {
        self.media.send(self.thread, Command::EndFax { id: self.id, end: None });
    }
}

impl Driver {
    /// A datagram goes on as it is, to a party that faxes by packets too.
    pub(super) fn pass_image(&mut self, id: u64, datagram: &[u8]) {
        let Some(peer) = self.streams.get(&id).and_then(|entry| entry.peer).filter(|peer| *peer != id) else { return };
        let Some(Entry { stream, sockets, .. }) = self.streams.get_mut(&peer) else { return };
        if let Some(destination) = stream.pass_image() {
            send(&sockets.rtp, datagram, destination);
        }
    }

    /// What a terminal has made is due.
    pub(super) fn send_fax(&mut self, id: u64) {
        let Some(Entry { stream, sockets, .. }) = self.streams.get_mut(&id) else { return };
        let mut datagram = [0; LONGEST];
        while let Some((copies, length, destination)) = stream.next_fax_datagram(&mut datagram) {
            for _ in 0..copies {
                send(&sockets.rtp, &datagram[..length], destination);
            }
        }
    }
}
