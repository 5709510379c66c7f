//! Provisional responses that are acknowledged (RFC 3262).

use crate::pair::*;
use jackfield_sip::{Event, HeaderName, LegCommand, LegEvent, LegId};
use std::time::Duration;

/// A calls B and requires 100rel.
fn ring_reliably(pair: &mut Pair) -> LegId {
    let mut invite = new_invite(pair.flow(Side::A));
    invite.headers.push(("Require".to_owned(), "100rel".to_owned()));
    pair.command(Side::A, LEG, LegCommand::Invite(Box::new(invite)));
    pair.run(Duration::from_millis(5));
    match pair.event(Side::B) {
        Event::Invite(leg, _) => leg,
        other => panic!("{other:?}"),
    }
}

fn progress(status: u16, text: Option<&str>) -> LegCommand {
    LegCommand::Progress { status, sdp: text.and_then(sdp), headers: Vec::new() }
}

#[test]
fn each_is_acknowledged_before_the_next_one_and_the_answer() {
    let mut pair = Pair::new();
    let leg = ring_reliably(&mut pair);
    pair.command(Side::B, leg, progress(180, None));
    pair.command(Side::B, leg, progress(183, Some("early")));
    pair.run(Duration::from_millis(20));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Progress { status: 180, sdp: None }));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Progress { status: 183, sdp: Some(_) }));
    let (first, second) = (pair.last(Side::B, "180 INVITE"), pair.last(Side::B, "183 INVITE"));
    let rseq = |message: &jackfield_sip::Message| message.text(HeaderName::Rseq).unwrap().parse::<u32>().unwrap();
    assert_eq!(rseq(&second), rseq(&first) + 1);
    assert_eq!(pair.times(Side::A, "PRACK").len(), 2);
    assert_eq!(pair.times(Side::B, "200 PRACK").len(), 2);
    pair.command(Side::B, leg, LegCommand::Answer { sdp: None, headers: Vec::new() });
    pair.run(Duration::from_secs(40));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Answered { sdp: Some(answer), .. } if answer == "early"));
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Confirmed { .. }));
    assert_eq!(pair.times(Side::B, "200 INVITE").len(), 1, "the ACK had the INVITE's number");
    pair.command(Side::A, LEG, LegCommand::HangUp { reason: None });
    pair.run_dry();
    pair.assert_clean();
}

#[test]
fn one_that_is_lost_comes_again_and_is_told_once() {
    let mut pair = Pair::new();
    let leg = ring_reliably(&mut pair);
    let mut lost = 0;
    pair.swallow = Box::new(move |side, what| {
        let swallow = (side == Side::B && what == "183 INVITE" || what == "200 PRACK") && lost < 3;
        lost += u32::from(swallow);
        swallow
    });
    pair.command(Side::B, leg, progress(183, Some("early")));
    pair.command(Side::B, leg, LegCommand::Answer { sdp: None, headers: Vec::new() });
    pair.run(Duration::from_secs(10));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Progress { status: 183, .. }));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Answered { .. }));
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Confirmed { .. }));
    pair.assert_silent();
}

#[test]
fn a_caller_that_never_acknowledges_is_refused() {
    let mut pair = Pair::new();
    let leg = ring_reliably(&mut pair);
    pair.swallow = Box::new(|_, what| what == "PRACK");
    pair.command(Side::B, leg, progress(180, None));
    pair.run(Duration::from_secs(33));
    assert_eq!(pair.times(Side::B, "504 INVITE").len(), 1);
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Ended { .. }));
    pair.swallow = Box::new(|_, _| false);
    pair.run_dry();
    pair.assert_clean();
}
