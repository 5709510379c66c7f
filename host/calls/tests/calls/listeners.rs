//! Listeners that are not for everybody.

use crate::house;
use jackfield_calls::CallsConfig;
use jackfield_sip::{LegCommand, LegEvent, Method, NewInvite, OutOfDialog, Party, Transport};
use std::time::Duration;
use tokio::time::timeout;

const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n";

/// What a REGISTER, an OPTIONS and an INVITE are answered by a listener of administrators in this network.
async fn answers(network: &str, ports: u16) -> [u16; 3] {
    let (asking, _incoming) = house::sip(11, &[]);
    let admin = vec!["127.0.0.1:0".parse().unwrap()];
    let config = CallsConfig { admin, admin_networks: vec![network.parse().unwrap()], ..CallsConfig::default() };
    let (_exchange, at) = house::exchange(config, ports);
    let flow = asking.flow_to(Transport::Udp, at).unwrap();
    let party = || Party { display: None, uri: format!("sip:100@{at}") };
    let ask = async |method: Method<'static>| {
        let request = OutOfDialog {
            method,
            target: format!("sip:{at}"),
            flow,
            from: party(),
            to: party(),
            headers: Vec::new(),
            body: None,
            call_id: None,
            cseq: None,
            account: None,
        };
        asking.request(request).await.unwrap().status().unwrap()
    };
    let mut leg = asking.new_leg();
    let invite = NewInvite {
        target: format!("sip:101@{at}"),
        flow,
        from: party(),
        to: party(),
        sdp: Some(OFFER.into()),
        headers: Vec::new(),
        max_forwards: 70,
        call_id: None,
        account: None,
        patience: None,
        session_timer: jackfield_sip::SessionPolicy::default(),
    };
    leg.command(LegCommand::Invite(Box::new(invite))).await;
    let refused = loop {
        match timeout(Duration::from_secs(10), leg.event()).await.expect("an end") {
            Some(LegEvent::Rejected { status, .. }) => break status,
            Some(_) => {}
            None => panic!("the leg ended without a word"),
        }
    };
    [ask(Method::Register).await, ask(Method::Options).await, refused]
}

#[tokio::test]
async fn a_listener_of_administrators_takes_nothing_from_elsewhere() {
    assert_eq!(answers("10.9.0.0/24", 38_000).await, [403, 403, 403]);
    assert_eq!(answers("127.0.0.0/8", 39_000).await, [401, 200, 401]);
}
