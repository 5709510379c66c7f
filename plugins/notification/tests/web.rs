//! The page as the installed plugin answers it: everybody's own wishes, and nobody else's.

use jackfield_sdk_test::{Plugin, extension};
use serde_json::{Value, json};

fn plugin() -> Plugin {
    Plugin::here()
        .with_extension(extension("100", "Ada"))
        .with_extension(extension("102", "Karl"))
        .with_mail_address("100", "ada@example.org")
}

fn shown(plugin: &Plugin, number: &str) -> Value {
    plugin.get("/wishes").with_extension(number).send().json()
}

#[test]
fn people_see_their_own_address_and_wishes_and_change_them() {
    let plugin = plugin();
    let before = shown(&plugin, "100");
    assert_eq!((&before["address"], &before["extension"]), (&json!("ada@example.org"), &json!("100")));
    assert_eq!(before["wishes"]["voicemail"].as_array().map(Vec::len), Some(10));
    assert_eq!(before["wishes"]["missed"], json!([]));
    let wishes = json!({"voicemail": ["office"], "missed": [], "attach": false, "quiet": {"from": 1320, "to": 420},
        "digest": "hourly", "sms": {"number": "", "voicemail": [], "missed": []}});
    let saved = plugin.ask("PUT", "/wishes").with_extension("100").json(&wishes).send();
    assert_eq!((saved.status, &saved.json::<Value>()["wishes"]), (200, &wishes));
    assert_eq!(shown(&plugin, "100")["wishes"], wishes);
    let karl = shown(&plugin, "102");
    assert_eq!((&karl["address"], &karl["wishes"]["attach"]), (&Value::Null, &json!(true)));
}

#[test]
fn wishes_that_make_no_sense_are_refused_and_change_nothing() {
    let plugin = plugin();
    let before = shown(&plugin, "100")["wishes"].clone();
    for (key, value) in [
        ("voicemail", json!(["on the moon"])),
        ("quiet", json!({"from": 1440, "to": 0})),
        ("quiet", json!({"from": 60, "to": 60})),
        ("digest", json!({"daily": 5000})),
        ("digest", json!("weekly")),
        ("more", json!(1)),
        ("sms", json!({"number": "0612345678", "voicemail": [], "missed": []})),
        ("sms", json!({"number": "+33612345678", "voicemail": ["on the moon"], "missed": []})),
    ] {
        let mut wrong = before.clone();
        wrong[key] = value.clone();
        let reply = plugin.ask("PUT", "/wishes").with_extension("100").json(&wrong).send();
        assert_eq!(reply.status, 400, "{key} {value}");
    }
    assert_eq!(shown(&plugin, "100")["wishes"], before);
}

#[test]
fn a_letter_to_try_it_out_is_written_once_a_minute_and_says_why_not() {
    let plugin = plugin();
    let try_out = |number: &str| -> Value { plugin.ask("POST", "/try").with_extension(number).send().json() };
    assert_eq!(try_out("100")["reason"], Value::Null);
    assert_eq!(try_out("100")["reason"], Value::Null);
    assert_eq!(plugin.letters().len(), 1);
    assert_eq!(try_out("102")["reason"], "102 has no mail address");
    plugin.without_mail(true);
    assert_eq!(try_out("100")["reason"], "mail is not set up in this house");
}

#[test]
fn without_an_extension_there_is_nothing_to_wish() {
    let plugin = plugin();
    let none: Value = plugin.get("/wishes").send().json();
    assert_eq!((&none["extension"], &none["wishes"]), (&Value::Null, &Value::Null));
    assert_eq!(plugin.ask("POST", "/try").send().status, 403);
}
