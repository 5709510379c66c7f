//! Which way leads to a peer we have not heard from.

use jackfield_net::{Sip, SipConfig};
use jackfield_sip::Transport;
use std::net::SocketAddr;

#[tokio::test]
async fn a_transport_without_a_listener_leads_nowhere_and_never_out_in_clear() {
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let config = SipConfig { udp: vec![any], tcp: vec![any], ..SipConfig::default() };
    let (sip, _incoming) = Sip::start(config, [1; 32]).unwrap();
    let peer = "127.0.0.2:5061".parse().unwrap();
    for transport in [Transport::Udp, Transport::Tcp] {
        assert_eq!(sip.flow_to(transport, peer).unwrap().transport, transport);
    }
    for transport in [Transport::Tls, Transport::Ws, Transport::Wss] {
        assert!(sip.flow_to(transport, peer).is_none(), "{transport:?}");
    }
}

#[tokio::test]
async fn each_family_goes_out_by_its_own_listener() {
    let both: Vec<SocketAddr> = ["127.0.0.1:0", "[::1]:0"].map(|address| address.parse().unwrap()).to_vec();
    if std::net::TcpListener::bind(both[1]).is_err() {
        // A machine without IPv6.
        return;
    }
    let config = SipConfig { udp: both.clone(), tcp: both, ..SipConfig::default() };
    let (sip, _incoming) = Sip::start(config, [1; 32]).unwrap();
    for transport in [Transport::Udp, Transport::Tcp] {
        for peer in ["127.0.0.2:5061", "[::1]:5061"] {
            let peer: SocketAddr = peer.parse().unwrap();
            let flow = sip.flow_to(transport, peer).unwrap();
            assert!(sip.listeners().any(|(of, at)| of == transport && at == flow.local), "{flow:?}");
            assert_eq!(flow.local.is_ipv4(), peer.is_ipv4());
        }
    }
}
