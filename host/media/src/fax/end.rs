//! The seam between a stream that carries UDPTL and a terminal or gateway of T.38 that lives elsewhere.

use super::{Ifp, LONGEST, Recovery, UdptlReceiver, UdptlSender};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

/// Packets that wait on either side: two seconds of the fastest page.
const PACKETS: usize = 64;
/// Most times that one packet is sent: T.38 repeats indicators, which are small and matter.
const MOST_COPIES: u8 = 4;

/// The stream's side: takes packets out of datagrams, and makes datagrams of packets. Nothing here allocates per packet.
#[derive(Debug)]
pub struct FaxEnd {
    receiver: UdptlReceiver,
    sender: UdptlSender,
    came: SyncSender<Ifp>,
    due: Receiver<(u8, Ifp)>,
}

/// The terminal's side.
#[derive(Debug)]
pub struct FaxLane {
    came: Receiver<Ifp>,
    due: SyncSender<(u8, Ifp)>,
}

/// Both sides. `recovery` and `longest` are what the party wants to be sent: how losses are made up for, and the longest
/// datagram in octets. Both ways are bounded: what finds no room is lost, as on the network.
pub fn lane(recovery: Recovery, longest: usize) -> (FaxEnd, FaxLane) {
    let (came, arrives) = sync_channel(PACKETS);
    let (sends, due) = sync_channel(PACKETS);
    let end = FaxEnd { receiver: UdptlReceiver::default(), sender: UdptlSender::new(recovery, longest), came, due };
    (end, FaxLane { came: arrives, due: sends })
}

impl FaxEnd {
    /// A datagram has come; false when it is none of UDPTL.
    pub(crate) fn take(&mut self, datagram: &[u8]) -> bool {
        let Self { receiver, came, .. } = self;
        receiver.take(datagram, |number, packet| {
            if let Some(ifp) = Ifp::new(number, packet) {
                // Whoever does not keep up loses packets; the line does not wait for it.
                let _ = came.try_send(ifp);
            }
        })
    }

    /// The datagram for the next packet of the terminal's: how often it is to be sent and how long it is.
    pub(crate) fn next_datagram(&mut self, out: &mut [u8; LONGEST]) -> Option<(u8, usize)> {
        loop {
            let (copies, ifp) = self.due.try_recv().ok()?;
            if let Some(length) = self.sender.datagram(ifp.octets(), out) {
                return Some((copies, length));
            }
        }
    }
}

impl FaxLane {
    /// The next packet that has come, in order.
    pub fn take(&self) -> Option<Ifp> {
        self.came.try_recv().ok()
    }

    /// Send a packet so many times; false when the stream no longer takes any. The stream has to be told that something is
    /// due.
    pub fn send(&self, copies: u8, packet: &[u8]) -> bool {
        // The stream numbers them.
        let Some(ifp) = Ifp::new(0, packet) else { return true };
        !matches!(self.due.try_send((copies.clamp(1, MOST_COPIES), ifp)), Err(TrySendError::Disconnected(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_go_both_ways_and_who_does_not_keep_up_loses_them() {
        let ((mut one, left), (mut other, right)) = (lane(Recovery::Fec, 400), lane(Recovery::None, 400));
        let mut datagram = [0; LONGEST];
        assert!(
            left.send(9, &[0x02]) && left.send(1, &[]) && left.send(1, &[0; MOST + 1]),
            "what is no packet is left out"
        );
        let (copies, length) = one.next_datagram(&mut datagram).unwrap();
        assert_eq!(copies, MOST_COPIES);
        for _ in 0..copies {
            assert!(other.take(&datagram[..length]), "the same again is no fault");
        }
        assert_eq!(right.take().map(|ifp| ifp.octets().to_vec()), Some(vec![0x02]));
        assert!(right.take().is_none() && one.next_datagram(&mut datagram).is_none());
        for _ in 0..2 * PACKETS {
            assert!(left.send(1, &[0x04]));
        }
        assert_eq!(std::iter::from_fn(|| one.next_datagram(&mut datagram)).count(), PACKETS);
        drop(one);
        assert!(!left.send(1, &[0x04]), "nobody is there");
    }

    const MOST: usize = super::super::MOST_OCTETS;
}
