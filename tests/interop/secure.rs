//! Telephones by TLS: real ones, and what hangs on the host's certificate.

use anyhow::Result;
use jackfield_tests::{Authority, Baresip, Host, HostConfig, Phone, certificate, eventually, tone, within};
use std::{
    io::{Read, Write},
    net::TcpStream,
    thread::sleep,
    time::Duration,
};

/// The host looks at its certificate's files every few seconds.
const LOOKS: Duration = Duration::from_secs(15);

fn secure_host() -> Result<Host> {
    Host::start(&HostConfig { extensions: vec!["100", "101"], secure: true, ..HostConfig::default() })
}

#[test]
fn phones_talk_over_tls_while_the_certificate_is_renewed() -> Result<()> {
    let mut host = secure_host()?;
    let mut a = Baresip::registered(&host.secure_phone("100"))?;
    let mut b = Baresip::registered(&Phone { hertz: 600.0, ..host.secure_phone("101") })?;
    a.dial("101")?;
    b.wait_for("CALL_INCOMING")?;
    b.accept()?;
    a.wait_for("CALL_ESTABLISHED")?;
    b.wait_for("CALL_ESTABLISHED")?;
    assert!(certificate::handshake(host.tls())?.contains("first certificate"));

    // Half of a file, as of a copy that was broken off.
    let whole = std::fs::read(host.certificate())?;
    std::fs::write(host.certificate(), &whole[..whole.len() / 2])?;
    let told = || host.log().contains("the certificates in use stay in use").then_some(());
    assert!(within(LOOKS, told).is_some(), "the host does not warn of a broken certificate:\n{}", host.log());
    assert!(certificate::handshake(host.tls())?.contains("first certificate"));

    host.renew_certificate("second certificate")?;
    let renewed = || certificate::handshake(host.tls()).ok().filter(|said| said.contains("second certificate"));
    assert!(within(LOOKS, renewed).is_some(), "a new connection does not get the new certificate");
    assert!(certificate::handshake(host.wss())?.contains("second certificate"));
    host.renew_certificate("third certificate")?;
    host.signal("HUP")?;
    eventually("SIGHUP has the certificate read again", || {
        certificate::handshake(host.tls()).is_ok_and(|said| said.contains("third certificate"))
    });

    // The call has noticed nothing, and signalling by the old connections still works.
    let before = (a.packets()?, b.packets()?);
    sleep(Duration::from_secs(1));
    let after = (a.packets()?, b.packets()?);
    assert!(after.0.received > before.0.received + 35 && after.1.received > before.1.received + 35);
    a.hold()?;
    b.wait_for("CALL_REMOTE_SDP")?;
    a.resume()?;
    b.wait_for("CALL_REMOTE_SDP")?;
    a.hang_up()?;
    b.wait_for("CALL_CLOSED")?;
    assert!(tone::heard(&b.recording()?, 1_000.0).milliseconds() > 1_500, "B does not hear A");
    assert!(tone::heard(&a.recording()?, 600.0).milliseconds() > 1_500, "A does not hear B");
    for log in [a.log(), b.log()] {
        assert!(log.contains("SIP/2.0/TLS"), "a phone does not use TLS");
        assert!(!log.contains("SIP/2.0/UDP") && !log.contains("SIP/2.0/TCP"), "a message has left in clear");
    }
    assert!(!host.has_panicked());
    host.end()
}

#[test]
fn a_phone_whose_connection_is_gone_is_not_waited_for() -> Result<()> {
    let host = secure_host()?;
    let admin = host.admin()?;
    let mut a = Baresip::registered(&host.phone("100"))?;
    let b = Baresip::registered(&host.secure_phone("101"))?;
    let registered = || admin.get("/api/v1/registrations").map(|list| list.to_string()).unwrap_or_default();
    assert!(registered().contains("\"tls\""), "{}", registered());
    // As if its power were cut; the system closes its connection.
    drop(b);
    eventually("the phone counts as gone", || !registered().contains("\"tls\""));
    a.dial("101")?;
    let closed = a.wait_for("CALL_CLOSED")?;
    assert!(closed["param"].as_str().is_some_and(|why| why.starts_with("480")), "{closed}");
    Ok(())
}

#[test]
fn garbage_by_any_stream_ends_its_connection_and_nothing_else() -> Result<()> {
    let host = secure_host()?;
    let mut phone = Baresip::registered(&host.secure_phone("100"))?;
    let mut other = Baresip::registered(&Phone { answers: true, ..host.secure_phone("101") })?;
    let noise: Vec<u8> = (0..70_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let http = b"GET / HTTP/1.1\r\nHost: pbx\r\n\r\n".to_vec();
    let no_sip = b"GET / HTTP/1.1\r\nHost: pbx\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        .to_vec();
    for at in [host.sip(), host.tls(), host.ws(), host.wss()] {
        for sent in [&noise, &http, &no_sip] {
            let mut stream = TcpStream::connect(at)?;
            stream.set_read_timeout(Some(Duration::from_secs(20)))?;
            // The host may close before all of it is written.
            let _ = stream.write_all(sent);
            let mut answer = Vec::new();
            let ended = stream.read_to_end(&mut answer);
            let still_open = ended.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
            assert!(!still_open, "{at} keeps a connection of {:?}", &sent[..3]);
            if at == host.ws() && std::ptr::eq(sent, &no_sip) {
                assert!(answer.starts_with(b"HTTP/1.1 400 "), "{}", String::from_utf8_lossy(&answer));
            }
        }
    }
    // Handshakes that never go on.
    let half_open: Vec<_> = (0..300).map(|_| TcpStream::connect(host.tls())).collect::<Result<_, _>>()?;
    phone.dial("101")?;
    phone.wait_for("CALL_ESTABLISHED")?;
    phone.hang_up()?;
    other.wait_for("CALL_CLOSED")?;
    drop(half_open);
    assert!(!host.has_panicked());
    Ok(())
}

#[test]
fn a_certificate_comes_from_an_authority_and_serves_phones_and_browsers() -> Result<()> {
    const NAME: &str = "telephone.example.org";
    let authority = Authority::started()?;
    let acme = format!(
        "[acme]\nnames = [\"{NAME}\"]\nagree_to_terms = true\nlisten = \"{}\"\ndirectory = \"{}\"\n\
         directory_ca = \"{}\"\ncontact = \"admin@example.org\"\n",
        authority.door(),
        authority.directory(),
        authority.ca().display()
    );
    let mut host = Host::start(&HostConfig { secure: true, more: acme, ..HostConfig::default() })?;
    let issued = |at| certificate::converse(at, NAME, "").is_ok_and(|said| said.contains("issuer=CN = Pebble"));
    // The authority's side may take seconds, and so may the look at the files.
    let served = within(Duration::from_secs(60), || issued(host.https()).then_some(()));
    assert!(served.is_some(), "no certificate: {}\n{}", host.log(), authority.log());
    assert!(issued(host.tls()) && issued(host.wss()), "SIP has another certificate");
    // Who asks by the address gets what is configured for it.
    assert!(certificate::handshake(host.https())?.contains("first certificate"));

    let ask = format!("GET /api/v1/health HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n");
    let answer = certificate::converse(host.https(), NAME, &ask)?;
    assert!(answer.contains("HTTP/1.1 204") && answer.contains("strict-transport-security"), "{answer}");
    let mut door = TcpStream::connect(authority.door())?;
    write!(door, "GET /phone HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    door.read_to_string(&mut answer)?;
    assert!(answer.contains(&format!("location: https://{NAME}:{}/phone", host.https().port())), "{answer}");

    // It is asked for once: another start uses what is there.
    let given = || authority.log().matches("Issued certificate serial").count();
    assert_eq!(given(), 1, "{}", authority.log());
    host.restart_after_kill()?;
    assert!(issued(host.https()));
    assert_eq!(given(), 1, "{}", authority.log());
    assert!(!host.has_panicked(), "{}", host.log());
    host.end()
}
