//! Plugins that were built against earlier states of the contract do in today's host what they did then.

use anyhow::{Context, Result, ensure};
use jackfield_tests::{Api, Host, HostConfig, Line, repository};
use serde_json::json;
use std::path::{Path, PathBuf};

fn packages() -> Result<Vec<PathBuf>> {
    let museum = std::fs::read_dir(repository().join("tests/museum")).context("no museum")?;
    let mut packages = Vec::new();
    for hall in museum.filter_map(|entry| Some(entry.ok()?.path().join("plugins"))).filter(|path| path.is_dir()) {
        for entry in std::fs::read_dir(hall)? {
            packages.push(entry?.path());
        }
    }
    packages.sort();
    ensure!(!packages.is_empty(), "the museum is empty");
    Ok(packages)
}

/// Call it, or ask its page: what a visitor would try first.
fn visit(host: &Host, admin: &Api, line: &Line, id: &str) -> Result<()> {
    let answers = |number: &str| line.call(host.sip(), "+33123456789", number)?.is_answered().map(drop);
    match id {
        "org.example.hello-ivr" => answers("700"),
        "org.example.voice-memo" => answers("710"),
        "org.example.speaking-clock" | "org.example.waiting-line" => answers("720"),
        "org.example.route-by-prefix" => {
            let supposed = json!({"from": "+33123456789", "trunk": "carrier", "to": "+493012300"});
            let foreseen = admin.act("POST", "/api/v1/routing/foreseen", Some(&supposed))?;
            let mut steps = foreseen["steps"].as_array().into_iter().flatten();
            ensure!(steps.any(|step| step["by"]["id"] == id), "it decides nothing: {foreseen:#}");
            Ok(())
        }
        "org.example.hello-page" => {
            let greeting = admin.get(&format!("/api/v1/plugins/{id}/web/greeting"))?;
            ensure!(greeting["admin"] == json!(true), "{greeting}");
            Ok(())
        }
        other => anyhow::bail!("nobody has said how {other} is tried: add it here"),
    }
}

#[test]
fn what_was_built_against_an_earlier_contract_is_installed_and_takes_calls() -> Result<()> {
    let line = Line::new()?;
    let host = Host::start(&HostConfig {
        extensions: vec!["100"],
        trusted: vec![line.address()],
        packages: Vec::new(),
        // Nobody answers there: calls that nobody makes come in by it.
        more: "[[trunks]]\nname = \"carrier\"\nservers = [\"sip:127.0.0.1:9\"]\ncountry = \"49\"\n\
               [[trunks.numbers]]\nfirst = \"+493012300\"\nto = \"100\"\n"
            .into(),
        ..HostConfig::default()
    })?;
    let admin = host.admin()?;
    for package in packages()? {
        let name = |path: &Path| path.strip_prefix(repository()).unwrap_or(path).display().to_string();
        let old = || format!("{} does not work any more", name(&package));
        let card = admin.install(&package).with_context(old)?;
        let id = card["id"].as_str().context("an id")?.to_owned();
        assert_eq!(card["state"], "running", "{}: {card:#}", old());
        visit(&host, &admin, &line, &id).with_context(old)?;
        let card = admin.get(&format!("/api/v1/plugins/{id}"))?;
        assert_eq!((&card["state"], &card["cost"]["failures"]), (&json!("running"), &json!(0)), "{}: {card:#}", old());
        // Some of them take the same numbers.
        admin.act("DELETE", &format!("/api/v1/plugins/{id}?erase_data=true"), None)?;
    }
    assert!(!host.has_panicked());
    Ok(())
}
