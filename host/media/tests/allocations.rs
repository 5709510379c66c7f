//! Packets and ticks allocate nothing, whatever the codecs and whoever talks.

use jackfield_media::{
    Admission, Content, FRAME, FRAME_TIME, Port, Stream, StreamConfig,
    codec::{Codec, Encoder},
    room::{HeardBy, Room, RoomConfig},
    rtp::{HEADER_LEN, Header},
    sdp::{Format, Negotiated, PayloadTypes},
    secure::{
        Keying, Security, Suite,
        srtp::{OVERHEAD, Sender},
    },
    taps,
};
use std::{net::SocketAddr, time::Instant};

#[test]
fn a_room_allocates_when_somebody_joins_and_never_else() {
    let mut room = Room::new(RoomConfig::default());
    let codec = |key: u64| Codec::ALL[key as usize % 4];
    for key in 0..16 {
        room.join(key, Some(codec(key)), HeardBy::Everybody).unwrap();
    }
    let mut encoders: Vec<_> = (0..16).map(|key| Encoder::new(codec(key))).collect();
    let start = Instant::now();
    let mut run = |room: &mut Room, ticks: std::ops::Range<u32>| {
        let mut sent = 0;
        for tick in ticks {
            for (key, encoder) in (0..16).zip(&mut encoders) {
                // Everybody talks for a while and is silent for a while; one packet in seven is lost.
                let talks = (tick / 40 + key as u32).is_multiple_of(3);
                let wave = |at: usize| if talks { ((at * (20 + key as usize)) % 200) as i16 * 40 - 4_000 } else { 0 };
                let samples: [i16; FRAME] = std::array::from_fn(wave);
                let mut octets = [0; FRAME];
                let len = encoder.encode(&samples, &mut octets);
                if !(tick + key as u32).is_multiple_of(7) {
                    let (now, timestamp) = (start + FRAME_TIME * tick, tick * codec(key).clock_rate() / 50);
                    room.push(key, now, codec(key), 1, timestamp, &octets[..len]);
                }
            }
            room.tick(|_| ());
            sent += (0..16).filter(|key| room.frame(*key).is_some()).count();
        }
        sent
    };
    // What is made once for all: the filter's taps.
    run(&mut room, 0..100);
    room.set_muted(3, true);
    room.set_heard_by(4, HeardBy::Only(5));
    let mut sent = 0;
    let allocated = allocation_counter::measure(|| sent = run(&mut room, 100..600));
    assert_eq!((sent, allocated.count_total), (16 * 500, 0));
}

/// A stream that speaks this, with these keys for what comes and others for what leaves.
fn stream(now: Instant, codec: Codec, port: u16, suite: Suite) -> Stream {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let payload_type = codec.payload_type();
    let format = Format { payload_type, encoding: codec.name().into(), clock_rate: codec.clock_rate() };
    let (ours, theirs) = (vec![1; suite.material()], vec![2; suite.material()]);
    let config = StreamConfig {
        rtp: address,
        rtcp: address,
        signalling_host: None,
        hears: true,
        sends: true,
        payload_types: PayloadTypes::of(&[format]),
        speak: Some(Negotiated { codec, payload_type, dtmf: None }),
        security: Security { keying: Keying::Sdes { suite, ours, theirs }, ..Security::default() },
        keys_by_tone: false,
        content: Content::Sound,
    };
    Stream::new(now, config, 7)
}

#[test]
fn a_call_is_decrypted_recorded_turned_and_encrypted_without_allocating() {
    for suite in Suite::ALL {
        for (from, to) in [(Codec::Opus, Codec::Pcma), (Codec::Pcma, Codec::Opus), (Codec::G722, Codec::Pcmu)] {
            let start = Instant::now();
            let (mut one, mut other) = (stream(start, from, 4_000, suite), stream(start, to, 5_000, suite));
            let (record, heard) = taps(8);
            one.tap(Some(record.tap(0)));
            let mut phone = Sender::new(suite, &vec![2; suite.material()]).unwrap();
            let (mut encoder, source) = (Encoder::new(from), SocketAddr::from(([127, 0, 0, 1], 4_000)));
            let mut run = |packets: std::ops::Range<u16>| {
                let (mut sent, mut copied) = (0, 0);
                for sequence in packets {
                    let mut buffer = [0; HEADER_LEN + FRAME + 2 * OVERHEAD];
                    let samples: [i16; FRAME] = std::array::from_fn(|at| ((at * 31) % 200) as i16 * 40 - 4_000);
                    let len = HEADER_LEN + encoder.encode(&samples, &mut buffer[HEADER_LEN..HEADER_LEN + FRAME]);
                    let timestamp = u32::from(sequence) * from.clock_rate() / 50;
                    let payload_type = from.payload_type();
                    Header {
                        marker: false,
                        payload_type,
                        sequence,
                        timestamp,
                        ssrc: 1,
                        payload_start: 0,
                        payload_end: 0,
                    }
                    .write(buffer.first_chunk_mut().unwrap());
                    let len = phone.protect(&mut buffer, len).unwrap();
                    let now = start + FRAME_TIME * u32::from(sequence);
                    let admitted = one.receive(now, Port::Rtp, source, &mut buffer[..len], |_| ());
                    let Admission::Forward(header, len) = admitted else { panic!("{admitted:?}") };
                    copied += heard.try_iter().count();
                    other.pass_on(now, &one, &header, &mut buffer, len, |_, _| sent += 1);
                }
                (sent, copied)
            };
            run(0..20);
            let mut sent = (0, 0);
            let allocated = allocation_counter::measure(|| sent = run(20..220));
            assert_eq!((sent, allocated.count_total), ((200, 200), 0), "{from:?} to {to:?} by {suite:?}");
        }
    }
}
