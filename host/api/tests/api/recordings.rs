//! Recordings of calls: who starts, hears and deletes them.

use super::*;
use jackfield_calls::recording::NewRecording;

/// Puts a recording of a call between these two in its place; its id.
async fn recorded(api: &Api, n: u64, from: &str, to: &str) -> u64 {
    recorded_as(api, n, "wav", from, to).await
}

/// The same in a file of this kind.
async fn recorded_as(api: &Api, n: u64, kind: &str, from: &str, to: &str) -> u64 {
    let folder = api.folder.path().join("recordings");
    std::fs::create_dir_all(&folder).unwrap();
    let file = format!("{n}.{kind}");
    std::fs::write(folder.join(&file), "0123456789").unwrap();
    let new = NewRecording {
        file: file.clone(),
        call: CallId::new(1, n),
        caller: house::party(from, ""),
        callee: house::party(to, ""),
        started_by: None,
        started: n,
    };
    api.store.begin_recording(&new).await.unwrap();
    api.store.end_recording(&file, 5_000, 10).await.unwrap();
    let admin = api.signed_in("admin").await;
    let listed = admin.get(&format!("/recordings?call={}", CallId::new(1, n))).await.ok(200);
    listed["items"][0]["id"].as_u64().unwrap()
}

async fn part(browser: &Browser, id: u64, range: &str) -> Answer {
    let request = Request::builder().uri(format!("/api/v1/recordings/{id}/audio")).header(header::RANGE, range);
    browser.raw(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn an_admin_hears_all_of_it_or_a_part_and_deletes_it_for_good() {
    let api = Api::new().await;
    let id = recorded(&api, 1, "100", "101").await;
    let admin = api.signed_in("admin").await;
    let whole = admin.get(&format!("/recordings/{id}/audio")).await;
    assert_eq!((whole.status.as_u16(), whole.text.as_str()), (200, "0123456789"));
    assert_eq!(whole.headers[header::CONTENT_TYPE], "audio/wav");
    assert_eq!(whole.headers[header::CONTENT_DISPOSITION], "inline; filename=\"1.wav\"");
    let opus = recorded_as(&api, 2, "opus", "100", "101").await;
    assert_eq!(part(&admin, opus, "bytes=3-5").await.headers[header::CONTENT_TYPE], "audio/ogg");
    let some = part(&admin, id, "bytes=3-5").await;
    assert_eq!((some.status.as_u16(), some.text.as_str()), (206, "345"));
    assert_eq!(some.headers[header::CONTENT_RANGE], "bytes 3-5/10");
    assert_eq!(part(&admin, id, "bytes=10-").await.status, 416);
    admin.send("DELETE", &format!("/recordings/{id}"), None).await.ok(204);
    assert!(!api.folder.path().join("recordings/1.wav").exists());
    admin.get(&format!("/recordings/{id}/audio")).await.problem(404, "not-found");
    admin.send("DELETE", &format!("/recordings/{id}"), None).await.problem(404, "not-found");
    let log = admin.get("/audit").await.ok(200);
    let acts: Vec<_> = log["items"].as_array().unwrap().iter().map(|entry| entry["action"].clone()).collect();
    assert!(acts.contains(&json!("recording.delete")) && acts.contains(&json!("recording.hear")), "{acts:?}");
    assert_eq!(acts.iter().filter(|act| **act == "recording.hear").count(), 1, "jumping is not hearing again");
}

#[tokio::test]
async fn a_user_hears_their_own_calls_where_the_house_lets_them() {
    for users_listen in [false, true] {
        let api = Api::with(|parts| {
            let folder = parts.recordings.folder.clone();
            ApiParts { recordings: RecordingAccess { folder, on: true, users_listen }, ..parts }
        })
        .await;
        api.give_number("anna", "100").await;
        let (own, others) = (recorded(&api, 1, "102", "100").await, recorded(&api, 2, "102", "101").await);
        let anna = api.signed_in("anna").await;
        let listed = anna.get("/recordings").await.ok(200);
        assert_eq!(listed["items"].as_array().unwrap().len(), usize::from(users_listen));
        let heard = anna.get(&format!("/recordings/{own}/audio")).await.status.as_u16();
        assert_eq!(heard, if users_listen { 200 } else { 404 });
        anna.get(&format!("/recordings/{others}/audio")).await.problem(404, "not-found");
        anna.send("DELETE", &format!("/recordings/{own}"), None).await.problem(403, "not-allowed");
    }
}

#[tokio::test]
async fn a_live_call_is_recorded_by_who_talks_in_it_and_stopped_by_an_admin() {
    let api = Api::new().await;
    api.give_number("anna", "100").await;
    let talk = |n, a: &str, b: &str| house::call(n, house::party(a, ""), house::party(b, ""), CallState::Talking, n);
    api.house.set_call(1, talk(1, "100", "101"));
    api.house.set_call(1, talk(2, "102", "101"));
    let (own, others) = (CallId::new(1, 1), CallId::new(1, 2));
    let anna = api.signed_in("anna").await;
    let put = async |browser: &Browser, call: &CallId, state: &str| {
        browser.send("PUT", &format!("/calls/{call}/recording"), Some(json!({ "state": state }))).await
    };
    put(&anna, &own, "paused").await.problem(409, "conflict");
    assert_eq!(put(&anna, &own, "on").await.ok(200)["state"], "on");
    assert_eq!(anna.get("/calls").await.ok(200)[0]["recording"], "on");
    assert_eq!(put(&anna, &own, "paused").await.ok(200)["state"], "paused");
    put(&anna, &own, "off").await.problem(403, "not-allowed");
    put(&anna, &others, "on").await.problem(404, "not-found");
    put(&anna, &own, "loud").await.problem(400, "malformed");
    let admin = api.signed_in("admin").await;
    assert_eq!(put(&admin, &own, "off").await.ok(200)["state"], "off");
}
