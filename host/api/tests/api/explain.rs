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
