//! Connections that are not meant well.

use super::bench::{Answering, any, certificate, eventually, everything, options_text};
use jackfield_net::SipConfig;
use jackfield_sip::Transport;
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

async fn connect_from(from: &str, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(from.parse().unwrap(), 0)).unwrap();
    socket.connect(to).await.unwrap()
}

/// Whether the other side has closed the connection within a while.
async fn is_closed(stream: &mut TcpStream, within: Duration) -> bool {
    let mut buffer = [0; 4_096];
    let closed = async { while let Ok(1..) = stream.read(&mut buffer).await {} };
    timeout(within, closed).await.is_ok()
}

#[tokio::test]
async fn one_address_cannot_take_all_places_with_handshakes_that_never_end() {
    let folder = tempfile::tempdir().unwrap();
    let ours = certificate(folder.path(), "ours", &["127.0.0.1"]);
    let server = Answering::start(SipConfig { connections: 30, connections_per_address: 20, ..everything(ours, None) });
    let mut held = Vec::new();
    for n in 0..20 {
        let at = server.at(if n % 2 == 0 { Transport::Tls } else { Transport::Wss });
        held.push(connect_from("127.0.0.9", at).await);
    }
    eventually("all are taken", || server.sip.socket_counters().connections == 20).await;
    for transport in [Transport::Tcp, Transport::Tls, Transport::Ws, Transport::Wss] {
        let mut more = connect_from("127.0.0.9", server.at(transport)).await;
        assert!(is_closed(&mut more, Duration::from_secs(5)).await, "{transport:?}");
    }
    assert_eq!(server.sip.socket_counters().connections_refused, 4);
    let mut other = connect_from("127.0.0.10", server.at(Transport::Tcp)).await;
    other.write_all(options_text("TCP", "a").as_bytes()).await.unwrap();
    let mut buffer = [0; 4_096];
    let count = other.read(&mut buffer).await.unwrap();
    assert!(buffer[..count].starts_with(b"SIP/2.0 200 "));
    // They are not held for ever.
    for stream in &mut held {
        assert!(is_closed(stream, Duration::from_secs(15)).await);
    }
    eventually("their places are free", || server.sip.socket_counters().connections == 1).await;
    assert_eq!(server.sip.socket_counters().handshakes_failed, 20);
}

#[tokio::test]
async fn two_line_breaks_are_answered_with_one_in_every_stream() {
    let server = Answering::start(SipConfig { tcp: vec![any()], ..SipConfig::default() });
    let mut stream = connect_from("127.0.0.1", server.at(Transport::Tcp)).await;
    stream.write_all(b"\r\n\r\n").await.unwrap();
    let mut pong = [0; 2];
    stream.read_exact(&mut pong).await.unwrap();
    assert_eq!(&pong, b"\r\n");
}

#[tokio::test]
async fn noise_ends_the_connection_that_it_came_by() {
    let folder = tempfile::tempdir().unwrap();
    let ours = certificate(folder.path(), "ours", &["127.0.0.1"]);
    let server = Answering::start(everything(ours, None));
    let noise: Vec<u8> = (0..100_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for transport in [Transport::Tcp, Transport::Tls, Transport::Ws, Transport::Wss] {
        let mut stream = connect_from("127.0.0.1", server.at(transport)).await;
        // The host may close before all of it is written.
        let _ = stream.write_all(&noise).await;
        assert!(is_closed(&mut stream, Duration::from_secs(15)).await, "{transport:?}");
    }
    eventually("nothing is left of them", || server.sip.socket_counters().connections == 0).await;
}
