//! SRTP's suites and the keys that are derived from a master key (RFC 3711 §4.3).

use super::srtp::{SrtpError, hmac_sha1, tag_into, tag_is};
use aes::{
    Aes128, Aes256,
    cipher::{BlockCipherEncrypt, InnerIvInit, KeyInit, StreamCipher},
};
use aes_gcm::{AeadInOut, Aes128Gcm, Aes256Gcm, Nonce, Tag, aead::inout::InOutBuf};
use ctr::{Ctr128BE, CtrCore};

pub(super) type HmacSha1 = hmac::Hmac<sha1::Sha1>;

/// How a stream is encrypted and signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// AES-CM with 128 bits, HMAC-SHA1 of 80 bits: what everybody has.
    Aes128Sha80,
    /// The same with a tag of 32 bits on sound.
    Aes128Sha32,
    /// AES-CM with 256 bits (RFC 6188).
    Aes256Sha80,
    /// AES-GCM with 128 bits (RFC 7714).
    Aead128,
    /// AES-GCM with 256 bits.
    Aead256,
}

impl Suite {
    /// Every one, best first.
    pub const ALL: [Self; 5] = [Self::Aead256, Self::Aead128, Self::Aes256Sha80, Self::Aes128Sha80, Self::Aes128Sha32];

    /// Its name in a `crypto` attribute (RFC 4568 §6.2, RFC 6188 §5, RFC 7714 §14.2).
    pub fn name(self) -> &'static str {
        match self {
            Suite::Aes128Sha80 => "AES_CM_128_HMAC_SHA1_80",
            Suite::Aes128Sha32 => "AES_CM_128_HMAC_SHA1_32",
            Suite::Aes256Sha80 => "AES_256_CM_HMAC_SHA1_80",
            Suite::Aead128 => "AEAD_AES_128_GCM",
            Suite::Aead256 => "AEAD_AES_256_GCM",
        }
    }

    /// The suite of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.name().eq_ignore_ascii_case(name))
    }

    /// Octets of the master key.
    pub fn key(self) -> usize {
        match self {
            Suite::Aes128Sha80 | Suite::Aes128Sha32 | Suite::Aead128 => 16,
            Suite::Aes256Sha80 | Suite::Aead256 => 32,
        }
    }

    /// Octets of master key and salt together.
    pub fn material(self) -> usize {
        self.key() + self.salt()
    }

    pub(super) fn salt(self) -> usize {
        if matches!(self, Suite::Aead128 | Suite::Aead256) { 12 } else { 14 }
    }

    /// Octets of the tag on RTP.
    pub(super) fn tag(self) -> usize {
        match self {
            Suite::Aes128Sha80 | Suite::Aes256Sha80 => 10,
            Suite::Aes128Sha32 => 4,
            Suite::Aead128 | Suite::Aead256 => 16,
        }
    }

    /// Octets of the tag on RTCP, which is never short (RFC 3711 §3.4).
    pub(super) fn rtcp_tag(self) -> usize {
        self.tag().max(10)
    }
}

/// The keys of one direction.
pub(super) struct Keys {
    pub(super) suite: Suite,
    pub(super) rtp: Session,
    pub(super) rtcp: Session,
}

/// Keys for one of RTP and RTCP.
pub(super) struct Session {
    cipher: Cipher,
    pub(super) salt: [u8; 14],
    mac: Option<HmacSha1>,
}

enum Cipher {
    Aes128(Box<Aes128>),
    Aes256(Box<Aes256>),
    Gcm128(Box<Aes128Gcm>),
    Gcm256(Box<Aes256Gcm>),
}

impl Keys {
    pub(super) fn derive(suite: Suite, material: &[u8]) -> Option<Self> {
        if material.len() != suite.material() {
            return None;
        }
        let (key, short) = material.split_at(suite.key());
        // RFC 7714 §11: a salt of 12 octets is followed by two of zero.
        let mut salt = [0; 14];
        salt[..short.len()].copy_from_slice(short);
        let derived = |label: u8, out: &mut [u8]| {
            let mut iv = [0; 16];
            iv[..14].copy_from_slice(&salt);
            iv[7] ^= label;
            out.fill(0);
            stream(key, &iv, out)
        };
        let session = |first: u8| {
            let mut own = [0; 32];
            let own = &mut own[..suite.key()];
            derived(first, own)?;
            let mut salt = [0; 14];
            derived(first + 2, &mut salt[..suite.salt()])?;
            let mac = match suite {
                Suite::Aead128 | Suite::Aead256 => None,
                _ => {
                    let mut auth = [0; 20];
                    derived(first + 1, &mut auth)?;
                    Some(hmac_sha1(&auth)?)
                }
            };
            let cipher = match suite {
                Suite::Aes128Sha80 | Suite::Aes128Sha32 => Cipher::Aes128(Box::new(Aes128::new_from_slice(own).ok()?)),
                Suite::Aes256Sha80 => Cipher::Aes256(Box::new(Aes256::new_from_slice(own).ok()?)),
                Suite::Aead128 => Cipher::Gcm128(Box::new(Aes128Gcm::new_from_slice(own).ok()?)),
                Suite::Aead256 => Cipher::Gcm256(Box::new(Aes256Gcm::new_from_slice(own).ok()?)),
            };
            Some(Session { cipher, salt, mac })
        };
        Some(Self { suite, rtp: session(0)?, rtcp: session(3)? })
    }
}

impl Session {
    /// Encrypt or decrypt by counter mode (RFC 3711 §4.1.1).
    pub(super) fn crypt(&self, ssrc: u32, index: u64, payload: &mut [u8]) {
        let mut iv = [0; 16];
        iv[..14].copy_from_slice(&self.salt);
        for (octet, part) in iv[4..8].iter_mut().zip(ssrc.to_be_bytes()) {
            *octet ^= part;
        }
        for (octet, part) in iv[8..14].iter_mut().zip(&index.to_be_bytes()[2..]) {
            *octet ^= part;
        }
        match &self.cipher {
            Cipher::Aes128(aes) => {
                Ctr128BE::from_core(CtrCore::inner_iv_init(Aes128::clone(aes), &iv.into())).apply_keystream(payload)
            }
            Cipher::Aes256(aes) => {
                Ctr128BE::from_core(CtrCore::inner_iv_init(Aes256::clone(aes), &iv.into())).apply_keystream(payload)
            }
            Cipher::Gcm128(_) | Cipher::Gcm256(_) => {}
        }
    }

    pub(super) fn sign(&self, parts: &[&[u8]], place: &mut [u8]) {
        if let Some(mac) = &self.mac {
            tag_into(mac, parts, place);
        }
    }

    pub(super) fn check(&self, parts: &[&[u8]], tag: &[u8]) -> Result<(), SrtpError> {
        let right = self.mac.as_ref().is_some_and(|mac| tag_is(mac, parts, tag));
        if right { Ok(()) } else { Err(SrtpError::Forged) }
    }

    /// Encrypt and sign by GCM; `clear` is signed only.
    pub(super) fn seal(&self, iv: &[u8; 12], clear: &[&[u8]], payload: &mut [u8], place: &mut [u8]) {
        let mut joined = [0; CLEAR];
        let Some(clear) = join(clear, &mut joined) else { return };
        let nonce = Nonce::from(*iv);
        let tag = match &self.cipher {
            Cipher::Gcm128(gcm) => gcm.encrypt_inout_detached(&nonce, clear, InOutBuf::from(payload)),
            Cipher::Gcm256(gcm) => gcm.encrypt_inout_detached(&nonce, clear, InOutBuf::from(payload)),
            Cipher::Aes128(_) | Cipher::Aes256(_) => return,
        };
        // It fails for 64 GB, never for a packet.
        if let Ok(tag) = tag {
            place.copy_from_slice(&tag);
        }
    }

    pub(super) fn open(&self, iv: &[u8; 12], clear: &[&[u8]], payload: &mut [u8], tag: &[u8]) -> Result<(), SrtpError> {
        let mut joined = [0; CLEAR];
        let clear = join(clear, &mut joined).ok_or(SrtpError::Forged)?;
        let nonce = Nonce::from(*iv);
        let tag = Tag::try_from(tag).map_err(|_| SrtpError::Short)?;
        match &self.cipher {
            Cipher::Gcm128(gcm) => gcm.decrypt_inout_detached(&nonce, clear, InOutBuf::from(payload), &tag),
            Cipher::Gcm256(gcm) => gcm.decrypt_inout_detached(&nonce, clear, InOutBuf::from(payload), &tag),
            Cipher::Aes128(_) | Cipher::Aes256(_) => return Err(SrtpError::Forged),
        }
        .map_err(|_| SrtpError::Forged)
    }
}

/// Most octets that are signed and not encrypted: a header with its sources and a small extension.
const CLEAR: usize = 512;

/// The parts in a row; `None` when they are longer than any header.
fn join<'a>(parts: &[&[u8]], place: &'a mut [u8; CLEAR]) -> Option<&'a [u8]> {
    let mut len = 0;
    for part in parts {
        place.get_mut(len..len + part.len())?.copy_from_slice(part);
        len += part.len();
    }
    Some(&place[..len])
}

/// The initialisation vector of GCM (RFC 7714 §8.1, §9.1): source and index, combined with the salt.
pub(super) fn iv_gcm(salt: &[u8; 14], ssrc: u32, index: u64) -> [u8; 12] {
    let mut iv = [0; 12];
    iv[2..6].copy_from_slice(&ssrc.to_be_bytes());
    iv[6..12].copy_from_slice(&index.to_be_bytes()[2..]);
    for (octet, salt) in iv.iter_mut().zip(salt) {
        *octet ^= salt;
    }
    iv
}

/// The key stream of AES in counter mode, for deriving keys; a key is 16 or 32 octets long.
fn stream(key: &[u8], iv: &[u8; 16], out: &mut [u8]) -> Option<()> {
    let mut counter = u128::from_be_bytes(*iv);
    for chunk in out.chunks_mut(16) {
        let mut block = counter.to_be_bytes().into();
        match key.len() {
            16 => Aes128::new_from_slice(key).ok()?.encrypt_block(&mut block),
            _ => Aes256::new_from_slice(key).ok()?.encrypt_block(&mut block),
        }
        chunk.copy_from_slice(&block[..chunk.len()]);
        counter = counter.wrapping_add(1);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3711 B.3.
    #[test]
    fn session_keys_are_those_of_the_rfc() {
        let key = hex("E1F97A0D3E018BE0D64FA32C06DE4139");
        let salt = hex("0EC675AD498AFEEBB6960B3AABE6");
        let derived = |label: u8, len: usize| {
            let mut iv = [0; 16];
            iv[..14].copy_from_slice(&salt);
            iv[7] ^= label;
            let mut out = vec![0; len];
            stream(&key, &iv, &mut out).unwrap();
            out
        };
        assert_eq!(derived(0, 16), hex("C61E7A93744F39EE10734AFE3FF7A087"));
        assert_eq!(derived(2, 14), hex("30CBBC08863D8C85D49DB34A9AE1"));
        assert_eq!(derived(1, 20), hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
    }

    /// RFC 3711 B.2: the key stream of counter mode for SSRC 0 and index 0.
    #[test]
    fn the_key_stream_is_that_of_the_rfc() {
        let session = Session {
            cipher: Cipher::Aes128(Box::new(Aes128::new_from_slice(&hex("2B7E151628AED2A6ABF7158809CF4F3C")).unwrap())),
            salt: hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD").try_into().unwrap(),
            mac: None,
        };
        let mut out = [0; 32];
        session.crypt(0, 0, &mut out);
        assert_eq!(out[..], hex("E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB"));
    }

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }
}
