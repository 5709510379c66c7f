//! SRTP and SRTCP (RFC 3711, RFC 6188, RFC 7714), in place and without allocating.
//!
//! One [`Sender`] and one [`Receiver`] per direction of a stream; both keep a rollover counter for each of the few
//! sources that a stream may have.

use super::keys::{Keys, Suite, iv_gcm};
use crate::rtp::Header;
use hmac::{KeyInit, Mac};

/// Octets that protection may add to a packet: a tag of 16 and the index of SRTCP.
pub const OVERHEAD: usize = 20;
/// Sources remembered in each direction; the one that was silent longest makes way.
const SOURCES: usize = 4;
/// How far back a packet may come, in packets.
const WINDOW: u64 = 64;
/// Set in the index of an SRTCP packet that is encrypted.
const ENCRYPTED: u32 = 1 << 31;
/// Octets of an RTCP header that stay readable.
const RTCP_CLEAR: usize = 8;

/// A packet that is not what it should be; it goes no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SrtpError {
    /// Cut short, or no RTP at all.
    #[error("too short to be a protected packet")]
    Short,
    /// Came before, or so late that nobody can tell.
    #[error("came before")]
    Replayed,
    /// Made with another key, or changed on its way.
    #[error("not authentic")]
    Forged,
    /// No place for what is added.
    #[error("no room for the tag")]
    NoRoom,
}

/// Protects what leaves.
pub struct Sender {
    keys: Keys,
    sources: Sources,
    /// Index of the next SRTCP packet.
    rtcp: u32,
}

/// Takes the protection off what comes.
pub struct Receiver {
    keys: Keys,
    sources: Sources,
    rtcp: Sources,
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "srtp::Sender({:?})", self.keys.suite)
    }
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "srtp::Receiver({:?})", self.keys.suite)
    }
}

impl Sender {
    /// With a master key and salt of [`Suite::material`] octets in all; `None` when they are not as long.
    pub fn new(suite: Suite, material: &[u8]) -> Option<Self> {
        Some(Self { keys: Keys::derive(suite, material)?, sources: Sources::default(), rtcp: 0 })
    }

    /// Protect the RTP packet in the first `len` octets; says how long it is now.
    ///
    /// # Errors
    /// When it is no RTP, or the buffer has no room for the tag.
    pub fn protect(&mut self, buffer: &mut [u8], len: usize) -> Result<usize, SrtpError> {
        let header = buffer.get(..len).and_then(Header::parse).ok_or(SrtpError::Short)?;
        let tag = self.keys.suite.tag();
        let packet = buffer.get_mut(..len + tag).ok_or(SrtpError::NoRoom)?;
        let source = self.sources.of(header.ssrc);
        let index = source.guess(u64::from(header.sequence), 16);
        source.note(index);
        let (head, rest) = packet.split_at_mut(header.payload_start);
        let (payload, place) = rest.split_at_mut(len - header.payload_start);
        match &self.keys.suite {
            Suite::Aead128 | Suite::Aead256 => {
                let iv = iv_gcm(&self.keys.rtp.salt, header.ssrc, index);
                self.keys.rtp.seal(&iv, &[head], payload, place);
            }
            _ => {
                self.keys.rtp.crypt(header.ssrc, index, payload);
                self.keys.rtp.sign(&[head, payload, &roc(index)], place);
            }
        }
        Ok(len + tag)
    }

    /// Protect the RTCP packet in the first `len` octets; says how long it is now.
    ///
    /// # Errors
    /// As for [`Sender::protect`].
    pub fn protect_rtcp(&mut self, buffer: &mut [u8], len: usize) -> Result<usize, SrtpError> {
        let ssrc = ssrc_of_rtcp(buffer.get(..len).ok_or(SrtpError::Short)?)?;
        let tag = self.keys.suite.rtcp_tag();
        let packet = buffer.get_mut(..len + tag + 4).ok_or(SrtpError::NoRoom)?;
        let index = self.rtcp;
        self.rtcp = (self.rtcp + 1) & !ENCRYPTED;
        let word = (index | ENCRYPTED).to_be_bytes();
        let (head, rest) = packet.split_at_mut(RTCP_CLEAR);
        let (payload, rest) = rest.split_at_mut(len - RTCP_CLEAR);
        match &self.keys.suite {
            Suite::Aead128 | Suite::Aead256 => {
                let (place, trailer) = rest.split_at_mut(tag);
                trailer.copy_from_slice(&word);
                let iv = iv_gcm(&self.keys.rtcp.salt, ssrc, u64::from(index));
                self.keys.rtcp.seal(&iv, &[head, &word], payload, place);
            }
            _ => {
                let (trailer, place) = rest.split_at_mut(4);
                trailer.copy_from_slice(&word);
                self.keys.rtcp.crypt(ssrc, u64::from(index), payload);
                self.keys.rtcp.sign(&[head, payload, trailer], place);
            }
        }
        Ok(len + tag + 4)
    }
}

impl Receiver {
    /// With a master key and salt of [`Suite::material`] octets in all; `None` when they are not as long.
    pub fn new(suite: Suite, material: &[u8]) -> Option<Self> {
        Some(Self { keys: Keys::derive(suite, material)?, sources: Sources::default(), rtcp: Sources::default() })
    }

    /// Check a packet and take its protection off; says how long the RTP packet is that is left.
    ///
    /// # Errors
    /// When it is not authentic or came before: then nothing has changed but the packet.
    pub fn unprotect(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        let tag = self.keys.suite.tag();
        let len = packet.len().checked_sub(tag).ok_or(SrtpError::Short)?;
        // Padding is part of what is encrypted, so the header is read without looking at it.
        let start = Header::length(&packet[..len]).ok_or(SrtpError::Short)?;
        let sequence = u16::from_be_bytes([packet[2], packet[3]]);
        let ssrc = u32::from_be_bytes([packet[8], packet[9], packet[10], packet[11]]);
        let known = self.sources.find(ssrc).copied();
        let index = known.unwrap_or_else(|| Source::new(ssrc)).guess(u64::from(sequence), 16);
        if known.is_some_and(|source| source.has(index)) {
            return Err(SrtpError::Replayed);
        }
        let (head, rest) = packet.split_at_mut(start);
        let (payload, place) = rest.split_at_mut(len - start);
        match &self.keys.suite {
            Suite::Aead128 | Suite::Aead256 => {
                let iv = iv_gcm(&self.keys.rtp.salt, ssrc, index);
                self.keys.rtp.open(&iv, &[head], payload, place)?;
            }
            _ => {
                self.keys.rtp.check(&[head, payload, &roc(index)], place)?;
                self.keys.rtp.crypt(ssrc, index, payload);
            }
        }
        // Only who has the key makes a source known.
        self.sources.of(ssrc).note(index);
        Ok(len)
    }

    /// The same for RTCP.
    ///
    /// # Errors
    /// As for [`Receiver::unprotect`].
    pub fn unprotect_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        let tag = self.keys.suite.rtcp_tag();
        let len = packet.len().checked_sub(tag + 4).filter(|len| *len >= RTCP_CLEAR).ok_or(SrtpError::Short)?;
        let ssrc = ssrc_of_rtcp(packet)?;
        let (head, rest) = packet.split_at_mut(RTCP_CLEAR);
        let (payload, rest) = rest.split_at_mut(len - RTCP_CLEAR);
        let is_gcm = matches!(self.keys.suite, Suite::Aead128 | Suite::Aead256);
        let (first, last) = rest.split_at_mut(if is_gcm { tag } else { 4 });
        let (word, place) = if is_gcm { (last, first) } else { (first, last) };
        let number = u32::from_be_bytes([word[0], word[1], word[2], word[3]]);
        let index = u64::from(number & !ENCRYPTED);
        if self.rtcp.find(ssrc).is_some_and(|source| source.has(index)) {
            return Err(SrtpError::Replayed);
        }
        let encrypted = number & ENCRYPTED != 0;
        if is_gcm {
            let iv = iv_gcm(&self.keys.rtcp.salt, ssrc, index);
            if encrypted {
                self.keys.rtcp.open(&iv, &[head, word], payload, place)?;
            } else {
                // RFC 7714 §9.3: all of it is associated data then, and nothing is encrypted.
                self.keys.rtcp.open(&iv, &[head, payload, word], &mut [], place)?;
            }
        } else {
            self.keys.rtcp.check(&[head, payload, word], place)?;
            if encrypted {
                self.keys.rtcp.crypt(ssrc, index, payload);
            }
        }
        self.rtcp.of(ssrc).note(index);
        Ok(len)
    }
}

/// The rollover counter as it is signed with a packet.
fn roc(index: u64) -> [u8; 4] {
    ((index >> 16) as u32).to_be_bytes()
}

fn ssrc_of_rtcp(packet: &[u8]) -> Result<u32, SrtpError> {
    let head = packet.first_chunk::<RTCP_CLEAR>().ok_or(SrtpError::Short)?;
    Ok(u32::from_be_bytes([head[4], head[5], head[6], head[7]]))
}

/// What is remembered of one source: the highest index and which of those before it have come.
#[derive(Clone, Copy, Debug)]
struct Source {
    ssrc: u32,
    highest: Option<u64>,
    window: u64,
    used: u64,
}

#[derive(Debug, Default)]
struct Sources {
    known: [Option<Source>; SOURCES],
    clock: u64,
}

impl Sources {
    fn find(&self, ssrc: u32) -> Option<&Source> {
        self.known.iter().flatten().find(|source| source.ssrc == ssrc)
    }

    fn of(&mut self, ssrc: u32) -> &mut Source {
        self.clock += 1;
        let known = self.known.iter().position(|source| source.is_some_and(|source| source.ssrc == ssrc));
        let place = known.unwrap_or_else(|| {
            let oldest = self.known.iter().enumerate().min_by_key(|(_, source)| source.map_or(0, |source| source.used));
            oldest.map_or(0, |(place, _)| place)
        });
        let slot = &mut self.known[place];
        if known.is_none() {
            *slot = None;
        }
        let source = slot.get_or_insert_with(|| Source::new(ssrc));
        source.used = self.clock;
        source
    }
}

impl Source {
    fn new(ssrc: u32) -> Self {
        Self { ssrc, highest: None, window: 0, used: 0 }
    }

    /// The index of a packet by its sequence number of so many bits (RFC 3711 §3.3.1): the one nearest to the highest.
    fn guess(&self, sequence: u64, bits: u32) -> u64 {
        let Some(highest) = self.highest else { return sequence };
        let (lap, half) = (1_u64 << bits, 1_u64 << (bits - 1));
        let here = highest & !(lap - 1) | sequence;
        if here + half < highest {
            here + lap
        } else if here > highest + half && here >= lap {
            here - lap
        } else {
            here
        }
    }

    /// Whether this one came before, or may have.
    fn has(&self, index: u64) -> bool {
        let Some(highest) = self.highest else { return false };
        index <= highest && (highest - index >= WINDOW || self.window >> (highest - index) & 1 == 1)
    }

    fn note(&mut self, index: u64) {
        let highest = self.highest.unwrap_or(index);
        if index >= highest {
            let step = index - highest;
            self.window = if step >= WINDOW { 0 } else { self.window << step } | 1;
            self.highest = Some(index);
        } else if highest - index < WINDOW {
            self.window |= 1 << (highest - index);
        }
    }
}

/// A tag of HMAC-SHA1 over these parts, cut to the length of `place`.
pub(super) fn tag_into(mac: &super::keys::HmacSha1, parts: &[&[u8]], place: &mut [u8]) {
    let mut mac = mac.clone();
    for part in parts {
        mac.update(part);
    }
    let tag = mac.finalize().into_bytes();
    let len = place.len().min(tag.len());
    place[..len].copy_from_slice(&tag[..len]);
}

/// Whether the tag is right, in a time that does not tell where it is wrong.
pub(super) fn tag_is(mac: &super::keys::HmacSha1, parts: &[&[u8]], tag: &[u8]) -> bool {
    let mut mac = mac.clone();
    for part in parts {
        mac.update(part);
    }
    mac.verify_truncated_left(tag).is_ok()
}

pub(super) fn hmac_sha1(key: &[u8]) -> Option<super::keys::HmacSha1> {
    super::keys::HmacSha1::new_from_slice(key).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::HEADER_LEN;

    fn packet(sequence: u16, ssrc: u32) -> ([u8; 256], usize) {
        let mut buffer = [0; 256];
        let header =
            Header { marker: false, payload_type: 8, sequence, timestamp: 7, ssrc, payload_start: 0, payload_end: 0 };
        header.write(buffer.first_chunk_mut().unwrap());
        buffer[HEADER_LEN..HEADER_LEN + 160].fill(0x55);
        (buffer, HEADER_LEN + 160)
    }

    fn pair(suite: Suite) -> (Sender, Receiver) {
        let material: Vec<u8> = (0..suite.material() as u8).collect();
        (Sender::new(suite, &material).unwrap(), Receiver::new(suite, &material).unwrap())
    }

    #[test]
    fn what_is_protected_comes_back_once_and_unchanged_across_the_wrap() {
        for suite in Suite::ALL {
            let (mut sender, mut receiver) = pair(suite);
            for sequence in [65_534_u16, 65_535, 0, 1, 3, 2] {
                let (mut buffer, len) = packet(sequence, 9);
                let clear = buffer[..len].to_vec();
                let protected = sender.protect(&mut buffer, len).unwrap();
                assert_eq!(protected, len + suite.tag());
                assert_ne!(buffer[HEADER_LEN..len], clear[HEADER_LEN..], "{suite:?} encrypts");
                let sent = buffer[..protected].to_vec();
                assert_eq!(receiver.unprotect(&mut buffer[..protected]), Ok(len), "{suite:?} {sequence}");
                assert_eq!(buffer[..len], clear[..]);
                assert_eq!(receiver.unprotect(&mut sent.clone()), Err(SrtpError::Replayed));
            }
        }
    }

    #[test]
    fn reports_are_protected_too() {
        for suite in Suite::ALL {
            let (mut sender, mut receiver) = pair(suite);
            let mut buffer = [0_u8; 128];
            buffer[..8].copy_from_slice(&[0x80, 200, 0, 6, 0, 0, 0, 9]);
            buffer[8..28].fill(0x44);
            let clear = buffer[..28].to_vec();
            let len = sender.protect_rtcp(&mut buffer, 28).unwrap();
            let mut changed = buffer[..len].to_vec();
            changed[9] ^= 1;
            assert_eq!(receiver.unprotect_rtcp(&mut changed), Err(SrtpError::Forged));
            let mut again = buffer[..len].to_vec();
            assert_eq!(receiver.unprotect_rtcp(&mut buffer[..len]), Ok(28), "{suite:?}");
            assert_eq!(buffer[..28], clear[..]);
            assert_eq!(receiver.unprotect_rtcp(&mut again), Err(SrtpError::Replayed));
        }
    }

    #[test]
    fn what_was_changed_cut_or_made_with_another_key_is_refused_and_does_not_block_what_is_right() {
        for suite in Suite::ALL {
            let (mut sender, mut receiver) = pair(suite);
            let (mut buffer, len) = packet(5, 9);
            let protected = sender.protect(&mut buffer, len).unwrap();
            for at in [2, HEADER_LEN, len - 1, protected - 1] {
                let mut changed = buffer[..protected].to_vec();
                changed[at] ^= 0x10;
                assert_eq!(receiver.unprotect(&mut changed), Err(SrtpError::Forged), "{suite:?} at {at}");
            }
            for cut in 0..HEADER_LEN + suite.tag() {
                assert!(receiver.unprotect(&mut buffer[..cut].to_vec()).is_err());
            }
            let mut stranger = Receiver::new(suite, &vec![7; suite.material()]).unwrap();
            assert_eq!(stranger.unprotect(&mut buffer[..protected].to_vec()), Err(SrtpError::Forged));
            assert_eq!(receiver.unprotect(&mut buffer[..protected]), Ok(len));
        }
        assert!(Sender::new(Suite::Aes128Sha80, &[0; 29]).is_none(), "a key of the wrong length");
    }

    #[test]
    fn a_source_keeps_its_count_beside_others_and_the_oldest_makes_way() {
        let (mut sender, mut receiver) = pair(Suite::Aes128Sha80);
        for ssrc in [1, 2, 3, 4, 5, 1] {
            for sequence in [65_535_u16, 0] {
                let (mut buffer, len) = packet(sequence, ssrc);
                // The first source was forgotten on both sides when the fifth came, so it starts again on both.
                let protected = sender.protect(&mut buffer, len).unwrap();
                assert_eq!(receiver.unprotect(&mut buffer[..protected]), Ok(len), "{ssrc} {sequence}");
            }
        }
    }
}
