//! The RTP fixed header (RFC 3550 §5.1), read and written in place.

/// The fields of a packet's fixed header and where its payload lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The marker bit: first packet of a talk spurt.
    pub marker: bool,
    /// Payload type, 0 to 127.
    pub payload_type: u8,
    /// Sequence number.
    pub sequence: u16,
    /// Timestamp in units of the codec's clock.
    pub timestamp: u32,
    /// Synchronisation source.
    pub ssrc: u32,
    /// First octet of the payload, after CSRCs and header extension.
    pub payload_start: usize,
    /// One past the last octet of the payload, before padding.
    pub payload_end: usize,
}

/// Length of a header without CSRCs and extension.
pub const HEADER_LEN: usize = 12;

impl Header {
    /// Read a packet; `None` when it is no RTP version 2 packet or is cut short.
    pub fn parse(packet: &[u8]) -> Option<Self> {
        let start = Self::length(packet)?;
        let fixed = packet.first_chunk::<HEADER_LEN>()?;
        let mut end = packet.len();
        if fixed[0] & 0x20 != 0 {
            let padding = usize::from(*packet.last()?);
            if padding == 0 {
                return None;
            }
            end = end.checked_sub(padding)?;
        }
        if start > end {
            return None;
        }
        Some(Self {
            marker: fixed[1] & 0x80 != 0,
            payload_type: fixed[1] & 0x7f,
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
            payload_start: start,
            payload_end: end,
        })
    }

    /// Octets of the header, CSRCs and extension included, of a packet whose padding cannot be read yet.
    pub fn length(packet: &[u8]) -> Option<usize> {
        let fixed = packet.first_chunk::<HEADER_LEN>().filter(|fixed| fixed[0] >> 6 == 2)?;
        let mut start = HEADER_LEN + 4 * usize::from(fixed[0] & 0x0f);
        if fixed[0] & 0x10 != 0 {
            let words = u16::from_be_bytes([*packet.get(start + 2)?, *packet.get(start + 3)?]);
            start += 4 + 4 * usize::from(words);
        }
        (start <= packet.len()).then_some(start)
    }

    /// Write a header without CSRCs, extension or padding.
    pub fn write(&self, out: &mut [u8; HEADER_LEN]) {
        out[0] = 0x80;
        out[1] = (u8::from(self.marker) << 7) | (self.payload_type & 0x7f);
        out[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        out[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        out[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
    }
}

/// Change the payload type of a packet that [`Header::parse`] has accepted.
pub fn set_payload_type(packet: &mut [u8], payload_type: u8) {
    if let Some(octet) = packet.get_mut(1) {
        *octet = (*octet & 0x80) | (payload_type & 0x7f);
    }
}

/// Change the sequence number and the timestamp of a packet that [`Header::parse`] has accepted.
pub(crate) fn set_place(packet: &mut [u8], sequence: u16, timestamp: u32) {
    if let Some(place) = packet.get_mut(2..8) {
        place[..2].copy_from_slice(&sequence.to_be_bytes());
        place[2..].copy_from_slice(&timestamp.to_be_bytes());
    }
}

/// Change the source of a packet that [`Header::parse`] has accepted.
pub(crate) fn set_ssrc(packet: &mut [u8], ssrc: u32) {
    if let Some(place) = packet.get_mut(8..12) {
        place.copy_from_slice(&ssrc.to_be_bytes());
    }
}

/// Set the marker bit of a packet that [`Header::parse`] has accepted.
pub fn set_marker(packet: &mut [u8]) {
    if let Some(octet) = packet.get_mut(1) {
        *octet |= 0x80;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_with_extension_csrc_and_padding_gives_the_right_payload() {
        let mut packet = vec![0x80 | 0x20 | 0x10 | 1, 0x80 | 101, 0, 7, 0, 0, 0, 160, 1, 2, 3, 4];
        packet.extend([9, 9, 9, 9]); // CSRC
        packet.extend([0xbe, 0xde, 0, 1, 5, 5, 5, 5]); // extension of one word
        packet.extend([42, 43, 0, 0, 3]); // payload and three octets of padding
        let header = Header::parse(&packet).unwrap();
        assert_eq!(&packet[header.payload_start..header.payload_end], [42, 43]);
        assert_eq!((header.payload_type, header.marker, header.sequence, header.ssrc), (101, true, 7, 0x0102_0304));
    }

    #[test]
    fn cut_short_or_foreign_packets_are_refused() {
        let good = [0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 5];
        assert!(Header::parse(&good).is_some());
        for len in 0..12 {
            assert!(Header::parse(&good[..len]).is_none());
        }
        assert!(Header::parse(&[0x40; 20]).is_none(), "version 1");
        assert!(Header::parse(&[0x9f, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]).is_none(), "extension beyond the end");
        let mut padded = good;
        padded[0] |= 0x20;
        padded[12] = 200;
        assert!(Header::parse(&padded).is_none(), "padding beyond the start");
    }
}
