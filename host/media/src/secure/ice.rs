//! ICE as an end that others can reach (RFC 8445 §2.5, “lite”): it answers their checks and sends to where they say.
//!
//! The host never checks by itself: it has one address, and whoever calls from behind a NAT opens the way with its checks.

use crate::stun::{
    Answer, BINDING_ERROR, BINDING_REQUEST, ERROR_CODE, FINGERPRINT, FINGERPRINT_XOR, HEADER, MESSAGE_INTEGRITY,
    USERNAME, XOR_MAPPED_ADDRESS, address, attributes, checksum, is_signed,
};
use std::net::SocketAddr;

const USE_CANDIDATE: u16 = 0x0025;
const ICE_CONTROLLED: u16 = 0x8029;
/// Addresses that have passed a check and are remembered.
const CHECKED: usize = 8;

/// A user name fragment and its password (RFC 8445 §5.3).
#[derive(Clone, PartialEq, Eq)]
pub struct IceCredentials {
    /// 4 to 256 letters, digits, `+` and `/`.
    pub ufrag: String,
    /// 22 to 256 of the same.
    pub pwd: String,
}

impl std::fmt::Debug for IceCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The password stays out of logs.
        write!(f, "IceCredentials({})", self.ufrag)
    }
}

/// One component of one stream.
#[derive(Debug)]
pub(super) struct Ice {
    local: IceCredentials,
    remote: IceCredentials,
    checked: [Option<SocketAddr>; CHECKED],
    next: usize,
    nominated: Option<SocketAddr>,
}

impl Ice {
    pub(super) fn new(local: IceCredentials, remote: IceCredentials) -> Self {
        Self { local, remote, checked: [None; CHECKED], next: 0, nominated: None }
    }

    pub(super) fn is_between(&self, local: &IceCredentials, remote: &IceCredentials) -> bool {
        self.local == *local && self.remote == *remote
    }

    /// Where to send: where the peer wants it, else where its last check came from.
    pub(super) fn destination(&self) -> Option<SocketAddr> {
        self.nominated.or_else(|| self.checked[(self.next + CHECKED - 1) % CHECKED])
    }

    /// Whether a check came from there.
    pub(super) fn knows(&self, from: SocketAddr) -> bool {
        self.checked.contains(&Some(from))
    }

    /// Answer a check; `None` for what is none, or not from the peer: a stranger learns nothing.
    pub(super) fn handle(&mut self, from: SocketAddr, message: &[u8]) -> Option<Vec<u8>> {
        let header = message.get(..HEADER)?;
        if header[..2] != BINDING_REQUEST.to_be_bytes() {
            return None;
        }
        let (mut user, mut signed, mut nominates, mut controlled, mut marked) = (None, false, false, false, false);
        for (at, kind, value) in attributes(message) {
            match kind {
                // What follows the signature does not count (RFC 8489 §14.5).
                FINGERPRINT => {
                    marked = value == (checksum(&message[..at]) ^ FINGERPRINT_XOR).to_be_bytes();
                }
                _ if signed => {}
                MESSAGE_INTEGRITY => signed = is_signed(message, at, self.local.pwd.as_bytes()),
                USERNAME => user = Some(value),
                USE_CANDIDATE => nominates = true,
                ICE_CONTROLLED => controlled = true,
                _ => {}
            }
        }
        let ours = user.and_then(|user| user.strip_prefix(self.local.ufrag.as_bytes())?.strip_prefix(b":"));
        if !signed || !marked || ours != Some(self.remote.ufrag.as_bytes()) {
            return None;
        }
        let mut answer = Answer::new(header);
        if controlled {
            // A lite end never decides (RFC 8445 §6.1.1): the peer must.
            answer.set_kind(BINDING_ERROR);
            answer.attribute(ERROR_CODE, &[&[0, 0, 4, 87][..], b"Role Conflict"].concat());
        } else {
            if !self.knows(from) {
                self.checked[self.next] = Some(from);
                self.next = (self.next + 1) % CHECKED;
            }
            if nominates {
                self.nominated = Some(from);
            }
            answer.attribute(XOR_MAPPED_ADDRESS, &address(from, &header[4..]));
        }
        answer.sign(self.local.pwd.as_bytes());
        Some(answer.finish(true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(ufrag: &str, pwd: &str) -> IceCredentials {
        IceCredentials { ufrag: ufrag.into(), pwd: pwd.into() }
    }

    fn check(user: &str, password: &str, extra: &[u16]) -> Vec<u8> {
        let header = [&BINDING_REQUEST.to_be_bytes()[..], &[0, 0], &[0x21, 0x12, 0xa4, 0x42], &[7; 12]].concat();
        let mut request = Answer::new(&header);
        request.set_kind(BINDING_REQUEST);
        request.attribute(USERNAME, user.as_bytes());
        for kind in extra {
            request.attribute(*kind, &[0; 8][..if *kind == USE_CANDIDATE { 0 } else { 8 }]);
        }
        request.sign(password.as_bytes());
        request.finish(true)
    }

    #[test]
    fn a_check_of_the_peer_is_answered_and_shows_where_to_send() {
        let mut ice = Ice::new(credentials("host", "secretsecretsecretsecret"), credentials("peer", "x"));
        let (first, second) = ("192.0.2.1:4000".parse().unwrap(), "198.51.100.2:4001".parse().unwrap());
        assert_eq!(ice.destination(), None);
        let answer = ice.handle(first, &check("host:peer", "secretsecretsecretsecret", &[])).unwrap();
        assert_eq!(answer[..2], [1, 1]);
        let (at, ..) = attributes(&answer).find(|(_, kind, _)| *kind == MESSAGE_INTEGRITY).unwrap();
        assert!(is_signed(&answer, at, b"secretsecretsecretsecret"));
        assert_eq!((ice.destination(), ice.knows(second)), (Some(first), false));
        ice.handle(second, &check("host:peer", "secretsecretsecretsecret", &[USE_CANDIDATE])).unwrap();
        ice.handle(first, &check("host:peer", "secretsecretsecretsecret", &[])).unwrap();
        assert_eq!(ice.destination(), Some(second), "what was nominated stays");
    }

    #[test]
    fn strangers_learn_nothing_and_a_peer_that_will_not_decide_is_told_so() {
        let mut ice = Ice::new(credentials("host", "secretsecretsecretsecret"), credentials("peer", "x"));
        let from = "192.0.2.1:4000".parse().unwrap();
        let right = check("host:peer", "secretsecretsecretsecret", &[]);
        for wrong in [
            check("host:other", "secretsecretsecretsecret", &[]),
            check("hos:peer", "secretsecretsecretsecret", &[]),
            check("host:peer", "guess", &[]),
            right[..right.len() - 8].to_vec(),
            right[..HEADER].to_vec(),
        ] {
            assert_eq!(ice.handle(from, &wrong), None);
        }
        for at in 0..right.len() {
            let mut changed = right.clone();
            changed[at] ^= 1;
            let _ = ice.handle(from, &changed);
        }
        assert!(!ice.knows(from));
        let conflict = ice.handle(from, &check("host:peer", "secretsecretsecretsecret", &[ICE_CONTROLLED])).unwrap();
        assert_eq!(conflict[..2], BINDING_ERROR.to_be_bytes());
    }

    #[test]
    fn the_signature_of_the_test_vector_is_right() {
        // RFC 5769 §2.1.
        let request = b"\x00\x01\x00\x58\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae\x80\x22\x00\x10STUN test client\
            \x00\x24\x00\x04\x6e\x00\x01\xff\x80\x29\x00\x08\x93\x2f\xf9\xb1\x51\x26\x3b\x36\x00\x06\x00\x09evtj:h6vY\x20\x20\x20\
            \x00\x08\x00\x14\x9a\xea\xa7\x0c\xbf\xd8\xcb\x56\x78\x1e\xf2\xb5\xb2\xd3\xf2\x49\xc1\xb5\x71\xa2\
            \x80\x28\x00\x04\xe5\x7a\x3b\xcf";
        let (at, ..) = attributes(request).find(|(_, kind, _)| *kind == MESSAGE_INTEGRITY).unwrap();
        assert!(is_signed(request, at, b"VOkJxbRl1RmTxUk/WvJxBt"));
        assert!(!is_signed(request, at, b"VOkJxbRl1RmTxUk/WvJxBT"));
    }
}
