//! Whether a second call rings while one is up.

use crate::house;
use jackfield_calls::{CallsConfig, Directory};
use jackfield_model::Extension;
use jackfield_net::{Incoming, Leg, Sip};
use jackfield_sip::{Account, LegCommand, LegEvent, NewInvite, Party, Transport};
use std::{net::SocketAddr, time::Duration};
use tokio::{sync::mpsc, time::timeout};

const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n";

/// Call 100 as 101.
async fn call(sip: &Sip, house: SocketAddr) -> Leg {
    let mut leg = sip.new_leg();
    let party = |user: &str| Party { display: None, uri: format!("sip:{user}@{house}") };
    let invite = NewInvite {
        target: format!("sip:100@{house}"),
        flow: sip.flow_to(Transport::Udp, house).unwrap(),
        from: party("101"),
        to: party("100"),
        sdp: Some(OFFER.into()),
        headers: Vec::new(),
        max_forwards: 70,
        call_id: None,
        account: Some(Account { user: "101".into(), password: "secret".into(), ha1: None }),
        patience: None,
        session_timer: jackfield_sip::SessionPolicy::default(),
    };
    leg.command(LegCommand::Invite(Box::new(invite))).await;
    leg
}

async fn refused(leg: &mut Leg) -> u16 {
    loop {
        match timeout(Duration::from_secs(10), leg.event()).await.expect("an end") {
            Some(LegEvent::Rejected { status, .. }) => return status,
            Some(_) => {}
            None => panic!("the leg ended without a word"),
        }
    }
}

async fn rings(phone: &mut mpsc::Receiver<Incoming>) -> Leg {
    loop {
        match timeout(Duration::from_secs(10), phone.recv()).await.expect("a call") {
            Some(Incoming::Invite(mut leg, _)) => {
                leg.command(LegCommand::Progress { status: 180, sdp: None, headers: Vec::new() }).await;
                return leg;
            }
            Some(_) => {}
            None => panic!("signalling has ended"),
        }
    }
}

#[tokio::test]
async fn an_extension_without_call_waiting_is_busy_while_it_has_a_call() {
    let (phone, mut at_phone) = house::sip(7, &[]);
    let (caller, _at_caller) = house::sip(8, &[]);
    let (exchange, house) = house::exchange(CallsConfig::default(), 37_000);
    let set = |call_waiting: bool| {
        let before = exchange.directory();
        let own = Extension {
            call_waiting,
            static_contact: Some(format!("sip:100@{}", phone.listeners().next().unwrap().1)),
            ..(**before.extension("100").unwrap()).clone()
        };
        exchange.set_directory(Directory::new([own, (**before.extension("101").unwrap()).clone()]));
    };
    for call_waiting in [true, false] {
        set(call_waiting);
        let mut first = call(&caller, house).await;
        let mut ringing = rings(&mut at_phone).await;
        ringing.command(LegCommand::Answer { sdp: Some(OFFER.into()), headers: Vec::new() }).await;
        while !matches!(timeout(Duration::from_secs(10), first.event()).await, Ok(Some(LegEvent::Answered { .. }))) {}
        let mut second = call(&caller, house).await;
        if call_waiting {
            let mut also = rings(&mut at_phone).await;
            also.command(LegCommand::Reject { status: 603, headers: Vec::new() }).await;
            assert_eq!(refused(&mut second).await, 603);
        } else {
            assert_eq!(refused(&mut second).await, 486);
            assert!(at_phone.try_recv().is_err(), "it does not ring");
        }
        first.command(LegCommand::HangUp { reason: None }).await;
        while !matches!(timeout(Duration::from_secs(10), ringing.event()).await, Ok(Some(LegEvent::Ended { .. }))) {}
        for _ in 0..1_000 {
            if exchange.lines.uses("100").is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    // It is free again.
    let mut third = call(&caller, house).await;
    rings(&mut at_phone).await.command(LegCommand::Reject { status: 603, headers: Vec::new() }).await;
    assert_eq!(refused(&mut third).await, 603);
}
