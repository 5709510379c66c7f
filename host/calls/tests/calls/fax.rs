//! Two who talk change to a fax by packets (T.38): passed through where both do, refused where one does not and there is no
//! gateway.

use crate::house;
use jackfield_calls::{CallsConfig, Directory};
use jackfield_media::sdp::{Encryption, Sdp};
use jackfield_model::Extension;
use jackfield_net::{Incoming, Leg, Sip};
use jackfield_sip::{LegCommand, LegEvent, NewInvite, Party, Transport};
use std::{net::SocketAddr, time::Duration};
use tokio::{net::UdpSocket, sync::mpsc, time::timeout};

const SOON: Duration = Duration::from_secs(10);

fn described(media: &str) -> bytes::Bytes {
    format!("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm={media}\r\n").into()
}

fn sound(port: u16) -> bytes::Bytes {
    described(&format!("audio {port} RTP/AVP 8"))
}

fn image(port: u16, recovery: &str) -> bytes::Bytes {
    described(&format!("image {port} udptl t38\r\na=T38FaxVersion:2\r\na=T38FaxUdpEC:{recovery}"))
}

/// What a leg tells that this is asked for.
async fn next<T>(leg: &mut Leg, wanted: impl Fn(LegEvent) -> Option<T>) -> T {
    loop {
        let event = timeout(SOON, leg.event()).await.expect("something happens").expect("the leg is up");
        if let Some(found) = wanted(event) {
            return found;
        }
    }
}

/// A call from 101 to 100, both with a socket of their own.
struct Call {
    caller: Leg,
    callee: Leg,
    sockets: [UdpSocket; 2],
    _phones: (Sip, mpsc::Receiver<Incoming>, Sip, mpsc::Receiver<Incoming>),
}

impl Call {
    async fn up(ports: u16) -> Self {
        Self::up_with(ports, Encryption::Off, sound).await
    }

    async fn up_with(ports: u16, encryption: Encryption, describe: fn(u16) -> bytes::Bytes) -> Self {
        let (phone, mut at_phone) = house::sip(7, &[]);
        let (calls, at_caller) = house::sip(8, &[]);
        let trusted_peers = vec![calls.listeners().next().unwrap().1];
        let (exchange, at) =
            house::exchange(CallsConfig { trusted_peers, encryption, ..CallsConfig::default() }, ports);
        let static_contact = Some(format!("sip:100@{}", phone.listeners().next().unwrap().1));
        let before = exchange.directory();
        let own = Extension { static_contact, ..(**before.extension("100").unwrap()).clone() };
        exchange.set_directory(Directory::new([own, (**before.extension("101").unwrap()).clone()]));
        let sockets = [UdpSocket::bind("127.0.0.1:0").await.unwrap(), UdpSocket::bind("127.0.0.1:0").await.unwrap()];
        let [own, other] = [&sockets[0], &sockets[1]].map(|socket| socket.local_addr().unwrap().port());
        let mut caller = invite(&calls, at, describe(own)).await;
        let mut callee = loop {
            match timeout(SOON, at_phone.recv()).await.unwrap().unwrap() {
                Incoming::Invite(leg, _) => break leg,
                _ => continue,
            }
        };
        callee.command(LegCommand::Answer { sdp: Some(describe(other)), headers: Vec::new() }).await;
        next(&mut caller, |event| matches!(event, LegEvent::Answered { .. }).then_some(())).await;
        next(&mut callee, |event| matches!(event, LegEvent::Confirmed { .. }).then_some(())).await;
        Self { caller, callee, sockets, _phones: (phone, at_phone, calls, at_caller) }
    }

    fn port(&self, index: usize) -> u16 {
        self.sockets[index].local_addr().unwrap().port()
    }

    /// A datagram of one reaches the other as it is.
    async fn carries(&self, from: usize, to: SocketAddr, datagram: &[u8]) {
        self.sockets[from].send_to(datagram, to).await.unwrap();
        let mut came = [0; 2_048];
        let (length, _) = timeout(SOON, self.sockets[1 - from].recv_from(&mut came)).await.unwrap().unwrap();
        assert_eq!(&came[..length], datagram);
    }
}

async fn invite(sip: &Sip, house: SocketAddr, sdp: bytes::Bytes) -> Leg {
    let mut leg = sip.new_leg();
    let party = |user: &str| Party { display: None, uri: format!("sip:{user}@{house}") };
    let invite = NewInvite {
        target: format!("sip:100@{house}"),
        flow: sip.flow_to(Transport::Udp, house).unwrap(),
        from: party("101"),
        to: party("100"),
        sdp: Some(sdp),
        headers: Vec::new(),
        max_forwards: 70,
        call_id: None,
        account: None,
        patience: None,
        session_timer: jackfield_sip::SessionPolicy::default(),
    };
    leg.command(LegCommand::Invite(Box::new(invite))).await;
    leg
}

fn offered(event: LegEvent) -> Option<bytes::Bytes> {
    if let LegEvent::Reoffer { sdp } = event { sdp } else { None }
}

fn answered(event: LegEvent) -> Option<bytes::Bytes> {
    if let LegEvent::Reanswered { sdp } = event { sdp } else { None }
}

fn where_to(sdp: &[u8]) -> SocketAddr {
    Sdp::parse(sdp).unwrap().image().expect("a fax by packets").address
}

#[tokio::test]
async fn packets_of_two_who_fax_by_them_pass_through_and_sound_comes_back() {
    let mut call = Call::up(38_000).await;
    // As others have it: whoever is called asks.
    let offer = image(call.port(1), "t38UDPFEC");
    call.callee.command(LegCommand::Reoffer { sdp: offer }).await;
    let passed = next(&mut call.caller, offered).await;
    let text = String::from_utf8_lossy(&passed).into_owned();
    assert!(text.contains("T38FaxVersion:2") && text.contains("t38UDPFEC") && !text.contains("m=audio"), "{text}");
    let answer = image(call.port(0), "t38UDPFEC");
    call.caller.command(LegCommand::AnswerReoffer { sdp: Some(answer) }).await;
    let host_for_callee = where_to(&next(&mut call.callee, answered).await);
    let host_for_caller = where_to(&passed);
    assert_ne!(host_for_caller, host_for_callee);
    call.carries(0, host_for_caller, &[0, 0, 1, 2, 0, 0]).await;
    call.carries(1, host_for_callee, &[0, 0, 1, 4, 0x80, 1, 3, 0]).await;
    // Whatever it is, it is theirs.
    call.carries(0, host_for_caller, &[0xff; 900]).await;

    call.caller.command(LegCommand::Reoffer { sdp: sound(call.port(0)) }).await;
    let passed = next(&mut call.callee, offered).await;
    assert!(Sdp::parse(&passed).unwrap().audio().is_ok());
    call.callee.command(LegCommand::AnswerReoffer { sdp: Some(sound(call.port(1))) }).await;
    let back = next(&mut call.caller, answered).await;
    let host = Sdp::parse(&back).unwrap().audio().unwrap().rtp;
    let rtp = [&[0x80, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9][..], &[0xd5; 160]].concat();
    call.sockets[0].send_to(&rtp, host).await.unwrap();
    let mut came = [0; 2_048];
    let (length, _) = timeout(SOON, call.sockets[1].recv_from(&mut came)).await.unwrap().unwrap();
    assert_eq!(length, rtp.len(), "sound");
}

#[tokio::test]
async fn where_nobody_can_stand_between_a_refusal_is_passed_back_and_the_two_go_on_talking() {
    let mut call = Call::up(38_400).await;
    for (status, answer) in [(488, None), (415, None), (488, Some("image 0 udptl t38"))] {
        let offer = image(call.port(0), "t38UDPRedundancy");
        call.caller.command(LegCommand::Reoffer { sdp: offer }).await;
        next(&mut call.callee, offered).await;
        let refusal = match answer {
            None => LegCommand::RejectReoffer { status },
            Some(media) => LegCommand::AnswerReoffer { sdp: Some(described(media)) },
        };
        call.callee.command(refusal).await;
        if answer.is_some() {
            // It is given its sound back.
            let again = next(&mut call.callee, offered).await;
            assert!(Sdp::parse(&again).unwrap().audio().is_ok());
            call.callee.command(LegCommand::AnswerReoffer { sdp: Some(sound(call.port(1))) }).await;
        }
        let refused = |event| if let LegEvent::ReofferFailed { status } = event { Some(status) } else { None };
        assert_eq!(next(&mut call.caller, refused).await, status);
    }
    // And may fax by packets later.
    let offer = image(call.port(0), "t38UDPRedundancy");
    call.caller.command(LegCommand::Reoffer { sdp: offer }).await;
    let at_callee = next(&mut call.callee, offered).await;
    let answer = image(call.port(1), "t38UDPRedundancy");
    call.callee.command(LegCommand::AnswerReoffer { sdp: Some(answer) }).await;
    let host = where_to(&next(&mut call.caller, answered).await);
    call.carries(0, host, &[0, 0, 1, 2, 0, 0]).await;
    call.carries(1, where_to(&at_callee), &[0, 0, 1, 2, 0, 0]).await;
}

#[tokio::test]
async fn who_must_be_encrypted_is_not_asked_for_packets_which_are_not() {
    /// The second kind of keys that the host offers, which everybody has.
    fn encrypted(port: u16) -> bytes::Bytes {
        let key = "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
        described(&format!("audio {port} RTP/SAVP 8\r\na=crypto:2 AES_CM_128_HMAC_SHA1_80 {key}"))
    }
    let mut call = Call::up_with(38_800, Encryption::Required, encrypted).await;
    let offer = image(call.port(0), "t38UDPRedundancy");
    call.caller.command(LegCommand::Reoffer { sdp: offer }).await;
    let refused = |event| if let LegEvent::ReofferFailed { status } = event { Some(status) } else { None };
    assert_eq!(next(&mut call.caller, refused).await, 488);
    // Nobody has asked the callee: it may still ask for something else.
    call.callee.command(LegCommand::Reoffer { sdp: encrypted(call.port(1)) }).await;
    let passed = next(&mut call.caller, offered).await;
    assert!(String::from_utf8_lossy(&passed).contains("RTP/SAVP"));
}
