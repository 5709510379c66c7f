//! A take: what several taps hear, put on one line of time and made one or two tracks.
//!
//! Each source is placed by when its first packet came, and from there on by its own clock, so that jitter does not tear it.
//! When the two clocks have come too far apart, or the sender starts afresh, it is placed anew. What nobody said is silence.

use crate::{
    FRAME,
    codec::{Codec, Decoder, MOST_SAMPLES},
    resample::Upsampler,
    tap::Heard,
};
use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// How long a packet may be under way after others of its time.
const LATE: Duration = Duration::from_millis(400);
/// How far a source's clock may lead or trail before it is placed anew, in milliseconds.
const SLACK: i64 = 200;
/// Most sources of one take.
const SOURCES: usize = 8;

/// What a take is made into: 16-bit samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakeFormat {
    /// Whether quality above that of the telephone is kept: 16,000 samples a second in place of 8,000.
    pub wide: bool,
    /// Whether source 0 is on the left and all others on the right; else all are mixed into one track.
    pub stereo: bool,
}

impl TakeFormat {
    /// Samples per second and track.
    pub fn rate(self) -> u32 {
        if self.wide { 16_000 } else { 8_000 }
    }

    /// How many tracks.
    pub fn channels(self) -> u16 {
        if self.stereo { 2 } else { 1 }
    }
}

/// What several taps hear, as samples in a row.
#[derive(Debug)]
pub struct Take {
    format: TakeFormat,
    origin: Instant,
    /// Samples per track that have been given out.
    done: i64,
    sources: Vec<Source>,
}

#[derive(Debug)]
struct Source {
    ssrc: u32,
    decoder: Decoder,
    up: Upsampler,
    /// The timestamp that is expected next, and its place.
    next: Option<(u32, i64)>,
    /// From [`Take::done`] on.
    samples: VecDeque<i16>,
}

impl Source {
    fn new() -> Self {
        Self {
            ssrc: 0,
            decoder: Decoder::new(Codec::Pcmu),
            up: Upsampler::default(),
            next: None,
            samples: VecDeque::new(),
        }
    }

    /// Decode at the take's rate.
    fn decode(&mut self, heard: &Heard, wide: bool, out: &mut [i16; MOST_SAMPLES]) -> usize {
        if self.decoder.codec() != heard.codec {
            self.decoder = Decoder::new(heard.codec);
            self.next = None;
        }
        if !wide {
            return self.decoder.decode_narrow(heard.payload(), out);
        }
        if heard.codec.sample_rate() == 16_000 {
            return self.decoder.decode(heard.payload(), out);
        }
        let mut count = 0;
        for octets in heard.payload().chunks(FRAME) {
            let mut narrow = [0; FRAME];
            let narrow = &mut narrow[..octets.len()];
            self.decoder.decode(octets, narrow);
            let Some(room) = out.get_mut(count..count + 2 * narrow.len()) else { break };
            self.up.process(narrow, room);
            count += room.len();
        }
        count
    }
}

impl Take {
    /// One that begins now.
    pub fn new(now: Instant, format: TakeFormat) -> Self {
        Self { format, origin: now, done: 0, sources: Vec::new() }
    }

    /// What it is made into.
    pub fn format(&self) -> TakeFormat {
        self.format
    }

    /// Take a piece. One that comes too late is left out.
    pub fn push(&mut self, heard: &Heard) {
        let index = usize::from(heard.source);
        if index >= SOURCES {
            return;
        }
        while self.sources.len() <= index {
            self.sources.push(Source::new());
        }
        let (arrived, rate, done) = (self.place(heard.at), i64::from(self.format.rate()), self.done);
        let source = &mut self.sources[index];
        if source.ssrc != heard.ssrc {
            (source.ssrc, source.next) = (heard.ssrc, None);
        }
        let mut samples = [0; MOST_SAMPLES];
        let count = source.decode(heard, self.format.wide, &mut samples);
        let clock = i64::from(heard.codec.clock_rate());
        let by_clock = source
            .next
            .map(|(timestamp, place)| place + i64::from(heard.timestamp.wrapping_sub(timestamp) as i32) * rate / clock);
        let place = by_clock.filter(|place| (place - arrived).abs() <= SLACK * rate / 1_000).unwrap_or(arrived);
        let expected = heard.timestamp.wrapping_add((count as i64 * clock / rate) as u32);
        if source.next.is_none_or(|(_, next)| place + count as i64 > next) || by_clock != Some(place) {
            source.next = Some((expected, place + count as i64));
        }
        let late = usize::try_from(done - place).unwrap_or(0);
        let begin = usize::try_from(place - done).unwrap_or(0);
        let Some(samples) = samples[..count].get(late..) else { return };
        if source.samples.len() < begin + samples.len() {
            source.samples.resize(begin + samples.len(), 0);
        }
        for (to, sample) in source.samples.iter_mut().skip(begin).zip(samples) {
            *to = *sample;
        }
    }

    /// Append to `out` what nothing can be added to any more, the tracks' samples by turns. Ask a few times a second.
    pub fn poll(&mut self, now: Instant, out: &mut Vec<i16>) {
        if let Some(until) = now.checked_sub(LATE) {
            self.give(self.place(until), out);
        }
    }

    /// Append everything that was heard so far: at a pause, and at the end.
    pub fn flush(&mut self, now: Instant, out: &mut Vec<i16>) {
        self.give(self.place(now), out);
        for source in &mut self.sources {
            source.samples.clear();
            source.next = None;
        }
    }

    /// Go on after a pause, which leaves nothing, not even its time.
    pub fn resume(&mut self, now: Instant) {
        let done = Duration::from_millis(self.done.unsigned_abs() * 1_000 / u64::from(self.format.rate()));
        self.origin = now.checked_sub(done).unwrap_or(now);
    }

    /// A moment's place.
    fn place(&self, at: Instant) -> i64 {
        let micros = i64::try_from(at.saturating_duration_since(self.origin).as_micros()).unwrap_or(i64::MAX);
        micros.saturating_mul(i64::from(self.format.rate() / 1_000)) / 1_000
    }

    fn give(&mut self, until: i64, out: &mut Vec<i16>) {
        for _ in self.done..until {
            let mut tracks = [0_i16; 2];
            for (index, source) in self.sources.iter_mut().enumerate() {
                let track = &mut tracks[usize::from(self.format.stereo && index > 0)];
                *track = track.saturating_add(source.samples.pop_front().unwrap_or(0));
            }
            out.extend_from_slice(&tracks[..usize::from(self.format.channels())]);
        }
        self.done = self.done.max(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{codec::g711, rtp::Header, tap::taps};

    const MS: Duration = Duration::from_millis(1);

    /// Feeds packets of 20 ms and collects what comes out.
    struct Room {
        start: Instant,
        take: Take,
        out: Vec<i16>,
    }

    impl Room {
        fn new(stereo: bool) -> Self {
            let start = Instant::now();
            Self { start, take: Take::new(start, TakeFormat { wide: false, stereo }), out: Vec::new() }
        }

        fn hears(&mut self, source: u8, at: u32, number: u32, level: i16) {
            let (taps, heard) = taps(1);
            let timestamp = (u32::MAX - 300).wrapping_add(number * 160);
            let header = Header {
                marker: false,
                payload_type: 0,
                sequence: number as u16,
                timestamp,
                ssrc: 5 + u32::from(source),
                payload_start: 0,
                payload_end: 0,
            };
            taps.tap(source).hear(self.start + MS * at, Codec::Pcmu, &header, &[g711::encode_ulaw(level); 160]);
            self.take.push(&heard.recv().unwrap());
        }

        fn ends(mut self, at: u32) -> Vec<i16> {
            self.take.flush(self.start + MS * at, &mut self.out);
            self.out
        }
    }

    fn near(sample: i16, level: i16) -> bool {
        (sample - level).abs() < level.abs() / 20 + 10
    }

    #[test]
    fn two_sides_stand_where_they_were_heard_and_gaps_are_silence() {
        let mut room = Room::new(true);
        for number in 0..50 {
            // One side comes in disorder and loses a packet; the other begins half a second later.
            let swapped = match number {
                10 => 11,
                11 => 10,
                number => number,
            };
            if number != 20 {
                room.hears(0, 5 + number * 20, swapped, 1_000);
            }
            if number >= 25 {
                room.hears(1, number * 20, number, -2_000);
            }
            room.take.poll(room.start + MS * (number * 20), &mut room.out);
        }
        let out = room.ends(1_000);
        assert_eq!(out.len(), 2 * 8_000);
        let (left, right): (Vec<i16>, Vec<i16>) = out.chunks(2).map(|pair| (pair[0], pair[1])).unzip();
        assert!(left[..40].iter().all(|s| *s == 0) && left[40..3_240].iter().all(|s| near(*s, 1_000)));
        assert!(left[3_240..3_400].iter().all(|s| *s == 0), "lost");
        assert!(left[3_400..].iter().all(|s| near(*s, 1_000)));
        assert!(right[..4_000].iter().all(|s| *s == 0) && right[4_000..].iter().all(|s| near(*s, -2_000)));
    }

    #[test]
    fn jitter_does_not_tear_and_a_clock_that_jumps_is_placed_anew() {
        let mut room = Room::new(false);
        for number in 0..25 {
            room.hears(0, number * 20 + (number * 7) % 60, number, 1_000);
        }
        for number in 25..50 {
            room.hears(0, number * 20, number + 1_000, 3_000);
        }
        let out = room.ends(1_000);
        assert!(out[..4_000].iter().all(|s| near(*s, 1_000)));
        assert!(out[4_000..].iter().all(|s| near(*s, 3_000)));
    }

    #[test]
    fn a_pause_leaves_neither_sound_nor_time() {
        let mut room = Room::new(false);
        for number in 0..10 {
            room.hears(0, number * 20, number, 1_000);
        }
        room.take.flush(room.start + MS * 200, &mut room.out);
        room.take.resume(room.start + MS * 5_000);
        for number in 250..260 {
            room.hears(0, number * 20, number, 2_000);
        }
        let out = room.ends(5_200);
        assert_eq!(out.len(), 3_200);
        assert!(out[..1_600].iter().all(|s| near(*s, 1_000)) && out[1_600..].iter().all(|s| near(*s, 2_000)));
    }

    #[test]
    fn a_mixed_track_holds_the_sum_and_late_packets_stay_out() {
        let mut room = Room::new(false);
        for source in [0, 1] {
            room.hears(source, 0, 0, 1_000);
        }
        room.take.poll(room.start + MS * 500, &mut room.out);
        room.hears(0, 510, 1, 9_000);
        room.hears(0, 511, 500, 9_000);
        let out = room.ends(500);
        assert!(out[..160].iter().all(|s| near(*s, 2_000)) && out[160..].iter().all(|s| *s == 0), "{:?}", &out[..5]);
    }

    #[test]
    fn a_wide_take_of_a_narrow_voice_has_twice_the_samples() {
        let start = Instant::now();
        let mut take = Take::new(start, TakeFormat { wide: true, stereo: true });
        let (taps, heard) = taps(1);
        let header = Header {
            marker: false,
            payload_type: 0,
            sequence: 0,
            timestamp: 0,
            ssrc: 1,
            payload_start: 0,
            payload_end: 0,
        };
        taps.tap(0).hear(start, Codec::Pcma, &header, &[g711::encode_alaw(4_000); 480]);
        take.push(&heard.recv().unwrap());
        let mut out = Vec::new();
        take.flush(start + MS * 60, &mut out);
        assert_eq!(out.len(), 2 * 960);
        assert!(out[400..1_800].chunks(2).all(|pair| near(pair[0], 4_000) && pair[1] == 0));
    }
}
