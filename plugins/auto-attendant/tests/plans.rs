//! Plans as administrators write, publish, compare, restore and try them, and callers who are led by them.

use jackfield_sdk_test::{Plugin, Scenario, ScheduleCase, WebReply, call_to, extension, press, secs};
use serde_json::{Value, json};

/// A Tuesday in March, ten o'clock in Paris: open.
fn open() -> Plugin {
    Plugin::here().at("2026-03-10T10:00[Europe/Paris]")
}

fn caller() -> Scenario {
    call_to("500").from_outside("+33199001122")
}

fn get(plugin: &Plugin, path: &str) -> Value {
    let reply = plugin.get(path).as_admin().send();
    assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    reply.json()
}

fn post(plugin: &Plugin, path: &str, body: &Value) -> WebReply {
    plugin.ask("POST", path).as_admin().as_user("Greta").json(body).send()
}

/// The plan that is in force, and its version.
fn plan(plugin: &Plugin) -> (Value, u64) {
    let view = get(plugin, "/plan");
    let text = view["text"].as_str().expect("the text of the plan");
    (serde_json::from_str(text).expect("JSON"), view["number"].as_u64().expect("its number"))
}

/// Publish a plan in place of a version.
fn publish(plugin: &Plugin, plan: &Value, based_on: u64) -> WebReply {
    let text = serde_json::to_string_pretty(plan).expect("a value is JSON");
    post(plugin, "/publish", &json!({ "text": text, "based_on": based_on, "note": "sales first" }))
}

#[test]
fn the_settings_make_version_one_and_the_next_ones_until_somebody_publishes() {
    let plugin = open().with_settings(json!({ "operator": "107", "closed_does": "transfer", "closed_to": "109" }));
    let (first, number) = plan(&plugin);
    assert_eq!((&first["operator"], &first["cases"]["night"]["to"]), (&json!("107"), &json!("109")));
    assert_eq!(first["cases"]["day"], json!({ "play": ["welcome"], "does": "menu", "to": "main" }));
    let plugin = plugin.with_settings(json!({ "operator": "108" }));
    let (second, next) = plan(&plugin);
    assert_eq!((&second["operator"], next), (&json!("108"), number + 1));
    // Numbers are no part of the plan.
    let plugin = plugin.with_settings(json!({ "operator": "108", "numbers": ["555"] }));
    assert_eq!(plan(&plugin).1, next);

    let mut changed = second;
    changed["operator"] = json!("109");
    assert_eq!(publish(&plugin, &changed, next).status, 200);
    let refused = plugin.try_settings(json!({ "operator": "101" })).unwrap_err();
    assert!(refused[0].message.contains("page Auto-attendant"), "{refused:?}");
    assert_eq!(plugin.try_settings(json!({ "operator": "108", "numbers": ["500"] })), Ok(()));
    assert_eq!(plan(&plugin).0["operator"], "109");
    plugin.switch_off_and_on();
    assert_eq!(plan(&plugin), (changed, next + 1));
}

#[test]
fn callers_are_led_by_what_is_published_and_keep_the_version_they_began_with() {
    let plugin = open();
    let (mut changed, number) = plan(&plugin);
    let ongoing = plugin.begin("main", caller().does([press("1").after(secs(20))]));
    changed["menus"][0]["keys"][0]["to"] = json!("109");
    changed["menus"][0]["prompts"] = json!(["menu-main", "press-star-to-go-back"]);
    let reply = publish(&plugin, &changed, number);
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(plugin.finish(ongoing).transferred(), Some("100"), "it began with the version before");
    let call = plugin.dial(caller().does([press("1").when_hearing("press-star-to-go-back")]));
    assert_eq!(call.transferred(), Some("109"), "{call}");
}

#[test]
fn each_case_receives_callers_in_its_own_way_and_as_at_night_without_one() {
    let schedule = json!({
        "name": "office", "time_zone": "Europe/Paris", "holidays": [{ "country": "FR" }],
        "week": [{ "days": ["monday", "tuesday", "wednesday", "thursday", "friday"], "from": "09:00", "to": "18:00" }],
        "exceptions": [{ "name": "Eve", "from": "12-24", "hours": [{ "from": "09:00", "to": "12:00" }] }],
    });
    let plugin = open().with_schedule(schedule);
    let (mut changed, number) = plan(&plugin);
    changed["schedule"] = json!("office");
    changed["cases"]["night"] = json!({ "play": ["closed"], "does": "transfer", "to": "120" });
    changed["cases"]["holiday"] = json!({ "play": ["closed"], "does": "transfer", "to": "140" });
    changed["cases"]["exception"] = json!({ "play": ["closed"], "does": "operator" });
    assert_eq!(publish(&plugin, &changed, number).status, 200);
    let mut plugin = plugin;
    for (time, to) in [
        ("2026-03-10T20:00[Europe/Paris]", "120"),
        ("2026-03-14T10:00[Europe/Paris]", "120"),
        ("2026-07-14T10:00[Europe/Paris]", "140"),
        ("2026-12-24T18:05[Europe/Paris]", "100"),
    ] {
        plugin = plugin.at(time);
        let call = plugin.dial(caller());
        assert_eq!(call.transferred(), Some(to), "{time}: {call}");
    }
    plugin.force("office", Some(ScheduleCase::Day));
    assert!(plugin.dial(caller()).heard("menu-main"));
}

#[test]
fn what_is_wrong_is_told_with_its_line_and_nothing_is_published() {
    let plugin = open();
    let (mut changed, number) = plan(&plugin);
    changed["menus"][0]["keys"][1]["to"] = json!("nowhere");
    changed["menus"][1]["keys"][0]["to"] = json!("es");
    let reply = publish(&plugin, &changed, number);
    assert_eq!(reply.status, 422);
    let told: Value = reply.json();
    let text = serde_json::to_string_pretty(&changed).unwrap();
    for (fault, line) in told["faults"].as_array().unwrap().iter().zip(["\"nowhere\"", "\"es\""]) {
        let named = text.lines().nth(fault["line"].as_u64().unwrap() as usize - 1).unwrap();
        assert!(named.contains(line), "{fault} names “{named}”");
    }
    assert_eq!(plan(&plugin).1, number);
    for (text, code, line) in [
        ("", "syntax", 0),
        ("{\n  \"language\": \"en\",\n}", "syntax", 3),
        ("{\n  \"language\": \"es\"\n}", "form", 2),
        ("[]", "form", 1),
    ] {
        let told: Value = post(&plugin, "/check", &json!({ "text": text })).json();
        let fault = &told["faults"][0];
        assert_eq!((&fault["code"], told["plan"].is_null()), (&json!(code), true), "{text}: {told}");
        assert!(fault["line"].as_u64().unwrap().abs_diff(line) <= 1, "{text}: {told}");
    }
    let mut changed = plan(&plugin).0;
    changed["schedule"] = json!("none");
    changed["menus"][0]["name"] = json!("languages");
    changed["time_zone"] = json!("Europe/Atlantis");
    let told: Value = post(&plugin, "/check", &json!({ "text": changed.to_string() })).json();
    let codes: Vec<_> =
        told["faults"].as_array().unwrap().iter().map(|fault| fault["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["no-zone", "no-schedule", "no-menu", "name-twice"], "{told}");
    let long = "x".repeat(200_000);
    assert_eq!(post(&plugin, "/check", &json!({ "text": long })).status, 400);
    // Deep nesting is refused and takes nobody down.
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    assert_eq!(post(&plugin, "/check", &json!({ "text": deep })).status, 200);
    assert_eq!(plugin.status().cost.failures, 0);
}

#[test]
fn versions_are_listed_compared_and_restored() {
    let plugin = open();
    let (first, number) = plan(&plugin);
    let text = get(&plugin, "/plan")["text"].as_str().unwrap().replacen(r#""to": "100""#, r#""to": "109""#, 1);
    let written = json!({ "text": text, "based_on": number, "note": "sales first" });
    assert_eq!(post(&plugin, "/publish", &written).status, 200);
    let listed = get(&plugin, "/versions");
    assert_eq!((&listed[0]["by"], &listed[0]["note"]), (&json!("Greta"), &json!("sales first")));
    assert_eq!((&listed[1]["by"], &listed[1]["number"]), (&json!(""), &json!(number)));
    let lines = get(&plugin, &format!("/difference?from={number}&to={}", number + 1));
    let of = |kind: &str| -> Vec<String> {
        let lines = lines.as_array().unwrap().iter().filter(|line| line["kind"] == kind);
        lines.map(|line| line["text"].as_str().unwrap().trim().to_owned()).collect()
    };
    assert_eq!((of("gone"), of("new")), (vec![r#""to": "100""#.to_owned()], vec![r#""to": "109""#.to_owned()]));

    let reply = post(&plugin, &format!("/versions/{number}/restore"), &json!({}));
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(plan(&plugin), (first, number + 2));
    assert_eq!(get(&plugin, "/versions")[0]["again"], number);
    let call = plugin.dial(caller().does([press("1").when_hearing("menu-main")]));
    assert_eq!(call.transferred(), Some("100"));
    assert_eq!(post(&plugin, "/versions/99/restore", &json!({})).status, 404);
    assert_eq!(post(&plugin, "/versions/x/restore", &json!({})).status, 404);
}

#[test]
fn old_versions_make_room() {
    let plugin = open();
    let (mut changed, first) = plan(&plugin);
    for n in 0..55 {
        changed["operator"] = json!(format!("{}", 200 + n));
        assert_eq!(publish(&plugin, &changed, first + n).status, 200);
    }
    let listed = get(&plugin, "/versions");
    let listed = listed.as_array().unwrap();
    assert_eq!((listed.len(), &listed[0]["number"]), (50, &json!(first + 55)));
}

#[test]
fn a_draft_is_kept_and_a_publication_of_somebody_else_is_not_overwritten() {
    let plugin = open();
    let (mut changed, number) = plan(&plugin);
    let draft = json!({ "text": "{ not yet", "based_on": number });
    assert_eq!(plugin.ask("PUT", "/draft").as_admin().json(&draft).send().status, 204);
    assert_eq!(get(&plugin, "/plan")["draft"]["text"], "{ not yet");
    assert!(plugin.dial(caller()).heard("menu-main"), "a draft is nothing to callers");
    changed["operator"] = json!("109");
    assert_eq!(publish(&plugin, &changed, number).status, 200);
    assert!(get(&plugin, "/plan")["draft"].is_null(), "what is published is no draft any more");
    let late = publish(&plugin, &changed, number);
    assert_eq!((late.status, late.text()), (409, (number + 1).to_string().as_str()));
}

#[test]
fn the_tracer_goes_the_way_that_a_caller_goes() {
    let schedule = json!({
        "name": "office", "time_zone": "Europe/Paris", "holidays": [{ "country": "FR" }],
        "exceptions": [{ "name": "Eve", "from": "12-24", "hours": [{ "from": "09:00", "to": "12:00" }] }],
    });
    let plugin = open().with_schedule(schedule);
    let (mut changed, number) = plan(&plugin);
    changed["schedule"] = json!("office");
    changed["cases"]["exception"] = json!({ "play": ["closed"], "does": "menu", "to": "languages" });
    let trace = |text: Option<&Value>, at: &str, keys: &str| -> Vec<String> {
        let caller = json!({ "at": at, "keys": keys });
        let asked = match text {
            Some(text) => json!({ "text": text.to_string(), "caller": caller }),
            None => json!({ "caller": caller }),
        };
        let reply = post(&plugin, "/trace", &asked);
        assert_eq!(reply.status, 200, "{}", reply.text());
        let told: Value = reply.json();
        let step = |step: &Value| {
            let about = step["about"].as_array().unwrap().iter().map(|word| word.as_str().unwrap());
            std::iter::once(step["what"].as_str().unwrap()).chain(about).collect::<Vec<_>>().join(" ")
        };
        told.as_array().unwrap().iter().map(step).collect()
    };
    assert_eq!(
        trace(Some(&changed), "2026-12-24T18:05", "3"),
        [
            "case exception Eve office",
            "plays closed",
            "menu languages",
            "plays choose-english choose-french choose-german press-star-to-go-back",
            "key 3",
            "language de",
            "menu languages",
            "plays choose-english choose-french choose-german press-star-to-go-back",
            "silence 3",
            "hangs-up"
        ]
    );
    // The one in force has hours of its own: a Thursday evening, and nothing opens before Monday.
    assert_eq!(
        trace(None, "2026-12-24T18:05", "1 2"),
        ["case night  ", "plays welcome closed", "opens monday 09:00", "hangs-up"]
    );
    assert_eq!(
        trace(None, "2026-03-10T10:00", "7 9 * 2"),
        [
            "case day  ",
            "plays welcome",
            "menu main",
            "plays menu-main",
            "wrong-key 7",
            "key 9",
            "menu languages",
            "plays choose-english choose-french choose-german press-star-to-go-back",
            "key *",
            "menu main",
            "plays menu-main",
            "key 2",
            "transfer 101"
        ]
    );
    assert_eq!(publish(&plugin, &changed, number).status, 200);
    for wrong in ["", "tomorrow", "2026-13-01T10:00", "2026-03-10T25:00", "9999-01-01T00:00", "日本2026-03-10"] {
        let reply = post(&plugin, "/trace", &json!({ "caller": { "at": wrong, "keys": "" } }));
        assert_eq!(reply.status, 400, "{wrong}");
    }
    let endless = trace(None, "2026-03-10T10:00", &"*".repeat(60));
    assert!(endless.len() < 400, "{}", endless.len());
}

#[test]
fn only_administrators_see_and_change_it() {
    let plugin = open();
    for reply in [
        plugin.get("/plan").send(),
        plugin.get("/versions").send(),
        plugin.ask("POST", "/publish").json(&json!({ "text": "{}" })).send(),
        plugin.ask("DELETE", "/draft").send(),
    ] {
        assert_eq!(reply.status, 403, "{}", reply.text());
    }
    assert_eq!(plugin.get("/other").as_admin().send().status, 404);
    assert_eq!(plugin.ask("POST", "/publish").as_admin().body("no json").send().status, 400);
    assert_eq!(plugin.pages(), [("attendant".to_owned(), "Auto-attendant".to_owned())]);
}

#[test]
fn an_announcement_is_recorded_by_telephone_and_heard_by_callers() {
    let plugin = open().with_extension(extension("100", "Anna")).with_settings(json!({ "record_by": ["100"] }));
    let dials = |who: &str| call_to("*291").from_extension(who);
    assert_eq!(plugin.route(dials("101")), "reject 403");
    assert_eq!(plugin.route(call_to("*291").from_outside("+33199001122")), "reject 403");
    let speaks = |then: &str| {
        let spoken = press("#").after(secs(4)).when_recording();
        dials("100").does([spoken, press(then).when_hearing("keep-or-again")])
    };
    let dropped = plugin.dial(speaks("3"));
    assert!(dropped.heard("goodbye"), "{dropped}");
    assert_eq!(get(&plugin, "/recordings"), json!([]));
    let kept = plugin.dial(speaks("1"));
    assert!(kept.heard("announcement-kept") && kept.hung_up_by_plugin(), "{kept}");
    let listed = get(&plugin, "/recordings");
    assert_eq!((&listed[0]["name"], &listed[0]["by"]), (&json!("own-1"), &json!("100")));
    assert!(plugin.get("/recordings/own-1").as_admin().send().body.starts_with(b"RIFF"));

    let (mut changed, number) = plan(&plugin);
    changed["cases"]["day"]["play"] = json!(["own-1", "own-2", "welcome"]);
    assert_eq!(publish(&plugin, &changed, number).status, 200);
    let call = plugin.dial(caller().does([press("1").when_hearing("menu-main")]));
    assert!(call.all_heard().contains(&"a recording") && call.heard("welcome"), "{call}");
    assert_eq!(call.transferred(), Some("100"), "a prompt that there is not loses nobody: {call}");
    assert!(call.log().iter().any(|line| line.contains("own-2")), "{:?}", call.log());
    assert_eq!(plugin.ask("DELETE", "/recordings/own-1").as_admin().send().status, 204);
    assert_eq!(plugin.get("/recordings/own-1").as_admin().send().status, 404);
}
