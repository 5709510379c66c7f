//! A call explained: how it sounds while it lasts and how it sounded, to whoever may know.

use super::*;

#[tokio::test]
async fn a_finished_call_tells_how_it_sounded_to_those_who_were_in_it() {
    let api = Api::new().await;
    api.give_number("anna", "100").await;
    let mut records = api.records(&[("100", "101"), ("102", "103")]);
    for record in &mut records {
        record.answered = Some(record.started + 1);
        record.ended = record.started + 60_001;
    }
    api.store.append_records(&records).await.unwrap();
    let admin = api.signed_in("admin").await;
    let listed = admin.get("/history").await.ok(200);
    assert_eq!(listed["items"][0]["quality"], Value::Null, "nothing is known yet");
    api.store.append_quality(&house::sound::rows(&records)).await.unwrap();
    let listed = admin.get("/history").await.ok(200);
    assert!(listed["items"][0]["quality"]["mos"].as_u64().unwrap() > 100);

    let user = api.signed_in("anna").await;
    let own = user.get(&format!("/calls/{}/explanation", records[0].id)).await.ok(200);
    assert_eq!((own["live"].clone(), own["record"]["id"].clone()), (Value::Null, json!(records[0].id.0)));
    let legs = own["legs"].as_array().unwrap();
    assert_eq!(legs.len(), 2);
    assert_eq!((legs[0]["side"].clone(), legs[0]["codec"].clone()), (json!("caller"), json!("PCMA")));
    user.get(&format!("/calls/{}/explanation", records[1].id)).await.problem(404, "not-found");
    admin.get(&format!("/calls/{}/explanation", records[1].id)).await.ok(200);
    admin.get("/calls/nothing/explanation").await.problem(404, "not-found");
}

#[tokio::test]
async fn what_happened_in_a_call_is_for_admins_and_leaves_the_house_masked() {
    let api = Api::new().await;
    api.give_number("anna", "100").await;
    let records = api.records(&[("100", "101")]);
    api.store.append_records(&records).await.unwrap();
    api.store.append_traces(&house::sound::traces(&records)).await.unwrap();
    let path = format!("/calls/{}/explanation", records[0].id);
    let user = api.signed_in("anna").await;
    assert_eq!(user.get(&path).await.ok(200)["trace"], Value::Null);
    user.get(&format!("{path}/export")).await.problem(403, "not-allowed");

    let admin = api.signed_in("admin").await;
    let whole = admin.get(&path).await.ok(200);
    assert_eq!(whole["trace"]["dialogs"][0]["with"], "100");
    let text = admin.get(&format!("{path}/export")).await;
    assert_eq!(text.headers[header::CONTENT_TYPE], "text/plain; charset=utf-8");
    for kept in ["org.jackfield.dialplan 0.1.0", "192.0.2.14:5060", "SIP <- x00", "ext:x01", "486"] {
        assert!(text.text.contains(kept), "{kept} not in {}", text.text);
    }
    let json = admin.get(&format!("{path}/export?format=json")).await;
    for file in [&text.text, &json.text] {
        assert!(!file.contains("sip:101@") && !file.contains("ext:101") && !file.contains("\"100\""), "{file}");
    }
    let open = admin.get(&format!("{path}/export?numbers=true")).await;
    assert!(open.text.contains("ext:101"));
    let log = admin.get("/audit").await.ok(200);
    let exports = log["items"].as_array().unwrap().iter().filter(|entry| entry["action"] == "call.export").count();
    assert_eq!(exports, 1, "only what leaves the house unmasked is written down");
}

#[tokio::test]
async fn what_would_become_of_a_call_is_told_for_numbers_and_trunks_that_there_are() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let call = json!({"from": "102", "to": "101", "at": 1_924_366_800_000_u64});
    let told = admin.post("/routing/foreseen", call).await.ok(200);
    assert_eq!(told["steps"][0]["kind"], "decided");
    assert_eq!(told["unanswered"][0]["decision"], "run");
    let unknown = json!({"from": "+33123456789", "trunk": "nothing", "to": "101"});
    admin.post("/routing/foreseen", unknown).await.problem(404, "not-found");
    admin.post("/routing/foreseen", json!({"from": "", "to": "101"})).await.problem(422, "invalid");
}
