//! RTCP (RFC 3550 §6): telling it from noise, the reports that the host sends, and what it reads of those of others: when
//! they were sent, what they heard, and how (RTCP-XR, RFC 3611).

use std::time::Duration;

/// Whether the datagram begins like an RTCP compound packet: version 2, packet type 200 to 207 (RFC 5761 §4).
pub fn is_rtcp(packet: &[u8]) -> bool {
    packet.len() >= 8 && packet[0] >> 6 == 2 && (200..=207).contains(&packet[1])
}

/// What the host reports: what it sends, if it sends, and what it hears (RFC 3550 §6.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Our synchronisation source.
    pub ssrc: u32,
    /// What we send; without it this is a receiver report.
    pub sent: Option<Sent>,
    /// What we hear.
    pub heard: Option<ReportBlock>,
}

/// What a sender tells of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// NTP time stamp, 32.32 fixed point.
    pub ntp: u64,
    /// The RTP time stamp of the same moment.
    pub timestamp: u32,
    /// Packets sent so far.
    pub packets: u32,
    /// Payload octets sent so far.
    pub octets: u32,
}

/// What somebody hears of one source (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportBlock {
    /// The source.
    pub ssrc: u32,
    /// Lost since the last report, in 256ths.
    pub fraction_lost: u8,
    /// Lost so far; negative when packets came twice.
    pub lost: i32,
    /// Extended highest sequence number.
    pub highest: u32,
    /// Interarrival jitter in units of the source's clock.
    pub jitter: u32,
    /// The middle of the NTP time stamp of the last sender report that came, 0 when none did.
    pub last_report: u32,
    /// How long ago that was, in 65,536ths of a second.
    pub since_report: u32,
}

/// What a phone measures of what it hears (RFC 3611 §4.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoipMetrics {
    /// The source that it speaks of.
    pub ssrc: u32,
    /// Lost packets, in 256ths.
    pub loss: u8,
    /// Packets that came too late or too early for its jitter buffer, in 256ths.
    pub discarded: u8,
    /// Milliseconds to the other end and back, by its own measure; 0 when it has none.
    pub round_trip: u16,
    /// Milliseconds that sound waits in the phone.
    pub end_delay: u16,
    /// R, 0 to 100.
    pub rating: Option<u8>,
    /// Listening quality as a mean opinion score in tenths, 10 to 50.
    pub listening: Option<u8>,
    /// Conversational quality, the same.
    pub conversational: Option<u8>,
}

/// One thing that a compound packet tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Its sender sends, and this was the middle of its NTP clock.
    Sends {
        /// Its synchronisation source.
        ssrc: u32,
        /// The middle 32 bits of its NTP time stamp.
        ntp: u32,
    },
    /// What it hears.
    Hears(ReportBlock),
    /// How it hears it.
    Metrics(VoipMetrics),
}

/// Most octets that [`Report::write`] makes.
pub const REPORT_LEN: usize = 28 + BLOCK + 16;
const BLOCK: usize = 24;
/// Report blocks that are read of one packet; a phone hears one source.
const MOST_BLOCKS: usize = 4;

impl Report {
    /// Write the report, followed by an SDES chunk with a CNAME (both are mandatory, §6.1); says how many octets it has.
    pub fn write(&self, out: &mut [u8; REPORT_LEN]) -> usize {
        let mut at = 8;
        out[4..8].copy_from_slice(&self.ssrc.to_be_bytes());
        if let Some(sent) = &self.sent {
            out[8..16].copy_from_slice(&sent.ntp.to_be_bytes());
            out[16..20].copy_from_slice(&sent.timestamp.to_be_bytes());
            out[20..24].copy_from_slice(&sent.packets.to_be_bytes());
            out[24..28].copy_from_slice(&sent.octets.to_be_bytes());
            at = 28;
        }
        if let Some(heard) = &self.heard {
            out[at..at + 4].copy_from_slice(&heard.ssrc.to_be_bytes());
            let lost = heard.lost.clamp(-0x80_0000, 0x7f_ffff) as u32 & 0xff_ffff;
            let lost = u32::from(heard.fraction_lost) << 24 | lost;
            let words = [lost, heard.highest, heard.jitter, heard.last_report, heard.since_report];
            for (index, word) in words.into_iter().enumerate() {
                out[at + 4 + 4 * index..at + 8 + 4 * index].copy_from_slice(&word.to_be_bytes());
            }
            at += BLOCK;
        }
        let kind = if self.sent.is_some() { 200 } else { 201 };
        out[..4].copy_from_slice(&[0x80 | u8::from(self.heard.is_some()), kind, 0, (at / 4 - 1) as u8]);
        // SDES with one chunk: SSRC, CNAME item of 4 octets (the SSRC's low bits as letters), end, padded to words.
        let sdes = &mut out[at..at + 16];
        sdes[..4].copy_from_slice(&[0x81, 202, 0, 3]);
        sdes[4..8].copy_from_slice(&self.ssrc.to_be_bytes());
        sdes[8..10].copy_from_slice(&[1, 4]);
        for (index, octet) in sdes[10..14].iter_mut().enumerate() {
            *octet = b'a' + ((self.ssrc >> (4 * index)) & 0x0f) as u8;
        }
        sdes[14..].fill(0);
        at + 16
    }
}

/// The middle of the NTP time stamp of a compound packet that begins with a sender report: what reports of those who hear
/// it will name.
pub fn middle_of_report(packet: &[u8]) -> Option<u32> {
    if packet.get(1) != Some(&200) {
        return None;
    }
    word(packet, 10)
}

/// Read a compound packet. What is cut short, unknown or too much is passed over.
pub fn read(packet: &[u8], mut tell: impl FnMut(Told)) {
    let mut rest = packet;
    while let Some(head) = rest.first_chunk::<4>() {
        let length = 4 * (usize::from(u16::from_be_bytes([head[2], head[3]])) + 1);
        let (Some(part), true) = (rest.get(..length), head[0] >> 6 == 2) else { return };
        let count = usize::from(head[0] & 0x1f).min(MOST_BLOCKS);
        match head[1] {
            200 => {
                if let (Some(ssrc), Some(ntp)) = (word(part, 4), word(part, 10)) {
                    tell(Told::Sends { ssrc, ntp });
                }
                blocks(part.get(28..).unwrap_or_default(), count, &mut tell);
            }
            201 => blocks(part.get(8..).unwrap_or_default(), count, &mut tell),
            207 => extended(part.get(8..).unwrap_or_default(), &mut tell),
            _ => {}
        }
        rest = &rest[length..];
    }
}

/// 65,536ths of a second.
pub(crate) fn of_units(units: u32) -> Duration {
    Duration::from_micros(u64::from(units) * 1_000_000 / 65_536)
}

/// So many 65,536ths of a second.
pub(crate) fn in_units(time: Duration) -> u32 {
    u32::try_from(time.as_micros() * 65_536 / 1_000_000).unwrap_or(u32::MAX)
}

fn blocks(octets: &[u8], count: usize, tell: &mut impl FnMut(Told)) {
    for block in octets.chunks_exact(BLOCK).take(count) {
        let word = |at| word(block, at).unwrap_or_default();
        tell(Told::Hears(ReportBlock {
            ssrc: word(0),
            fraction_lost: block[4],
            // A number of 24 bits with a sign.
            lost: (word(4) << 8) as i32 >> 8,
            highest: word(8),
            jitter: word(12),
            last_report: word(16),
            since_report: word(20),
        }));
    }
}

fn extended(mut octets: &[u8], tell: &mut impl FnMut(Told)) {
    while let Some(head) = octets.first_chunk::<4>() {
        let length = 4 * (usize::from(u16::from_be_bytes([head[2], head[3]])) + 1);
        let Some(block) = octets.get(..length) else { return };
        if let (7, Some(metrics)) = (head[0], block.get(4..36)) {
            let short = |at: usize| u16::from_be_bytes([metrics[at], metrics[at + 1]]);
            // 127 stands for what is not known (§4.7.5).
            let known = |at: usize, most: u8| Some(metrics[at]).filter(|value| *value <= most);
            tell(Told::Metrics(VoipMetrics {
                ssrc: word(metrics, 0).unwrap_or_default(),
                loss: metrics[4],
                discarded: metrics[5],
                round_trip: short(12),
                end_delay: short(14),
                rating: known(20, 100),
                listening: known(22, 50).filter(|score| *score >= 10),
                conversational: known(23, 50).filter(|score| *score >= 10),
            }));
        }
        octets = &octets[length..];
    }
}

fn word(octets: &[u8], at: usize) -> Option<u32> {
    octets.get(at..at + 4).map(|w| u32::from_be_bytes([w[0], w[1], w[2], w[3]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(mut rest: &[u8]) -> Vec<u8> {
        let mut types = vec![];
        while !rest.is_empty() {
            types.push(rest[1]);
            let words = usize::from(u16::from_be_bytes([rest[2], rest[3]]));
            rest = &rest[4 * (words + 1)..];
        }
        types
    }

    fn told(packet: &[u8]) -> Vec<Told> {
        let mut told = vec![];
        read(packet, |one| told.push(one));
        told
    }

    #[test]
    fn what_is_written_is_a_whole_compound_packet_and_is_read_as_it_was_meant() {
        let sent = Sent { ntp: 0x1111_2222_3333_4444, timestamp: 160, packets: 3, octets: 480 };
        let heard = ReportBlock {
            ssrc: 7,
            fraction_lost: 64,
            lost: -5,
            highest: 70_000,
            jitter: 12,
            last_report: 0x2222_3333,
            since_report: 65_536,
        };
        let ssrc = 0xdead_beef;
        for (sent, heard, len, kinds) in [
            (Some(sent), Some(heard), 68, [200, 202]),
            (Some(sent), None, 44, [200, 202]),
            (None, Some(heard), 48, [201, 202]),
            (None, None, 24, [201, 202]),
        ] {
            let mut out = [0xff; REPORT_LEN];
            let written = Report { ssrc, sent, heard }.write(&mut out);
            assert_eq!((written, types(&out[..written])), (len, kinds.to_vec()));
            assert!(is_rtcp(&out[..written]));
            let sends = sent.map(|_| Told::Sends { ssrc, ntp: 0x2222_3333 });
            let expected: Vec<_> = sends.into_iter().chain(heard.map(Told::Hears)).collect();
            assert_eq!(told(&out[..written]), expected);
            assert_eq!(middle_of_report(&out[..written]), sent.map(|_| 0x2222_3333));
            // Whatever is cut off, the rest is read and nothing breaks.
            (0..written).for_each(|cut| drop(told(&out[..cut])));
        }
        assert!(!is_rtcp(&[0x80, 0, 0, 0, 0, 0, 0, 0]), "an RTP packet");
    }

    #[test]
    fn the_metrics_of_a_phone_are_read_and_what_it_does_not_know_is_left_out() {
        // A receiver report without blocks, then an XR packet with a block of another kind and one of VoIP metrics.
        let mut packet = vec![0x80, 201, 0, 1, 0, 0, 0, 9];
        packet.extend([0x80, 207, 0, 12, 0, 0, 0, 9, 4, 0, 0, 1, 1, 2, 3, 4, 7, 0, 0, 8]);
        packet
            .extend([0, 0, 0, 5, 13, 26, 1, 2, 0, 10, 0, 20, 0, 80, 0, 45, 0xf0, 0xc0, 20, 16, 88, 127, 43, 127, 0, 0]);
        packet.extend([0, 60, 0, 80, 0, 200]);
        let metrics = VoipMetrics {
            ssrc: 5,
            loss: 13,
            discarded: 26,
            round_trip: 80,
            end_delay: 45,
            rating: Some(88),
            listening: Some(43),
            conversational: None,
        };
        assert_eq!(told(&packet), [Told::Metrics(metrics)]);
        (0..packet.len()).for_each(|cut| drop(told(&packet[..cut])));
    }

    #[test]
    fn a_packet_that_claims_many_blocks_is_read_no_further_than_it_goes() {
        let mut packet = vec![0x9f, 201, 0, 1, 0, 0, 0, 9];
        assert_eq!(told(&packet), []);
        packet[3] = 0xff;
        assert_eq!(told(&packet), [], "longer than the datagram");
        assert_eq!(of_units(in_units(Duration::from_millis(250))).as_millis(), 250);
    }
}
