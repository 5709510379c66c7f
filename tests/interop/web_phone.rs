//! The house's own page as a telephone, in a real browser, against real telephones.

use anyhow::{Result, ensure};
use jackfield_tests::{Api, Baresip, Host, HostConfig, Phone, Relay, Softphone, eventually, package, tone, within};
use serde_json::Value;
use std::{
    thread::sleep,
    time::{Duration, Instant},
};

/// What the page's microphone says.
const PAGE: f64 = 800.0;

fn house(extensions: &[&'static str]) -> Result<(Host, Api)> {
    let host = Host::start(&HostConfig { extensions: extensions.to_vec(), ..HostConfig::default() })?;
    let admin = host.admin()?;
    Ok((host, admin))
}

fn eventually_hears(page: &mut Softphone, hertz: f64) -> Result<()> {
    let mut last = Value::Null;
    for _ in 0..40 {
        page.command("hear")?;
        last = page.wait_for("heard")?;
        let near = last["hertz"].as_f64().is_some_and(|found| (found - hertz).abs() < 25.0);
        if near && last["level"].as_f64().is_some_and(|level| level > -60.0) {
            return Ok(());
        }
        sleep(Duration::from_millis(250));
    }
    anyhow::bail!("the page does not hear {hertz} Hz but {last}")
}

/// Whether the phone hears the page in what it records from now on.
fn phone_hears_page(desk: &Baresip, milliseconds: usize) -> Result<bool> {
    let before = tone::heard(&desk.recording()?, PAGE).milliseconds();
    sleep(Duration::from_millis(milliseconds as u64 + 700));
    Ok(tone::heard(&desk.recording()?, PAGE).milliseconds() >= before + milliseconds / 2)
}

#[test]
fn a_page_is_a_telephone_without_a_password_and_is_none_any_more_once_it_is_switched_off() -> Result<()> {
    let (host, admin) = house(&["101"])?;
    let registrations = || admin.get("/api/v1/registrations").map(|list| list.to_string()).unwrap_or_default();
    let desk = Phone { hertz: 600.0, ..host.phone("101") };
    let mut desk = Baresip::registered(&desk)?;
    let mut page = Softphone::of_the_house(&host, "vera", "200")?;
    page.does("on")?;
    assert!(registrations().contains("\"200\""), "{}", registrations());

    // The page calls; each hears the other.
    page.does("dial 101")?;
    desk.wait_for("CALL_INCOMING")?;
    page.does("see Ringing")?;
    desk.accept()?;
    page.does("see Talking")?;
    eventually_hears(&mut page, 600.0)?;
    ensure!(phone_hears_page(&desk, 1_500)?, "the phone does not hear the page");
    page.does("keys 7")?;
    eventually("the phone hears a key of the page", || desk.log().contains("received event: '7' (end=1)"));
    page.does("press Mute")?;
    sleep(Duration::from_millis(500));
    ensure!(!phone_hears_page(&desk, 1_500)?, "the phone hears a page that is mute");
    page.does("press Mute")?;
    ensure!(phone_hears_page(&desk, 1_500)?, "the phone does not hear the page again");
    page.does("press Hang up")?;
    desk.wait_for("CALL_CLOSED")?;
    page.does("see No call")?;

    // The page is called while another page of the shell is open, is held, and the other one hangs up.
    page.does("open Call history")?;
    desk.dial("200")?;
    page.does("see is calling you")?;
    page.does("answer")?;
    desk.wait_for("CALL_ESTABLISHED")?;
    eventually_hears(&mut page, 600.0)?;
    ensure!(phone_hears_page(&desk, 1_500)?, "the phone that has called does not hear the page");
    page.does("press Hold")?;
    page.does("see On hold")?;
    page.does("press Resume")?;
    page.does("see Talking")?;
    eventually_hears(&mut page, 600.0)?;
    // It records nothing more, but counts.
    let before = desk.packets()?.received;
    eventually("the phone is sent sound after hold", || desk.packets().is_ok_and(|now| now.received > before + 50));
    desk.hang_up()?;
    desk.wait_for("CALL_CLOSED")?;
    page.does("gone Talking")?;

    // A caller is rejected, and another one by a key is not.
    desk.dial("200")?;
    page.does("see is calling you")?;
    page.does("reject")?;
    let closed = desk.wait_for("CALL_CLOSED")?;
    assert!(closed["param"].as_str().is_some_and(|why| why.starts_with("486")), "{closed}");
    desk.dial("200")?;
    page.does("see is calling you")?;
    page.does("key F2")?;
    desk.wait_for("CALL_ESTABLISHED")?;
    page.does("see Talking")?;
    page.does("key F8")?;
    desk.wait_for("CALL_CLOSED")?;

    page.does("open Phone")?;
    page.does("off")?;
    eventually("the page is not registered any more", || !registrations().contains("\"200\""));
    assert!(!host.has_panicked());
    Ok(())
}

#[test]
fn a_page_that_is_loaded_anew_during_a_call_has_it_back_within_ten_seconds() -> Result<()> {
    let (host, admin) = house(&["101"])?;
    let mut desk = Baresip::registered(&Phone { hertz: 600.0, answers: true, ..host.phone("101") })?;
    let mut page = Softphone::of_the_house(&host, "vera", "200")?;
    page.does("on")?;
    page.does("dial 101")?;
    page.does("see Talking")?;
    eventually_hears(&mut page, 600.0)?;

    let begun = Instant::now();
    page.does("reload")?;
    page.does("see Talking")?;
    eventually_hears(&mut page, 600.0)?;
    ensure!(begun.elapsed() < Duration::from_secs(10), "it took {:?}", begun.elapsed());
    ensure!(phone_hears_page(&desk, 1_500)?, "the phone does not hear the page that has come back");

    // The old place in the call is given up after a while; the new one is not.
    sleep(Duration::from_secs(13));
    eventually_hears(&mut page, 600.0)?;

    // Another tab takes the telephone, and the call with it.
    page.does("tab")?;
    page.does("see The phone is in another tab")?;
    page.does("take")?;
    page.does("see Talking")?;
    eventually_hears(&mut page, 600.0)?;
    ensure!(!desk.has_seen("CALL_CLOSED"), "the call has broken off");
    page.does("press Hang up")?;
    desk.wait_for("CALL_CLOSED")?;

    // A page that does not come back is not waited for.
    page.does("dial 101")?;
    page.does("see Talking")?;
    drop(page);
    let gone = Instant::now();
    let calls = || admin.get("/api/v1/calls").map(|calls| calls.to_string()).unwrap_or_default();
    assert_ne!(calls(), "[]", "nobody had time to come back");
    let ended = within(Duration::from_secs(20), || (calls() == "[]").then_some(()));
    assert!(ended.is_some(), "the call of a page that is closed does not end: {}", calls());
    assert!(gone.elapsed() > Duration::from_secs(8), "it was waited for {:?}", gone.elapsed());
    assert!(!host.has_panicked());
    Ok(())
}

#[test]
fn a_page_passes_calls_on_unseen_and_after_asking() -> Result<()> {
    let (host, _) = house(&["101", "102"])?;
    let mut desk = Baresip::registered(&Phone { hertz: 600.0, ..host.phone("101") })?;
    let third = Phone { answers: true, hertz: 1_000.0, ..host.phone("102") };
    let mut third = Baresip::registered(&third)?;
    let mut page = Softphone::of_the_house(&host, "vera", "200")?;
    page.does("on")?;

    desk.dial("200")?;
    page.does("see is calling you")?;
    page.does("answer")?;
    page.does("see Talking")?;
    page.does("transfer 102")?;
    third.wait_for("CALL_ESTABLISHED")?;
    page.does("see No call")?;
    eventually("the two who are left hear each other", || third.packets().is_ok_and(|packets| packets.received > 50));
    desk.hang_up()?;
    third.wait_for("CALL_CLOSED")?;

    desk.dial("200")?;
    page.does("see is calling you")?;
    page.does("answer")?;
    page.does("see Talking")?;
    page.does("ask 102")?;
    third.wait_for("CALL_ESTABLISHED")?;
    page.does("see On hold")?;
    eventually_hears(&mut page, 1_000.0)?;
    page.does("press Connect the two")?;
    page.does("see No call")?;
    eventually("the two who are left hear each other", || third.packets().is_ok_and(|packets| packets.received > 50));
    ensure!(!desk.has_seen("CALL_CLOSED") || third.packets()?.received > 50, "the first call has broken off");
    desk.hang_up()?;
    third.wait_for("CALL_CLOSED")?;
    assert!(!host.has_panicked());
    Ok(())
}

#[test]
fn a_page_hears_itself_at_the_echo_test_and_presses_keys_in_a_menu() -> Result<()> {
    let host = Host::start(&HostConfig {
        extensions: vec!["100", "101"],
        packages: vec![package("dialplan")?, package("auto-attendant")?],
        more: String::from(
            "[plugins.settings.\"org.jackfield.auto-attendant\"]\nhours = []\nexceptions = []\n\
             menus = [{ name = \"main\", prompts = [\"menu-main\"], wait_seconds = 30, \
             keys = [{ key = \"2\", does = \"transfer\", to = \"101\" }] }]\n",
        ),
        ..HostConfig::default()
    })?;
    host.admin()?;
    let mut desk = Baresip::registered(&Phone { hertz: 600.0, answers: true, ..host.phone("101") })?;
    let mut page = Softphone::of_the_house(&host, "vera", "200")?;
    page.does("on")?;
    page.does("dial 501")?;
    page.does("see Talking")?;
    eventually_hears(&mut page, PAGE)?;
    page.does("press Hang up")?;
    page.does("see No call")?;

    page.does("dial 500")?;
    page.does("see Talking")?;
    page.does("keys 2")?;
    desk.wait_for("CALL_ESTABLISHED")?;
    eventually_hears(&mut page, 600.0)?;
    page.does("press Hang up")?;
    desk.wait_for("CALL_CLOSED")?;
    assert!(!host.has_panicked());
    Ok(())
}

/// Sound comes to the page; without a sound card Firefox does not tell which.
fn eventually_receives(page: &mut Softphone) -> Result<()> {
    let mut last = Value::Null;
    for _ in 0..60 {
        page.command("hear")?;
        last = page.wait_for("heard")?;
        if last["received"].as_u64().is_some_and(|packets| packets > 50) {
            return Ok(());
        }
        sleep(Duration::from_millis(250));
    }
    anyhow::bail!("nothing comes to the page: {last}")
}

#[test]
fn firefox_behind_a_proxy_calls_and_is_called() -> Result<()> {
    let (host, _) = house(&["101"])?;
    let mut desk = Baresip::registered(&Phone { hertz: 600.0, ..host.phone("101") })?;
    let mut page = Softphone::of_the_house_in_firefox(&host, "vera", "200")?;
    page.does("on")?;
    page.does("dial 101")?;
    desk.wait_for("CALL_INCOMING")?;
    desk.accept()?;
    page.does("see Talking")?;
    eventually_receives(&mut page)?;
    ensure!(phone_hears_page(&desk, 1_500)?, "the phone does not hear the page");
    page.does("press Hang up")?;
    desk.wait_for("CALL_CLOSED")?;

    desk.dial("200")?;
    page.does("see is calling you")?;
    page.does("answer")?;
    desk.wait_for("CALL_ESTABLISHED")?;
    eventually_receives(&mut page)?;
    ensure!(phone_hears_page(&desk, 1_500)?, "the phone that has called does not hear the page");
    desk.hang_up()?;
    page.does("see No call")?;
    assert!(!host.has_panicked());
    Ok(())
}

#[test]
fn a_page_behind_a_wall_talks_by_a_relay_with_credentials_that_the_host_has_made() -> Result<()> {
    const SECRET: &str = "north brass kettle";
    let relay = Relay::start(SECRET)?;
    let more = format!("[turn]\nurls = [\"{}\"]\nsecret = \"{SECRET}\"\n", relay.url());
    let host = Host::start(&HostConfig { extensions: vec!["101"], more, ..HostConfig::default() })?;
    host.admin()?;
    let mut desk = Baresip::registered(&Phone { hertz: 600.0, answers: true, ..host.phone("101") })?;
    let mut page = Softphone::of_the_house_by_relay(&host, "vera", "200")?;
    page.does("on")?;
    page.does("dial 101")?;
    page.does("see Talking")?;
    eventually_hears(&mut page, 600.0)?;
    ensure!(phone_hears_page(&desk, 1_500)?, "the phone does not hear the page");
    let log = relay.log();
    ensure!(log.contains(":vera>") && log.contains("ALLOCATE processed, success"), "{log}");
    assert!(!host.log().contains(SECRET), "the secret stays out of the log");
    page.does("press Hang up")?;
    desk.wait_for("CALL_CLOSED")?;
    Ok(())
}
