//! The auto-attendant as it will be installed, with callers who press keys.

use jackfield_sdk_test::{
    Conversation, KeyLamp, Plugin, Scenario, ScheduleCase, ScriptEnd, busy, call_to, extension, hang_up, no_answer,
    press, rejects, secs, unavailable,
};
use serde_json::{Value, json};

/// A Tuesday in March, ten o'clock in Paris: open.
fn open() -> Plugin {
    Plugin::here().at("2026-03-10T10:00[Europe/Paris]")
}

fn caller() -> Scenario {
    call_to("500").from_outside("+33199001122")
}

fn is_open(plugin: &Plugin) -> bool {
    let call = plugin.dial(caller().does([hang_up().at(secs(8))]));
    let (open, closed) = (call.heard("menu-main"), call.heard("closed"));
    assert_ne!(open, closed, "{call}");
    open
}

#[test]
fn its_numbers_reach_the_menu_and_others_pass() {
    let plugin = open();
    assert_eq!(plugin.route(call_to("500")), "run main");
    assert_eq!(plugin.route(call_to("501")), "pass");
    let plugin = plugin.with_settings(json!({ "numbers": ["55x"] }));
    assert_eq!(plugin.route(call_to("550")), "run main");
    assert_eq!(plugin.route(call_to("500")), "pass");
}

#[test]
fn one_and_two_transfer_and_the_menu_can_be_interrupted() {
    let call = open().dial(caller().does([press("1").when_hearing("menu-main")]));
    assert!(call.answered());
    assert_eq!(call.all_heard(), ["silence for 400 ms", "en/welcome", "en/menu-main", "en/connecting"]);
    assert_eq!(call.transferred(), Some("100"));
    assert_eq!(call.end(), &ScriptEnd::Returned);
    let call = open().dial(caller().does([press("2").after(secs(60))]));
    assert_eq!(call.transferred(), None, "too late: {call}");
    let call = open().dial(caller().does([press("2").when_hearing("menu-main")]));
    assert_eq!(call.transferred(), Some("101"));
}

#[test]
fn whoever_cannot_be_reached_is_said_and_the_menu_comes_again() {
    for (outcome, prompt) in
        [(busy(), "busy"), (no_answer(), "no-answer"), (rejects(), "unavailable"), (unavailable(), "unavailable")]
    {
        let keys = [press("1").when_hearing("menu-main"), press("2").after(secs(75))];
        let call = open().dial(caller().when_dialled("100", outcome).does(keys));
        assert!(call.heard(prompt), "{call}");
        assert_eq!(call.dialled()[0], "100");
        let menus = call.all_heard().into_iter().filter(|heard| *heard == "en/menu-main").count();
        assert!(menus >= 2, "{call}");
    }
}

#[test]
fn wrong_keys_and_silence_have_their_own_words_and_an_end() {
    let call = open().dial(caller().does([press("7").when_hearing("menu-main")]));
    assert!(call.heard("invalid"), "{call}");
    assert!(call.heard("no-input"), "{call}");
    let menus = call.all_heard().into_iter().filter(|heard| *heard == "en/menu-main").count();
    assert_eq!(menus, 3, "{call}");
    assert!(call.heard("goodbye") && call.hung_up_by_plugin(), "{call}");
    assert!(call.lasted() < secs(70), "{call}");
}

#[test]
fn a_lost_caller_can_be_given_to_the_operator() {
    let menus = json!([{ "name": "main", "prompts": ["menu-main"], "keys": [], "tries": 1, "when_lost": "operator" }]);
    let plugin = open().with_settings(json!({ "menus": menus, "operator": "102" }));
    assert_eq!(plugin.dial(caller()).transferred(), Some("102"));
    let call = plugin.dial(caller().when_dialled("102", busy()));
    assert!(call.heard("busy") && call.heard("goodbye"), "{call}");
}

#[test]
fn another_language_is_chosen_two_levels_down_and_stays() {
    let keys = [
        press("9").when_hearing("menu-main"),
        press("3").when_hearing("choose-english"),
        press("1").when_hearing("de/menu-main"),
    ];
    let call = open().dial(caller().does(keys));
    assert!(call.heard("language-chosen"), "{call}");
    assert!(call.heard("de/language-chosen") && call.heard("de/menu-main") && call.heard("de/connecting"), "{call}");
    assert_eq!(call.var("language"), Some("de"));
    assert_eq!(call.transferred(), Some("100"));
}

#[test]
fn the_house_speaks_its_language_and_callers_keep_theirs() {
    let plugin = open().with_settings(json!({ "language": "fr" }));
    assert!(plugin.dial(caller()).heard("fr/welcome"));
    assert!(plugin.dial(caller().with_var("language", "de")).heard("de/welcome"));
}

#[test]
fn star_goes_back_and_repeats() {
    let keys = [
        press("9").when_hearing("menu-main"),
        press("*").when_hearing("choose-english"),
        press("*").when_hearing("menu-main"),
        press("2").when_hearing("menu-main"),
    ];
    let call = open().dial(caller().does(keys));
    let menus = call.all_heard().into_iter().filter(|heard| *heard == "en/menu-main").count();
    assert_eq!(menus, 3, "{call}");
    assert_eq!(call.transferred(), Some("101"));
}

#[test]
fn the_opening_hours_are_said_from_the_settings() {
    let hours = json!([
        { "days": ["monday", "tuesday", "wednesday", "thursday"], "from": "08:30", "to": "12:00" },
        { "days": ["monday", "tuesday", "wednesday", "thursday"], "from": "13:00", "to": "17:15" },
        { "days": ["saturday"], "from": "10:00", "to": "24:00" },
    ]);
    let call =
        open().with_settings(json!({ "hours": hours })).dial(caller().does([press("3").when_hearing("menu-main")]));
    assert_eq!(
        said(&call, "open-hours"),
        "open-hours monday until thursday from hour-8 minute-30 until hour-12 exactly and-from hour-13 exactly until \
         hour-17 minute-15 saturday from hour-10 exactly until hour-0 exactly"
    );
}

#[test]
fn outside_the_hours_callers_hear_when_it_opens_again() {
    for (time, expected) in [
        ("2026-03-10T07:00[Europe/Paris]", "open-again today at hour-9 exactly"),
        ("2026-03-10T18:00[Europe/Paris]", "open-again tomorrow at hour-9 exactly"),
        ("2026-03-13T20:00[Europe/Paris]", "open-again monday at hour-9 exactly"),
        ("2026-12-24T20:00[Europe/Paris]", "open-again monday at hour-9 exactly"),
        ("2026-12-31T20:00[Europe/Paris]", "open-again monday at hour-9 exactly"),
    ] {
        let call = Plugin::here().at(time).dial(caller());
        assert!(call.heard("closed"), "{time}: {call}");
        assert_eq!(said(&call, "open-again"), expected, "{time}");
        assert!(call.hung_up_by_plugin(), "{call}");
        assert!(!call.heard("menu-main"), "{call}");
    }
}

#[test]
fn the_hours_are_those_of_the_clocks_on_the_wall_before_and_after_summer_time() {
    // On Sunday 29 March 2026 Paris goes from UTC+1 to UTC+2; on 25 October back.
    for (utc, open) in [
        ("2026-03-27T08:05:00Z", true),
        ("2026-03-27T07:55:00Z", false),
        ("2026-03-30T07:05:00Z", true),
        ("2026-03-30T06:55:00Z", false),
        ("2026-03-30T15:55:00Z", true),
        ("2026-03-30T16:05:00Z", false),
        ("2026-10-23T07:05:00Z", true),
        ("2026-10-26T07:05:00Z", false),
        ("2026-10-26T08:05:00Z", true),
    ] {
        assert_eq!(is_open(&Plugin::here().at(utc)), open, "{utc}");
    }
    let tokyo = Plugin::here().at("2026-03-30T00:05:00Z").with_settings(json!({ "time_zone": "Asia/Tokyo" }));
    assert!(is_open(&tokyo), "09:05 there");
}

#[test]
fn the_next_opening_is_right_across_the_night_in_which_clocks_change() {
    let weekend = json!({ "hours": [{ "days": ["sunday"], "from": "01:00", "to": "03:30" }] });
    for (time, expected) in [
        // The Saturday before; 02:00 to 03:00 does not exist on the Sunday.
        ("2026-03-28T23:30[Europe/Paris]", "open-again tomorrow at hour-1 exactly"),
        // The Saturday before 02:00 to 03:00 happens twice.
        ("2026-10-24T23:30[Europe/Paris]", "open-again tomorrow at hour-1 exactly"),
    ] {
        let call = Plugin::here().at(time).with_settings(weekend.clone()).dial(caller());
        assert_eq!(said(&call, "open-again"), expected, "{time}");
    }
}

#[test]
fn exceptions_come_before_the_ordinary_week() {
    let settings = json!({ "exceptions": [
        { "name": "Christmas Eve", "from": "12-24", "hours": [{ "from": "09:00", "to": "12:00" }] },
        { "name": "Inventory", "from": "2026-06-01", "to": "2026-06-03" },
        { "name": "Open Sunday", "from": "2026-06-07", "hours": [{ "from": "10:00", "to": "16:00" }] },
    ] });
    for (time, open) in [
        ("2026-12-24T10:00[Europe/Paris]", true),
        ("2026-12-24T13:00[Europe/Paris]", false),
        ("2027-12-24T10:00[Europe/Paris]", true),
        ("2026-06-02T10:00[Europe/Paris]", false),
        ("2026-06-04T10:00[Europe/Paris]", true),
        ("2027-06-02T10:00[Europe/Paris]", true),
        ("2026-06-07T10:00[Europe/Paris]", true),
    ] {
        assert_eq!(is_open(&Plugin::here().at(time).with_settings(settings.clone())), open, "{time}");
    }
}

/// A house with a schedule: weekdays, nine to six, with the holidays of France; the settings' own hours are never open.
fn with_schedule(time: &str) -> Plugin {
    let weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday"];
    let schedule = json!({
        "name": "office", "time_zone": "Europe/Paris",
        "week": [{ "days": weekdays, "from": "09:00", "to": "18:00" }],
        "holidays": [{ "country": "FR" }],
        "exceptions": [{ "name": "Christmas Eve", "from": "12-24", "hours": [{ "from": "09:00", "to": "12:00" }] }],
    });
    let own = json!([{ "days": ["sunday"], "from": "00:00", "to": "00:05" }]);
    let settings = json!({ "schedule": "office", "hours": own });
    Plugin::here().at(time).with_schedule(schedule).with_settings(settings)
}

#[test]
fn a_schedule_of_the_house_says_when_it_is_open() {
    for (time, open) in [
        ("2026-03-10T10:00[Europe/Paris]", true),
        ("2026-03-10T18:00[Europe/Paris]", false),
        ("2026-07-14T10:00[Europe/Paris]", false),
        ("2026-12-24T10:00[Europe/Paris]", true),
        ("2026-12-24T18:05[Europe/Paris]", false),
        ("2026-03-30T07:05:00Z", true),
        ("2026-03-30T06:55:00Z", false),
    ] {
        assert_eq!(is_open(&with_schedule(time)), open, "{time}");
    }
    for (time, expected) in [
        ("2026-07-14T10:00[Europe/Paris]", "open-again tomorrow at hour-9 exactly"),
        // Christmas is a Friday.
        ("2026-12-24T18:05[Europe/Paris]", "open-again monday at hour-9 exactly"),
        ("2026-03-28T10:00[Europe/Paris]", "open-again monday at hour-9 exactly"),
    ] {
        assert_eq!(said(&with_schedule(time).dial(caller()), "open-again"), expected, "{time}");
    }
    let plugin = with_schedule("2026-03-10T10:00[Europe/Paris]");
    let call = plugin.dial(caller().does([press("3").when_hearing("menu-main")]));
    assert!(said(&call, "open-hours").starts_with("open-hours monday until friday from hour-9 exactly"), "{call}");
}

#[test]
fn a_schedule_that_is_gone_loses_nobody() {
    let plugin = open().with_settings(json!({ "schedule": "gone" }));
    assert!(is_open(&plugin));
    assert!(plugin.log().iter().any(|line| line.contains("“gone”")), "{:?}", plugin.log());
}

/// A menu in which extensions may be dialled and names be spelt, besides key 1.
fn with_people() -> Plugin {
    let keys = json!([{ "key": "1", "does": "transfer", "to": "120" }, { "key": "8", "does": "name" }]);
    let menu = json!({ "name": "main", "prompts": ["menu-main"], "keys": keys, "extensions": true, "tries": 2 });
    let people = [("101", "Bruno Weiß"), ("102", "Chloé Müller"), ("110", "Béatrice Roux"), ("205", "Dieter Kern")];
    let plugin = open().with_settings(json!({ "menus": [menu] }));
    people.into_iter().fold(plugin, |plugin, (number, name)| plugin.with_extension(extension(number, name)))
}

#[test]
fn an_extension_is_dialled_in_a_menu_and_keys_still_work() {
    let plugin = with_people();
    for (pressed, to) in [("102", Some("102")), ("205#", Some("205")), ("1", Some("120")), ("199", None), ("5", None)] {
        let call = plugin.dial(caller().does([press(pressed).when_hearing("menu-main")]));
        assert_eq!(call.transferred(), to, "{pressed}: {call}");
        assert_eq!(call.heard("invalid"), to.is_none(), "{pressed}: {call}");
    }
}

#[test]
fn somebody_is_found_by_the_letters_of_a_name() {
    let plugin = with_people();
    let spell = |letters: &str| [press("8").when_hearing("menu-main"), press(letters).when_hearing("spell-name")];
    for (letters, to) in [("2456#", "102"), ("685#", "102"), ("934#", "101"), ("5376#", "205")] {
        let call = plugin.dial(caller().does(spell(letters)));
        assert_eq!(call.transferred(), Some(to), "{letters}: {call}");
    }
    // Bruno and Béatrice both begin with 2; so does Chloé.
    let [menu, letters] = spell("2#");
    let call = plugin.dial(caller().does([menu, letters, press("3").after(secs(4))]));
    assert!(call.heard("for-extension"), "{call}");
    assert_eq!(call.transferred(), Some("110"), "{call}");
    let call = plugin.dial(caller().does(spell("999#")));
    assert!(call.heard("no-such-name") && call.transferred().is_none(), "{call}");
}

#[test]
fn a_code_decides_what_holds_until_another_does() {
    let plugin = with_schedule("2026-03-10T10:00[Europe/Paris]")
        .with_extension(extension("100", "Anna"))
        .with_settings(json!({ "schedule": "office", "service_by": ["100"] }));
    let dials = |code: &str, who: &str| call_to(code).from_extension(who);
    assert_eq!(plugin.route(dials("*282", "100")), "run service (asked=2)");
    assert_eq!(plugin.route(dials("*282", "101")), "reject 403");
    assert_eq!(plugin.route(call_to("*282").from_outside("+33199001122")), "reject 403");
    assert_eq!(plugin.route(dials("*289", "100")), "reject 404");
    for (code, case, heard) in [
        ("*282", Some(ScheduleCase::Night), "now-night"),
        ("*284", Some(ScheduleCase::Holiday), "now-holiday"),
        ("*281", Some(ScheduleCase::Day), "now-day"),
        ("*280", None, "now-automatic"),
    ] {
        let call = plugin.dial(dials(code, "100"));
        assert!(call.heard(heard) && call.hung_up_by_plugin(), "{call}");
        assert_eq!(plugin.forced("office"), case, "{code}");
        let shines = |of: &str| plugin.lamp(of, None) == KeyLamp::On;
        let lit: Vec<_> =
            ["*280", "*281", "*282", "*283", "*284", "*285"].into_iter().filter(|of| shines(of)).collect();
        assert_eq!(lit, if case.is_some() { vec!["*280", code] } else { vec![] });
        assert_eq!(is_open(&plugin), matches!(case, None | Some(ScheduleCase::Day)), "{code}");
    }
    let without = open().with_settings(json!({ "schedule": "" }));
    assert_eq!(without.route(dials("*282", "100")), "reject 404");
}

#[test]
fn the_lamps_show_what_was_decided_elsewhere_and_whatever_the_codes_are() {
    let plugin = with_schedule("2026-03-10T10:00[Europe/Paris]");
    let decide = |case| {
        plugin.force("office", case);
        plugin.happens("schedules/changed", &json!({}));
    };
    decide(Some(ScheduleCase::Weekend));
    assert_eq!((plugin.lamp("*283", Some("100")), plugin.lamp("*282", None)), (KeyLamp::On, KeyLamp::Off));
    plugin.switch_off_and_on();
    assert_eq!(plugin.lamp("*283", None), KeyLamp::On, "it shines again");
    decide(None);
    assert_eq!((plugin.lamp("*283", None), plugin.lamp("*280", None)), (KeyLamp::Off, KeyLamp::Off));
    decide(Some(ScheduleCase::Night));
    let plugin = plugin.with_settings(json!({ "schedule": "office", "service_codes": ["*9x"] }));
    plugin.wait(secs(1));
    assert_eq!((plugin.lamp("*282", None), plugin.lamp("*92", None)), (KeyLamp::Off, KeyLamp::On));
    let plugin = plugin.with_settings(json!({ "schedule": "" }));
    plugin.wait(secs(1));
    assert_eq!(plugin.lamp("*282", None), KeyLamp::Off);
}

#[test]
fn while_closed_a_menu_or_a_number_can_take_over() {
    let closed = || Plugin::here().at("2026-03-10T22:00[Europe/Paris]");
    let call = closed().with_settings(json!({ "closed_does": "transfer", "closed_to": "109" })).dial(caller());
    assert_eq!(call.transferred(), Some("109"));
    let to_menu = closed().with_settings(json!({ "closed_does": "menu", "closed_to": "languages" }));
    assert!(to_menu.dial(caller()).heard("choose-english"));
}

#[test]
fn no_hours_at_all_is_always_open() {
    let plugin = Plugin::here().at("2026-03-15T03:00[Europe/Paris]").with_settings(json!({ "hours": [] }));
    let call = plugin.dial(caller().does([press("3").when_hearing("menu-main")]));
    assert!(call.heard("open-always"), "{call}");
}

#[test]
fn a_caller_may_hang_up_at_any_moment() {
    let plugin = open();
    let whole = plugin.dial(caller().does([press("9").at(secs(3)), press("3").at(secs(8)), press("1").at(secs(20))]));
    for quarter in 0..whole.lasted().as_secs() * 4 {
        let moment = std::time::Duration::from_millis(quarter * 250 + 1);
        let call = plugin.dial(caller().does([
            press("9").at(secs(3)),
            press("3").at(secs(8)),
            press("1").at(secs(20)),
            hang_up().at(moment),
        ]));
        assert_eq!(call.end(), &ScriptEnd::Returned, "{call}");
    }
    assert_eq!(plugin.status().cost.failures, 0);
    assert_eq!(plugin.status().cost.live, 0);
}

#[test]
fn settings_that_would_lose_a_caller_are_refused_with_the_field() {
    let plugin = open();
    let menu = |keys: Value| json!({ "menus": [{ "name": "main", "prompts": [], "keys": keys }] });
    for (settings, path) in [
        (json!({ "time_zone": "Europe/Atlantis" }), "/time_zone"),
        (json!({ "menu": "none" }), "/menu"),
        (json!({ "hours": [{ "days": ["monday"], "from": "12:00", "to": "12:00" }] }), "/hours/0/to"),
        (json!({ "hours": [{ "days": ["monday"], "from": "12:01", "to": "13:00" }] }), "/hours/0/from"),
        (json!({ "exceptions": [{ "from": "2026-12-24", "to": "2026-12-20" }] }), "/exceptions/0/to"),
        (json!({ "closed_does": "transfer" }), "/closed_to"),
        (menu(json!([{ "key": "1", "does": "transfer" }])), "/menus/0/keys/0/to"),
        (menu(json!([{ "key": "1", "does": "menu", "to": "nowhere" }])), "/menus/0/keys/0/to"),
        (menu(json!([{ "key": "1", "does": "repeat" }, { "key": "1", "does": "back" }])), "/menus/0/keys/1/key"),
        (menu(json!([{ "key": "x", "does": "repeat" }])), "/menus/0/keys/0/key"),
    ] {
        let errors = plugin.try_settings(settings.clone()).expect_err(&settings.to_string());
        assert!(errors.iter().any(|error| error.path == path), "{settings}: {errors:?}");
    }
}

#[test]
fn every_prompt_is_there_in_every_language() {
    let texts = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/prompts/texts.tsv")).unwrap();
    let names: Vec<_> = texts.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split('\t').next()).collect();
    assert!(names.len() > 60);
    for language in ["en", "fr", "de"] {
        for name in &names {
            let path = format!("{}/prompts/{language}/{name}.wav", env!("CARGO_MANIFEST_DIR"));
            assert!(std::path::Path::new(&path).exists(), "{path}: run plugins/speak-prompts.sh auto-attendant");
        }
    }
}

#[test]
fn the_same_call_gives_the_same_trace() {
    let scenario = || caller().does([press("9").at(secs(3)), press("2").at(secs(9)), press("1").at(secs(30))]);
    let plugin = open();
    assert_eq!(plugin.dial(scenario()).to_string(), plugin.dial(scenario()).to_string());
}

/// The prompts from `first` on, without their language, until something else than words for days and times.
fn said(call: &Conversation, first: &str) -> String {
    let names = call.all_heard().into_iter().filter(|heard| !heard.starts_with("silence"));
    let names = names.map(|heard| heard.split_once('/').map_or(heard, |(_, name)| name));
    let stop = |name: &&str| !matches!(*name, "goodbye" | "menu-main");
    names.skip_while(|name| *name != first).take_while(stop).collect::<Vec<_>>().join(" ")
}

/// What is tried here is tried often: a thousand calls of about a minute each take a fraction of a second, and go the same way again.
#[test]
fn a_thousand_calls_go_the_same_way_twice() {
    let round = || {
        let plugin = open();
        let began = std::time::Instant::now();
        let calls: Vec<_> = (0..1_000)
            .map(|n| {
                let keys = match n % 4 {
                    0 => vec![press("1").when_hearing("menu-main")],
                    1 => vec![press("2").after(secs(5 + n / 100))],
                    2 => vec![press("9").when_hearing("menu-main"), press("1").after(secs(40))],
                    _ => vec![hang_up().at(secs(1 + n / 50))],
                };
                plugin.dial(caller().does(keys)).to_string()
            })
            .collect();
        println!("1,000 calls in {:?}", began.elapsed());
        calls
    };
    let (first, second) = (round(), round());
    assert!(first == second, "{:?}", first.iter().zip(&second).find(|(a, b)| a != b));
    assert!(first.iter().any(|call| call.contains("transfer")), "{}", first[0]);
}
