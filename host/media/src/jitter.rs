//! The jitter buffer: what arrives in jumps is given out every 20 ms, by the sender's timestamps.
//!
//! The buffer is a ring that the timestamp addresses, with so many octets for each unit of an 8,000 Hz clock: one for G.711
//! and G.722 as they come, four for two samples of what had to be decoded on arrival (Opus). Packets of any length fit in. The delay starts at what the jitter measured so far asks for.
//! When a frame is not there in time the clock stands still for it, which makes the delay longer by as much; when it is
//! longer than needed, a frame is left out where nobody speaks.

use std::time::{Duration, Instant};

/// Units of the timestamp in 20 ms.
pub(crate) const FRAME_UNITS: usize = 160;
/// Units in the ring: 512 ms.
const RING: usize = 4_096;
/// Units whose arrival is noted together: 1 ms.
const GRAIN: usize = 8;
const WORDS: usize = RING / GRAIN / 64;
/// Least delay, in units: 20 ms.
const LEAST: u32 = 160;
/// Greatest delay, in units: 200 ms.
const MOST: u32 = 1_600;
/// How often in a row the clock stands still before the sender counts as silent.
const PATIENCE: u8 = 3;

/// Figures of one source since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JitterStats {
    /// Frames that were due and never came.
    pub lost: u64,
    /// Packets that came after their time.
    pub late: u64,
    /// Packets that had come before.
    pub duplicate: u64,
    /// Frames left out to shorten the delay.
    pub skipped: u64,
    /// New starts: another source, or timestamps that jumped.
    pub resets: u64,
    /// The delay that is aimed at now.
    pub target: Duration,
}

/// What is to be heard in the next 20 ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulled {
    /// The frame that was asked for is written.
    Frame,
    /// It is missing: conceal it.
    Lost,
    /// The sender is silent, or has only begun.
    Idle,
}

/// One source's buffer. It is 4 kB in size, or four times that, and never grows.
#[derive(Clone, Debug)]
pub struct JitterBuffer {
    ring: Box<[u8]>,
    /// Octets per unit.
    width: usize,
    arrived: [u64; WORDS],
    ssrc: Option<u32>,
    /// Timestamp of the next frame to be given out.
    next: u32,
    /// One past the newest unit.
    end: u32,
    state: State,
    /// RFC 3550 §6.4.1, in sixteenths of a unit.
    jitter: u32,
    transit: Option<(Instant, u32)>,
    /// Added to the target by frames that were not there in time; in units.
    caution: u32,
    /// A timestamp far back: believed when another one says the same.
    suspect: Option<u32>,
    stats: JitterStats,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing has come.
    Empty,
    /// The first packets wait for so many frames.
    Filling(u32),
    /// So often in a row there was nothing.
    Playing(u8),
}

impl Default for JitterBuffer {
    fn default() -> Self {
        Self::new(1)
    }
}

impl JitterBuffer {
    /// With so many octets for each unit of the clock.
    pub fn new(width: usize) -> Self {
        let width = width.max(1);
        Self {
            ring: vec![0; RING * width].into_boxed_slice(),
            width,
            arrived: [0; WORDS],
            ssrc: None,
            next: 0,
            end: 0,
            state: State::Empty,
            jitter: 0,
            transit: None,
            caution: 0,
            suspect: None,
            stats: JitterStats::default(),
        }
    }

    /// Take one packet's payload. What is no whole number of milliseconds is cut off at its end.
    pub fn push(&mut self, now: Instant, ssrc: u32, timestamp: u32, payload: &[u8]) {
        let units = payload.len() / self.width;
        let length = (units - units % GRAIN).min(RING / 2);
        let payload = &payload[..length * self.width];
        if length == 0 {
            return;
        }
        if self.ssrc.is_some_and(|before| before != ssrc) {
            self.reset();
            self.transit = None;
        }
        self.ssrc = Some(ssrc);
        if self.state == State::Empty {
            self.transit = None;
            return self.start(now, timestamp, payload);
        }
        // Whole milliseconds from where the ring began, so that one note speaks for eight octets.
        let ahead = timestamp.wrapping_sub(self.next) as i32;
        let ahead = ahead - ahead.rem_euclid(GRAIN as i32);
        if ahead + length as i32 > (RING - FRAME_UNITS) as i32 {
            // The sender paused without a word, or its clock jumped.
            self.reset();
            self.transit = None;
            return self.start(now, timestamp, payload);
        }
        if ahead < -((RING / 2) as i32) {
            let again = self.suspect.is_some_and(|before| timestamp.wrapping_sub(before) < RING as u32);
            self.suspect = Some(timestamp);
            if again {
                self.reset();
                self.transit = None;
                return self.start(now, timestamp, payload);
            }
            self.stats.late += 1;
            return;
        }
        self.suspect = None;
        self.measure(now, timestamp);
        self.write(ahead, payload);
    }

    /// The next frame of 160 units. Ask every 20 ms; `quiet` says that a frame may be left out without being missed.
    pub fn pull(&mut self, quiet: bool, frame: &mut [u8]) -> Pulled {
        self.caution = self.caution.saturating_sub(1);
        match self.state {
            State::Empty => return Pulled::Idle,
            State::Filling(0) => self.state = State::Playing(0),
            State::Filling(left) => {
                self.state = State::Filling(left - 1);
                return Pulled::Idle;
            }
            State::Playing(_) => {}
        }
        let (target, depth) = (self.target(), self.depth());
        if depth > MOST + target || (quiet && depth > target + 2 * LEAST) {
            self.stats.skipped += 1;
            self.step();
        }
        if self.depth() < LEAST {
            let State::Playing(stood) = self.state else { return Pulled::Idle };
            self.caution = (self.caution + LEAST).min(MOST);
            // The clock stands still for it.
            self.state = if stood + 1 < PATIENCE { State::Playing(stood + 1) } else { State::Empty };
            return Pulled::Lost;
        }
        self.state = State::Playing(0);
        let whole = self.read(frame);
        self.step();
        if whole {
            return Pulled::Frame;
        }
        self.stats.lost += 1;
        Pulled::Lost
    }

    /// Figures so far.
    pub fn stats(&self) -> JitterStats {
        JitterStats { target: Duration::from_micros(u64::from(self.target()) * 125), ..self.stats }
    }

    /// Forget what waits; the figures stay.
    pub fn reset(&mut self) {
        self.arrived = [0; WORDS];
        self.state = State::Empty;
        self.suspect = None;
        self.stats.resets += 1;
    }

    fn start(&mut self, now: Instant, timestamp: u32, payload: &[u8]) {
        self.arrived = [0; WORDS];
        (self.next, self.end) = (timestamp, timestamp);
        // One frame passes while waiting for the tick after which the first one is whole.
        self.state = State::Filling(self.target().div_ceil(FRAME_UNITS as u32));
        self.measure(now, timestamp);
        self.write(0, payload);
    }

    fn target(&self) -> u32 {
        // Three times the mean deviation holds all but a few packets in a hundred; those raise the caution.
        (self.jitter / 16 * 3 + self.caution).clamp(LEAST, MOST)
    }

    /// How much sound waits, in units.
    fn depth(&self) -> u32 {
        u32::try_from(self.end.wrapping_sub(self.next) as i32).unwrap_or(0)
    }

    fn measure(&mut self, now: Instant, timestamp: u32) {
        if let Some((at, before)) = self.transit {
            let passed = now.saturating_duration_since(at).as_micros() / 125;
            let passed = i64::try_from(passed).unwrap_or(i64::MAX).min(i64::from(i32::MAX));
            let deviation = (passed - i64::from(timestamp.wrapping_sub(before) as i32)).unsigned_abs();
            let deviation = u32::try_from(deviation).unwrap_or(MOST).min(MOST);
            self.jitter = self.jitter + deviation - (self.jitter + 8) / 16;
        }
        self.transit = Some((now, timestamp));
    }

    fn write(&mut self, ahead: i32, payload: &[u8]) {
        let late = usize::try_from(-ahead).unwrap_or(0);
        let units = payload.len() / self.width;
        if late >= units {
            self.stats.late += 1;
            return;
        }
        let (ahead, payload) = (usize::try_from(ahead).unwrap_or(0), &payload[late * self.width..]);
        let width = self.width;
        let mut news = false;
        for (at, grain) in payload.chunks_exact(GRAIN * width).enumerate() {
            let place = self.place(ahead + at * GRAIN);
            self.ring[place * width..(place + GRAIN) * width].copy_from_slice(grain);
            let (word, bit) = note(place);
            news |= self.arrived[word] & bit == 0;
            self.arrived[word] |= bit;
        }
        if !news {
            self.stats.duplicate += 1;
        }
        let end = self.next.wrapping_add((ahead + payload.len() / width) as u32);
        if (end.wrapping_sub(self.end) as i32) > 0 {
            self.end = end;
        }
    }

    fn read(&self, frame: &mut [u8]) -> bool {
        let (mut whole, width) = (true, self.width);
        for (at, grain) in frame.chunks_exact_mut(GRAIN * width).enumerate() {
            let place = self.place(at * GRAIN);
            let (word, bit) = note(place);
            whole &= self.arrived[word] & bit != 0;
            grain.copy_from_slice(&self.ring[place * width..(place + GRAIN) * width]);
        }
        whole
    }

    /// Go on by one frame and free its place.
    fn step(&mut self) {
        for at in (0..FRAME_UNITS).step_by(GRAIN) {
            let (word, bit) = note(self.place(at));
            self.arrived[word] &= !bit;
        }
        self.next = self.next.wrapping_add(FRAME_UNITS as u32);
    }

    /// Where in the ring a unit so far ahead lies: `next` is moved by whole frames only, so its remainder is that of the
    /// first timestamp and is left out.
    fn place(&self, ahead: usize) -> usize {
        let next = self.next as usize;
        (next - next % GRAIN + ahead) % RING
    }
}

/// Where the arrival of the units from this place on is noted.
fn note(place: usize) -> (usize, u64) {
    let grain = place / GRAIN;
    (grain / 64, 1 << (grain % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Sends frames numbered from 1 and hears what comes out.
    struct Line {
        buffer: JitterBuffer,
        start: Instant,
    }

    impl Line {
        fn new() -> Self {
            Self { buffer: JitterBuffer::default(), start: Instant::now() }
        }

        fn push(&mut self, at: u32, number: u8) {
            let timestamp = (u32::MAX - 999).wrapping_add(u32::from(number) * 160);
            self.buffer.push(self.start + MS * at, 1, timestamp, &[number; 160]);
        }

        fn pull(&mut self) -> Option<u8> {
            let mut frame = [0; 160];
            match self.buffer.pull(false, &mut frame) {
                Pulled::Frame => Some(frame[0]),
                Pulled::Lost => Some(0),
                Pulled::Idle => None,
            }
        }
    }

    #[test]
    fn frames_come_out_in_order_across_the_wrap_and_a_missing_one_is_told() {
        let mut line = Line::new();
        let mut heard = vec![];
        for at in 0..20u8 {
            match at {
                4 => {}
                7 => line.push(u32::from(at) * 20, 8),
                8 => line.push(u32::from(at) * 20, 7),
                _ => line.push(u32::from(at) * 20, at),
            }
            if at == 10 {
                line.push(205, 10);
                line.push(206, 3);
            }
            heard.extend(line.pull());
        }
        // 7 came a frame late, for which the clock may have stood still; nothing else is missing.
        let numbers: Vec<u8> = heard.iter().copied().filter(|n| *n != 0).collect();
        assert_eq!(
            numbers,
            [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]
                .into_iter()
                .filter(|n| *n != 0 && numbers.contains(n))
                .collect::<Vec<u8>>()
        );
        assert!(numbers.len() >= 14, "{heard:?}");
        let stats = line.buffer.stats();
        assert_eq!((stats.duplicate, stats.late, stats.resets), (1, 1, 0), "{heard:?} {stats:?}");
        assert!(stats.lost >= 1, "{stats:?}");
    }

    #[test]
    fn the_delay_follows_the_jitter_within_its_bounds() {
        let mut calm = Line::new();
        for at in 0..100 {
            calm.push(u32::from(at) * 20, at);
            calm.pull();
        }
        assert_eq!(calm.buffer.stats().target, 20 * MS);
        let mut rough = Line::new();
        let mut lost = 0;
        for at in 0..250u8 {
            // Four arrive together.
            if at % 4 == 3 {
                for number in at - 3..=at {
                    rough.push(u32::from(at) * 20, number);
                }
            }
            lost += usize::from(rough.pull() == Some(0) && at > 60);
        }
        let stats = rough.buffer.stats();
        assert!((60 * MS..=200 * MS).contains(&stats.target), "{stats:?}");
        assert!(lost <= 2 && stats.late == 0, "{lost} {stats:?}");
    }

    #[test]
    fn too_much_delay_is_shortened_where_it_is_quiet() {
        for quiet in [true, false] {
            let mut line = Line::new();
            for number in 0..10 {
                line.push(0, number);
            }
            for at in 0..100 {
                line.push(u32::from(at) * 20, at + 10);
                line.buffer.pull(quiet, &mut [0; 160]);
            }
            let stats = line.buffer.stats();
            assert_eq!((stats.resets, stats.late, stats.lost), (0, 0, 0), "{stats:?}");
            assert_eq!(stats.skipped >= 6, quiet, "{stats:?}");
        }
    }

    #[test]
    fn another_source_and_jumps_of_the_clock_start_afresh_and_one_stray_packet_does_not() {
        let mut line = Line::new();
        let now = line.start;
        let mut frame = [0; 160];
        let push = |buffer: &mut JitterBuffer, ssrc, timestamp, what: u8| {
            buffer.push(now, ssrc, timestamp, &[what; 160]);
        };
        push(&mut line.buffer, 1, 10_000, 1);
        push(&mut line.buffer, 1, 2_000, 9);
        assert_eq!((line.buffer.stats().late, line.buffer.stats().resets), (1, 0));
        push(&mut line.buffer, 1, 2_160, 9);
        assert_eq!(line.buffer.stats().resets, 1, "two agree");
        push(&mut line.buffer, 1, 900_000, 2);
        assert_eq!(line.buffer.stats().resets, 2);
        push(&mut line.buffer, 2, 5, 3);
        assert_eq!(line.buffer.stats().resets, 3);
        let pulled: Vec<Pulled> = (0..20).map(|_| line.buffer.pull(false, &mut frame)).collect();
        assert!(pulled.contains(&Pulled::Frame) && pulled.ends_with(&[Pulled::Idle]), "{pulled:?}");
        assert_eq!(frame, [3; 160]);
    }

    #[test]
    fn packets_of_any_length_are_taken() {
        let mut line = Line::new();
        for (at, length) in [(0, 240), (240, 240), (480, 80), (560, 7), (560, 480), (1_040, 0)] {
            line.buffer.push(line.start, 1, 77 + at, &vec![5; length]);
        }
        let heard = (0..12).filter(|_| line.buffer.pull(false, &mut [0; 160]) == Pulled::Frame).count();
        assert_eq!(heard, 6);
        line.buffer.push(line.start, 1, 0, &[1; 100_000]);
    }
}
