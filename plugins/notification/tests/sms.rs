//! SMS through a web service: who gets one, what the service is told, and what becomes of it when it is out of order.

use jackfield_sdk_test::{AskedQuestion, AvailabilityState, Plugin, WebServiceAnswer, extension, millis, secs};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const LEFT: &str = "org.jackfield.voicemail/left";
const SERVICE: &str = "https://sms.example.org";
const KEY: &str = "open \"sesame\"";
const NUMBER: &str = "+33612345678";

fn settings(sms: Value) -> Value {
    let mut whole = json!({ "url": format!("{SERVICE}/v1/send"), "key": KEY });
    for (name, value) in sms.as_object().expect("an object") {
        whole[name] = value.clone();
    }
    json!({ "sms": whole })
}

/// Ada has a mobile telephone and wants SMS about messages in the office, and the service answers with these, the last one for ever.
fn plugin(sms: Value, statuses: &'static [u16]) -> Plugin {
    let asked = AtomicUsize::new(0);
    let plugin = Plugin::here()
        .with_extension(extension("100", "Ada"))
        .with_web_service(SERVICE, move |_| {
            let at = asked.fetch_add(1, Relaxed).min(statuses.len() - 1);
            WebServiceAnswer::new(statuses[at], "{}")
        })
        .at("2026-03-10T10:00[Europe/Paris]")
        .with_settings(settings(sms));
    wish(&plugin, "+33 6 12 34 56 78", &["office"]);
    plugin
}

fn wish(plugin: &Plugin, number: &str, states: &[&str]) {
    let mut wishes = plugin.get("/wishes").with_extension("100").send().json::<Value>()["wishes"].clone();
    wishes["sms"] = json!({ "number": number, "voicemail": states, "missed": [] });
    let reply = plugin.ask("PUT", "/wishes").with_extension("100").json(&wishes).send();
    assert_eq!(reply.status, 200, "{}", reply.text());
}

fn left(urgent: bool) -> Value {
    json!({"extension": "100", "call": "c-1", "from": "+33199001122", "name": "{key} \"x\"", "at": 1_773_133_200_000_u64,
        "length_ms": 65_000, "urgent": urgent, "new": 1})
}

fn told(plugin: &Plugin, urgent: bool) -> Vec<AskedQuestion> {
    plugin.happens(LEFT, &left(urgent));
    plugin.wait(millis(100));
    plugin.asked()
}

#[test]
fn a_message_is_told_of_by_sms_with_the_key_that_the_plugin_does_not_know() {
    let plugin = plugin(json!({}), &[202]);
    let asked = told(&plugin, false);
    let [sms] = &asked[..] else { panic!("{asked:?} {:?}", plugin.log()) };
    assert_eq!((sms.method.as_str(), sms.url.as_str()), ("POST", "https://sms.example.org/v1/send"));
    assert_eq!(sms.header("authorization"), format!("Bearer {KEY}"));
    assert_eq!(sms.header("content-type"), "application/json");
    let body: Value = serde_json::from_str(&sms.body).expect("JSON");
    let text = "Message of 1:05 from {key} \"x\" (+33199001122) at extension 100, 2026-03-10 at 10:00.";
    assert_eq!(body, json!({ "to": NUMBER, "text": text }), "a caller's name is no template");
    let log = plugin.log().join("\n");
    assert!(!log.contains("sesame") && !log.contains(NUMBER), "{log}");
    plugin.wait(secs(24 * 3_600));
    assert!(plugin.asked().is_empty(), "it was sent twice");
}

#[test]
fn it_goes_only_where_it_is_wished_and_waits_for_the_end_of_the_quiet_hours() {
    let absent = plugin(json!({}), &[202]);
    wish(&absent, NUMBER, &["vacation"]);
    assert!(told(&absent, false).is_empty());
    wish(&absent, "", &["office"]);
    assert!(told(&absent, true).is_empty(), "there is no number");
    let barred = plugin(json!({ "beginnings": ["+32"] }), &[202]);
    assert!(told(&barred, true).is_empty(), "numbers of another country");

    let quiet = plugin(json!({}), &[202]);
    let mut wishes = quiet.get("/wishes").with_extension("100").send().json::<Value>()["wishes"].clone();
    wishes["quiet"] = json!({ "from": 9 * 60, "to": 11 * 60 });
    assert_eq!(quiet.ask("PUT", "/wishes").with_extension("100").json(&wishes).send().status, 200);
    assert!(told(&quiet, false).is_empty());
    assert_eq!(told(&quiet, true).len(), 1, "what is urgent does not wait");
    quiet.wait(secs(3_590));
    assert!(quiet.asked().is_empty());
    quiet.wait(secs(20));
    assert_eq!(quiet.asked().len(), 1);
}

#[test]
fn a_state_of_presence_decides() {
    let away = Plugin::here()
        .with_extension(extension("100", "Ada").in_state(AvailabilityState::Vacation, None))
        .with_web_service(SERVICE, |_| WebServiceAnswer::new(202, ""))
        .with_settings(settings(json!({})));
    wish(&away, NUMBER, &["office", "meeting"]);
    assert!(told(&away, true).is_empty());
    wish(&away, NUMBER, &["vacation"]);
    assert_eq!(told(&away, true).len(), 1);
}

#[test]
fn a_service_that_is_out_of_order_is_asked_again_and_one_that_refuses_is_not() {
    let plugin_again = plugin(json!({}), &[503, 429, 202]);
    assert_eq!(told(&plugin_again, false).len(), 1);
    plugin_again.wait(secs(4));
    assert!(plugin_again.asked().is_empty(), "too early");
    plugin_again.wait(secs(2));
    assert_eq!(plugin_again.asked().len(), 1);
    plugin_again.wait(secs(24 * 3_600));
    assert_eq!(plugin_again.asked().len(), 1, "it was taken the third time");
    let tries = |plugin: &Plugin, outcome| plugin.metric("sms_total", &[("outcome", outcome)]);
    assert_eq!((tries(&plugin_again, "put off"), tries(&plugin_again, "sent")), (Some(2.0), Some(1.0)));

    let refused = plugin(json!({}), &[401]);
    assert_eq!(told(&refused, false).len(), 1);
    refused.wait(secs(24 * 3_600));
    assert!(refused.asked().is_empty());
    assert!(refused.log().iter().any(|line| line == "an SMS was not sent: the service has answered 401"));

    let broken = plugin(json!({}), &[500]);
    assert_eq!(told(&broken, false).len(), 1);
    broken.wait(secs(24 * 3_600));
    assert_eq!(broken.asked().len(), 6, "it was given up after so many pauses");
    assert!(broken.log().iter().any(|line| line.starts_with("an SMS was given up after 7 tries")));
    assert_eq!((tries(&broken, "put off"), tries(&broken, "given up")), (Some(6.0), Some(1.0)));
}

#[test]
fn nobody_gets_more_in_a_day_than_an_administrator_pays_for() {
    let plugin = plugin(json!({ "per_day": 2 }), &[202]);
    for _ in 0..2 {
        assert_eq!(told(&plugin, true).len(), 1);
    }
    assert!(told(&plugin, true).is_empty());
    plugin.wait(secs(24 * 3_600));
    assert_eq!(told(&plugin, true).len(), 1);
}

#[test]
fn forms_addresses_and_users_are_written_as_http_has_them() {
    let form = json!({
        "format": "form", "user": "house", "headers": [{ "name": "Authorization", "value": "Basic {basic}" }],
        "body": "to={to}&message={text}&key={key}&ref={id}"
    });
    let asked = told(&plugin(form, &[200]), false);
    assert_eq!(asked[0].header("authorization"), "Basic aG91c2U6b3BlbiAic2VzYW1lIg==");
    let body = &asked[0].body;
    assert!(body.starts_with("to=%2B33612345678&message=Message%20of%201%3A05%20from%20%7Bkey%7D%20%22x%22"), "{body}");
    assert!(body.contains("&key=open+%22sesame%22&ref=sms%2F"), "{body}");

    let url = format!("{SERVICE}/{{to}}?text={{text}}");
    let asked = told(&plugin(json!({ "method": "GET", "url": url }), &[200]), false);
    assert!(asked[0].url.starts_with("https://sms.example.org/%2B33612345678?text=Message%20of"), "{:?}", asked[0]);
    assert!(asked[0].body.is_empty());
}

#[test]
fn settings_that_cannot_work_are_refused_with_the_reason() {
    let plugin = Plugin::here();
    for (sms, path) in [
        (json!({ "url": "sms.example.org" }), "/sms/url"),
        (json!({ "url": "https://sms.example.org/?key={key}" }), "/sms/url"),
        (json!({ "body": "{\"to\": \"{to}\"" }), "/sms/body"),
        (json!({ "body": "{\"to\": \"{to}\"}" }), "/sms/body"),
        (json!({ "headers": [{ "name": "X", "value": "{text}" }] }), "/sms/headers/0/value"),
    ] {
        let errors = plugin.try_settings(settings(sms.clone())).expect_err("they were taken");
        assert!(errors.iter().any(|error| error.path == path), "{sms}: {errors:?}");
        assert!(!format!("{errors:?}").contains("sesame"));
    }
    assert_eq!(plugin.try_settings(json!({ "sms": { "url": "", "body": "nothing" } })), Ok(()), "it is switched off");
}

#[test]
fn an_sms_to_try_it_out_says_what_the_service_has_said() {
    let plugin = plugin(json!({}), &[403, 202]);
    let try_out = || plugin.ask("POST", "/try-sms").with_extension("100").send().json::<Value>()["reason"].clone();
    assert_eq!(try_out(), "the service has answered 403");
    assert_eq!(try_out(), "one was sent within this minute: wait a little");
    plugin.wait(secs(60));
    assert_eq!(try_out(), Value::Null);
    assert_eq!(plugin.ask("POST", "/try-sms").send().status, 403, "nobody without an extension");
}
