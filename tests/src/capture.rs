//! What is on the wire: datagrams as the kernel hands them to the network, with the mark that routers go by.
//!
//! A packet socket, so that the host and its peers are seen from outside; it needs root, as all of `make test` does.

use anyhow::{Context, Result};
use nix::sys::{
    socket::{
        AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, setsockopt, socket,
        sockopt::{RcvBufForce, ReceiveTimeout},
    },
    time::{TimeVal, TimeValLike},
};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::fd::AsRawFd,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// Octets of an Ethernet header, which the loopback device has too.
const ETHERNET: usize = 14;
/// The protocol number of UDP.
const UDP: u8 = 17;
/// Octets of packets that wait to be looked at.
const BUFFER: usize = 32 << 20;
/// Most packets that are kept: a minute of a call.
const MOST: usize = 50_000;

/// A datagram that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// Who sent it.
    pub from: SocketAddr,
    /// To whom.
    pub to: SocketAddr,
    /// Its differentiated services code point (RFC 2474), 0 to 63.
    pub dscp: u8,
    /// The beginning of what it carries.
    pub begins: [u8; 4],
}

/// Sees every UDP datagram of this machine while it lives.
pub struct Capture {
    seen: Arc<Mutex<Vec<Captured>>>,
    ends: Arc<AtomicBool>,
}

impl Capture {
    /// Begin.
    ///
    /// # Errors
    /// Without the right to see packets, which root has.
    pub fn start() -> Result<Self> {
        let wire = socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::EthAll)
            .context("cannot see packets: run the tests as root, or give the test binary CAP_NET_RAW")?;
        // Other tests run beside this one, and all of their packets come here too.
        setsockopt(&wire, RcvBufForce, &BUFFER)?;
        setsockopt(&wire, ReceiveTimeout, &TimeVal::milliseconds(100))?;
        let (seen, ends) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (sink, stop) = (Arc::clone(&seen), Arc::clone(&ends));
        std::thread::spawn(move || {
            let mut frame = [0; 2_048];
            while !stop.load(Ordering::Relaxed) {
                // A datagram that is cut off is read as far as it goes; a time-out is no error.
                let Ok(len) = recv(wire.as_raw_fd(), &mut frame, MsgFlags::empty()) else { continue };
                let mut seen = sink.lock().unwrap_or_else(PoisonError::into_inner);
                if seen.len() < MOST {
                    seen.extend(frame.get(ETHERNET..len.min(frame.len())).and_then(datagram));
                }
            }
        });
        Ok(Self { seen, ends })
    }

    /// What was sent from this address so far, in order; on the loopback device each is there twice.
    pub fn sent_from(&self, address: SocketAddr) -> Vec<Captured> {
        self.all(|seen| seen.from == address)
    }

    /// What was sent so far of which this is true.
    pub fn all(&self, wanted: impl Fn(&Captured) -> bool) -> Vec<Captured> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().filter(|seen| wanted(seen)).cloned().collect()
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
    }
}

/// A UDP datagram in a packet of IPv4 or IPv6 without extension headers.
fn datagram(packet: &[u8]) -> Option<Captured> {
    let (mark, from, to, rest): (u8, IpAddr, IpAddr, &[u8]) = match packet.first()? >> 4 {
        4 => {
            let head = packet.first_chunk::<20>()?;
            let [.., a, b, c, d, e, f, g, h] = *head;
            let rest = packet.get(usize::from(head[0] & 0x0f) * 4..)?;
            let is_first = u16::from_be_bytes([head[6], head[7]]) & 0x1fff == 0;
            (head[9] == UDP && is_first).then_some(())?;
            (head[1], Ipv4Addr::new(a, b, c, d).into(), Ipv4Addr::new(e, f, g, h).into(), rest)
        }
        6 => {
            let (head, rest) = packet.split_first_chunk::<40>()?;
            (head[6] == UDP).then_some(())?;
            let address = |at: usize| Some(Ipv6Addr::from(*head.get(at..)?.first_chunk::<16>()?).into());
            ((head[0] << 4) | (head[1] >> 4), address(8)?, address(24)?, rest)
        }
        _ => return None,
    };
    let (ports, payload) = rest.split_first_chunk::<8>()?;
    let port = |at: usize| u16::from_be_bytes([ports[at], ports[at + 1]]);
    Some(Captured {
        from: SocketAddr::new(from, port(0)),
        to: SocketAddr::new(to, port(2)),
        dscp: mark >> 2,
        begins: *payload.first_chunk()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Loopback, loopback_v6, within};
    use std::{net::UdpSocket, time::Duration};

    #[test]
    fn what_is_sent_is_seen_as_it_is() -> Result<()> {
        let capture = Capture::start()?;
        for address in [Loopback::new().port(4_000), loopback_v6()?] {
            let socket = UdpSocket::bind(address)?;
            socket.send_to(b"hello", address)?;
            let seen = within(Duration::from_secs(5), || capture.sent_from(address).pop());
            assert_eq!(seen, Some(Captured { from: address, to: address, dscp: 0, begins: *b"hell" }));
        }
        Ok(())
    }
}
