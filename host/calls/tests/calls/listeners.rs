//! Listeners that are not for everybody.

use crate::house;
use jackfield_calls::CallsConfig;
use jackfield_sip::{LegCommand, LegEvent, Method, NewInvite, OutOfDialog, Party, Transport};
use std::time::Duration;
use tokio::time::timeout;

const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n";

/// Where the host is, until its port is known.
const HERE: &str = "127.0.0.1:0";

/// What a REGISTER, an OPTIONS, a MESSAGE and an INVITE for this domain are answered; without one it is the host's address.
async fn answers(config: CallsConfig, domain: Option<&str>, ports: u16) -> [u16; 4] {
    let (asking, _incoming) = house::sip(11, &[]);
    let (_exchange, at) = house::exchange(config, ports);
    let flow = asking.flow_to(Transport::Udp, at).unwrap();
    let domain = domain.map_or(at.to_string(), String::from);
    let party = || Party { display: None, uri: format!("sip:100@{domain}") };
    let ask = async |method: Method<'static>| {
        let request = OutOfDialog {
            method,
            target: format!("sip:{domain}"),
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
        target: format!("sip:101@{domain}"),
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
    [ask(Method::Register).await, ask(Method::Options).await, ask(Method::Message).await, refused]
}

/// Listeners of administrators in this network.
fn for_administrators(network: &str) -> CallsConfig {
    let admin = vec![HERE.parse().unwrap()];
    CallsConfig { admin, admin_networks: vec![network.parse().unwrap()], ..CallsConfig::default() }
}

#[tokio::test]
async fn a_listener_of_administrators_takes_nothing_from_elsewhere() {
    assert_eq!(answers(for_administrators("10.9.0.0/24"), None, 38_000).await, [403; 4]);
    assert_eq!(answers(for_administrators("127.0.0.0/8"), None, 39_000).await, [401, 200, 401, 401]);
}

#[tokio::test]
async fn a_listener_of_the_outside_takes_nothing_for_domains_of_others() {
    let outside = || CallsConfig {
        external: vec![HERE.parse().unwrap()],
        domains: vec![String::from("pbx.example.org")],
        ..CallsConfig::default()
    };
    for (domain, ports) in [(None, 40_000), (Some("PBX.example.org:5070"), 40_400), (Some("jackfield"), 40_800)] {
        assert_eq!(answers(outside(), domain, ports).await, [403, 200, 401, 401], "{domain:?}");
    }
    for (domain, ports) in [("elsewhere.example", 41_200), ("192.0.2.1", 41_600), ("0.0.0.0", 42_000)] {
        assert_eq!(answers(outside(), Some(domain), ports).await, [404; 4], "{domain}");
    }
}

#[tokio::test]
async fn in_the_house_any_domain_will_do_until_one_is_named() {
    let any = CallsConfig::default();
    assert_eq!(answers(any, Some("elsewhere.example"), 42_400).await, [401, 200, 401, 401]);
    let domains = vec![String::from("pbx.example.org")];
    let named = CallsConfig { domains, ..CallsConfig::default() };
    assert_eq!(answers(named.clone(), Some("elsewhere.example"), 42_800).await, [404; 4]);
    assert_eq!(answers(named, Some("pbx.example.org"), 43_200).await, [401, 200, 401, 401]);
}
