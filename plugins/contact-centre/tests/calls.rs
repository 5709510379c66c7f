use jackfield_sdk_test::{
    OngoingCall, OrderEnd, Plugin, Scenario, answers, busy, call_to, extension, hang_up, no_answer, press, secs,
};
use serde_json::{Value, json};

/// Queue 800 with the agents 201 and 202, who are logged in.
fn centre(queue: Value) -> Plugin {
    let mut sales = json!({ "number": "800", "name": "Sales", "wrap_up_seconds": 0 });
    if let (Value::Object(sales), Value::Object(queue)) = (&mut sales, queue) {
        sales.extend(queue);
    }
    let agent = |number: &str| json!({ "extension": number, "name": number, "queues": [{ "queue": "800" }] });
    let plugin = Plugin::here()
        .with_extension(extension("201", "Anna"))
        .with_extension(extension("202", "Ben"))
        .with_settings(json!({
            "queues": [sales], "agents": [agent("201"), agent("202")], "supervisors": ["300"],
        }));
    for number in ["201", "202"] {
        wish(&plugin, number, json!({ "log_in": { "phone": number } }));
    }
    plugin
}

fn wish(plugin: &Plugin, extension: &str, wish: Value) {
    let reply = plugin.ask("POST", "/desk").with_extension(extension).json(&wish).send();
    assert_eq!(reply.status, 204, "{}", reply.text());
}

fn desk(plugin: &Plugin, extension: &str) -> Value {
    plugin.get("/desk").with_extension(extension).send().json()
}

fn caller(plugin: &Plugin, number: &str, scenario: Scenario) -> OngoingCall {
    plugin.begin("wait", scenario.from_outside(number).with_arg("about", "800"))
}

#[test]
fn a_queue_number_leads_to_its_queue_and_others_elsewhere() {
    let plugin = centre(json!({}));
    assert!(plugin.route(call_to("800")).to_string().starts_with("run wait"));
    assert_eq!(plugin.route(call_to("*90")), "run seat");
    assert_eq!(plugin.route(call_to("100")), "pass");
}

#[test]
fn a_caller_is_given_to_an_agent_and_the_next_one_to_the_other() {
    let plugin = centre(json!({}));
    let talks =
        || call_to("800").when_dialled("ext:201", answers().staying(secs(60))).when_dialled("ext:202", answers());
    let first = caller(&plugin, "0601", talks());
    plugin.wait(secs(1));
    let second = caller(&plugin, "0602", talks());
    plugin.wait(secs(15));
    assert_eq!((first.bridged().as_deref(), second.bridged().as_deref()), (Some("ext:201"), Some("ext:202")));
    let me = &desk(&plugin, "201")["me"];
    assert_eq!(me["contact"]["number"], "0601", "{me}");
    plugin.wait(secs(40));
    assert!(second.is_over());
    let seen = desk(&plugin, "202");
    assert_eq!((&seen["me"]["state"], &seen["today"]["answered"]), (&json!("ready"), &json!(1)), "{seen}");
    let queue = &seen["queues"][0];
    assert_eq!((&queue["today"]["offered"], &queue["service_level"]), (&json!(2), &json!(100)), "{queue}");
}

#[test]
fn who_does_not_pick_up_is_not_ready_and_the_caller_goes_to_the_next() {
    let plugin = centre(json!({ "ring_seconds": 10 }));
    let call = call_to("800").when_dialled("ext:201", no_answer()).when_dialled("ext:202", answers());
    let call = caller(&plugin, "0601", call);
    plugin.wait(secs(20));
    assert_eq!(call.bridged().as_deref(), Some("ext:202"));
    let me = desk(&plugin, "201");
    assert_eq!((&me["me"]["state"], &me["today"]["missed"]), (&json!("not_ready"), &json!(1)), "{me}");
    wish(&plugin, "201", json!("ready"));
    assert_eq!(desk(&plugin, "201")["me"]["state"], "ready");
}

#[test]
fn callers_who_wait_hear_their_place_fall() {
    let plugin = centre(json!({ "comfort_seconds": 30 }));
    wish(&plugin, "202", json!({ "break": { "name": "Lunch" } }));
    let long = || call_to("800").when_dialled("ext:201", answers().staying(secs(45)));
    let first = caller(&plugin, "0601", long());
    plugin.wait(secs(1));
    let (second, third) = (caller(&plugin, "0602", long()), caller(&plugin, "0603", long()));
    plugin.wait(secs(20));
    let place = |call: &OngoingCall, n: u8| call.heard().contains(&format!("en/n-{n}"));
    assert!(first.bridged().is_some() && place(&second, 1) && place(&third, 2) && !place(&third, 1));
    plugin.wait(secs(60));
    assert!(second.bridged().is_some() && place(&third, 1), "{:?}", third.heard());
    assert!(third.heard().contains(&"en/queue-comfort".to_owned()));
}

#[test]
fn who_hangs_up_while_waiting_has_given_up() {
    let plugin = centre(json!({}));
    for number in ["201", "202"] {
        wish(&plugin, number, json!({ "break": { "name": "Lunch" } }));
    }
    let at_once = caller(&plugin, "0601", call_to("800").does([hang_up().at(secs(5))]));
    let later = caller(&plugin, "0602", call_to("800").does([hang_up().at(secs(40))]));
    plugin.wait(secs(20));
    let waiting = || plugin.metric("waiting_callers", &[("queue", "Sales")]);
    assert_eq!((waiting(), plugin.metric("agents", &[("state", "away")])), (Some(1.0), Some(2.0)));
    plugin.wait(secs(40));
    assert_eq!(waiting(), Some(0.0));
    assert!(at_once.is_over() && later.is_over());
    let today = &desk(&plugin, "201")["queues"][0]["today"];
    assert_eq!((&today["abandoned"], &today["abandoned_short"]), (&json!(2), &json!(1)), "{today}");
}

#[test]
fn a_caller_is_called_back_by_the_agent_who_would_have_had_the_call() {
    let plugin = centre(json!({ "callback": true })).when_called("201", OrderEnd::NoAnswer);
    for number in ["201", "202"] {
        wish(&plugin, number, json!({ "break": { "name": "Lunch" } }));
    }
    let keys = [
        press("1").when_hearing("queue-comfort").after(secs(1)),
        press("1").when_hearing("callback-confirm").after(secs(1)),
        press("#").when_recording().after(secs(3)),
    ];
    let call = caller(&plugin, "0601234567", call_to("800").does(keys));
    plugin.wait(secs(90));
    let call = plugin.finish(call);
    assert!(call.heard("callback-noted") && call.hung_up_by_plugin(), "{call}");
    assert_eq!(desk(&plugin, "201")["callbacks"][0]["number"], "0601234567");

    // The agent's telephone is rung; it is not picked up, so the other agent is next.
    wish(&plugin, "201", json!("ready"));
    plugin.wait(secs(1));
    let order = &plugin.made_calls()[0];
    assert_eq!((order.extension.as_str(), order.shown.number.as_str()), ("201", "0601234567"));
    assert_eq!(desk(&plugin, "201")["me"]["state"], "not_ready");
    wish(&plugin, "202", json!("ready"));
    plugin.wait(secs(1));
    assert_eq!(plugin.made_calls()[1].extension, "202");
}

#[test]
fn an_agent_who_picks_up_hears_who_it_is_and_is_connected() {
    let plugin = centre(json!({ "callback": true, "callback_tries": 2, "callback_minutes": 1 }));
    for number in ["201", "202"] {
        wish(&plugin, number, json!({ "break": { "name": "Lunch" } }));
    }
    let keys = [
        press("1").when_hearing("queue-comfort").after(secs(1)),
        press("1").when_hearing("callback-confirm").after(secs(1)),
        press("#").when_recording().after(secs(3)),
    ];
    let call = caller(&plugin, "0601234567", call_to("800").does(keys));
    plugin.wait(secs(90));
    plugin.finish(call);
    let far = call_to("").when_dialled("0601234567", busy());
    let plugin = plugin.picks_up("201", far);
    wish(&plugin, "201", json!("ready"));
    plugin.wait(secs(20));
    let seen = desk(&plugin, "201");
    assert_eq!((&seen["me"]["state"], &seen["callbacks"][0]["tries"]), (&json!("ready"), &json!(1)), "{seen}");

    // A minute later once more, and this time they speak.
    let plugin = plugin.picks_up("201", call_to("").when_dialled("0601234567", answers().staying(secs(30))));
    plugin.wait(secs(80));
    let seen = desk(&plugin, "201");
    assert_eq!(
        (&seen["me"]["state"], &seen["me"]["contact"]["number"]),
        (&json!({ "talking": "callback-1" }), &json!("0601234567"))
    );
    plugin.wait(secs(40));
    let seen = desk(&plugin, "201");
    assert_eq!((&seen["me"]["state"], &seen["callbacks"]), (&json!("ready"), &json!([])), "{seen}");
    let overview: Value = plugin.get("/overview").with_extension("300").send().json();
    assert_eq!(overview["done"][0]["end"], "answered", "{overview}");
}

#[test]
fn agents_log_in_and_out_by_telephone() {
    let plugin = centre(json!({}));
    let seat = |keys: &[&str]| {
        let presses = keys.iter().map(|key| press(key).when_hearing("agent-menu").after(secs(1)));
        plugin.dial(call_to("*90").from_extension("201").does(presses))
    };
    assert!(seat(&["3"]).heard("agent-logged-out"));
    assert_eq!(desk(&plugin, "201")["me"], Value::Null);
    assert!(seat(&[]).heard("agent-logged-in"));
    assert!(seat(&["2"]).heard("agent-break"));
    assert_eq!(desk(&plugin, "201")["me"]["state"], json!({ "break": "Break" }));
    assert!(seat(&["1"]).heard("agent-ready"));
    // Nobody else.
    let stranger = plugin.dial(call_to("*90").from_extension("400"));
    assert!(!stranger.heard("agent-menu") && !stranger.heard("agent-logged-in"), "{stranger}");
}

#[test]
fn supervisors_assign_agents_from_the_next_call_on() {
    let plugin = centre(json!({}));
    let denied = plugin.get("/overview").with_extension("201").send();
    assert_eq!(denied.status, 403);
    let order = |order: Value| plugin.ask("POST", "/overview").with_extension("300").json(&order).send();
    assert_eq!(order(json!({ "assign": { "agent": "201", "bindings": [] } })).status, 204);
    let call = caller(&plugin, "0601", call_to("800").when_dialled("ext:202", answers()));
    plugin.wait(secs(15));
    assert_eq!(call.bridged().as_deref(), Some("ext:202"));
    let overview: Value = plugin.get("/overview").with_extension("300").send().json();
    assert_eq!((&overview["agents"][0]["assigned"], &overview["agents"][0]["bindings"]), (&json!(true), &json!([])));
    let refused = order(json!({ "log_out": { "agent": "202" } }));
    assert_eq!((refused.status, refused.text().contains("contact in hand")), (409, true));
}

#[test]
fn nobody_logged_in_sends_callers_elsewhere() {
    let plugin = centre(json!({ "overflow": "900" }));
    for number in ["201", "202"] {
        wish(&plugin, number, json!("log_out"));
    }
    let call = plugin.finish(caller(&plugin, "0601", call_to("800")));
    assert_eq!(call.transferred(), Some("900"), "{call}");
}

#[test]
fn what_is_known_outlives_the_plugins_being_switched_off() {
    let plugin = centre(json!({}));
    wish(&plugin, "201", json!({ "break": { "name": "Lunch" } }));
    plugin.switch_off_and_on();
    assert_eq!(desk(&plugin, "201")["me"]["state"], json!({ "break": "Lunch" }));
}

#[test]
fn settings_that_contradict_themselves_are_refused() {
    let plugin = Plugin::here();
    let queue = |number: &str, overflow: &str| json!({ "number": number, "name": "Q", "overflow": overflow });
    let refused = plugin.try_settings(json!({ "queues": [queue("800", ""), queue("800", "800")] })).unwrap_err();
    let paths: Vec<_> = refused.iter().map(|error| error.path.as_str()).collect();
    assert_eq!(paths, ["/queues/1/number", "/queues/1/overflow"]);
}

fn order(plugin: &Plugin, order: Value) {
    let reply = plugin.ask("POST", "/overview").with_extension("300").json(&order).send();
    assert_eq!(reply.status, 204, "{}", reply.text());
}

fn set(plugin: Plugin, more: Value) -> Plugin {
    let mut settings = json!({
        "queues": [{ "number": "800", "name": "Sales", "wrap_up_seconds": 60 }],
        "agents": [{ "extension": "201", "name": "Anna", "queues": [{ "queue": "800" }] }],
        "supervisors": ["300"],
    });
    if let (Value::Object(settings), Value::Object(more)) = (&mut settings, more) {
        settings.extend(more);
    }
    plugin.with_settings(settings)
}

#[test]
fn supervisors_take_part_where_the_house_lets_them_and_reports_know_how_long() {
    let plugin = set(centre(json!({})), json!({ "supervision": "help", "supervision_basis": "Agreement 7" }));
    let dials = |number: &str, who: &str| plugin.route(call_to(number).from_extension(who)).to_string();
    assert_eq!(dials("*911201", "300"), "reject 404", "the agent speaks with nobody");
    let call = caller(&plugin, "0601", call_to("800").when_dialled("ext:201", answers().staying(secs(300))));
    plugin.wait(secs(15));
    assert_eq!(dials("*911201", "300"), "reject 403", "the agent has not asked for help");
    wish(&plugin, "201", json!({ "help": { "wanted": true } }));
    assert_eq!(dials("*911201", "300"), "listen to 201");
    assert_eq!((dials("*912201", "300"), dials("*913201", "300")), ("whisper to 201".into(), "join 201".into()));
    assert_eq!((dials("*911201", "201"), dials("*914201", "300")), ("reject 403".into(), "pass".into()));
    order(&plugin, json!({ "helped": { "agent": "201" } }));
    assert_eq!(desk(&plugin, "201")["me"]["helper"], "Test");
    assert_eq!(dials("*912201", "300"), "whisper to 201", "also once it is coming");

    let now = plugin.get("/desk").with_extension("201").send().json::<Value>()["now"].as_u64().unwrap();
    plugin.happens(
        "calls/ended",
        &json!({
            "call": "c-1", "caller": { "number": "300", "name": "", "extension": "300" },
            "callee": { "number": "*912201", "name": "" }, "started": now - 9_000, "answered": now - 8_000,
            "ended": now, "cause": "answered",
        }),
    );
    plugin.wait(secs(1));
    let told = serde_json::to_string(&plugin.facts()).unwrap();
    for part in ["Agreement 7", "\"whisper\"", "\"lasted\":8000", "help-request"] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    drop(call);
    let plugin = set(plugin, json!({ "supervision": "off" }));
    assert_eq!(plugin.route(call_to("*911201").from_extension("300")), "reject 403");
}

#[test]
fn supervisors_change_breaks_and_codes_and_name_codes_for_agents() {
    let plugin = set(centre(json!({})), json!({}));
    let refused = |order: Value| plugin.ask("POST", "/overview").with_extension("300").json(&order).send();
    let twice = refused(json!({ "codes": { "list": ["Billing", " Billing "] } }));
    assert_eq!((twice.status, twice.text().contains("twice")), (409, true));
    assert_eq!(refused(json!({ "breaks": { "list": [{ "name": "Nap", "minutes": 9_000 }] } })).status, 409);
    order(&plugin, json!({ "codes": { "list": ["Billing"] } }));
    order(&plugin, json!({ "breaks": { "list": [{ "name": "Nap", "minutes": 10 }] } }));
    let seen = desk(&plugin, "201");
    assert_eq!((&seen["codes"], &seen["breaks"][0]["name"]), (&json!(["Billing"]), &json!("Nap")));

    let call = caller(&plugin, "0601", call_to("800").when_dialled("ext:201", answers().staying(secs(20))));
    plugin.wait(secs(40));
    plugin.finish(call);
    assert_eq!(refused(json!({ "code": { "agent": "201", "code": "Order" } })).status, 409, "no code any more");
    order(&plugin, json!({ "code": { "agent": "201", "code": "Billing" } }));
    assert_eq!(desk(&plugin, "201")["me"]["wrap"]["code"], "Billing");
    order(&plugin, json!({ "break": { "agent": "201", "name": "Nap" } }));
    assert_eq!(desk(&plugin, "201")["me"]["then"], json!({ "break": "Nap" }));
    plugin.wait(secs(60));
    assert_eq!(desk(&plugin, "201")["me"]["state"], json!({ "break": "Nap" }), "once the notes are written");

    order(&plugin, json!({ "codes": { "list": null } }));
    assert_eq!(desk(&plugin, "201")["codes"], json!(["Order", "Complaint", "Service"]));
}

#[test]
fn an_agent_sees_who_has_called_before_and_what_was_noted() {
    let plugin = set(centre(json!({})), json!({}));
    let note = |text: &str| {
        let note = json!({ "number": "0601", "text": text });
        plugin.ask("POST", "/notes").with_extension("201").json(&note).send().status
    };
    assert_eq!(note("too early"), 409, "nobody is in hand");
    let talks = || call_to("800").when_dialled("ext:201", answers().staying(secs(20)));
    let call = caller(&plugin, "0601", talks());
    plugin.wait(secs(30));
    plugin.finish(call);
    assert_eq!(note("Wants an <offer>"), 204);
    wish(&plugin, "201", json!({ "code": { "code": "Order" } }));
    wish(&plugin, "201", json!("ready"));
    plugin.wait(secs(10));
    let seen = plugin.get("/callers/0601").with_extension("201").send();
    let seen: Value = seen.json();
    let visit = &seen["visits"][0];
    assert_eq!(
        (&visit["queue"], &visit["agent"], &visit["code"], &visit["reason"]),
        (&json!("Sales"), &json!("201"), &json!("Order"), &json!("answered")),
        "{seen}"
    );
    assert_eq!((&seen["notes"][0]["text"], &seen["notes"][0]["agent"]), (&json!("Wants an <offer>"), &json!("201")));
    assert_eq!(plugin.get("/callers/0601").with_extension("400").send().status, 403, "nobody else");

    let now = desk(&plugin, "201")["now"].as_u64().unwrap();
    let list = |who: &str, more: &str| {
        let path = format!("/history?from={}&to={}{more}", now - 3_600_000, now + 1);
        plugin.get(&path).with_extension(who).send()
    };
    let rows = |who: &str, more: &str| list(who, more).json::<Value>()["visits"].as_array().map(Vec::len);
    assert_eq!((rows("201", ""), rows("300", "&number=060"), rows("300", "&number=07")), (Some(1), Some(1), Some(0)));
    assert_eq!((rows("201", "&media=voice"), rows("201", "&media=fax")), (Some(1), Some(0)));
    assert_eq!(list("400", "").status, 403);
    order(&plugin, json!({ "assign": { "agent": "201", "bindings": [] } }));
    assert_eq!((rows("201", ""), rows("300", "")), (Some(0), Some(1)), "agents see their own queues");
}

#[test]
fn who_has_spoken_with_a_caller_is_asked_first_next_time() {
    let plugin = centre(json!({ "preferred_days": 7, "best_skill": false }));
    let talks = || {
        call_to("800")
            .when_dialled("ext:201", answers().staying(secs(10)))
            .when_dialled("ext:202", answers().staying(secs(10)))
    };
    let spoke = |number: &str| {
        let call = caller(&plugin, number, talks());
        plugin.wait(secs(30));
        plugin.finish(call).bridged().map(str::to_owned)
    };
    let first = spoke("0601");
    assert!(first.is_some());
    // The other one has been idle for longer now, and takes somebody else.
    assert_ne!(spoke("0602"), first);
    assert_ne!(spoke("0603"), spoke("0604"));
    assert_eq!((spoke("0601"), spoke("0601")), (first.clone(), first));
}
