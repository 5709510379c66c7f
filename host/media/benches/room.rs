//! What a room of sixteen costs per tick of 20 ms, and what its parts cost per frame. One per cent of a core is 200 µs.

use criterion::{Criterion, criterion_group, criterion_main};
use jackfield_media::{
    Concealer, FRAME, FRAME_TIME,
    codec::{Codec, Decoder, Encoder, Transcoder},
    resample::{Downsampler, Upsampler},
    room::{HeardBy, Room, RoomConfig},
    rtp::Header,
    secure::{Suite, srtp},
};
use std::{hint::black_box, time::Instant};

fn tone(hertz: f64, rate: f64, count: usize) -> Vec<i16> {
    let sample = |at| (4_000.0 * (std::f64::consts::TAU * hertz * f64::from(at) / rate).sin()) as i16;
    (0..count as u32).map(sample).collect()
}

/// A second of something in this codec.
fn second(codec: Codec, sound: &[i16]) -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new(codec);
    sound
        .chunks_exact(FRAME)
        .map(|samples| {
            let mut octets = [0; FRAME];
            let len = encoder.encode(samples, &mut octets);
            octets[..len].to_vec()
        })
        .collect()
}

fn rooms(c: &mut Criterion) {
    for (name, codec_of, talkers) in [
        ("16 members, 2 talk, G.711", (|_| Codec::Pcma) as fn(u64) -> Codec, 2),
        ("16 members, 2 talk, G.722", |_| Codec::G722, 2),
        ("16 members, 2 talk, half G.711, half G.722", |n| if n % 2 == 0 { Codec::Pcma } else { Codec::G722 }, 2),
        ("16 members, 2 talk, Opus", |_| Codec::Opus, 2),
        ("16 members, nobody talks, G.722", |_| Codec::G722, 0),
        ("16 members, all talk, G.711", |_| Codec::Pcma, 16),
        ("16 members, all talk, G.722", |_| Codec::G722, 16),
    ] {
        let mut room = Room::new(RoomConfig::default());
        let sounds: Vec<_> = (0..16)
            .map(|n| {
                room.join(n, Some(codec_of(n)), HeardBy::Everybody).expect("there is room");
                // Background at -70 dBm0 in place of talk.
                let hum: Vec<i16> =
                    (0..8_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 28) as i16 - 8).collect();
                second(codec_of(n), &hum)
            })
            .collect();
        let talk: Vec<_> =
            (0..16).map(|n| second(codec_of(n), &tone(300.0 + 40.0 * n as f64, 8_000.0, 8_000))).collect();
        let mut now = Instant::now();
        let mut at = 0_usize;
        c.bench_function(name, |b| {
            b.iter(|| {
                for n in 0..16 {
                    let octets = if n < talkers { &talk[n as usize][at % 50] } else { &sounds[n as usize][at % 50] };
                    let timestamp = at as u32 * (codec_of(n).clock_rate() / 50);
                    room.push(n, now, codec_of(n), n as u32, timestamp, octets);
                }
                room.tick(|_| ());
                now += FRAME_TIME;
                at += 1;
                black_box(room.frame(3).map(|frame| frame.1[0]))
            });
        });
    }
}

fn parts(c: &mut Criterion) {
    let (narrow, wide) = (tone(700.0, 8_000.0, 160), tone(700.0, 16_000.0, 320));
    let mut octets = [0; FRAME];
    let mut samples = [0; 320];
    let (mut encoder, mut decoder) = (Encoder::new(Codec::G722), Decoder::new(Codec::G722));
    c.bench_function("G.722 encoding", |b| b.iter(|| encoder.encode_wide(black_box(&wide), &mut octets)));
    c.bench_function("G.722 decoding", |b| b.iter(|| decoder.decode(black_box(&octets), &mut samples)));
    let (mut encoder, mut decoder) = (Encoder::new(Codec::Opus), Decoder::new(Codec::Opus));
    let mut len = 0;
    c.bench_function("Opus encoding", |b| b.iter(|| len = encoder.encode_wide(black_box(&wide), &mut octets)));
    c.bench_function("Opus decoding", |b| b.iter(|| decoder.decode(black_box(&octets[..len]), &mut samples)));
    let mut encoder = Encoder::new(Codec::Pcma);
    c.bench_function("A-law encoding", |b| b.iter(|| encoder.encode(black_box(&narrow), &mut octets)));
    let mut up = Upsampler::default();
    c.bench_function("8 to 16 kHz", |b| b.iter(|| up.process(black_box(&narrow), &mut samples)));
    let mut down = Downsampler::default();
    c.bench_function("16 to 8 kHz", |b| b.iter(|| down.process(black_box(&wide), &mut samples[..160])));
    let mut concealer = Concealer::new(16_000);
    c.bench_function("concealing at 16 kHz, one in two", |b| {
        b.iter(|| {
            concealer.hear(&mut samples);
            concealer.conceal(&mut samples);
        });
    });
}

/// Twenty milliseconds of a call between Opus and A-law: one packet each way.
fn call(c: &mut Criterion) {
    let sound = tone(700.0, 8_000.0, 8_000);
    let (opus, law) = (second(Codec::Opus, &sound), second(Codec::Pcma, &sound));
    let mut there = Transcoder::new(Codec::Opus, Codec::Pcma);
    let mut back = Transcoder::new(Codec::Pcma, Codec::Opus);
    let mut voices = [Encoder::new(Codec::Pcma), Encoder::new(Codec::Opus)];
    let mut at = 0_usize;
    c.bench_function("a call between Opus and A-law", |b| {
        b.iter(|| {
            let [to_law, to_opus] = &mut voices;
            for (transcoder, voice, packets, units) in
                [(&mut there, to_law, &opus, 960), (&mut back, to_opus, &law, 160)]
            {
                let (sequence, timestamp) = (at as u16, at as u32 * units);
                let header = Header {
                    marker: false,
                    payload_type: 0,
                    sequence,
                    timestamp,
                    ssrc: 1,
                    payload_start: 0,
                    payload_end: 0,
                };
                transcoder.packets(&header, &packets[at % 50], voice, |_, _, _, octets| {
                    black_box(octets.len());
                });
            }
            at += 1;
        });
    });
}

/// One packet of G.711.
fn protection(c: &mut Criterion) {
    for suite in [Suite::Aes128Sha80, Suite::Aead256] {
        let material = vec![7; suite.material()];
        let mut sender = srtp::Sender::new(suite, &material).expect("the key is as long as it must be");
        let mut buffer = [0x55; 256];
        let mut sequence = 0_u16;
        c.bench_function(&format!("protecting with {}", suite.name()), |b| {
            b.iter(|| {
                let header = Header {
                    marker: false,
                    payload_type: 8,
                    sequence,
                    timestamp: 7,
                    ssrc: 1,
                    payload_start: 0,
                    payload_end: 0,
                };
                header.write(buffer.first_chunk_mut().expect("a buffer for a packet"));
                sequence = sequence.wrapping_add(1);
                black_box(sender.protect(&mut buffer, 172)).is_ok()
            });
        });
    }
}

criterion_group!(benches, rooms, parts, call, protection);
criterion_main!(benches);
