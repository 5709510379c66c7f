//! How a call between real phones sounds is told while it lasts and afterwards, and why somebody is not heard.

use anyhow::{Context, Result};
use jackfield_tests::{Baresip, Host, HostConfig, Phone, within};
use serde_json::Value;
use std::time::Duration;

/// The legs of the newest finished call, once they are known.
fn legs_of_last(api: &jackfield_tests::Api) -> Result<(Value, Vec<Value>)> {
    let told = within(Duration::from_secs(30), || {
        let listed = api.get("/api/v1/history?limit=1").ok()?;
        let record = Some(listed["items"][0].clone()).filter(|record| !record["quality"].is_null())?;
        let explained = api.get(&format!("/api/v1/calls/{}/explanation", record["id"].as_str()?)).ok()?;
        Some((record, explained["legs"].as_array()?.clone()))
    });
    told.context("the call's streams have not told how it was")
}

#[test]
fn phones_that_talk_are_measured_live_and_in_the_record() -> Result<()> {
    let mut host = Host::start(&HostConfig { extensions: vec!["100", "101"], ..HostConfig::default() })?;
    let admin = host.admin()?;
    let mut one = Baresip::registered(&Phone { hertz: 700.0, ..host.phone("100") })?;
    let mut other = Baresip::registered(&Phone { answers: true, hertz: 500.0, ..host.phone("101") })?;
    one.dial("101")?;
    one.wait_for("CALL_ESTABLISHED")?;
    // Baresip reports every five seconds: by then each leg knows how long its way is and what the phone hears.
    let mut live = Value::Null;
    let reported = within(Duration::from_secs(30), || {
        let calls = admin.get("/api/v1/calls").unwrap_or_else(|error| error.to_string().into());
        live = calls.clone();
        let id = calls[0]["id"].as_str()?;
        live = admin.get(&format!("/api/v1/calls/{id}/explanation")).unwrap_or_else(|error| error.to_string().into());
        let legs = live["legs"].as_array().cloned().unwrap_or_default();
        let known = |leg: &Value| leg["round_trip"].is_u64() && leg["heard"]["mos"].is_u64();
        (legs.len() == 2 && legs.iter().all(known)).then_some(())
    });
    assert!(reported.is_some(), "{live:#}");
    one.hang_up()?;
    other.wait_for("CALL_CLOSED")?;
    let (record, legs) = legs_of_last(&admin)?;
    assert_eq!((record["quality"]["faulty"].clone(), legs.len()), (Value::Bool(false), 2), "{legs:#?}");
    for (leg, side) in legs.iter().zip(["caller", "callee"]) {
        assert_eq!(leg["side"], side);
        assert!(leg["received"].as_u64() > Some(100) && leg["sent"].as_u64() > Some(100), "{leg:#?}");
        assert!(leg["mos"].as_u64() > Some(350), "{leg:#?}");
        // On one machine a packet is there and back in less than a second, however busy it is.
        assert!(leg["round_trip"].as_u64() < Some(1_000_000), "{leg:#?}");
        assert_eq!(leg["fault"], Value::Null, "{leg:#?}");
    }
    host.end()
}
