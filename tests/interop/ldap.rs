//! The LDAP directory against a real slapd with ten thousand people: by StartTLS and LDAPS, in pages, and with a server that hangs.

use anyhow::{Context, Result, ensure};
use jackfield_tests::{
    Api, Baresip, Host, HostConfig, Line, package,
    slapd::{Person, READER, Slapd},
    within,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const ID: &str = "org.jackfield.ldap-directory";
const PEOPLE: usize = 10_000;
/// How long something may take that no call waits for, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(60);

/// Number 7 is `+33 (0)1 23 00 00 07`.
fn people(count: usize) -> impl Iterator<Item = Person> {
    (0..count).map(|n| Person {
        first: String::from("Zoé"),
        last: format!("Dupont{n:05}"),
        number: format!("+33 (0)1 23 {:02} {:02} {:02}", n / 10_000, n / 100 % 100, n % 100),
    })
}

fn settings(slapd: &Slapd, security: &str) -> Result<Value> {
    Ok(json!({
        "server": slapd.address(), "security": security, "authority": slapd.authority()?,
        "user": READER.0, "password": READER.1, "base": "ou=people,dc=example,dc=org",
        "mapping": {
            "name": "{givenName} {sn|upper}", "company": "{o}", "work": "{telephoneNumber}", "mobile": "", "home": "",
            "mail": "{mail}", "note": ""
        },
        "country": "33"
    }))
}

fn host(line: &Line) -> Result<(Host, Api)> {
    let host = Host::start(&HostConfig {
        extensions: vec!["200"],
        packages: vec![package("dialplan")?, package("ldap-directory")?],
        trusted: vec![line.address()],
        ..HostConfig::default()
    })?;
    let admin = host.admin()?;
    Ok((host, admin))
}

fn ask(admin: &Api, method: &str, path: &str) -> Result<Value> {
    admin.act(method, &format!("/api/v1/plugins/{ID}/web/{path}"), Some(&json!({})))
}

fn status(admin: &Api) -> Result<Value> {
    admin.get(&format!("/api/v1/plugins/{ID}/web/status"))
}

/// Do something that has it synchronise, and wait until it has, however that went.
fn synchronised(admin: &Api, by: impl FnOnce() -> Result<()>) -> Result<Value> {
    let before = status(admin)?["at"].as_u64();
    by()?;
    let done = || {
        let now = status(admin).ok()?;
        (now["at"].as_u64() > before && now["running"] == false).then_some(now)
    };
    within(PATIENCE, done).with_context(|| format!("it has not synchronised: {:?}", status(admin)))
}

/// Who the last INVITE in a telephone's log is from.
fn last_caller(log: &str) -> String {
    let invite = log.rfind("INVITE sip:").map_or("", |at| &log[at..]);
    invite.lines().find(|line| line.starts_with("From:")).unwrap_or_default().to_owned()
}

/// Call from a number and see what the desk shows; how long it took to ring.
fn call(line: &Line, host: &Host, desk: &mut Baresip, from: &str) -> Result<(String, Duration)> {
    let mut call = line.call(host.sip(), from, "200")?;
    let after = call.rings()?;
    desk.wait_for("CALL_INCOMING")?;
    call.end()?;
    desk.wait_for("CALL_CLOSED")?;
    Ok((last_caller(&desk.log()), after))
}

#[test]
fn ten_thousand_people_are_brought_over_found_and_shown_when_they_call() -> Result<()> {
    let line = Line::new()?;
    let mut slapd = Slapd::start(people(PEOPLE))?;
    let (host, admin) = host(&line)?;
    let mut desk = Baresip::registered(&host.phone("200"))?;
    for security in ["starttls", "ldaps"] {
        let right = settings(&slapd, security)?;
        let status = synchronised(&admin, || admin.set(ID, &right))?;
        ensure!(status["error"].is_null(), "{security}: {status}");
        assert_eq!((&status["entries"], &status["contacts"]), (&json!(PEOPLE), &json!(PEOPLE)), "{security}: {status}");
    }
    assert_eq!(status(&admin)?["added"], 0, "the same people are no new ones");

    let found = admin.get("/api/v1/contacts?q=dupont00007")?;
    assert_eq!(found["items"][0]["source"]["label"], "LDAP directory", "{found}");
    assert_eq!(found["items"][0]["numbers"], json!([{ "kind": "work", "number": "+33123000007" }]));
    let (shown, _) = call(&line, &host, &mut desk, "+33123000007")?;
    assert!(shown.contains("DUPONT00007"), "{shown}");

    let tried = ask(&admin, "POST", "test")?;
    assert_eq!(tried["contact"]["name"], "Zoé DUPONT00000", "{tried}");
    assert_eq!(tried["attributes"]["telephonenumber"][0], "+33 (0)1 23 00 00 00");

    // What was brought over stays when the server is gone.
    slapd.kill();
    let status = synchronised(&admin, || ask(&admin, "POST", "synchronise").map(drop))?;
    let error = status["error"].as_str().context("no error")?;
    assert!(error.contains("takes no connections on port 636"), "{error}");
    let (shown, _) = call(&line, &host, &mut desk, "+33123009999")?;
    assert!(shown.contains("DUPONT09999"), "{shown}");
    assert!(!host.log().contains(READER.1) && !host.has_panicked());
    Ok(())
}

#[test]
fn what_is_wrong_with_the_settings_is_said_in_words() -> Result<()> {
    let line = Line::new()?;
    let slapd = Slapd::start(people(600))?;
    let (host, admin) = host(&line)?;
    let right = settings(&slapd, "starttls")?;
    for (changes, expected) in [
        (json!({ "authority": "" }), "signed by an authority that is not believed here"),
        (json!({ "authority": "", "security": "ldaps" }), "signed by an authority that is not believed here"),
        (json!({ "password": "wrong" }), "the user or the password is wrong"),
        (json!({ "base": "ou=nobody,dc=example,dc=org" }), "there is no such base"),
        (json!({ "base": "nonsense" }), "no distinguished name"),
        (json!({ "server": format!("{}:1", slapd.address()) }), "takes no connections on port 1"),
        (json!({ "server": "no-such-host.invalid" }), "leads to no address"),
        // LDAPS where LDAP is spoken, and the other way round.
        (json!({ "server": format!("{}:389", slapd.address()), "security": "ldaps" }), "TLS"),
        (json!({ "filter": "(sn=Nobody)" }), "lead to no entry"),
    ] {
        admin.set(ID, &right)?;
        admin.set(ID, &changes)?;
        let tried = ask(&admin, "POST", "test")?;
        let error = tried["error"].as_str().unwrap_or_default();
        assert!(error.contains(expected), "{changes}: {tried}");
    }
    let refused = admin.request(
        "PUT",
        &format!("/api/v1/plugins/{ID}/settings"),
        Some(&{
            let mut values = right.clone();
            values["filter"] = json!("(cn=*");
            values
        }),
    )?;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(!host.has_panicked());
    Ok(())
}

#[test]
fn a_server_that_hangs_does_not_hold_a_call_up_and_the_name_follows_once_it_answers() -> Result<()> {
    let line = Line::new()?;
    let slapd = Slapd::start(people(20))?;
    let (host, admin) = host(&line)?;
    let mut desk = Baresip::registered(&host.phone("200"))?;
    let mut asking = settings(&slapd, "ldaps")?;
    // Nothing is brought over, so that each number is asked about.
    (asking["ask_directly"], asking["filter"]) = (json!(true), json!("(uid=p*)"));
    asking["base"] = json!("ou=people,dc=example,dc=org");
    asking["most_entries"] = json!(1);
    synchronised(&admin, || admin.set(ID, &asking))?;

    slapd.freeze()?;
    let began = Instant::now();
    for number in ["+33123000003", "+33123000004", "+33123000005"] {
        let (shown, _) = call(&line, &host, &mut desk, number)?;
        assert!(shown.contains(number) && !shown.contains("DUPONT"), "{shown}");
    }
    eprintln!("three calls went through within {:?} while the directory was silent", began.elapsed());
    slapd.thaw()?;

    // Other numbers, one after the other: that one could not be asked about is remembered for a minute, and for a while after
    // the silence the places for questions are still taken.
    let known = (12..20).any(|person| {
        let number = format!("+331230000{person:02}");
        let mut shown = || call(&line, &host, &mut desk, &number).map(|(shown, _)| shown).unwrap_or_default();
        assert!(!shown().contains("DUPONT"), "nobody waits for the directory");
        std::thread::sleep(Duration::from_secs(2));
        shown().contains(&format!("DUPONT000{person}"))
    });
    ensure!(known, "no name is known at a later call");
    let found = admin.get("/api/v1/contacts/elsewhere?q=dupont00011")?;
    assert_eq!(found["items"][0]["numbers"][0]["number"], "+33123000011", "{found}");
    assert!(!host.has_panicked());
    Ok(())
}
