//! Requests that are led by proxies (RFC 3261 §12.2.1.1, §16.12; RFC 3327 §5.4), and what a lost connection leaves.

use crate::pair::*;
use jackfield_sip::{ConnectionId, Event, Flow, HeaderName, LegCommand, LegEvent, LegId, Message, Transport};
use std::time::Duration;

const FIRST: &str = "<sip:p1.example;lr>";
const SECOND: &str = "<sip:p2.example;lr;ob>";

/// A calls B by way of two proxies that a Path has named.
fn call(pair: &mut Pair) -> LegId {
    let mut invite = new_invite(pair.flow(Side::A));
    invite.headers = [FIRST, SECOND].map(|proxy| (String::from("Route"), proxy.to_owned())).to_vec();
    pair.command(Side::A, LEG, LegCommand::Invite(Box::new(invite)));
    pair.run(Duration::from_millis(5));
    match pair.event(Side::B) {
        Event::Invite(leg, _) => leg,
        other => panic!("{other:?}"),
    }
}

fn route(message: &Message) -> Vec<String> {
    message.values(HeaderName::Route).map(|value| String::from_utf8_lossy(value).into_owned()).collect()
}

#[test]
fn an_invite_its_cancel_and_the_ack_of_its_refusal_go_the_same_way() {
    let mut pair = Pair::new();
    let leg = call(&mut pair);
    assert_eq!(route(&pair.last(Side::A, "INVITE")), [FIRST, SECOND]);
    pair.command(Side::B, leg, LegCommand::Progress { status: 180, sdp: None, headers: Vec::new() });
    pair.run(Duration::from_millis(5));
    pair.command(Side::A, LEG, LegCommand::HangUp { reason: None });
    assert_eq!(route(&pair.last(Side::A, "CANCEL")), [FIRST, SECOND]);
    pair.run_dry();
    assert_eq!(route(&pair.last(Side::A, "ACK")), [FIRST, SECOND]);
    pair.assert_clean();
}

#[test]
fn the_dialog_goes_by_the_proxies_that_have_asked_to_stay_and_no_others() {
    let mut pair = Pair::new();
    let leg = call(&mut pair);
    // None has recorded itself.
    pair.command(Side::B, leg, LegCommand::Answer { sdp: sdp("answer"), headers: Vec::new() });
    pair.run(Duration::from_millis(5));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Answered { .. }));
    pair.command(Side::A, LEG, LegCommand::HangUp { reason: None });
    for method in ["ACK", "BYE"] {
        let message = pair.last(Side::A, method);
        assert_eq!((route(&message), message.request_uri_bytes()), (Vec::new(), Some(&b"sip:192.0.2.2:5060"[..])));
    }
    pair.run_dry();
    pair.assert_clean();
}

/// Where A sends its BYE once the connection is gone that B answered by with this Contact.
fn bye_after_disconnect(contact: &str) -> Flow {
    let mut pair = Pair::with(Transport::Tcp, Weather::FAIR, 1, jackfield_sip::Config::default());
    let flow = Flow { connection: Some(ConnectionId(4)), ..pair.flow(Side::A) };
    let remote = "192.0.2.2:49152".parse().unwrap();
    pair.command(Side::A, LEG, LegCommand::Invite(Box::new(new_invite(Flow { remote, ..flow }))));
    let invite = pair.last(Side::A, "INVITE");
    let field = |name: HeaderName| invite.text(name).unwrap().into_owned();
    let answer = format!(
        "SIP/2.0 200 OK\r\nVia: {}\r\nFrom: {}\r\nTo: {};tag=b\r\nCall-ID: {}\r\nCSeq: {}\r\nContact: <{contact}>\r\n\
         Content-Type: application/sdp\r\nContent-Length: 2\r\n\r\nv=",
        field(HeaderName::Via),
        field(HeaderName::From),
        field(HeaderName::To),
        field(HeaderName::CallId),
        field(HeaderName::Cseq)
    );
    let now = pair.now;
    let answer = jackfield_sip::Framed::whole(answer.into(), &jackfield_sip::Limits::default());
    pair.a.handle_message(now, Flow { remote, ..flow }, answer);
    pair.a.handle_transport_failure(now, Flow { remote, ..flow });
    pair.command(Side::A, LEG, LegCommand::HangUp { reason: None });
    let (_, sent) = pair.sent.iter().rev().find(|(_, sent)| label(&sent.bytes) == "BYE").expect("a BYE");
    sent.flow
}

#[test]
fn a_lost_connection_is_opened_again_to_whoever_can_be_called_back() {
    let port = |contact: &str| bye_after_disconnect(contact).remote.port();
    assert_eq!(port("sip:101@192.0.2.2:5080;transport=tcp"), 5_080);
    // Only the connection leads there; or it is an address of the house.
    assert_eq!(port("sip:101@10.0.0.9:5080;transport=tcp;ob"), 49_152);
    assert_eq!(port("sip:101@192.0.2.1:5060;gr=urn:uuid:1"), 49_152);
}
