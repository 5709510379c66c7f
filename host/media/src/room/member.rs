//! One member's sound on its way into the room: buffered, judged, decoded, repaired, brought to the room's rate.

use super::{HeardBy, WIDE_FRAME, mix::ramp};
use crate::{
    FRAME,
    codec::{Codec, Decoder, MOST_SAMPLES, g722::Loudness},
    jitter::{JitterBuffer, JitterStats, Pulled},
    plc::Concealer,
    resample::{Downsampler, Upsampler},
};
use std::time::Instant;

/// Ticks for which somebody still counts as talking: pauses between words stay in.
const HANG: u8 = 20;
/// Mean magnitude below which nobody talks: about −52 dBm0.
const LEAST_LEVEL: u32 = 60;
/// Loudest background that is taken for one.
const MOST_FLOOR: u32 = 100;
/// A sleeping G.722 member is decoded every so many ticks, and whenever it seems to become louder.
const PROBE: u8 = 8;
/// Frames of G.722 that are decoded before any is heard, when its beginning was not: until then the step is wrong.
const SETTLE: u8 = 4;

/// Octets for each unit of the clock of what was decoded on arrival: two samples.
const DECODED: usize = 4;
/// Longest gap that the packet after it may tell of, in units: beyond it the sender paused.
const MOST_GAP: u32 = 480;

/// Tells talk from background.
#[derive(Debug)]
struct Detector {
    /// The background's level, in sixteenths.
    floor: u32,
    level: u32,
    hang: u8,
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) key: u64,
    pub(super) heard_by: HeardBy,
    /// A rule that takes effect once the member has faded out.
    next_rule: Option<HeardBy>,
    pub(super) hears_in: Option<Codec>,
    pub(super) gain: f32,
    pub(super) muted: bool,
    pub(super) leaving: bool,
    /// Nobody may hear it.
    pub(super) unheard: bool,
    /// It has not been spoken to yet.
    pub(super) fresh: bool,
    /// Members that it may hear, one bit each.
    pub(super) may_hear: u64,
    pub(super) voice: Option<usize>,
    /// What it said in this tick, at the room's rate.
    pub(super) sound: [i16; WIDE_FRAME],
    jitter: JitterBuffer,
    /// Timestamp of the packet that should come next, where packets are decoded on arrival.
    expected: Option<u32>,
    decoder: Decoder,
    concealer: Concealer,
    up: Upsampler,
    down: Downsampler,
    detector: Detector,
    /// Gain at the end of the last tick.
    applied: f32,
    /// The frame before this one, and the loudness before that.
    last: [u8; FRAME],
    loudness: Loudness,
    usual: u32,
    probe: u8,
    settle: u8,
}

impl Member {
    pub(super) fn new(key: u64, hears_in: Option<Codec>, heard_by: HeardBy) -> Self {
        Self {
            key,
            heard_by,
            next_rule: None,
            hears_in,
            gain: 1.0,
            muted: false,
            leaving: false,
            unheard: false,
            fresh: true,
            may_hear: 0,
            voice: None,
            sound: [0; WIDE_FRAME],
            jitter: JitterBuffer::default(),
            expected: None,
            decoder: Decoder::new(Codec::Pcma),
            concealer: Concealer::new(Codec::Pcma.sample_rate()),
            up: Upsampler::default(),
            down: Downsampler::default(),
            detector: Detector { floor: 10 * 16, level: 0, hang: 0 },
            applied: 0.0,
            last: [0xff; FRAME],
            loudness: Loudness::default(),
            usual: 0,
            probe: 0,
            settle: 0,
        }
    }

    pub(super) fn push(&mut self, now: Instant, codec: Codec, ssrc: u32, timestamp: u32, payload: &[u8]) {
        if codec != self.decoder.codec() {
            if codec.is_octets() == self.decoder.codec().is_octets() {
                self.jitter.reset();
            } else {
                self.jitter = JitterBuffer::new(if codec.is_octets() { 1 } else { DECODED });
            }
            self.decoder = Decoder::new(codec);
            self.expected = None;
            self.concealer = Concealer::new(codec.sample_rate());
            (self.loudness, self.last, self.usual) = (Loudness::default(), [0xff; FRAME], 0);
            self.settle = if codec == Codec::G722 { SETTLE } else { 0 };
        }
        if codec.is_octets() {
            self.jitter.push(now, ssrc, timestamp, payload);
        } else {
            self.decode_on_arrival(now, ssrc, timestamp, payload);
        }
    }

    /// What is no octet per unit is decoded before it is put in order. Of a packet that was lost the one after it tells, mostly
    /// in time.
    fn decode_on_arrival(&mut self, now: Instant, ssrc: u32, timestamp: u32, payload: &[u8]) {
        let step = self.decoder.codec().clock_rate() / crate::SAMPLE_RATE;
        let units = timestamp / step;
        let mut samples = [0; MOST_SAMPLES];
        let gap = self.expected.map_or(0, |expected| timestamp.wrapping_sub(expected));
        if gap > 1 << 31 {
            return;
        }
        if (1..=MOST_GAP * step).contains(&gap) {
            let lost = &mut samples[..(2 * (gap / step) as usize).min(WIDE_FRAME)];
            let count = self.decoder.conceal(Some(payload), lost);
            let begin = units.wrapping_sub((count / 2) as u32);
            push_samples(&mut self.jitter, now, ssrc, begin, &samples[..count]);
        }
        let count = self.decoder.decode(payload, &mut samples);
        self.expected = Some(timestamp.wrapping_add((count / 2) as u32 * step));
        push_samples(&mut self.jitter, now, ssrc, units, &samples[..count]);
    }

    pub(super) fn jitter(&self) -> JitterStats {
        self.jitter.stats()
    }

    pub(super) fn set_heard_by(&mut self, heard_by: HeardBy) {
        self.next_rule = (heard_by != self.heard_by).then_some(heard_by);
    }

    /// Somebody has left.
    pub(super) fn forget(&mut self, key: u64) {
        if self.heard_by == HeardBy::Only(key) || self.next_rule == Some(HeardBy::Only(key)) {
            self.next_rule = Some(HeardBy::Nobody);
        }
    }

    pub(super) fn rule_is_due(&self) -> bool {
        self.next_rule.is_some() && self.is_silent()
    }

    /// The rule that is in force from now on.
    pub(super) fn apply_rule(&mut self) -> HeardBy {
        if self.is_silent()
            && let Some(rule) = self.next_rule.take()
        {
            self.heard_by = rule;
        }
        self.heard_by
    }

    /// Whether nothing of it sounds on.
    pub(super) fn is_silent(&self) -> bool {
        self.applied == 0.0
    }

    pub(super) fn is_wide(&self) -> bool {
        let codecs = [self.hears_in, Some(self.decoder.codec())];
        !self.leaving && codecs.into_iter().flatten().any(|c| c.sample_rate() > crate::SAMPLE_RATE)
    }

    pub(super) fn talks(&self) -> bool {
        self.detector.hang > 0 && !self.muted && !self.leaving
    }

    pub(super) fn level(&self) -> u32 {
        self.detector.level
    }

    pub(super) fn rate_changed(&mut self) {
        (self.up, self.down) = (Upsampler::default(), Downsampler::default());
    }

    /// Take the next 20 ms; whether there is something to be heard, in `sound`.
    pub(super) fn listen(&mut self, wide: bool) -> bool {
        let mut frame = [0; FRAME * DECODED];
        let is_octets = self.decoder.codec().is_octets();
        let pulled =
            self.jitter.pull(self.detector.hang == 0, &mut frame[..if is_octets { FRAME } else { FRAME * DECODED }]);
        let octets: &[u8; FRAME] = frame.first_chunk().unwrap_or(&[0; FRAME]);
        let closed = self.muted || self.unheard || self.leaving || self.next_rule.is_some();
        if closed && self.is_silent() {
            if pulled == Pulled::Frame {
                self.sleep_through(octets);
            }
            self.detector.hang = 0;
            return false;
        }
        let mut samples = [0; WIDE_FRAME];
        let samples = &mut samples[..FRAME * self.decoder.codec().sample_rate() as usize / 8_000];
        let slept = self.is_silent();
        if pulled == Pulled::Frame {
            if !is_octets {
                for (sample, pair) in samples.iter_mut().zip(frame.as_chunks::<2>().0) {
                    *sample = i16::from_le_bytes(*pair);
                }
            } else if !self.decode(octets, samples, slept) {
                return false;
            }
            self.detector.hear(samples);
        } else {
            self.detector.hang = self.detector.hang.saturating_sub(1);
        }
        let target = if closed || self.detector.hang == 0 { 0.0 } else { self.gain };
        if target == 0.0 && slept {
            return false;
        }
        if slept {
            // What was heard before it fell silent is of no use now.
            self.concealer.reset();
            self.rate_changed();
        }
        match pulled {
            Pulled::Frame => self.concealer.hear(samples),
            Pulled::Lost | Pulled::Idle => self.concealer.conceal(samples),
        }
        self.bring_to_rate(samples, wide);
        let len = if wide { WIDE_FRAME } else { FRAME };
        ramp(&mut self.sound[..len], self.applied, target);
        self.applied = target;
        true
    }

    /// Decode, unless this is G.722 of somebody who sleeps on.
    fn decode(&mut self, octets: &[u8; FRAME], samples: &mut [i16], slept: bool) -> bool {
        if self.settle > 0 {
            self.settle -= 1;
            self.sleep_through(octets);
            return !slept;
        }
        if slept && self.decoder.codec() == Codec::G722 {
            let mut loudness = self.loudness;
            loudness.follow(&self.last);
            loudness.follow(octets);
            let level = loudness.magnitude();
            let rising = level > 2 * self.usual;
            self.usual = (self.usual * 15 + level) / 16;
            self.probe = self.probe.saturating_sub(1);
            if !rising && self.probe > 0 {
                self.sleep_through(octets);
                return false;
            }
            self.probe = PROBE;
            // The predictor finds its way on the frame before.
            self.decoder.wake(self.loudness);
            self.decoder.decode(&self.last, samples);
        }
        (self.loudness, self.last) = (self.decoder.loudness(), *octets);
        self.decoder.decode(octets, samples);
        true
    }

    /// Follow what an unheard frame does to the loudness, no more.
    fn sleep_through(&mut self, octets: &[u8; FRAME]) {
        if self.decoder.codec() == Codec::G722 {
            self.loudness.follow(&self.last);
            self.last = *octets;
        }
    }

    fn bring_to_rate(&mut self, samples: &[i16], wide: bool) {
        match (samples.len() == WIDE_FRAME, wide) {
            (true, true) => self.sound.copy_from_slice(samples),
            (true, false) => self.down.process(samples, &mut self.sound[..FRAME]),
            (false, true) => self.up.process(samples, &mut self.sound),
            (false, false) => self.sound[..FRAME].copy_from_slice(samples),
        }
    }
}

/// Two samples at 16 kHz are a unit.
fn push_samples(jitter: &mut JitterBuffer, now: Instant, ssrc: u32, units: u32, samples: &[i16]) {
    let mut octets = [0; 2 * MOST_SAMPLES];
    for (pair, sample) in octets.as_chunks_mut::<2>().0.iter_mut().zip(samples) {
        *pair = sample.to_le_bytes();
    }
    jitter.push(now, ssrc, units, &octets[..2 * samples.len()]);
}

impl Detector {
    fn hear(&mut self, samples: &[i16]) {
        let sum: u32 = samples.iter().map(|s| u32::from(s.unsigned_abs())).sum();
        let level = sum / samples.len().max(1) as u32;
        let sixteenths = level * 16;
        // Down at once, up by a factor of two in two seconds.
        self.floor =
            if sixteenths < self.floor { (self.floor * 3 + sixteenths) / 4 } else { self.floor + self.floor / 128 + 1 }
                .clamp(16, MOST_FLOOR * 16);
        let talks = level > LEAST_LEVEL.max(3 * self.floor / 16);
        self.hang = if talks { HANG } else { self.hang.saturating_sub(1) };
        self.level = (self.level * 7 + level) / 8;
    }
}
