//! What becomes of messages and missed calls, as everybody wishes.

use jackfield_sdk_test::{AvailabilityState, Plugin, TestExtension, extension, secs};
use serde_json::{Value, json};

const LEFT: &str = "org.jackfield.voicemail/left";
const MISSED: &str = "calls/missed";
const HOUR: u64 = 60 * 60;

/// 10:00 in Paris, a Tuesday.
fn plugin() -> Plugin {
    with(extension("100", "Ada"))
}

fn with(ada: TestExtension) -> Plugin {
    Plugin::here()
        .with_extension(ada)
        .with_extension(extension("102", "Karl").speaking("de"))
        .with_mail_address("100", "ada@example.org")
        .with_mail_address("102", "karl@example.org")
        .at("2026-03-10T10:00[Europe/Paris]")
}

fn left(extension: &str, urgent: bool) -> Value {
    json!({"extension": extension, "call": "c-1", "from": "+33199001122", "name": "", "at": 1_773_133_200_000_u64,
        "length_ms": 65_000, "urgent": urgent, "new": 1})
}

fn missed(call: &str, extension: Option<&str>) -> Value {
    json!({"call": call, "direction": "inbound", "caller": {"number": "102", "name": "x", "extension": "102"},
        "callee": {"number": "100", "name": "", "extension": extension}, "answered_by": null,
        "started": 1_773_133_200_000_u64, "answered": null, "ended": 1_773_133_230_000_u64, "cause": "no-answer"})
}

/// What the owner of 100 wishes, changed from what there is without a word.
fn wish(plugin: &Plugin, change: Value) {
    let shown: Value = plugin.get("/wishes").with_extension("100").send().json();
    let mut wishes = shown["wishes"].clone();
    for (key, value) in change.as_object().expect("an object") {
        wishes[key] = value.clone();
    }
    let reply = plugin.ask("PUT", "/wishes").with_extension("100").json(&wishes).send();
    assert_eq!(reply.status, 200, "{}", reply.text());
}

#[test]
fn a_message_is_written_about_in_the_language_of_the_person() {
    let plugin = plugin();
    plugin.happens(LEFT, &left("100", false));
    plugin.happens(LEFT, &left("102", true));
    let letters = plugin.letters();
    let [ada, karl] = &letters[..] else { panic!("{letters:?}") };
    assert_eq!(ada.to, ["ada@example.org".parse().expect("an address")]);
    assert_eq!(ada.subject, "Message from +33199001122");
    assert!(ada.text.contains("a message of 1:05 at extension 100, on 2026-03-10 at 10:00"), "{}", ada.text);
    assert_eq!(karl.subject, "Dringend: Nachricht von +33199001122");
    assert!(karl.text.contains("am 10.3.2026 um 10:00"), "{}", karl.text);
    assert_eq!((ada.not_before, ada.per_hour), (None, 500));
}

#[test]
fn a_letter_goes_by_the_number_of_its_event() {
    let plugin = plugin();
    plugin.happens(LEFT, &left("100", false));
    let [first] = &plugin.letters()[..] else { panic!("one letter") };
    assert!(first.once.as_ref().is_some_and(|once| once.starts_with("event/")), "{first:?}");
    assert!(plugin.dead_events().is_empty());
}

#[test]
fn a_missed_call_is_written_about_where_it_is_wished_and_only_without_a_message() {
    let plugin = plugin();
    plugin.happens(MISSED, &missed("c-0", Some("100")));
    assert!(plugin.letters().is_empty(), "nobody has asked for it");
    wish(&plugin, json!({"missed": ["office"]}));
    plugin.happens(MISSED, &missed("c-2", Some("100")));
    let letters = plugin.letters();
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!(letters[0].subject, "Missed call from Karl (102)", "colleagues by their names");
    plugin.happens(LEFT, &left("100", false));
    plugin.happens(MISSED, &missed("c-1", Some("100")));
    plugin.happens(MISSED, &missed("c-3", None));
    assert_eq!(plugin.letters().len(), 1, "about the message alone");
}

#[test]
fn on_vacation_nothing_is_written_when_that_is_wished() {
    let away = |states: Value| {
        let plugin = with(extension("100", "Ada").in_state(AvailabilityState::Vacation, None));
        wish(&plugin, json!({"voicemail": states}));
        plugin.happens(LEFT, &left("100", true));
        plugin.letters().len()
    };
    assert_eq!(away(json!(["office", "meeting"])), 0);
    assert_eq!(away(json!(["vacation"])), 1);
}

#[test]
fn quiet_hours_hold_letters_back_but_for_urgent_ones() {
    let plugin = plugin().at("2026-03-10T23:30:20[Europe/Paris]");
    wish(&plugin, json!({"quiet": {"from": 22 * 60, "to": 7 * 60}}));
    plugin.happens(LEFT, &left("100", false));
    plugin.happens(LEFT, &left("100", true));
    let letters = plugin.letters();
    // 7:00 in Paris is 6:00 in UTC.
    assert_eq!(letters[0].not_before, Some(1_773_208_800_000), "{letters:?}");
    assert_eq!(letters[1].not_before, None);
}

#[test]
fn a_digest_gathers_what_comes_and_is_written_at_its_time() {
    let plugin = plugin();
    wish(&plugin, json!({"digest": {"daily": 18 * 60}, "missed": ["office"]}));
    plugin.happens(LEFT, &left("100", false));
    plugin.happens(MISSED, &missed("c-2", Some("100")));
    assert!(plugin.letters().is_empty());
    plugin.wait(secs(7 * HOUR + 3_000));
    assert!(plugin.letters().is_empty(), "it is not six yet");
    plugin.wait(secs(HOUR));
    let letters = plugin.letters();
    let [letter] = &letters[..] else { panic!("{letters:?}") };
    assert_eq!(letter.subject, "2 missed at extension 100");
    assert_eq!(letter.text.lines().count(), 2, "{}", letter.text);
    assert!(letter.text.contains("message of 1:05 from +33199001122"), "{}", letter.text);
    plugin.wait(secs(48 * HOUR));
    assert!(plugin.letters().is_empty(), "what was written about is not written about again");
}

#[test]
fn an_administrators_words_take_the_place_of_the_usual_ones() {
    let own = json!({"kind": "voicemail", "language": "en", "subject": "{urgent}{name}|{number}", "text": "{length}"});
    let plugin = plugin().with_settings(json!({"templates": [own]}));
    let mut hostile = left("100", false);
    // A caller's name is never a template, and ends no line.
    hostile["name"] = json!("{length}\r\nBcc: x@example.org");
    plugin.happens(LEFT, &hostile);
    let letters = plugin.letters();
    assert_eq!(letters[0].subject, "{length}  Bcc: x@example.org|+33199001122");
    assert_eq!(letters[0].text, "1:05");
    let wrong = json!({"templates": [{"kind": "missed", "language": "de", "subject": "{whoo}", "text": "x"}]});
    let errors = plugin.try_settings(wrong).expect_err("there is no such word");
    assert_eq!(errors[0].path, "/templates/0/subject");
}

#[test]
fn who_has_no_address_or_a_house_without_mail_fails_nothing() {
    let plugin = Plugin::here().with_extension(extension("100", "Ada"));
    plugin.happens(LEFT, &left("100", false));
    plugin.without_mail(true);
    plugin.happens(LEFT, &left("100", false));
    plugin.happens(LEFT, &left("999", false));
    plugin.wait(secs(60));
    assert!(plugin.letters().is_empty() && plugin.dead_events().is_empty(), "{:?}", plugin.dead_events());
    let letters = |outcome| plugin.metric("letters_total", &[("outcome", outcome)]);
    assert_eq!((letters("no address"), letters("not set up"), letters("handed over")), (Some(2.0), None, None));

    let plugin = self::plugin();
    for without in [true, false] {
        plugin.without_mail(without);
        plugin.happens(LEFT, &left("100", false));
    }
    let letters = |outcome| plugin.metric("letters_total", &[("outcome", outcome)]);
    assert_eq!((letters("no address"), letters("not set up"), letters("handed over")), (None, Some(1.0), Some(1.0)));
}

#[test]
fn what_cannot_be_read_is_set_aside_after_three_tries() {
    let plugin = plugin();
    plugin.happens(LEFT, &json!({"odd": true}));
    plugin.wait(secs(30));
    let dead = plugin.dead_events();
    assert_eq!(dead.len(), 1, "{dead:?}");
    assert!(dead[0].1.contains("cannot be read"), "{dead:?}");
    // The others are told all the same.
    plugin.happens(LEFT, &left("100", false));
    assert_eq!(plugin.letters().len(), 1);
}
