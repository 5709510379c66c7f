//! How long reading, checking and answering take. The INVITE has 395 bytes.

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jackfield_sip::{
    Config, Endpoint, Event, Flow, Framing, LegCommand, LegId, Limits, Message, NewInvite, Party, Reply, Transport,
    digest::{Authenticator, Ha1, Login, Verdict, answer},
    headers::AuthParams,
};
use std::{hint::black_box, time::Instant};

const INVITE: &str = "INVITE sip:2000@192.0.2.10:5060 SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.0.2.20:5080;branch=z9hG4bK-1234-1-0\r\n\
    From: anna <sip:1000@192.0.2.20:5080>;tag=1234SIPpTag001\r\n\
    To: bob <sip:2000@192.0.2.10:5060>\r\n\
    Call-ID: 1-1234@192.0.2.20\r\n\
    CSeq: 1 INVITE\r\n\
    Contact: sip:1000@192.0.2.20:5080\r\n\
    Max-Forwards: 70\r\n\
    Content-Type: application/sdp\r\n\
    Content-Length: 52\r\n\
    \r\n\
    v=0\r\nc=IN IP4 192.0.2.20\r\nm=audio 6000 RTP/AVP 0  \r\n";

fn register(authorization: &str) -> Bytes {
    Bytes::from(format!(
        "REGISTER sip:192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20:5080;branch=z9hG4bK-77;rport\r\n\
         From: <sip:100000@192.0.2.10>;tag=77\r\nTo: <sip:100000@192.0.2.10>\r\nCall-ID: reg-77@192.0.2.20\r\n\
         CSeq: 2 REGISTER\r\nContact: <sip:100000@192.0.2.20:5080>;expires=3600\r\nMax-Forwards: 70\r\n\
         {authorization}Content-Length: 0\r\n\r\n"
    ))
}

fn flow() -> Flow {
    Flow {
        transport: Transport::Udp,
        local: "192.0.2.10:5060".parse().expect("an address"),
        remote: "192.0.2.20:5080".parse().expect("an address"),
        connection: None,
    }
}

#[expect(clippy::disallowed_methods, reason = "any instant will do as a base")]
fn now() -> Instant {
    Instant::now()
}

fn secrets(_: &str) -> Option<Ha1> {
    Some(Ha1 {
        md5: "0123456789abcdef0123456789abcdef".to_owned(),
        sha256: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef".to_owned(),
    })
}

fn parse(c: &mut Criterion) {
    assert_eq!(INVITE.len(), 395);
    let limits = Limits::default();
    let invite = Bytes::from_static(INVITE.as_bytes());
    let mut group = c.benchmark_group("parse");
    group.throughput(Throughput::Bytes(395));
    group.bench_function("INVITE", |b| {
        b.iter(|| Message::parse(black_box(invite.clone()), Framing::Datagram, &limits));
    });
    group.bench_function("INVITE and its typed header fields", |b| {
        b.iter(|| {
            let message = Message::parse(black_box(invite.clone()), Framing::Datagram, &limits).expect("well-formed");
            black_box((message.via().is_some(), message.from().is_some(), message.to().is_some()));
            black_box((message.cseq().is_some(), message.contacts().count(), message.request_uri().is_some()));
        });
    });
    let plain = register("");
    group.throughput(Throughput::Bytes(plain.len() as u64));
    group.bench_function("REGISTER", |b| {
        b.iter(|| Message::parse(black_box(plain.clone()), Framing::Datagram, &limits));
    });
    group.finish();
}

fn digest(c: &mut Criterion) {
    let start = now();
    let authenticator = Authenticator::new("jackfield".to_owned(), [5; 32], start);
    let mut group = c.benchmark_group("digest");
    group.bench_function("challenge", |b| b.iter(|| authenticator.challenge(start, false)));
    for (name, index) in [("verify SHA-256", 0), ("verify MD5", 1)] {
        let challenges = authenticator.challenge(start, false);
        let challenge = AuthParams::parse(challenges[index].as_bytes()).expect("a challenge");
        let login = Login { user: "100000", password: "wrong", ha1: None, cnonce: "abcdef", count: 1 };
        let value = answer(&challenge, "REGISTER", "sip:192.0.2.10", &login).expect("an answer");
        let bytes = register(&format!("Authorization: {value}\r\n"));
        let message = Message::parse(bytes, Framing::Datagram, &Limits::default()).expect("well-formed");
        group.bench_function(name, |b| {
            b.iter(|| assert_eq!(authenticator.verify(start, black_box(&message), secrets), Verdict::Bad));
        });
    }
    group.finish();
}

/// A whole B2BUA's work on the wire side: an INVITE in, one out, both answered, both hung up.
fn endpoint(c: &mut Criterion) {
    let mut group = c.benchmark_group("endpoint");
    let start = now();
    let mut number = 0_u64;
    let mut phone = Endpoint::new(Config::default(), [1; 32]);
    let mut house = Endpoint::new(Config::default(), [2; 32]);
    group.bench_function("call of one leg, both sides", |b| {
        b.iter(|| {
            number += 1;
            // Each call takes place a second after the last, so that transactions come and go as they do in service.
            let at = start + std::time::Duration::from_secs(number);
            phone.handle_timeout(at);
            house.handle_timeout(at);
            call(&mut phone, &mut house, at, LegId(number));
        });
    });
    group.bench_function("REGISTER answered", |b| {
        let mut endpoint = Endpoint::new(Config::default(), [3; 32]);
        let text = String::from_utf8(register("").to_vec()).expect("ASCII");
        let mut number = 0_u64;
        b.iter(|| {
            number += 1;
            let at = start + std::time::Duration::from_millis(number * 10);
            endpoint.handle_timeout(at);
            let request = text.replace("-77", &format!("-{number}"));
            endpoint.handle_datagram(at, flow(), request.into());
            if let Some(Event::Request(id, _)) = endpoint.poll_event() {
                endpoint.respond(at, id, Reply { status: 200, ..Reply::default() });
            }
            black_box(endpoint.poll_transmit().expect("an answer"));
        });
    });
    group.finish();
}

fn call(phone: &mut Endpoint, house: &mut Endpoint, now: Instant, leg: LegId) {
    let party = |user: &str| Party { display: None, uri: format!("sip:{user}@192.0.2.10") };
    let invite = NewInvite {
        target: "sip:2000@192.0.2.10".to_owned(),
        flow: Flow { local: flow().remote, remote: flow().local, ..flow() },
        from: party("1000"),
        to: party("2000"),
        sdp: Some(Bytes::from_static(b"v=0\r\nc=IN IP4 192.0.2.20\r\nm=audio 6000 RTP/AVP 0\r\n")),
        headers: Vec::new(),
        max_forwards: 70,
        call_id: None,
        account: None,
        patience: None,
        session_timer: jackfield_sip::SessionPolicy::default(),
    };
    phone.command(now, leg, LegCommand::Invite(Box::new(invite)));
    carry(phone, house, now);
    let incoming = match house.poll_event() {
        Some(Event::Invite(leg, _)) => leg,
        other => panic!("{other:?}"),
    };
    house.command(now, incoming, LegCommand::Progress { status: 180, sdp: None, headers: Vec::new() });
    house.command(now, incoming, LegCommand::Answer { sdp: Some(Bytes::from_static(b"v=0\r\n")), headers: Vec::new() });
    carry(phone, house, now);
    phone.command(now, leg, LegCommand::HangUp { reason: None });
    carry(phone, house, now);
    while phone.poll_event().is_some() || house.poll_event().is_some() {}
}

fn carry(phone: &mut Endpoint, house: &mut Endpoint, now: Instant) {
    loop {
        let (sent, answered) = (phone.poll_transmit(), house.poll_transmit());
        if sent.is_none() && answered.is_none() {
            break;
        }
        if let Some(sent) = sent {
            house.handle_datagram(now, flow(), sent.bytes);
        }
        if let Some(answered) = answered {
            let back = Flow { local: flow().remote, remote: flow().local, ..flow() };
            phone.handle_datagram(now, back, answered.bytes);
        }
    }
}

criterion_group!(benches, parse, digest, endpoint);
criterion_main!(benches);
