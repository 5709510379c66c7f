//! A power cut in the middle of work.

use anyhow::{Context, Result};
use jackfield_tests::{Api, Host, HostConfig, Loopback, eventually, sipp};
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

/// Calls per second: more than the house ends within one write to the disk.
const RATE: &str = "60";
/// Finished calls that are seen before the cut, different from round to round.
const SEEN: [usize; 2] = [120, 190];
/// How long that may take.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn every_finished_call_that_the_event_stream_has_told_of_is_in_the_history_after_kill_9_under_load() -> Result<()> {
    let (caller, called) = (Loopback::new().port(5060), Loopback::new().port(5060));
    let mut host = Host::start(&HostConfig {
        trusted: vec![caller],
        more: format!("[[extensions]]\nnumber = \"300\"\ncontact = \"sip:300@{called}\"\n"),
        ..HostConfig::default()
    })?;
    let admin = host.admin()?;
    let folder = tempfile::tempdir()?;
    let _answering = sipp(folder.path(), "called", called, &["-sn", "uas"])?;
    let mut told = BTreeSet::new();
    for enough in SEEN {
        let already = told.len();
        let mut events = admin.events()?;
        let target = host.sip().to_string();
        // It goes on calling while the host is dead; each round has a load of its own.
        let load = ["-sn", "uac", "-s", "300", "-r", RATE, "-d", "50", "-l", "200", &target];
        let calling = sipp(folder.path(), "caller", caller, &load)?;
        let end = Instant::now() + PATIENCE;
        while told.len() < already + enough {
            let left = end.saturating_duration_since(Instant::now());
            let event = events.next(left).with_context(|| format!("{} calls only: {}", told.len(), calling.said()))?;
            if event["type"] == "call-recorded" {
                told.insert(event["data"]["id"].as_str().context("a record has an id")?.to_owned());
            }
        }
        host.restart_after_kill()?;
        drop(calling);
        let kept = history(&admin)?;
        let lost: Vec<_> = told.difference(&kept).collect();
        assert!(
            lost.is_empty(),
            "of {} finished calls that were told of, {} are gone: {lost:?}",
            told.len(),
            lost.len()
        );
    }
    // And it works: a call after the last cut is kept like those before.
    let kept = history(&admin)?.len();
    let target = host.sip().to_string();
    let mut last = sipp(folder.path(), "caller", caller, &["-sn", "uac", "-s", "300", "-m", "1", &target])?;
    let status = last.wait(PATIENCE).context("the last call does not end")?;
    assert!(status.success(), "the last call fails: {}", last.said());
    eventually("the last call is in the history", || history(&admin).is_ok_and(|now| now.len() > kept));
    Ok(())
}

/// The ids of all calls in the history.
fn history(admin: &Api) -> Result<BTreeSet<String>> {
    let (mut ids, mut after) = (BTreeSet::new(), String::new());
    loop {
        let page = admin.get(&format!("/api/v1/history?limit=500{after}"))?;
        let items = page["items"].as_array().context("a page of the history")?;
        ids.extend(items.iter().filter_map(|record| record["id"].as_str().map(str::to_owned)));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return Ok(ids),
        }
    }
}
