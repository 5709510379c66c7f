//! The mailboxes as they will be installed, with callers who leave messages and owners who hear them.

use jackfield_sdk_test::{
    AvailabilityState, Conversation, Messages, Plugin, Scenario, Unreached, call_to, call_to_extension, extension,
    hang_up, millis, press, secs,
};
use serde_json::json;

const DAY: u64 = 24 * 60 * 60;

fn plugin() -> Plugin {
    Plugin::here().with_extension(extension("100", "Ada")).with_extension(extension("102", "Karl").speaking("de"))
}

/// A call from outside to 100 that nobody takes.
fn missed() -> Scenario {
    call_to_extension("100").from_outside("+33199001122").unreached(Unreached::NoAnswer)
}

/// Leaves a message of five seconds and hangs up.
fn leave(plugin: &Plugin) -> Conversation {
    plugin.dial(missed().does([hang_up().after(secs(5)).when_recording()]))
}

/// The owner of 100 at the own telephone.
fn owner() -> Scenario {
    call_to("*98").from_extension("100")
}

fn lamp(new: u32, old: u32) -> Messages {
    Messages { new, old, urgent_new: 0, urgent_old: 0 }
}

#[test]
fn it_takes_what_nobody_took_and_its_own_numbers() {
    let plugin = plugin();
    assert_eq!(plugin.route(missed()), "run leave (mailbox=100)");
    assert_eq!(plugin.route(call_to_extension("100")), "pass");
    assert_eq!(plugin.route(owner()), "run main");
    assert_eq!(plugin.route(call_to("*97102")), "run leave (mailbox=102)");
    assert_eq!(plugin.route(call_to("*97")), "pass");
    let without = plugin.with_settings(json!({ "without": ["100"] }));
    assert_eq!(without.route(missed()), "pass");
    assert_eq!(without.route(call_to("*97100")), "pass");
}

#[test]
fn whoever_hangs_up_after_the_tone_has_left_a_message_and_the_lamp_is_on() {
    let plugin = plugin();
    let call = leave(&plugin);
    for prompt in ["en/mailbox-of", "en/extension", "en/n-1", "en/leave-a-message"] {
        assert!(call.heard(prompt), "{prompt}: {call}");
    }
    assert_eq!(plugin.waiting("100"), lamp(1, 0), "{call}");
    let heard = plugin.dial(owner().does([press("1").when_hearing("main-menu"), hang_up().at(secs(90))]));
    assert!(heard.heard("you-have") && heard.heard("one-new") && heard.heard("message-from"), "{heard}");
    assert!(heard.heard("a recording") && heard.heard("no-more"), "{heard}");
    assert_eq!(plugin.waiting("100"), lamp(0, 1), "{heard}");
}

#[test]
fn a_caller_who_says_nothing_leaves_nothing() {
    let plugin = plugin();
    let call = plugin.dial(missed().does([hang_up().after(millis(900)).when_recording()]));
    assert_eq!(plugin.waiting("100"), lamp(0, 0), "{call}");
    let keys = [press("#").after(millis(500)).when_recording(), press("#").after(millis(500)).when_recording()];
    let twice = plugin.dial(missed().does(keys));
    assert!(twice.heard("too-short") && twice.hung_up_by_plugin(), "{twice}");
}

#[test]
fn a_message_is_heard_again_recorded_anew_made_urgent_or_thrown_away_before_it_is_sent() {
    let plugin = plugin();
    let keys = [
        press("#").after(secs(4)).when_recording(),
        press("1").when_hearing("message-menu"),
        press("2").when_hearing("message-menu"),
        press("#").after(secs(9)).when_recording(),
        press("3").when_hearing("message-menu"),
    ];
    let call = plugin.dial(missed().does(keys));
    assert!(call.heard("a recording") && call.heard("is-urgent") && call.heard("message-sent"), "{call}");
    assert_eq!(plugin.waiting("100"), Messages { new: 1, old: 0, urgent_new: 1, urgent_old: 0 }, "{call}");
    let keys = [press("#").after(secs(4)).when_recording(), press("4").when_hearing("message-menu")];
    let thrown = plugin.dial(missed().does(keys));
    assert!(thrown.heard("message-deleted"), "{thrown}");
    assert_eq!(plugin.waiting("100").new, 1, "{thrown}");
}

#[test]
fn urgent_messages_come_first_and_each_can_be_kept_deleted_and_brought_back() {
    let plugin = plugin();
    leave(&plugin);
    let keys = [press("#").after(secs(4)).when_recording(), press("3").when_hearing("message-menu")];
    plugin.dial(missed().does(keys));
    let keys = [press("1").when_hearing("main-menu"), press("2").when_hearing("letter-menu"), hang_up().at(secs(60))];
    let first = plugin.dial(owner().does(keys));
    let heard = first.all_heard();
    let urgent = heard.iter().position(|prompt| *prompt == "en/urgent-message");
    let sounds = heard.iter().position(|prompt| *prompt == "a recording");
    assert!(urgent.is_some() && urgent < sounds, "{first}");
    assert!(first.heard("message-deleted"), "{first}");
    assert_eq!(plugin.waiting("100"), lamp(0, 1), "{first}");
    let keys = [press("5").when_hearing("main-menu"), press("2").when_hearing("letter-menu"), hang_up().at(secs(60))];
    let back = plugin.dial(owner().does(keys));
    assert!(back.heard("message-is-back"), "{back}");
    assert_eq!(plugin.waiting("100"), Messages { new: 0, old: 2, urgent_new: 0, urgent_old: 1 }, "{back}");
}

#[test]
fn elsewhere_the_pin_opens_the_mailbox_and_guessing_closes_it() {
    let plugin = plugin();
    let outside = || call_to("*98").from_outside("+33199001122");
    let enter = |pin: &str| [press("100#").when_hearing("enter-mailbox"), press(pin).when_hearing("enter-pin")];
    let without = plugin.dial(outside().does(enter("4711#")));
    assert!(!without.heard("main-menu"), "no PIN opens a mailbox that has none: {without}");
    let keys = [
        press("4").when_hearing("main-menu"),
        press("4711#").when_hearing("new-pin"),
        press("4711#").when_hearing("new-pin-again"),
        hang_up().after(secs(5)),
    ];
    let set = plugin.dial(owner().does(keys));
    assert!(set.heard("no-pin-yet") && set.heard("saved"), "{set}");
    let right = plugin.dial(outside().does(enter("4711#")));
    assert!(right.heard("main-menu"), "{right}");
    for _ in 0..4 {
        let tries = [
            press("100#").when_hearing("enter-mailbox"),
            press("1111#").when_hearing("enter-pin"),
            press("1112#").when_hearing("enter-pin"),
            press("1113#").when_hearing("enter-pin"),
        ];
        plugin.dial(outside().does(tries));
    }
    let closed = plugin.dial(outside().does([press("100#").when_hearing("enter-mailbox")]));
    assert!(closed.heard("too-many-tries"), "{closed}");
    plugin.wait(secs(16 * 60));
    let again = plugin.dial(outside().does(enter("4711#")));
    assert!(again.heard("main-menu"), "{again}");
    let greeting = [press("*").when_hearing("leave-a-message"), press("4711#").when_hearing("enter-pin")];
    let from_greeting = plugin.dial(missed().does(greeting));
    assert!(from_greeting.heard("main-menu"), "a star in the greeting is for the owner: {from_greeting}");
}

#[test]
fn poor_pins_are_refused() {
    let plugin = plugin();
    for pin in ["123", "1111", "100"] {
        let keys = [
            press("4").when_hearing("main-menu"),
            press(&format!("{pin}#")).when_hearing("new-pin"),
            hang_up().after(secs(9)),
        ];
        let call = plugin.dial(owner().does(keys));
        assert!(call.heard("poor-pin"), "{pin}: {call}");
    }
}

#[test]
fn the_greeting_follows_where_the_owner_is_and_can_be_the_owners_own() {
    // 2026-03-13 and 2026-03-10, 15:30 in Paris.
    let away = |until| plugin().with_extension(extension("100", "Ada").in_state(AvailabilityState::Vacation, until));
    let call = leave(&away(Some(1_773_400_000_000)));
    let says = |call: &Conversation, what: &[&str]| call.all_heard().windows(what.len()).any(|heard| heard == what);
    assert!(says(&call, &["en/is-vacation", "en/until", "en/weekday-5", "en/day-13", "en/month-3"]), "{call}");
    let call = leave(&away(Some(1_773_153_000_000)));
    assert!(says(&call, &["en/until", "en/clock-15", "en/n-30"]), "{call}");
    let away = away(None);
    let call = leave(&away);
    assert!(call.heard("is-vacation") && call.heard("mailbox-of") && !call.heard("until"), "{call}");
    let record = |menu: &[&str]| {
        let mut keys = vec![press("3").when_hearing("main-menu")];
        keys.extend(menu.iter().zip(["greeting-menu", "state-menu"]).map(|(key, at)| press(key).when_hearing(at)));
        keys.extend([
            press("#").after(secs(6)).when_recording(),
            press("1").when_hearing("keep-menu"),
            hang_up().after(secs(9)),
        ]);
        away.dial(owner().does(keys))
    };
    let recorded = record(&["2", "3"]);
    assert!(recorded.heard("saved"), "{recorded}");
    let own = leave(&away);
    assert!(own.heard("a recording") && !own.heard("mailbox-of"), "{own}");
    let away = away.with_extension(extension("100", "Ada"));
    assert!(leave(&away).heard("mailbox-of"), "that greeting was for vacations");
}

#[test]
fn callers_hear_the_language_of_the_mailbox() {
    let plugin = plugin();
    let call = plugin.dial(call_to("*97102").does([hang_up().after(secs(5)).when_recording()]));
    assert!(call.heard("de/mailbox-of"), "{call}");
    let chosen = call_to("*97102").with_var("language", "fr").does([hang_up().after(secs(5)).when_recording()]);
    assert!(plugin.dial(chosen).heard("fr/mailbox-of"));
    assert_eq!(plugin.waiting("102").new, 2);
}

#[test]
fn a_message_is_forwarded_with_a_comment() {
    let plugin = plugin();
    leave(&plugin);
    let keys = [
        press("1").when_hearing("main-menu"),
        press("3").when_hearing("letter-menu"),
        press("102#").when_hearing("forward-to"),
        press("1").when_hearing("comment-menu"),
        press("#").after(secs(4)).when_recording(),
        press("2").when_hearing("letter-menu"),
        hang_up().after(secs(9)),
    ];
    let call = plugin.dial(owner().does(keys));
    assert!(call.heard("message-sent"), "{call}");
    assert_eq!((plugin.waiting("100").new, plugin.waiting("102").new), (0, 1), "{call}");
    let theirs =
        call_to("*98").from_extension("102").does([press("1").when_hearing("main-menu"), hang_up().at(secs(90))]);
    let heard = plugin.dial(theirs);
    assert!(heard.heard("de/forwarded-by"), "{heard}");
    let recordings = heard.all_heard().iter().filter(|prompt| **prompt == "a recording").count();
    assert_eq!(recordings, 2, "the comment and the message, though its first owner has deleted it: {heard}");
}

#[test]
fn whoever_left_a_message_is_called_back() {
    let plugin = plugin();
    leave(&plugin);
    let keys = [press("1").when_hearing("main-menu"), press("4").when_hearing("letter-menu")];
    let call = plugin.dial(owner().does(keys));
    assert_eq!(call.transferred(), Some("+33199001122"), "{call}");
}

#[test]
fn the_owner_hears_how_many_messages_there_are_and_when_each_came() {
    let plugin = plugin().at("2026-11-29T14:05[Europe/Paris]");
    leave(&plugin);
    leave(&plugin);
    let keys =
        [press("1").when_hearing("main-menu"), press("6").when_hearing("letter-menu"), hang_up().after(secs(20))];
    let call = plugin.dial(owner().does(keys));
    let heard = call.all_heard();
    let counted = ["en/you-have", "en/n-2", "en/new-messages"];
    assert!(heard.windows(3).any(|three| three == counted), "{call}");
    let came = ["en/weekday-7", "en/day-29", "en/month-11"];
    assert!(heard.windows(3).any(|three| three == came) && call.heard("en/clock-14"), "{call}");
}

#[test]
fn a_full_mailbox_says_so() {
    let plugin = plugin().with_settings(json!({ "most_messages": 1 }));
    leave(&plugin);
    let call = leave(&plugin);
    assert!(call.heard("mailbox-full"), "{call}");
    assert_eq!(plugin.waiting("100").new, 1);
}

#[test]
fn lamps_are_lit_again_after_a_start_and_old_messages_go_at_night() {
    let plugin = plugin().with_settings(json!({ "keep_days": 2, "trash_days": 0 }));
    leave(&plugin);
    leave(&plugin);
    let keys = [
        press("1").when_hearing("main-menu"),
        press("2").when_hearing("letter-menu"),
        press("9").when_hearing("letter-menu"),
        hang_up().after(secs(9)),
    ];
    plugin.dial(owner().does(keys));
    plugin.switch_off_and_on();
    assert_eq!(plugin.waiting("100"), lamp(0, 1));
    plugin.wait(secs(DAY));
    let deleted = plugin.dial(owner().does([press("5").when_hearing("main-menu"), hang_up().at(secs(60))]));
    assert!(deleted.heard("none-deleted"), "{deleted}");
    assert_eq!(plugin.waiting("100"), lamp(0, 1), "two days are not over");
    plugin.wait(secs(3 * DAY));
    assert_eq!(plugin.waiting("100"), lamp(0, 0));
}

#[test]
fn other_plugins_learn_of_a_message_once_however_the_caller_leaves() {
    let plugin = plugin();
    leave(&plugin);
    let published = plugin.published();
    let [(name, left)] = &published[..] else { panic!("{published:?}") };
    assert_eq!((name.as_str(), &left["extension"], &left["from"]), ("left", &json!("100"), &json!("+33199001122")));
    assert!(left["length_ms"].as_u64() > Some(1_500) && left["new"] == 1, "{left}");
    plugin.switch_off_and_on();
    assert!(plugin.published().is_empty(), "a start tells nothing that was told");
}
