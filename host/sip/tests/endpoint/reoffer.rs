//! Changing a session in mid-call (RFC 3261 §14, RFC 3311), and other requests in a dialog.

use crate::pair::*;
use bytes::Bytes;
use jackfield_sip::{HeaderName, LegCommand, LegEnd, LegEvent, LegId};
use std::time::Duration;

fn reoffer(text: &'static str) -> LegCommand {
    LegCommand::Reoffer { sdp: Bytes::from_static(text.as_bytes()) }
}

const SDP_TYPE: &str = "Content-Type: application/sdp\r\n";

#[test]
fn a_reoffer_is_answered_and_acknowledged() {
    let mut pair = Pair::new();
    let leg = talk(&mut pair);
    pair.command(Side::A, LEG, reoffer("hold"));
    pair.run(Duration::from_millis(5));
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Reoffer { sdp: Some(offer) } if offer == "hold"));
    pair.command(Side::B, leg, LegCommand::AnswerReoffer { sdp: sdp("held") });
    pair.run(Duration::from_secs(1));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Reanswered { sdp: Some(answer) } if answer == "held"));
    assert_eq!(pair.times(Side::B, "200 INVITE").len(), 2, "the ACK came");
    pair.assert_silent();
    // And the other way round, in the same dialog.
    pair.command(Side::B, leg, reoffer("resume"));
    pair.run(Duration::from_millis(5));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Reoffer { sdp: Some(offer) } if offer == "resume"));
    pair.command(Side::A, LEG, LegCommand::RejectReoffer { status: 488 });
    pair.run(Duration::from_millis(5));
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::ReofferFailed { status: 488 }));
    pair.command(Side::A, LEG, LegCommand::HangUp { reason: None });
    pair.run_dry();
    pair.assert_clean();
}

#[test]
fn a_reinvite_without_offer_is_answered_with_one() {
    let mut pair = Pair::new();
    let leg = talk(&mut pair);
    let reinvite = by_hand(&pair, "INVITE", 1, "Contact: <sip:moved@192.0.2.1:5090>\r\n", "");
    pair.inject(Side::B, reinvite);
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Reoffer { sdp: None }));
    pair.command(Side::B, leg, LegCommand::AnswerReoffer { sdp: sdp("their offer") });
    assert_eq!(pair.last(Side::B, "200 INVITE").body(), b"their offer");
    let ack = by_hand(&pair, "ACK", 1, SDP_TYPE, "my answer");
    pair.inject(Side::B, ack);
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Confirmed { sdp: Some(answer) } if answer == "my answer"));
    pair.command(Side::B, leg, LegCommand::HangUp { reason: None });
    assert_eq!(pair.last(Side::B, "BYE").request_uri_bytes(), Some(&b"sip:moved@192.0.2.1:5090"[..]), "target refresh");
}

#[test]
fn offers_that_meet_are_refused_with_491_and_made_again_in_turn() {
    let mut pair = Pair::new();
    let leg = talk(&mut pair);
    pair.command(Side::A, LEG, reoffer("from a"));
    pair.command(Side::B, leg, reoffer("from b"));
    pair.run(Duration::from_millis(5));
    assert_eq!((pair.times(Side::A, "491 INVITE").len(), pair.times(Side::B, "491 INVITE").len()), (1, 1));
    let begun = pair.elapsed();
    pair.run(Duration::from_millis(2_050));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Reoffer { sdp: Some(offer) } if offer == "from b"));
    let b_again = *pair.times(Side::B, "INVITE").last().unwrap() - begun;
    assert!(b_again <= Duration::from_millis(2_000), "who did not make the Call-ID waits 0 to 2 s: {b_again:?}");
    pair.command(Side::A, LEG, LegCommand::AnswerReoffer { sdp: sdp("yes b") });
    pair.run(Duration::from_millis(2_000));
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Reanswered { .. }));
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Reoffer { sdp: Some(offer) } if offer == "from a"));
    let a_again = *pair.times(Side::A, "INVITE").last().unwrap() - begun;
    assert!((2_090..=4_000).contains(&a_again.as_millis()), "who made it waits 2.1 to 4 s: {a_again:?}");
    pair.command(Side::B, leg, LegCommand::AnswerReoffer { sdp: sdp("yes a") });
    pair.run(Duration::from_millis(5));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Reanswered { .. }));
    pair.assert_silent();
    pair.command(Side::A, LEG, LegCommand::HangUp { reason: None });
    pair.run_dry();
    pair.assert_clean();
}

#[test]
fn a_reoffer_waits_until_the_first_answer_is_acknowledged() {
    let mut pair = Pair::new();
    let leg = ring(&mut pair);
    pair.command(Side::B, leg, LegCommand::Answer { sdp: sdp("answer"), headers: Vec::new() });
    pair.command(Side::B, leg, reoffer("too early"));
    pair.command(Side::B, leg, reoffer("newer"));
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::ReofferFailed { status: 491 }), "the older makes room");
    assert_eq!(pair.times(Side::B, "INVITE"), []);
    pair.run(Duration::from_millis(5));
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Confirmed { .. }));
    assert_eq!(pair.last(Side::B, "INVITE").body(), b"newer");
}

#[test]
fn a_second_reinvite_on_top_of_an_unanswered_one_is_500_with_retry_after() {
    let mut pair = Pair::new();
    let leg = talk(&mut pair);
    let (first, second) = (by_hand(&pair, "INVITE", 1, SDP_TYPE, "one"), by_hand(&pair, "INVITE", 2, SDP_TYPE, "two"));
    pair.inject(Side::B, first);
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Reoffer { .. }));
    pair.inject(Side::B, second);
    let refused = pair.last(Side::B, "500 INVITE");
    let wait: u32 = refused.text(HeaderName::RetryAfter).unwrap().parse().unwrap();
    assert!(wait <= 10);
    pair.assert_silent();
}

#[test]
fn an_update_is_answered_without_ack() {
    let mut pair = Pair::new();
    let leg = talk(&mut pair);
    let update = by_hand(&pair, "UPDATE", 1, SDP_TYPE, "changed");
    pair.inject(Side::B, update);
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Reoffer { sdp: Some(offer) } if offer == "changed"));
    pair.command(Side::B, leg, LegCommand::AnswerReoffer { sdp: sdp("fine") });
    assert_eq!(pair.last(Side::B, "200 UPDATE").body(), b"fine");
    let refresh = by_hand(&pair, "UPDATE", 2, "Contact: <sip:new@192.0.2.1>\r\n", "");
    pair.inject(Side::B, refresh);
    assert_eq!(pair.times(Side::B, "200 UPDATE").len(), 2, "one without offer only refreshes the target");
    pair.assert_silent();
}

#[test]
fn a_party_that_no_longer_knows_the_dialog_ends_the_leg() {
    let mut pair = Pair::new();
    let leg = talk(&mut pair);
    pair.swallow = Box::new(|_, _| true);
    pair.command(Side::B, leg, reoffer("anybody?"));
    pair.run(Duration::from_secs(32));
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Ended { cause: LegEnd::Timeout }));
    assert_eq!(pair.times(Side::B, "BYE").len(), 1);
    pair.run(Duration::from_secs(60));
    assert_eq!((pair.b.counters().legs, pair.b.counters().transactions), (0, 0));
}

#[test]
fn requests_out_of_order_are_refused_and_repetitions_absorbed() {
    let mut pair = Pair::new();
    talk(&mut pair);
    let (late, early) = (by_hand(&pair, "OPTIONS", 5, "", ""), by_hand(&pair, "INFO", 4, "", ""));
    pair.inject(Side::B, late.clone());
    pair.inject(Side::B, late);
    assert_eq!(pair.times(Side::B, "200 OPTIONS").len(), 2);
    assert_eq!(pair.b.counters().retransmissions_received, 1);
    pair.inject(Side::B, early);
    let same = by_hand(&pair, "INFO", 5, "", "");
    pair.inject(Side::B, same);
    assert_eq!(pair.times(Side::B, "500 INFO").len(), 2);
    pair.assert_silent();
}

#[test]
fn info_brings_digits_and_nothing_else() {
    let mut pair = Pair::new();
    let leg = talk(&mut pair);
    let info = LegCommand::Info {
        content_type: "application/dtmf-relay".to_owned(),
        body: Bytes::from_static(b"Signal=5\r\nDuration=160\r\n"),
    };
    pair.command(Side::A, LEG, info);
    pair.run(Duration::from_millis(5));
    match pair.leg_event(Side::B, leg) {
        LegEvent::Info { content_type, body } => {
            assert_eq!(
                (content_type.as_str(), &body[..]),
                ("application/dtmf-relay", &b"Signal=5\r\nDuration=160\r\n"[..])
            );
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(pair.times(Side::B, "200 INFO").len(), 1);
    let picture = by_hand(&pair, "INFO", 9, "Content-Type: image/png\r\n", "x");
    pair.inject(Side::B, picture);
    assert_eq!(pair.times(Side::B, "415 INFO").len(), 1);
    pair.assert_silent();
}

#[test]
fn other_methods_in_a_dialog_are_refused_with_allow() {
    let mut pair = Pair::new();
    talk(&mut pair);
    for (step, method, status) in [(1, "NOTIFY", 405), (2, "PRACK", 481), (3, "DANCE", 501)] {
        let request = by_hand(&pair, method, step, "", "");
        pair.inject(Side::B, request);
        let refused = pair.last(Side::B, &format!("{status} {method}"));
        assert!(status == 481 || refused.lists(HeaderName::Allow, "UPDATE"), "{method}");
    }
    let required = by_hand(&pair, "INVITE", 4, "Require: precondition\r\n", "");
    pair.inject(Side::B, required);
    assert_eq!(pair.last(Side::B, "420 INVITE").header(HeaderName::Unsupported), Some(&b"precondition"[..]));
    pair.assert_silent();
}

#[test]
fn who_does_not_know_the_tags_is_not_in_the_dialog() {
    let mut pair = Pair::new();
    let leg = talk(&mut pair);
    let bye = String::from_utf8(by_hand(&pair, "BYE", 1, "", "").to_vec()).unwrap();
    let from = pair.last(Side::A, "INVITE").from().unwrap().tag().map(<[u8]>::to_vec).unwrap();
    let to = pair.last(Side::B, "200 INVITE").to().unwrap().tag().map(<[u8]>::to_vec).unwrap();
    let call_id = pair.last(Side::A, "INVITE").text(HeaderName::CallId).unwrap().into_owned();
    let (from, to) = (String::from_utf8(from).unwrap(), String::from_utf8(to).unwrap());
    for (known, guess) in [(&from, "0"), (&to, "0123456789abcdef"), (&call_id, "x")] {
        let branch = format!("z9hG4bKspoof{}", known.len() + guess.len());
        pair.inject(Side::B, bye.replace(known.as_str(), guess).replace("z9hG4bKhandBYE1", &branch));
    }
    assert_eq!(pair.times(Side::B, "481 BYE").len(), 3);
    pair.assert_silent();
    assert_eq!(pair.b.counters().legs, 1);
    pair.inject(Side::B, bye);
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Ended { cause: LegEnd::Bye { .. } }));
}

#[test]
fn in_dialog_requests_follow_the_route_set_loose_and_strict() {
    for (record, uri, routes) in [
        (
            "<sip:p1.example.com;lr>, <sip:p2.example.com;lr>",
            "sip:100@192.0.2.1",
            &["<sip:p1.example.com;lr>", "<sip:p2.example.com;lr>"][..],
        ),
        (
            "<sip:p1.example.com>, <sip:p2.example.com;lr>",
            "sip:p1.example.com",
            &["<sip:p2.example.com;lr>", "<sip:100@192.0.2.1>"],
        ),
    ] {
        let mut pair = Pair::new();
        pair.inject(
            Side::B,
            format!(
                "INVITE sip:101@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKroutes\r\n\
                 Record-Route: {record}\r\nFrom: <sip:100@192.0.2.1>;tag=f\r\nTo: <sip:101@192.0.2.2>\r\nCall-ID: c\r\n\
                 CSeq: 1 INVITE\r\nContact: <sip:100@192.0.2.1>\r\nMax-Forwards: 70\r\n{SDP_TYPE}Content-Length: 1\r\n\r\nx"
            ),
        );
        let jackfield_sip::Event::Invite(leg, _) = pair.event(Side::B) else { panic!("no INVITE") };
        answer_and_hang_up(&mut pair, leg);
        let ok = pair.last(Side::B, "200 INVITE");
        assert_eq!(ok.text(HeaderName::RecordRoute).as_deref(), Some(record));
        let bye = pair.last(Side::B, "BYE");
        assert_eq!(bye.request_uri_bytes(), Some(uri.as_bytes()));
        assert_eq!(
            bye.lines(HeaderName::Route).collect::<Vec<_>>(),
            routes.iter().map(|route| route.as_bytes()).collect::<Vec<_>>()
        );
    }
}

fn answer_and_hang_up(pair: &mut Pair, leg: LegId) {
    pair.command(Side::B, leg, LegCommand::Answer { sdp: sdp("answer"), headers: Vec::new() });
    let to = pair.last(Side::B, "200 INVITE").text(HeaderName::To).unwrap().into_owned();
    pair.inject(
        Side::B,
        format!(
            "ACK sip:192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKack\r\nFrom: <sip:100@192.0.2.1>;tag=f\r\n\
             To: {to}\r\nCall-ID: c\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n"
        ),
    );
    pair.command(Side::B, leg, LegCommand::HangUp { reason: None });
}

#[test]
fn a_reoffer_that_is_never_finally_answered_is_cancelled() {
    let mut pair = Pair::new();
    let leg = talk(&mut pair);
    pair.command(Side::A, LEG, reoffer("well?"));
    pair.run(Duration::from_millis(5));
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Reoffer { .. }));
    pair.run(Duration::from_secs(181));
    assert_eq!(pair.times(Side::A, "CANCEL").len(), 1);
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::ReofferFailed { status: 487 }));
    assert_eq!((pair.a.counters().legs, pair.b.counters().legs), (1, 1), "the call goes on");
}
