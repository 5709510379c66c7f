//! A telephone in a real browser, by WebSocket. Its sound (WebRTC) is another matter: what counts here is signalling.

use anyhow::Result;
use jackfield_tests::{Baresip, Host, HostConfig, Softphone, eventually};

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
    page.command("call 101")?;
    // Its sound cannot be taken yet, and the page is told so.
    let ended = page.wait_for("ended")?;
    assert!(ended["status"].as_u64().is_some_and(|status| status >= 400), "{ended}");
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
