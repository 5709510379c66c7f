//! Where people are, what phones publish, the event packages, and short messages.

use anyhow::{Context, Result};
use jackfield_tests::{Agent, Api, Baresip, Host, HostConfig, Phone, Request, eventually};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// An agent that may speak for any extension, and a host with 100 to 103 that knows it.
fn house(more: &str) -> Result<(Host, Agent)> {
    let agent = Agent::new()?;
    let host = Host::start(&HostConfig {
        extensions: vec!["100", "101", "102", "103"],
        trusted: vec![agent.address()],
        more: more.to_owned(),
        ..HostConfig::default()
    })?;
    Ok((host, agent))
}

/// A person with the extension 201, whose phone has this password.
fn person(admin: &Api) -> Result<(i64, String)> {
    let user = json!({ "login": "anna", "name": "Anna", "role": "user" });
    let made = admin.act("POST", "/api/v1/users", Some(&user))?;
    let id = made["user"]["id"].as_i64().context("a user's id")?;
    let extension = json!({ "number": "201", "name": "Anna", "owner": id });
    let made = admin.act("POST", "/api/v1/extensions", Some(&extension))?;
    let password = find(&made, "password").context("a SIP password")?;
    Ok((id, password))
}

fn find(value: &Value, name: &str) -> Option<String> {
    match value {
        Value::Object(map) => map
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
            .or_else(|| map.values().find_map(|value| find(value, name))),
        _ => None,
    }
}

fn soon(seconds: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (now.as_millis() as u64) + seconds * 1_000
}

fn header<'a>(answer: &'a str, name: &str) -> &'a str {
    let line = answer.lines().find_map(|line| line.split_once(": ").filter(|(found, _)| *found == name));
    line.map(|(_, value)| value).unwrap_or_default()
}

#[test]
fn availability_shows_everywhere_keeps_phones_silent_and_outlives_a_power_cut() -> Result<()> {
    let (mut host, agent) = house("")?;
    let admin = host.admin()?;
    let (id, password) = person(&admin)?;
    let anna = Baresip::registered(&Phone::new("201", &password, host.sip()))?;
    let watcher = Phone { contacts: vec!["201"], ..host.phone("100") };
    let mut watcher = Baresip::registered(&watcher)?;
    agent.subscribe(host.sip(), "101", "201", "presence", "")?;
    agent.hears("101", "presence", &["<basic>open</basic>", "Available"]);

    let path = format!("/api/v1/users/{id}/availability");
    let set = |body: Value| admin.act("PUT", &path, Some(&body));
    set(json!({ "state": "meeting", "note": "Room <4>", "until": soon(3_600) }))?;
    let meeting = agent.hears("101", "presence", &["<rpid:meeting/>", "Meeting – Room &lt;4&gt;"]);
    assert!(meeting.contains("<rpid:activities until=\""), "{meeting}");
    set(json!({ "state": "meeting", "note": "Room <4>", "hide_detail": true }))?;
    let hidden = agent.hears("101", "presence", &["<rpid:activities><rpid:meeting/>"]);
    assert!(!hidden.contains("Room"), "{hidden}");
    agent.subscribe(host.sip(), "201", "201", "presence", "")?;
    agent.hears("201", "presence", &["Room &lt;4&gt;"]);

    eventually("the phone that watches is told", || watcher.log().contains("Subscription-State: active"));
    set(json!({ "state": "do-not-disturb", "hide_detail": false }))?;
    agent.hears("101", "presence", &["<basic>closed</basic>", "<rpid:other>do-not-disturb<"]);
    eventually("the phone that watches shows it", || watcher.log().contains("changed status from"));
    watcher.dial("201")?;
    let closed = watcher.wait_for("CALL_CLOSED")?;
    assert!(closed.to_string().contains("486"), "{closed}");
    assert!(!anna.has_seen("CALL_INCOMING"), "who does not want to be disturbed is not");

    host.restart_after_kill()?;
    agent.subscribe(host.sip(), "102", "201", "presence", "")?;
    agent.hears("102", "presence", &["<rpid:other>do-not-disturb<"]);
    let mut admin = host.api();
    admin.sign_in("admin", Host::ADMIN_PASSWORD)?;
    let people = admin.get("/api/v1/people?q=201")?;
    assert_eq!(people["items"][0]["availability"]["state"], "do-not-disturb", "{people}");
    admin.act("PUT", &path, Some(&json!({ "state": "lunch", "until": soon(2) })))?;
    agent.hears("102", "presence", &["<rpid:lunch/>"]);
    eventually("the return time has passed", || {
        agent.told("102", "presence").pop().is_some_and(|last| !last.contains("activities"))
    });
    let audit = admin.get("/api/v1/audit")?.to_string();
    assert!(audit.contains("user.availability"), "{audit}");
    host.end()
}

#[test]
fn a_phone_publishes_its_user_changes_and_takes_it_back() -> Result<()> {
    let (mut host, agent) = house("")?;
    agent.subscribe(host.sip(), "101", "100", "presence", "")?;
    agent.hears("101", "presence", &["Not reachable"]);
    let publish = |to: &str, more: &str, body: &str| {
        let headers = format!("Event: presence\r\nContent-Type: application/pidf+xml\r\n{more}");
        agent.ask(host.sip(), Request { method: "PUBLISH", from: "100", to, headers: &headers, body })
    };
    let document = |activity: &str| {
        format!(
            "<?xml version=\"1.0\"?><presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:r=\"urn:ietf:params:xml:ns:pidf:rpid\" \
             xmlns:d=\"urn:ietf:params:xml:ns:pidf:data-model\" entity=\"sip:100@h\"><tuple id=\"a\"><status><basic>open</basic>\
             </status></tuple><d:person id=\"p\"><r:activities>{activity}</r:activities><d:note>&amp; co</d:note></d:person></presence>"
        )
    };
    let begun = publish("100", "Expires: 600\r\n", &document("<r:vacation/>"))?;
    assert!(begun.starts_with("SIP/2.0 200 "), "{begun}");
    assert_eq!(header(&begun, "Expires"), "600");
    agent.hears("101", "presence", &["<rpid:vacation/>", "Vacation – &amp; co"]);

    let tag = header(&begun, "SIP-ETag").to_owned();
    let changed = publish("100", &format!("SIP-If-Match: {tag}\r\n"), &document("<r:meeting/>"))?;
    agent.hears("101", "presence", &["<rpid:meeting/>"]);
    let outdated = publish("100", &format!("SIP-If-Match: {tag}\r\n"), &document("<r:lunch/>"))?;
    assert!(outdated.starts_with("SIP/2.0 412 "), "{outdated}");
    let tag = header(&changed, "SIP-ETag").to_owned();
    let bare = |more: String| {
        let headers = format!("Event: presence\r\n{more}");
        agent.ask(host.sip(), Request { method: "PUBLISH", from: "100", to: "100", headers: &headers, body: "" })
    };
    let refreshed = bare(format!("SIP-If-Match: {tag}\r\nExpires: 900\r\n"))?;
    assert!(refreshed.starts_with("SIP/2.0 200 "), "{refreshed}");
    for (to, more, body, status) in [
        ("101", "", document("<r:lunch/>"), "403"),
        ("100", "Expires: 5\r\n", document("<r:lunch/>"), "423"),
        ("100", "", "<!DOCTYPE a [<!ENTITY b \"c\">]><presence>&b;</presence>".to_owned(), "400"),
        ("100", "", format!("<presence>{}</presence>", "x".repeat(20_000)), "413"),
        ("100", "Content-Encoding: gzip\r\n", "abc".to_owned(), "415"),
    ] {
        let answer = publish(to, more, &body)?;
        assert!(answer.starts_with(&format!("SIP/2.0 {status} ")), "{status} expected: {answer}");
    }
    let other = Request { method: "PUBLISH", from: "100", to: "100", headers: "Event: weather\r\n", body: "x" };
    assert!(agent.ask(host.sip(), other)?.starts_with("SIP/2.0 489 "));

    let tag = header(&refreshed, "SIP-ETag").to_owned();
    assert!(bare(format!("SIP-If-Match: {tag}\r\nExpires: 0\r\n"))?.starts_with("SIP/2.0 200 "));
    eventually("what was published is gone", || {
        agent.told("101", "presence").pop().is_some_and(|last| !last.contains("activities"))
    });
    // A real phone says that it is there, which says nothing of its user.
    let phone = Baresip::registered(&Phone { contacts: vec!["101"], ..host.phone("100") })?;
    eventually("its publication is taken", || phone.log().contains("SIP-ETag: "));
    agent.hears("101", "presence", &["<basic>open</basic>", "Available"]);
    host.end()
}

#[test]
fn each_event_package_tells_what_it_is_for_and_only_whom_it_may() -> Result<()> {
    let more = "[phones]\nsettings_url = \"https://pbx.example/settings\"\n\
                [[lists]]\nname = \"desk\"\nmembers = [\"100\", \"101\", \"102\"]\n";
    let (mut host, agent) = house(more)?;
    let sip = host.sip();
    let unknown = agent.subscribe(sip, "100", "100", "conference", "")?;
    assert!(unknown.starts_with("SIP/2.0 489 ") && header(&unknown, "Allow-Events").contains("message-summary"));

    for event in ["presence.winfo", "message-summary", "reg"] {
        let answer = agent.subscribe(sip, "103", "100", event, "")?;
        assert!(answer.starts_with("SIP/2.0 403 "), "{event} of another: {answer}");
        let answer = agent.subscribe(sip, "100", "100", event, "")?;
        assert!(answer.starts_with("SIP/2.0 200 "), "{event} of oneself: {answer}");
    }
    agent.hears("100", "message-summary", &["Messages-Waiting: no", "Voice-Message: 0/0 (0/0)"]);
    agent.hears("100", "presence.winfo", &["state=\"full\"", "<watcher-list resource=\"sip:100@"]);
    agent.hears("100", "reg", &["state=\"init\""]);
    agent.subscribe(sip, "102", "100", "presence", "")?;
    agent.hears("100", "presence.winfo", &["status=\"active\">sip:102@"]);

    let profile = agent.subscribe(sip, "100", "100", "ua-profile;profile-type=device", "")?;
    assert!(profile.starts_with("SIP/2.0 200 "), "{profile}");
    agent.hears("100", "ua-profile;profile-type=device", &["message/external-body", "https://pbx.example/settings"]);

    let refused = agent.subscribe(sip, "103", "desk", "dialog", "")?;
    assert!(refused.starts_with("SIP/2.0 421 ") && header(&refused, "Require") == "eventlist", "{refused}");
    let taken = agent.subscribe(sip, "103", "desk", "dialog", "Supported: eventlist\r\n")?;
    assert!(taken.starts_with("SIP/2.0 200 ") && header(&taken, "Require") == "eventlist", "{taken}");
    let list = agent.hears("103", "dialog", &["fullState=\"true\"", "Require: eventlist", "sip:102@"]);
    assert_eq!(list.matches("<dialog-info").count(), 3, "{list}");

    let mut phone = Baresip::registered(&Phone { contacts: vec!["101"], ..host.phone("100") })?;
    agent.hears("100", "reg", &["state=\"active\"", "<uri>sip:100"]);
    let called = Baresip::registered(&host.phone("101"))?;
    phone.dial("101")?;
    let changed = agent.hears("103", "dialog", &["fullState=\"false\"", "<state>"]);
    assert!(changed.matches("<dialog-info").count() < 3, "only who has changed: {changed}");
    drop(called);

    let admin = host.admin()?;
    let asked = admin.act("POST", "/api/v1/extensions/100/check-sync", Some(&json!({ "reboot": true })))?;
    assert_eq!(asked["phones"], 1);
    eventually("the phone is asked", || phone.log().contains("Event: check-sync;reboot=true"));
    let nobody = admin.request("POST", "/api/v1/extensions/103/check-sync", Some(&json!({})))?;
    assert_eq!(nobody.status, 409);
    host.end()
}

#[test]
fn messages_reach_every_phone_of_an_extension_and_nothing_else() -> Result<()> {
    let (mut host, agent) = house("")?;
    let mut a = Baresip::registered(&Phone { contacts: vec!["101"], ..host.phone("100") })?;
    let (b, c) = (Baresip::registered(&host.phone("101"))?, Baresip::registered(&host.phone("101"))?);
    a.message("lunch?")?;
    for phone in [&b, &c] {
        eventually("the message is there", || phone.log().contains("lunch?"));
        assert!(phone.log().contains("Max-Forwards: 69"), "it has come one step");
    }
    let send = |to: &str, kind: &str, body: &str| {
        let headers = format!("Content-Type: {kind}\r\n");
        agent.ask(host.sip(), Request { method: "MESSAGE", from: "102", to, headers: &headers, body })
    };
    let long = "x".repeat(1_301);
    for (to, kind, body, status) in [
        ("101", "text/plain", "hello", "200"),
        ("103", "text/plain", "hello", "480"),
        ("999", "text/plain", "hello", "404"),
        ("101", "text/html", "hello", "415"),
        ("101", "text/plain", &long, "413"),
    ] {
        let answer = send(to, kind, body)?;
        assert!(answer.starts_with(&format!("SIP/2.0 {status} ")), "{status} expected: {answer}");
    }
    let flood = (0..40).map(|_| send("103", "text/plain", "again")).collect::<Result<Vec<_>>>()?;
    let last = flood.last().context("an answer")?;
    assert!(last.starts_with("SIP/2.0 503 ") && header(last, "Retry-After") == "30", "{last}");
    std::thread::sleep(Duration::from_millis(50));
    host.end()
}
