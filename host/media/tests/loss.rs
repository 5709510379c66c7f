//! What loss does to speech: the house's own prompts through a room, the jitter buffer and the concealment in it, judged by
//! a score of hearing; beside them the same packets with silence where one is lost, which is what there would be without
//! concealment.

mod hearing;

use hearing::{RATE, score, score_of_silence};
use jackfield_media::{
    FRAME, FRAME_TIME, JitterBuffer, Pulled,
    codec::{Codec, Decoder, Encoder, g711},
    room::{HeardBy, Room, RoomConfig},
};
use std::{path::Path, time::Duration, time::Instant};

/// Pause between two prompts, and before the first: the buffer and its delay have settled.
const PAUSE: usize = RATE * 3 / 5;

/// Speech: all prompts of some length in three languages, with where each lies.
struct Speech {
    sound: Vec<i16>,
    pieces: Vec<(usize, usize)>,
}

impl Speech {
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../prompts/sounds");
        let mut files: Vec<_> = ["de", "en", "fr"]
            .iter()
            .flat_map(|language| std::fs::read_dir(folder.join(language)).expect("prompts"))
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.metadata().is_ok_and(|m| m.len() > 10_000))
            .collect();
        files.sort();
        let (mut sound, mut pieces) = (vec![0; PAUSE], Vec::new());
        for file in files {
            let octets = std::fs::read(file).expect("a prompt");
            pieces.push((sound.len(), octets.len()));
            sound.extend(octets.iter().map(|octet| g711::decode_ulaw(*octet)));
            sound.extend([0; PAUSE]);
        }
        sound.truncate(sound.len() / FRAME * FRAME);
        Self { sound, pieces }
    }

    fn seconds(&self) -> usize {
        self.sound.len() / RATE
    }

    /// Each piece with what was heard in its time and a while after it.
    fn beside<'a>(&'a self, heard: &'a [i16]) -> impl Iterator<Item = (&'a [i16], &'a [i16])> {
        self.pieces.iter().map(|(from, len)| {
            let end = (from + len + PAUSE).min(heard.len());
            (&self.sound[*from..(from + len).min(self.sound.len())], heard.get(*from..end).unwrap_or_default())
        })
    }

    fn score(&self, heard: &[i16]) -> f64 {
        score(self.beside(heard))
    }

    /// In packets of 20 ms.
    fn packets(&self, codec: Codec) -> Vec<Vec<u8>> {
        let mut encoder = Encoder::new(codec);
        let packet = |samples: &[i16]| {
            let mut octets = [0; 2 * FRAME];
            let len = encoder.encode(samples, &mut octets);
            octets[..len].to_vec()
        };
        self.sound.chunks_exact(FRAME).map(packet).collect()
    }
}

/// A network that loses this share of its packets at random, and delays each by up to 12 ms.
struct Network {
    share: f64,
    dice: u64,
}

impl Network {
    fn losing(share: f64) -> Self {
        Self { share, dice: 0x9e37_79b9_7f4a_7c15 }
    }

    fn roll(&mut self) -> f64 {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.dice >> 33) as f64 / (1_u64 << 31) as f64
    }

    /// When the next packet arrives after it was sent, if it does.
    fn carry(&mut self) -> Option<Duration> {
        let (lost, late) = (self.roll() < self.share, self.roll());
        (!lost).then(|| Duration::from_micros((12_000.0 * late) as u64))
    }
}

/// Each packet that arrives, tick by tick: its number and when that was.
fn arrivals(count: usize, network: &mut Network, start: Instant) -> Vec<Option<Instant>> {
    (0..count as u32).map(|n| network.carry().map(|late| start + FRAME_TIME * n + late)).collect()
}

/// What somebody hears in a room in which this is said, in the same codec.
fn in_a_room(speech: &Speech, codec: Codec, network: &mut Network) -> Vec<i16> {
    let mut room = Room::new(RoomConfig::default());
    room.join(1, None, HeardBy::Everybody).expect("a place");
    room.join(2, Some(codec), HeardBy::Everybody).expect("a place");
    let packets = speech.packets(codec);
    let arrived = arrivals(packets.len(), network, Instant::now());
    let mut ear = Decoder::new(codec);
    let mut heard = Vec::new();
    for (n, (packet, at)) in packets.iter().zip(arrived).enumerate() {
        if let Some(at) = at {
            room.push(1, at, codec, 7, n as u32 * codec.clock_rate() / 50, packet);
        }
        room.tick(|_| ());
        let mut samples = [0; FRAME];
        if let Some((_, octets)) = room.frame(2) {
            ear.decode_narrow(octets, &mut samples);
        }
        heard.extend_from_slice(&samples);
    }
    heard
}

/// The same packets decoded with silence where one is missing.
fn with_silence(speech: &Speech, codec: Codec, network: &mut Network) -> Vec<i16> {
    let mut buffer = JitterBuffer::new(1);
    let mut decoder = Decoder::new(codec);
    let (mut again, mut ear) = (Encoder::new(codec), Decoder::new(codec));
    let mut heard = Vec::new();
    let packets = speech.packets(codec);
    let arrived = arrivals(packets.len(), network, Instant::now());
    for (n, (packet, at)) in packets.iter().zip(arrived).enumerate() {
        let mut samples = [0; FRAME];
        if codec.is_octets() {
            if let Some(at) = at {
                buffer.push(at, 7, n as u32 * FRAME as u32, packet);
            }
            let mut octets = [0; FRAME];
            if buffer.pull(false, &mut octets) == Pulled::Frame {
                decoder.decode_narrow(&octets, &mut samples);
            }
        } else if at.is_some() {
            decoder.decode_narrow(packet, &mut samples);
        }
        let mut octets = [0; 2 * FRAME];
        let len = again.encode(&samples, &mut octets);
        ear.decode_narrow(&octets[..len], &mut samples);
        heard.extend_from_slice(&samples);
    }
    heard
}

#[test]
fn the_score_is_that_of_the_e_model_where_the_e_model_knows_it() {
    let speech = Speech::new();
    assert!(speech.seconds() > 60, "{} s of speech", speech.seconds());
    for percent in [1, 2, 3, 5, 10].map(f64::from) {
        let heard = with_silence(&speech, Codec::Pcma, &mut Network::losing(percent / 100.0));
        let (measured, expected) = (speech.score(&heard), score_of_silence(percent));
        assert!((measured - expected).abs() < 0.2, "{percent} % lost: {measured:.2}, by the E-model {expected:.2}");
    }
}

#[test]
fn the_score_hears_neither_delay_nor_level_but_noise() {
    let speech = Speech::new();
    let clean = speech.score(&speech.sound);
    assert!(clean > 4.35, "{clean:.2}");
    let moved: Vec<i16> = std::iter::repeat_n(0, 777).chain(speech.sound.iter().map(|s| s / 2)).collect();
    let moved = speech.score(&moved);
    assert!((moved - clean).abs() < 0.05, "later and softer: {moved:.2}");
    let mut dice = Network::losing(0.0);
    let mut noisy = |decibels: f64| {
        // Noise that follows the speech, so far below it (ITU-T P.810).
        let gain = 10.0_f64.powf(-decibels / 20.0) * 3.0_f64.sqrt();
        let sound = speech.sound.iter();
        sound.map(|s| (f64::from(*s) * (1.0 + gain * (2.0 * dice.roll() - 1.0))) as i16).collect::<Vec<_>>()
    };
    let scores = [40.0, 30.0, 20.0, 10.0].map(|decibels| speech.score(&noisy(decibels)));
    assert!(scores[0] > 4.3 && scores[1] > 4.2 && scores[3] < 2.0, "{scores:.2?}");
    assert!(scores.is_sorted_by(|louder, softer| louder >= softer), "{scores:.2?}");
}

#[test]
fn one_packet_in_twenty_lost_is_made_up_for() {
    let speech = Speech::new();
    // Nothing of G.722's prediction survives a loss, and what comes after it is wrong for a while too.
    for (codec, least) in [(Codec::Pcma, 3.25), (Codec::G722, 2.4), (Codec::Opus, 3.95)] {
        let whole = speech.score(&in_a_room(&speech, codec, &mut Network::losing(0.0)));
        let made_up = speech.score(&in_a_room(&speech, codec, &mut Network::losing(0.05)));
        let silent = speech.score(&with_silence(&speech, codec, &mut Network::losing(0.05)));
        assert!(whole > 4.2, "{codec:?} without loss: {whole:.2}");
        assert!(made_up > least, "{codec:?}: {made_up:.2} concealed");
        assert!(least > silent + 0.5, "{codec:?}: without concealment {silent:.2} would do");
    }
}
