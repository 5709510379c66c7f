//! The first to see a datagram and the last: tells checks, handshakes and sound apart, and protects what leaves.

use super::{
    Keying, Security,
    dtls::{Association, DtlsError},
    ice::Ice,
    srtp::{Receiver, Sender},
};
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

#[derive(Debug)]
pub(crate) struct Guard {
    security: Security,
    ice: Option<Ice>,
    association: Option<Association>,
    sender: Option<Sender>,
    receiver: Option<Receiver>,
    /// Why there will be no keys; told once.
    failed: Option<DtlsError>,
    waiting: VecDeque<(Vec<u8>, SocketAddr)>,
}

impl Guard {
    /// A guard for what was agreed; none for a stream in the clear.
    pub(crate) fn new(security: Security, now: Instant) -> Option<Box<Self>> {
        if security == Security::default() {
            return None;
        }
        let mut guard = Box::new(Self {
            security: Security::default(),
            ice: None,
            association: None,
            sender: None,
            receiver: None,
            failed: None,
            waiting: VecDeque::new(),
        });
        guard.change(security, now);
        Some(guard)
    }

    /// Something else is agreed: what stays the same goes on.
    pub(crate) fn change(&mut self, security: Security, now: Instant) {
        self.ice = security.ice.as_ref().map(|(local, remote)| match self.ice.take() {
            Some(ice) if ice.is_between(local, remote) => ice,
            _ => Ice::new(local.clone(), remote.clone()),
        });
        if security.keying != self.security.keying {
            (self.sender, self.receiver, self.association, self.failed) = (None, None, None, None);
            match &security.keying {
                Keying::Clear => {}
                Keying::Sdes { suite, ours, theirs } => {
                    self.sender = Sender::new(*suite, ours);
                    self.receiver = Receiver::new(*suite, theirs);
                }
                Keying::Dtls { identity, active, fingerprint } => {
                    let same = self.association.take().filter(|a| a.is_with(*active, fingerprint));
                    self.association =
                        same.or_else(|| Association::new(identity, *active, fingerprint.clone(), now));
                }
            }
        }
        self.security = security;
    }

    pub(crate) fn rtcp_mux(&self) -> bool {
        self.security.rtcp_mux
    }

    /// Where ICE wants what leaves; `None` when there is no ICE.
    pub(crate) fn way(&self) -> Option<Option<SocketAddr>> {
        self.ice.as_ref().map(Ice::destination)
    }

    /// Whether a packet from there is the peer's beyond doubt.
    pub(crate) fn proves(&self, from: SocketAddr) -> bool {
        self.receiver.is_some() || self.ice.as_ref().is_some_and(|ice| ice.knows(from))
    }

    /// Whether a handshake is under way, so that time matters.
    pub(crate) fn is_busy(&self) -> bool {
        self.failed.is_none() && self.association.as_ref().is_some_and(|association| !association.established)
    }

    /// Tell what came (RFC 7983) and take its protection off.
    pub(crate) fn receive(&mut self, now: Instant, from: SocketAddr, datagram: &mut [u8]) -> Incoming {
        match datagram.first() {
            Some(0..=3) => {
                if let Some(answer) = self.ice.as_mut().and_then(|ice| ice.handle(from, datagram)) {
                    self.queue(answer, from);
                }
                Incoming::Consumed
            }
            Some(20..=63) => {
                let known = self.ice.as_ref().is_none_or(|ice| ice.knows(from));
                if let Some(association) = self.association.as_mut().filter(|_| known && self.failed.is_none()) {
                    if let Err(error) = association.handle(now, datagram) {
                        self.failed = Some(error);
                    }
                    self.advance(now, Some(from));
                }
                Incoming::Consumed
            }
            Some(128..=191) => self.unprotect(datagram),
            _ => Incoming::Consumed,
        }
    }

    fn unprotect(&mut self, datagram: &mut [u8]) -> Incoming {
        let is_rtcp = crate::rtcp::is_rtcp(datagram);
        let len = match (&mut self.receiver, &self.security.keying) {
            (Some(receiver), _) if is_rtcp => receiver.unprotect_rtcp(datagram),
            (Some(receiver), _) => receiver.unprotect(datagram),
            (None, Keying::Clear) => Ok(datagram.len()),
            // Nothing is heard before there are keys.
            (None, _) => return Incoming::Consumed,
        };
        match len {
            Ok(len) if is_rtcp => Incoming::Rtcp(len),
            Ok(len) => Incoming::Rtp(len),
            Err(_) => Incoming::Consumed,
        }
    }

    /// Protect an RTP packet that is about to leave; `None` when it must not.
    pub(crate) fn protect(&mut self, buffer: &mut [u8], len: usize) -> Option<usize> {
        match (&mut self.sender, &self.security.keying) {
            (Some(sender), _) => sender.protect(buffer, len).ok(),
            (None, Keying::Clear) => Some(len),
            (None, _) => None,
        }
    }

    /// Protect an RTCP packet.
    pub(crate) fn protect_rtcp(&mut self, buffer: &mut [u8], len: usize) -> Option<usize> {
        match (&mut self.sender, &self.security.keying) {
            (Some(sender), _) => sender.protect_rtcp(buffer, len).ok(),
            (None, Keying::Clear) => Some(len),
            (None, _) => None,
        }
    }

    /// Go on with the handshake. `to` is where the peer is, as far as anybody knows.
    pub(crate) fn advance(&mut self, now: Instant, to: Option<SocketAddr>) {
        let Some(association) = self.association.as_mut().filter(|_| self.failed.is_none()) else { return };
        let to = self.ice.as_ref().map_or(to, Ice::destination);
        // Who begins waits until there is a way.
        let Some(to) = to else { return };
        let mut out = Vec::new();
        match association.poll(now, |datagram| out.push(datagram.to_vec())) {
            Ok(Some(agreed)) => {
                self.sender = Sender::new(agreed.suite, &agreed.ours);
                self.receiver = Receiver::new(agreed.suite, &agreed.theirs);
            }
            Ok(None) => {}
            Err(error) => self.failed = Some(error),
        }
        for datagram in out {
            self.queue(datagram, to);
        }
    }

    /// Why there will be no sound, once.
    pub(crate) fn take_failure(&mut self) -> Option<DtlsError> {
        let failure = self.failed.filter(|_| self.association.is_some());
        if failure.is_some() {
            self.association = None;
        }
        failure
    }

    /// The next answer or handshake datagram that is to be sent.
    pub(crate) fn next_datagram(&mut self) -> Option<(Vec<u8>, SocketAddr)> {
        self.waiting.pop_front()
    }

    fn queue(&mut self, datagram: Vec<u8>, to: SocketAddr) {
        if self.waiting.len() < WAITING {
            self.waiting.push_back((datagram, to));
        }
    }
}
