//! A loopback address per host and phone, so that nobody competes for a port.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    sync::atomic::{AtomicU32, Ordering},
};

static NEXT: AtomicU32 = AtomicU32::new(1);

/// An address in 127.0.0.0/8 that no other test uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loopback(Ipv4Addr);

impl Loopback {
    /// The next one. Test processes differ in the middle of it, values within one process in the last octet.
    #[expect(clippy::new_without_default, reason = "each one is another")]
    pub fn new() -> Self {
        let process = std::process::id();
        let count = NEXT.fetch_add(1, Ordering::Relaxed);
        assert!(count < 255, "more than 254 addresses in one test process");
        // 127.16 and up: out of the way of 127.0.x.y, where people run their own things.
        let [_, high, low, _] = ((process & 0xffff) << 8).to_be_bytes();
        let second = 16 + (u32::from(high) % 224) as u8;
        Self(Ipv4Addr::new(127, second, low, count as u8))
    }

    /// The address.
    pub fn ip(self) -> IpAddr {
        IpAddr::V4(self.0)
    }

    /// The address with a port.
    pub fn port(self, port: u16) -> SocketAddr {
        SocketAddr::new(self.ip(), port)
    }
}

/// ::1 with a UDP port that nobody uses now: IPv6 has only this one loopback address. Somebody may take the port before it is
/// used, which fails at once and is rare.
///
/// # Errors
/// When the machine has no IPv6.
pub fn loopback_v6() -> std::io::Result<SocketAddr> {
    UdpSocket::bind((Ipv6Addr::LOCALHOST, 0))?.local_addr()
}

impl std::fmt::Display for Loopback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
