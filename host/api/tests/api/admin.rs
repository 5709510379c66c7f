//! What an admin does: people, extensions, calls, history, plugins; and that it is remembered.

use super::*;
use jackfield_api::Telephony;

#[tokio::test]
async fn people_are_added_changed_deleted_and_brought_back() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let new = json!({"login": "dora", "name": " Dora ", "role": "user", "language": "fr"});
    let made = admin.post("/users", new.clone()).await.ok(201);
    assert_eq!((&made["user"]["name"], &made["user"]["language"]), (&json!("Dora"), &json!("fr")));
    let path = format!("/users/{}", made["user"]["id"]);
    assert_eq!(admin.post("/users", new).await.problem(409, "taken"), ["/login taken"]);
    let bad = json!({"login": "a b", "name": "", "role": "user"});
    assert_eq!(admin.post("/users", bad).await.problem(422, "invalid"), ["/login space", "/name empty"]);
    admin.post("/users", json!({"login": "x", "name": "X", "role": "king"})).await.problem(400, "malformed");
    admin.post("/users", json!({"login": "x", "name": "X", "role": "user", "id": 3})).await.problem(400, "malformed");

    let changed = admin.send("PATCH", &path, Some(json!({"role": "admin"}))).await.ok(200);
    assert_eq!((&changed["role"], &changed["login"]), (&json!("admin"), &json!("dora")));
    admin.send("DELETE", &path, None).await.ok(204);
    admin.get(&path).await.problem(404, "not-found");
    assert_eq!(admin.post(&format!("{path}/restore"), json!({})).await.ok(200)["role"], "admin");
    assert_eq!(admin.get(&path).await.ok(200)["login"], "dora");

    let me = admin.get("/session").await.ok(200)["user"]["id"].clone();
    admin.send("DELETE", &format!("/users/{me}"), None).await.problem(409, "conflict");
    admin.send("DELETE", &path, None).await.ok(204);
    let demote = admin.send("PATCH", &format!("/users/{me}"), Some(json!({"role": "user"}))).await;
    assert_eq!(demote.problem(409, "conflict"), ["/role last-admin"]);
}

#[tokio::test]
async fn an_extension_gets_a_password_that_is_shown_once_and_calls_hear_of_every_change() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let mut events = api.bus.subscribe();
    let owner = admin.get("/users?q=anna").await.ok(200)["items"][0]["id"].clone();
    let new = json!({"number": "1 00", "name": "Reception", "owner": owner});
    let made = admin.post("/extensions", new.clone()).await.ok(201);
    assert_eq!((&made["account"]["user"], &made["extension"]["owner_name"]), (&json!("100"), &json!("ANNA")));
    let password = made["account"]["password"].as_str().unwrap();
    let stored = api.store.extension(&"100".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(stored.ha1, Some(jackfield_store::SipPassword::chosen(password).ha1("100", "jackfield")));
    assert!(!admin.get("/extensions/100").await.text.contains("ha1"), "secrets stay in the store");
    assert_eq!(admin.post("/extensions", new).await.problem(409, "taken"), ["/number taken"]);
    let bad = json!({"number": "abc", "name": "x", "static_contact": "mailto:x"});
    let codes = admin.post("/extensions", bad).await.problem(422, "invalid");
    assert_eq!(codes, ["/number not-a-number", "/static_contact not-a-sip-uri"]);
    let nobody = json!({"number": "105", "name": "x", "owner": 999});
    assert_eq!(admin.post("/extensions", nobody).await.problem(422, "invalid"), ["/owner unknown"]);

    assert_eq!(made["extension"]["call_waiting"], true);
    let patch =
        json!({"owner": null, "static_contact": "sip:gate@192.0.2.9", "call_waiting": false, "encryption": "required"});
    let changed = admin.send("PATCH", "/extensions/100", Some(patch)).await.ok(200);
    assert_eq!((&changed["owner"], &changed["name"]), (&Value::Null, &json!("Reception")));
    assert_eq!(changed["static_contact"], "sip:gate@192.0.2.9");
    let now = admin.get("/extensions/100").await.ok(200);
    assert_eq!((&now["call_waiting"], &now["encryption"]), (&json!(false), &json!("required")));
    let renewed = admin.post("/extensions/100/password", json!({})).await.ok(200);
    assert_ne!(renewed["password"], password);
    admin.send("DELETE", "/extensions/100", None).await.ok(204);
    admin.send("DELETE", "/extensions/100", None).await.problem(404, "not-found");
    admin.post("/extensions/100/restore", json!({})).await.ok(200);
    assert_eq!(admin.get("/extensions?q=recep").await.ok(200)["total"], 1);

    assert_eq!(api.house.counters()["directory_reloads"], 5, "create, update, password, delete, restore");
    let mut told = 0;
    while let Ok(event) = events.try_recv() {
        told += u32::from(event.kind == EventKind::DirectoryChanged);
    }
    assert_eq!(told, 5);
}

#[tokio::test]
async fn every_act_is_in_the_audit_log_without_secrets() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let made = admin.post("/extensions", json!({"number": "100", "name": "Reception"})).await.ok(201);
    let renewed = admin.post("/extensions/100/password", json!({})).await.ok(200);
    admin.post("/plugins/org.jackfield.auto-attendant/disable", json!({})).await.ok(200);
    admin.send("PUT", "/plugins/org.jackfield.dialplan/settings", Some(json!({"ring_seconds": 45}))).await.ok(200);
    let log = admin.get("/audit").await;
    assert!(!log.text.contains(made["account"]["password"].as_str().unwrap()));
    assert!(!log.text.contains(renewed["password"].as_str().unwrap()));
    let entries = log.ok(200)["items"].as_array().unwrap().clone();
    let acts: Vec<_> = entries.iter().map(|e| (e["action"].as_str().unwrap(), e["target"].as_str().unwrap())).collect();
    assert_eq!(
        acts,
        [
            ("plugin.settings", "org.jackfield.dialplan"),
            ("plugin.disable", "org.jackfield.auto-attendant"),
            ("extension.password", "100"),
            ("extension.create", "100"),
            ("session.create", "admin"),
        ]
    );
    assert_eq!((&entries[0]["actor"], &entries[0]["source"]), (&json!("admin"), &json!("192.0.2.1")));
    assert_eq!(entries[0]["detail"]["changed"], json!(["announce", "echo_number", "ring_seconds"]));

    let first = admin.get("/audit?limit=2").await.ok(200);
    let second = admin.get(&format!("/audit?limit=2&after={}", first["next"].as_str().unwrap())).await.ok(200);
    assert_eq!(second["items"][0]["action"], "extension.password");
    admin.get("/audit?after=nonsense").await.problem(400, "malformed");
}

#[tokio::test]
async fn a_call_is_hung_up_once() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let call = house::call(1, house::party("100", ""), house::party("101", ""), CallState::Talking, 5);
    api.house.set_call(5, call.clone());
    let path = format!("/calls/{}", call.id);
    admin.send("DELETE", &path, None).await.ok(204);
    admin.send("DELETE", &path, None).await.problem(404, "not-found");
    assert_eq!(admin.get("/calls").await.ok(200), json!([]));
}

#[tokio::test]
async fn history_is_filtered_paged_and_exported() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let pairs: Vec<_> = (0..2_500).map(|n| if n % 2 == 0 { ("100", "101") } else { ("102", "103") }).collect();
    api.store.append_records(&api.records(&pairs)).await.unwrap();
    let page = admin.get("/history?q=102&limit=500").await.ok(200);
    assert_eq!(page["items"].as_array().unwrap().len(), 500);
    let next = admin.get(&format!("/history?q=102&limit=500&after={}", page["next"].as_str().unwrap())).await.ok(200);
    assert!(next["items"][0]["started"].as_u64() < page["items"][499]["started"].as_u64());
    assert_eq!(admin.get("/history?outcome=answered").await.ok(200)["items"], json!([]));
    admin.get("/history?direction=sideways").await.problem(400, "malformed");

    let table = admin.get("/history/export?q=102").await;
    assert_eq!(table.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    assert_eq!(table.text.lines().count(), 1 + 1_250, "over more than one page of the database");
    assert!(table.text.lines().nth(1).unwrap().contains(",internal,102,,103,,,2025-11-24T"), "{:.300}", table.text);
}

#[tokio::test]
async fn plugins_are_switched_ordered_set_up_and_removed() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let ids = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|p| p["id"].as_str().unwrap().to_owned()).collect()
    };
    let list = admin.get("/plugins").await.ok(200);
    assert_eq!(list[2]["state"], "resting");
    let routing = ["org.jackfield.dialplan", "org.jackfield.auto-attendant", "com.example.night-desk"];
    let ordered = admin.send("PUT", "/plugins/order", Some(json!({"ids": routing}))).await.ok(200);
    assert_eq!(ids(&ordered)[..3], routing);
    admin.send("PUT", "/plugins/order", Some(json!({"ids": ["x"]}))).await.problem(409, "conflict");

    let off = admin.post("/plugins/org.jackfield.dialplan/disable", json!({})).await.ok(200);
    assert_eq!((&off["enabled"], &off["state"]), (&json!(false), &json!("disabled")));
    admin.post("/plugins/com.example.crm/enable", json!({})).await.problem(409, "conflict");
    let asked = admin.get("/plugins/com.example.crm/permissions").await.ok(200);
    assert_eq!(asked[1], json!({"capability": "call.recording", "sentence": "Records callers.", "granted": false}));
    admin.post("/plugins/com.example.crm/approve", json!({})).await.ok(200);
    admin.post("/plugins/com.example.crm/enable", json!({})).await.ok(200);

    let path = "/plugins/org.jackfield.dialplan/settings";
    let bad = admin.send("PUT", path, Some(json!({"ring_seconds": 1}))).await;
    assert_eq!(bad.problem(422, "invalid"), ["/ring_seconds invalid"]);
    assert_eq!(admin.get(path).await.ok(200)["values"]["ring_seconds"], 30);
    assert_eq!(admin.get("/plugins/org.jackfield.dialplan/log?limit=1").await.ok(200)[0]["level"], "error");
    for path in ["", "/settings", "/permissions", "/log"] {
        admin.get(&format!("/plugins/none{path}")).await.problem(404, "not-found");
    }
    admin.send("DELETE", "/plugins/com.example.survey?erase_data=true", None).await.ok(204);
    admin.get("/plugins/com.example.survey").await.problem(404, "not-found");
}

#[tokio::test]
async fn a_package_is_looked_at_before_it_is_installed() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let package = json!({"id": "com.example.new", "name": "New", "version": "2.0.0"}).to_string();
    let upload = |path: &str, body: String| {
        let request = Request::builder().method("POST").uri(format!("/api/v1{path}")).header("x-jackfield", "1");
        request.header(header::CONTENT_TYPE, "application/octet-stream").body(Body::from(body)).unwrap()
    };
    let preview = admin.raw(upload("/plugins/inspect", package.clone())).await.ok(200);
    assert_eq!((&preview["version"], &preview["replaces"]), (&json!("2.0.0"), &Value::Null));
    assert_eq!(preview["permissions"][1]["sentence"], "Records callers.");
    admin.raw(upload("/plugins", package.clone())).await.problem(409, "conflict");
    admin.raw(upload("/plugins?approve=true&digest=other", package.clone())).await.problem(409, "conflict");
    let path = format!("/plugins?approve=true&digest={}", preview["digest"].as_str().unwrap());
    admin.raw(upload(&path, package.clone())).await.problem(422, "invalid");
    assert_eq!(preview["signer"]["confirm"], true);
    let path = format!("{path}&trust_key={}", preview["signer"]["fingerprint"].as_str().unwrap());
    assert_eq!(admin.raw(upload(&path, package)).await.ok(201)["id"], "com.example.new");
    admin.raw(upload("/plugins/inspect", "PK".into())).await.problem(422, "invalid");
    admin.raw(upload("/plugins/inspect", "x".repeat(33 << 20))).await.problem(413, "too-large");
    let huge = json!({"login": "x".repeat(100_000), "name": "x", "role": "user"});
    admin.post("/users", huge).await.problem(413, "too-large");
}

#[tokio::test]
async fn a_version_on_trial_gets_its_share_and_is_put_in_place_or_given_up() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let plugin = "/plugins/org.jackfield.dialplan";
    let trial = format!("{plugin}/trial");
    let found = admin.get(&trial).await.ok(200);
    assert_eq!((&found["replay"]["asked"], &found["decided"]), (&json!(420), &json!(21)));
    let share = admin.send("PUT", &trial, Some(json!({"share": 20}))).await.ok(200);
    assert_eq!(share["trial"]["share"], 20);
    admin.send("PUT", &trial, Some(json!({"share": -1}))).await.problem(400, "malformed");
    admin.send("PUT", "/plugins/none/trial", Some(json!({"share": 5}))).await.problem(404, "not-found");
    let adopted = admin.post(&format!("{trial}/adopt"), json!({})).await.ok(200);
    assert_eq!((&adopted["version"], &adopted["trial"]), (&json!("0.2.0"), &Value::Null));
    admin.get(&trial).await.problem(404, "not-found");
    admin.send("DELETE", &trial, None).await.problem(409, "conflict");
    let log = admin.get("/audit").await.ok(200);
    let acts: Vec<_> = log["items"].as_array().unwrap().iter().map(|e| e["action"].as_str().unwrap()).collect();
    assert!(acts.contains(&"plugin.trial-share") && acts.contains(&"plugin.trial-adopt"), "{acts:?}");
}

#[tokio::test]
async fn an_input_that_was_set_aside_is_given_again_or_thrown_away() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let inputs = "/plugins/com.example.night-desk/inputs";
    let all = admin.get(inputs).await.ok(200);
    assert_eq!((&all[0]["key"], &all[0]["kind"], &all[0]["of"]), (&json!("gate"), &json!("timer"), &json!("lock")));
    let which = json!({"key": "gate", "name": all[0]["name"]});
    admin.post(&format!("{inputs}/retry"), which.clone()).await.ok(204);
    assert_eq!(admin.get(inputs).await.ok(200), json!([]));
    admin.post(&format!("{inputs}/discard"), which).await.problem(404, "not-found");
    let log = admin.get("/audit").await.ok(200);
    assert_eq!(
        (&log["items"][0]["action"], &log["items"][0]["detail"]["key"]),
        (&json!("plugin.input-retry"), &json!("gate"))
    );
}

#[tokio::test]
async fn publishers_are_trusted_revoked_and_forgotten() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let keys = admin.get("/publisher-keys").await.ok(200);
    assert_eq!((&keys[0]["name"], &keys[0]["plugins"]), (&json!("Example Ltd"), &json!(["com.example.crm"])));
    let known = format!("/publisher-keys/{}", keys[0]["fingerprint"].as_str().unwrap());
    admin.send("DELETE", &known, None).await.problem(409, "conflict");
    let revoked = admin.post(&format!("{known}/revoke"), json!({"disable_plugins": true})).await.ok(200);
    assert!(revoked["revoked"].is_number());
    assert_eq!(admin.get("/plugins/com.example.crm").await.ok(200)["enabled"], false);
    admin.post("/publisher-keys", json!({"key": "ab".repeat(32), "name": " "})).await.problem(422, "invalid");
    admin.post("/publisher-keys", json!({"key": "ab", "name": "X"})).await.problem(409, "conflict");
    let new = admin.post("/publisher-keys", json!({"key": "ab".repeat(32), "name": "New"})).await.ok(201);
    let path = format!("/publisher-keys/{}", new["fingerprint"].as_str().unwrap());
    admin.send("DELETE", &path, None).await.ok(204);
    admin.send("DELETE", &path, None).await.problem(404, "not-found");
    admin.post("/publisher-keys/none/revoke", json!({})).await.problem(404, "not-found");

    let plugin = "/plugins/org.jackfield.dialplan";
    assert!(admin.post(&format!("{plugin}/unpin"), json!({})).await.ok(200)["signer"].is_null());
    let versions = admin.get(&format!("{plugin}/versions")).await.ok(200);
    assert_eq!(versions[1], json!({"version": "0.0.9", "current": false}));
    let back = admin.post(&format!("{plugin}/roll-back"), json!({"version": "0.0.9"})).await.ok(200);
    assert_eq!(back["version"], "0.0.9");
    admin.post(&format!("{plugin}/roll-back"), json!({"version": "7.0.0"})).await.problem(422, "invalid");

    let log = admin.get("/audit").await.ok(200);
    let acts: Vec<_> = log["items"].as_array().unwrap().iter().map(|e| e["action"].as_str().unwrap()).collect();
    for act in
        ["plugin.roll-back", "plugin.unpin", "publisher-key.delete", "publisher-key.trust", "publisher-key.revoke"]
    {
        assert!(acts.contains(&act), "{act} is not in {acts:?}");
    }
}

#[tokio::test]
async fn what_is_not_there_says_so_and_every_answer_is_safe_to_hold() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let answer = admin.get("/nothing").await;
    answer.problem(404, "not-found");
    assert_eq!(answer.headers[header::CONTENT_SECURITY_POLICY], "default-src 'none'; frame-ancestors 'none'");
    assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    admin.send("PUT", "/users", Some(json!({}))).await.problem(405, "wrong-method");
    api.browser().get("/health").await.ok(204);
    let system = admin.get("/system").await.ok(200);
    assert_eq!((&system["version"], &system["realm"]), (&json!("1.2.3"), &json!("jackfield")));
    let old = Request::builder().uri("/api/v0/users").body(Body::empty()).unwrap();
    admin.raw(old).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_profile_is_ones_own() {
    let api = Api::new().await;
    let anna = api.signed_in("anna").await;
    let changed = anna.send("PATCH", "/me", Some(json!({"language": "de", "name": "Anna B"}))).await.ok(200);
    assert_eq!(
        (&changed["language"], &changed["name"], &changed["role"]),
        (&json!("de"), &json!("Anna B"), &json!("user"))
    );
    anna.send("PATCH", "/me", Some(json!({"role": "admin"}))).await.problem(400, "malformed");
    assert_eq!(anna.get("/session").await.ok(200)["user"]["name"], "Anna B");
}

#[tokio::test]
async fn a_ban_is_listed_and_lifted_and_that_is_remembered() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    assert_eq!(admin.get("/bans").await.ok(200), json!([]));
    let source = "2001:db8::".parse().unwrap();
    api.house.set_ban(Ban { source, since: 1, until: 2, offences: 15, last: Offence::WrongPassword, spared: 1 });
    assert_eq!(admin.get("/bans").await.ok(200)[0]["last"], "wrong-password");
    admin.send("DELETE", "/bans/2001:db8::", None).await.ok(204);
    admin.send("DELETE", "/bans/2001:db8::", None).await.problem(404, "not-found");
    admin.send("DELETE", "/bans/nonsense", None).await.problem(404, "not-found");
    let log = admin.get("/audit").await.ok(200);
    assert_eq!((&log["items"][0]["action"], &log["items"][0]["target"]), (&json!("ban.lift"), &json!("2001:db8::")));
}

#[tokio::test]
async fn everybody_says_where_they_are_and_an_admin_for_anybody() {
    let api = Api::new().await;
    api.give_number("anna", "100").await;
    let (admin, anna, bruno) =
        (api.signed_in("admin").await, api.signed_in("anna").await, api.signed_in("bruno").await);
    let put = async |browser: &Browser, path: &str, body: Value| browser.send("PUT", path, Some(body)).await;
    assert_eq!(anna.get("/me/availability").await.ok(200)["state"], "office");

    let later = api.now() + 60_000;
    let away = json!({ "state": "meeting", "note": " Room 4 ", "until": later });
    let set = put(&anna, "/me/availability", away).await.ok(200);
    assert_eq!((&set["note"], &set["until"], &set["since"]), (&json!("Room 4"), &json!(later), &json!(api.now())));
    let seen = async |browser: &Browser| browser.get("/people?q=100").await.ok(200)["items"][0]["availability"].clone();
    assert_eq!(seen(&bruno).await["note"], "Room 4");
    assert_eq!(api.store.availabilities().await.unwrap()[0].1.state, AvailabilityState::Meeting);

    put(&anna, "/me/availability", json!({ "state": "sick", "note": "Flu", "hide_detail": true })).await.ok(200);
    assert_eq!((&seen(&bruno).await["state"], &seen(&bruno).await["note"]), (&json!("sick"), &json!("")));
    assert_eq!((&seen(&anna).await["note"], &seen(&admin).await["note"]), (&json!("Flu"), &json!("Flu")));

    for (body, wrong) in [
        (json!({ "state": "meeting", "until": api.now() }), "/until not-to-come"),
        (json!({ "state": "meeting", "until": u64::MAX }), "/until not-to-come"),
        (json!({ "state": "meeting", "note": "x".repeat(121) }), "/note too-long"),
        (json!({ "state": "meeting", "note": "a\nb" }), "/note control-characters"),
    ] {
        assert_eq!(put(&anna, "/me/availability", body).await.problem(422, "invalid"), [wrong]);
    }
    assert!(put(&anna, "/me/availability", json!({ "state": "asleep" })).await.status.is_client_error());

    let id = api.store.credentials("anna").await.unwrap().unwrap().user.id;
    let vacation = json!({ "state": "vacation" });
    let set = put(&admin, &format!("/users/{id}/availability"), vacation.clone()).await.ok(200);
    assert_eq!((&set["state"], &set["hide_detail"]), (&json!("vacation"), &json!(true)), "what they hide stays hidden");
    put(&admin, "/extensions/100/availability", json!({ "state": "lunch" })).await.ok(200);
    assert_eq!(anna.get("/me/availability").await.ok(200)["state"], "lunch", "a number shows its owner");
    put(&admin, "/users/999/availability", vacation.clone()).await.problem(404, "not-found");
    put(&admin, "/extensions/999/availability", vacation).await.problem(404, "not-found");
    let audit = admin.get("/audit").await.ok(200).to_string();
    assert!(audit.contains("user.availability") && audit.contains("extension.availability"), "{audit}");

    admin.post("/extensions/100/check-sync", json!({})).await.problem(409, "conflict");
    api.house.register(1, "100", "phone");
    let asked = admin.post("/extensions/100/check-sync", json!({ "reboot": true })).await.ok(202);
    assert_eq!(asked["phones"], 1);
}

#[tokio::test]
async fn everybody_calls_by_their_own_phone_and_an_admin_by_any() {
    let api = Api::new().await;
    api.give_number("anna", "100").await;
    let (admin, anna, bruno) =
        (api.signed_in("admin").await, api.signed_in("anna").await, api.signed_in("bruno").await);
    anna.post("/calls", json!({ "to": "101" })).await.problem(409, "conflict");
    api.house.register(api.now(), "100", "A phone");
    assert!(anna.post("/calls", json!({ "to": "+49 30 1234" })).await.ok(202)["id"].is_string());
    assert_eq!(anna.post("/calls", json!({ "to": "nobody" })).await.problem(422, "invalid"), ["/to not-a-number"]);
    anna.post("/calls", json!({ "to": "101", "from": "102" })).await.problem(403, "not-allowed");
    bruno.post("/calls", json!({ "to": "101" })).await.problem(409, "conflict");
    admin.post("/calls", json!({ "to": "101", "from": "100" })).await.ok(202);
    let log = admin.get("/audit").await.ok(200);
    assert_eq!((&log["items"][0]["action"], &log["items"][0]["target"]), (&json!("call.start"), &json!("100")));
}
