//! A plugin replaced while its scripts run and calls come in: 1 → 2 → 1 of router, script and reducer.

use anyhow::{Context, Result, ensure};
use jackfield_tests::{Api, Host, HostConfig, Line, eventually, hostile};
use serde_json::{Value, json};
use std::{
    thread::sleep,
    time::{Duration, Instant},
};

const ID: &str = "org.example.grows";
/// Callers who are in a script before the first change.
const LIVE: u64 = 500;
/// Callers who come during each version, and how far apart: 50 calls/s.
const MORE: u64 = 75;
const APART: Duration = Duration::from_millis(20);

fn book(admin: &Api) -> Result<Value> {
    // One person may not ask pages for more than a few things at once.
    sleep(Duration::from_millis(300));
    admin.get(&format!("/api/v1/plugins/{ID}/web/book"))
}

#[test]
fn five_hundred_callers_end_on_the_version_they_began_with_and_none_is_lost_while_it_changes() -> Result<()> {
    let line = Line::new()?;
    let host = Host::start(&HostConfig { trusted: vec![line.address()], ..HostConfig::default() })?;
    let admin = host.admin()?;
    let second = hostile("grows")?;
    let first = second.with_file_name("grows-1.0.0.jackfield");
    admin.install(&first)?;

    let call = |apart: Duration| -> Result<()> {
        let began = Instant::now();
        let answered = line.call(host.sip(), "+33123456789", "700")?.is_answered();
        answered.with_context(|| format!("a call was not answered: {}", host.log()))?;
        sleep(apart.saturating_sub(began.elapsed()));
        Ok(())
    };
    for _ in 0..LIVE {
        call(Duration::ZERO)?;
    }
    let seen = book(&admin)?;
    assert_eq!(seen, json!({"layout": 1, "counts": {"begun": {"1": LIVE}, "ended": {}}}));

    // Calls come on while each version is put in the place of the other.
    let change = |package| -> Result<u64> {
        std::thread::scope(|threads| {
            let installed = threads.spawn(|| admin.install(package));
            let mut calls = 0;
            while !installed.is_finished() || calls < MORE {
                call(APART)?;
                calls += 1;
            }
            installed.join().ok().context("installing has panicked")??;
            Ok(calls)
        })
    };
    let during = change(&second)?;
    let after = (0..MORE).try_for_each(|_| call(APART)).map(|()| MORE)?;
    let seen = book(&admin)?;
    assert_eq!((&seen["layout"], &seen["came_from"]), (&json!(2), &json!(1)), "{seen}");
    let begun = |seen: &Value, version: &str| seen["counts"]["begun"][version].as_u64().unwrap_or(0);
    ensure!(begun(&seen, "2") >= after, "what comes after the change is the new version's: {seen}");
    assert_eq!(begun(&seen, "1") + begun(&seen, "2"), LIVE + during + after, "{seen}");

    let back = change(&first)?;
    let last = (0..MORE).try_for_each(|_| call(APART)).map(|()| MORE)?;
    let all = LIVE + during + after + back + last;
    let seen = book(&admin)?;
    assert_eq!(seen["layout"], 1, "{seen}");
    assert_eq!(begun(&seen, "1") + begun(&seen, "2"), all, "{seen}");
    assert_eq!(seen["counts"]["ended"], json!({}), "nobody was thrown out: {seen}");
    let live = admin.get(&format!("/api/v1/plugins/{ID}"))?["cost"]["live"].clone();
    assert_eq!(live, all, "each caller is in a script still");

    admin.act("POST", &format!("/api/v1/plugins/{ID}/web/go"), Some(&json!({})))?;
    eventually("each script ends on the version that it began with", || {
        book(&admin).is_ok_and(|seen| seen["counts"]["ended"] == seen["counts"]["begun"])
    });
    let card = admin.get(&format!("/api/v1/plugins/{ID}"))?;
    assert_eq!((&card["cost"]["failures"], &card["version"]), (&json!(0), &json!("1.0.0")), "{card:#}");
    assert!(!host.has_panicked());
    Ok(())
}
