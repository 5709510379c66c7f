//! Answering challenges (RFC 3261 §22.2), as to a trunk.

use crate::pair::*;
use jackfield_sip::{
    Account, Event, HeaderName, LegCommand, LegEvent, LegId, Message, Method, OutOfDialog, Reply,
    digest::{Authenticator, Ha1, Verdict},
};
use std::time::Duration;

fn account(password: &str) -> Option<Account> {
    Some(Account { user: "trunk-7".to_owned(), password: password.to_owned(), ha1: None })
}

fn house(pair: &Pair) -> Authenticator {
    Authenticator::new("carrier".to_owned(), [5; 32], pair.start)
}

fn verdict(house: &Authenticator, pair: &Pair, request: &Message) -> Verdict {
    house.verify(pair.now, request, |user| (user == "trunk-7").then(|| Ha1::new(user, "carrier", "secret")))
}

fn call(pair: &mut Pair, password: &str) -> LegId {
    let mut invite = new_invite(pair.flow(Side::A));
    invite.account = account(password);
    pair.command(Side::A, LEG, LegCommand::Invite(Box::new(invite)));
    pair.run(Duration::from_millis(5));
    invited(pair).0
}

fn invited(pair: &mut Pair) -> (LegId, Message) {
    match pair.event(Side::B) {
        Event::Invite(leg, invite) => (leg, invite.request),
        other => panic!("{other:?}"),
    }
}

fn challenge(pair: &mut Pair, house: &Authenticator, leg: LegId) {
    let [sha256, md5] = house.challenge(pair.now, false);
    let headers = vec![("WWW-Authenticate".to_owned(), sha256), ("WWW-Authenticate".to_owned(), md5)];
    pair.command(Side::B, leg, LegCommand::Reject { status: 401, headers });
    pair.run(Duration::from_millis(5));
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Ended { .. }));
}

#[test]
fn a_challenged_invite_goes_once_more_with_credentials_and_the_best_algorithm() {
    let mut pair = Pair::new();
    let house = house(&pair);
    let leg = call(&mut pair, "secret");
    let first = pair.last(Side::A, "INVITE");
    challenge(&mut pair, &house, leg);
    let (leg, again) = invited(&mut pair);
    assert!(matches!(verdict(&house, &pair, &again), Verdict::Ok { .. }));
    assert!(again.text(HeaderName::Authorization).unwrap().contains("algorithm=SHA-256"));
    assert_eq!((again.call_id(), again.sdp()), (first.call_id(), sdp("offer")));
    assert_eq!(again.cseq().unwrap().number, first.cseq().unwrap().number + 1);
    assert_eq!(again.text(HeaderName::From), first.text(HeaderName::From));
    assert_eq!(again.header_named("X-Office"), first.header_named("X-Office"));
    pair.command(Side::B, leg, LegCommand::Answer { sdp: sdp("answer"), headers: Vec::new() });
    pair.run(Duration::from_millis(5));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Answered { .. }));
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Confirmed { .. }));
    // What follows in the dialog bears credentials at once.
    pair.command(Side::A, LEG, LegCommand::HangUp { reason: None });
    let bye = pair.last(Side::A, "BYE");
    assert!(matches!(verdict(&house, &pair, &bye), Verdict::Ok { .. }));
    pair.run_dry();
    pair.assert_clean();
}

#[test]
fn a_wrong_password_is_tried_once() {
    let mut pair = Pair::new();
    let house = house(&pair);
    let leg = call(&mut pair, "wrong");
    challenge(&mut pair, &house, leg);
    let (leg, again) = invited(&mut pair);
    assert!(matches!(verdict(&house, &pair, &again), Verdict::Bad));
    challenge(&mut pair, &house, leg);
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Rejected { status: 401, .. }));
    pair.run_dry();
    pair.assert_clean();
}

#[test]
fn a_challenged_registration_goes_once_more() {
    let mut pair = Pair::new();
    let house = house(&pair);
    let register = OutOfDialog {
        method: Method::Register,
        target: "sip:192.0.2.2".to_owned(),
        flow: pair.flow(Side::A),
        from: party("sip:trunk-7@192.0.2.2"),
        to: party("sip:trunk-7@192.0.2.2"),
        headers: vec![("Contact".to_owned(), "<sip:line-1@192.0.2.1>".to_owned())],
        body: None,
        call_id: None,
        cseq: Some(40),
        account: account("secret"),
    };
    pair.request(Side::A, 9, register);
    pair.run(Duration::from_millis(5));
    let Event::Request(id, _) = pair.event(Side::B) else { panic!("no request") };
    let headers = vec![("WWW-Authenticate".into(), house.challenge(pair.now, false)[1].clone())];
    pair.respond(Side::B, id, Reply { status: 401, headers, ..Reply::default() });
    pair.run(Duration::from_millis(5));
    let Event::Request(id, again) = pair.event(Side::B) else { panic!("no second request") };
    assert!(matches!(verdict(&house, &pair, &again.request), Verdict::Ok { .. }));
    assert_eq!(again.request.contacts().next().unwrap().uri_bytes(), b"sip:line-1@192.0.2.1");
    pair.respond(Side::B, id, Reply { status: 200, ..Reply::default() });
    pair.run(Duration::from_millis(5));
    let Event::Response(_, Ok(response)) = pair.event(Side::A) else { panic!("no response") };
    assert_eq!((response.status(), response.cseq().unwrap().number), (Some(200), 41));
    pair.assert_silent();
}

#[test]
fn an_account_is_not_shown() {
    assert_eq!(format!("{:?}", account("secret").unwrap()), "Account { user: \"trunk-7\", .. }");
}
