//! A telephone in a real browser: signalling by WebSocket, sound by WebRTC.

use anyhow::Result;
use jackfield_tests::{Baresip, Host, HostConfig, Phone, Softphone, eventually, tone};
use std::{thread::sleep, time::Duration};

#[test]
fn a_browser_registers_over_secure_websocket_and_signals_both_ways() -> Result<()> {
    let host = Host::start(&HostConfig { extensions: vec!["100", "101"], secure: true, ..HostConfig::default() })?;
    let admin = host.admin()?;
    let registrations = || admin.get("/api/v1/registrations").map(|list| list.to_string()).unwrap_or_default();
    let mut desk = Baresip::registered(&host.phone("101"))?;
    let mut page = Softphone::start(&format!("wss://{}", host.wss()), host.wss(), "100", "pw100")?;
    page.wait_for("connected")?;
    page.wait_for("registered")?;
    assert!(registrations().contains("\"wss\"") && registrations().contains(".invalid"), "{}", registrations());

    // Requests outside calls.
    page.command("options 101")?;
    assert_eq!(page.wait_for("options")?["status"], 200);

    // A call to the page: it rings there, it is refused there, and the phone sees that.
    desk.dial("100")?;
    page.wait_for("incoming")?;
    desk.wait_for("CALL_RINGING")?;
    page.command("refuse 486")?;
    let closed = desk.wait_for("CALL_CLOSED")?;
    assert!(closed["param"].as_str().is_some_and(|why| why.starts_with("486")), "{closed}");
    page.wait_for("ended")?;

    // A call that is given up reaches the page as CANCEL.
    desk.dial("100")?;
    page.wait_for("incoming")?;
    desk.hang_up()?;
    desk.wait_for("CALL_CLOSED")?;
    assert_eq!(page.wait_for("ended")?["cause"], "Canceled");

    // In a dialog: the page watches the phone's line, is told at once, and ends that itself.
    page.command("watch 101")?;
    page.wait_for("notified")?;
    page.command("unwatch")?;
    page.wait_for("unwatched")?;

    page.command("unregister")?;
    page.wait_for("unregistered")?;
    eventually("the page is not registered any more", || !registrations().contains("\"wss\""));
    page.command("register")?;
    page.wait_for("registered")?;
    eventually("the page is registered again", || registrations().contains("\"wss\""));
    drop(page);
    // A page that is closed says no word.
    eventually("a closed page is not registered any more", || !registrations().contains("\"wss\""));
    desk.dial("100")?;
    let closed = desk.wait_for("CALL_CLOSED")?;
    assert!(closed["param"].as_str().is_some_and(|why| why.starts_with("480")), "{closed}");
    assert!(!host.has_panicked());
    Ok(())
}

/// What the page hears now: the loudest frequency, within what the analysis can tell.
fn hears(page: &mut Softphone, hertz: f64) -> Result<bool> {
    page.command("hear")?;
    let heard = page.wait_for("heard")?;
    let near = heard["hertz"].as_f64().is_some_and(|found| (found - hertz).abs() < 25.0);
    Ok(near && heard["level"].as_f64().is_some_and(|level| level > -60.0))
}

fn eventually_hears(page: &mut Softphone, hertz: f64) -> Result<()> {
    for _ in 0..40 {
        if hears(page, hertz)? {
            return Ok(());
        }
        sleep(Duration::from_millis(250));
    }
    page.command("hear")?;
    anyhow::bail!("the page does not hear {hertz} Hz but {}", page.wait_for("heard")?)
}

/// A page and a desk phone of this codec talk; either may have called.
fn talk_with(codec: &'static str, encryption: &'static str) -> Result<()> {
    let host =
        Host::start(&HostConfig { extensions: vec!["100", "101", "102"], secure: true, ..HostConfig::default() })?;
    let desk = Phone { codecs: vec![codec], encryption, hertz: 600.0, ..host.phone("101") };
    let mut desk = Baresip::registered(&desk)?;
    let mut page = Softphone::start(&format!("wss://{}", host.wss()), host.wss(), "100", "pw100")?;
    page.wait_for("registered")?;

    page.command("call 101")?;
    desk.wait_for("CALL_INCOMING")?;
    desk.accept()?;
    page.wait_for("confirmed")?;
    eventually_hears(&mut page, 600.0)?;
    sleep(Duration::from_secs(2));
    page.command("dtmf 7")?;
    eventually("the phone hears a key of the page", || desk.log().contains("received event: '7' (end=1)"));
    page.command("hangup")?;
    desk.wait_for("CALL_CLOSED")?;
    page.wait_for("ended")?;
    let heard = tone::heard(&desk.recording()?, 800.0);
    assert!(heard.milliseconds() > 1_500, "the phone does not hear the page: {heard:?}");

    desk.dial("100")?;
    page.wait_for("incoming")?;
    page.command("answer")?;
    page.wait_for("confirmed")?;
    eventually_hears(&mut page, 600.0)?;
    page.command("hold")?;
    page.wait_for("hold")?;
    desk.wait_for("CALL_REMOTE_SDP")?;
    page.command("unhold")?;
    page.wait_for("unhold")?;
    eventually_hears(&mut page, 600.0)?;

    // The page sends the desk phone on to a third one.
    let third = Phone { answers: true, hertz: 1_000.0, ..host.phone("102") };
    let mut third = Baresip::registered(&third)?;
    page.command("refer 102")?;
    third.wait_for("CALL_ESTABLISHED")?;
    page.wait_for("ended")?;
    eventually("the two who are left hear each other", || third.packets().is_ok_and(|packets| packets.received > 50));
    desk.hang_up()?;
    third.wait_for("CALL_CLOSED")?;
    assert!(!host.has_panicked());
    Ok(())
}

#[test]
fn a_page_and_a_desk_phone_talk_by_g711() -> Result<()> {
    talk_with("PCMA", "")
}

#[test]
fn a_page_and_a_desk_phone_that_speaks_g722_with_keys_by_signalling_talk() -> Result<()> {
    talk_with("G722", "srtp-mand")
}

#[test]
fn a_page_and_a_desk_phone_talk_by_opus_from_end_to_end() -> Result<()> {
    talk_with("opus", "dtls_srtp")
}
