//! SIP over WebSocket (RFC 7118).

use super::bench::{Answering, certificate, eventually, everything, options, options_text};
use futures_util::{SinkExt, StreamExt};
use jackfield_net::SipConfig;
use jackfield_sip::{RequestFailure, Transport};
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, http::HeaderValue},
};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(to: SocketAddr, protocol: Option<&str>, origin: Option<&str>) -> Result<Socket, u16> {
    let mut request = format!("ws://{to}/").into_client_request().unwrap();
    for (name, value) in [("Sec-WebSocket-Protocol", protocol), ("Origin", origin)] {
        if let Some(value) = value {
            request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
    }
    match connect_async(request).await {
        Ok((socket, response)) => {
            assert_eq!(response.headers()["sec-websocket-protocol"], "sip");
            Ok(socket)
        }
        Err(Error::Http(refused)) => Err(refused.status().as_u16()),
        Err(other) => panic!("{other}"),
    }
}

fn server(folder: &tempfile::TempDir) -> SipConfig {
    everything(certificate(folder.path(), "ours", &["127.0.0.1"]), None)
}

async fn next(socket: &mut Socket) -> Option<Message> {
    while let Some(message) = socket.next().await {
        match message.ok()? {
            Message::Ping(_) | Message::Pong(_) => {}
            other => return Some(other),
        }
    }
    None
}

#[tokio::test]
async fn requests_pass_both_ways_in_frames_of_either_kind() {
    let folder = tempfile::tempdir().unwrap();
    let server = Answering::start(server(&folder));
    let mut socket = connect(server.at(Transport::Ws), Some("sip"), None).await.unwrap();
    let (text, binary) = (options_text("WS", "a"), options_text("WS", "b"));
    for message in [Message::text(text), Message::binary(binary.into_bytes())] {
        socket.send(message).await.unwrap();
        let answer = next(&mut socket).await.unwrap().into_text().unwrap();
        assert!(answer.starts_with("SIP/2.0 200 ") && answer.contains("received=127.0.0.1"), "{answer}");
    }
    // A keep-alive, and one that is no ping.
    socket.send(Message::text("\r\n\r\n")).await.unwrap();
    assert_eq!(next(&mut socket).await.unwrap().into_text().unwrap(), "\r\n");
    socket.send(Message::text("\r\n")).await.unwrap();

    // Towards the browser, by the connection it has opened.
    let flow = server.flows.lock().unwrap()[0];
    assert_eq!(flow.transport, Transport::Ws);
    let sip = server.sip.clone();
    let asked = tokio::spawn(async move { options(&sip, flow).await });
    let request = next(&mut socket).await.unwrap().into_text().unwrap();
    assert!(request.starts_with("OPTIONS sip:") && request.contains("Via: SIP/2.0/WS "), "{request}");
    let copied = |name: &str| request.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    let head = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"].map(copied).join("\r\n");
    let answer = format!("SIP/2.0 204 No\r\n{head}\r\n\r\n");
    socket.send(Message::text(answer)).await.unwrap();
    assert_eq!(asked.await.unwrap(), Ok(204));

    drop(socket);
    eventually("the host knows that the browser is gone", || !server.gone.lock().unwrap().is_empty()).await;
    assert_eq!(options(&server.sip, flow).await, Err(RequestFailure::Transport));
    assert!(server.sip.flow_to(Transport::Ws, flow.remote).is_none(), "a browser cannot be called back");
}

#[tokio::test]
async fn a_handshake_without_sip_or_from_a_strange_page_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let origins = vec![String::from("https://pbx.example")];
    let server = Answering::start(SipConfig { origins, ..server(&folder) });
    let at = server.at(Transport::Ws);
    assert_eq!(connect(at, None, None).await.err(), Some(400));
    assert_eq!(connect(at, Some("chat"), None).await.err(), Some(400));
    assert_eq!(connect(at, Some("sip"), Some("https://evil.example")).await.err(), Some(403));
    assert!(connect(at, Some("chat, sip"), Some("https://pbx.example")).await.is_ok());
    eventually("failures are counted", || server.sip.socket_counters().handshakes_failed == 3).await;
}

#[tokio::test]
async fn what_is_too_large_or_no_sip_ends_the_connection() {
    let folder = tempfile::tempdir().unwrap();
    let server = Answering::start(server(&folder));
    let at = server.at(Transport::Ws);
    let mut large = connect(at, Some("sip"), None).await.unwrap();
    // The host may close before all of it is written.
    let _ = large.send(Message::binary(vec![b'x'; 1 << 20])).await;
    assert!(matches!(next(&mut large).await, None | Some(Message::Close(_))));
    let mut noise = connect(at, Some("sip"), None).await.unwrap();
    for _ in 0..50 {
        if noise.send(Message::text("no SIP at all")).await.is_err() {
            break;
        }
    }
    assert!(matches!(next(&mut noise).await, None | Some(Message::Close(_))));
    eventually("both are gone", || server.sip.socket_counters().connections == 0).await;
    let mut good = connect(at, Some("sip"), None).await.unwrap();
    good.send(Message::text(options_text("WS", "c"))).await.unwrap();
    assert!(next(&mut good).await.is_some());
}
