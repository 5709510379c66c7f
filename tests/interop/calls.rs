//! Two real phones and the host between them.

use anyhow::Result;
use jackfield_tests::{Baresip, Host, Phone, Transport, eventually, tone};
use std::{thread::sleep, time::Duration};

/// A calls B with these settings; each hears the other's tone and nothing else.
fn call(transport: Transport, codec: &'static str) -> Result<()> {
    let mut host = Host::with_extensions(&["100", "101"])?;
    let phone = |number, hertz| Phone { transport, codecs: vec![codec], hertz, ..host.phone(number) };
    let mut a = Baresip::registered(&phone("100", 1_000.0))?;
    let mut b = Baresip::registered(&phone("101", 600.0))?;
    a.dial("101")?;
    a.wait_for("CALL_RINGING")?;
    b.wait_for("CALL_INCOMING")?;
    b.accept()?;
    a.wait_for("CALL_ESTABLISHED")?;
    b.wait_for("CALL_ESTABLISHED")?;
    sleep(Duration::from_secs(6));
    let (sent, got) = (a.packets()?, b.packets()?);
    a.hang_up()?;
    b.wait_for("CALL_CLOSED")?;

    let both = Some((codec.to_owned(), codec.to_owned()));
    assert_eq!((a.codecs(), b.codecs()), (both.clone(), both));
    let at_b = tone::heard(&b.recording()?, 1_000.0);
    let at_a = tone::heard(&a.recording()?, 600.0);
    for heard in [at_a, at_b] {
        assert!(heard.milliseconds() > 5_500, "too little was heard: A {at_a:?}, B {at_b:?}");
        assert!(heard.loss_percent() < 1.0, "too much is missing: A {at_a:?}, B {at_b:?}");
    }
    // What the one has sent, less what was on its way when they were asked.
    assert!(got.lost == 0 && got.received + 10 > sent.sent, "A {sent:?}, B {got:?}");
    host.end()
}

#[test]
fn a_law_over_udp() -> Result<()> {
    call(Transport::Udp, "PCMA")
}

#[test]
fn mu_law_over_udp() -> Result<()> {
    call(Transport::Udp, "PCMU")
}

#[test]
fn a_law_over_tcp() -> Result<()> {
    call(Transport::Tcp, "PCMA")
}

#[test]
fn mu_law_over_tcp() -> Result<()> {
    call(Transport::Tcp, "PCMU")
}

#[test]
fn a_phone_on_udp_that_speaks_a_law_hears_one_on_tcp_that_speaks_mu_law() -> Result<()> {
    let host = Host::with_extensions(&["100", "101"])?;
    let mut a = Baresip::registered(&Phone { codecs: vec!["PCMA"], ..host.phone("100") })?;
    let tcp = Phone {
        transport: Transport::Tcp,
        codecs: vec!["PCMU", "PCMA"],
        hertz: 600.0,
        answers: true,
        ..host.phone("101")
    };
    let mut b = Baresip::registered(&tcp)?;
    a.dial("101")?;
    a.wait_for("CALL_ESTABLISHED")?;
    sleep(Duration::from_secs(2));
    a.hang_up()?;
    b.wait_for("CALL_CLOSED")?;
    assert!(tone::heard(&b.recording()?, 1_000.0).milliseconds() > 1_500);
    assert!(tone::heard(&a.recording()?, 600.0).milliseconds() > 1_500);
    Ok(())
}

#[test]
fn hold_and_resume() -> Result<()> {
    let host = Host::with_extensions(&["100", "101"])?;
    let mut a = Baresip::registered(&host.phone("100"))?;
    let mut b = Baresip::registered(&Phone { hertz: 600.0, answers: true, ..host.phone("101") })?;
    a.dial("101")?;
    a.wait_for("CALL_ESTABLISHED")?;
    b.wait_for("CALL_RTPESTAB")?;
    sleep(Duration::from_secs(1));

    a.hold()?;
    b.wait_for("CALL_REMOTE_SDP")?;
    sleep(Duration::from_millis(300));
    let held = (a.packets()?, b.packets()?);
    sleep(Duration::from_secs(1));
    let later = (a.packets()?, b.packets()?);
    assert!(later.0.received - held.0.received < 5, "A hears B while it holds: {held:?} {later:?}");
    assert!(later.1.received - held.1.received > 35, "B hears no music while it is held: {held:?} {later:?}");

    a.resume()?;
    b.wait_for("CALL_REMOTE_SDP")?;
    sleep(Duration::from_millis(300));
    let resumed = (a.packets()?, b.packets()?);
    sleep(Duration::from_secs(2));
    let later = (a.packets()?, b.packets()?);
    assert!(later.0.received - resumed.0.received > 80, "A hears nothing any more: {resumed:?} {later:?}");
    assert!(later.1.received - resumed.1.received > 80, "B hears nothing any more: {resumed:?} {later:?}");
    assert_eq!((later.0.lost, later.1.lost), (0, 0));
    // Keys go as sound packets (RFC 4733): what they reach, sound reaches.
    a.press("7")?;
    eventually("B hears a key of A", || b.log().contains("received event: '7' (end=1)"));
    b.press("3")?;
    eventually("A hears a key of B", || a.log().contains("received event: '3' (end=1)"));
    b.hang_up()?;
    a.wait_for("CALL_CLOSED")?;
    Ok(())
}

#[test]
fn of_two_phones_that_ring_the_one_that_is_too_late_is_told_so() -> Result<()> {
    let host = Host::with_extensions(&["100", "101"])?;
    let mut a = Baresip::registered(&host.phone("100"))?;
    let mut b = Baresip::registered(&host.phone("101"))?;
    let mut c = Baresip::registered(&Phone { transport: Transport::Tcp, ..host.phone("101") })?;
    a.dial("101")?;
    b.wait_for("CALL_INCOMING")?;
    c.wait_for("CALL_INCOMING")?;
    b.accept()?;
    a.wait_for("CALL_ESTABLISHED")?;
    c.wait_for("CALL_CLOSED")?;
    let log = c.log();
    let (_, cancel) = log.split_once("CANCEL sip:").expect("the third phone gets a CANCEL");
    let cancel = cancel.split("\r\n\r\n").next().unwrap_or_default();
    let reason = cancel.lines().find_map(|line| line.strip_prefix("Reason:")).unwrap_or_default();
    assert!(reason.contains("cause=200") && reason.contains("Call completed elsewhere"), "{cancel}");
    sleep(Duration::from_secs(1));
    assert!(b.packets()?.received > 40, "the call goes on");
    a.hang_up()?;
    b.wait_for("CALL_CLOSED")?;
    Ok(())
}
