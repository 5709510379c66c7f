//! RTCP (RFC 3550 §6), as much as a relay that also plays prompts needs: telling RTCP from noise, and sender reports
//! for what the host itself sends.

/// Whether the datagram begins like an RTCP compound packet: version 2, packet type 200 to 207 (RFC 5761 §4).
pub fn is_rtcp(packet: &[u8]) -> bool {
    packet.len() >= 8 && packet[0] >> 6 == 2 && (200..=207).contains(&packet[1])
}

/// What a sender report says (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderReport {
    /// Our synchronisation source.
    pub ssrc: u32,
    /// NTP time stamp, 32.32 fixed point.
    pub ntp: u64,
    /// The RTP time stamp of the same moment.
    pub timestamp: u32,
    /// Packets sent so far.
    pub packets: u32,
    /// Payload octets sent so far.
    pub octets: u32,
}

/// Length of the compound packet that [`SenderReport::write`] makes.
pub const REPORT_LEN: usize = 28 + 16;

impl SenderReport {
    /// A sender report without reception blocks, followed by an SDES chunk with a CNAME (both are mandatory, §6.1).
    pub fn write(&self, out: &mut [u8; REPORT_LEN]) {
        out[..4].copy_from_slice(&[0x80, 200, 0, 6]);
        out[4..8].copy_from_slice(&self.ssrc.to_be_bytes());
        out[8..16].copy_from_slice(&self.ntp.to_be_bytes());
        out[16..20].copy_from_slice(&self.timestamp.to_be_bytes());
        out[20..24].copy_from_slice(&self.packets.to_be_bytes());
        out[24..28].copy_from_slice(&self.octets.to_be_bytes());
        // SDES with one chunk: SSRC, CNAME item of 4 octets (the SSRC's low bits as letters), end, padded to words.
        out[28..32].copy_from_slice(&[0x81, 202, 0, 3]);
        out[32..36].copy_from_slice(&self.ssrc.to_be_bytes());
        out[36] = 1;
        out[37] = 4;
        for (index, octet) in out[38..42].iter_mut().enumerate() {
            *octet = b'a' + ((self.ssrc >> (4 * index)) & 0x0f) as u8;
        }
        out[42..44].fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_a_whole_compound_packet() {
        let mut out = [0xff; REPORT_LEN];
        SenderReport { ssrc: 0xdead_beef, ntp: 1 << 40, timestamp: 160, packets: 3, octets: 480 }.write(&mut out);
        assert!(is_rtcp(&out));
        let mut rest = &out[..];
        let mut types = vec![];
        while !rest.is_empty() {
            types.push(rest[1]);
            let words = usize::from(u16::from_be_bytes([rest[2], rest[3]]));
            rest = &rest[4 * (words + 1)..];
        }
        assert_eq!(types, [200, 202]);
        assert!(!is_rtcp(&[0x80, 0, 0, 0, 0, 0, 0, 0]), "an RTP packet");
    }
}
