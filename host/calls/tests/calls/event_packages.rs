//! What a whole exchange tells a phone that subscribes, where nothing outside can make it happen yet.

use crate::house;
use jackfield_calls::{CallsConfig, Messages};
use std::time::Duration;
use tokio::net::UdpSocket;

/// The next message that begins with this; a NOTIFY is answered.
async fn next(socket: &UdpSocket, begin: &str) -> String {
    let mut buffer = vec![0; 8_192];
    loop {
        let received = tokio::time::timeout(Duration::from_secs(10), socket.recv_from(&mut buffer)).await;
        let (length, from) = received.expect("a message").unwrap();
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        if text.starts_with("NOTIFY") {
            let kept = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
            let lines: Vec<_> = text.lines().filter(|line| kept.iter().any(|name| line.starts_with(name))).collect();
            let answer = format!("SIP/2.0 200 OK\r\n{}\r\nContent-Length: 0\r\n\r\n", lines.join("\r\n"));
            socket.send_to(answer.as_bytes(), from).await.unwrap();
        }
        if text.starts_with(begin) {
            return text;
        }
    }
}

#[tokio::test]
async fn messages_that_a_plugin_counts_are_told_to_the_phone_that_asked() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let own = socket.local_addr().unwrap();
    let trusted_peers = vec![own];
    let (exchange, host) = house::exchange(CallsConfig { trusted_peers, ..CallsConfig::default() }, 30_000);
    exchange.mailboxes.set("100", Messages { new: 2, old: 8, urgent_new: 1, urgent_old: 0 });
    let subscribe = format!(
        "SUBSCRIBE sip:100@{host} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bKmwi\r\nFrom: <sip:100@{host}>;tag=a\r\n\
         To: <sip:100@{host}>\r\nCall-ID: mwi\r\nCSeq: 1 SUBSCRIBE\r\nContact: <sip:100@{own}>\r\nEvent: message-summary\r\n\
         Expires: 600\r\nContent-Length: 0\r\n\r\n"
    );
    socket.send_to(subscribe.as_bytes(), host).await.unwrap();
    next(&socket, "SIP/2.0 200").await;
    let told = next(&socket, "NOTIFY").await;
    assert!(told.contains("Content-Type: application/simple-message-summary\r\n"), "{told}");
    assert!(told.contains("Messages-Waiting: yes\r\n") && told.contains("Voice-Message: 2/8 (1/0)\r\n"), "{told}");
    // The same again, and another's: neither is news.
    exchange.mailboxes.set("100", Messages { new: 2, old: 8, urgent_new: 1, urgent_old: 0 });
    exchange.mailboxes.set("101", Messages { new: 1, ..Messages::default() });
    exchange.mailboxes.set("100", Messages::default());
    let told = next(&socket, "NOTIFY").await;
    assert!(told.contains("Messages-Waiting: no\r\n") && told.contains("Voice-Message: 0/0 (0/0)\r\n"), "{told}");
}
