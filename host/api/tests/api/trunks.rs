//! Trunks: those of the configuration file are shown, others are set up, and their passwords stay inside.

use super::*;
use jackfield_model::{TrunkFault, TrunkServer, TrunkSettings, TrunkState, TrunkStatus};

fn settings(name: &str) -> TrunkSettings {
    let text = json!({ "name": name, "servers": ["sip:carrier.example"], "user": "acme", "password": "of the file" });
    serde_json::from_value(text).unwrap()
}

fn status(name: &str) -> TrunkStatus {
    let server = TrunkServer { address: "UDP 192.0.2.1:5060".into(), host: "carrier.example".into(), answers: false };
    TrunkStatus {
        name: name.into(),
        state: TrunkState::Down,
        trouble: Some(TrunkFault::ServersSilent.into()),
        since: 1,
        registered_until: None,
        servers: vec![server],
        calls: 0,
        channels: Some(4),
    }
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|trunk| trunk["settings"]["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn trunks_of_the_file_are_listed_and_cannot_be_changed_here() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    assert_eq!(admin.get("/trunks").await.ok(200), json!([]));
    api.house.set_trunks(vec![(settings("carrier"), Some(status("carrier")))]);
    let list = admin.get("/trunks").await;
    assert!(!list.text.contains("of the file"), "{list:?}");
    let trunk = list.ok(200)[0].clone();
    assert_eq!((&trunk["from_file"], &trunk["has_password"]), (&json!(true), &json!(true)));
    let stands = &trunk["status"];
    assert_eq!((&stands["state"], &stands["trouble"]["fault"]), (&json!("down"), &json!("servers-silent")));

    let new = json!({ "name": "carrier", "servers": ["sip:x.example"] });
    assert_eq!(admin.post("/trunks", new.clone()).await.problem(409, "taken"), ["/name taken"]);
    admin.send("PUT", "/trunks/carrier", Some(new)).await.problem(409, "conflict");
    admin.send("DELETE", "/trunks/carrier", None).await.problem(409, "conflict");
    admin.post("/trunks/carrier/disable", json!({})).await.problem(409, "conflict");
    assert_eq!(admin.post("/trunks/carrier/check", json!({})).await.ok(200)["finished"], true);
}

#[tokio::test]
async fn a_trunk_is_added_changed_switched_and_deleted_and_used_at_once() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let mut events = api.bus.subscribe();
    let new = json!({
        "name": "office", "servers": ["sip:carrier.example"], "user": "acme", "password": "open sesame",
        "register": "single", "session_timer": "required", "session_interval": 600,
        "numbers": [{ "first": "+4930123000", "last": "+4930123099", "to": "100", "count_on": true }],
    });
    let made = admin.post("/trunks", new.clone()).await;
    assert!(!made.text.contains("sesame"), "{made:?}");
    let made = made.ok(201);
    assert_eq!((&made["status"]["state"], &made["has_password"]), (&json!("up"), &json!(true)));
    assert_eq!(made["settings"]["expires"], 600, "what is not said has its default");
    assert_eq!(admin.post("/trunks", new.clone()).await.problem(409, "taken"), ["/name taken"]);
    let kept = || async { api.store.trunk("office").await.unwrap().unwrap().password.map(|p| p.reveal().to_owned()) };
    assert_eq!(kept().await.as_deref(), Some("open sesame"));

    // What comes back is what was read, without the password: it stays.
    let mut change = made["settings"].clone();
    change["channels"] = json!(7);
    let changed = admin.send("PUT", "/trunks/office", Some(change.clone())).await.ok(200);
    assert_eq!((&changed["status"]["channels"], &changed["has_password"]), (&json!(7), &json!(true)));
    assert_eq!(kept().await.as_deref(), Some("open sesame"));
    change["password"] = json!("another one");
    admin.send("PUT", "/trunks/office", Some(change.clone())).await.ok(200);
    assert_eq!(kept().await.as_deref(), Some("another one"));
    change["password"] = json!("");
    let without = admin.send("PUT", "/trunks/office", Some(change.clone())).await.ok(200);
    assert_eq!((&without["has_password"], kept().await), (&json!(false), None));

    let off = admin.post("/trunks/office/disable", json!({})).await.ok(200);
    assert_eq!((&off["settings"]["enabled"], &off["status"]), (&json!(false), &Value::Null));
    admin.post("/trunks/office/check", json!({})).await.problem(409, "conflict");
    assert_eq!(admin.post("/trunks/office/enable", json!({})).await.ok(200)["status"]["state"], "up");

    admin.post("/trunks", json!({ "name": "other", "servers": ["sip:192.0.2.9"] })).await.ok(201);
    change["name"] = json!("other");
    assert_eq!(admin.send("PUT", "/trunks/office", Some(change.clone())).await.problem(409, "taken"), ["/name taken"]);
    change["name"] = json!("head-office");
    admin.send("PUT", "/trunks/office", Some(change)).await.ok(200);
    assert_eq!(names(&admin.get("/trunks").await.ok(200)), ["head-office", "other"]);
    admin.send("DELETE", "/trunks/head-office", None).await.ok(204);
    admin.send("DELETE", "/trunks/head-office", None).await.problem(404, "not-found");
    admin.post("/trunks/head-office/check", json!({})).await.problem(404, "not-found");

    let mut told = 0;
    while let Ok(event) = events.try_recv() {
        told += u32::from(event.kind == EventKind::TrunksChanged);
    }
    assert_eq!(told, 9, "every change is put to use");
    let log = admin.get("/audit").await;
    assert!(!log.text.contains("sesame") && !log.text.contains("another one"));
    let entries = log.ok(200)["items"].as_array().unwrap().clone();
    let acts: Vec<_> = entries.iter().rev().skip(1).map(|entry| entry["action"].as_str().unwrap()).collect();
    let expected = ["create", "update", "update", "update", "disable", "enable", "create", "update", "delete"]
        .map(|act| format!("trunk.{act}"));
    assert_eq!(acts, expected);
    let changed = |entry: &Value| entry["detail"]["changed"].clone();
    assert_eq!((changed(&entries[7]), changed(&entries[6])), (json!(["channels"]), json!(["password"])));
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_with_its_field() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let wrong = json!({
        "name": "an office", "servers": ["sip:a.example", "carrier"], "expires": 5, "register": "single",
        "numbers": [{ "first": "030100" }],
    });
    let codes = admin.post("/trunks", wrong).await.problem(422, "invalid");
    let told = ["name not-a-name", "servers/1 not-a-server", "expires out-of-range", "numbers/0/first not-e164"];
    assert_eq!(
        codes,
        [&told[..], &["user user-to-register"]].concat().iter().map(|e| format!("/{e}")).collect::<Vec<_>>()
    );
    admin.post("/trunks", json!({ "name": "a", "servers": ["sip:a"], "colour": 1 })).await.problem(400, "malformed");
    admin.post("/trunks", json!({ "name": "a", "servers": ["sip:a"], "register": 1 })).await.problem(400, "malformed");
    assert_eq!(admin.get("/trunks").await.ok(200), json!([]));
}

#[tokio::test]
async fn a_house_has_so_many_trunks_and_no_more() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    for n in 0..jackfield_calls::TrunkConfig::MOST {
        api.store.create_trunk(&settings(&format!("t{n}")), 1).await.unwrap();
    }
    let one_more = json!({ "name": "more", "servers": ["sip:a"] });
    admin.post("/trunks", one_more).await.problem(409, "conflict");
}

#[tokio::test]
async fn trunks_are_tried_in_the_order_that_an_admin_sets() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    // A trunk may have any name.
    for name in ["one", "order", "three"] {
        admin.post("/trunks", json!({ "name": name, "servers": ["sip:192.0.2.9"] })).await.ok(201);
    }
    let mut events = api.bus.subscribe();
    let order = |names: &[&str]| json!({ "names": names });
    let set = admin.send("PUT", "/trunk-order", Some(order(&["three", "one", "order"]))).await.ok(200);
    assert_eq!(names(&set), ["three", "one", "order"]);
    assert_eq!(names(&admin.get("/trunks").await.ok(200)), ["three", "one", "order"]);
    assert_eq!(events.try_recv().unwrap().kind, EventKind::TrunksChanged, "it is put to use");
    for wrong in [&["three", "one"][..], &["three", "one", "one"], &["three", "one", "order", "four"]] {
        admin.send("PUT", "/trunk-order", Some(order(wrong))).await.problem(409, "conflict");
    }
    let log = admin.get("/audit").await.ok(200);
    assert_eq!(log["items"][0]["action"], "trunk.order");
    assert_eq!(log["items"][0]["detail"]["names"], json!(["three", "one", "order"]));

    // Those of the file come first, and are none of the order; a new one comes last.
    api.house.set_trunks(vec![(settings("carrier"), Some(status("carrier"))), (settings("one"), Some(status("one")))]);
    admin.send("PUT", "/trunk-order", Some(order(&["order", "three"]))).await.ok(200);
    admin.post("/trunks", json!({ "name": "last", "servers": ["sip:192.0.2.9"] })).await.ok(201);
    assert_eq!(names(&admin.get("/trunks").await.ok(200)), ["carrier", "one", "order", "three", "last"]);
    let anna = api.signed_in("anna").await;
    anna.send("PUT", "/trunk-order", Some(order(&["three", "order", "last"]))).await.problem(403, "not-allowed");
}
