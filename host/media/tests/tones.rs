//! Tones through the host between every pair of codecs: their level, what is added to them, and that nothing clicks when
//! they begin, at a hold and when another party takes a place.

use jackfield_media::{
    Admission, FRAME, FRAME_TIME, Item, PACKET, Player, Port, Stream, StreamConfig,
    codec::{Codec, Decoder, Encoder},
    rtp::Header,
    sdp::{Preference, Sdp},
    secure::srtp::OVERHEAD,
};
use std::{f64::consts::TAU, net::SocketAddr, time::Instant};

const RATE: f64 = 8_000.0;
/// -10 dBm0, the level at which telephones are measured (ITU-T G.712).
const AMPLITUDE: f64 = 7_200.0;
/// Packets that a measurement leaves out at its beginning.
const SETTLED: usize = 25;
/// Octets of an RTP header.
const HEADER: usize = 12;

/// A party that says a tone, in packets of 20 ms.
struct Talker {
    stream: Stream,
    at: SocketAddr,
    encoder: Encoder,
    codec: Codec,
    hertz: f64,
    phase: usize,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
}

/// A party that hears, as a telephone does: what is missing is silence.
struct Listener {
    stream: Stream,
    decoder: Decoder,
    expected: Option<u32>,
    heard: Vec<i16>,
}

fn config(port: u16, codec: Codec) -> StreamConfig {
    let (number, name, rate) = (codec.payload_type(), codec.name(), codec.clock_rate());
    let channels = if codec == Codec::Opus { "/2" } else { "" };
    let sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP {number}\r\n\
         a=rtpmap:{number} {name}/{rate}{channels}\r\n"
    );
    let audio = Sdp::parse(sdp.as_bytes()).expect("a description").audio().expect("audio");
    let speak = audio.agreed(Preference(&Codec::ALL)).expect("a codec");
    StreamConfig::new(&audio, None, Some(speak))
}

impl Talker {
    fn new(port: u16, codec: Codec, hertz: f64, now: Instant) -> Self {
        Self {
            stream: Stream::new(now, config(port, codec), u64::from(port)),
            at: SocketAddr::from(([127, 0, 0, 1], port)),
            encoder: Encoder::new(codec),
            codec,
            hertz,
            phase: 0,
            sequence: port,
            timestamp: u32::from(port) * 1_000,
            ssrc: u32::from(port),
        }
    }

    /// The next 20 ms of its tone, or of silence.
    fn samples(&mut self, speaks: bool) -> [i16; FRAME] {
        std::array::from_fn(|_| {
            let sample = if speaks { AMPLITUDE * (TAU * self.hertz * self.phase as f64 / RATE).sin() } else { 0.0 };
            self.phase += usize::from(speaks);
            sample.round() as i16
        })
    }

    /// Say this to whoever listens, if anybody does.
    fn say(&mut self, now: Instant, samples: &[i16], listener: Option<&mut Listener>) {
        let mut packet = [0; HEADER + 2 * FRAME + OVERHEAD];
        let len = HEADER + self.encoder.encode(samples, &mut packet[HEADER..]);
        let header = Header {
            marker: false,
            payload_type: self.codec.payload_type(),
            sequence: self.sequence,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
            payload_start: HEADER,
            payload_end: len,
        };
        header.write(packet.first_chunk_mut().expect("room for a header"));
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(self.codec.clock_rate() / 50);
        let admitted = self.stream.receive(now, Port::Rtp, self.at, &mut packet[..len], |_| ());
        let Admission::Forward(header, len) = admitted else { panic!("{admitted:?}") };
        let Some(Listener { stream, decoder, expected, heard }) = listener else { return };
        stream.pass_on(now, &self.stream, &header, &mut packet, len, |packet, _| {
            hear(decoder, expected, heard, packet);
        });
    }
}

impl Listener {
    fn new(port: u16, codec: Codec, now: Instant) -> Self {
        let stream = Stream::new(now, config(port, codec), u64::from(port));
        Self { stream, decoder: Decoder::new(codec), expected: None, heard: Vec::new() }
    }

    /// Hear the next 20 ms of what the host plays.
    fn hears_played(&mut self, now: Instant) {
        let mut packet = [0; PACKET];
        if let Some((len, _)) = self.stream.poll_packet(now, &mut packet, |_| ()) {
            hear(&mut self.decoder, &mut self.expected, &mut self.heard, &packet[..len]);
        }
    }
}

fn hear(decoder: &mut Decoder, expected: &mut Option<u32>, heard: &mut Vec<i16>, packet: &[u8]) {
    let header = Header::parse(packet).expect("RTP");
    let unit = decoder.codec().clock_rate() / 8_000;
    // A pause sounds as one; half a second is more than any of these has.
    let gap = expected.map_or(0, |expected| header.timestamp.wrapping_sub(expected) / unit);
    assert!(gap < 4_000, "the clock jumps by {gap} samples");
    heard.extend(std::iter::repeat_n(0, gap as usize));
    let mut samples = [0; 2 * FRAME];
    let count = decoder.decode_narrow(&packet[header.payload_start..header.payload_end], &mut samples);
    heard.extend_from_slice(&samples[..count]);
    *expected = Some(header.timestamp.wrapping_add(count as u32 * unit));
}

fn pairs() -> impl Iterator<Item = (Codec, Codec)> {
    Codec::ALL.into_iter().flat_map(|from| Codec::ALL.into_iter().map(move |to| (from, to)))
}

/// Mean power of a frequency in a whole number of its periods.
fn power(samples: &[i16], hertz: f64) -> f64 {
    let (re, im) = samples.iter().enumerate().fold((0.0, 0.0), |(re, im), (at, sample)| {
        let (sin, cos) = (TAU * hertz * at as f64 / RATE).sin_cos();
        (re + f64::from(*sample) * cos, im + f64::from(*sample) * sin)
    });
    2.0 * (re * re + im * im) / (samples.len() as f64).powi(2)
}

#[test]
fn tones_keep_their_level_and_little_is_added_between_every_pair_of_codecs() {
    for (from, to) in pairs() {
        for hertz in [420.0, 1_020.0, 2_040.0, 3_020.0] {
            let start = Instant::now();
            let (mut a, mut b) = (Talker::new(4_000, from, hertz, start), Listener::new(5_000, to, start));
            for tick in 0..SETTLED as u32 + 51 {
                let samples = a.samples(true);
                a.say(start + FRAME_TIME * tick, &samples, Some(&mut b));
            }
            let heard = &b.heard[SETTLED * FRAME..][..8_000];
            let tone = power(heard, hertz);
            let level = 10.0 * (2.0 * tone / (AMPLITUDE * AMPLITUDE)).log10();
            let harmonics = (2..8).map(|n| hertz * f64::from(n)).filter(|hertz| *hertz < 3_900.0);
            let harmonic = (harmonics.map(|hertz| power(heard, hertz)).sum::<f64>() / tone).sqrt();
            let all = heard.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / heard.len() as f64;
            let rest = ((all - tone).max(0.0) / tone).sqrt();
            assert!(level.abs() < 0.5, "{from:?} to {to:?}, {hertz} Hz: {level:.2} dB");
            assert!(harmonic < 0.01, "{from:?} to {to:?}, {hertz} Hz: {:.2} % of harmonics", 100.0 * harmonic);
            assert!(rest < 0.05, "{from:?} to {to:?}, {hertz} Hz: {:.2} % is not the tone", 100.0 * rest);
        }
    }
}

/// How far each sample is from where a pure tone was leading: what one hears as a click is a jump out of it.
fn jump(samples: &[i16], hertz: f64) -> f64 {
    let lead = 2.0 * (TAU * hertz / RATE).cos();
    let leap = |w: &[i16]| (f64::from(w[2]) - lead * f64::from(w[1]) + f64::from(w[0])).abs();
    samples.windows(3).map(leap).fold(0.0, f64::max)
}

/// One listener through what happens in calls, and what was said to it.
struct Call {
    now: Instant,
    listener: Listener,
    said: usize,
}

impl Call {
    /// 20 ms of this talker, who is heard.
    fn hears(&mut self, talker: &mut Talker, speaks: bool) {
        self.now += FRAME_TIME;
        let samples = talker.samples(speaks);
        talker.say(self.now, &samples, Some(&mut self.listener));
        self.said += FRAME;
    }

    /// 20 ms of what the host plays, over somebody who talks on.
    fn hears_music(&mut self, talker: &mut Talker) {
        self.now += FRAME_TIME;
        let samples = talker.samples(true);
        talker.say(self.now, &samples, Some(&mut self.listener));
        self.listener.hears_played(self.now);
        self.said += FRAME;
    }
}

#[test]
fn nothing_clicks_when_a_tone_begins_at_a_hold_and_at_a_transfer() {
    const HERTZ: f64 = 420.0;
    for (from, to) in pairs() {
        let now = Instant::now();
        let (mut anna, listener) = (Talker::new(4_000, from, HERTZ, now), Listener::new(5_000, to, now));
        let mut call = Call { now, listener, said: 0 };
        (0..50).for_each(|n| call.hears(&mut anna, n >= 10));
        // Music that goes on where the tone is, so that all that jumps is the host's doing.
        let mut music = Talker { phase: anna.phase, ..Talker::new(3_000, from, HERTZ, now) };
        let sound: Vec<i16> = (0..30).flat_map(|_| music.samples(true)).collect();
        call.listener.stream.play(Player::new(1, vec![Item::Audio(sound.into())], true));
        (0..30).for_each(|_| call.hears_music(&mut anna));
        call.listener.stream.stop_playing();
        (0..30).for_each(|_| call.hears(&mut anna, true));
        // Another party, whose count is behind the first one's, and who has talked elsewhere before.
        let mut bert = Talker { phase: anna.phase, ..Talker::new(2_000, from, HERTZ, now) };
        bert.phase -= 20 * FRAME;
        for _ in 0..20 {
            let samples = bert.samples(true);
            bert.say(call.now, &samples, None);
        }
        call.listener.stream.source_changed();
        (0..30).for_each(|_| call.hears(&mut bert, true));

        let heard = &call.listener.heard;
        assert_eq!(heard.len(), call.said, "{from:?} to {to:?}: all of it is heard, and nothing twice");
        // A delay of the codec leaves a step in the tone where sound that it has delayed meets sound that it has not.
        let (peak, jump) = (heard.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0), jump(heard, HERTZ));
        assert!(f64::from(peak) < 1.5 * AMPLITUDE, "{from:?} to {to:?}: a peak of {peak}");
        assert!(jump < 1.25 * AMPLITUDE, "{from:?} to {to:?}: a jump by {jump:.0}");
        let settled = &heard[heard.len() - 10 * FRAME..];
        assert!(self::jump(settled, HERTZ) < 0.1 * AMPLITUDE, "{from:?} to {to:?}: unsettled after 400 ms");
    }
}
