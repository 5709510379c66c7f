//! Scans, guesses and floods from strangers, and the phones and calls that must not notice.

use anyhow::{Context, Result, ensure};
use jackfield_tests::{Baresip, Host, HostConfig, Loopback, Phone, eventually, tone};
use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr, UdpSocket},
    thread::sleep,
    time::{Duration, Instant},
};

/// Requests of a scan that may be answered.
const BANNED_WITHIN: usize = 20;

/// A host that bans on loopback too, where otherwise nobody is banned.
fn strict(extensions: Vec<&'static str>) -> Result<Host> {
    let more = String::from("[security]\nnever_ban = []\n");
    Host::start(&HostConfig { extensions, more, ..HostConfig::default() })
}

/// Somebody who sends requests without being anybody.
struct Stranger {
    socket: UdpSocket,
    host: SocketAddr,
}

impl Stranger {
    fn at(address: IpAddr, host: SocketAddr) -> Result<Self> {
        let socket = UdpSocket::bind((address, 0))?;
        socket.set_read_timeout(Some(Duration::from_millis(20)))?;
        Ok(Self { socket, host })
    }

    fn send(&self, method: &str, name: &str, count: usize) -> Result<()> {
        let (at, host) = (self.socket.local_addr()?, self.host);
        let request = format!(
            "{method} sip:{name}@{host} SIP/2.0\r\nVia: SIP/2.0/UDP {at};branch=z9hG4bKs{method}{count};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:{name}@{host}>;tag=s{count}\r\nTo: <sip:{name}@{host}>\r\n\
             Call-ID: s{count}@{at}\r\nCSeq: 1 {method}\r\nContact: <sip:{name}@{at}>\r\nContent-Length: 0\r\n\r\n"
        );
        self.socket.send_to(request.as_bytes(), host)?;
        Ok(())
    }

    /// The final answer to the last request, if one comes at once.
    fn answer(&self) -> Option<String> {
        let mut buffer = [0; 4_096];
        let until = Instant::now() + Duration::from_millis(500);
        while Instant::now() < until {
            let Ok((length, _)) = self.socket.recv_from(&mut buffer) else { continue };
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if !text.starts_with("SIP/2.0 1") {
                return Some(text);
            }
        }
        None
    }
}

/// An answer without what differs from request to request.
fn shape(answer: &str) -> String {
    let varies =
        |part: &str| ["nonce=", "tag=", "branch=", "Call-ID", "rport", "sip:"].iter().any(|v| part.contains(v));
    answer
        .split([' ', ',', ';', '\r', '\n'])
        .filter(|part| !varies(part) && !part.contains(':'))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn a_scan_learns_nothing_and_is_banned_while_the_phone_beside_it_goes_on() -> Result<()> {
    let host = strict(vec!["100", "101"])?;
    let admin = host.admin()?;
    let mut a = Baresip::registered(&Phone { hertz: 1_000.0, ..host.phone("100") })?;
    let mut b = Baresip::registered(&Phone { answers: true, ..host.phone("101") })?;
    // Behind the same address as the phone.
    let stranger = Stranger::at(a.address().ip(), host.sip())?;
    let mut shapes = BTreeSet::new();
    let mut answered = 0;
    for (count, name) in std::iter::once(String::from("101")).chain((200..).map(|n| n.to_string())).enumerate().take(40)
    {
        stranger.send("REGISTER", &name, count)?;
        let Some(answer) = stranger.answer() else { break };
        ensure!(answer.starts_with("SIP/2.0 401"), "{answer}");
        shapes.insert(shape(&answer).replace(&name, "NAME"));
        answered += 1;
    }
    assert_eq!(shapes.len(), 1, "the name that exists is answered like the others: {shapes:?}");
    assert!((2..BANNED_WITHIN).contains(&answered), "{answered} requests were answered");
    for count in 1_000..11_000 {
        stranger.send("REGISTER", &count.to_string(), count)?;
    }
    assert_eq!(stranger.answer(), None);

    a.dial("101")?;
    a.wait_for("CALL_ESTABLISHED")?;
    sleep(Duration::from_secs(3));
    a.hang_up()?;
    b.wait_for("CALL_CLOSED")?;
    let heard = tone::heard(&b.recording()?, 1_000.0);
    assert!(heard.milliseconds() > 2_500 && heard.loss_percent() < 1.0, "{heard:?}");

    let bans = admin.get("/api/v1/bans")?;
    let ban = bans.get(0).with_context(|| format!("nobody is banned: {bans}"))?;
    let source = a.address().ip().to_string();
    assert_eq!((&ban["source"], &ban["last"]), (&source.clone().into(), &"unknown-name".into()), "{bans}");
    assert_eq!(ban["spared"], 2, "both phones are at that address: {bans}");
    admin.act("DELETE", &format!("/api/v1/bans/{source}"), None)?;
    assert_eq!(admin.get("/api/v1/bans")?, serde_json::json!([]));
    stranger.send("REGISTER", "300", 20_000)?;
    assert!(stranger.answer().is_some(), "the ban is lifted, but it is still met");
    assert!(!host.has_panicked());
    Ok(())
}

#[test]
fn guessed_passwords_lead_to_a_ban() -> Result<()> {
    let host = strict(vec!["100", "101"])?;
    let admin = host.admin()?;
    let mut phone = Baresip::registered(&Phone { answers: true, ..host.phone("101") })?;
    // This one asks again as fast as it is refused.
    let guesser = Baresip::start(&Phone { password: String::from("guess"), ..host.phone("100") })?;
    let bans = || admin.get("/api/v1/bans").unwrap_or_default();
    eventually("the one who guesses is banned", || bans()[0]["last"] == "wrong-password");
    assert_eq!(bans()[0]["spared"], 1, "{}", bans());
    drop(guesser);
    // To itself, which is enough to see that it is heard.
    phone.dial("101")?;
    phone.wait_for("CALL_ESTABLISHED")?;
    assert!(!host.has_panicked());
    Ok(())
}

#[test]
fn ten_thousand_invites_a_second_do_not_disturb_a_call() -> Result<()> {
    let host = strict(vec!["100", "101"])?;
    let mut a = Baresip::registered(&Phone { hertz: 1_000.0, ..host.phone("100") })?;
    let mut b = Baresip::registered(&Phone { hertz: 600.0, answers: true, ..host.phone("101") })?;
    a.dial("101")?;
    a.wait_for("CALL_ESTABLISHED")?;
    let (began, mut sent) = (Instant::now(), 0_usize);
    let strangers = (0..4).map(|_| Stranger::at(Loopback::new().ip(), host.sip())).collect::<Result<Vec<_>>>()?;
    while began.elapsed() < Duration::from_secs(30) {
        // What is a request and what is none, in turn.
        while sent < (began.elapsed().as_millis() * 10) as usize {
            let stranger = &strangers[sent % strangers.len()];
            if sent.is_multiple_of(2) {
                stranger.send("INVITE", &sent.to_string(), sent)?;
            } else {
                stranger.socket.send_to(b"INVITE sip:\xff\xfe SIP/2.0\r\nVia: ,;=\r\n\r\n\x00garbage", host.sip())?;
            }
            sent += 1;
        }
        sleep(Duration::from_millis(1));
    }
    a.hang_up()?;
    b.wait_for("CALL_CLOSED")?;
    assert!(sent > 250_000, "{sent}");
    for heard in [tone::heard(&a.recording()?, 600.0), tone::heard(&b.recording()?, 1_000.0)] {
        assert!(heard.milliseconds() > 29_000 && heard.loss_percent() < 1.0, "{heard:?}");
    }
    assert!(!host.has_panicked());
    Ok(())
}
