//! What an endpoint refuses by itself, and where its messages go.

use crate::pair::*;
use bytes::Bytes;
use jackfield_sip::{
    Config, ConnectionId, Endpoint, Event, Flow, Frame, HeaderName, LegCommand, LegEvent, Limits, Message, Method,
    OutOfDialog, Reply, StreamFramer, Transport,
};
use std::time::Duration;

const SDP: &str = "Content-Type: application/sdp\r\n";

/// A request as B might receive it; `more` is further header fields.
fn request(method: &str, uri: &str, branch: &str, more: &str, body: &str) -> String {
    format!(
        "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK{branch};rport\r\n\
         From: <sip:100@192.0.2.1>;tag=f\r\nTo: <sip:101@192.0.2.2>\r\nCall-ID: c1\r\nCSeq: 1 {method}\r\n\
         Contact: <sip:100@192.0.2.1>\r\n{more}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn alone() -> Endpoint {
    Endpoint::new(Config::default(), [9; 32])
}

fn flow() -> Flow {
    Flow { transport: Transport::Udp, local: addr(B), remote: addr(A), connection: None }
}

/// The only message that an endpoint sends for a datagram, and where to.
fn answer_to(endpoint: &mut Endpoint, flow: Flow, datagram: &str) -> (Flow, Message) {
    endpoint.handle_datagram(base(), flow, Bytes::from(datagram.to_owned()));
    let transmit = endpoint.poll_transmit().unwrap_or_else(|| panic!("no answer to {datagram}"));
    assert!(endpoint.poll_transmit().is_none());
    (transmit.flow, parse(&transmit.bytes))
}

#[test]
fn each_refusal_has_its_status_and_header_fields() {
    let invite = |uri: &str, more: &str| request("INVITE", uri, "1", more, "");
    let uri = "sip:101@192.0.2.2";
    for (datagram, status, header, value) in [
        (invite("http://example.com", ""), 416, HeaderName::Server, "Jackfield"),
        (invite(uri, "Max-Forwards: 0\r\n"), 483, HeaderName::Server, "Jackfield"),
        (invite(uri, "Require: precondition, x\r\n"), 420, HeaderName::Unsupported, "precondition"),
        (request("INVITE", uri, "1", "Content-Type: image/png\r\n", "x"), 415, HeaderName::Accept, "application/sdp"),
        (
            request("INVITE", uri, "1", &format!("{SDP}Content-Encoding: gzip\r\n"), "x"),
            415,
            HeaderName::AcceptEncoding,
            "identity",
        ),
        (invite(uri, "Accept: text/plain\r\n"), 406, HeaderName::Server, "Jackfield"),
        (
            request("PUBLISH", uri, "1", "", ""),
            405,
            HeaderName::Allow,
            "INVITE, ACK, CANCEL, BYE, INFO, UPDATE, OPTIONS, REFER, PRACK, REGISTER, MESSAGE",
        ),
        (
            request("DANCE", uri, "1", "", ""),
            501,
            HeaderName::Allow,
            "INVITE, ACK, CANCEL, BYE, INFO, UPDATE, OPTIONS, REFER, PRACK, REGISTER, MESSAGE",
        ),
        (request("BYE", uri, "1", "", ""), 481, HeaderName::Server, "Jackfield"),
        (request("CANCEL", uri, "1", "", ""), 481, HeaderName::Server, "Jackfield"),
        (
            invite(uri, "").replace("<sip:101@192.0.2.2>\r\nCall", "<sip:101@192.0.2.2>;tag=x\r\nCall"),
            481,
            HeaderName::Server,
            "Jackfield",
        ),
    ] {
        let mut endpoint = alone();
        let (_, answer) = answer_to(&mut endpoint, flow(), &datagram);
        assert_eq!(answer.status(), Some(status), "{datagram}");
        assert_eq!(answer.text(header).as_deref(), Some(value), "{datagram}");
        assert!(answer.to().unwrap().tag().is_some());
        let counters = endpoint.counters();
        assert_eq!((counters.transactions, counters.legs, counters.refused), (0, 0, 1));
        assert!(endpoint.poll_event().is_none());
        // RFC 3261 §8.2.7: the same request gets the same answer, tag included.
        assert_eq!(answer_to(&mut endpoint, flow(), &datagram).1.bytes(), answer.bytes());
    }
}

#[test]
fn the_same_request_by_another_path_is_482() {
    let mut endpoint = alone();
    for method in ["INVITE", "OPTIONS"] {
        let first = request(method, "sip:101@192.0.2.2", "path1", "", "");
        endpoint.handle_datagram(base(), flow(), first.into());
        while endpoint.poll_transmit().is_some() {}
        let (_, answer) = answer_to(&mut endpoint, flow(), &request(method, "sip:101@192.0.2.2", "path2", "", ""));
        assert_eq!(answer.status(), Some(482), "{method}");
    }
}

#[test]
fn a_request_that_comes_back_to_us_is_482() {
    let mut pair = Pair::new();
    ring(&mut pair);
    let invite = String::from_utf8(pair.last(Side::A, "INVITE").bytes().to_vec()).unwrap();
    let looped = invite.replacen("Via: ", "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKproxy\r\nVia: ", 1);
    pair.inject(Side::A, looped);
    assert_eq!(pair.times(Side::A, "482 INVITE").len(), 1);
    pair.assert_silent();
}

#[test]
fn cancel_finds_its_invite_by_branch_only() {
    let mut endpoint = alone();
    endpoint.handle_datagram(base(), flow(), request("INVITE", "sip:101@192.0.2.2", "right", SDP, "x").into());
    while endpoint.poll_transmit().is_some() {}
    assert!(matches!(endpoint.poll_event(), Some(Event::Invite(..))));
    let (_, wrong) = answer_to(&mut endpoint, flow(), &request("CANCEL", "sip:101@192.0.2.2", "wrong", "", ""));
    assert_eq!(wrong.status(), Some(481));
    assert!(endpoint.poll_event().is_none());
    endpoint.handle_datagram(base(), flow(), request("CANCEL", "sip:101@192.0.2.2", "right", "", "").into());
    assert!(matches!(endpoint.poll_event(), Some(Event::Leg(_, LegEvent::Cancelled { .. }))));
}

#[test]
fn a_full_endpoint_sends_new_calls_away_but_keeps_its_own() {
    let config = Config { max_legs: 1, ..Config::default() };
    let mut pair = Pair::with(Transport::Udp, Weather::FAIR, 1, config);
    let leg = talk(&mut pair);
    pair.inject(Side::B, request("INVITE", "sip:101@192.0.2.2", "second", SDP, "x"));
    let refused = pair.last(Side::B, "503 INVITE");
    let wait: u32 = refused.text(HeaderName::RetryAfter).unwrap().parse().unwrap();
    assert!((1..=10).contains(&wait));
    let invite = new_invite(pair.flow(Side::A));
    pair.command(Side::A, jackfield_sip::LegId(8), LegCommand::Invite(Box::new(invite)));
    assert!(matches!(pair.event(Side::A), Event::Leg(_, LegEvent::Rejected { status: 503, message: None })));
    pair.command(Side::B, leg, LegCommand::HangUp { reason: None });
    pair.run_dry();
    pair.assert_clean();
}

#[test]
fn responses_go_where_rport_or_via_says_and_never_to_maddr() {
    let nat = Flow { remote: addr("203.0.113.5:40001"), ..flow() };
    let with_rport = request("BYE", "sip:x@192.0.2.2", "1", "", "");
    let (to, answer) = answer_to(&mut alone(), nat, &with_rport);
    assert_eq!(to.remote, nat.remote);
    assert_eq!(
        answer.text(HeaderName::Via).as_deref(),
        Some("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;received=203.0.113.5;rport=40001")
    );
    let without = with_rport.replace(";rport", ";maddr=198.51.100.66;received=198.51.100.67");
    let (to, answer) = answer_to(&mut alone(), nat, &without);
    assert_eq!(to.remote, addr("203.0.113.5:5060"));
    let via = answer.text(HeaderName::Via).unwrap().into_owned();
    assert_eq!(via, "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;maddr=198.51.100.66;received=203.0.113.5");
}

#[test]
fn a_request_too_large_for_a_datagram_goes_by_tcp_and_comes_back_to_udp_if_that_fails() {
    let mut pair = Pair::new();
    pair.swallow = Box::new(|_, _| true);
    let mut invite = new_invite(pair.flow(Side::A));
    invite.sdp = Some(Bytes::from(vec![b'x'; 1_400]));
    pair.command(Side::A, LEG, LegCommand::Invite(Box::new(invite)));
    let flow = pair.sent.last().unwrap().1.flow;
    assert_eq!((flow.transport, flow.remote), (Transport::Tcp, addr(B)));
    assert_eq!(pair.last(Side::A, "INVITE").via().unwrap().transport, "TCP");
    pair.fail(Side::A, flow);
    let again = pair.last(Side::A, "INVITE");
    assert_eq!((pair.sent.last().unwrap().1.flow.transport, again.via().unwrap().transport), (Transport::Udp, "UDP"));
    pair.assert_silent();
    pair.run(Duration::from_millis(500));
    assert_eq!(pair.times(Side::A, "INVITE").len(), 3, "and timer A runs there");
    pair.swallow = Box::new(|_, _| false);
    pair.run(Duration::from_secs(2));
    assert!(matches!(pair.event(Side::B), Event::Invite(..)));
}

#[test]
fn a_leg_survives_the_connection_it_was_made_on() {
    let mut endpoint = alone();
    let connected = Flow {
        transport: Transport::Tcp,
        connection: Some(ConnectionId(4)),
        remote: addr("192.0.2.1:49152"),
        ..flow()
    };
    let mut framer = StreamFramer::new(Limits::default());
    framer.push(request("INVITE", "sip:101@192.0.2.2", "tcp", SDP, "x").replace("UDP", "TCP").as_bytes());
    let Ok(Some(Frame::Message(framed))) = framer.next() else { panic!("no message") };
    endpoint.handle_message(base(), connected, framed);
    let Some(Event::Invite(leg, _)) = endpoint.poll_event() else { panic!("no INVITE") };
    endpoint.command(base(), leg, LegCommand::Answer { sdp: sdp("answer"), headers: Vec::new() });
    let ok = std::iter::from_fn(|| endpoint.poll_transmit()).last().unwrap();
    assert_eq!(ok.flow, connected);
    let ok = parse(&ok.bytes);
    assert_eq!(ok.text(HeaderName::Contact).as_deref(), Some("<sip:192.0.2.2:5060;transport=tcp>"));
    endpoint.handle_transport_failure(base(), connected);
    endpoint.command(base(), leg, LegCommand::Info { content_type: "application/dtmf".to_owned(), body: "1".into() });
    let info = endpoint.poll_transmit().unwrap();
    assert_eq!((info.flow.connection, info.flow.remote), (None, addr("192.0.2.1:5060")), "to the address in Contact");
}

#[test]
fn requests_outside_dialogs_are_asked_answered_and_described() {
    let mut pair = Pair::new();
    let options = OutOfDialog {
        method: Method::Options,
        target: "sip:192.0.2.2".to_owned(),
        flow: pair.flow(Side::A),
        from: party("sip:100@192.0.2.1"),
        to: party("sip:192.0.2.2"),
        headers: vec![("Subject".to_owned(), "ping".to_owned()), ("Via".to_owned(), "forged".to_owned())],
        body: Some(("text/plain".to_owned(), Bytes::from_static(b"hello"))),
        call_id: Some("mine".to_owned()),
        cseq: Some(7),
        account: None,
    };
    pair.request(Side::A, 1, options.clone());
    pair.run(Duration::from_millis(5));
    let Event::Request(id, incoming) = pair.event(Side::B) else { panic!("no request") };
    assert_eq!(incoming.request.text(HeaderName::CallId).as_deref(), Some("mine"));
    assert_eq!(incoming.request.cseq().unwrap().number, 7);
    assert_eq!((incoming.request.lines(HeaderName::Via).count(), incoming.request.body()), (1, &b"hello"[..]));
    let headers = vec![("X-Room".into(), "1\r\nEvil: yes".to_owned()), ("bad name".into(), "x".to_owned())];
    pair.respond(Side::B, id, Reply { status: 200, reason: Some("Fine".to_owned()), headers, body: None });
    pair.respond(Side::B, id, Reply { status: 486, ..Reply::default() });
    pair.run(Duration::from_millis(5));
    let Event::Response(_, Ok(response)) = pair.event(Side::A) else { panic!("no response") };
    assert_eq!((response.status(), response.reason().as_deref()), (Some(200), Some("Fine")));
    assert_eq!(response.header_named("X-Room"), Some(&b"1  Evil: yes"[..]), "a line break makes no header field");
    assert!(response.header_named("Evil").is_none() && response.header(HeaderName::Allow).is_some());
    assert!(response.header(HeaderName::Accept).is_some() && response.to().unwrap().tag().is_some());
    pair.request(Side::A, 2, OutOfDialog { method: Method::Bye, ..options });
    assert!(matches!(pair.event(Side::A), Event::Response(_, Err(jackfield_sip::RequestFailure::Refused))));
    pair.run_dry();
    pair.assert_silent();
    pair.assert_clean();
}

#[test]
fn keep_alives_and_rubbish_do_nothing() {
    let mut endpoint = alone();
    for datagram in ["", "\r\n", "\r\n\r\n", "\0\0\0\0", "hello", "ACK sip:x SIP/2.0\r\n\r\n"] {
        endpoint.handle_datagram(base(), flow(), Bytes::from_static(datagram.as_bytes()));
    }
    assert!(endpoint.poll_transmit().is_none() && endpoint.poll_event().is_none());
    let counters = endpoint.counters();
    assert_eq!((counters.received, counters.malformed_dropped), (2, 2));
}

#[test]
fn the_sdp_in_a_multipart_body_is_found() {
    let mut endpoint = alone();
    let body = "preamble\r\n--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b\r\ncontent-type: application/SDP\r\n\r\nv=0\r\n\r\n--b--\r\n";
    let invite = request("INVITE", "sip:101@192.0.2.2", "m", "Content-Type: multipart/mixed;boundary=\"b\"\r\n", body);
    endpoint.handle_datagram(base(), flow(), invite.into());
    match endpoint.poll_event() {
        Some(Event::Invite(_, invite)) => assert_eq!(invite.sdp.as_deref(), Some(&b"v=0\r\n"[..])),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_invite_of_rfc_2543_is_matched_cancelled_and_acknowledged_without_a_branch() {
    let mut endpoint = alone();
    let old = |method: &str, to_tag: &str| {
        request(method, "sip:101@192.0.2.2", "", "", "")
            .replace(";branch=z9hG4bK;rport", "")
            .replace("<sip:101@192.0.2.2>\r\nCall", &format!("<sip:101@192.0.2.2>{to_tag}\r\nCall"))
    };
    endpoint.handle_datagram(base(), flow(), old("INVITE", "").into());
    let Some(Event::Invite(leg, _)) = endpoint.poll_event() else { panic!("no INVITE") };
    endpoint.handle_datagram(base(), flow(), old("INVITE", "").into());
    assert_eq!(endpoint.counters().retransmissions_received, 1);
    endpoint.command(base(), leg, LegCommand::Reject { status: 486, headers: Vec::new() });
    let refusal = std::iter::from_fn(|| endpoint.poll_transmit()).last().unwrap();
    let tag = String::from_utf8(parse(&refusal.bytes).to().unwrap().tag().unwrap().to_vec()).unwrap();
    let before = endpoint.poll_timeout();
    endpoint.handle_datagram(base(), flow(), old("ACK", &format!(";tag={tag}")).into());
    assert_ne!(endpoint.poll_timeout(), before, "timer I took the place of timer G");
    assert_eq!(endpoint.counters().stray, 0);
}

#[test]
fn events_are_small() {
    assert!(size_of::<LegEvent>() <= 64, "{}", size_of::<LegEvent>());
    assert!(size_of::<Event>() <= 80, "{}", size_of::<Event>());
}
