//! Conferences in progress, as an administrator sees and changes them.

use super::*;

#[tokio::test]
async fn an_admin_sees_mutes_adds_removes_locks_and_ends_and_it_is_remembered() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    assert_eq!(admin.get("/conferences").await.ok(200), json!([]));
    api.house.set_conference(1, house::conference(1_000_000));
    let list = admin.get("/conferences").await.ok(200);
    assert_eq!((&list[0]["title"], &list[0]["speaker"]), (&json!("Monday round"), &json!(1)));

    let member = "/conferences/1/members/3";
    let changed = admin.send("PATCH", member, Some(json!({"muted": true, "gain": 200}))).await.ok(200);
    assert_eq!((&changed["members"][2]["muted"], &changed["members"][2]["gain"]), (&json!(true), &json!(200)));
    let bad = admin.send("PATCH", member, Some(json!({"gain": 401}))).await.problem(422, "invalid");
    assert_eq!(bad, ["/gain out-of-range"]);
    let changed = admin.send("PATCH", "/conferences/1", Some(json!({"locked": true, "muted": true}))).await.ok(200);
    assert_eq!((&changed["locked"], &changed["members"][0]["muted"]), (&json!(true), &json!(false)), "not moderators");
    let ends = changed["ends"].as_u64().unwrap();
    let longer = admin.send("PATCH", "/conferences/1", Some(json!({"extend_minutes": 15}))).await.ok(200);
    assert_eq!(longer["ends"], ends + 900_000);
    let bad = admin.send("PATCH", "/conferences/1", Some(json!({"extend_minutes": 0}))).await.problem(422, "invalid");
    assert_eq!(bad, ["/extend_minutes out-of-range"]);

    let added = admin.post("/conferences/1/members", json!({"number": "1 07"})).await.ok(202);
    assert!(added["call"].as_str().unwrap().starts_with("c-"), "{added}");
    let bad = admin.post("/conferences/1/members", json!({"number": "abc"})).await.problem(422, "invalid");
    assert_eq!(bad, ["/number not-a-number"]);
    admin.send("DELETE", member, None).await.ok(204);
    admin.send("DELETE", member, None).await.problem(404, "not-found");
    admin.send("DELETE", "/conferences/1", None).await.ok(204);
    admin.send("PATCH", "/conferences/1", Some(json!({"locked": true}))).await.problem(404, "not-found");

    let log = admin.get("/audit").await.ok(200).to_string();
    for act in ["member", "update", "add", "remove", "end"] {
        assert!(log.contains(&format!("conference.{act}")), "{act} is not in {log}");
    }
}
