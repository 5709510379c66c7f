//! Who gets out by a trunk, when plugins decide.

use crate::house;
use jackfield_calls::{
    CallsConfig, Router, Scripts, TrunkConfig, Trunks,
    router::{Decision, RouteRequest, Routed, ScriptRef},
    scripts::{DialFailure, ScriptCall, ScriptEnd},
    trunks::{Identity, NumberRange, Numbering},
};
use jackfield_model::{CalledIn, TrunkRegistration};
use jackfield_net::{Incoming, Resolver, Sip};
use jackfield_sip::{HeaderName, LegCommand, LegEvent, NewInvite, Party, Transport};
use std::{future::Future, pin::Pin, sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::timeout};

const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n";
/// A number outside.
const FAR: &str = "08912345678";

/// Extension 100 has its calls sent to what this says: a number, or a menu.
struct Sends(&'static str);

impl Router for Sends {
    fn route(&self, request: RouteRequest) -> Pin<Box<dyn Future<Output = Routed> + Send + '_>> {
        let decision = match request.callee.number.as_str() {
            "100" => Decision::Redirect(self.0.to_owned()),
            "menu" => Decision::Run(ScriptRef { plugin: "p".into(), entry: "menu".into(), args: Vec::new() }),
            _ => Decision::Pass,
        };
        Box::pin(std::future::ready(Routed { decision, ..Routed::pass() }))
    }
}

/// A menu that sends its caller where they type, and tells what came of it.
struct Menu(mpsc::Sender<Result<(), DialFailure>>);

async fn typed(mut call: Box<dyn ScriptCall>) -> Result<(), DialFailure> {
    call.answer().await.map_err(|_| DialFailure::Gone)?;
    call.transfer(FAR).await
}

impl Scripts for Menu {
    fn run(&self, _: ScriptRef, call: Box<dyn ScriptCall>) -> Pin<Box<dyn Future<Output = ScriptEnd> + Send + '_>> {
        Box::pin(async move {
            self.0.send(typed(call).await).await.unwrap();
            ScriptEnd::Returned
        })
    }
}

fn trunk(carrier: &Sip) -> TrunkConfig {
    let at = carrier.listeners().next().unwrap().1;
    let number = |text: &str| text.parse().unwrap();
    let own = NumberRange::new(&number("+493012300"), None, Some(&number("100")), false).unwrap();
    TrunkConfig {
        name: "carrier".into(),
        servers: vec![format!("sip:{at}")],
        outbound_proxy: None,
        domain: "carrier.example".into(),
        user: "acme".into(),
        account: None,
        register: TrunkRegistration::No,
        expires: Duration::from_secs(600),
        called_in: CalledIn::RequestUri,
        sources: Vec::new(),
        channels: None,
        numbering: Numbering { country: "49".into(), area: "30".into(), ..Numbering::default() },
        numbers: vec![own],
        identity: Identity::default(),
        ping: None,
        patience: Duration::from_secs(1),
        codecs: Vec::new(),
        encryption: None,
        dtmf: jackfield_model::TrunkDtmf::default(),
        session_timer: jackfield_sip::SessionPolicy::AsConfigured,
    }
}

/// What came of a call.
struct Outcome {
    /// What the menu was told.
    told: Option<Result<(), DialFailure>>,
    /// The Diversion header fields with which the carrier was called.
    out: Option<Vec<String>>,
    /// With what the caller was refused.
    refused: Option<u16>,
    /// Who had sent it on by its record, if there is one.
    kept: Option<Option<String>>,
}

/// A call from outside to 100, whose calls are sent to `to`, with these values of Diversion.
async fn call_from_outside(to: &'static str, ports: u16, diversion: &[&str]) -> Outcome {
    let (carrier, mut at_carrier) = house::sip(9, &[]);
    let (tell, mut told) = mpsc::channel(1);
    let config = CallsConfig { trunks: vec![trunk(&carrier)], ..CallsConfig::default() };
    let (exchange, at, mut kept) = house::exchange_keeping(config, ports, Arc::new(Sends(to)), Arc::new(Menu(tell)));
    Trunks::keep(&exchange, &Resolver::new(&[]).unwrap());
    let up = || exchange.trunks.list()[0].state == jackfield_model::TrunkState::Up;
    while !up() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut leg = carrier.new_leg();
    let party = |user: &str| Party { display: None, uri: format!("sip:{user}@carrier.example") };
    let invite = NewInvite {
        target: format!("sip:+493012300@{at}"),
        flow: carrier.flow_to(Transport::Udp, at).unwrap(),
        from: party("+4366012345"),
        to: party("+493012300"),
        sdp: Some(OFFER.into()),
        headers: diversion.iter().map(|value| (String::from("Diversion"), (*value).to_owned())).collect(),
        max_forwards: 70,
        call_id: None,
        account: None,
        patience: None,
        session_timer: jackfield_sip::SessionPolicy::default(),
    };
    leg.command(LegCommand::Invite(Box::new(invite))).await;
    let calls_out = async {
        while let Some(event) = at_carrier.recv().await {
            if let Incoming::Invite(out, invite) = event {
                assert!(invite.request.request_uri_bytes().unwrap().starts_with(b"sip:+498912345678@"));
                drop(out);
                let values = invite.request.values(HeaderName::Diversion);
                return Some(values.map(|value| String::from_utf8_lossy(value).into_owned()).collect());
            }
        }
        None
    };
    let ended = async {
        loop {
            match leg.event().await {
                Some(LegEvent::Rejected { status, .. }) => return Some(status),
                Some(LegEvent::Ended { .. }) | None => return None,
                Some(_) => {}
            }
        }
    };
    let (out, refused) = tokio::select! {
        out = timeout(Duration::from_secs(10), calls_out) => (out.unwrap_or_default(), None),
        refused = ended => (None, refused),
    };
    let told = told.try_recv().ok();
    leg.command(LegCommand::HangUp { reason: None }).await;
    let record = timeout(Duration::from_millis(500), kept.recv()).await.ok().flatten();
    Outcome { told, out, refused, kept: record.map(|record| record.diverted_by) }
}

#[tokio::test]
async fn an_extension_whose_calls_are_sent_outside_answers_for_them() {
    let out = call_from_outside(FAR, 32_000, &[]).await.out;
    assert_eq!(out.unwrap(), ["<sip:+493012300@carrier.example>;reason=unconditional;counter=1"]);
}

#[tokio::test]
async fn nobody_answers_for_what_a_caller_from_outside_types_in_a_menu() {
    // Whatever the caller says of who has sent the call on.
    let Outcome { told, out, .. } = call_from_outside("menu", 33_000, &["<sip:+493012300@h>"]).await;
    assert!(matches!(told, Some(Err(_))), "{told:?}");
    assert_eq!(out, None);
}

#[tokio::test]
async fn who_has_sent_a_call_on_is_told_further_on_and_a_circle_ends() {
    let earlier = "<sip:+4940123456@h>;reason=user-busy";
    let sent_on = call_from_outside(FAR, 34_000, &[earlier]).await;
    assert_eq!(sent_on.out.unwrap(), ["<sip:+493012300@carrier.example>;reason=unconditional;counter=1", earlier]);
    assert_eq!(sent_on.kept, Some(Some(String::from("+4940123456"))), "its record says so");
    let unnamed = call_from_outside(FAR, 37_000, &["<sip:+4940123456@h>;reason=away;privacy=full"]).await;
    assert_eq!(unnamed.kept, Some(None), "who does not want to be named is not");
    let round_again = call_from_outside(FAR, 35_000, &[earlier, "<sip:+493012300@h>"]).await;
    assert_eq!((round_again.out, round_again.refused), (None, Some(482)));
    let too_often = call_from_outside(FAR, 36_000, &["<sip:+4940123456@h>;counter=12"]).await;
    assert_eq!((too_often.out, too_often.refused), (None, Some(482)));
}

#[tokio::test]
async fn trunks_are_added_changed_and_taken_away_while_the_house_runs() {
    let (carrier, _at_carrier) = house::sip(9, &[]);
    let (tell, _told) = mpsc::channel(1);
    let (exchange, _) =
        house::exchange_with(CallsConfig::default(), 34_000, Arc::new(Sends(FAR)), Arc::new(Menu(tell)));
    Trunks::keep(&exchange, &Resolver::new(&[]).unwrap());
    let patience = Duration::from_secs(5);
    assert_eq!(exchange.trunks.check("one", patience).await, None);

    let one = TrunkConfig { name: "one".into(), ..trunk(&carrier) };
    Trunks::set(&exchange, vec![one.clone(), TrunkConfig { name: "two".into(), ..one.clone() }]);
    assert_eq!(exchange.trunks.check("two", patience).await, Some(true), "it is known how it stands");
    let names = || exchange.trunks.list().into_iter().map(|trunk| trunk.name).collect::<Vec<_>>();
    assert_eq!(names(), ["one", "two"]);
    let up_since = exchange.trunks.list()[1].clone();
    assert_eq!(up_since.state, jackfield_model::TrunkState::Up);

    let mut events = exchange.bus.subscribe();
    Trunks::set(
        &exchange,
        vec![TrunkConfig { channels: Some(7), ..one.clone() }, TrunkConfig { name: "two".into(), ..one }],
    );
    assert_eq!(exchange.trunks.list()[0].channels, Some(7));
    assert_eq!(exchange.trunks.list()[1], up_since, "what has not changed goes on");
    assert_eq!(exchange.trunks.check("one", patience).await, Some(true));
    assert_eq!(exchange.trunks.list()[0].state, jackfield_model::TrunkState::Up);
    assert_eq!(events.recv().await.unwrap().kind, jackfield_model::EventKind::TrunksChanged);

    Trunks::set(&exchange, Vec::new());
    assert!(exchange.trunks.is_empty());
    timeout(Duration::from_secs(1), exchange.trunks.stop()).await.unwrap();
}

/// The first lines of the answer to an INVITE from the carrier, which lists this in Supported.
async fn asked_by_the_carrier(supported: &str, ports: u16) -> String {
    let (carrier, _at_carrier) = house::sip(9, &[]);
    let (tell, _told) = mpsc::channel(1);
    let session_timer = jackfield_sip::SessionPolicy::Required(Duration::from_secs(600));
    let config =
        CallsConfig { trunks: vec![TrunkConfig { session_timer, ..trunk(&carrier) }], ..CallsConfig::default() };
    let (exchange, at) = house::exchange_with(config, ports, Arc::new(Sends(FAR)), Arc::new(Menu(tell)));
    Trunks::keep(&exchange, &Resolver::new(&[]).unwrap());
    while exchange.trunks.list()[0].state != jackfield_model::TrunkState::Up {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let here = socket.local_addr().unwrap();
    let invite = format!(
        "INVITE sip:+493012399@{at} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bKtimer\r\nMax-Forwards: 70\r\n\
         From: <sip:+4366012345@carrier.example>;tag=1\r\nTo: <sip:+493012399@carrier.example>\r\nCall-ID: timer\r\n\
         CSeq: 1 INVITE\r\nContact: <sip:{here}>\r\nSupported: {supported}\r\nContent-Type: application/sdp\r\n\
         Content-Length: {}\r\n\r\n{OFFER}",
        OFFER.len()
    );
    socket.send_to(invite.as_bytes(), at).await.unwrap();
    let mut buffer = [0; 4_096];
    loop {
        let length = timeout(Duration::from_secs(5), socket.recv(&mut buffer)).await.expect("an answer").unwrap();
        let answer = String::from_utf8_lossy(&buffer[..length]).into_owned();
        if !answer.starts_with("SIP/2.0 1") {
            return answer;
        }
    }
}

#[tokio::test]
async fn a_trunk_whose_calls_must_be_renewed_brings_none_without_session_timers() {
    let refused = asked_by_the_carrier("100rel", 44_000).await;
    assert!(refused.starts_with("SIP/2.0 421 ") && refused.contains("\r\nRequire: timer\r\n"), "{refused}");
    let taken = asked_by_the_carrier("100rel, timer", 44_400).await;
    assert!(taken.starts_with("SIP/2.0 404 "), "the number is looked for: {taken}");
}
