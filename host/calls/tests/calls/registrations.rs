//! Ways to a phone, from its REGISTER to the request that reaches it: flows of outbound, proxies of Path, GRUUs.

use jackfield_calls::{CallsConfig, Exchange};
use jackfield_net::{Incoming, Sip};
use jackfield_sip::{
    Account, Framing, HeaderName, IncomingInvite, LegCommand, LegEvent, Limits, Message, Method, NewInvite,
    OutOfDialog, Party, Reply, Transport,
};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::UdpSocket, sync::mpsc, time::timeout};

const DESK: &str = "+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\"";
const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n";

struct House {
    at: SocketAddr,
    exchange: Arc<Exchange>,
}

/// A telephone of an extension, at one address.
struct Phone {
    sip: Sip,
    incoming: mpsc::Receiver<Incoming>,
    number: &'static str,
    house: SocketAddr,
}

fn house() -> House {
    house_that_trusts(&[])
}

fn house_that_trusts(peers: &[SocketAddr]) -> House {
    let config = CallsConfig { trusted_peers: peers.to_vec(), ..CallsConfig::default() };
    let (exchange, at) = crate::house::exchange(config, 31_000);
    House { at, exchange }
}

impl House {
    fn phone(&self, number: &'static str, seed: u8) -> Phone {
        let (sip, incoming) = crate::house::sip(seed, &[Method::Notify]);
        Phone { sip, incoming, number, house: self.at }
    }
}

impl Phone {
    fn at(&self) -> SocketAddr {
        self.sip.listeners().next().unwrap().1
    }

    fn account(&self) -> Option<Account> {
        Some(Account { user: self.number.to_owned(), password: String::from("secret"), ha1: None })
    }

    fn own(&self) -> Party {
        Party { display: None, uri: format!("sip:{}@{}", self.number, self.house) }
    }

    async fn send(
        &self,
        method: Method<'static>,
        target: String,
        headers: &[(&str, String)],
        text: Option<&str>,
    ) -> Message {
        let request = OutOfDialog {
            method,
            target,
            flow: self.sip.flow_to(Transport::Udp, self.house).unwrap(),
            from: self.own(),
            to: self.own(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            body: text.map(|text| (String::from("text/plain"), text.to_owned().into())),
            call_id: None,
            cseq: None,
            account: self.account(),
        };
        *self.sip.request(request).await.expect("an answer")
    }

    /// Register; gives the 200.
    async fn register(&self, params: &str, more: &[(&str, String)]) -> Message {
        let contact = format!("<sip:{}@{}>{params}", self.number, self.at());
        let supported = ("Supported", String::from("path, outbound, gruu"));
        let headers: Vec<_> = [("Contact", contact), supported].into_iter().chain(more.iter().cloned()).collect();
        let answer = self.send(Method::Register, format!("sip:{}", self.house), &headers, None).await;
        assert_eq!(answer.status(), Some(200), "{:?}", answer.bytes());
        answer
    }

    /// Call somebody; gives the status of the refusal.
    async fn call(&self, target: &str) -> u16 {
        let mut leg = self.sip.new_leg();
        let invite = NewInvite {
            target: target.to_owned(),
            flow: self.sip.flow_to(Transport::Udp, self.house).unwrap(),
            from: self.own(),
            to: Party { display: None, uri: target.to_owned() },
            sdp: Some(OFFER.into()),
            headers: Vec::new(),
            max_forwards: 70,
            call_id: None,
            account: self.account(),
            patience: None,
            session_timer: jackfield_sip::SessionPolicy::default(),
        };
        leg.command(LegCommand::Invite(Box::new(invite))).await;
        loop {
            match timeout(Duration::from_secs(20), leg.event()).await.expect("an end") {
                Some(LegEvent::Rejected { status, .. }) => return status,
                Some(_) => {}
                None => panic!("the leg ended without a word"),
            }
        }
    }

    /// The next call that comes in is refused.
    async fn refuses(&mut self, status: u16) -> Box<IncomingInvite> {
        loop {
            match timeout(Duration::from_secs(20), self.incoming.recv()).await.expect("a call").expect("signalling") {
                Incoming::Invite(mut leg, invite) => {
                    leg.command(LegCommand::Reject { status, headers: Vec::new() }).await;
                    return invite;
                }
                Incoming::Request(id, _) => self.sip.respond(id, Reply { status: 200, ..Reply::default() }).await,
                _ => {}
            }
        }
    }

    /// The next request, which is outside calls, is answered.
    async fn answers(&mut self, status: u16) -> Message {
        let incoming = timeout(Duration::from_secs(20), self.incoming.recv()).await.expect("a request");
        let Some(Incoming::Request(id, request)) = incoming else { panic!("something else came") };
        self.sip.respond(id, Reply { status, ..Reply::default() }).await;
        request.request
    }

    fn is_left_alone(&mut self) -> bool {
        self.incoming.try_recv().is_err()
    }
}

/// The value of a quoted parameter of the only Contact that has it.
fn gruu(answer: &Message, name: &str) -> String {
    let contact = answer.contacts().find(|contact| contact.params.has(name)).expect("a GRUU");
    contact.params.value(name).unwrap().into_owned()
}

#[tokio::test]
async fn a_phone_with_two_flows_is_rung_once_and_by_the_other_one_when_the_first_fails() {
    let house = house();
    let (caller, mut old, mut new) = (house.phone("101", 2), house.phone("100", 3), house.phone("100", 4));
    let first = old.register(&format!(";{DESK};reg-id=1"), &[]).await;
    assert!(first.lists(HeaderName::Require, "outbound"));
    assert_eq!(first.header_named("Flow-Timer"), Some(&b"30"[..]));
    new.register(&format!(";{DESK};reg-id=2"), &[]).await;
    let target = format!("sip:100@{}", house.at);
    // What the phone says counts; it is not asked twice.
    let (told, _) = tokio::join!(caller.call(&target), new.refuses(486));
    assert_eq!((told, old.is_left_alone()), (486, true));
    // A flow that has failed does not.
    let (told, _, invite) = tokio::join!(caller.call(&target), new.refuses(430), old.refuses(603));
    assert_eq!((told, invite.flow.remote), (603, house.at));
    let text = caller.send(Method::Message, target.clone(), &[], Some("hello"));
    let (told, _, text) = tokio::join!(text, new.answers(430), old.answers(200));
    assert_eq!((told.status(), text.body()), (Some(200), &b"hello"[..]));
    // The newest is gone without a trace: nothing answers there.
    drop(new);
    let (told, _) = tokio::join!(caller.call(&target), old.refuses(486));
    assert_eq!(told, 486);
}

#[tokio::test]
async fn requests_to_a_phone_behind_proxies_bear_the_route() {
    let house = house();
    let (caller, mut phone) = (house.phone("101", 2), house.phone("100", 3));
    let path = ("Path", String::from("<sip:p1.example;lr>, <sip:p2.example;lr>"));
    let answer = phone.register("", std::slice::from_ref(&path)).await;
    assert_eq!(answer.values(HeaderName::Path).count(), 2);
    let target = format!("sip:100@{}", house.at);
    let own = format!("sip:100@{}", phone.at());
    let is_led = |request: &Message| {
        let route: Vec<_> = request.values(HeaderName::Route).map(String::from_utf8_lossy).collect();
        assert_eq!((request.request_uri_bytes(), route.join(", ")), (Some(own.as_bytes()), path.1.clone()));
    };
    let (_, invite) = tokio::join!(caller.call(&target), phone.refuses(486));
    is_led(&invite.request);
    let (_, text) = tokio::join!(caller.send(Method::Message, target, &[], Some("hello")), phone.answers(200));
    is_led(&text);
    assert_eq!(house.exchange.check_sync(&"100".parse().unwrap(), false), 1);
    is_led(&phone.answers(200).await);
}

#[tokio::test]
async fn a_gruu_reaches_one_phone_of_an_extension() {
    let house = house();
    let (caller, mut desk, mut other) = (house.phone("101", 2), house.phone("100", 3), house.phone("100", 4));
    let answer = desk.register(&format!(";{DESK}"), &[]).await;
    let (public, temporary) = (gruu(&answer, "pub-gruu"), gruu(&answer, "temp-gruu"));
    other.register("", &[]).await;
    for target in [&public, &temporary] {
        let (told, invite) = tokio::join!(caller.call(target), desk.refuses(486));
        assert_eq!(told, 486);
        assert!(invite.request.to().unwrap().uri_bytes().starts_with(b"sip:100@"));
        let text = caller.send(Method::Message, target.clone(), &[], Some("hello"));
        assert_eq!(tokio::join!(text, desk.answers(200)).0.status(), Some(200));
        assert!(other.is_left_alone());
    }
    let subscribe = |target: &String, expected: u16| {
        let headers = [("Event", String::from("dialog")), ("Contact", format!("<sip:101@{}>", caller.at()))];
        let (caller, target) = (&caller, target.clone());
        async move {
            let answer = caller.send(Method::Subscribe, target, &headers, None).await;
            assert_eq!(answer.status(), Some(expected));
        }
    };
    subscribe(&temporary, 200).await;
    let forged = temporary.replace("tgruu.", "tgruu.00");
    subscribe(&forged, 404).await;
    assert_eq!(caller.call(&forged).await, 404);
    assert_eq!(caller.call(&public.replace("100@", "199@")).await, 404);
    assert_eq!(caller.call(&public.replace("0000-1000", "0000-1001")).await, 480);
    desk.register(&format!(";{DESK};expires=0"), &[]).await;
    assert_eq!((caller.call(&public).await, caller.call(&temporary).await), (480, 404));
    let text = caller.send(Method::Message, public, &[], Some("hello")).await;
    assert_eq!((text.status(), other.is_left_alone()), (Some(480), true));
}

/// A gateway that writes its messages by hand: it can transfer.
struct Gateway {
    socket: UdpSocket,
    house: SocketAddr,
}

impl Gateway {
    async fn send(&self, method: &str, target: &str, to: &str, cseq: u32, more: &str) {
        let own = self.socket.local_addr().unwrap();
        let text = format!(
            "{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bK{method}{cseq}\r\n\
             From: <sip:0123@{own}>;tag=g\r\nTo: {to}\r\nCall-ID: transfer\r\nCSeq: {cseq} {method}\r\n\
             Contact: <sip:0123@{own}>\r\nMax-Forwards: 70\r\n{more}"
        );
        self.socket.send_to(text.as_bytes(), self.house).await.unwrap();
    }

    /// The next final response to this method.
    async fn response(&self, method: &str) -> Message {
        let mut buffer = vec![0; 8_192];
        loop {
            let received = timeout(Duration::from_secs(20), self.socket.recv(&mut buffer)).await;
            let length = received.expect("a response").unwrap();
            let bytes = buffer[..length].to_vec().into();
            let message = Message::parse(bytes, Framing::Datagram, &Limits::default()).unwrap();
            let is_it = message.cseq().is_some_and(|cseq| cseq.method.as_str() == method);
            if is_it && message.status().is_some_and(|status| status >= 200) {
                return message;
            }
        }
    }
}

#[tokio::test]
async fn a_call_that_is_transferred_to_a_gruu_goes_to_that_phone() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let house = house_that_trusts(&[socket.local_addr().unwrap()]);
    let gateway = Gateway { socket, house: house.at };
    let (mut stays, mut desk, mut other) = (house.phone("101", 2), house.phone("100", 3), house.phone("100", 4));
    stays.register("", &[]).await;
    let temporary = gruu(&desk.register(&format!(";{DESK}"), &[]).await, "temp-gruu");
    other.register("", &[]).await;
    let target = format!("sip:101@{}", house.at);
    let body = format!("Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{OFFER}", OFFER.len());
    gateway.send("INVITE", &target, &format!("<{target}>"), 1, &body).await;
    let incoming = timeout(Duration::from_secs(20), stays.incoming.recv()).await.expect("a call");
    let Some(Incoming::Invite(mut leg, _)) = incoming else { panic!("something else came") };
    leg.command(LegCommand::Answer { sdp: Some(OFFER.into()), headers: Vec::new() }).await;
    let answer = gateway.response("INVITE").await;
    let to = answer.text(HeaderName::To).unwrap().into_owned();
    let there = String::from_utf8_lossy(answer.contacts().next().unwrap().uri_bytes()).into_owned();
    gateway.send("ACK", &there, &to, 1, "Content-Length: 0\r\n\r\n").await;
    let refer = |to: &str| format!("Refer-To: <{to}>\r\nContent-Length: 0\r\n\r\n");
    gateway.send("REFER", &there, &to, 2, &refer(&temporary.replace("tgruu.", "tgruu.00"))).await;
    assert_eq!(gateway.response("REFER").await.status(), Some(404));
    gateway.send("REFER", &there, &to, 3, &refer(&temporary)).await;
    assert_eq!(gateway.response("REFER").await.status(), Some(202));
    desk.refuses(486).await;
    assert!(other.is_left_alone());
}
