use super::*;
use crate::{
    codec::{Decoder, Encoder},
    goertzel::{power, tone},
};
use std::time::Duration;

const TICK: Duration = Duration::from_millis(20);

/// A party with a telephone of its own: what it says and what it has heard.
struct Phone {
    key: u64,
    codec: Codec,
    encoder: Encoder,
    decoder: Decoder,
    says: Vec<i16>,
    heard: Vec<i16>,
}

impl Phone {
    fn new(key: u64, codec: Codec, hertz: f64, amplitude: f64) -> Self {
        Self {
            key,
            codec,
            encoder: Encoder::new(codec),
            decoder: Decoder::new(codec),
            says: tone(hertz, amplitude, 8_000 * 6, 8_000),
            heard: vec![],
        }
    }

    /// How much of this frequency it heard in the last second, in dB against a tone of amplitude 1,000.
    fn hears(&self, hertz: f64) -> f64 {
        let rate = self.codec.sample_rate();
        let last = &self.heard[self.heard.len() - rate as usize / 2..];
        10.0 * (power(last, hertz, rate) / 500_000.0).log10()
    }
}

/// A room with telephones, run for so many ticks.
struct Scene {
    room: Room,
    phones: Vec<Phone>,
    now: Instant,
    tick: u32,
    events: Vec<RoomEvent>,
    encoded: usize,
}

impl Scene {
    fn new(phones: Vec<(Phone, HeardBy)>) -> Self {
        let now = Instant::now();
        let mut room = Room::new(RoomConfig::default());
        for (phone, heard_by) in &phones {
            room.join(phone.key, Some(phone.codec), *heard_by).unwrap();
        }
        let phones = phones.into_iter().map(|(phone, _)| phone).collect();
        Self { room, phones, now, tick: 0, events: vec![], encoded: 0 }
    }

    fn run(&mut self, ticks: u32) {
        for _ in 0..ticks {
            for phone in &mut self.phones {
                let at = self.tick as usize * FRAME;
                let mut octets = [0; FRAME];
                let len = phone.encoder.encode(&phone.says[at..at + FRAME], &mut octets);
                let (key, codec) = (phone.key, phone.codec);
                let timestamp = at as u32 * (codec.clock_rate() / 8_000);
                self.room.push(key, self.now + TICK * self.tick, codec, key as u32, timestamp, &octets[..len]);
            }
            self.tick += 1;
            self.room.tick(|event| self.events.push(event));
            self.encoded = self.room.encoded();
            for phone in &mut self.phones {
                let mut samples = [0; WIDE_FRAME];
                let Some((codec, octets)) = self.room.frame(phone.key) else { continue };
                assert_eq!(codec, phone.codec);
                let count = phone.decoder.decode(octets, &mut samples);
                phone.heard.extend_from_slice(&samples[..count]);
            }
        }
    }

    /// The steepest step between two samples that this one has heard, and in which tick.
    fn steepest(&self, index: usize) -> (u16, usize) {
        let heard = &self.phones[index].heard;
        let frame = self.phones[index].codec.sample_rate() as usize / 50;
        heard.windows(2).enumerate().map(|(at, w)| (w[0].abs_diff(w[1]), at / frame)).max().unwrap_or_default()
    }
}

fn hertz(number: usize) -> f64 {
    400.0 + 150.0 * number as f64
}

fn sixteen(codec: impl Fn(usize) -> Codec) -> Scene {
    let phone = |n| (Phone::new(n as u64 + 100, codec(n), hertz(n), 1_000.0), HeardBy::Everybody);
    Scene::new((0..16).map(phone).collect())
}

fn all_hear_all_others(scene: &Scene) {
    for (listener, phone) in scene.phones.iter().enumerate() {
        for talker in 0..scene.phones.len() {
            let level = phone.hears(hertz(talker));
            if talker == listener {
                assert!(level < -25.0, "{listener} hears itself: {level} dB");
            } else {
                assert!(level.abs() < 1.0, "{listener} hears {talker} at {level} dB");
            }
        }
    }
}

#[test]
fn sixteen_hear_the_fifteen_others_and_never_themselves() {
    let mut narrow = sixteen(|n| if n % 2 == 0 { Codec::Pcma } else { Codec::Pcmu });
    narrow.run(100);
    all_hear_all_others(&narrow);
    assert!(!narrow.room.wide);
    let mut mixed = sixteen(|n| Codec::ALL[n % 3]);
    mixed.run(100);
    assert!(mixed.room.wide);
    all_hear_all_others(&mixed);
}

fn three(codec: Codec, third: HeardBy) -> Scene {
    let phone = |n: usize| Phone::new(n as u64, codec, hertz(2 * n), 1_000.0);
    Scene::new(vec![(phone(1), HeardBy::Everybody), (phone(2), HeardBy::Everybody), (phone(3), third)])
}

/// What each hears of each, as bits: bit 3·listener + talker.
fn heard(scene: &Scene) -> u32 {
    let mut bits = 0;
    for listener in 0..3 {
        for talker in 0..3 {
            let level = scene.phones[listener].hears(hertz(2 * (talker + 1)));
            // Opus codes what it hears as a whole: its own noise lies this far below.
            let nothing = if scene.phones[listener].codec == Codec::Opus { -12.0 } else { -25.0 };
            assert!(level.abs() < 1.0 || level < nothing, "{listener} hears {talker} at {level} dB");
            bits |= u32::from(level > -1.0) << (3 * listener + talker);
        }
    }
    bits
}

#[test]
fn listening_whispering_and_barging_in() {
    for codec in Codec::ALL {
        let mut scene = three(codec, HeardBy::Nobody);
        scene.run(60);
        assert_eq!(heard(&scene), 0b011_001_010, "{codec:?}: a monitor hears both, nobody hears it");
        scene.room.set_heard_by(3, HeardBy::Only(1));
        scene.run(60);
        assert_eq!(heard(&scene), 0b011_001_110, "{codec:?}: the first hears the whisper");
        scene.room.set_heard_by(3, HeardBy::Everybody);
        scene.run(60);
        assert_eq!(heard(&scene), 0b011_101_110, "{codec:?}: all hear all");
        scene.room.set_heard_by(3, HeardBy::Only(1));
        scene.run(5);
        scene.room.leave(1);
        scene.phones[0].heard.clear();
        scene.phones[0].heard.resize(16_000, 0);
        scene.run(55);
        assert_eq!(heard(&scene), 0b010_000_000, "{codec:?}: a whisper to nobody is heard by nobody");
    }
}

#[test]
fn mute_and_gain() {
    let mut scene = three(Codec::Pcma, HeardBy::Everybody);
    scene.room.set_gain(1, 2.0);
    scene.room.set_muted(3, true);
    scene.run(60);
    let [_, second, third] = &scene.phones[..] else { panic!() };
    assert!((second.hears(hertz(2)) - 6.02).abs() < 1.0 && second.hears(hertz(6)) < -25.0);
    assert!((third.hears(hertz(4))).abs() < 1.0, "who is muted hears on");
    scene.room.set_muted(3, false);
    scene.room.set_gain(1, f32::NAN);
    scene.run(60);
    assert!(scene.phones[1].hears(hertz(6)).abs() < 1.0 && scene.phones[1].hears(hertz(2)).abs() < 1.0);
}

#[test]
fn nobody_hears_a_click_when_others_come_go_are_muted_or_change() {
    for codec in Codec::ALL {
        let phone = |n: u64, hertz| Phone::new(n, codec, hertz, 4_000.0);
        let mut scene = Scene::new(vec![
            (phone(1, 300.0), HeardBy::Everybody),
            (phone(2, 350.0), HeardBy::Everybody),
            (phone(3, 320.0), HeardBy::Everybody),
        ]);
        scene.run(40);
        scene.room.leave(3);
        scene.run(13);
        scene.room.join(3, Some(codec), HeardBy::Everybody).unwrap();
        scene.run(13);
        scene.room.set_muted(2, true);
        scene.run(13);
        scene.room.set_muted(2, false);
        scene.run(13);
        scene.room.set_heard_by(3, HeardBy::Only(2));
        scene.run(13);
        // Two tones of 4,000 at 350 Hz: 2,200 from one sample to the next at 8 kHz, and the codec's own noise.
        for index in 0..2 {
            let (steepest, tick) = scene.steepest(index);
            assert!(steepest < 3_200, "{codec:?}: {index} hears a step of {steepest} in tick {tick}");
        }
    }
}

#[test]
fn who_is_silent_costs_no_frame_of_its_own() {
    let mut scene = sixteen(|n| Codec::ALL[n % 3]);
    for phone in &mut scene.phones[2..] {
        phone.says.fill(0);
    }
    scene.phones[0].says[8_000 * 3..].fill(0);
    scene.phones[1].says[8_000 * 3..].fill(0);
    scene.run(140);
    // The two talkers hear one another; the others both, in three codecs.
    assert_eq!(scene.encoded, 5);
    scene.run(100);
    assert_eq!(scene.encoded, 3, "silence, in three codecs");
    assert!(scene.phones[5].hears(hertz(0)) < -40.0);
}

#[test]
fn the_speaker_is_told_and_a_whisperer_never_named() {
    let mut scene = three(Codec::G722, HeardBy::Nobody);
    scene.phones[0].says[8_000..].fill(0);
    scene.phones[1].says[..8_000 * 2].fill(0);
    scene.phones[1].says[8_000 * 3..].fill(0);
    scene.run(250);
    let speakers: Vec<_> = scene.events.iter().map(|RoomEvent::Speaker(who)| *who).collect();
    assert_eq!(speakers, [Some(1), None, Some(2), None]);
}

#[test]
fn a_sound_is_heard_when_somebody_joins_and_leaves_but_not_for_a_monitor() {
    let beep = vec![Item::Audio(tone(1_000.0, 1_000.0, 8_000, 8_000).into())];
    let mut room = Room::new(RoomConfig { entry: beep.clone(), exit: beep, narrow: false });
    let codec = Codec::Pcmu;
    let level = |room: &mut Room, ticks: usize| {
        let mut heard = vec![];
        for _ in 0..ticks {
            room.tick(|_| ());
            let mut samples = [0; FRAME];
            Decoder::new(codec).decode(room.frame(1).unwrap().1, &mut samples);
            heard.extend(samples);
        }
        10.0 * (power(&heard, 1_000.0, 8_000) / 500_000.0).log10()
    };
    room.join(1, Some(codec), HeardBy::Everybody).unwrap();
    assert!(level(&mut room, 50).abs() < 1.0);
    room.join(2, Some(codec), HeardBy::Nobody).unwrap();
    assert!(level(&mut room, 60) < -40.0);
    room.leave(2);
    assert!(level(&mut room, 60) < -40.0);
    room.join(3, Some(codec), HeardBy::Everybody).unwrap();
    assert!(level(&mut room, 50).abs() < 1.0);
    level(&mut room, 10);
    room.leave(3);
    assert!(level(&mut room, 50).abs() < 1.0);
}

#[test]
fn a_full_room_takes_nobody_until_somebody_leaves() {
    let mut room = Room::new(RoomConfig::default());
    for key in 0..MAX_MEMBERS as u64 {
        room.join(key, Some(Codec::Pcma), HeardBy::Everybody).unwrap();
    }
    assert_eq!(room.join(99, None, HeardBy::Nobody), Err(RoomFull));
    room.tick(|_| ());
    room.leave(5);
    room.join(99, Some(Codec::G722), HeardBy::Nobody).unwrap();
    room.tick(|_| ());
    assert!(room.frame(5).is_none() && room.frame(99).is_some());
    for key in 0..100 {
        room.leave(key);
    }
    assert!(room.is_empty());
    room.tick(|_| ());
    assert_eq!(room.encoded(), 0);
}
