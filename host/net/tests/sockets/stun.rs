//! STUN beside SIP on the UDP port.

use super::bench::{Answering, any, options_text};
use jackfield_net::SipConfig;
use jackfield_sip::Transport;
use std::time::Duration;
use tokio::{net::UdpSocket, time::timeout};

#[tokio::test]
async fn a_binding_request_is_answered_with_the_address_it_came_from() {
    let server = Answering::start(SipConfig { udp: vec![any()], ..SipConfig::default() });
    let socket = UdpSocket::bind(any()).await.unwrap();
    socket.connect(server.at(Transport::Udp)).await.unwrap();
    let request = b"\x00\x01\x00\x00\x21\x12\xa4\x42twelve bytes";
    let mut buffer = [0; 2_048];
    // Malformed ones get no answer and do no harm.
    for wrong in [
        &request[..19],
        b"\x00\x01\x00\x08\x21\x12\xa4\x42twelve bytes",
        b"\x01\x01\x00\x00\x21\x12\xa4\x42twelve bytes",
    ] {
        socket.send(wrong).await.unwrap();
    }
    socket.send(request).await.unwrap();
    let count = timeout(Duration::from_secs(10), socket.recv(&mut buffer)).await.unwrap().unwrap();
    let answer = &buffer[..count];
    assert_eq!((&answer[..2], &answer[8..20]), (&[1, 1][..], &b"twelve bytes"[..]));
    let port = u16::from_be_bytes([answer[26] ^ 0x21, answer[27] ^ 0x12]);
    assert_eq!(port, socket.local_addr().unwrap().port());
    assert_eq!(answer[28..32], [127 ^ 0x21, 0x12, 0xa4, 1 ^ 0x42]);
    // SIP goes on at the same port.
    socket.send(options_text("UDP", "a").replace("a.invalid;", "a.invalid;rport;").as_bytes()).await.unwrap();
    let count = timeout(Duration::from_secs(10), socket.recv(&mut buffer)).await.unwrap().unwrap();
    assert!(buffer[..count].starts_with(b"SIP/2.0 200 "));
    let counters = server.sip.socket_counters();
    assert_eq!((counters.stun_answered, counters.stun_dropped), (1, 2));
}
