//! Listeners that face the outside, and what strangers ask there.

use anyhow::{Context, Result};
use jackfield_tests::{Baresip, Host, HostConfig, Loopback};
use std::{
    net::{SocketAddr, UdpSocket},
    time::Duration,
};

/// The status that a request for this address is answered with, without a password.
fn answer(at: SocketAddr, method: &str, uri: &str) -> Result<u16> {
    let here = Loopback::new().port(5_060);
    let socket = UdpSocket::bind(here)?;
    socket.set_read_timeout(Some(Duration::from_secs(3)))?;
    let request = format!(
        "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bKout\r\nMax-Forwards: 70\r\n\
         From: <sip:100@elsewhere.example>;tag=1\r\nTo: <{uri}>\r\nCall-ID: {method}-{here}\r\nCSeq: 1 {method}\r\n\
         Contact: <sip:100@{here}>\r\nEvent: presence\r\nContent-Length: 0\r\n\r\n"
    );
    socket.send_to(request.as_bytes(), at)?;
    let mut buffer = [0; 4_096];
    loop {
        let length = socket.recv(&mut buffer).with_context(|| format!("{method} {uri} is not answered"))?;
        let answer = String::from_utf8_lossy(&buffer[..length]);
        let status: u16 = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status")?;
        if status >= 200 {
            return Ok(status);
        }
    }
}

#[test]
fn the_outside_reaches_our_own_names_alone() -> Result<()> {
    let outside = Loopback::new().port(5_060);
    let (also, domains) = (vec![outside], vec!["pbx.example.org"]);
    let external = also.clone();
    let host =
        Host::start(&HostConfig { extensions: vec!["100", "101"], also, external, domains, ..HostConfig::default() })?;
    for method in ["OPTIONS", "INVITE", "MESSAGE", "SUBSCRIBE", "REGISTER", "PUBLISH"] {
        for uri in ["sip:100@elsewhere.example", "sip:100@192.0.2.1", "sip:[2001:db8::1]"] {
            assert_eq!(answer(outside, method, uri)?, 404, "{method} {uri}");
        }
        let (ours, own) = (format!("sip:100@{outside}"), "sip:100@PBX.example.org");
        let expected = match method {
            "OPTIONS" => 200,
            "REGISTER" => 403,
            _ => 401,
        };
        assert_eq!(answer(outside, method, &ours)?, expected, "{method}");
        assert_eq!(answer(outside, method, own)?, expected, "{method}");
        // Once domains are named, the house is held to them too.
        assert_eq!(answer(host.sip(), method, "sip:100@elsewhere.example")?, 404, "{method}");
    }
    // Numbers without a domain are ours to look for.
    assert_eq!(answer(outside, "INVITE", "tel:+4930123000")?, 401);
    let mut a = Baresip::registered(&host.phone("100"))?;
    let mut b = Baresip::registered(&host.phone("101"))?;
    a.dial("101")?;
    b.wait_for("CALL_INCOMING")?;
    b.accept()?;
    a.wait_for("CALL_ESTABLISHED")?;
    a.hang_up()?;
    b.wait_for("CALL_CLOSED").map(drop)
}

#[test]
fn the_house_takes_any_domain_as_long_as_none_is_named() -> Result<()> {
    let outside = Loopback::new().port(5_060);
    let config = HostConfig { also: vec![outside], external: vec![outside], ..HostConfig::default() };
    let host = Host::start(&config)?;
    assert_eq!(answer(host.sip(), "INVITE", "sip:100@elsewhere.example")?, 401);
    assert_eq!(answer(outside, "INVITE", "sip:100@elsewhere.example")?, 404);
    assert_eq!(answer(outside, "INVITE", "sip:100@jackfield")?, 401);
    Ok(())
}
