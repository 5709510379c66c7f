//! Who may send: symmetric RTP (RFC 4961) that follows a phone through NAT and cannot be stolen by a stranger.

use std::{
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

/// How long the current source must have been silent before the same sender may come from another port.
const REBIND_AFTER: Duration = Duration::from_secs(2);

/// The address that a party's packets come from, learned from the packets and checked against what signalling said.
///
/// - The address in the SDP always wins, whenever it is heard.
/// - Until it is heard, the first packet from the same host, or from the host that the party's SIP comes from (a phone
///   behind NAT), is believed. Nobody else ever is.
/// - A believed address is kept until it has been silent for two seconds; then the same sender (same SSRC, same host)
///   may have moved to another port, as NAT makes it do.
#[derive(Clone, Debug)]
pub struct Latch {
    signalled: SocketAddr,
    signalling_host: Option<IpAddr>,
    current: Option<Current>,
}

#[derive(Clone, Copy, Debug)]
struct Current {
    address: SocketAddr,
    ssrc: u32,
    heard: Instant,
}

/// Whether a packet's sender is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The one that is known.
    Known,
    /// Believed from this packet on.
    Latched,
    /// Refused.
    Stranger,
}

impl Latch {
    /// Expect packets from `signalled` (the SDP), or from any port of `signalling_host` (where its SIP comes from).
    pub fn new(signalled: SocketAddr, signalling_host: Option<IpAddr>) -> Self {
        Self { signalled, signalling_host, current: None }
    }

    /// A new description arrived: forget what was learned when it names another address.
    pub fn expect(&mut self, signalled: SocketAddr) {
        if signalled != self.signalled {
            self.signalled = signalled;
            self.current = None;
        }
    }

    /// Where to send: to where packets come from, else to where the SDP says; `None` when it says nowhere.
    pub fn destination(&self) -> Option<SocketAddr> {
        let address = self.current.map_or(self.signalled, |c| c.address);
        (!address.ip().is_unspecified() && address.port() != 0).then_some(address)
    }

    /// Where packets come from; `None` before the first.
    pub fn current(&self) -> Option<SocketAddr> {
        self.current.map(|current| current.address)
    }

    /// Follow a sender that has proved who it is.
    pub fn follow(&mut self, now: Instant, from: SocketAddr, ssrc: u32) {
        self.current = Some(Current { address: from, ssrc, heard: now });
    }

    /// Judge a packet.
    pub fn admit(&mut self, now: Instant, from: SocketAddr, ssrc: u32) -> Source {
        match &mut self.current {
            Some(current) if current.address == from => {
                current.heard = now;
                current.ssrc = ssrc;
                return Source::Known;
            }
            Some(current) => {
                let moved = current.ssrc == ssrc
                    && current.address.ip() == from.ip()
                    && now.saturating_duration_since(current.heard) >= REBIND_AFTER;
                if from != self.signalled && !moved {
                    return Source::Stranger;
                }
            }
            None => {
                let host = from.ip();
                if host != self.signalled.ip() && Some(host) != self.signalling_host {
                    return Source::Stranger;
                }
            }
        }
        self.current = Some(Current { address: from, ssrc, heard: now });
        Source::Latched
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_phone_behind_nat_is_found_and_a_stranger_is_not() {
        let now = Instant::now();
        let mut latch = Latch::new(at("192.168.1.5:4000"), Some("203.0.113.7".parse().unwrap()));
        assert_eq!(latch.destination(), Some(at("192.168.1.5:4000")));
        assert_eq!(latch.admit(now, at("198.51.100.66:4000"), 1), Source::Stranger, "it even came first");
        assert_eq!(latch.admit(now, at("203.0.113.7:61000"), 1), Source::Latched);
        assert_eq!(latch.admit(now, at("203.0.113.7:61002"), 2), Source::Stranger, "a neighbour behind the same NAT");
        assert_eq!(latch.admit(now, at("203.0.113.7:61000"), 1), Source::Known);
        assert_eq!(latch.destination(), Some(at("203.0.113.7:61000")));
    }

    #[test]
    fn the_address_of_the_sdp_takes_the_stream_back() {
        let now = Instant::now();
        let mut latch = Latch::new(at("127.0.0.1:4000"), None);
        assert_eq!(latch.admit(now, at("127.0.0.1:9999"), 66), Source::Latched, "somebody on the same host was faster");
        assert_eq!(latch.admit(now, at("127.0.0.1:4000"), 1), Source::Latched);
        assert_eq!(latch.admit(now, at("127.0.0.1:9999"), 66), Source::Stranger);
        assert_eq!(
            latch.admit(now + REBIND_AFTER * 5, at("127.0.0.1:9999"), 66),
            Source::Stranger,
            "even after silence"
        );
    }

    #[test]
    fn a_sender_that_changed_its_port_is_followed_only_with_its_ssrc_and_after_silence() {
        let now = Instant::now();
        let mut latch = Latch::new(at("10.0.0.1:4000"), None);
        latch.admit(now, at("10.0.0.1:5000"), 7);
        assert_eq!(latch.admit(now + Duration::from_secs(1), at("10.0.0.1:5002"), 7), Source::Stranger);
        assert_eq!(latch.admit(now + Duration::from_secs(3), at("10.0.0.1:5002"), 8), Source::Stranger);
        assert_eq!(latch.admit(now + Duration::from_secs(3), at("10.0.0.1:5002"), 7), Source::Latched);
        latch.expect(at("10.0.0.2:4000"));
        assert_eq!(latch.destination(), Some(at("10.0.0.2:4000")), "a new description starts afresh");
    }
}
