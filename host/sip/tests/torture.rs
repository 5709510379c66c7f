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

/// File, class as a datagram, class on a stream.
const EXPECTED: [(&str, Class, Class); 61] = [
    ("3.1.1.1_wsinv", Answered(481), Answered(481)), // well-formed; its To tag is none of ours
    ("3.1.1.2_intmeth", Answered(501), Answered(501)),
    ("3.1.1.3_esc01", Invite, Invite),
    ("3.1.1.4_escnull", Request, Request),
    ("3.1.1.5_esc02", Answered(501), Answered(501)),
    ("3.1.1.6_lwsdisp", Request, Request),
    ("3.1.1.7_longreq", Invite, Invite),
    ("3.1.1.8_dblreq", Request, Request),
    ("3.1.1.9_semiuri", Request, Request),
    ("3.1.1.10_transports", Request, Request),
    ("3.1.1.11_mpart01", Request, Request),
    ("3.1.1.12_unreason", Ignored, Ignored),
    ("3.1.1.13_noreason", Ignored, Ignored),
    ("3.1.2.1_badinv01", Answered(400), Answered(400)),
    ("3.1.2.2_clerr", Answered(400), Awaited),
    ("3.1.2.3_ncl", Answered(400), Closed(400)),
    ("3.1.2.4_scalar02", Answered(400), Answered(400)),
    ("3.1.2.5_scalarlg", Ignored, Ignored),
    ("3.1.2.6_quotbal", Answered(400), Answered(400)),
    ("3.1.2.7_ltgtruri", Answered(400), Answered(400)),
    ("3.1.2.8_lwsruri", Answered(400), Closed(400)),
    ("3.1.2.9_lwsstart", Answered(400), Closed(400)),
    ("3.1.2.10_trws", Answered(400), Closed(400)),
    ("3.1.2.11_escruri", Answered(400), Answered(400)),
    ("3.1.2.12_baddate", Invite, Invite),
    ("3.1.2.13_regbadct", Answered(400), Answered(400)),
    ("3.1.2.14_badaspec", Request, Request),
    ("3.1.2.15_baddn", Request, Request),
    ("3.1.2.16_badvers", Answered(505), Answered(505)),
    ("3.1.2.17_mismatch01", Answered(400), Answered(400)),
    ("3.1.2.18_mismatch02", Answered(400), Answered(400)),
    ("3.1.2.19_bigcode", Ignored, Closed(0)),
    ("3.2.1_badbranch", Request, Request),
    ("3.3.1_insuf", Answered(400), Answered(400)),
    ("3.3.2_unkscm", Answered(416), Answered(416)),
    ("3.3.3_novelsc", Answered(416), Answered(416)),
    ("3.3.4_unksm2", Request, Request),
    ("3.3.5_bext01", Answered(420), Answered(420)),
    ("3.3.6_invut", Answered(415), Answered(415)),
    ("3.3.7_regaut01", Request, Request),
    ("3.3.8_multi01", Answered(400), Answered(400)),
    ("3.3.9_mcl01", Answered(400), Closed(400)),
    ("3.3.10_bcast", Ignored, Ignored),
    ("3.3.11_zeromf", Request, Request),
    ("3.3.12_cparam01", Request, Request),
    ("3.3.13_cparam02", Request, Request),
    ("3.3.14_regescrt", Request, Request),
    ("3.3.15_sdp01", Answered(406), Answered(406)),
    ("3.4.1_inv2543", Invite, Closed(400)), // no Content-Length
    ("4.1_ipv6-good", Request, Request),
    ("4.2_ipv6-bad", Answered(400), Answered(400)),
    ("4.3_port-ambiguous", Request, Request),
    ("4.4_port-unambiguous", Request, Request),
    ("4.5_via-received-param-no-delim", Request, Request),
    ("4.5_via-received-param-with-delim", Answered(481), Answered(481)),
    ("4.6_ipv6-in-sdp", Invite, Invite),
    ("4.7_mult-ip-in-header", Answered(481), Answered(481)),
    ("4.8_mult-ip-in-sdp", Invite, Invite),
    ("4.9_ipv4-mapped-ipv6", Invite, Invite),
    ("4.10_ipv6-bug-abnf-3-colons", Answered(400), Answered(400)),
    ("4.10_ipv6-correct-abnf-2-colons", Request, Request),
];

#[test]
fn every_torture_message_gets_its_answer_as_a_datagram() {
    for (name, expected, _) in EXPECTED {
        let mut endpoint = endpoint();
        endpoint.handle_datagram(now(), flow(Transport::Udp), read(name));
        assert_eq!(class_of(&mut endpoint), expected, "{name}");
    }
}

#[test]
fn every_torture_message_gets_its_answer_byte_by_byte_on_a_stream() {
    for (name, _, expected) in EXPECTED {
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
    let mut named: Vec<String> = EXPECTED.iter().map(|(name, ..)| (*name).to_owned()).collect();
    files.sort();
    named.sort();
    assert_eq!(files, named);
}

#[test]
fn what_is_parsed_is_kept_byte_for_byte() {
    for (name, ..) in EXPECTED {
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
