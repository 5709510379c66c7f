//! More callers of scripts than there are places for.

use anyhow::{Context, Result};
use jackfield_tests::{Host, HostConfig, Line, eventually, example};
use serde_json::json;

const ID: &str = "org.example.speaking-clock";
const PLACES: usize = 40;
/// As `runtime/src/engine.rs` keeps them free.
const FOR_DECISIONS: usize = 4;

#[test]
fn one_caller_too_many_gets_503_and_is_counted_and_the_others_go_on() -> Result<()> {
    let line = Line::new()?;
    let host = Host::start(&HostConfig {
        trusted: vec![line.address()],
        packages: vec![example("speaking-clock")?],
        more: format!("[limits]\nplugin_instances = {PLACES}\n"),
        ..HostConfig::default()
    })?;
    let admin = host.admin()?;
    let call = || line.call(host.sip(), "+33123456789", "720");
    let (mut listening, mut refused) = (Vec::new(), None);
    while refused.is_none() && listening.len() <= PLACES {
        let mut caller = call()?;
        match caller.is_answered() {
            Ok(_) => listening.push(caller),
            Err(why) => refused = Some(why.to_string()),
        }
    }
    let refused = refused.context("there is no end of places")?;
    assert!(refused.contains("503"), "{refused}");
    assert_eq!(listening.len(), PLACES - FOR_DECISIONS, "every place is there for scripts but those for decisions");
    let card = || admin.get(&format!("/api/v1/plugins/{ID}"));
    let seen = card()?;
    assert_eq!(seen["cost"]["live"], listening.len(), "nobody who listens is thrown out: {seen:#}");
    assert!(seen["cost"]["skipped"].as_u64() >= Some(1), "{seen:#}");
    assert_eq!(
        (&seen["state"], &seen["cost"]["failures"]),
        (&json!("running"), &json!(0)),
        "it is no fault of its own"
    );

    for call in admin.get("/api/v1/calls")?.as_array().into_iter().flatten() {
        admin.act("DELETE", &format!("/api/v1/calls/{}", call["id"].as_str().unwrap_or_default()), None)?;
    }
    eventually("everybody is gone", || card().is_ok_and(|card| card["cost"]["live"] == 0));
    call()?.is_answered().context("there is room again")?;
    assert!(!host.has_panicked());
    Ok(())
}
