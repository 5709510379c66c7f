//! STUN (RFC 8489). On the signalling port: a phone behind a NAT learns how the host sees it, and keeps its flow open
//! (RFC 5626 §3.5.2), by Binding requests without credentials. What [`crate::secure`] needs for ICE stands on the same parts.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use std::net::{IpAddr, SocketAddr};

pub(crate) const BINDING_REQUEST: u16 = 0x0001;
const BINDING_SUCCESS: u16 = 0x0101;
pub(crate) const BINDING_ERROR: u16 = 0x0111;
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
pub(crate) const HEADER: usize = 20;

const MAPPED_ADDRESS: u16 = 0x0001;
pub(crate) const ERROR_CODE: u16 = 0x0009;
const UNKNOWN_ATTRIBUTES: u16 = 0x000a;
pub(crate) const XOR_MAPPED_ADDRESS: u16 = 0x0020;
pub(crate) const FINGERPRINT: u16 = 0x8028;
pub(crate) const USERNAME: u16 = 0x0006;
pub(crate) const MESSAGE_INTEGRITY: u16 = 0x0008;
/// Octets of an HMAC-SHA1.
const INTEGRITY: usize = 20;
/// USERNAME, MESSAGE-INTEGRITY, REALM, NONCE, PRIORITY, USE-CANDIDATE: known, and of no matter without credentials.
const IGNORED: [u16; 6] = [0x0006, 0x0008, 0x0014, 0x0015, 0x0024, 0x0025];
/// What FINGERPRINT is combined with, so that it differs from the checksum of another protocol (RFC 8489 §14.7).
pub(crate) const FINGERPRINT_XOR: u32 = 0x5354_554e;

/// Whether a datagram is STUN and not SIP: no SIP message begins with a byte below 4, and a keep-alive of NULs has no
/// cookie. A request of RFC 3489 has none either; there, type and length decide.
pub fn is_stun(datagram: &[u8]) -> bool {
    let Some(header) = datagram.get(..HEADER) else { return false };
    header[0] < 4 && (header[4..8] == MAGIC_COOKIE || header[..2] == BINDING_REQUEST.to_be_bytes())
}

/// The answer to a datagram of STUN from this address; `None` when it gets none.
pub fn answer(request: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
    let (header, mut rest) = request.split_at_checked(HEADER)?;
    let number = |at: usize| Some(u16::from_be_bytes([*header.get(at)?, *header.get(at + 1)?]));
    if number(0)? != BINDING_REQUEST || usize::from(number(2)?) != rest.len() || rest.len() % 4 != 0 {
        return None;
    }
    let is_classic = header[4..8] != MAGIC_COOKIE;
    let (mut unknown, mut has_fingerprint) = (Vec::new(), false);
    while let Some((head, after)) = rest.split_first_chunk::<4>() {
        let (kind, length) = (u16::from_be_bytes([head[0], head[1]]), u16::from_be_bytes([head[2], head[3]]));
        let value = after.get(..usize::from(length))?;
        if has_fingerprint {
            // RFC 8489 §14.7: it is the last one.
            return None;
        }
        if kind == FINGERPRINT && !is_classic {
            let before = request.len() - rest.len();
            let expected = checksum(&request[..before]) ^ FINGERPRINT_XOR;
            has_fingerprint = value == expected.to_be_bytes();
            if !has_fingerprint {
                return None;
            }
        } else if kind < 0x8000 && !IGNORED.contains(&kind) {
            unknown.push(kind);
        }
        rest = after.get(usize::from(length).next_multiple_of(4)..)?;
    }
    let mut answer = Answer::new(header);
    if !unknown.is_empty() {
        answer.set_kind(BINDING_ERROR);
        answer.attribute(ERROR_CODE, &[&[0, 0, 4, 20][..], b"Unknown Attribute"].concat());
        // As many as fit without making the answer much larger than the question.
        let named: Vec<u8> = unknown.iter().take(8).flat_map(|kind| kind.to_be_bytes()).collect();
        answer.attribute(UNKNOWN_ATTRIBUTES, &named);
    } else if is_classic {
        answer.attribute(MAPPED_ADDRESS, &address(from, &[0; 16]));
    } else {
        answer.attribute(XOR_MAPPED_ADDRESS, &address(from, &header[4..]));
    }
    Some(answer.finish(has_fingerprint))
}

/// The attributes of a message, each with where it begins; ends at the first that is cut short.
pub(crate) fn attributes(message: &[u8]) -> impl Iterator<Item = (usize, u16, &[u8])> {
    let mut at = HEADER;
    std::iter::from_fn(move || {
        let head = message.get(at..at + 4)?;
        let (kind, length) = (u16::from_be_bytes([head[0], head[1]]), u16::from_be_bytes([head[2], head[3]]));
        let value = message.get(at + 4..at + 4 + usize::from(length))?;
        let begin = at;
        at += 4 + usize::from(length).next_multiple_of(4);
        Some((begin, kind, value))
    })
}

/// Whether the MESSAGE-INTEGRITY that begins there is right (RFC 8489 §14.5): its own length is the last that counts.
pub(crate) fn is_signed(message: &[u8], at: usize, password: &[u8]) -> bool {
    let (Some(mac), Some(before)) = (Hmac::<Sha1>::new_from_slice(password).ok(), message.get(..at)) else {
        return false;
    };
    let Some((head, rest)) = before.split_first_chunk::<4>() else { return false };
    let length = u16::try_from(at + 4 + INTEGRITY - HEADER).unwrap_or(0).to_be_bytes();
    let tag = message.get(at + 4..at + 4 + INTEGRITY).unwrap_or_default();
    mac.chain_update([head[0], head[1], length[0], length[1]]).chain_update(rest).verify_slice(tag).is_ok()
}

/// An answer that is being written.
pub(crate) struct Answer(Vec<u8>);

impl Answer {
    pub(crate) fn new(request: &[u8]) -> Self {
        let mut answer = Self(request.to_vec());
        answer.set_kind(BINDING_SUCCESS);
        answer
    }

    pub(crate) fn set_kind(&mut self, kind: u16) {
        self.0[..2].copy_from_slice(&kind.to_be_bytes());
    }

    fn set_length(&mut self, length: usize) {
        // A handful of attributes is far below 64 KiB.
        self.0[2..4].copy_from_slice(&u16::try_from(length).unwrap_or(0).to_be_bytes());
    }

    pub(crate) fn attribute(&mut self, kind: u16, value: &[u8]) {
        self.0.extend(kind.to_be_bytes());
        self.0.extend(u16::try_from(value.len()).unwrap_or(0).to_be_bytes());
        self.0.extend(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }

    /// Sign all that was written so far.
    pub(crate) fn sign(&mut self, password: &[u8]) {
        self.set_length(self.0.len() + 4 + INTEGRITY - HEADER);
        let Ok(mac) = Hmac::<Sha1>::new_from_slice(password) else { return };
        let tag = mac.chain_update(&self.0).finalize().into_bytes();
        self.attribute(MESSAGE_INTEGRITY, &tag);
    }

    pub(crate) fn finish(mut self, with_fingerprint: bool) -> Vec<u8> {
        if with_fingerprint {
            // The length counts the attribute that is still to come.
            self.set_length(self.0.len() + 8 - HEADER);
            let sum = checksum(&self.0) ^ FINGERPRINT_XOR;
            self.attribute(FINGERPRINT, &sum.to_be_bytes());
        }
        self.set_length(self.0.len() - HEADER);
        self.0
    }
}

/// The value of (XOR-)MAPPED-ADDRESS: family, port and address, combined with the cookie and the transaction id.
pub(crate) fn address(of: SocketAddr, mask: &[u8]) -> Vec<u8> {
    let (family, octets) = match of.ip().to_canonical() {
        IpAddr::V4(v4) => (1, v4.octets().to_vec()),
        IpAddr::V6(v6) => (2, v6.octets().to_vec()),
    };
    let masked = |bytes: &[u8]| bytes.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect::<Vec<u8>>();
    [vec![0, family], masked(&of.port().to_be_bytes()), masked(&octets)].concat()
}

/// CRC-32 as in ITU-T V.42; a datagram is short, so there is no table.
pub(crate) fn checksum(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: [u8; 12] = *b"\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae";

    fn request(attributes: &[u8]) -> Vec<u8> {
        let length = u16::try_from(attributes.len()).unwrap().to_be_bytes();
        [&BINDING_REQUEST.to_be_bytes()[..], &length, &MAGIC_COOKIE, &ID, attributes].concat()
    }

    #[test]
    fn the_address_of_the_test_vectors_comes_out() {
        // RFC 5769 §2.2 and §2.3.
        let v4 = answer(&request(&[]), "192.0.2.1:32853".parse().unwrap()).unwrap();
        assert_eq!(v4[..4], [1, 1, 0, 12]);
        assert_eq!(v4[8..20], ID);
        assert_eq!(v4[20..], *b"\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43");
        let v6 = answer(&request(&[]), "[2001:db8:1234:5678:11:2233:4455:6677]:32853".parse().unwrap()).unwrap();
        let expected =
            b"\x00\x20\x00\x14\x00\x02\xa1\x47\x01\x13\xa9\xfa\xa5\xd3\xf1\x79\xbc\x25\xf4\xb5\xbe\xd2\xb9\xd9";
        assert_eq!(v6[20..], *expected);
    }

    #[test]
    fn a_fingerprint_is_checked_and_returned() {
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
        let mut asked = request(&[0x80, 0x28, 0, 4, 0, 0, 0, 0]);
        let sum = checksum(&asked[..20]) ^ FINGERPRINT_XOR;
        asked[24..].copy_from_slice(&sum.to_be_bytes());
        let answered = answer(&asked, "192.0.2.1:1".parse().unwrap()).unwrap();
        let (before, after) = answered.split_at(answered.len() - 8);
        assert_eq!(after[..4], [0x80, 0x28, 0, 4]);
        assert_eq!(after[4..], (checksum(before) ^ FINGERPRINT_XOR).to_be_bytes());
        asked[27] ^= 1;
        assert!(answer(&asked, "192.0.2.1:1".parse().unwrap()).is_none());
    }

    #[test]
    fn what_must_be_understood_and_is_not_is_named() {
        // CHANGE-REQUEST would have the answer sent from elsewhere.
        let answered = answer(&request(&[0, 3, 0, 4, 0, 0, 0, 6]), "192.0.2.1:1".parse().unwrap()).unwrap();
        assert_eq!(answered[..2], BINDING_ERROR.to_be_bytes());
        assert_eq!(answered[20..28], [0, 9, 0, 21, 0, 0, 4, 20]);
        assert!(answered.ends_with(&[0, 10, 0, 2, 0, 3, 0, 0]));
    }

    #[test]
    fn a_request_of_old_is_answered_as_of_old() {
        let mut asked = request(&[]);
        asked[4..8].copy_from_slice(b"abcd");
        assert!(is_stun(&asked));
        let answered = answer(&asked, "192.0.2.1:32853".parse().unwrap()).unwrap();
        assert_eq!(answered[4..8], *b"abcd");
        assert_eq!(answered[20..], *b"\x00\x01\x00\x08\x00\x01\x80\x55\xc0\x00\x02\x01");
    }

    #[test]
    fn nothing_malformed_is_answered_and_nothing_panics() {
        let from = "192.0.2.1:1".parse().unwrap();
        let whole = request(&[0x80, 0x22, 0, 3, b'a', b'b', b'c', 0]);
        assert!(answer(&whole, from).is_some());
        for length in 0..whole.len() {
            assert!(answer(&whole[..length], from).is_none(), "{length} bytes");
        }
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut broken = whole.clone();
                broken[at] ^= 1 << bit;
                let _ = answer(&broken, from);
            }
        }
        for type_of in [0x0101_u16, 0x0111, 0x0011, 0x0003] {
            let mut other = whole.clone();
            other[..2].copy_from_slice(&type_of.to_be_bytes());
            assert!(answer(&other, from).is_none(), "{type_of:#06x}");
        }
        for other in [&b""[..], &[0; 4], &[0; 64][..], b"OPTIONS sip:a SIP/2.0\r\n", b"\r\n\r\n"] {
            assert!(!is_stun(other), "{other:?}");
        }
    }
}
