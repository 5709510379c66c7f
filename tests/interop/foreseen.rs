//! What would become of calls: asked before anybody calls, and before a plugin is installed.

use anyhow::{Context, Result};
use jackfield_tests::{Host, HostConfig, Line, eventually, package};
use serde_json::{Value, json};

const MENU: &str = "org.jackfield.auto-attendant";

fn decided_by(step: &Value) -> Option<(&str, &str)> {
    Some((step["by"]["id"].as_str()?, step["decision"].as_str()?))
}

#[test]
fn a_plugin_is_tried_on_the_last_calls_and_on_calls_that_nobody_makes() -> Result<()> {
    let line = Line::new()?;
    let trusted = vec![line.address()];
    let mut host = Host::start(&HostConfig { extensions: vec!["100"], trusted, ..HostConfig::default() })?;
    let admin = host.admin()?;
    // Nobody has this number yet.
    let mut call = line.call(host.sip(), "100", "500")?;
    assert_eq!(call.is_refused()?, 404);
    drop(call);

    let file = package("auto-attendant")?;
    let looked = admin.send_file("/api/v1/plugins/inspect", &std::fs::read(&file)?)?;
    let replay = &looked["replay"];
    assert_eq!((replay["asked"].clone(), replay["differ"].clone()), (json!(1), json!(1)), "{looked:#}");
    let difference = &replay["differences"][0];
    assert_eq!(
        (difference["callee"]["number"].clone(), difference["before"]["decision"].clone()),
        (json!("500"), json!("pass"))
    );
    assert_eq!(decided_by(&difference["after"]), Some((MENU, "run")), "{difference:#}");

    admin.install(&file)?;
    let asked = || -> Result<Value> { Ok(admin.get(&format!("/api/v1/plugins/{MENU}"))?["cost"]["calls"].clone()) };
    // What it does when it begins to be used is counted as well.
    eventually("it has begun", || asked().is_ok_and(|count| count == 1));
    let supposed = json!({"from": "100", "to": "500", "at": 1_924_366_800_000_u64});
    let foreseen = admin.act("POST", "/api/v1/routing/foreseen", Some(&supposed))?;
    let steps = foreseen["steps"].as_array().context("no steps")?;
    let took = steps.iter().find_map(decided_by);
    assert_eq!(took, Some((MENU, "run")), "{foreseen:#}");
    assert_eq!(asked()?, 1, "a call that nobody makes is not counted");
    assert_eq!(admin.get("/api/v1/calls")?, json!([]));

    let nobody = json!({"from": "100", "to": "777"});
    let foreseen = admin.act("POST", "/api/v1/routing/foreseen", Some(&nobody))?;
    let rules: Vec<_> =
        foreseen["steps"].as_array().into_iter().flatten().filter_map(|step| step["rule"].as_str()).collect();
    assert_eq!(rules, ["unknown"], "{foreseen:#}");
    host.end()
}
