//! Media threads with real sockets on loopback.
#![expect(clippy::unwrap_used, reason = "a test")]

use jackfield_media::{
    Content, Item, StreamConfig, StreamEvent,
    codec::{Codec, Decoder, Encoder, g711::decode_ulaw},
    room::{HeardBy, RoomConfig, RoomEvent},
    rtp::Header,
    sdp::{Format, Negotiated, PayloadTypes},
    secure::Security,
};
use jackfield_net::{Media, MediaConfig, MediaStream, RoomError};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    time::Duration,
};
use tokio::sync::mpsc;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A party with a socket of its own.
struct Party {
    socket: UdpSocket,
    stream: MediaStream,
    events: mpsc::Receiver<StreamEvent>,
}

impl Party {
    fn new(media: &Media, codec: Codec) -> Self {
        let socket = UdpSocket::bind((LOOPBACK, 0)).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let (sender, events) = mpsc::channel(8);
        let mut stream = media.bind(LOOPBACK, 1, 7, sender).unwrap();
        stream.configure(config(&socket, codec));
        Self { socket, stream, events }
    }

    fn send(&self, payload_type: u8, sequence: u16, payload: &[u8]) {
        send_from(&self.socket, self.stream.address(), payload_type, sequence, payload);
    }

    fn receive(&self) -> (Header, Vec<u8>) {
        let mut buffer = [0; 2_048];
        let (len, from) = self.socket.recv_from(&mut buffer).unwrap();
        assert_eq!(from, self.stream.address(), "the host speaks from the port that it described");
        let header = Header::parse(&buffer[..len]).unwrap();
        (header, buffer[header.payload_start..header.payload_end].to_vec())
    }
}

fn config(socket: &UdpSocket, codec: Codec) -> StreamConfig {
    let address = socket.local_addr().unwrap();
    let speak = Negotiated { codec, payload_type: codec.payload_type(), dtmf: Some(101) };
    StreamConfig {
        rtp: address,
        rtcp: SocketAddr::new(address.ip(), address.port().wrapping_add(1)),
        signalling_host: None,
        hears: true,
        sends: true,
        payload_types: PayloadTypes::of(&[
            format(codec.payload_type(), codec.name(), codec.clock_rate()),
            format(101, "telephone-event", 8_000),
        ]),
        speak: Some(speak),
        security: Security::default(),
        keys_by_tone: false,
        content: Content::Sound,
    }
}

fn format(payload_type: u8, encoding: &str, clock_rate: u32) -> Format {
    Format { payload_type, encoding: encoding.into(), clock_rate }
}

fn send_from(socket: &UdpSocket, to: SocketAddr, payload_type: u8, sequence: u16, payload: &[u8]) {
    let timestamp = u32::from(sequence) * 160;
    let header = Header { marker: false, payload_type, sequence, timestamp, ssrc: 5, payload_start: 0, payload_end: 0 };
    let mut bytes = [0; 12];
    header.write(&mut bytes);
    socket.send_to(&[&bytes[..], payload].concat(), to).unwrap();
}

/// How loud each of three tones is in what a party heard: the tone's amplitude.
fn tones(samples: &[i16]) -> [f64; 3] {
    [500.0, 1_100.0, 2_300.0].map(|hertz| {
        let (mut cosine, mut sine) = (0.0, 0.0);
        for (at, sample) in samples.iter().enumerate() {
            let angle = std::f64::consts::TAU * hertz * at as f64 / 8_000.0;
            cosine += f64::from(*sample) * angle.cos();
            sine += f64::from(*sample) * angle.sin();
        }
        2.0 * cosine.hypot(sine) / samples.len() as f64
    })
}

/// Three telephones, each with a tone of its own.
struct Conversation {
    parties: Vec<Party>,
    encoders: Vec<Encoder>,
    sequence: u16,
}

impl Conversation {
    fn new(media: &Media, codecs: [Codec; 3]) -> Self {
        let parties: Vec<_> = codecs.iter().map(|codec| Party::new(media, *codec)).collect();
        for party in &parties {
            party.socket.set_nonblocking(true).unwrap();
        }
        Self { parties, encoders: codecs.map(Encoder::new).into(), sequence: 1 }
    }

    /// Everybody speaks for so many packets; who hears whom in the last 20 of them, as bits 3·listener + talker.
    async fn who_hears_whom(&mut self, packets: u16) -> u32 {
        let mut heard = [const { Vec::<i16>::new() }; 3];
        let mut decoders: Vec<_> = self.encoders.iter().map(|e| Decoder::new(e.codec())).collect();
        let mut rhythm = tokio::time::interval(Duration::from_millis(20));
        for _ in 0..packets {
            rhythm.tick().await;
            for (index, hertz) in [500.0, 1_100.0, 2_300.0].into_iter().enumerate() {
                let party = &self.parties[index];
                let start = f64::from(self.sequence) * 160.0;
                let sample =
                    |at| (4_000.0 * (std::f64::consts::TAU * hertz * (start + f64::from(at)) / 8_000.0).sin()) as i16;
                let samples: Vec<i16> = (0..160).map(sample).collect();
                let mut octets = [0; 160];
                self.encoders[index].encode(&samples, &mut octets);
                party.send(self.encoders[index].codec().payload_type(), self.sequence, &octets);
                let mut buffer = [0; 2_048];
                while let Ok((len, _)) = party.socket.recv_from(&mut buffer) {
                    let header = Header::parse(&buffer[..len]).unwrap();
                    let mut samples = [0; 160];
                    decoders[index].decode_narrow(&buffer[header.payload_start..header.payload_end], &mut samples);
                    heard[index].extend(samples);
                }
            }
            self.sequence += 1;
        }
        let mut bits = 0;
        for (listener, samples) in heard.iter().enumerate() {
            let last = &samples[samples.len().saturating_sub(20 * 160)..];
            for (talker, amplitude) in tones(last).into_iter().enumerate() {
                bits |= u32::from(!last.is_empty() && amplitude > 1_000.0) << (3 * listener + talker);
            }
        }
        bits
    }
}

#[tokio::test]
async fn a_third_party_listens_whispers_joins_and_goes_while_the_two_go_on() {
    let media = media(28_400);
    let mut three = Conversation::new(&media, [Codec::Pcma, Codec::Pcmu, Codec::G722]);
    let [a, b, _] = &three.parties[..] else { unreachable!() };
    a.stream.connect(&b.stream);
    assert_eq!(three.who_hears_whom(30).await, 0b000_001_010, "a plain relay");

    let (events, mut told) = mpsc::channel(8);
    let room = media.new_room(&three.parties[0].stream, RoomConfig::default(), events);
    for party in &mut three.parties[..2] {
        room.join(&mut party.stream, HeardBy::Everybody).await.unwrap();
    }
    room.join(&mut three.parties[2].stream, HeardBy::Nobody).await.unwrap();
    assert_eq!(three.who_hears_whom(60).await, 0b011_001_010, "the third listens");
    assert!(matches!(told.recv().await, Some(RoomEvent::Speaker(Some(_)))));
    room.set_heard_by(three.parties[2].stream.id(), HeardBy::Only(three.parties[0].stream.id()));
    assert_eq!(three.who_hears_whom(60).await, 0b011_001_110, "the first hears it whisper");
    room.set_heard_by(three.parties[2].stream.id(), HeardBy::Everybody);
    assert_eq!(three.who_hears_whom(60).await, 0b011_101_110, "it is in the call");
    room.set_muted(three.parties[1].stream.id(), true);
    assert_eq!(three.who_hears_whom(60).await, 0b001_101_100, "the second is muted");
    three.parties[0].send(101, 9_000, &[7, 10, 0, 160]);
    assert_eq!(three.parties[0].events.recv().await, Some(StreamEvent::Digit('7')), "keys are still told");
    assert!(room.jitter(&three.parties[0].stream).await.is_some());

    room.leave(three.parties[2].stream.id());
    let [a, b, _] = &three.parties[..] else { unreachable!() };
    a.stream.connect(&b.stream);
    drop(room);
    assert_eq!(three.who_hears_whom(60).await, 0b000_001_010, "a plain relay again");
}

#[tokio::test]
async fn who_is_in_a_room_that_is_dropped_stays_and_hears_nobody() {
    let media = Media::start(&MediaConfig { ports: (28_500, 28_599), threads: 3 }).unwrap();
    let mut three = Conversation::new(&media, [Codec::Pcma; 3]);
    let (events, _told) = mpsc::channel(1);
    // One that began on another thread comes along.
    let (sender, receiver) = mpsc::channel(8);
    let mut elsewhere = media.bind(LOOPBACK, 2, 9, sender).unwrap();
    elsewhere.configure(config(&three.parties[2].socket, Codec::Pcma));
    (three.parties[2].stream, three.parties[2].events) = (elsewhere, receiver);
    let room = media.new_room(&three.parties[0].stream, RoomConfig::default(), events);
    let mut unused = media.bind(LOOPBACK, 1, 7, mpsc::channel(1).0).unwrap();
    assert_eq!(room.join(&mut unused, HeardBy::Everybody).await, Err(RoomError::NoStream));
    for party in &mut three.parties {
        room.join(&mut party.stream, HeardBy::Everybody).await.unwrap();
    }
    assert_eq!(three.who_hears_whom(60).await, 0b011_101_110);
    drop(room);
    assert_eq!(three.parties[0].stream.stats().await.refused, 0, "the thread has taken note");
    three.who_hears_whom(3).await;
    assert_eq!(three.who_hears_whom(25).await, 0);
    let [a, _, c] = &three.parties[..] else { unreachable!() };
    a.stream.connect(&c.stream);
    assert_eq!(three.who_hears_whom(30).await, 0b001_000_100);
}

fn media(first: u16) -> Media {
    Media::start(&MediaConfig { ports: (first, first + 99), threads: 1 }).unwrap()
}

#[tokio::test]
async fn two_parties_hear_each_other_and_a_stranger_is_heard_by_nobody() {
    let media = media(28_000);
    let (a, b) = (Party::new(&media, Codec::Pcma), Party::new(&media, Codec::Pcmu));
    a.stream.connect(&b.stream);
    a.send(8, 1, &[0xd5; 160]);
    let (header, payload) = b.receive();
    assert_eq!((header.payload_type, header.sequence, payload.len()), (0, 1, 160));
    b.send(0, 9, &[0xff; 160]);
    assert_eq!(a.receive().0.payload_type, 8);

    let stranger = UdpSocket::bind("127.0.0.2:0").unwrap();
    send_from(&stranger, a.stream.address(), 8, 2, &[0; 160]);
    a.send(8, 3, &[0xd5; 160]);
    assert_eq!(b.receive().0.sequence, 3, "the stranger's packet went nowhere");
    let stats = a.stream.stats().await;
    assert_eq!((stats.received, stats.refused), (2, 1));
}

#[tokio::test]
async fn an_echo_comes_back_and_a_key_is_told() {
    let media = media(28_100);
    let mut a = Party::new(&media, Codec::Pcmu);
    a.stream.connect(&a.stream);
    a.send(0, 1, &[0x55; 160]);
    assert_eq!(a.receive().1, [0x55; 160]);
    a.send(101, 2, &[5, 10, 0, 160]);
    assert_eq!(a.events.recv().await, Some(StreamEvent::Digit('5')));
}

#[tokio::test]
async fn a_prompt_is_heard_to_its_end_and_a_recording_holds_what_was_said() {
    let media = media(28_200);
    let mut a = Party::new(&media, Codec::Pcmu);
    let play = a.stream.play(vec![Item::Audio(vec![8_000; 480].into())], false);
    let heard: Vec<_> = (0..3).map(|_| a.receive()).collect();
    assert!(heard[0].0.marker);
    assert!(heard.iter().all(|(_, payload)| payload.iter().all(|o| (decode_ulaw(*o) - 8_000).abs() < 300)));
    assert_eq!(a.events.recv().await, Some(StreamEvent::Played(play)));
    a.stream.record(Duration::from_millis(60), Duration::ZERO);
    for sequence in 1..=3 {
        a.send(0, sequence, &[0x10; 160]);
    }
    assert!(matches!(a.events.recv().await, Some(StreamEvent::RecordEnded(_))));
    let samples = a.stream.take_recording().await;
    assert_eq!(samples.len(), 480);
    assert!(samples.iter().all(|s| *s == decode_ulaw(0x10)));
}

#[tokio::test]
async fn ports_go_back_when_a_call_ends() {
    let media = media(28_300);
    let (a, b) = (Party::new(&media, Codec::Pcma), Party::new(&media, Codec::Pcma));
    a.stream.connect(&b.stream);
    assert_eq!(media.ports().in_use(), 2);
    drop((a, b));
    for _ in 0..100 {
        if media.ports().in_use() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} pairs are still held", media.ports().in_use());
}
