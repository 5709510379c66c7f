//! Calls that begin on the web page, and phones that answer by themselves.

use anyhow::{Context, Result};
use jackfield_tests::{Baresip, Host, HostConfig, eventually, package, tone};
use serde_json::json;
use std::{thread::sleep, time::Duration};

#[test]
fn a_click_rings_ones_own_phone_and_then_the_other() -> Result<()> {
    let mut host = Host::with_extensions(&["100", "101", "102"])?;
    let admin = host.admin()?;
    let phone = |number, hertz| Baresip::registered(&jackfield_tests::Phone { hertz, ..host.phone(number) });
    let (mut a, mut b) = (phone("100", 1_000.0)?, phone("101", 600.0)?);
    let begun = admin.act("POST", "/api/v1/calls", Some(&json!({ "from": "100", "to": "101" })))?;
    let id = begun["id"].as_str().context("an id")?.to_owned();
    a.wait_for("CALL_INCOMING")?;
    assert!(!b.has_seen("CALL_INCOMING"), "the other is not called before somebody is there to speak");
    a.accept()?;
    b.wait_for("CALL_INCOMING")?;
    b.accept()?;
    b.wait_for("CALL_ESTABLISHED")?;
    sleep(Duration::from_millis(2_500));
    b.hang_up()?;
    a.wait_for("CALL_CLOSED")?;
    let (at_a, at_b) = (tone::heard(&a.recording()?, 600.0), tone::heard(&b.recording()?, 1_000.0));
    assert!(at_a.milliseconds() > 1_500 && at_b.milliseconds() > 1_500, "{at_a:?} {at_b:?}");
    let recorded = || admin.get("/api/v1/history").is_ok_and(|calls| calls["items"][0]["id"] == id.as_str());
    eventually("the call is recorded", recorded);
    let call = admin.get("/api/v1/history")?["items"][0].take();
    assert_eq!((&call["caller"]["number"], &call["answered_by"]), (&json!("100"), &json!("101")), "{call}");

    // Nobody picks up: the other never hears of it.
    admin.act("POST", "/api/v1/calls", Some(&json!({ "from": "100", "to": "101", "auto_answer": true })))?;
    a.wait_for("CALL_INCOMING")?;
    assert!(a.log().contains("answer-after=0"), "{}", a.log());
    a.hang_up()?;
    eventually("it is over", || admin.get("/api/v1/calls").is_ok_and(|calls| calls == json!([])));
    let without_phone = admin.request("POST", "/api/v1/calls", Some(&json!({ "from": "102", "to": "101" })))?;
    assert_eq!(without_phone.status, 409);
    let nobody = admin.request("POST", "/api/v1/calls", Some(&json!({ "from": "999", "to": "101" })))?;
    assert_eq!(nobody.status, 404);
    host.end()
}

#[test]
fn an_intercom_call_asks_the_phone_to_answer_and_others_ring_by_where_they_come_from() -> Result<()> {
    let config =
        HostConfig { extensions: vec!["100", "101"], packages: vec![package("dialplan")?], ..HostConfig::default() };
    let mut host = Host::start(&config)?;
    let mut a = Baresip::registered(&host.phone("100"))?;
    let mut b = Baresip::registered(&host.phone("101"))?;
    a.dial("*80101")?;
    b.wait_for("CALL_INCOMING")?;
    assert!(b.log().contains("Call-Info: <sip:") && b.log().contains(";answer-after=0"), "{}", b.log());
    a.hang_up()?;
    b.wait_for("CALL_CLOSED")?;
    a.dial("101")?;
    b.wait_for("CALL_INCOMING")?;
    assert!(b.log().contains("Alert-Info: <urn:alert:source:internal>"), "{}", b.log());
    a.hang_up()?;
    b.wait_for("CALL_CLOSED")?;
    host.end()
}

#[test]
fn who_finds_a_number_busy_is_called_back_when_it_is_free() -> Result<()> {
    let config = HostConfig {
        extensions: vec!["100", "101", "102"],
        packages: vec![package("dialplan")?],
        ..HostConfig::default()
    };
    let mut host = Host::start(&config)?;
    let admin = host.admin()?;
    let mut a = Baresip::registered(&host.phone("100"))?;
    let mut b = Baresip::registered(&host.phone("101"))?;
    let mut c = Baresip::registered(&host.phone("102"))?;
    // B talks to C, and refuses A.
    c.dial("101")?;
    b.wait_for("CALL_INCOMING")?;
    b.accept()?;
    c.wait_for("CALL_ESTABLISHED")?;
    a.dial("101")?;
    b.wait_for("CALL_INCOMING")?;
    b.hang_up()?;
    assert!(a.wait_for("CALL_CLOSED")?.to_string().contains("486"));
    a.dial("*37")?;
    a.wait_for("CALL_ESTABLISHED")?;
    a.wait_for("CALL_CLOSED")?;
    sleep(Duration::from_secs(4));
    assert!(!a.has_seen("CALL_INCOMING"), "B still talks");
    c.hang_up()?;
    b.wait_for("CALL_CLOSED")?;
    a.wait_for("CALL_INCOMING")?;
    a.accept()?;
    b.wait_for("CALL_INCOMING")?;
    b.accept()?;
    b.wait_for("CALL_ESTABLISHED")?;
    a.hang_up()?;
    b.wait_for("CALL_CLOSED")?;
    eventually("it is over", || admin.get("/api/v1/calls").is_ok_and(|calls| calls == json!([])));
    host.end()
}
