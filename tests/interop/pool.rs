//! More callers of scripts than there are places for.

use anyhow::{Context, Result};
use jackfield_tests::{Host, HostConfig, Line, eventually, hostile};
use serde_json::json;

const ID: &str = "org.example.grows";
const PLACES: u64 = 40;

#[test]
fn one_caller_too_many_gets_503_and_is_counted_and_the_others_go_on() -> Result<()> {
    let line = Line::new()?;
    let host = Host::start(&HostConfig {
        trusted: vec![line.address()],
        packages: vec![hostile("grows")?],
        more: format!("[limits]\nplugin_instances = {PLACES}\n"),
        ..HostConfig::default()
    })?;
    let admin = host.admin()?;
    let call = || line.call(host.sip(), "+33123456789", "700");
    let mut refused = None;
    let mut kept = 0;
    while refused.is_none() && kept <= PLACES {
        match call()?.is_answered() {
            Ok(_) => kept += 1,
            Err(why) => refused = Some(why.to_string()),
        }
    }
    let refused = refused.context("there is no end of places")?;
    assert!(refused.contains("503"), "{refused}");
    assert!(kept > PLACES / 2, "some places are kept for decisions, but most are for scripts: {kept}");
    let card = || admin.get(&format!("/api/v1/plugins/{ID}"));
    let (seen, live) = (card()?, json!(kept));
    assert_eq!(seen["cost"]["live"], live, "nobody who is there is thrown out: {seen:#}");
    assert!(seen["cost"]["skipped"].as_u64() >= Some(1), "{seen:#}");
    assert_eq!(
        (&seen["state"], &seen["cost"]["failures"]),
        (&json!("running"), &json!(0)),
        "it is no fault of its own"
    );

    admin.act("POST", &format!("/api/v1/plugins/{ID}/web/go"), Some(&json!({})))?;
    eventually("everybody is let go", || card().is_ok_and(|card| card["cost"]["live"] == 0));
    call()?.is_answered().context("there is room again")?;
    assert!(!host.has_panicked());
    Ok(())
}
