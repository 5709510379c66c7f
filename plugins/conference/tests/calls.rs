//! Conferences as they will be installed, with callers who type PINs and press keys.

use jackfield_sdk_test::{
    Conversation, Plugin, Scenario, call_to, hang_up, moderator_comes, press, removed, room, room_ends, secs,
};
use serde_json::{Value, json};

/// One conference, 600, as these settings have it.
fn plugin(conference: Value) -> Plugin {
    let mut whole = json!({ "number": "600", "name": "Sales" });
    for (name, value) in conference.as_object().expect("settings of a conference") {
        whole[name] = value.clone();
    }
    Plugin::here().with_settings(json!({ "conferences": [whole] }))
}

fn with_pins() -> Plugin {
    plugin(json!({ "pin": "123456", "moderator_pin": "654321" }))
}

fn outside() -> Scenario {
    call_to("600").from_outside("+33199001122")
}

fn in_room(call: &Conversation, how: &str) {
    assert_eq!(call.entered(), [format!("600{how}")], "{call}");
}

#[test]
fn its_numbers_are_its_own_and_rooms_without_a_pin_are_for_the_house() {
    let plugin = plugin(json!({}));
    assert_eq!(plugin.route(call_to("600")), "run main (room=600)");
    assert_eq!(plugin.route(outside()), "run main (room=600)");
    assert_eq!(plugin.route(call_to("601")), "pass");
    assert_eq!(plugin.route(call_to("*66123")), "run main (room=*66123)");
    assert_eq!(plugin.route(call_to("*6612")), "pass");
    assert_eq!(plugin.route(call_to("*66123").from_outside("+33199001122")), "pass");
}

#[test]
fn without_a_pin_the_first_has_a_say_and_hears_that_nobody_is_there() {
    let call = plugin(json!({})).dial(call_to("600").does([hang_up().at(secs(20))]));
    in_room(&call, " as a moderator");
    assert!(call.heard("first"), "{call}");
    let found = call_to("600").finds(room("600").with_moderator("102")).does([hang_up().at(secs(20))]);
    let call = plugin(json!({})).dial(found);
    in_room(&call, "");
    assert!(call.heard("one-other"), "{call}");
    let found = room("600").with("102").with("103").with("104");
    let call = plugin(json!({})).dial(call_to("600").finds(found).does([hang_up().at(secs(20))]));
    assert!(call.heard("there-are") && call.heard("n-3") && call.heard("others"), "{call}");
}

#[test]
fn the_pin_says_as_what_somebody_comes() {
    let dial = |keys| with_pins().dial(outside().does([press(keys).when_hearing("enter-pin"), hang_up().at(secs(40))]));
    in_room(&dial("123456#"), "");
    in_room(&dial("654321#"), " as a moderator");
    let wrong = dial("111111#");
    assert!(wrong.entered().is_empty() && wrong.heard("wrong-pin"), "{wrong}");
}

#[test]
fn three_wrong_pins_end_the_call_and_ten_bar_the_way() {
    let tries = [
        press("1111#").when_hearing("enter-pin"),
        press("2222#").when_hearing("enter-pin"),
        press("3333#").when_hearing("enter-pin"),
    ];
    let call = with_pins().dial(outside().does(tries));
    assert!(call.hung_up_by_plugin() && call.entered().is_empty(), "{call}");
    assert!(call.lasted() > secs(6), "guessing is slow: {call}");
    let barred = with_pins().dial(outside().after_wrong_pins(10).does([press("123456#").at(secs(1))]));
    assert!(barred.heard("too-many-tries") && barred.entered().is_empty(), "{barred}");
    let tenth = [press("1111#").when_hearing("enter-pin"), press("123456#").after(secs(4))];
    let tenth = with_pins().dial(outside().after_wrong_pins(9).does(tenth));
    assert!(tenth.heard("too-many-tries") && tenth.entered().is_empty(), "{tenth}");
}

#[test]
fn silence_is_no_pin_and_costs_no_try() {
    let call = with_pins().dial(outside());
    assert!(call.hung_up_by_plugin() && !call.to_string().contains("a wrong PIN is noted"), "{call}");
    // Where only moderators have a PIN, hash alone is enough, and so is silence.
    let open = || plugin(json!({ "moderator_pin": "654321" }));
    let hash = [press("#").when_hearing("enter-moderator-pin"), hang_up().at(secs(40))];
    in_room(&open().dial(outside().does(hash)), "");
    in_room(&open().dial(outside().does([hang_up().at(secs(60))])), "");
}

#[test]
fn named_extensions_enter_as_moderators_by_their_own_telephones_alone() {
    let plugin = || plugin(json!({ "pin": "123456", "moderators": ["101"] }));
    in_room(&plugin().dial(call_to("600").from_extension("101").does([hang_up().at(secs(20))])), " as a moderator");
    let claimed = plugin().dial(call_to("600").from_outside("101").does([hang_up().at(secs(20))]));
    assert!(claimed.entered().is_empty(), "a number from outside proves nothing: {claimed}");
}

#[test]
fn locked_and_full_conferences_say_so() {
    let call = plugin(json!({})).dial(call_to("600").finds(room("600").with("102").locked()));
    assert!(call.heard("locked") && call.hung_up_by_plugin(), "{call}");
    let found = room("600").with("102").with("103").for_at_most(2);
    let call = plugin(json!({})).dial(call_to("600").finds(found));
    assert!(call.heard("full") && call.hung_up_by_plugin(), "{call}");
    let locked = plugin(json!({ "locked": true, "moderator_pin": "654321" }));
    let call =
        locked.dial(outside().does([press("654321#").when_hearing("enter-moderator-pin"), hang_up().at(secs(30))]));
    in_room(&call, " as a moderator");
}

#[test]
fn members_wait_for_a_moderator() {
    let plugin = plugin(json!({ "wait_for_moderator": true, "moderators": ["100"] , "pin": "1234" }));
    let keys =
        [press("1234#").when_hearing("enter-pin"), moderator_comes("100").after(secs(30)), hang_up().after(secs(5))];
    let call = plugin.dial(outside().does(keys));
    assert!(call.heard("wait-for-moderator"), "{call}");
    in_room(&call, "");
}

#[test]
fn a_member_mutes_itself_becomes_louder_and_leaves() {
    let keys =
        [press("*1").at(secs(20)), press("*1").after(secs(5)), press("*6").after(secs(5)), press("*0").after(secs(5))];
    let call = plugin(json!({})).dial(call_to("600").finds(room("600").with_moderator("102")).does(keys));
    assert_eq!(call.changes(), ["mutes 2", "unmutes 2", "hears 2 at 141 %"], "{call}");
    assert!(call.heard("you-are-muted") && call.heard("you-are-heard"), "{call}");
    assert!(call.heard("goodbye") && call.hung_up_by_plugin(), "{call}");
    assert!(!call.heard("keys-moderator"), "{call}");
}

#[test]
fn keys_of_moderators_do_nothing_for_others() {
    let keys =
        [press("*2").at(secs(20)), press("*3").after(secs(5)), press("*8").after(secs(5)), press("*9").after(secs(5))];
    let call = plugin(json!({})).dial(call_to("600").finds(room("600").with_moderator("102")).does(keys));
    assert!(call.changes().is_empty() && call.heard("invalid"), "{call}");
}

#[test]
fn a_moderator_locks_mutes_all_removes_the_last_extends_and_ends() {
    let keys = ["*2", "*2", "*3", "*3", "*5", "*8", "*99"].map(|keys| press(keys).after(secs(8)));
    let plugin = plugin(json!({ "moderators": ["101"], "minutes": 60 }));
    let call = plugin.dial(call_to("600").finds(room("600").with("102").with("103")).does(keys));
    let done = ["locks", "unlocks", "mutes all", "unmutes all", "extends by 900 s", "removes 2", "ends"];
    assert_eq!(call.changes(), done, "{call}");
    assert!(call.heard("ended") && call.hung_up_by_plugin(), "{call}");
}

#[test]
fn a_moderator_calls_somebody_who_has_to_press_one() {
    let keys = [press("*7").at(secs(20)), press("105#").when_hearing("enter-number"), hang_up().after(secs(10))];
    let call = plugin(json!({})).dial(call_to("600").does(keys));
    assert_eq!(call.changes(), ["invites 105 by guest"], "{call}");
    let guest = || call_to("105").with_arg("room", "600").finds(room("600").with_moderator("101"));
    let comes =
        plugin(json!({})).call("guest", guest().does([press("1").when_hearing("invited"), hang_up().at(secs(30))]));
    in_room(&comes, "");
    let machine = plugin(json!({})).call("guest", guest());
    assert!(machine.entered().is_empty() && machine.hung_up_by_plugin(), "{machine}");
}

#[test]
fn whoever_is_removed_or_left_alone_by_the_end_is_told() {
    let found = || call_to("600").finds(room("600").with_moderator("102"));
    let call = plugin(json!({})).dial(found().does([removed().at(secs(20))]));
    assert!(call.heard("removed") && call.hung_up_by_plugin(), "{call}");
    let call = plugin(json!({})).dial(found().does([room_ends().at(secs(20))]));
    assert!(call.heard("ended") && call.hung_up_by_plugin(), "{call}");
}

#[test]
fn members_are_muted_at_first_where_that_is_set() {
    let muted = plugin(json!({ "muted": true }))
        .dial(call_to("600").finds(room("600").with_moderator("102")).does([hang_up().at(secs(20))]));
    in_room(&muted, " muted");
    assert!(muted.heard("you-are-muted"), "{muted}");
}

#[test]
fn settings_that_nobody_could_live_with_are_refused() {
    let refused = |conference: Value| {
        let mut whole = json!({ "number": "600", "name": "Sales" });
        whole.as_object_mut().expect("an object").extend(conference.as_object().expect("an object").clone());
        Plugin::here().try_settings(json!({ "conferences": [whole] })).err().map(|errors| errors[0].path.clone())
    };
    assert_eq!(refused(json!({ "wait_for_moderator": true })).as_deref(), Some("/conferences/0/moderators"));
    let same = json!({ "pin": "1234", "moderator_pin": "1234" });
    assert_eq!(refused(same).as_deref(), Some("/conferences/0/moderator_pin"));
    assert_eq!(refused(json!({ "pin": "12" })).as_deref(), Some("/conferences/0/pin"));
    assert_eq!(refused(json!({ "locked": true, "moderators": ["100"] })), None);
}

#[test]
fn all_is_said_in_three_languages() {
    for language in ["en", "fr", "de"] {
        let plugin = Plugin::here().with_settings(json!({ "language": language }));
        let call = plugin.dial(call_to("600").does([press("*").at(secs(20)), hang_up().at(secs(25))]));
        assert!(call.heard(&format!("{language}/first")), "{call}");
        assert!(call.heard(&format!("{language}/keys-moderator")), "{call}");
    }
}
