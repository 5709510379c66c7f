//! How a call between real phones sounds is told while it lasts and afterwards, and why somebody is not heard.

use anyhow::{Context, Result};
use jackfield_tests::{Baresip, Host, HostConfig, Phone, eventually};
use serde_json::Value;

/// The legs of the newest finished call, once they are known.
fn legs_of_last(api: &jackfield_tests::Api) -> Result<(Value, Vec<Value>)> {
    let mut found = None;
    eventually("the call's streams have told how it was", || {
        let listed = api.get("/history?limit=1").unwrap_or_default();
        let record = listed["items"][0].clone();
        if record["quality"].is_null() {
            return false;
        }
        let explained = api.get(&format!("/calls/{}/explanation", record["id"].as_str().unwrap_or_default()));
        found = explained.ok().map(|explained| (record, explained["legs"].as_array().cloned().unwrap_or_default()));
        found.is_some()
    });
    found.context("no explanation")
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
    eventually("both phones have reported what they hear", || {
        let calls = admin.get("/calls").unwrap_or_default();
        let Some(id) = calls[0]["id"].as_str() else { return false };
        live = admin.get(&format!("/calls/{id}/explanation")).unwrap_or_default();
        let legs = live["legs"].as_array().cloned().unwrap_or_default();
        legs.len() == 2 && legs.iter().all(|leg| leg["round_trip"].is_u64() && leg["heard"]["mos"].is_u64())
    });
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
