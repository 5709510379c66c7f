//! A plain call, from INVITE to BYE.

use crate::pair::*;
use jackfield_sip::{Event, HeaderName, LegCommand, LegEnd, LegEvent, Transport};
use std::time::Duration;

fn plain_call(transport: Transport) {
    let mut pair = Pair::with(transport, Weather::FAIR, 1, jackfield_sip::Config::default());
    let leg = ring(&mut pair);
    pair.command(Side::B, leg, LegCommand::Progress { status: 180, sdp: None, headers: Vec::new() });
    pair.run(Duration::from_millis(5));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Progress { status: 180, sdp: None }));
    pair.command(Side::B, leg, LegCommand::Answer { sdp: sdp("answer"), headers: Vec::new() });
    pair.run(Duration::from_millis(5));
    match pair.leg_event(Side::A, LEG) {
        LegEvent::Answered { sdp: answer, message } => {
            assert_eq!(answer, sdp("answer"));
            assert_eq!(message.status(), Some(200));
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Confirmed { sdp: None }));
    pair.run(Duration::from_secs(60));
    assert_eq!((pair.a.counters().transactions, pair.b.counters().transactions), (0, 0), "a held call has none");
    pair.command(Side::B, leg, LegCommand::HangUp { reason: None });
    pair.run(Duration::from_millis(5));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Ended { cause: LegEnd::Bye { reason: None } }));
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Ended { cause: LegEnd::Local }));
    pair.run_dry();
    pair.assert_silent();
    pair.assert_clean();
    let labels: Vec<&str> = pair.wire.iter().map(|sent| sent.what.as_str()).collect();
    assert_eq!(labels, ["INVITE", "100 INVITE", "180 INVITE", "200 INVITE", "ACK", "BYE", "200 BYE"]);
}

#[test]
fn a_plain_call_over_udp_leaves_nothing_behind() {
    plain_call(Transport::Udp);
}

#[test]
fn a_plain_call_over_tcp_leaves_nothing_behind() {
    plain_call(Transport::Tcp);
}

#[test]
fn requests_and_responses_bear_what_the_rfc_asks_for() {
    let mut pair = Pair::new();
    let leg = ring(&mut pair);
    pair.command(Side::B, leg, LegCommand::Answer { sdp: sdp("answer"), headers: Vec::new() });
    pair.run(Duration::from_millis(5));
    let invite = pair.last(Side::A, "INVITE");
    assert_eq!(invite.text(HeaderName::Contact).as_deref(), Some("<sip:192.0.2.1:5060>"));
    assert!(invite.text(HeaderName::From).unwrap().starts_with(r#""Ana \"1\"" <sip:100@192.0.2.1>;tag="#));
    assert_eq!(
        invite.text(HeaderName::Allow).as_deref(),
        Some("INVITE, ACK, CANCEL, BYE, INFO, UPDATE, OPTIONS, REFER, PRACK, REGISTER, MESSAGE")
    );
    assert_eq!(invite.header_named("X-Office"), Some(&b"first  floor"[..]));
    assert_eq!(invite.max_forwards(), Some(70));
    let ok = pair.last(Side::B, "200 INVITE");
    assert_eq!(ok.text(HeaderName::Contact).as_deref(), Some("<sip:192.0.2.2:5060>"));
    let via = ok.text(HeaderName::Via).unwrap().into_owned();
    assert!(via.ends_with(";received=192.0.2.1;rport=5060"), "{via}");
    let ack = pair.last(Side::A, "ACK");
    assert_eq!(ack.request_uri_bytes(), Some(&b"sip:192.0.2.2:5060"[..]));
    assert_eq!(ack.header(HeaderName::To), ok.header(HeaderName::To));
    assert_eq!(ack.cseq().map(|cseq| cseq.number), invite.cseq().map(|cseq| cseq.number));
    assert_ne!(ack.via().unwrap().branch(), invite.via().unwrap().branch());
}

#[test]
fn early_media_is_repeated_in_the_answer_when_no_other_is_given() {
    let mut pair = Pair::new();
    let leg = ring(&mut pair);
    pair.command(Side::B, leg, LegCommand::Progress { status: 183, sdp: sdp("early"), headers: Vec::new() });
    pair.run(Duration::from_millis(5));
    let early = sdp("early");
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Progress { status: 183, sdp } if sdp == early));
    pair.command(Side::B, leg, LegCommand::Answer { sdp: None, headers: Vec::new() });
    pair.run(Duration::from_millis(5));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Answered { sdp, .. } if sdp == early));
}

#[test]
fn a_refused_call_ends_on_both_sides_and_is_acknowledged() {
    let mut pair = Pair::new();
    let leg = ring(&mut pair);
    let contact = ("Contact".to_owned(), "<sip:102@192.0.2.9>".to_owned());
    pair.command(Side::B, leg, LegCommand::Reject { status: 302, headers: vec![contact] });
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Ended { cause: LegEnd::Local }));
    pair.run(Duration::from_millis(5));
    match pair.leg_event(Side::A, LEG) {
        LegEvent::Rejected { status: 302, message: Some(message) } => {
            assert_eq!(message.contacts().next().unwrap().uri_bytes(), b"sip:102@192.0.2.9");
        }
        other => panic!("{other:?}"),
    }
    pair.run_dry();
    assert_eq!(pair.times(Side::A, "ACK").len(), 1);
    pair.assert_silent();
    pair.assert_clean();
}

#[test]
fn an_invite_without_offer_is_answered_with_one_and_the_ack_brings_the_answer() {
    let mut pair = Pair::new();
    let mut invite = new_invite(pair.flow(Side::A));
    invite.sdp = None;
    pair.command(Side::A, LEG, LegCommand::Invite(Box::new(invite)));
    pair.run(Duration::from_millis(5));
    let Event::Invite(leg, invite) = pair.event(Side::B) else { panic!("no INVITE") };
    assert_eq!(invite.sdp, None);
    pair.command(Side::B, leg, LegCommand::Answer { sdp: sdp("their offer"), headers: Vec::new() });
    pair.run(Duration::from_millis(700));
    let offer = sdp("their offer");
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Answered { sdp, .. } if sdp == offer));
    assert_eq!(pair.times(Side::A, "ACK"), []);
    pair.command(Side::A, LEG, LegCommand::AnswerReoffer { sdp: sdp("our answer") });
    pair.run(Duration::from_millis(5));
    let answer = sdp("our answer");
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Confirmed { sdp } if sdp == answer));
    pair.command(Side::A, LEG, LegCommand::HangUp { reason: None });
    pair.run_dry();
    pair.assert_clean();
}
