//! The page as the installed plugin answers it: everybody's own mailbox, and nobody else's.

use jackfield_sdk_test::{Messages, Plugin, WebCall, call_to, call_to_extension, extension, hang_up, press, secs};
use serde_json::{Value, json};

fn plugin() -> Plugin {
    Plugin::here().with_extension(extension("100", "Ada")).with_extension(extension("102", "Karl"))
}

/// A call from outside to 100 that leaves a message of five seconds.
fn leave(plugin: &Plugin) {
    let call = call_to("*97100").from_outside("+33199001122");
    plugin.dial(call.does([hang_up().after(secs(5)).when_recording()]));
}

fn ada<'a>(plugin: &'a Plugin, method: &str, path: &str) -> WebCall<'a> {
    plugin.ask(method, path).as_user("Ada").with_extension("100")
}

fn karl<'a>(plugin: &'a Plugin, method: &str, path: &str) -> WebCall<'a> {
    plugin.ask(method, path).as_user("Karl").with_id(2).with_extension("102")
}

fn messages(call: WebCall<'_>) -> Vec<Value> {
    let mailbox: Value = call.send().json();
    mailbox["messages"].as_array().expect("a list of messages").clone()
}

/// Where one message is: `/messages/{id}`.
fn path(message: &Value) -> String {
    format!("/messages/{}", message["id"].as_str().expect("an id"))
}

/// Records the greeting for no state in particular, as the owner of 100 does.
fn greet(plugin: &Plugin) {
    let keys = [
        press("3").when_hearing("main-menu"),
        press("1").when_hearing("greeting-menu"),
        press("#").after(secs(6)).when_recording(),
        press("1").when_hearing("keep-menu"),
        hang_up().after(secs(9)),
    ];
    let recorded = plugin.dial(call_to("*98").from_extension("100").does(keys));
    assert!(recorded.heard("saved"), "{recorded}");
}

#[test]
fn owners_see_and_hear_their_messages() {
    let plugin = plugin();
    leave(&plugin);
    leave(&plugin);
    let mailbox: Value = ada(&plugin, "GET", "/messages").send().json();
    assert_eq!((&mailbox["extension"], &mailbox["open"]), (&json!("100"), &json!(true)));
    let [newest, oldest] = &messages(ada(&plugin, "GET", "/messages"))[..] else { panic!("two messages: {mailbox}") };
    assert!(newest["at"].as_u64() > oldest["at"].as_u64(), "{mailbox}");
    assert_eq!(newest["from"], json!({ "number": "+33199001122", "name": "" }));
    assert_eq!(
        (&newest["heard"], &newest["deleted"], &newest["urgent"]),
        (&json!(false), &json!(false), &json!(false))
    );
    let length = newest["length_ms"].as_u64().expect("a length");
    assert!((4_000..6_000).contains(&length), "{length} ms");
    let sound = ada(&plugin, "GET", &format!("{}/audio", path(newest))).send();
    assert_eq!((sound.status, &sound.body[..4]), (200, &b"RIFF"[..]));
    assert!(sound.body.len() as u64 > length * 16, "two bytes for each of 8 samples in a millisecond");
}

#[test]
fn a_message_is_marked_deleted_and_brought_back_and_the_lamp_follows() {
    let plugin = plugin();
    leave(&plugin);
    let path = path(&messages(ada(&plugin, "GET", "/messages"))[0]);
    let lamp = |new, old| Messages { new, old, urgent_new: 0, urgent_old: 0 };
    for (change, expected) in [
        (json!({ "heard": true }), lamp(0, 1)),
        (json!({ "heard": false }), lamp(1, 0)),
        (json!({ "deleted": true }), lamp(0, 0)),
        (json!({ "deleted": false }), lamp(1, 0)),
        (json!({ "heard": true, "deleted": true }), lamp(0, 0)),
        (json!({}), lamp(0, 0)),
    ] {
        let changed = ada(&plugin, "POST", &path).json(&change).send();
        assert_eq!(changed.status, 200, "{change}");
        assert_eq!(plugin.waiting("100"), expected, "{change}");
    }
    let message = &messages(ada(&plugin, "GET", "/messages"))[0];
    assert_eq!((&message["heard"], &message["deleted"]), (&json!(true), &json!(true)));
    for wrong in [json!({ "sound": "x" }), json!({ "heard": 1 }), json!([1, 2, 3])] {
        assert_eq!(ada(&plugin, "POST", &path).json(&wrong).send().status, 400, "{wrong}");
    }
    plugin.wait(secs(9 * 24 * 60 * 60));
    let gone = ada(&plugin, "POST", &path).json(&json!({ "deleted": false })).send();
    assert_eq!(gone.status, 404, "what is erased for good does not come back");
    assert!(messages(ada(&plugin, "GET", "/messages")).is_empty());
}

#[test]
fn nobody_reaches_the_mailbox_of_another() {
    let plugin = plugin();
    leave(&plugin);
    greet(&plugin);
    let path = path(&messages(ada(&plugin, "GET", "/messages"))[0]);
    let id = path.rsplit('/').next().expect("an id");
    assert!(messages(karl(&plugin, "GET", "/messages")).is_empty());
    assert!(messages(karl(&plugin, "GET", "/messages").as_admin()).is_empty(), "administrators have their own");
    for sound in [
        format!("{path}/audio"),
        format!("{path}/comment"),
        format!("/greetings/{id}"),
        "/greetings/greeting".into(),
        format!("/messages/../100/{id}/audio"),
        format!("/messages/%2e%2e%2f100%2f{id}/audio"),
        format!("{path}/audio?extension=100"),
    ] {
        for call in [karl(&plugin, "GET", &sound), karl(&plugin, "GET", &sound).as_admin()] {
            assert_eq!(call.send().status, 404, "{sound}");
        }
    }
    for change in [json!({ "heard": true }), json!({ "deleted": true })] {
        assert_eq!(karl(&plugin, "POST", &path).json(&change).send().status, 404);
    }
    assert_eq!(karl(&plugin, "DELETE", "/greetings/greeting").send().status, 404);
    // 10 is a mailbox of its own, though the keys of 100 begin with the same digits.
    assert!(messages(plugin.get("/messages").with_extension("10")).is_empty());
    let greeting = ada(&plugin, "GET", "/messages").send();
    assert_eq!(greeting.status, 200);
    assert_eq!(plugin.waiting("100").new, 1);
    assert_eq!(ada(&plugin, "GET", "/greetings/greeting").send().status, 200);
}

#[test]
fn a_recording_that_is_no_message_is_not_given_out_as_one() {
    let plugin = plugin();
    leave(&plugin);
    for id in ["18f", "..", "greeting", &"9".repeat(2_000)] {
        let answer = ada(&plugin, "GET", &format!("/messages/{id}/audio")).send();
        assert!([400, 404].contains(&answer.status), "{id}: {}", answer.status);
    }
}

#[test]
fn people_without_a_mailbox_are_told_why() {
    let plugin = plugin().with_settings(json!({ "without": ["102"] }));
    let nobody: Value = plugin.get("/messages").as_admin().send().json();
    assert_eq!(nobody, json!({ "extension": null, "open": false, "messages": [] }));
    let without: Value = karl(&plugin, "GET", "/messages").send().json();
    assert_eq!(without, json!({ "extension": "102", "open": false, "messages": [] }));
    let pin = json!({ "pin": "4711", "again": "4711" });
    assert_eq!(plugin.get("/settings").send().status, 403);
    assert_eq!(plugin.ask("PUT", "/pin").json(&pin).send().status, 403);
    assert_eq!(karl(&plugin, "PUT", "/pin").json(&pin).send().status, 403);
}

#[test]
fn a_pin_that_is_set_on_the_page_opens_the_mailbox_by_telephone() {
    let plugin = plugin();
    let set = |pin: &str, again: &str| ada(&plugin, "PUT", "/pin").json(&json!({ "pin": pin, "again": again })).send();
    for poor in ["", "123", "1111", "100", "47a1", "1234567890123"] {
        let refused = set(poor, poor);
        assert_eq!((refused.status, refused.json::<Value>()), (422, json!({ "reason": "poor" })), "{poor}");
    }
    assert_eq!(set("4711", "4712").json::<Value>(), json!({ "reason": "differ" }));
    let settings: Value = ada(&plugin, "GET", "/settings").send().json();
    assert_eq!(settings["pin"], false);
    assert_eq!(set("4711", "4711").status, 204);
    let settings = ada(&plugin, "GET", "/settings").send();
    assert_eq!(settings.json::<Value>()["pin"], true);
    assert!(!settings.text().contains("argon2"), "the hash stays inside: {}", settings.text());
    let keys = [press("100#").when_hearing("enter-mailbox"), press("4711#").when_hearing("enter-pin")];
    let call = plugin.dial(call_to("*98").from_outside("+33199001122").does(keys));
    assert!(call.heard("main-menu"), "{call}");
}

#[test]
fn greetings_are_listed_heard_and_erased() {
    let plugin = plugin();
    let recorded = || ada(&plugin, "GET", "/settings").send().json::<Value>()["recorded"].clone();
    assert_eq!(recorded(), json!([]));
    greet(&plugin);
    assert_eq!(recorded(), json!(["greeting"]));
    assert_eq!(&ada(&plugin, "GET", "/greetings/greeting").send().body[..4], b"RIFF");
    assert_eq!(ada(&plugin, "GET", "/greetings/vacation").send().status, 404);
    assert_eq!(ada(&plugin, "DELETE", "/greetings/greeting").send().status, 204);
    assert_eq!(ada(&plugin, "DELETE", "/greetings/greeting").send().status, 404);
    assert_eq!(recorded(), json!([]));
    let missed = call_to_extension("100").unreached(jackfield_sdk_test::Unreached::NoAnswer);
    let call = plugin.dial(missed.does([hang_up().after(secs(5)).when_recording()]));
    assert!(call.heard("mailbox-of"), "the house's greeting is back: {call}");
}

#[test]
fn a_forwarded_message_says_by_whom_and_brings_the_comment() {
    let plugin = plugin();
    leave(&plugin);
    let keys = [
        press("1").when_hearing("main-menu"),
        press("3").when_hearing("letter-menu"),
        press("102#").when_hearing("forward-to"),
        press("1").when_hearing("comment-menu"),
        press("#").after(secs(4)).when_recording(),
        hang_up().after(secs(9)),
    ];
    plugin.dial(call_to("*98").from_extension("100").does(keys));
    let [message] = &messages(karl(&plugin, "GET", "/messages"))[..] else { panic!("one message") };
    assert_eq!(message["forwarded_by"], json!({ "number": "100", "name": "Ada" }));
    assert_eq!(message["comment"], true);
    for part in ["audio", "comment"] {
        let path = format!("{}/{part}", path(message));
        assert_eq!(karl(&plugin, "GET", &path).send().status, 200, "{part}");
        assert_eq!(ada(&plugin, "GET", &path).send().status, 404, "the copy is Karl's: {part}");
    }
}

#[test]
fn it_brings_its_page() {
    assert_eq!(plugin().pages(), [("voicemail".into(), "Voicemail".into())]);
}
