//! State that plugins hold: what is acknowledged is kept, what goes wrong takes nothing else with it.

use anyhow::{Context, Result};
use jackfield_tests::{Api, Host, HostConfig, Response, eventually, hostile};
use serde_json::{Value, json};
use std::{thread::sleep, time::Duration};

const WEB: &str = "/api/v1/plugins/org.example.bad-reducer/web";

fn ask(admin: &Api, key: &str, what: &str) -> Result<Response> {
    sleep(Duration::from_millis(150));
    admin.request("POST", &format!("{WEB}/ask/{key}/{what}"), Some(&json!({})))
}

fn tell(admin: &Api, key: &str, what: &str) -> Result<u16> {
    sleep(Duration::from_millis(150));
    Ok(admin.request("POST", &format!("{WEB}/tell/{key}/{what}"), Some(&json!({})))?.status)
}

fn count(admin: &Api, key: &str) -> Option<Value> {
    sleep(Duration::from_millis(250));
    admin.get(&format!("{WEB}/count/{key}")).ok()
}

fn log(admin: &Api) -> Result<String> {
    let lines = admin.get("/api/v1/plugins/org.example.bad-reducer/log")?;
    let lines = lines.as_array().into_iter().flatten();
    Ok(lines.filter_map(|line| line["message"].as_str()).collect::<Vec<_>>().join("\n"))
}

#[test]
fn an_input_that_goes_wrong_is_set_aside_and_the_others_are_kept_also_by_a_power_cut() -> Result<()> {
    let mut host = Host::start(&HostConfig::default())?;
    let admin = host.admin()?;
    admin.install(&hostile("bad-reducer")?)?;
    // Told: nobody waits, and nothing is lost.
    for what in ["ok", "trap", "ok"] {
        assert_eq!(tell(&admin, "a", what)?, 204);
    }
    eventually("the good ones count", || count(&admin, "a") == Some(json!(2)));
    assert!(log(&admin)?.contains("“a” could not take told"), "{}", log(&admin)?);
    // Asked: whoever waits is told why.
    for (what, why) in [
        ("trap", "no more than 2 of these"),
        ("loop", "processor time"),
        ("grow", "bytes: at most"),
        ("flood", "commands at once"),
        ("call", "“call.originate” is not approved"),
    ] {
        let answer = ask(&admin, "a", what)?;
        let said = answer.body.to_string();
        assert!(answer.status == 409 && said.contains(why), "{what}: {said}");
    }
    assert_eq!(ask(&admin, "a", "myself")?.body, json!(2), "it cannot ask itself, and says so to itself");
    assert_eq!(ask(&admin, "a", "ok")?.body, json!(3));

    // It cannot fill the house up; and what is erased is gone.
    let not_taken = |answer: &Result<Response>| !matches!(answer, Ok(answer) if answer.status == 200);
    let refused = (0..30).map(|_| ask(&admin, "f", "fill")).find(not_taken).context("it takes all of it")??;
    assert!(refused.status == 409 && refused.body.to_string().contains("inputs would be kept"), "{refused:?}");
    assert_eq!(ask(&admin, "c", "ok")?.body, json!(1));
    ask(&admin, "c", "erase")?;
    assert_eq!(count(&admin, "c"), Some(Value::Null));
    assert_eq!(ask(&admin, "c", "ok")?.body, json!(1), "it begins anew");

    // A timer that is set goes off after a power cut too, once.
    assert_eq!(ask(&admin, "a", "timer")?.status, 200);
    tell(&admin, "b", "ok")?;
    host.restart_after_kill()?;
    eventually("the timer counts", || count(&admin, "a") == Some(json!(4)));
    eventually("what was told counts", || count(&admin, "b") == Some(json!(1)));
    sleep(Duration::from_secs(1));
    assert_eq!(count(&admin, "a"), Some(json!(4)));

    // Switched off it takes nothing, and loses nothing.
    let switch =
        |way: &str| admin.act("POST", &format!("/api/v1/plugins/org.example.bad-reducer/{way}"), Some(&json!({})));
    switch("disable")?;
    switch("enable")?;
    assert_eq!(ask(&admin, "a", "ok")?.body, json!(5));
    assert!(!host.has_panicked(), "{}", host.log());
    host.end()
}

#[test]
fn what_was_set_aside_is_seen_given_again_and_thrown_away_also_after_a_power_cut() -> Result<()> {
    const INPUTS: &str = "/api/v1/plugins/org.example.bad-reducer/inputs";
    let mut host = Host::start(&HostConfig::default())?;
    let admin = host.admin()?;
    admin.install(&hostile("bad-reducer")?)?;
    assert_eq!(admin.get(INPUTS)?, json!([]));
    for what in ["trap", "ok"] {
        assert_eq!(tell(&admin, "a", what)?, 204);
    }
    eventually("the good one counts", || count(&admin, "a") == Some(json!(1)));
    host.restart_after_kill()?;
    let dead = || -> Result<Vec<Value>> { Ok(admin.get(INPUTS)?.as_array().context("a list")?.clone()) };
    let one = dead()?.pop().context("one is set aside")?;
    assert_eq!(
        (&one["key"], &one["kind"], &one["payload"]),
        (&json!("a"), &json!("told"), &json!("\"trap\"")),
        "{one:#}"
    );
    assert!(one["reason"].as_str().is_some_and(|why| why.contains("it crashed")), "{one:#}");
    let which = json!({"key": one["key"], "name": one["name"]});
    admin.act("POST", &format!("{INPUTS}/retry"), Some(&which))?;
    // It fails on it as before; what it holds is as it was.
    eventually("it is set aside again", || dead().is_ok_and(|dead| dead.len() == 1));
    assert_eq!(count(&admin, "a"), Some(json!(1)));
    let which = json!({"key": "a", "name": dead()?[0]["name"]});
    admin.act("POST", &format!("{INPUTS}/discard"), Some(&which))?;
    assert_eq!(dead()?, Vec::<Value>::new());
    assert_eq!(admin.request("POST", &format!("{INPUTS}/retry"), Some(&which))?.status, 404);
    host.end()
}
