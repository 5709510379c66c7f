//! Peers that start anew or turn up elsewhere in the middle of a call, and what is left of it.

use crate::pair::*;
use bytes::Bytes;
use jackfield_sip::{Config, Endpoint, HeaderName, LegCommand, LegEnd, LegEvent};
use std::time::Duration;

/// A re-INVITE of A from where it is now, with a Contact there.
fn from_elsewhere(pair: &Pair, at: &str) -> Bytes {
    let more = format!("Contact: <sip:100@{at}>\r\nContent-Type: application/sdp\r\n");
    let text = String::from_utf8(by_hand(pair, "INVITE", 1, &more, "moved").to_vec()).expect("ASCII");
    Bytes::from(text.replace("Max-Forwards: 0", "Max-Forwards: 70").replacen(
        "192.0.2.1:5060;branch",
        &format!("{at};branch"),
        1,
    ))
}

#[test]
fn a_trunk_that_has_restarted_knows_no_call_and_ours_ends_at_the_next_question() {
    let mut pair = Pair::new();
    talk(&mut pair);
    pair.b = Endpoint::new(Config::default(), [9; 32]);
    pair.command(Side::A, LEG, LegCommand::Reoffer { sdp: Bytes::from_static(b"are you there") });
    pair.run(Duration::from_secs(1));
    assert_eq!(pair.times(Side::B, "481 INVITE").len(), 1);
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Ended { cause: LegEnd::Timeout }));
    pair.run_dry();
    pair.assert_silent();
    pair.assert_clean();
}

#[test]
fn a_trunk_that_has_restarted_and_is_asked_nothing_is_noticed_by_the_session_timer() {
    let mut pair = Pair::new();
    talk(&mut pair);
    pair.b = Endpoint::new(Config::default(), [9; 32]);
    pair.run(Duration::from_secs(1_801));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Ended { .. }), "after half an hour at the latest");
    pair.run_dry();
    pair.assert_clean();
}

#[test]
fn a_phone_that_changes_its_address_in_mid_call_is_followed() {
    let mut pair = Pair::new();
    let leg = talk(&mut pair);
    let elsewhere = "192.0.2.77:5099";
    let invite = from_elsewhere(&pair, elsewhere);
    let (now, flow) = (pair.now, jackfield_sip::Flow { remote: addr(elsewhere), ..pair.flow(Side::B) });
    pair.b.handle_datagram(now, flow, invite);
    pair.collect();
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Reoffer { sdp: Some(offer) } if offer == "moved"));
    pair.command(Side::B, leg, LegCommand::AnswerReoffer { sdp: sdp("found") });
    let answered = pair.sent.iter().rev().find(|(side, _)| *side == Side::B).map(|(_, sent)| sent.flow.remote);
    assert_eq!(answered, Some(addr(elsewhere)));
    pair.command(Side::B, leg, LegCommand::HangUp { reason: None });
    pair.run(Duration::from_secs(40));
    let bye = pair.last(Side::B, "BYE");
    assert_eq!(bye.request_uri_bytes(), Some(format!("sip:100@{elsewhere}").as_bytes()));
    assert!(bye.header(HeaderName::Route).is_none());
    assert_eq!(pair.b.counters().legs, 0);
    pair.run_dry();
    assert_eq!(pair.b.counters().transactions, 0);
}
