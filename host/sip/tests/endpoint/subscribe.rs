//! Subscriptions to us (RFC 6665).

use crate::pair::*;
use bytes::Bytes;
use jackfield_sip::{
    Config, Event, HeaderName, Message, Method, SubscriptionCommand, SubscriptionEvent, SubscriptionId,
};
use std::time::Duration;

fn house() -> Pair {
    let mut config = Config::default();
    config.methods.push(Method::Subscribe);
    Pair::with(jackfield_sip::Transport::Udp, Weather::FAIR, 1, config)
}

/// A SUBSCRIBE of A made by hand; with a tag it renews.
fn subscribe(pair: &mut Pair, cseq: u32, to_tag: Option<&str>, expires: u32) {
    let tag = to_tag.map(|tag| format!(";tag={tag}")).unwrap_or_default();
    pair.inject(
        Side::B,
        format!(
            "SUBSCRIBE sip:101@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKsub{cseq}\r\n\
             From: <sip:100@192.0.2.2>;tag=lamp\r\nTo: <sip:101@192.0.2.2>{tag}\r\nCall-ID: lamp-1\r\nCSeq: {cseq} SUBSCRIBE\r\n\
             Contact: <sip:100@192.0.2.1:5060>\r\nEvent: dialog;id=7\r\nExpires: {expires}\r\nContent-Length: 0\r\n\r\n"
        ),
    );
}

/// A subscription of an hour that is accepted.
fn subscribed(pair: &mut Pair) -> (SubscriptionId, String) {
    subscribe(pair, 1, None, 3_600);
    let Event::Subscribe(id, incoming) = pair.event(Side::B) else { panic!("no subscription") };
    assert_eq!(incoming.request.text(HeaderName::Event).unwrap(), "dialog;id=7");
    command(
        pair,
        id,
        SubscriptionCommand::Accept { expires: 1_800, headers: vec![("Require".to_owned(), "eventlist".to_owned())] },
    );
    let ok = pair.last(Side::B, "200 SUBSCRIBE");
    assert_eq!((ok.expires(), ok.text(HeaderName::Require).as_deref()), (Some(1_800), Some("eventlist")));
    assert!(ok.contacts().next().is_some());
    (id, String::from_utf8(ok.to().unwrap().tag().unwrap().to_vec()).unwrap())
}

fn command(pair: &mut Pair, id: SubscriptionId, command: SubscriptionCommand) {
    let now = pair.now;
    pair.b.subscription(now, id, command);
    pair.collect();
}

fn notify(pair: &mut Pair, id: SubscriptionId, text: &'static str) {
    let body = Some(("text/plain".to_owned(), Bytes::from_static(text.as_bytes())));
    command(pair, id, SubscriptionCommand::Notify { body, headers: Vec::new() });
}

fn answer(pair: &mut Pair, status: u16) {
    let notify = pair.last(Side::B, "NOTIFY");
    let mut text = format!("SIP/2.0 {status} Whatever\r\n");
    for name in [HeaderName::Via, HeaderName::From, HeaderName::To, HeaderName::CallId, HeaderName::Cseq] {
        text += &format!("{}: {}\r\n", name.as_str(), notify.text(name).unwrap());
    }
    pair.inject(Side::B, text + "Content-Length: 0\r\n\r\n");
}

fn told(pair: &mut Pair, id: SubscriptionId) -> SubscriptionEvent {
    match pair.event(Side::B) {
        Event::Subscription(found, event) if found == id => event,
        other => panic!("{other:?}"),
    }
}

fn state(notify: &Message) -> String {
    notify.text(HeaderName::SubscriptionState).unwrap().into_owned()
}

#[test]
fn notifications_go_one_at_a_time_in_the_dialog_of_the_subscription() {
    let mut pair = house();
    let (id, tag) = subscribed(&mut pair);
    notify(&mut pair, id, "one");
    notify(&mut pair, id, "ignored: one is out");
    assert_eq!(pair.times(Side::B, "NOTIFY").len(), 1);
    let first = pair.last(Side::B, "NOTIFY");
    assert_eq!((first.body(), state(&first)), (&b"one"[..], "active;expires=1800".to_owned()));
    assert_eq!(first.text(HeaderName::Event).unwrap(), "dialog;id=7");
    assert_eq!(first.from().unwrap().tag().unwrap(), tag.as_bytes());
    assert_eq!(first.to().unwrap().tag().unwrap(), b"lamp");
    answer(&mut pair, 200);
    assert_eq!(told(&mut pair, id), SubscriptionEvent::Notified);
    notify(&mut pair, id, "two");
    let second = pair.last(Side::B, "NOTIFY");
    assert_eq!(second.body(), b"two");
    assert_eq!(second.cseq().unwrap().number, first.cseq().unwrap().number + 1);
}

#[test]
fn it_is_renewed_and_ends_on_request_with_a_last_state() {
    let mut pair = house();
    let (id, tag) = subscribed(&mut pair);
    notify(&mut pair, id, "one");
    answer(&mut pair, 200);
    assert_eq!(told(&mut pair, id), SubscriptionEvent::Notified);
    pair.run(Duration::from_secs(1_000));
    subscribe(&mut pair, 2, Some(&tag), 900);
    assert_eq!(told(&mut pair, id), SubscriptionEvent::Refreshed);
    notify(&mut pair, id, "two");
    assert_eq!(state(&pair.last(Side::B, "NOTIFY")), "active;expires=900");
    answer(&mut pair, 200);
    assert_eq!(told(&mut pair, id), SubscriptionEvent::Notified);
    subscribe(&mut pair, 3, Some(&tag), 0);
    assert_eq!(told(&mut pair, id), SubscriptionEvent::Refreshed);
    notify(&mut pair, id, "last");
    assert_eq!(state(&pair.last(Side::B, "NOTIFY")), "terminated;reason=timeout");
    answer(&mut pair, 200);
    pair.run_dry();
    pair.assert_silent();
    pair.assert_clean();
    assert_eq!(pair.b.counters().subscriptions, 0);
    subscribe(&mut pair, 4, Some(&tag), 60);
    assert_eq!(pair.times(Side::B, "481 SUBSCRIBE").len(), 1);
}

#[test]
fn it_ends_by_itself_or_when_nobody_is_there_any_more() {
    let mut pair = house();
    let (id, _) = subscribed(&mut pair);
    pair.run(Duration::from_secs(1_801));
    assert_eq!(told(&mut pair, id), SubscriptionEvent::Ended);
    assert_eq!(state(&pair.last(Side::B, "NOTIFY")), "terminated;reason=timeout");

    let mut pair = house();
    let (id, _) = subscribed(&mut pair);
    notify(&mut pair, id, "one");
    answer(&mut pair, 481);
    assert_eq!(told(&mut pair, id), SubscriptionEvent::Ended);

    let mut pair = house();
    let (id, _) = subscribed(&mut pair);
    pair.swallow = Box::new(|side, _| side == Side::B);
    notify(&mut pair, id, "into the void");
    pair.run(Duration::from_secs(40));
    assert_eq!(told(&mut pair, id), SubscriptionEvent::Ended);
    pair.run_dry();
    pair.assert_clean();
    assert_eq!(pair.b.counters().subscriptions, 0);
}

#[test]
fn one_that_is_refused_or_never_answered_leaves_nothing() {
    let mut pair = house();
    subscribe(&mut pair, 1, None, 60);
    let Event::Subscribe(id, _) = pair.event(Side::B) else { panic!() };
    command(&mut pair, id, SubscriptionCommand::Refuse { status: 489, headers: Vec::new() });
    assert_eq!(pair.times(Side::B, "489 SUBSCRIBE").len(), 1);
    let mut silent = house();
    subscribe(&mut silent, 1, None, 60);
    for mut pair in [pair, silent] {
        pair.run_dry();
        pair.assert_clean();
        assert_eq!(pair.b.counters().subscriptions, 0);
    }
}
