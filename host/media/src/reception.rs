//! What a party's packets tell of the network between (RFC 3550 A.1, A.3 and A.8): how many are missing, how unevenly
//! they come.

use crate::rtp::Header;
use std::time::Instant;

/// A sequence number so far ahead is another count (`MAX_DROPOUT` of RFC 3550 A.1).
const DROPOUT: u16 = 3_000;
/// One so far behind is only late (`MAX_MISORDER`).
const MISORDER: u16 = 100;
/// A deviation beyond so many seconds is a clock that was set anew and no jitter.
const JUMP: u32 = 1;

/// The packets of one party, whatever sources it has had.
#[derive(Clone, Debug)]
pub(crate) struct Reception {
    began: Instant,
    source: Option<Source>,
    /// Of the sources that are over.
    past: Count,
    /// What was known at the last report.
    reported: Count,
}

/// Packets of a count.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    pub(crate) expected: u64,
    pub(crate) received: u64,
}

#[derive(Clone, Copy, Debug)]
struct Source {
    ssrc: u32,
    first: u32,
    highest: u32,
    received: u64,
    /// Sequence number that would make another count of what looks like a jump.
    suspect: Option<u16>,
    /// In sixteenths of a unit of the clock.
    jitter: u32,
    clock_rate: u32,
    transit: Option<u32>,
}

/// What a reception report says of a party (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) ssrc: u32,
    /// In 256ths, since the last one.
    pub(crate) fraction_lost: u8,
    pub(crate) lost: u32,
    pub(crate) highest: u32,
    /// In units of the clock.
    pub(crate) jitter: u32,
}

impl Reception {
    pub(crate) fn new(began: Instant) -> Self {
        Self { began, source: None, past: Count::default(), reported: Count::default() }
    }

    /// A packet has come. `clock_rate` in Hz; `None` for one whose timestamp says nothing of when it was sent, as those of
    /// key presses do.
    pub(crate) fn take(&mut self, now: Instant, header: &Header, clock_rate: Option<u32>) {
        let began = self.began;
        match &mut self.source {
            Some(source) if source.ssrc == header.ssrc => {
                if source.count(header.sequence) {
                    let over = source.total();
                    self.past.add(over);
                    *source = Source::new(header);
                }
            }
            other => {
                if let Some(over) = other.take() {
                    self.past.add(over.total());
                }
                *other = Some(Source::new(header));
            }
        }
        if let (Some(source), Some(rate)) = (&mut self.source, clock_rate) {
            source.measure(now.saturating_duration_since(began).as_micros() as u64, header.timestamp, rate);
        }
    }

    /// All packets so far.
    pub(crate) fn total(&self) -> Count {
        let mut total = self.past;
        total.add(self.source.map(|source| source.total()).unwrap_or_default());
        total
    }

    /// Interarrival jitter in microseconds.
    pub(crate) fn jitter(&self) -> u32 {
        let micros = |s: Source| u64::from(s.jitter / 16) * 1_000_000 / u64::from(s.clock_rate.max(1));
        self.source.map_or(0, |source| u32::try_from(micros(source)).unwrap_or(u32::MAX))
    }

    /// What is to be reported of the time since this was last asked.
    pub(crate) fn interval(&mut self) -> Option<Interval> {
        let total = self.total();
        let expected = total.expected.saturating_sub(self.reported.expected);
        let received = total.received.saturating_sub(self.reported.received);
        self.reported = total;
        let source = self.source?;
        let lost = expected.saturating_sub(received);
        Some(Interval {
            ssrc: source.ssrc,
            fraction_lost: (lost * 256).checked_div(expected).map_or(0, |part| u8::try_from(part).unwrap_or(u8::MAX)),
            // A number of 24 bits.
            lost: u32::try_from(source.total().lost()).unwrap_or(u32::MAX).min(0x7f_ffff),
            highest: source.highest,
            jitter: source.jitter / 16,
        })
    }
}

impl Count {
    /// Never negative: packets that came twice do not make up for those that never came.
    pub(crate) fn lost(self) -> u64 {
        self.expected.saturating_sub(self.received)
    }

    fn add(&mut self, other: Self) {
        self.expected += other.expected;
        self.received += other.received;
    }
}

impl Source {
    fn new(header: &Header) -> Self {
        let sequence = u32::from(header.sequence);
        Self {
            ssrc: header.ssrc,
            first: sequence,
            highest: sequence,
            received: 1,
            suspect: None,
            jitter: 0,
            clock_rate: crate::SAMPLE_RATE,
            transit: None,
        }
    }

    /// Count one more; true when its count has begun anew with this one.
    fn count(&mut self, sequence: u16) -> bool {
        let step = sequence.wrapping_sub(self.highest as u16);
        if step < DROPOUT {
            // A small step forward extends the cycle count.
            self.highest = self.highest.wrapping_add(u32::from(step));
        } else if step <= u16::MAX - MISORDER {
            // Two in a row make a new count, one alone is a stray.
            if self.suspect == Some(sequence) {
                return true;
            }
            self.suspect = Some(sequence.wrapping_add(1));
            return false;
        }
        self.suspect = None;
        self.received += 1;
        false
    }

    fn measure(&mut self, micros: u64, timestamp: u32, rate: u32) {
        // The clock of 32 bits wraps, and so does the difference.
        let arrival = (micros * u64::from(rate) / 1_000_000) as u32;
        let transit = arrival.wrapping_sub(timestamp);
        if self.clock_rate != rate {
            (self.clock_rate, self.jitter, self.transit) = (rate, 0, None);
        }
        if let Some(before) = self.transit.replace(transit) {
            let deviation = (transit.wrapping_sub(before) as i32).unsigned_abs();
            if deviation < JUMP * rate {
                self.jitter = self.jitter + deviation - ((self.jitter + 8) >> 4);
            }
        }
    }

    fn total(&self) -> Count {
        Count { expected: u64::from(self.highest.wrapping_sub(self.first)) + 1, received: self.received }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FRAME_TIME;
    use std::time::Duration;

    fn header(ssrc: u32, sequence: u16, timestamp: u32) -> Header {
        Header { marker: false, payload_type: 8, sequence, timestamp, ssrc, payload_start: 12, payload_end: 12 }
    }

    #[test]
    fn a_phone_that_counts_anew_has_lost_nothing_and_a_stray_number_changes_nothing() {
        let start = Instant::now();
        let mut reception = Reception::new(start);
        let mut take = |sequence| reception.take(start, &header(1, sequence, 0), None);
        (100..110).for_each(&mut take);
        take(40_000);
        (110..120).for_each(&mut take);
        (7..17).for_each(&mut take);
        let total = reception.total();
        assert_eq!((total.expected, total.lost()), (29, 0), "the first of the new count is taken for a stray");
        reception.take(start, &header(2, 60_000, 0), None);
        reception.take(start, &header(2, 60_002, 0), None);
        assert_eq!(reception.total().lost(), 1, "another source, one of three missing");
    }

    #[test]
    fn jitter_is_what_the_clock_of_the_sender_does_not_explain() {
        let start = Instant::now();
        let (mut even, mut uneven) = (Reception::new(start), Reception::new(start));
        for packet in 0..400_u32 {
            let now = start + FRAME_TIME * packet;
            even.take(now, &header(1, packet as u16, packet * 160), Some(8_000));
            let late = Duration::from_millis(if packet % 2 == 0 { 10 } else { 0 });
            uneven.take(now + late, &header(1, packet as u16, packet * 960), Some(48_000));
        }
        assert_eq!(even.jitter(), 0);
        assert!(
            (9_000..=10_000).contains(&uneven.jitter()),
            "10 ms, and each differs from the next: {}",
            uneven.jitter()
        );
        let before = uneven.jitter();
        let late = start + FRAME_TIME * 400;
        uneven.take(late, &header(1, 400, 3_000_000_000), Some(48_000));
        assert!(uneven.jitter() <= before, "a clock that was set anew is no jitter");
    }

    #[test]
    fn a_report_tells_what_was_lost_since_the_last_one() {
        let start = Instant::now();
        let mut reception = Reception::new(start);
        assert_eq!(reception.interval(), None);
        for sequence in (0..100).filter(|n| n % 4 != 1) {
            reception.take(start, &header(9, sequence, 0), None);
        }
        let first = reception.interval().unwrap();
        assert_eq!((first.ssrc, first.fraction_lost, first.lost, first.highest), (9, 64, 25, 99));
        (100..200).for_each(|sequence| reception.take(start, &header(9, sequence, 0), None));
        let second = reception.interval().unwrap();
        assert_eq!((second.fraction_lost, second.lost), (0, 25));
    }
}
