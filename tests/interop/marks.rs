//! The marks by which routers know what must not wait: telephones' sound and signalling as they are on the wire.

use anyhow::Result;
use jackfield_tests::{Baresip, Capture, Captured, Host, HostConfig, Phone, eventually, loopback_v6};
use std::net::SocketAddr;

/// Expedited forwarding (RFC 3246), for sound.
const EF: u8 = 46;
/// Class selector 3 (RFC 4594 §3.3), for signalling.
const CS3: u8 = 24;

/// One call between two phones that reach the host here.
fn talk(host: SocketAddr, phone: impl Fn(&str) -> Phone) -> Result<Vec<Captured>> {
    let capture = Capture::start()?;
    let mut one = Baresip::registered(&phone("100"))?;
    let mut other = Baresip::registered(&Phone { answers: true, ..phone("101") })?;
    one.dial("101")?;
    one.wait_for("CALL_ESTABLISHED")?;
    eventually("both hear each other", || {
        let heard = |phone: &mut Baresip| phone.packets().is_ok_and(|packets| packets.received > 25);
        heard(&mut one) && heard(&mut other)
    });
    one.hang_up()?;
    other.wait_for("CALL_CLOSED")?;
    // All that the host has sent: phones listen where they say, the host at its own ports.
    let phones = [one.address(), other.address()];
    let is_sound = |seen: &Captured| seen.begins[0] >> 6 == 2;
    let signalling = capture.sent_from(host);
    assert!(signalling.iter().any(|seen| &seen.begins == b"INVI") && signalling.iter().all(|seen| !is_sound(seen)));
    assert!(signalling.iter().all(|seen| phones.contains(&seen.to)), "{signalling:?}");
    let sound = capture.all(|seen| {
        // The host's ports for sound; baresip takes 40000 and above.
        seen.from.ip() == host.ip() && (20_000..30_000).contains(&seen.from.port()) && is_sound(seen)
    });
    Ok([signalling, sound].concat())
}

fn are_marked(sent: &[Captured], host: SocketAddr) {
    let (signalling, sound): (Vec<_>, Vec<_>) = sent.iter().partition(|seen| seen.from == host);
    assert!(signalling.len() > 8 && sound.len() > 100, "{} and {}", signalling.len(), sound.len());
    let other = |of: &[&Captured], mark| of.iter().filter(|seen| seen.dscp != mark).count();
    assert_eq!((other(&signalling, CS3), other(&sound, EF)), (0, 0), "of {} and {}", signalling.len(), sound.len());
}

#[test]
fn sound_is_marked_ef_and_signalling_cs3_by_ipv4_and_by_ipv6() -> Result<()> {
    let own = loopback_v6()?;
    let extensions = vec!["100", "101"];
    let mut host = Host::start(&HostConfig { extensions, also: vec![own], ..HostConfig::default() })?;
    are_marked(&talk(host.sip(), |number| host.phone(number))?, host.sip());
    let phone = |number: &str| Phone { registrar: Some(own), ip: own.ip(), ..host.phone(number) };
    are_marked(&talk(own, phone)?, own);
    host.end()
}
