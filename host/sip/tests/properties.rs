//! What holds for any input at all.

use bytes::Bytes;
use jackfield_sip::{
    Config, Endpoint, Flow, Frame, Framing, HeaderName, Limits, Message, NameAddr, ParseError, StreamFramer, Transport,
    Uri, Via, headers,
};
use proptest::prelude::*;
use std::time::Instant;

/// Bytes that look enough like SIP to get somewhere.
fn almost_sip() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "INVITE sip:a@b SIP/2.0\r\n",
            "SIP/2.0 200 OK\r\n",
            "ACK sip:a@b SIP/2.0\r\n",
            "REGISTER sip:b SIP/2.0\r\n",
            "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1;rport\r\n",
            "v: SIP/2.0/TCP h:1, SIP/2.0/UDP [::1];x=\"\r\n",
            "From: <sip:a@b>;tag=1\r\n",
            "t: \"x\\\" <sip:a@b>\r\n",
            "To: <sip:a@b>\r\n",
            "Call-ID: c\r\n",
            "i: d\r\n",
            "CSeq: 1 INVITE\r\n",
            "CSeq: 1 ACK\r\n",
            "Contact: <sip:a@b>\r\n",
            "m: *\r\n",
            "Content-Length: 3\r\n",
            "l: 99999999999999999999\r\n",
            "l: 0\r\n",
            "Content-Type: multipart/mixed;boundary=b\r\n",
            "\r\n",
            "\r\n\r\n",
            "--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b--",
            " folded\r\n",
            ":",
            ";",
            ",",
            "<",
            ">",
            "\"",
            "\\",
            "Require: x\r\n",
            "Authorization: Digest username=\"a\", nonce=\"00\"\r\n",
        ])
        .prop_map(|piece| piece.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..12),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Read everything there is to read.
fn look_at(message: &Message) {
    let _ = (message.via(), message.from(), message.to(), message.cseq(), message.sdp(), message.content_type());
    let _ = (message.request_uri(), message.reason(), message.max_forwards(), message.expires(), message.body_bytes());
    for header in message.headers() {
        let _ = headers::text(header.value);
        for value in headers::Values::of(header.value) {
            let _ = Via::parse(value).map(|via| (via.rport(), via.branch(), via.params.iter().count()));
            if let Some(party) = NameAddr::parse(value) {
                let _ = (party.display(), party.tag(), party.uri().map(|uri| (uri.user(), uri.equivalent(&uri))));
            }
        }
    }
    for auth in message.auth(HeaderName::Authorization) {
        let _ = (auth.value("username"), auth.iter().count());
    }
}

fn lenient(bytes: Vec<u8>, framing: Framing) -> Option<Message> {
    match Message::parse(bytes.into(), framing, &Limits::default()) {
        Ok(message) => Some(message),
        Err(ParseError::Answer { message, .. }) => Some(*message),
        Err(ParseError::Drop(_)) => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn parsing_never_panics_and_keeps_every_byte(bytes in almost_sip()) {
        for framing in [Framing::Datagram, Framing::Stream] {
            if let Some(message) = lenient(bytes.clone(), framing) {
                prop_assert_eq!(&message.bytes()[..], &bytes[..]);
                look_at(&message);
            }
        }
    }

    #[test]
    fn a_stream_yields_the_same_messages_however_it_is_cut(bytes in almost_sip(), cuts in prop::collection::vec(1_usize..40, 1..60)) {
        let whole = frames(&bytes, &[bytes.len().max(1)]);
        prop_assert_eq!(frames(&bytes, &cuts), whole.clone());
        prop_assert_eq!(frames(&bytes, &[1]), whole);
    }

    #[test]
    fn an_endpoint_survives_any_datagrams(datagrams in prop::collection::vec(almost_sip(), 1..12)) {
        #[expect(clippy::disallowed_methods, reason = "any instant will do")]
        let now = Instant::now();
        let flow = Flow {
            transport: Transport::Udp,
            local: "192.0.2.2:5060".parse().unwrap(),
            remote: "192.0.2.1:5060".parse().unwrap(),
            connection: None,
        };
        let mut endpoint = Endpoint::new(Config::default(), [1; 32]);
        for datagram in datagrams {
            endpoint.handle_datagram(now, flow, Bytes::from(datagram));
        }
        while let Some(transmit) = endpoint.poll_transmit() {
            let answer = Message::parse(transmit.bytes, Framing::Stream, &Limits::default());
            prop_assert!(answer.is_ok_and(|answer| !answer.is_request()), "whatever we answer is well-formed");
        }
        while endpoint.poll_event().is_some() {}
        prop_assert!(endpoint.counters().legs <= 12);
    }

    #[test]
    fn a_uri_equals_itself(text in "sips?:[a-z0-9%;=?*#]{1,9}@[a-z0-9.]{1,9}(:[0-9]{1,5})?(;[a-z]{1,9}(=[a-z]{0,4})?){0,3}") {
        if let Some(uri) = Uri::parse(text.as_bytes()) {
            prop_assert!(uri.equivalent(&uri));
        }
    }
}

/// What a framer makes of bytes that come in pieces of these sizes, over and over.
fn frames(bytes: &[u8], sizes: &[usize]) -> Vec<String> {
    let mut framer = StreamFramer::new(Limits::default());
    let (mut found, mut rest, mut sizes) = (Vec::new(), bytes, sizes.iter().cycle());
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(sizes.next().map_or(1, |size| *size).min(rest.len()));
        rest = after;
        framer.push(piece);
        loop {
            match framer.next() {
                Ok(Some(Frame::Message(message))) => found.push(format!("{message:?}")),
                Ok(Some(Frame::Ping)) => found.push("ping".to_owned()),
                Ok(None) => break,
                Err(error) => {
                    found.push(format!("{error:?}"));
                    return found;
                }
            }
        }
    }
    found
}
