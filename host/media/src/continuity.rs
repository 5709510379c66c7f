//! One party hears several sources in turn: a phone, music, another phone after a transfer. Each has a clock and a count
//! of its own, and there are phones that discard whatever seems to come from the past or from somebody else. So what follows
//! a change of source continues the source identifier, the sequence numbers and the timestamps of what was sent before; a
//! call with one source passes unchanged.

use std::time::Instant;

/// What was sent to one party, and how the source of now is moved to continue it.
#[derive(Debug, Default)]
pub(crate) struct Continuity {
    source: Option<u32>,
    sequence_shift: u16,
    timestamp_shift: u32,
    last: Option<Last>,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    source: u32,
    sequence: u16,
    timestamp: u32,
    at: Instant,
}

impl Continuity {
    /// Make a packet that is about to leave the next one; it has a whole RTP header, and its clock this rate in Hz.
    pub(crate) fn apply(&mut self, now: Instant, packet: &mut [u8], clock_rate: u32) {
        let Some(header) = packet.first_chunk_mut::<12>() else { return };
        let sequence = u16::from_be_bytes([header[2], header[3]]);
        let timestamp = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
        let source = u32::from_be_bytes([header[8], header[9], header[10], header[11]]);
        if self.source != Some(source) {
            self.source = Some(source);
            (self.sequence_shift, self.timestamp_shift) = self.last.map_or((0, 0), |last| {
                let pause = u32::try_from(now.saturating_duration_since(last.at).as_millis()).unwrap_or(0);
                let next = last.timestamp.wrapping_add(pause.wrapping_mul(clock_rate / 1_000).max(clock_rate / 50));
                (last.sequence.wrapping_add(1).wrapping_sub(sequence), next.wrapping_sub(timestamp))
            });
        }
        let sequence = sequence.wrapping_add(self.sequence_shift);
        let timestamp = timestamp.wrapping_add(self.timestamp_shift);
        header[2..4].copy_from_slice(&sequence.to_be_bytes());
        header[4..8].copy_from_slice(&timestamp.to_be_bytes());
        let shown = self.last.map_or(source, |last| last.source);
        header[8..12].copy_from_slice(&shown.to_be_bytes());
        // What arrives late does not set the clock back.
        if self.last.is_none_or(|last| sequence.wrapping_sub(last.sequence) < 0x8000) {
            self.last = Some(Last { source: shown, sequence, timestamp, at: now });
        }
    }

    /// What was sent last stands for so many more units of the clock, as an event does whose packets all have the timestamp
    /// of its beginning (RFC 4733 §2.2.2).
    pub(crate) fn goes_on(&mut self, units: u32) {
        if let Some(last) = &mut self.last {
            last.timestamp = last.timestamp.wrapping_add(units);
        }
        // The next packet is of another source, or continues as one.
        self.source = None;
    }

    /// The source that the party is shown.
    pub(crate) fn shown(&self) -> Option<u32> {
        self.last.map(|last| last.source)
    }

    /// The source that the party is shown, and where its clock of so many Hz stands now.
    pub(crate) fn clock(&self, now: Instant, rate: u32) -> Option<(u32, u32)> {
        let last = self.last?;
        let micros = now.saturating_duration_since(last.at).as_micros() as u64;
        let passed = (micros * u64::from(rate) / 1_000_000) as u32;
        Some((last.source, last.timestamp.wrapping_add(passed)))
    }

    /// Whether reports of this source mean something to the party: it is shown as itself.
    pub(crate) fn shows(&self, source: u32) -> bool {
        self.last.is_none_or(|last| last.source == source) && self.timestamp_shift == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn packet(source: u32, sequence: u16, timestamp: u32) -> [u8; 12] {
        let mut packet = [0x80, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        packet[2..4].copy_from_slice(&sequence.to_be_bytes());
        packet[4..8].copy_from_slice(&timestamp.to_be_bytes());
        packet[8..12].copy_from_slice(&source.to_be_bytes());
        packet
    }

    #[test]
    fn a_new_source_goes_on_where_the_old_one_ended_and_the_first_one_is_left_alone() {
        let start = Instant::now();
        let mut party = Continuity::default();
        let mut sent = |after: u64, mut packet: [u8; 12]| {
            party.apply(start + Duration::from_millis(after), &mut packet, 8_000);
            assert_eq!(packet[8..12], [0, 0, 0, 1], "always the same source");
            let sequence = u16::from_be_bytes([packet[2], packet[3]]);
            (sequence, u32::from_be_bytes([packet[4], packet[5], packet[6], packet[7]]))
        };
        assert_eq!(sent(0, packet(1, 65_534, 4_000_000_000)), (65_534, 4_000_000_000));
        assert_eq!(sent(20, packet(1, 65_535, 4_000_000_160)), (65_535, 4_000_000_160));
        // Music after half a second, from a clock far behind.
        assert_eq!(sent(520, packet(2, 7, 50)), (0, 4_000_004_160));
        assert_eq!(sent(540, packet(2, 8, 210)), (1, 4_000_004_320));
        // A late packet of the same source keeps its place.
        assert_eq!(sent(541, packet(2, 6, 4_294_967_186)), (65_535, 4_000_004_000));
        // The first one again, whose clock has gone on meanwhile.
        assert_eq!(sent(560, packet(1, 30, 4_000_004_480)), (2, 4_000_004_480));
    }
}
