//! REFER and Replaces (RFC 3515, RFC 3891, RFC 4488).

use crate::pair::*;
use bytes::Bytes;
use jackfield_sip::{HeaderName, LegCommand, LegEvent, Replaces};
use std::time::Duration;

fn refer(pair: &mut Pair, step: u32, more: &str) {
    let request = by_hand(pair, "REFER", step, more, "");
    pair.inject(Side::B, request);
}

const TO_102: &str =
    "Refer-To: <sip:102@192.0.2.2?Replaces=abc%40x%3Bto-tag%3D1%3Bfrom-tag%3D2>\r\nReferred-By: <sip:100@x>\r\n";

#[test]
fn a_referral_is_accepted_and_its_end_is_told() {
    let mut pair = Pair::new();
    let leg = talk(&mut pair);
    refer(&mut pair, 1, TO_102);
    match pair.leg_event(Side::B, leg) {
        LegEvent::Refer(refer) => {
            assert_eq!((refer.to.as_str(), refer.referred_by.as_deref()), ("sip:102@192.0.2.2", Some("<sip:100@x>")));
            assert_eq!(refer.replaces.map(|dialog| dialog.call_id).as_deref(), Some(&b"abc@x"[..]));
        }
        other => panic!("{other:?}"),
    }
    // A second one while the first is open.
    refer(&mut pair, 2, TO_102);
    assert_eq!(pair.times(Side::B, "491 REFER").len(), 1);
    pair.command(Side::B, leg, LegCommand::AcceptRefer);
    pair.command(Side::B, leg, LegCommand::ReferProgress { status: 180 });
    pair.command(Side::B, leg, LegCommand::ReferProgress { status: 200 });
    assert_eq!(pair.last(Side::B, "NOTIFY").body(), b"SIP/2.0 100 Trying\r\n", "one at a time");
    answer_notify(&mut pair, 200);
    let last = pair.last(Side::B, "NOTIFY");
    assert_eq!(last.body(), b"SIP/2.0 200 OK\r\n", "what is overtaken is not told");
    assert_eq!(last.text(HeaderName::SubscriptionState).unwrap(), "terminated;reason=noresource");
    assert_eq!(last.text(HeaderName::Event).unwrap(), "refer");
    answer_notify(&mut pair, 200);
    // The next one in this dialog is told apart.
    refer(&mut pair, 3, TO_102);
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Refer(_)));
    pair.command(Side::B, leg, LegCommand::AcceptRefer);
    assert!(pair.last(Side::B, "NOTIFY").text(HeaderName::Event).unwrap().starts_with("refer;id="));
}

#[test]
fn who_does_not_want_to_know_is_not_told() {
    let mut pair = Pair::new();
    let leg = talk(&mut pair);
    refer(&mut pair, 1, "Refer-To: sip:102@192.0.2.2\r\nRefer-Sub: false\r\n");
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Refer(refer) if refer.replaces.is_none()));
    pair.command(Side::B, leg, LegCommand::AcceptRefer);
    pair.command(Side::B, leg, LegCommand::ReferProgress { status: 200 });
    assert_eq!(pair.last(Side::B, "202 REFER").header_named("Refer-Sub"), Some(&b"false"[..]));
    assert_eq!(pair.times(Side::B, "NOTIFY"), []);
}

#[test]
fn a_refer_without_one_clear_target_is_refused() {
    let mut pair = Pair::new();
    let leg = talk(&mut pair);
    for (step, bad) in ["", "Refer-To: <sip:1@x>\r\nRefer-To: <sip:2@x>\r\n", "Refer-To: <sip:1@x?Replaces=%3B>\r\n"]
        .into_iter()
        .enumerate()
    {
        refer(&mut pair, step as u32 + 1, bad);
        assert_eq!(pair.times(Side::B, "400 REFER").len(), step + 1, "{bad}");
    }
    pair.assert_silent();
    refer(&mut pair, 9, TO_102);
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Refer(_)));
    pair.command(Side::B, leg, LegCommand::RejectRefer { status: 603 });
    assert_eq!(pair.times(Side::B, "603 REFER").len(), 1);
    pair.command(Side::B, leg, LegCommand::HangUp { reason: None });
    pair.run_dry();
    pair.assert_clean();
}

#[test]
fn a_dialog_is_found_by_what_replaces_says_of_it_from_either_side() {
    let mut pair = Pair::new();
    let leg = talk(&mut pair);
    let ok = pair.last(Side::B, "200 INVITE");
    let (to, from) = (ok.to().unwrap().tag().unwrap(), ok.from().unwrap().tag().unwrap());
    let named = |to_tag: &[u8], from_tag: &[u8]| Replaces {
        call_id: ok.call_id().unwrap().into(),
        to_tag: to_tag.into(),
        from_tag: from_tag.into(),
        early_only: false,
    };
    assert_eq!(pair.b.find_leg(&named(to, from)), Some((leg, true)));
    assert_eq!(pair.b.find_leg(&named(from, to)), Some((leg, true)));
    assert_eq!(pair.b.find_leg(&named(to, b"other")), None);
    pair.command(Side::A, LEG, LegCommand::HangUp { reason: None });
    pair.run(Duration::from_secs(1));
    assert_eq!(pair.b.find_leg(&named(to, from)), None);
}

/// A answers the last NOTIFY, which its endpoint knows nothing of.
fn answer_notify(pair: &mut Pair, status: u16) {
    let notify = pair.last(Side::B, "NOTIFY");
    pair.inject(Side::B, answer(&notify, status));
}

fn answer(request: &jackfield_sip::Message, status: u16) -> Bytes {
    let mut text = format!("SIP/2.0 {status} OK\r\n");
    for name in [HeaderName::Via, HeaderName::From, HeaderName::To, HeaderName::CallId, HeaderName::Cseq] {
        text += &format!("{}: {}\r\n", name.as_str(), request.text(name).unwrap());
    }
    Bytes::from(text + "Content-Length: 0\r\n\r\n")
}
