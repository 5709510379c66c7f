//! Plugins that misbehave on purpose, in front of everybody's calls. See `tests/hostile-plugins`.

use anyhow::{Result, ensure};
use jackfield_tests::{Api, Baresip, Host, HostConfig, Line, Phone, eventually, hostile, package, tone};
use serde_json::{Value, json};
use std::{
    thread::sleep,
    time::{Duration, Instant},
};

/// Far above what a hostile plugin may cost a call (the bench has that figure), far below what people call broken.
const PATIENCE: Duration = Duration::from_secs(1);
/// On a slow machine the bound on processor time, or the deadline, may come before what a plugin is about.
const TOO_SLOW: [&str; 2] = ["processor time and was stopped", "it gave no answer within"];
/// As many failures as make calls no longer wait for a plugin.
const BREAKS_AFTER: u64 = 5;

/// A plugin misbehaves while it decides: every call rings all the same, the plugin's card says what happened, and once
/// that has happened too often calls do not wait for it any more.
fn decides(name: &str, what_happened: &[&str]) -> Result<()> {
    let line = Line::new()?;
    let host = Host::start(&HostConfig {
        extensions: vec!["200"],
        packages: vec![package("dialplan")?],
        trusted: vec![line.address()],
        ..HostConfig::default()
    })?;
    let admin = host.admin()?;
    let mut desk = Baresip::registered(&host.phone("200"))?;
    let mut ring = || -> Result<Duration> {
        let mut call = line.call(host.sip(), "+33123456789", "200")?;
        let after = call.rings()?;
        desk.wait_for("CALL_INCOMING")?;
        call.end()?;
        desk.wait_for("CALL_CLOSED")?;
        Ok(after)
    };
    let before = ring()?;

    let card = admin.install(&hostile(name)?)?;
    ensure!(card["order"] == 0, "it is not in front of the dialplan: {card}");
    let id = format!("org.example.{name}");
    let (mut waited, mut spared) = (Vec::new(), Vec::new());
    // It is asked again after a second's rest, so that on a slow machine more than five calls may wait for it.
    while spared.len() < 2 {
        ensure!(waited.len() < 20, "calls still wait for it after {waited:?}: {}", card_of(&admin, &id)?);
        let skipped = card_of(&admin, &id)?["cost"]["skipped"].as_u64();
        let after = ring()?;
        let passed_by = card_of(&admin, &id)?["cost"]["skipped"].as_u64() > skipped;
        if passed_by { spared.push(after) } else { waited.push(after) }
    }
    let figures = format!("180 after {before:?} without {name}, {waited:?} with it, {spared:?} once it was passed by");
    eprintln!("{figures}");
    assert!(waited.iter().chain(&spared).all(|after| *after < PATIENCE), "{figures}");
    assert!(waited.len() as u64 >= BREAKS_AFTER, "{figures}");

    let card = card_of(&admin, &id)?;
    let reason = card["reason"].as_str().unwrap_or_default();
    assert_eq!(card["state"], "resting", "{card}");
    assert!(says(reason, what_happened), "the card says “{reason}”");
    assert_eq!(card["cost"]["failures"].as_u64(), Some(waited.len() as u64), "{card}");
    assert_eq!(card["cost"]["calls"].as_u64(), Some(waited.len() as u64), "{card}");
    let log = log_of(&admin, &id)?;
    assert!(tells(&log, what_happened), "{log}");
    assert!(log.contains("calls no longer wait for it"), "{log}");
    let log = host.log();
    assert!(tells(&log, what_happened), "the host's own log does not say it on a line of its own:\n{log}");
    assert!(!host.has_panicked());
    Ok(())
}

#[test]
fn calls_ring_behind_a_plugin_that_computes_for_ever() -> Result<()> {
    decides("loops", &TOO_SLOW)
}

#[test]
fn calls_ring_behind_a_plugin_that_panics() -> Result<()> {
    decides("traps", &["it crashed: "])
}

#[test]
fn calls_ring_behind_a_plugin_that_takes_all_memory() -> Result<()> {
    decides("eats-memory", &["MiB of memory", TOO_SLOW[0], TOO_SLOW[1]])
}

#[test]
fn calls_ring_behind_a_plugin_that_never_answers() -> Result<()> {
    decides("never-answers", &TOO_SLOW)
}

/// A plugin misbehaves while it has a caller: the caller is taken to the failover destination, answered already or not,
/// and both hear each other there.
fn has_a_caller(name: &str, number: &str, answers: bool, what_happened: &[&str]) -> Result<()> {
    let host = Host::start(&HostConfig {
        extensions: vec!["100", "200"],
        packages: vec![package("dialplan")?, hostile("hands-over")?, hostile(name)?],
        more: String::from("[calls]\nfailover = \"200\"\n"),
        ..HostConfig::default()
    })?;
    let admin = host.admin()?;
    let mut caller = Baresip::registered(&host.phone("100"))?;
    let mut desk = Baresip::registered(&Phone { hertz: 600.0, ..host.phone("200") })?;
    let began = Instant::now();
    caller.dial(number)?;
    desk.wait_for("CALL_INCOMING")?;
    let after = began.elapsed();
    eprintln!("{name}: the failover destination rings after {after:?}");
    if answers {
        // By the script, before it failed.
        caller.wait_for("CALL_ESTABLISHED")?;
        desk.accept()?;
    } else {
        assert!(!caller.has_seen("CALL_ESTABLISHED"), "nobody has answered yet");
        desk.accept()?;
        caller.wait_for("CALL_ESTABLISHED")?;
    }
    desk.wait_for("CALL_ESTABLISHED")?;
    sleep(Duration::from_secs(2));
    caller.hang_up()?;
    desk.wait_for("CALL_CLOSED")?;
    assert!(tone::heard(&desk.recording()?, 1_000.0).milliseconds() > 1_000, "the desk does not hear the caller");
    assert!(tone::heard(&caller.recording()?, 600.0).milliseconds() > 1_000, "the caller does not hear the desk");
    // A phone's own work is in it: it sends its INVITE twice, once to be asked who it is.
    assert!(after < PATIENCE * 2, "the failover destination rings after {after:?}");

    let id = format!("org.example.{name}");
    let card = card_of(&admin, &id)?;
    assert_eq!(card["cost"]["failures"], 1, "{card}");
    let log = log_of(&admin, &id)?;
    assert!(tells(&log, what_happened), "{log}");
    assert!(!host.has_panicked());
    Ok(())
}

#[test]
fn a_caller_of_a_script_that_computes_for_ever_reaches_the_failover_destination() -> Result<()> {
    has_a_caller("loops", "661", true, &TOO_SLOW[..1])
}

#[test]
fn a_caller_of_a_script_that_panics_reaches_the_failover_destination() -> Result<()> {
    has_a_caller("traps", "662", true, &["it crashed: "])
}

#[test]
fn a_caller_of_a_script_that_takes_all_memory_reaches_the_failover_destination() -> Result<()> {
    has_a_caller("eats-memory", "663", false, &["MiB of memory", TOO_SLOW[0], TOO_SLOW[1]])
}

#[test]
fn a_caller_of_a_script_that_never_answers_reaches_the_failover_destination() -> Result<()> {
    has_a_caller("never-answers", "664", false, &TOO_SLOW[1..])
}

/// A plugin keeps more than there is room for, where it may not, sets timers without end, and fails whenever it is woken:
/// each is refused with a sentence, and calls ring as before.
#[test]
fn a_plugin_that_hoards_is_told_where_the_end_is_and_calls_ring_meanwhile() -> Result<()> {
    let line = Line::new()?;
    let host = Host::start(&HostConfig {
        extensions: vec!["200"],
        packages: vec![package("dialplan")?, hostile("hoards")?],
        trusted: vec![line.address()],
        ..HostConfig::default()
    })?;
    let admin = host.admin()?;
    let mut desk = Baresip::registered(&host.phone("200"))?;
    let hoarder = line.call(host.sip(), "+33123456789", "599")?;
    let mut longest = Duration::ZERO;
    let id = "org.example.hoards";
    // Ten thousand timers are ten thousand writes to the disk.
    let end = Instant::now() + Duration::from_secs(180);
    while !log_of(&admin, id)?.lines().any(|line| line == "done") {
        ensure!(Instant::now() < end, "it is not done:\n{}", log_of(&admin, id)?);
        let mut call = line.call(host.sip(), "+33123456780", "200")?;
        longest = longest.max(call.rings()?);
        desk.wait_for("CALL_INCOMING")?;
        call.end()?;
        desk.wait_for("CALL_CLOSED")?;
    }
    drop(hoarder);
    assert!(longest < PATIENCE, "180 after {longest:?}");
    let woken = || log_of(&admin, id).is_ok_and(|log| log.matches("timer “fails”: it crashed").count() >= 2);
    eventually("it is woken once more after it has failed", woken);
    let log = log_of(&admin, id)?;
    for said in [
        "nothing can be kept in a decision",
        "“timers” cannot be used in a decision",
        "kB are possible: delete some",
        "at most 262144 are possible",
        "1 to 256 are possible",
        "10000 timers are set already: cancel some",
    ] {
        assert!(log.contains(said), "the log does not say “{said}”:\n{log}");
    }
    assert!(!host.has_panicked());
    Ok(())
}

/// A plugin lets one instance make three decisions and counts them in memory: the fourth is made by a fresh instance, and so are
/// those after a crash and after a change of its settings, or of anything else.
#[test]
fn an_instance_makes_as_many_decisions_as_its_plugin_says_and_none_after_a_crash_or_a_change() -> Result<()> {
    let line = Line::new()?;
    let host = Host::start(&HostConfig {
        extensions: vec!["200"],
        packages: vec![package("dialplan")?, hostile("remembers")?],
        trusted: vec![line.address()],
        ..HostConfig::default()
    })?;
    let admin = host.admin()?;
    let mut desk = Baresip::registered(&host.phone("200"))?;
    let mut ring = |caller: &str| -> Result<()> {
        let mut call = line.call(host.sip(), caller, "200")?;
        call.rings()?;
        desk.wait_for("CALL_INCOMING")?;
        call.end()?;
        desk.wait_for("CALL_CLOSED").map(drop)
    };
    let id = "org.example.remembers";
    for caller in ["+331", "+332", "+333", "+334", "+666", "+335", "+336"] {
        ring(caller)?;
    }
    admin.set(id, &json!({ "word": "change" }))?;
    ring("+337")?;
    ring("+338")?;
    admin.set("org.jackfield.dialplan", &json!({ "ring_seconds": 20 }))?;
    ring("+339")?;
    let log = log_of(&admin, id)?;
    let counted: Vec<&str> =
        log.lines().filter(|line| line.starts_with("decision ") || line.starts_with("change ")).collect();
    let expected = [
        "decision 1",
        "decision 2",
        "decision 3",
        "decision 1",
        "decision 1",
        "decision 2",
        "change 1",
        "change 2",
        "change 1",
    ];
    assert_eq!(counted, expected, "{log}");
    assert_eq!(card_of(&admin, id)?["cost"]["failures"], 1);
    Ok(())
}

fn says(text: &str, what_happened: &[&str]) -> bool {
    what_happened.iter().any(|what| text.contains(what))
}

/// Whether a log says on one line what happened and what came of it.
fn tells(log: &str, what_happened: &[&str]) -> bool {
    log.lines().any(|line| says(line, what_happened) && line.contains("the call went on without it"))
}

fn card_of(admin: &Api, id: &str) -> Result<Value> {
    admin.get(&format!("/api/v1/plugins/{id}"))
}

/// The plugin's log as one text.
fn log_of(admin: &Api, id: &str) -> Result<String> {
    let lines = admin.get(&format!("/api/v1/plugins/{id}/log"))?;
    let lines = lines.as_array().into_iter().flatten();
    Ok(lines.filter_map(|line| line["message"].as_str()).collect::<Vec<_>>().join("\n"))
}
