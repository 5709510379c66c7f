//! Requests in the name of a call's parties, from somebody who is none of them.

use anyhow::{Context, Result};
use jackfield_tests::{Baresip, Host, Loopback};
use std::{
    net::{SocketAddr, UdpSocket},
    thread::sleep,
    time::Duration,
};

/// Whoever has seen a Call-ID, in a log or a lamp's document, and guesses the rest.
struct Stranger {
    socket: UdpSocket,
    at: SocketAddr,
}

impl Stranger {
    fn new() -> Result<Self> {
        let at = Loopback::new().port(5_060);
        let socket = UdpSocket::bind(at)?;
        socket.set_read_timeout(Some(Duration::from_secs(2)))?;
        Ok(Self { socket, at })
    }

    /// Send a request of this call with tags that are made up; the status that answers it.
    fn asks(&self, host: SocketAddr, method: &str, call_id: &str, cseq: u32, to_tag: &str) -> Result<u16> {
        let body = if method == "INVITE" {
            format!(
                "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n",
                ip = self.at.ip()
            )
        } else {
            String::new()
        };
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let request = format!(
            "{method} sip:101@{host} SIP/2.0\r\nVia: SIP/2.0/UDP {at};branch=z9hG4bKforged{cseq}\r\nMax-Forwards: 70\r\n\
             From: <sip:100@{host}>;tag=forged\r\nTo: <sip:101@{host}>{to_tag}\r\nCall-ID: {call_id}\r\n\
             CSeq: {cseq} {method}\r\nContact: <sip:100@{at}>\r\n{kind}Content-Length: {}\r\n\r\n{body}",
            body.len(),
            at = self.at,
        );
        self.socket.send_to(request.as_bytes(), host)?;
        let mut buffer = [0; 4_096];
        loop {
            let length = self.socket.recv(&mut buffer).with_context(|| format!("{method} is not answered"))?;
            let answer = String::from_utf8_lossy(&buffer[..length]);
            let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status")?;
            if status >= 200 {
                return Ok(status);
            }
        }
    }
}

#[test]
fn nobody_ends_cancels_or_moves_a_call_that_they_are_not_in() -> Result<()> {
    let mut host = Host::with_extensions(&["100", "101"])?;
    let mut a = Baresip::registered(&host.phone("100"))?;
    let mut b = Baresip::registered(&host.phone("101"))?;
    let stranger = Stranger::new()?;
    a.dial("101")?;
    b.wait_for("CALL_INCOMING")?;
    let log = a.log();
    let invite = log.rfind("INVITE sip:101@").context("no INVITE in the log")?;
    let call_id =
        log[invite..].lines().find_map(|line| line.strip_prefix("Call-ID: ")).context("no Call-ID")?.to_owned();
    // While it rings.
    assert_eq!(stranger.asks(host.sip(), "CANCEL", &call_id, 1, "")?, 481);
    b.accept()?;
    a.wait_for("CALL_ESTABLISHED")?;
    for (method, cseq) in [("BYE", 2), ("INVITE", 3), ("UPDATE", 4), ("INFO", 5), ("REFER", 6)] {
        assert_eq!(stranger.asks(host.sip(), method, &call_id, cseq, ";tag=guessed")?, 481, "{method}");
    }
    let before = b.packets()?.received;
    sleep(Duration::from_secs(1));
    assert!(b.packets()?.received > before + 30, "they still hear each other");
    assert!(!a.has_seen("CALL_CLOSED") && !b.has_seen("CALL_CLOSED"));
    a.hang_up()?;
    b.wait_for("CALL_CLOSED")?;
    host.end()
}
