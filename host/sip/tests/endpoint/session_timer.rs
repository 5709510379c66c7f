//! Session timers (RFC 4028).

use crate::pair::*;
use jackfield_sip::{
    Config, Event, HeaderName, LegCommand, LegEnd, LegEvent, LegId, NewInvite, SessionPolicy, Transport,
};
use std::time::Duration;

fn interval(seconds: u64) -> Config {
    Config { session_interval: Some(Duration::from_secs(seconds)), ..Config::default() }
}

#[test]
fn a_session_is_renewed_by_the_caller_and_ends_when_one_side_vanishes() {
    let mut pair = Pair::with(Transport::Udp, Weather::FAIR, 1, interval(1_800));
    let leg = talk(&mut pair);
    assert_eq!(pair.last(Side::A, "INVITE").text(HeaderName::SessionExpires).unwrap(), "1800");
    let ok = pair.last(Side::B, "200 INVITE");
    assert_eq!(ok.text(HeaderName::SessionExpires).unwrap(), "1800;refresher=uac");
    assert!(ok.lists(HeaderName::Require, "timer"));
    pair.run(Duration::from_secs(4_000));
    assert_eq!(pair.times(Side::A, "UPDATE").len(), 4, "every 900 s");
    assert_eq!(pair.times(Side::B, "UPDATE"), []);
    pair.assert_silent();
    // A is gone without a word.
    pair.swallow = Box::new(|side, _| side == Side::A);
    pair.run(Duration::from_secs(1_801));
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Ended { cause: LegEnd::Timeout }));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Ended { cause: LegEnd::Timeout }));
    assert!(pair.last(Side::B, "BYE").text(HeaderName::Reason).unwrap().contains("cause=408"));
    pair.run_dry();
    pair.assert_clean();
}

#[test]
fn a_lost_bye_is_noticed_by_the_next_renewal() {
    let mut pair = Pair::new();
    let leg = talk(&mut pair);
    pair.swallow = Box::new(|side, what| side == Side::B && what == "BYE");
    pair.command(Side::B, leg, LegCommand::HangUp { reason: None });
    pair.run(Duration::from_secs(60));
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Ended { .. }));
    pair.assert_silent();
    pair.run(Duration::from_secs(900));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Ended { cause: LegEnd::Timeout }));
    pair.run_dry();
    pair.assert_clean();
}

#[test]
fn an_interval_that_is_too_short_is_refused_and_the_caller_asks_again_for_a_longer_one() {
    let mut pair = Pair::with(Transport::Udp, Weather::FAIR, 1, interval(100));
    pair.b = jackfield_sip::Endpoint::new(Config { min_session: Duration::from_secs(600), ..interval(1_200) }, [3; 32]);
    let leg = talk(&mut pair);
    assert_eq!(pair.last(Side::B, "422 INVITE").text(HeaderName::MinSe).unwrap(), "600");
    let again = pair.last(Side::A, "INVITE");
    assert_eq!(again.text(HeaderName::SessionExpires).unwrap(), "600");
    assert_eq!(again.text(HeaderName::MinSe).unwrap(), "600");
    assert_eq!(pair.last(Side::B, "200 INVITE").text(HeaderName::SessionExpires).unwrap(), "600;refresher=uac");
    assert_eq!(again.sdp(), sdp("offer"));
    pair.command(Side::B, leg, LegCommand::HangUp { reason: None });
    pair.run_dry();
    pair.assert_clean();
}

#[test]
fn who_takes_no_update_is_looked_after_by_reinvites() {
    let mut pair = Pair::new();
    talk(&mut pair);
    // The other party's Allow says so in its next answer.
    pair.run(Duration::from_secs(899));
    pair.swallow = Box::new(|side, what| side == Side::A && what == "UPDATE");
    pair.run(Duration::from_secs(2));
    let update = pair.last(Side::A, "UPDATE");
    let mut refusal = String::from("SIP/2.0 405 No\r\n");
    for name in [HeaderName::Via, HeaderName::From, HeaderName::To, HeaderName::CallId, HeaderName::Cseq] {
        refusal += &format!("{}: {}\r\n", name.as_str(), update.text(name).unwrap());
    }
    pair.inject(Side::A, refusal + "Content-Length: 0\r\n\r\n");
    pair.run(Duration::from_secs(1));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::RefreshDue));
    pair.command(Side::A, LEG, LegCommand::Reoffer { sdp: sdp("offer").unwrap() });
    pair.run(Duration::from_millis(10));
    assert_eq!(pair.last(Side::A, "INVITE").text(HeaderName::SessionExpires).unwrap(), "1800;refresher=uac");
}

/// A call whose caller has this policy, answered by somebody who has that one.
fn talk_by(pair: &mut Pair, caller: SessionPolicy, callee: SessionPolicy) -> LegId {
    let flow = pair.flow(Side::A);
    let invite = NewInvite { session_timer: caller, ..new_invite(flow) };
    pair.command(Side::A, LEG, LegCommand::Invite(Box::new(invite)));
    pair.run(Duration::from_millis(20));
    let Event::Invite(leg, _) = pair.event(Side::B) else { panic!("no INVITE") };
    pair.command(Side::B, leg, LegCommand::SessionTimer(callee));
    pair.command(Side::B, leg, LegCommand::Answer { sdp: sdp("answer"), headers: Vec::new() });
    pair.run(Duration::from_millis(20));
    leg
}

#[test]
fn a_call_without_session_timer_asks_for_none_and_grants_none() {
    use SessionPolicy::{AsConfigured, Off};
    for (caller, callee) in [(Off, AsConfigured), (AsConfigured, Off)] {
        let mut pair = Pair::new();
        talk_by(&mut pair, caller, callee);
        let (invite, ok) = (pair.last(Side::A, "INVITE"), pair.last(Side::B, "200 INVITE"));
        assert_eq!(invite.lists(HeaderName::Supported, "timer"), caller != Off);
        assert_eq!(invite.header(HeaderName::SessionExpires).is_some(), caller != Off);
        assert_eq!(ok.header(HeaderName::SessionExpires), None);
        assert_eq!(ok.lists(HeaderName::Supported, "timer"), callee != Off);
    }
}

#[test]
fn who_requires_a_session_timer_gets_one_and_each_call_has_its_own_interval() {
    let mut pair = Pair::new();
    let required = SessionPolicy::Required(Duration::from_secs(300));
    talk_by(&mut pair, required, SessionPolicy::Off);
    let invite = pair.last(Side::A, "INVITE");
    assert!(invite.lists(HeaderName::Require, "timer"));
    assert_eq!(invite.text(HeaderName::SessionExpires).unwrap(), "300");
    let ok = pair.last(Side::B, "200 INVITE");
    assert_eq!(ok.text(HeaderName::SessionExpires).unwrap(), "300;refresher=uac", "whoever insists gets it");
    pair.run(Duration::from_secs(301));
    assert_eq!(pair.times(Side::A, "UPDATE").len(), 2, "every 150 s");

    let mut pair = Pair::new();
    talk_by(&mut pair, SessionPolicy::AsConfigured, SessionPolicy::Offered(Duration::from_secs(10)));
    let ok = pair.last(Side::B, "200 INVITE");
    assert_eq!(ok.text(HeaderName::SessionExpires).unwrap(), "90;refresher=uac", "90 s at least");
}
