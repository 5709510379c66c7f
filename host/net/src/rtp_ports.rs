//! Port pairs for RTP and RTCP: an even port and the next (RFC 3550 §11), out of a configured range, returned when
//! the call ends.

use socket2::{Domain, Protocol, Socket, Type};
use std::{
    io,
    net::{IpAddr, SocketAddr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

/// Expedited Forwarding (RFC 3246), DSCP 46 in the upper six bits of the TOS octet.
const TOS_EXPEDITED_FORWARDING: u32 = 46 << 2;
/// How many ports in a row may be taken by other programs before giving up.
const MAX_ATTEMPTS: usize = 64;

/// The range that media ports come from. Lock-free, because media threads return what signalling takes.
pub struct RtpPorts {
    first: u16,
    pairs: usize,
    taken: Box<[AtomicU64]>,
    next: AtomicUsize,
    in_use: AtomicUsize,
}

/// Two bound sockets, and the ports that they hold until dropped.
pub struct PortPair {
    /// For RTP.
    pub rtp: UdpSocket,
    /// For RTCP.
    pub rtcp: UdpSocket,
    /// The RTP socket's address.
    pub address: SocketAddr,
    /// Gives the ports back when dropped.
    pub lease: PortLease,
}

/// Gives a pair of ports back when dropped.
pub struct PortLease {
    ports: Arc<RtpPorts>,
    index: usize,
    resting: bool,
}

impl RtpPorts {
    /// Pairs out of `first..=last`; an odd first port is skipped.
    pub fn new(first: u16, last: u16) -> Arc<Self> {
        let first = first.saturating_add(first % 2);
        let pairs = (usize::from(last) + 1).saturating_sub(usize::from(first)) / 2;
        let taken = (0..pairs.div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        Arc::new(Self { first, pairs, taken, next: AtomicUsize::new(0), in_use: AtomicUsize::new(0) })
    }

    /// Bind a pair on this address. Pairs are handed out in turn, so that a port rests for as long as possible before
    /// its next call.
    pub fn bind(self: &Arc<Self>, address: IpAddr) -> io::Result<PortPair> {
        let mut refused = None;
        for _ in 0..MAX_ATTEMPTS {
            let Some(lease) = self.take() else { break };
            match lease.bind(address) {
                Ok(pair) => return Ok(pair),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(refused.unwrap_or_else(|| io::Error::new(io::ErrorKind::QuotaExceeded, "all media ports are in use")))
    }

    /// How many pairs calls use now.
    pub fn in_use(&self) -> usize {
        self.in_use.load(Ordering::Relaxed)
    }

    /// How many pairs there are.
    pub fn capacity(&self) -> usize {
        self.pairs
    }

    fn take(self: &Arc<Self>) -> Option<PortLease> {
        for _ in 0..self.pairs {
            let index = self.next.fetch_add(1, Ordering::Relaxed) % self.pairs;
            let bit = 1 << (index % 64);
            if self.taken[index / 64].fetch_or(bit, Ordering::AcqRel) & bit == 0 {
                self.in_use.fetch_add(1, Ordering::Relaxed);
                return Some(PortLease { ports: Arc::clone(self), index, resting: false });
            }
        }
        None
    }
}

impl PortLease {
    /// No call uses the pair, but it stays bound for one to come.
    pub(crate) fn rest(&mut self) {
        if !std::mem::replace(&mut self.resting, true) {
            self.ports.in_use.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// A call uses the pair again.
    pub(crate) fn resume(&mut self) {
        if std::mem::replace(&mut self.resting, false) {
            self.ports.in_use.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn bind(self, address: IpAddr) -> io::Result<PortPair> {
        // `index < pairs`, so the port stays within the range.
        let port = self.ports.first + 2 * self.index as u16;
        let rtp_address = SocketAddr::new(address, port);
        let rtp = media_socket(rtp_address)?;
        let rtcp = media_socket(SocketAddr::new(address, port + 1))?;
        Ok(PortPair { rtp, rtcp, address: rtp_address, lease: self })
    }
}

impl Drop for PortLease {
    fn drop(&mut self) {
        self.rest();
        self.ports.taken[self.index / 64].fetch_and(!(1 << (self.index % 64)), Ordering::AcqRel);
    }
}

fn media_socket(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM.nonblocking(), Some(Protocol::UDP))?;
    match address {
        SocketAddr::V4(_) => socket.set_tos_v4(TOS_EXPEDITED_FORWARDING)?,
        SocketAddr::V6(_) => socket.set_tclass_v6(TOS_EXPEDITED_FORWARDING)?,
    }
    socket.bind(&address.into())?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOPBACK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn ports_come_in_even_pairs_and_go_back_when_dropped() {
        let ports = RtpPorts::new(29_001, 29_005);
        assert_eq!(ports.capacity(), 2, "29002/3 and 29004/5");
        let one = ports.bind(LOOPBACK).unwrap();
        let two = ports.bind(LOOPBACK).unwrap();
        assert_eq!((one.address.port(), two.address.port()), (29_002, 29_004));
        assert_eq!(one.rtcp.local_addr().unwrap().port(), 29_003);
        let none = ports.bind(LOOPBACK).err().unwrap();
        assert!(none.to_string().contains("all media ports"), "{none}");
        drop(one);
        assert_eq!(ports.in_use(), 1);
        assert_eq!(ports.bind(LOOPBACK).unwrap().address.port(), 29_002);
    }

    #[test]
    fn a_port_that_another_program_holds_is_passed_over() {
        let ports = RtpPorts::new(29_100, 29_103);
        let _other = UdpSocket::bind((LOOPBACK, 29_101)).unwrap();
        assert_eq!(ports.bind(LOOPBACK).unwrap().address.port(), 29_102);
        assert_eq!(ports.in_use(), 0, "nothing leaks");
    }
}
