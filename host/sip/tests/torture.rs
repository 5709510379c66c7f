//! Every message of RFC 4475 and RFC 5118, as a datagram and byte by byte on a stream.

#![expect(clippy::unwrap_used, reason = "a test that finds nothing there fails")]

use bytes::Bytes;
use jackfield_sip::{
    Config, ConnectionId, Endpoint, Event, Flow, Frame, Framing, Limits, Message, ParseError, StreamFramer, Transport,
};
use std::{fs, path::PathBuf, time::Instant};

/// What an endpoint makes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// A call comes in.
    Invite,
    /// Its user decides.
    Request,
    /// Answered with this status and nothing else.
    Answered(u16),
    /// Neither answered nor reported.
    Ignored,
    /// On a stream: more bytes are awaited.
    Awaited,
    /// On a stream: answered with this status, and the connection is to be closed.
    Closed(u16),
}

use Class::{Answered, Awaited, Closed, Ignored, Invite, Request};

/// What is expected: message, class as a datagram, class on a stream. The table is shared with the tests of the whole
/// host.
fn expected() -> Vec<(&'static str, Class, Class)> {
    let lines = include_str!("../../../tests/conformance/rfc4475/expected.txt").lines();
    let rows = lines.filter(|line| !line.starts_with('#')).map(|line| {
        let mut fields = line.split_whitespace();
        let mut next = || fields.next().unwrap_or_else(|| panic!("{line}: a field is missing"));
        (next(), Class::named(next()), Class::named(next()))
    });
    rows.collect()
}

impl Class {
    fn named(word: &str) -> Self {
        let status = |text: &str| text.parse().unwrap_or_else(|_| panic!("there is no class “{word}”"));
        match word {
            "invite" => Invite,
            "request" => Request,
            "ignored" => Ignored,
            "awaited" => Awaited,
            "close" => Closed(0),
            other => other.strip_prefix("close-").map_or_else(|| Answered(status(other)), |code| Closed(status(code))),
        }
    }
}

#[test]
fn every_torture_message_gets_its_answer_as_a_datagram() {
    for (name, expected, _) in expected() {
        let mut endpoint = endpoint();
        endpoint.handle_datagram(now(), flow(Transport::Udp), read(name));
        assert_eq!(class_of(&mut endpoint), expected, "{name}");
    }
}

#[test]
fn every_torture_message_gets_its_answer_byte_by_byte_on_a_stream() {
    for (name, _, expected) in expected() {
        assert_eq!(on_stream(name, 1), expected, "{name} in single bytes");
        assert_eq!(on_stream(name, usize::MAX), expected, "{name} at once");
    }
}

#[test]
fn trailing_bytes_of_a_datagram_are_no_second_message_but_on_a_stream_they_are() {
    let bytes = read("3.1.1.8_dblreq");
    let mut framer = StreamFramer::new(Limits::default());
    framer.push(&bytes);
    let mut endpoint = endpoint();
    while let Some(frame) = framer.next().unwrap() {
        if let Frame::Message(framed) = frame {
            endpoint.handle_message(now(), flow(Transport::Tcp), framed);
        }
    }
    assert!(matches!(endpoint.poll_event(), Some(Event::Request(..))));
    // The second has no Contact, which is forgiven.
    assert!(matches!(endpoint.poll_event(), Some(Event::Invite(..))));
    let message = Message::parse(bytes, Framing::Datagram, &Limits::default()).unwrap();
    assert_eq!(message.body(), b"");
}

#[test]
fn the_table_names_every_file() {
    let mut files: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "dat"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let mut named: Vec<String> = expected().iter().map(|(name, ..)| (*name).to_owned()).collect();
    files.sort();
    named.sort();
    assert_eq!(files, named);
}

#[test]
fn what_is_parsed_is_kept_byte_for_byte() {
    for (name, ..) in expected() {
        let bytes = read(name);
        let message = match Message::parse(bytes.clone(), Framing::Datagram, &Limits::default()) {
            Ok(message) => message,
            Err(ParseError::Answer { message, .. }) => *message,
            Err(ParseError::Drop(_)) => continue,
        };
        assert_eq!(message.bytes(), &bytes, "{name}");
        for header in message.headers() {
            let line = [header.raw_name, header.value].concat();
            assert!(!line.is_empty(), "{name}");
        }
    }
}

fn on_stream(name: &str, size: usize) -> Class {
    let (mut framer, mut endpoint) = (StreamFramer::new(Limits::default()), endpoint());
    let bytes = read(name);
    for piece in bytes.chunks(size.min(bytes.len())) {
        framer.push(piece);
        match framer.next() {
            Ok(Some(Frame::Message(framed))) => {
                endpoint.handle_message(now(), flow(Transport::Tcp), framed);
                return class_of(&mut endpoint);
            }
            Ok(Some(Frame::Ping)) => panic!("{name} is no ping"),
            Ok(None) => {}
            Err(error) => {
                return Closed(error.answer.map_or(0, |answer| {
                    Message::parse(answer, Framing::Stream, &Limits::default()).unwrap().status().unwrap()
                }));
            }
        }
    }
    Awaited
}

fn class_of(endpoint: &mut Endpoint) -> Class {
    let event = endpoint.poll_event();
    let mut statuses = Vec::new();
    while let Some(transmit) = endpoint.poll_transmit() {
        let answer = Message::parse(transmit.bytes, Framing::Stream, &Limits::default()).expect("a well-formed answer");
        statuses.push(answer.status().expect("an answer"));
    }
    match (event, &statuses[..]) {
        (Some(Event::Invite(..)), [100]) => Invite,
        (Some(Event::Request(..)), []) => Request,
        (None, [status]) => Answered(*status),
        (None, []) => Ignored,
        other => panic!("{other:?}"),
    }
}

fn endpoint() -> Endpoint {
    Endpoint::new(Config::default(), [3; 32])
}

fn flow(transport: Transport) -> Flow {
    Flow {
        transport,
        local: "198.51.100.1:5060".parse().unwrap(),
        remote: "192.0.2.77:5066".parse().unwrap(),
        connection: (transport == Transport::Tcp).then_some(ConnectionId(1)),
    }
}

#[expect(clippy::disallowed_methods, reason = "any instant will do")]
fn now() -> Instant {
    Instant::now()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance/rfc4475")
}

fn read(name: &str) -> Bytes {
    fs::read(folder().join(format!("{name}.dat"))).unwrap_or_else(|error| panic!("{name}: {error}")).into()
}
