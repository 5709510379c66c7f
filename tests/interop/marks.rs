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
    // The host's ports for sound are below 30000; baresip takes 40000 and above.
    let is_sound = |seen: &Captured| {
        seen.from.ip() == host.ip() && (20_000..30_000).contains(&seen.from.port()) && seen.begins[0] >> 6 == 2
    };
    // What has been sent is seen a moment later: the INVITE, and the answer to the BYE.
    let has_sent = |begins: &[u8; 4]| capture.sent_from(host).iter().any(|seen| &seen.begins == begins);
    eventually("the host is seen to signal", || has_sent(b"INVI") && has_sent(b"BYE "));
    eventually("its sound is seen", || capture.all(is_sound).len() > 50);
    Ok([capture.sent_from(host), capture.all(is_sound)].concat())
}

fn are_marked(sent: &[Captured], host: SocketAddr) {
    let (signalling, sound): (Vec<_>, Vec<_>) = sent.iter().partition(|seen| seen.from == host);
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
