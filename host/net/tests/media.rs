//! Media threads with real sockets on loopback.
#![expect(clippy::unwrap_used, reason = "a test")]

use jackfield_media::{Item, StreamConfig, StreamEvent, codec::Codec, rtp::Header, sdp::Negotiated};
use jackfield_net::{Media, MediaConfig, MediaStream};
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
        payload_types: 1 << 101 | 1 << codec.payload_type(),
        speak: Some(speak),
    }
}

fn send_from(socket: &UdpSocket, to: SocketAddr, payload_type: u8, sequence: u16, payload: &[u8]) {
    let timestamp = u32::from(sequence) * 160;
    let header = Header { marker: false, payload_type, sequence, timestamp, ssrc: 5, payload_start: 0, payload_end: 0 };
    let mut bytes = [0; 12];
    header.write(&mut bytes);
    socket.send_to(&[&bytes[..], payload].concat(), to).unwrap();
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
    assert!(heard.iter().all(|(_, payload)| payload.iter().all(|o| (Codec::Pcmu.decode(*o) - 8_000).abs() < 300)));
    assert_eq!(a.events.recv().await, Some(StreamEvent::Played(play)));
    a.stream.record(Duration::from_millis(60), Duration::ZERO);
    for sequence in 1..=3 {
        a.send(0, sequence, &[0x10; 160]);
    }
    assert!(matches!(a.events.recv().await, Some(StreamEvent::RecordEnded(_))));
    let samples = a.stream.take_recording().await;
    assert_eq!(samples.len(), 480);
    assert!(samples.iter().all(|s| *s == Codec::Pcmu.decode(0x10)));
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
