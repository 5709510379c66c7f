//! A second opinion: messages that rsip accepts too are read as rsip reads them.

#![expect(clippy::unwrap_used, reason = "a test that finds nothing there fails")]

use bytes::Bytes;
use jackfield_sip::{Framing, HeaderName, Limits, Message};
use proptest::prelude::*;
use rsip::prelude::{HeadersExt, ToTypedHeader, UntypedHeader};
use std::{fs, path::PathBuf};

/// Compare what both make of a message; false if one of them does not take it.
fn agree(bytes: &[u8]) -> bool {
    let Ok(ours) = Message::parse(Bytes::copy_from_slice(bytes), Framing::Datagram, &Limits::default()) else {
        return false;
    };
    match rsip::SipMessage::try_from(bytes) {
        Ok(rsip::SipMessage::Request(theirs)) => {
            assert_eq!(ours.method().unwrap().as_str(), theirs.method.to_string());
            // It takes URIs that are none, such as an IPv6 address without brackets.
            if let Some(ours) = ours.request_uri() {
                let text = theirs.uri.to_string();
                let theirs = jackfield_sip::Uri::parse(text.as_bytes()).expect("what it writes is a URI");
                assert_eq!((theirs.host(), theirs.user()), (ours.host(), ours.user()));
            }
            compare(&ours, &theirs);
        }
        Ok(rsip::SipMessage::Response(theirs)) => {
            assert_eq!(ours.status().unwrap(), theirs.status_code.code());
            compare(&ours, &theirs);
        }
        Err(_) => return false,
    }
    true
}

fn compare(ours: &Message, theirs: &impl HeadersExt) {
    // It knows no compact forms: what it does not find is not compared.
    for (name, theirs) in [
        (HeaderName::CallId, theirs.call_id_header().map(|header| header.value().to_owned())),
        (HeaderName::From, theirs.from_header().map(|header| header.value().to_owned())),
        (HeaderName::To, theirs.to_header().map(|header| header.value().to_owned())),
        (HeaderName::Via, theirs.via_header().map(|header| header.value().to_owned())),
    ] {
        if let Ok(theirs) = theirs {
            assert_eq!(ours.text(name).as_deref(), Some(theirs.trim()));
        }
    }
    if let Ok(cseq) = theirs.cseq_header()
        && let (Ok(number), Ok(method)) = (cseq.seq(), cseq.method())
    {
        let read = ours.cseq().unwrap();
        assert_eq!((read.number, read.method.as_str()), (number, method.to_string().as_str()));
    }
    if let Ok(from) = theirs.from_header()
        && let Ok(Some(tag)) = from.tag()
    {
        assert_eq!(ours.from().unwrap().tag(), Some(tag.value().as_bytes()));
    }
    if let Ok(via) = theirs.via_header()
        && let Ok(typed) = via.typed()
        && let Some(branch) = typed.branch()
    {
        assert_eq!(ours.via().unwrap().branch(), Some(branch.value().as_bytes()));
    }
}

#[test]
fn both_read_the_torture_messages_alike_where_both_take_them() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance/rfc4475");
    let agreed = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "dat"))
        .filter(|path| agree(&fs::read(path).unwrap()))
        .count();
    assert!(agreed >= 20, "only {agreed} messages were taken by both");
}

prop_compose! {
    fn message()(
        method in prop::sample::select(vec!["INVITE", "ACK", "BYE", "REGISTER", "OPTIONS", "SUBSCRIBE", "INFO"]),
        status in prop::option::of(prop::sample::select(vec![100_u16, 180, 200, 302, 401, 404, 486, 500, 603])),
        user in "[a-z0-9.+-]{1,12}",
        host in "[a-z][a-z0-9-]{0,8}(\\.[a-z][a-z0-9]{1,5}){1,2}",
        port in prop::option::of(1024_u16..65_000),
        display in prop::option::of("[A-Za-z ]{1,12}"),
        tag in "[a-zA-Z0-9]{1,16}",
        branch in "[a-zA-Z0-9.-]{1,24}",
        call_id in "[a-zA-Z0-9@.-]{1,32}",
        number in 0_u32..(1 << 31),
        body in "[ -~]{0,60}",
    ) -> String {
        let authority = port.map_or(host.clone(), |port| format!("{host}:{port}"));
        let start = status.map_or(format!("{method} sip:{user}@{authority} SIP/2.0"), |status| format!("SIP/2.0 {status} Because"));
        let display = display.map(|name| format!("\"{name}\" ")).unwrap_or_default();
        format!(
            "{start}\r\nVia: SIP/2.0/UDP {authority};branch=z9hG4bK{branch}\r\nMax-Forwards: 70\r\n\
             From: {display}<sip:{user}@{host}>;tag={tag}\r\nTo: <sip:{user}@{authority}>\r\nCall-ID: {call_id}\r\n\
             CSeq: {number} {method}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }
}

proptest! {
    #[test]
    fn both_read_ordinary_messages_alike(text in message()) {
        prop_assert!(agree(text.as_bytes()), "both take {text:?}");
    }
}
