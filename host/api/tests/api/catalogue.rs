//! Plugins from a registry: listed, looked at, installed, updated.

use super::{Api, registry};
use serde_json::{Value, json};

#[tokio::test]
async fn a_plugin_is_found_looked_at_and_installed() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let empty = admin.get("/catalogue").await.ok(200);
    assert_eq!(empty["plugins"], json!([]));
    let missing = admin.post("/catalogue/refresh", json!({})).await.ok(200);
    assert!(missing["sources"][0]["fault"].as_str().unwrap().contains("index.json"), "{missing}");
    assert_eq!(missing["sources"][0]["read"], Value::Null);

    registry::fill(&api.folder.path().join("registry"));
    let listed = admin.post("/catalogue/refresh", json!({})).await.ok(200);
    assert_eq!(listed["sources"][0]["fault"], Value::Null);
    let ids: Vec<_> = listed["plugins"].as_array().unwrap().iter().map(|plugin| plugin["id"].clone()).collect();
    assert_eq!(ids, ["com.example.crm", "com.example.door", "com.example.hotel"]);
    let crm = &listed["plugins"][0];
    assert_eq!(crm["update"], "9.1.0", "{crm}");
    assert!(crm["installed"].is_string());
    assert_eq!(listed["plugins"][1]["update"], Value::Null, "what is not installed is no update");

    let door = "/catalogue/com.example.door/0.9.0";
    admin.post(&format!("{door}/install?approve=true"), json!({})).await.problem(409, "conflict");
    let preview = admin.post(&format!("{door}/inspect"), json!({})).await.ok(200);
    assert_eq!(preview["name"], "Door opener");
    let digest = preview["digest"].as_str().unwrap();
    let key = preview["signer"]["fingerprint"].as_str().unwrap();
    admin.post(&format!("{door}/install?approve=true&digest={digest}"), json!({})).await.problem(422, "invalid");
    let path = format!("{door}/install?approve=true&digest={digest}&trust_key={key}");
    assert_eq!(admin.post(&path, json!({})).await.ok(201)["version"], "0.9.0");
    let audit = admin.get("/audit?limit=1").await.ok(200);
    assert_eq!(
        (&audit["items"][0]["action"], &audit["items"][0]["detail"]["from"]),
        (&json!("plugin.install"), &json!("catalogue"))
    );
    assert_eq!(admin.get("/catalogue").await.ok(200)["plugins"][1]["installed"], "0.9.0");
    admin.post("/catalogue/com.example.door/3.0.0/inspect", json!({})).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_package_that_is_not_what_the_registry_lists_is_refused() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let folder = api.folder.path().join("registry");
    registry::fill(&folder);
    admin.post("/catalogue/refresh", json!({})).await.ok(200);
    std::fs::write(folder.join("door-0.9.0.jackfield"), "other").unwrap();
    let said = admin.post("/catalogue/com.example.door/0.9.0/inspect", json!({})).await;
    said.problem(422, "invalid");
    assert!(said.text.contains("publish it again"), "{said:?}");
    std::fs::remove_file(folder.join("door-0.9.0.jackfield")).unwrap();
    admin.post("/catalogue/com.example.door/0.9.0/inspect", json!({})).await.problem(502, "unreachable");

    // A package of one plugin in the place of another.
    let index = std::fs::read_to_string(folder.join("index.json")).unwrap();
    std::fs::write(folder.join("index.json"), index.replace("com.example.hotel", "com.example.motel")).unwrap();
    admin.post("/catalogue/refresh", json!({})).await.ok(200);
    let said = admin.post("/catalogue/com.example.motel/2.0.0/inspect", json!({})).await;
    said.problem(422, "invalid");
    assert!(said.text.contains("com.example.hotel"), "{said:?}");
}
