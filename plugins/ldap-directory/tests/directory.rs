//! The plugin against a directory server in small.
#![allow(clippy::unwrap_used, reason = "a test that finds nothing there fails")]

mod server;

use jackfield_sdk_test::{LookedUp, Plugin, secs};
use serde_json::{Value, json};
use server::{Directory, Entry, PASSWORD, USER};
use std::sync::atomic::Ordering::Relaxed;

const HOUR: u64 = 3_600;

fn person(n: usize) -> Entry {
    let attributes = vec![
        ("cn", vec![format!("Person {n}")]),
        ("telephoneNumber", vec![format!("01 23 45 {:02} {:02}", n / 100, n % 100)]),
        ("mobile", vec![format!("+33 (0)6 12 34 {:02} {:02}", n / 100, n % 100)]),
    ];
    (format!("uid={n},dc=example,dc=org"), attributes)
}

fn settings(more: Value) -> Value {
    let mut settings = json!({
        "server": "ldap.example.org", "user": USER, "password": PASSWORD, "base": "dc=example,dc=org", "country": "33"
    });
    for (name, value) in more.as_object().unwrap() {
        settings[name] = value.clone();
    }
    settings
}

/// A directory of so many people, and the plugin that is told of it.
fn setup(people: usize, more: Value) -> (Directory, Plugin) {
    let directory = Directory::default();
    directory.entries.lock().unwrap().extend((0..people).map(person));
    let (here, plugin) = (directory.clone(), Plugin::here());
    let plugin = plugin.with_server("ldap.example.org", 389, move || here.talk()).with_settings(settings(more));
    plugin.wait(secs(2));
    (directory, plugin)
}

fn ask(plugin: &Plugin, method: &str, path: &str) -> Value {
    plugin.ask(method, path).as_admin().send().json()
}

#[test]
fn everybody_is_brought_over_page_by_page_and_whoever_has_gone_goes() {
    let (directory, plugin) = setup(25, json!({ "page_size": 10 }));
    assert_eq!(plugin.contacts().len(), 25);
    assert_eq!(*directory.pages.lock().unwrap(), [10, 10, 10]);
    assert_eq!(plugin.secured(), ["ldap.example.org"], "by StartTLS, before the password");
    let first = plugin.contacts().into_iter().find(|contact| contact.name == "Person 7").unwrap();
    let numbers: Vec<_> = first.numbers.iter().map(|number| number.number.as_str()).collect();
    assert_eq!(numbers, ["+33123450007", "+33612340007"]);

    directory.entries.lock().unwrap().truncate(20);
    directory.entries.lock().unwrap().push(("uid=x".into(), vec![("cn", vec!["No number".into()])]));
    directory.entries.lock().unwrap().push(("uid=y".into(), vec![("mobile", vec!["0612345678".into()])]));
    plugin.wait(secs(6 * HOUR));
    assert_eq!(plugin.contacts().len(), 20, "after six hours");
    let status = ask(&plugin, "GET", "/status");
    assert_eq!((&status["entries"], &status["removed"], &status["added"]), (&json!(22), &json!(5), &json!(0)));
    assert_eq!((&status["without_number"], &status["without_name"]), (&json!(1), &json!(1)));
    assert_eq!((&status["error"], &status["running"]), (&Value::Null, &json!(false)));
}

#[test]
fn as_many_are_taken_as_the_settings_allow() {
    let (directory, plugin) = setup(25, json!({ "page_size": 10, "most_entries": 12, "security": "none" }));
    assert_eq!(plugin.contacts().len(), 12);
    assert_eq!(*directory.pages.lock().unwrap(), [10, 2]);
    assert_eq!(ask(&plugin, "GET", "/status")["cut"], true);
    assert!(plugin.secured().is_empty());
}

#[test]
fn what_was_brought_over_stays_when_the_server_fails_and_it_is_tried_again_soon() {
    let (directory, plugin) = setup(3, json!({}));
    for (nonsense, expected) in [
        (&b"HTTP/1.1 400 Bad Request\r\n"[..], "does not speak LDAP"),
        (&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], "a message is too large"),
        // An answer to the second of two requests, with a name that breaks off.
        (&[0x30, 9, 2, 1, 2, 0x61, 4, 10, 1, 0, 4], "does not speak LDAP"),
    ] {
        *directory.nonsense.lock().unwrap() = Some(nonsense.to_vec());
        ask(&plugin, "POST", "/synchronise");
        plugin.wait(secs(1));
        let error = ask(&plugin, "GET", "/status")["error"].as_str().unwrap_or_default().to_owned();
        assert!(error.contains(expected), "{error}");
        assert_eq!(plugin.contacts().len(), 3);
    }
    *directory.nonsense.lock().unwrap() = None;
    directory.silent.store(true, Relaxed);
    ask(&plugin, "POST", "/synchronise");
    plugin.wait(secs(20));
    assert_eq!(ask(&plugin, "GET", "/status")["error"], "the server does not answer within 8 s");
    directory.silent.store(false, Relaxed);
    directory.entries.lock().unwrap().push(person(3));
    plugin.wait(secs(15 * 60));
    assert_eq!(plugin.contacts().len(), 4, "a quarter of an hour later");
    assert!(plugin.log().iter().all(|line| !line.contains(PASSWORD)), "{:?}", plugin.log());
}

#[test]
fn the_test_shows_one_entry_as_it_is_and_as_it_becomes() {
    let mapping = json!({ "name": "{cn|upper}", "company": "Fixed", "mobile": "", "note": "{telephoneNumber}" });
    let (_directory, plugin) = setup(2, json!({ "mapping": mapping }));
    let tried = ask(&plugin, "POST", "/test");
    assert_eq!(tried["dn"], "uid=0,dc=example,dc=org");
    assert_eq!(tried["attributes"]["telephonenumber"], json!(["01 23 45 00 00"]));
    assert_eq!(tried["contact"]["name"], "PERSON 0");
    assert_eq!(tried["contact"]["numbers"], json!([["work", "+33123450000"]]));
    assert_eq!((&tried["contact"]["company"], &tried["contact"]["note"]), (&json!("Fixed"), &json!("01 23 45 00 00")));
    let (_directory, plugin) = setup(2, json!({ "password": "wrong" }));
    let tried = ask(&plugin, "POST", "/test");
    assert_eq!(tried["error"], "signing in: the user or the password is wrong (code 49)");
    assert_eq!(plugin.ask("POST", "/test").send().status, 403, "not for everybody");
}

#[test]
fn settings_that_make_no_sense_are_refused_with_the_field() {
    let plugin = Plugin::here();
    for (more, path) in [
        (json!({ "filter": "(cn=*" }), "/filter"),
        (json!({ "mapping": { "name": "{cn" } }), "/mapping/name"),
        (json!({ "password": "" }), "/password"),
        (json!({ "user": "" }), "/user"),
        (json!({ "server": "ldap://example.org" }), "/server"),
    ] {
        let errors = plugin.try_settings(settings(more.clone())).unwrap_err();
        assert_eq!(errors[0].path, path, "{more}: {errors:?}");
    }
}

#[test]
fn numbers_and_names_are_asked_for_directly_where_the_settings_say_so() {
    let (directory, plugin) = setup(3, json!({ "every_hours": 0, "ask_directly": true }));
    let LookedUp::Somebody(contact) = plugin.look_up("+33612340002") else { panic!("{:?}", plugin.log()) };
    assert_eq!(contact.name, "Person 2");
    assert_eq!(plugin.look_up("+33612349999"), LookedUp::Nobody, "what the server gives is looked at");
    assert_eq!(plugin.search_contacts("person").len(), 3);
    directory.silent.store(true, Relaxed);
    assert_eq!(plugin.look_up("+33612340001"), LookedUp::Failed);
    let (_directory, plugin) = setup(3, json!({}));
    assert_eq!(plugin.look_up("+33612340002"), LookedUp::Nobody, "only where the settings say so");
}
