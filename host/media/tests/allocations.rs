//! Packets and ticks allocate nothing, whatever the codecs and whoever talks.

use jackfield_media::{
    FRAME, FRAME_TIME,
    codec::{Codec, Encoder},
    room::{HeardBy, Room, RoomConfig},
};
use std::time::Instant;

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
