//! Pages of plugins on the real host: what a plugin answers, and what comes of one that misbehaves.

use anyhow::{Result, ensure};
use jackfield_tests::{Api, Host, HostConfig, Response, example, hostile};
use serde_json::json;
use std::time::{Duration, Instant};

const HELLO: &str = "/api/v1/plugins/org.example.hello-page/web";
const FILES: &str = "/api/v1/plugins/org.example.shared-files/web/files";
const BAD: &str = "/api/v1/plugins/org.example.bad-page/web";

fn host(packages: &[&str]) -> Result<(Host, Api)> {
    let packages = packages.iter().map(|name| example(name)).collect::<Result<_>>()?;
    let host = Host::start(&HostConfig { packages, ..HostConfig::default() })?;
    let admin = host.admin()?;
    Ok((host, admin))
}

/// What is in the log of the plugin that misbehaves.
fn log(admin: &Api) -> Result<String> {
    let lines = admin.get("/api/v1/plugins/org.example.bad-page/log")?;
    let lines = lines.as_array().into_iter().flatten();
    Ok(lines.filter_map(|line| line["message"].as_str()).collect::<Vec<_>>().join("\n"))
}

fn says(answer: &Response, status: u16, what: &str) {
    let detail = answer.body["detail"].as_str().unwrap_or_default();
    assert!(answer.status == status && detail.contains(what), "not {status} with “{what}”: {answer:?}");
}

#[test]
fn a_page_asks_its_plugin_in_the_name_of_whoever_is_signed_in() -> Result<()> {
    let (_host, admin) = host(&["hello-page"])?;
    let pages = admin.request("GET", "/api/v1/pages", None)?.body;
    assert_eq!((&pages[0]["plugin"], &pages[0]["title"]), (&json!("org.example.hello-page"), &json!("Hello")));
    assert_eq!(pages[0]["titles"]["de"], "Hallo");
    let greeting = admin.request("GET", &format!("{HELLO}/greeting"), None)?;
    ensure!(greeting.status == 200, "{greeting:?}");
    assert_eq!(greeting.body["admin"], true);
    let sum = admin.request("POST", &format!("{HELLO}/sum"), Some(&json!({ "terms": [1, 2] })))?;
    assert_eq!((sum.status, &sum.body), (200, &json!(3.0)));
    let stranger = admin.stranger();
    assert_eq!(stranger.request("GET", &format!("{HELLO}/greeting"), None)?.status, 401);

    admin.request("POST", "/api/v1/plugins/org.example.hello-page/disable", Some(&json!({})))?;
    assert_eq!(admin.request("GET", "/api/v1/pages", None)?.body, json!([]));
    assert_eq!(admin.request("GET", &format!("{HELLO}/greeting"), None)?.status, 404);
    Ok(())
}

#[test]
fn what_a_plugin_may_not_answer_is_not_passed_on() -> Result<()> {
    let (host, admin) = host(&[])?;
    admin.install(&hostile("bad-page")?)?;
    let get = |path: &str| admin.request("GET", &format!("{BAD}/{path}"), None);
    says(&get("large")?, 502, "“Bad page” has failed: its answer has more than 4 MiB");
    says(&get("much-too-large")?, 502, "“Bad page” has failed");
    assert_eq!(get("largest")?.status, 200);
    says(&get("status")?, 502, "the status 502, which is not its to give");
    says(&get("recording")?, 502, "for which it needs “call.recording”");
    assert_eq!(get("error")?.status, 500);
    assert!(log(&admin)?.contains("GET /error: the disk is full"));
    let headers = get("headers")?;
    assert_eq!((headers.status, headers.cookie.clone()), (200, None), "{headers:?}");
    assert!(!host.has_panicked());
    Ok(())
}

/// Each failure costs its own request and no other, and ends in time.
#[test]
fn a_plugin_that_computes_crashes_or_allocates_answers_502_and_that_path_rests_in_the_end() -> Result<()> {
    let (host, admin) = host(&["hello-page"])?;
    admin.install(&hostile("bad-page")?)?;
    let get = |path: &str| admin.request("GET", &format!("{BAD}/{path}"), None);
    assert_eq!(get("fine")?.status, 200);
    for (path, why) in [
        ("trap", "it crashed"),
        ("memory", "it wanted more than 64 MiB of memory"),
        ("loop", "it used more than 1000 ms of processor time"),
    ] {
        let began = Instant::now();
        says(&get(path)?, 502, why);
        assert!(began.elapsed() < Duration::from_secs(15), "{path} took {:?}", began.elapsed());
        assert_eq!(admin.request("GET", &format!("{HELLO}/greeting"), None)?.status, 200);
    }
    let rests = (0..20).map(|_| get("trap")).find(|answer| {
        let detail = |answer: &Response| answer.body["detail"].as_str().unwrap_or_default().contains("it rests");
        answer.as_ref().is_ok_and(detail)
    });
    ensure!(rests.is_some(), "it never rests");
    assert_eq!(get("fine")?.status, 200, "what does not fail is answered as before");
    let log = log(&admin)?;
    assert!(log.contains("GET /trap: it crashed"), "{log}");
    assert!(!host.has_panicked());
    Ok(())
}

/// What a page was told is kept, is kept: through `kill -9`, and until the plugin goes with its data.
#[test]
fn files_of_a_plugin_outlive_the_host_and_go_with_the_plugins_data() -> Result<()> {
    let (mut host, admin) = host(&["shared-files"])?;
    let file = |name: &str| format!("{FILES}/{name}");
    for (name, content) in [("..", json!("up")), ("a%20b.json", json!({ "n": 1 })), ("a%20b.json", json!({ "n": 2 }))] {
        admin.act("PUT", &file(name), Some(&content))?;
    }
    host.restart_after_kill()?;
    let read = |name: &str| admin.request("GET", &file(name), None);
    assert_eq!((read("a%20b.json")?.body, read("..")?.status), (json!({ "n": 2 }), 200));
    assert_eq!(admin.get(FILES)?.as_array().map(Vec::len), Some(2));
    let told = admin.get("/api/v1/plugins/org.example.shared-files/metrics")?;
    assert_eq!((&told[0]["name"], &told[0]["series"][0]["value"]), (&json!("handed_out_total"), &json!(2.0)));

    // With its data, and then without.
    let package = example("shared-files")?;
    admin.act("DELETE", "/api/v1/plugins/org.example.shared-files", None)?;
    assert_eq!(read("a%20b.json")?.status, 404);
    admin.install(&package)?;
    assert_eq!(read("a%20b.json")?.body, json!({ "n": 2 }), "it was removed without its data");
    admin.act("DELETE", "/api/v1/plugins/org.example.shared-files?erase_data=true", None)?;
    admin.install(&package)?;
    assert_eq!(admin.get(FILES)?, json!([]));
    assert!(!host.has_panicked());
    Ok(())
}
