//! Calls that end before they are answered, and the races around that (RFC 3261 §9, §13.2.2.4, §15).

use crate::pair::*;
use bytes::Bytes;
use jackfield_sip::{Event, HeaderName, LegCommand, LegEnd, LegEvent, LegId, Message, Reason};
use std::time::Duration;

fn hang_up(reason: Option<Reason>) -> LegCommand {
    LegCommand::HangUp { reason }
}

fn answer() -> LegCommand {
    LegCommand::Answer { sdp: sdp("answer"), headers: Vec::new() }
}

#[test]
fn cancel_carries_its_reason_and_both_sides_end() {
    let mut pair = Pair::new();
    let leg = ring(&mut pair);
    pair.command(Side::A, LEG, hang_up(Some(Reason::completed_elsewhere())));
    pair.run(Duration::from_millis(5));
    match pair.leg_event(Side::B, leg) {
        LegEvent::Cancelled { reason } => {
            assert_eq!(reason.as_deref(), Some(r#"SIP;cause=200;text="Call completed elsewhere""#));
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Rejected { status: 487, message: Some(_) }));
    let (invite, cancel) = (pair.last(Side::A, "INVITE"), pair.last(Side::A, "CANCEL"));
    assert_eq!(cancel.header(HeaderName::Via), invite.header(HeaderName::Via), "RFC 3261 §9.1: one Via, the same");
    assert_eq!(cancel.request_uri_bytes(), invite.request_uri_bytes());
    assert_eq!(cancel.to().unwrap().tag(), None);
    let tag_of = |message: Message| message.to().and_then(|to| to.tag()).map(<[u8]>::to_vec);
    assert_eq!(tag_of(pair.last(Side::B, "200 CANCEL")), tag_of(pair.last(Side::B, "487 INVITE")));
    pair.run_dry();
    pair.assert_silent();
    pair.assert_clean();
}

#[test]
fn cancel_is_held_back_until_a_provisional_response() {
    let mut pair = Pair::new();
    pair.swallow = Box::new(|side, what| side == Side::B && what == "100 INVITE");
    let leg = ring(&mut pair);
    pair.command(Side::A, LEG, hang_up(None));
    pair.run(Duration::from_millis(100));
    assert_eq!(pair.times(Side::A, "CANCEL"), []);
    pair.command(Side::B, leg, LegCommand::Progress { status: 180, sdp: None, headers: Vec::new() });
    pair.run(Duration::from_millis(100));
    assert_eq!(pair.times(Side::A, "CANCEL").len(), 1);
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Cancelled { reason: None }));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Rejected { status: 487, .. }));
    pair.run_dry();
    pair.assert_clean();
}

#[test]
fn a_200_that_crosses_the_cancel_is_acknowledged_and_hung_up() {
    let mut pair = Pair::new();
    let leg = ring(&mut pair);
    pair.command(Side::B, leg, answer());
    pair.command(Side::A, LEG, hang_up(None));
    pair.run(Duration::from_secs(1));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Ended { cause: LegEnd::Local }));
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Confirmed { .. }));
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Ended { cause: LegEnd::Bye { .. } }));
    assert_eq!(pair.times(Side::B, "200 CANCEL").len(), 1, "RFC 3261 §9.2: the CANCEL itself is answered");
    pair.run_dry();
    pair.assert_silent();
    pair.assert_clean();
}

#[test]
fn hanging_up_an_unanswered_incoming_leg_refuses_it() {
    let mut pair = Pair::new();
    let leg = ring(&mut pair);
    pair.command(Side::B, leg, hang_up(None));
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Ended { cause: LegEnd::Local }));
    pair.run_dry();
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Rejected { status: 480, .. }));
    pair.assert_clean();
}

#[test]
fn bye_waits_for_the_ack_of_our_2xx() {
    let mut pair = Pair::new();
    let leg = ring(&mut pair);
    let mut lost = 0;
    pair.swallow = Box::new(move |_, what| what == "ACK" && std::mem::replace(&mut lost, 1) == 0);
    pair.command(Side::B, leg, answer());
    pair.run(Duration::from_millis(10));
    pair.command(Side::B, leg, hang_up(None));
    pair.run(Duration::from_millis(100));
    assert_eq!(pair.times(Side::B, "BYE"), [], "RFC 3261 §15: not before the ACK");
    pair.run(Duration::from_secs(1));
    assert_eq!(pair.times(Side::B, "BYE").len(), 1);
    pair.run_dry();
    pair.assert_clean();
}

#[test]
fn byes_that_cross_end_both_legs_once() {
    let mut pair = Pair::new();
    let leg = talk(&mut pair);
    pair.command(Side::A, LEG, hang_up(None));
    pair.command(Side::B, leg, hang_up(None));
    pair.run_dry();
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Ended { cause: LegEnd::Local }));
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Ended { cause: LegEnd::Local }));
    pair.assert_silent();
    pair.assert_clean();
}

#[test]
fn a_bye_that_nobody_answers_still_ends_the_leg() {
    let mut pair = Pair::new();
    talk(&mut pair);
    pair.swallow = Box::new(|_, _| true);
    pair.command(Side::A, LEG, hang_up(None));
    pair.run(Duration::from_secs(32));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Ended { cause: LegEnd::Local }));
    assert_eq!(pair.a.counters().legs, 0);
}

#[test]
fn a_caller_may_end_an_early_dialog_by_bye() {
    let mut pair = Pair::new();
    let leg = ring(&mut pair);
    pair.command(Side::B, leg, LegCommand::Progress { status: 180, sdp: None, headers: Vec::new() });
    let bye = in_early_dialog(&pair, "BYE", 2);
    pair.inject(Side::B, bye);
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Cancelled { .. }));
    assert_eq!((pair.times(Side::B, "200 BYE").len(), pair.times(Side::B, "487 INVITE").len()), (1, 1));
    pair.run_dry();
    pair.assert_clean();
}

/// A request of A in the dialog of B's 180, made by hand.
fn in_early_dialog(pair: &Pair, method: &str, step: u32) -> Bytes {
    let (invite, ringing) = (pair.last(Side::A, "INVITE"), pair.last(Side::B, "180 INVITE"));
    let text = |message: &Message, name| message.text(name).unwrap().into_owned();
    Bytes::from(format!(
        "{method} sip:192.0.2.2:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKhand{step}\r\nFrom: {}\r\n\
         To: {}\r\nCall-ID: {}\r\nCSeq: {} {method}\r\nContent-Length: 0\r\n\r\n",
        text(&invite, HeaderName::From),
        text(&ringing, HeaderName::To),
        text(&invite, HeaderName::CallId),
        invite.cseq().unwrap().number + step,
    ))
}

/// A 2xx of another fork: another To tag and Contact.
fn forked(pair: &Pair, tag: &str) -> Bytes {
    let ok = pair.last(Side::B, "200 INVITE");
    let text = String::from_utf8(ok.bytes().to_vec()).unwrap();
    let to = ok.text(HeaderName::To).unwrap().into_owned();
    let ours = ok.text(HeaderName::Contact).unwrap().into_owned();
    Bytes::from(
        text.replace(&to, &format!("<sip:101@192.0.2.2>;tag={tag}"))
            .replace(&ours, &format!("<sip:fork@192.0.2.{tag}>")),
    )
}

#[test]
fn a_second_fork_that_answers_is_acknowledged_and_hung_up_once() {
    let mut pair = Pair::new();
    let leg = ring(&mut pair);
    pair.command(Side::B, leg, answer());
    pair.run(Duration::from_millis(5));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Answered { .. }));
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Confirmed { .. }));
    let fork = forked(&pair, "33");
    pair.inject(Side::A, fork.clone());
    let (ack, bye) = (pair.last(Side::A, "ACK"), pair.last(Side::A, "BYE"));
    assert_eq!(ack.request_uri_bytes(), Some(&b"sip:fork@192.0.2.33"[..]));
    assert_eq!(bye.to().unwrap().tag(), Some(&b"33"[..]));
    assert_eq!(bye.cseq().unwrap().number, ack.cseq().unwrap().number + 1);
    pair.inject(Side::A, fork);
    assert_eq!((pair.times(Side::A, "ACK").len(), pair.times(Side::A, "BYE").len()), (3, 1));
    pair.assert_silent();
    assert_eq!(pair.a.counters().legs, 1, "the call goes on");
    // It still does when the first leg has ended.
    pair.command(Side::A, LEG, hang_up(None));
    pair.run(Duration::from_secs(1));
    let late = forked(&pair, "44");
    pair.inject(Side::A, late);
    assert_eq!(pair.last(Side::A, "BYE").to().unwrap().tag(), Some(&b"44"[..]));
    pair.run_dry();
    pair.assert_clean();
}

#[test]
fn early_dialogs_of_all_forks_report_progress_and_one_may_answer() {
    let mut pair = Pair::new();
    let leg = ring(&mut pair);
    pair.command(Side::B, leg, LegCommand::Progress { status: 180, sdp: None, headers: Vec::new() });
    pair.run(Duration::from_millis(5));
    let ringing = pair.last(Side::B, "180 INVITE");
    let to = ringing.text(HeaderName::To).unwrap().into_owned();
    let other = String::from_utf8(ringing.bytes().to_vec()).unwrap().replace(&to, "<sip:101@192.0.2.2>;tag=other");
    pair.inject(Side::A, other);
    for _ in 0..2 {
        assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Progress { status: 180, .. }));
    }
    pair.command(Side::B, leg, answer());
    pair.run(Duration::from_millis(5));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Answered { .. }));
    assert_eq!(pair.times(Side::A, "BYE"), []);
}

#[test]
fn an_unreachable_callee_is_a_503_made_here() {
    let mut pair = Pair::new();
    pair.swallow = Box::new(|_, _| true);
    let invite = new_invite(pair.flow(Side::A));
    pair.command(Side::A, LEG, LegCommand::Invite(Box::new(invite)));
    let flow = pair.flow(Side::A);
    pair.fail(Side::A, flow);
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Rejected { status: 503, message: None }));
    pair.run_dry();
    pair.assert_clean();
}

#[test]
fn ids_of_incoming_legs_cannot_be_taken_and_late_commands_are_ignored() {
    let mut pair = Pair::new();
    let invite = new_invite(pair.flow(Side::A));
    pair.command(Side::A, LegId(1 << 63), LegCommand::Invite(Box::new(invite)));
    pair.command(Side::A, LegId(99), hang_up(None));
    assert_eq!(pair.a.counters().commands_ignored, 2);
    assert!(pair.wire.is_empty());
    let Some(Event::Invite(leg, _)) = ({
        let invite = new_invite(pair.flow(Side::A));
        pair.command(Side::A, LEG, LegCommand::Invite(Box::new(invite)));
        pair.run(Duration::from_millis(5));
        pair.events_b.pop_front()
    }) else {
        panic!("no INVITE")
    };
    assert!(leg.is_incoming());
    pair.command(Side::B, leg, LegCommand::Answer { sdp: None, headers: Vec::new() });
    assert_eq!(pair.b.counters().commands_ignored, 1, "an offer wants an answer");
    assert_eq!(pair.b.counters().legs, 1);
}
