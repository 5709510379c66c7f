//! Callers with real phones in the auto-attendant that comes with the house.

use anyhow::{Context, Result, ensure};
use jackfield_tests::{Baresip, Host, HostConfig, Lamp, Phone, eventually, package, repository, tone, within};
use serde_json::{Value, json};
use std::{
    thread::sleep,
    time::{Duration, Instant},
};

const PLUGIN: &str = "org.jackfield.auto-attendant";
/// A spoken call to its end: some fifteen seconds of prompts.
const SPOKEN: Duration = Duration::from_secs(45);
/// So much has to be said before it is in the recording.
const A_SENTENCE: Duration = Duration::from_secs(2);

/// Two extensions, the dialplan and the auto-attendant: always open, with menus that do not wait long.
fn house() -> Result<Host> {
    Host::start(&HostConfig {
        extensions: vec!["100", "101"],
        packages: vec![package("dialplan")?, package("auto-attendant")?],
        more: format!("[plugins.settings.\"{PLUGIN}\"]\nhours = []\nexceptions = []\n"),
        ..HostConfig::default()
    })
}

/// One short menu: 2 transfers to 101, nothing else means anything.
fn menu(wait_seconds: u32, tries: u32, when_lost: &str) -> Value {
    json!({ "operator": "101", "menus": [{
        "name": "main", "prompts": ["press-star-to-go-back"], "wait_seconds": wait_seconds, "tries": tries,
        "when_lost": when_lost, "keys": [{ "key": "2", "does": "transfer", "to": "101" }],
    }]})
}

/// Whether a phone has heard a prompt of the auto-attendant.
fn heard(phone: &Baresip, prompt: &str) -> Result<bool> {
    let file = repository().join("plugins/auto-attendant/prompts/en").join(prompt).with_extension("wav");
    Ok(tone::holds_prompt(&phone.recording()?, &tone::read(&file)?))
}

/// Wait until a phone has heard a prompt. Looking for it takes a while, so that is done now and then.
fn comes_to_hear(phone: &Baresip, prompt: &str) -> Result<()> {
    let end = Instant::now() + SPOKEN;
    while phone.recording().is_err() || !heard(phone, prompt)? {
        ensure!(Instant::now() < end, "“{prompt}” is not heard");
        sleep(Duration::from_millis(250));
    }
    Ok(())
}

/// The newest call in the history; its record is written after the call.
fn newest_record(host: &Host) -> Result<Value> {
    let admin = host.admin()?;
    within(Duration::from_secs(5), || admin.get("/api/v1/history").ok()?["items"].get(0).cloned()).context("no record")
}

#[test]
fn a_caller_is_welcomed_presses_a_key_and_is_heard_at_the_extension() -> Result<()> {
    let host = house()?;
    let mut caller = Baresip::registered(&host.phone("100"))?;
    let mut desk = Baresip::registered(&Phone { hertz: 600.0, ..host.phone("101") })?;
    caller.dial("500")?;
    caller.wait_for("CALL_ESTABLISHED")?;
    comes_to_hear(&caller, "welcome").context("the caller is not welcomed")?;
    sleep(A_SENTENCE);
    assert!(!desk.has_seen("CALL_INCOMING"), "nobody has asked for the desk yet");
    caller.press("2")?;
    desk.wait_for("CALL_INCOMING")?;
    desk.accept()?;
    desk.wait_for("CALL_ESTABLISHED")?;
    sleep(Duration::from_secs(3));
    let lost = caller.packets()?.lost;
    caller.hang_up()?;
    desk.wait_for("CALL_CLOSED")?;

    let at_desk = tone::heard(&desk.recording()?, 1_000.0);
    let at_caller = tone::heard(&caller.recording()?, 600.0);
    assert!(at_desk.milliseconds() > 2_000, "the desk hears too little of the caller: {at_desk:?}");
    assert!(at_caller.milliseconds() > 2_000, "the caller hears too little of the desk: {at_caller:?}");
    assert!(heard(&caller, "connecting")?, "the caller is not told what happens");
    assert_eq!(lost, 0, "sound packets are missing across the transfer");
    let record = newest_record(&host)?;
    assert_eq!((&record["cause"], &record["callee"]["number"]), (&json!("answered"), &json!("500")), "{record}");
    assert_eq!(record["answered_by"], "101", "{record}");
    Ok(())
}

#[test]
fn keys_sent_by_info_are_heard_too_and_before_the_menu_has_begun() -> Result<()> {
    let host = house()?;
    let mut caller = Baresip::registered(&Phone { dtmf_info: true, ..host.phone("100") })?;
    let mut desk = Baresip::registered(&host.phone("101"))?;
    caller.dial("500")?;
    caller.wait_for("CALL_ESTABLISHED")?;
    caller.press("2")?;
    desk.wait_for("CALL_INCOMING")?;
    caller.hang_up()?;
    desk.wait_for("CALL_CLOSED")?;
    Ok(())
}

#[test]
fn a_caller_outside_the_opening_hours_hears_that_the_house_is_closed_and_gets_no_further() -> Result<()> {
    let host = house()?;
    let admin = host.admin()?;
    // The same on whatever day this runs: a holiday that lasts all year.
    admin.set(PLUGIN, &json!({ "exceptions": [{ "name": "Closed", "from": "01-01", "to": "12-31", "hours": [] }] }))?;
    let mut caller = Baresip::registered(&host.phone("100"))?;
    let desk = Baresip::registered(&host.phone("101"))?;
    caller.dial("500")?;
    caller.wait_for("CALL_ESTABLISHED")?;
    caller.press("2")?;
    within(SPOKEN, || caller.has_seen("CALL_CLOSED").then_some(())).context("the host does not hang up")?;
    for prompt in ["welcome", "closed", "goodbye"] {
        assert!(heard(&caller, prompt)?, "the caller has not heard “{prompt}”");
    }
    assert!(!heard(&caller, "menu-main")? && !heard(&caller, "connecting")?, "the caller is led into the menu");
    assert!(!desk.has_seen("CALL_INCOMING"), "the key has done something");

    let record = admin.get("/api/v1/history")?["items"][0].clone();
    assert_eq!(record["answered_by"], format!("{PLUGIN}/main"), "{record}");

    // Open again from the next call on.
    admin.set(PLUGIN, &json!({ "exceptions": [] }))?;
    let mut later = Baresip::registered(&host.phone("100"))?;
    later.dial("500")?;
    later.wait_for("CALL_ESTABLISHED")?;
    comes_to_hear(&later, "menu-main").context("the house is still closed")?;
    assert!(!heard(&later, "closed")?);
    later.hang_up()
}

#[test]
fn a_wrong_key_is_said_to_be_wrong_and_the_right_one_works_afterwards() -> Result<()> {
    let host = house()?;
    host.admin()?.set(PLUGIN, &menu(20, 3, "hang-up"))?;
    let mut caller = Baresip::registered(&host.phone("100"))?;
    let mut desk = Baresip::registered(&host.phone("101"))?;
    caller.dial("500")?;
    caller.wait_for("CALL_ESTABLISHED")?;
    caller.press("7")?;
    comes_to_hear(&caller, "invalid").context("7 is not said to be wrong")?;
    assert!(!desk.has_seen("CALL_INCOMING"));
    caller.press("2")?;
    desk.wait_for("CALL_INCOMING")?;
    caller.hang_up()?;
    desk.wait_for("CALL_CLOSED")?;
    Ok(())
}

#[test]
fn a_caller_who_presses_nothing_is_asked_again_and_then_hung_up() -> Result<()> {
    let host = house()?;
    host.admin()?.set(PLUGIN, &menu(1, 2, "hang-up"))?;
    let mut caller = Baresip::registered(&host.phone("100"))?;
    caller.dial("500")?;
    caller.wait_for("CALL_ESTABLISHED")?;
    within(SPOKEN, || caller.has_seen("CALL_CLOSED").then_some(())).context("the host does not hang up")?;
    for prompt in ["welcome", "press-star-to-go-back", "no-input", "goodbye"] {
        assert!(heard(&caller, prompt)?, "the caller has not heard “{prompt}”");
    }
    Ok(())
}

#[test]
fn a_caller_who_presses_nothing_is_given_to_the_operator_when_the_menu_says_so() -> Result<()> {
    let host = house()?;
    host.admin()?.set(PLUGIN, &menu(1, 1, "operator"))?;
    let mut caller = Baresip::registered(&host.phone("100"))?;
    let mut operator = Baresip::registered(&Phone { answers: true, ..host.phone("101") })?;
    caller.dial("500")?;
    caller.wait_for("CALL_ESTABLISHED")?;
    within(SPOKEN, || operator.has_seen("CALL_ESTABLISHED").then_some(())).context("the operator is not rung")?;
    eventually("the operator hears the caller", || {
        operator.recording().is_ok_and(|recording| tone::heard(&recording, 1_000.0).milliseconds() > 500)
    });
    operator.hang_up()?;
    // The menu is over with the conversation it has led to.
    caller.wait_for("CALL_CLOSED")?;
    Ok(())
}

/// A key with a lamp watches the code that it dials, as it would watch a line.
#[test]
fn a_lamp_key_shows_that_somebody_has_decided_and_its_code_gives_the_decision_back() -> Result<()> {
    let (lamp, other) = (Lamp::new()?, Lamp::new()?);
    let mut host = Host::start(&HostConfig {
        extensions: vec!["100"],
        trusted: vec![lamp.address(), other.address()],
        packages: vec![package("auto-attendant")?],
        ..HostConfig::default()
    })?;
    let admin = host.admin()?;
    admin.act("POST", "/api/v1/schedules", Some(&json!({ "name": "office", "time_zone": "Europe/Paris" })))?;
    admin.set(PLUGIN, &json!({ "schedule": "office" }))?;
    for code in ["*280", "*282"] {
        lamp.watch(host.sip(), code)?;
        lamp.shows(code, "idle");
    }
    // On the web page.
    let night = json!({ "case": "night" });
    admin.act("PUT", "/api/v1/schedules/office/forced", Some(&night))?;
    lamp.shows("*282", "confirmed");
    lamp.shows("*280", "confirmed");
    // By pressing the key that gives the decision back to the clock.
    let mut phone = Baresip::registered(&host.phone("100"))?;
    phone.dial("*280")?;
    lamp.shows("*282", "idle");
    lamp.shows("*280", "idle");
    within(SPOKEN, || phone.has_seen("CALL_CLOSED").then_some(())).context("the host does not hang up")?;
    assert_eq!(lamp.history("*282"), ["idle", "confirmed", "idle"]);

    // What was decided outlives the host, and so does what the lamp shows.
    admin.act("PUT", "/api/v1/schedules/office/forced", Some(&night))?;
    lamp.shows("*282", "confirmed");
    host.restart_after_kill()?;
    other.watch(host.sip(), "*282")?;
    other.shows("*282", "confirmed");
    let keys = admin.get("/api/v1/phone-keys")?;
    let codes: Vec<_> = keys.as_array().into_iter().flatten().filter_map(|key| key["code"].as_str()).collect();
    assert_eq!(codes, ["*280", "*281", "*282", "*283", "*284", "*285"], "{keys}");
    Ok(())
}
