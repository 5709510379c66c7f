//! The first to see a datagram and the last: tells checks, handshakes and sound apart, and protects what leaves.

use super::{
    KeyState, Keying, Security,
    dtls::{Association, DtlsError},
    ice::Ice,
    srtp::{Receiver, Sender, SrtpError},
};
use crate::stream::Port;
use std::{collections::VecDeque, net::SocketAddr, time::Instant};

/// Answers and handshake datagrams that may wait to be sent.
const WAITING: usize = 32;

/// What a datagram was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    /// RTP, so many octets of it once its protection is off.
    Rtp(usize),
    /// RTCP.
    Rtcp(usize),
    /// Nothing that goes any further.
    Consumed,
}

/// What guards a stream. Without a common port RTCP has a way and keys of its own (RFC 5764 §4.2).
#[derive(Debug)]
pub(crate) struct Guard {
    security: Security,
    rtp: Component,
    rtcp: Component,
    /// Why there will be no keys; told once.
    failed: Option<DtlsError>,
    told: bool,
    /// Packets that could not be read.
    unreadable: u64,
    waiting: VecDeque<(Vec<u8>, SocketAddr, Port)>,
}

/// One port's way and keys.
#[derive(Debug, Default)]
struct Component {
    ice: Option<Ice>,
    association: Option<Association>,
    sender: Option<Sender>,
    receiver: Option<Receiver>,
}

impl Guard {
    /// A guard for what was agreed; none for a stream in the clear.
    pub(crate) fn new(security: Security, now: Instant) -> Option<Box<Self>> {
        if security == Security::default() {
            return None;
        }
        let mut guard = Box::new(Self {
            security: Security::default(),
            rtp: Component::default(),
            rtcp: Component::default(),
            failed: None,
            told: false,
            unreadable: 0,
            waiting: VecDeque::new(),
        });
        guard.change(security, now);
        Some(guard)
    }

    /// Something else is agreed: what stays the same goes on.
    pub(crate) fn change(&mut self, security: Security, now: Instant) {
        if security.keying != self.security.keying {
            (self.failed, self.told) = (None, false);
        }
        let before = std::mem::replace(&mut self.security, security);
        self.rtp.change(&before.keying, &self.security, now);
        if self.security.rtcp_mux {
            self.rtcp = Component::default();
        } else {
            let keying = if before.rtcp_mux { &Keying::Clear } else { &before.keying };
            self.rtcp.change(keying, &self.security, now);
        }
    }

    pub(crate) fn rtcp_mux(&self) -> bool {
        self.security.rtcp_mux
    }

    fn component(&mut self, port: Port) -> &mut Component {
        if port == Port::Rtp || self.security.rtcp_mux { &mut self.rtp } else { &mut self.rtcp }
    }

    /// Where ICE wants what leaves this port; `None` when there is no ICE.
    pub(crate) fn way(&self, port: Port) -> Option<Option<SocketAddr>> {
        let component = if port == Port::Rtp || self.security.rtcp_mux { &self.rtp } else { &self.rtcp };
        component.ice.as_ref().map(Ice::destination)
    }

    /// Whether a packet from there is the peer's beyond doubt.
    pub(crate) fn proves(&self, from: SocketAddr) -> bool {
        self.rtp.receiver.is_some() || self.rtp.ice.as_ref().is_some_and(|ice| ice.knows(from))
    }

    /// Whether a handshake is under way, so that time matters.
    pub(crate) fn is_busy(&self) -> bool {
        let busy = |component: &Component| component.association.as_ref().is_some_and(|one| !one.established);
        self.failed.is_none() && (busy(&self.rtp) || busy(&self.rtcp))
    }

    /// Tell what came (RFC 7983) and take its protection off.
    pub(crate) fn receive(&mut self, now: Instant, port: Port, from: SocketAddr, datagram: &mut [u8]) -> Incoming {
        match datagram.first() {
            Some(0..=3) => {
                if let Some(answer) = self.component(port).ice.as_mut().and_then(|ice| ice.handle(from, datagram)) {
                    self.queue(answer, from, port);
                }
                Incoming::Consumed
            }
            Some(20..=63) => {
                if self.failed.is_none() {
                    self.failed = self.component(port).handle(now, from, datagram);
                }
                self.advance(now, port, Some(from));
                Incoming::Consumed
            }
            Some(128..=191) => self.unprotect(port, datagram),
            _ => Incoming::Consumed,
        }
    }

    fn unprotect(&mut self, port: Port, datagram: &mut [u8]) -> Incoming {
        let is_rtcp = crate::rtcp::is_rtcp(datagram);
        let is_clear = self.security.keying == Keying::Clear;
        let len = match &mut self.component(port).receiver {
            Some(receiver) if is_rtcp => receiver.unprotect_rtcp(datagram),
            Some(receiver) => receiver.unprotect(datagram),
            None if is_clear => Ok(datagram.len()),
            // Nothing is heard before there are keys.
            None => {
                self.unreadable += 1;
                return Incoming::Consumed;
            }
        };
        match len {
            Ok(len) if is_rtcp => Incoming::Rtcp(len),
            Ok(len) => Incoming::Rtp(len),
            Err(error) => {
                // What came twice is no sign of wrong keys.
                self.unreadable += u64::from(error != SrtpError::Replayed);
                Incoming::Consumed
            }
        }
    }

    /// Protect an RTP packet that is about to leave; `None` when it must not.
    pub(crate) fn protect(&mut self, buffer: &mut [u8], len: usize) -> Option<usize> {
        match (&mut self.rtp.sender, &self.security.keying) {
            (Some(sender), _) => sender.protect(buffer, len).ok(),
            (None, Keying::Clear) => Some(len),
            (None, _) => None,
        }
    }

    /// Protect an RTCP packet.
    pub(crate) fn protect_rtcp(&mut self, buffer: &mut [u8], len: usize) -> Option<usize> {
        let is_clear = self.security.keying == Keying::Clear;
        match &mut self.component(Port::Rtcp).sender {
            Some(sender) => sender.protect_rtcp(buffer, len).ok(),
            None if is_clear => Some(len),
            None => None,
        }
    }

    /// Go on with the handshake of a port. `to` is where the peer is, as far as anybody knows.
    pub(crate) fn advance(&mut self, now: Instant, port: Port, to: Option<SocketAddr>) {
        if self.failed.is_some() {
            return;
        }
        let component = self.component(port);
        // Who begins waits until there is a way.
        let Some(to) = component.ice.as_ref().map_or(to, Ice::destination) else { return };
        let Some(association) = &mut component.association else { return };
        let mut out = Vec::new();
        let polled = association.poll(now, |datagram| out.push(datagram.to_vec()));
        match polled {
            Ok(Some(agreed)) => {
                component.sender = Sender::new(agreed.suite, &agreed.ours);
                component.receiver = Receiver::new(agreed.suite, &agreed.theirs);
            }
            Ok(None) => {}
            Err(error) => self.failed = Some(error),
        }
        for datagram in out {
            self.queue(datagram, to, port);
        }
    }

    /// Packets that could not be read: made with other keys, or before there were any.
    pub(crate) fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// How far the keys are.
    pub(crate) fn keys(&self) -> KeyState {
        match (&self.security.keying, self.failed) {
            (Keying::Clear, _) => KeyState::Clear,
            (Keying::Sdes { .. }, _) => KeyState::Sdes,
            (Keying::Dtls { .. }, Some(error)) => KeyState::Failed(error),
            (Keying::Dtls { .. }, None) if self.rtp.receiver.is_some() => KeyState::Agreed,
            (Keying::Dtls { .. }, None) => KeyState::Awaited,
        }
    }

    /// Why there will be no sound, once.
    pub(crate) fn take_failure(&mut self) -> Option<DtlsError> {
        let told = std::mem::replace(&mut self.told, self.failed.is_some());
        self.failed.filter(|_| !told)
    }

    /// The next answer or handshake datagram that is to be sent, where to, and from which port.
    pub(crate) fn next_datagram(&mut self) -> Option<(Vec<u8>, SocketAddr, Port)> {
        self.waiting.pop_front()
    }

    fn queue(&mut self, datagram: Vec<u8>, to: SocketAddr, port: Port) {
        if self.waiting.len() < WAITING {
            self.waiting.push_back((datagram, to, port));
        }
    }
}

impl Component {
    fn change(&mut self, before: &Keying, security: &Security, now: Instant) {
        self.ice = security.ice.as_ref().map(|(local, remote)| match self.ice.take() {
            Some(ice) if ice.is_between(local, remote) => ice,
            _ => Ice::new(local.clone(), remote.clone()),
        });
        if security.keying == *before {
            return;
        }
        (self.sender, self.receiver, self.association) = (None, None, None);
        match &security.keying {
            Keying::Clear => {}
            Keying::Sdes { suite, ours, theirs } => {
                self.sender = Sender::new(*suite, ours);
                self.receiver = Receiver::new(*suite, theirs);
            }
            Keying::Dtls { identity, active, fingerprint } => {
                self.association = Some(Association::new(identity, *active, fingerprint.clone(), now));
            }
        }
    }

    /// A datagram of a handshake; gives why it failed.
    fn handle(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) -> Option<DtlsError> {
        let known = self.ice.as_ref().is_none_or(|ice| ice.knows(from));
        self.association.as_mut().filter(|_| known)?.handle(now, datagram).err()
    }
}
