//! Two phones that talk by way of the house, each with sockets of its own.

use crate::house;
use jackfield_calls::{CallsConfig, Directory};
use jackfield_media::sdp::Encryption;
use jackfield_model::Extension;
use jackfield_net::{Incoming, Leg, Sip};
use jackfield_sip::{LegCommand, LegEvent, NewInvite, Party, Transport};
use std::{net::SocketAddr, time::Duration};
use tokio::{net::UdpSocket, sync::mpsc, time::timeout};

/// How long anything may take.
pub const SOON: Duration = Duration::from_secs(10);

/// A description with these lines from its `m=` on.
pub fn described(media: &str) -> bytes::Bytes {
    format!("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm={media}\r\n").into()
}

/// One of sound alone.
pub fn sound(port: u16) -> bytes::Bytes {
    described(&format!("audio {port} RTP/AVP 8"))
}

/// What a leg tells that this is asked for.
pub async fn next<T>(leg: &mut Leg, wanted: impl Fn(LegEvent) -> Option<T>) -> T {
    loop {
        let event = timeout(SOON, leg.event()).await.expect("something happens").expect("the leg is up");
        if let Some(found) = wanted(event) {
            return found;
        }
    }
}

/// A call from 101 to 100, both with a socket of their own.
pub struct Call {
    pub caller: Leg,
    pub callee: Leg,
    pub sockets: [UdpSocket; 2],
    _phones: (Sip, mpsc::Receiver<Incoming>, Sip, mpsc::Receiver<Incoming>),
}

impl Call {
    /// One of sound alone.
    pub async fn up(ports: u16) -> Self {
        Self::up_with(ports, Encryption::Off, sound).await
    }

    /// One that begins with these descriptions.
    pub async fn up_with(ports: u16, encryption: Encryption, describe: fn(u16) -> bytes::Bytes) -> Self {
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

    /// Where one of the two hears.
    pub fn port(&self, index: usize) -> u16 {
        self.sockets[index].local_addr().unwrap().port()
    }

    /// A datagram of one reaches the other as it is.
    pub async fn carries(&self, from: usize, to: SocketAddr, datagram: &[u8]) {
        self.sockets[from].send_to(datagram, to).await.unwrap();
        let mut came = [0; 2_048];
        let (length, _) = timeout(SOON, self.sockets[1 - from].recv_from(&mut came)).await.unwrap().unwrap();
        assert_eq!(&came[..length], datagram);
    }
}

/// 101 calls 100 with this description.
pub async fn invite(sip: &Sip, house: SocketAddr, sdp: bytes::Bytes) -> Leg {
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

/// What it is offered, if it is.
pub fn offered(event: LegEvent) -> Option<bytes::Bytes> {
    if let LegEvent::Reoffer { sdp } = event { sdp } else { None }
}

/// What its offer is answered with, if it is.
pub fn answered(event: LegEvent) -> Option<bytes::Bytes> {
    if let LegEvent::Reanswered { sdp } = event { sdp } else { None }
}
