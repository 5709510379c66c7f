//! Prompts and music: uploading, what is refused, the playlist.

use super::*;

/// A second of a tone, 44,100 samples a second, two tracks.
fn wav(seconds: u32, amplitude: f64) -> Vec<u8> {
    let frames = 44_100 * seconds;
    let mut file = b"RIFF....WAVEfmt \x10\0\0\0\x01\0\x02\0\x44\xac\0\0\x10\xb1\x02\0\x04\0\x10\0data".to_vec();
    file.extend((frames * 4).to_le_bytes());
    for at in 0..frames {
        let sample = ((f64::from(at) * 0.07).sin() * amplitude) as i16;
        file.extend([sample, sample].into_iter().flat_map(i16::to_le_bytes));
    }
    let size = file.len() as u32 - 8;
    file[4..8].copy_from_slice(&size.to_le_bytes());
    file
}

async fn upload(browser: &Browser, query: &str, file: Vec<u8>) -> Answer {
    let request = Request::builder().method("POST").uri(format!("/api/v1/sounds?{query}")).header("x-jackfield", "1");
    browser.raw(request.header(header::CONTENT_TYPE, "application/octet-stream").body(Body::from(file)).unwrap()).await
}

#[tokio::test]
async fn a_prompt_is_uploaded_heard_renamed_and_deleted() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let sound = upload(&admin, "kind=prompt&name=welcome&language=de", wav(1, 20_000.0)).await.ok(201);
    let loudness = sound["loudness"].as_f64().unwrap();
    assert!((loudness + 18.0).abs() <= 3.0, "{loudness} LUFS");
    assert_eq!((&sound["duration"], &sound["created_by"]), (&json!(1_000), &json!("admin")));
    let id = sound["id"].as_u64().unwrap();
    let listed = admin.get("/sounds").await.ok(200);
    assert_eq!(listed["items"][0]["used_by"], json!(["org.jackfield.auto-attendant"]));
    assert_eq!(listed["prompts"].as_array().unwrap().len(), 3);
    let heard = admin.get(&format!("/sounds/{id}/audio")).await;
    assert_eq!((heard.status.as_u16(), heard.headers[header::CONTENT_LENGTH].to_str().unwrap()), (200, "32044"));

    let taken = upload(&admin, "kind=prompt&name=welcome&language=de", wav(1, 20_000.0)).await;
    assert_eq!(taken.problem(409, "taken"), ["/name taken"]);
    let path = format!("/sounds/{id}");
    let renamed = admin.send("PATCH", &path, Some(json!({ "name": "hello" }))).await.ok(200);
    assert_eq!((&renamed["name"], &renamed["language"]), (&json!("hello"), &json!("de")));
    assert_eq!(admin.get("/sounds").await.ok(200)["items"][0]["used_by"], json!([]));
    admin.send("DELETE", &path, None).await.ok(204);
    admin.get(&format!("/sounds/{id}/audio")).await.problem(404, "not-found");
    admin.send("DELETE", &path, None).await.problem(404, "not-found");
    let log = admin.get("/audit").await.ok(200);
    let acts: Vec<_> = log["items"].as_array().unwrap().iter().map(|entry| &entry["action"]).collect();
    for act in ["sound.create", "sound.update", "sound.delete"] {
        assert!(acts.contains(&&json!(act)), "{acts:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_played_is_refused_with_a_reason_and_leaves_nothing() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let refused = async |query: &str, file: Vec<u8>| upload(&admin, query, file).await.problem(422, "invalid");
    let prompt = "kind=prompt&name=x&language=en";
    assert_eq!(refused(prompt, b"a letter".repeat(100)).await, ["/file unknown-format"]);
    assert_eq!(refused(prompt, wav(1, 0.0)).await, ["/file silent"]);
    assert_eq!(refused(prompt, vec![0; (20 << 20) + 1]).await, ["/file too-large"]);
    assert_eq!(refused("kind=prompt&name=&language=english-language", wav(1, 9_000.0)).await.len(), 2);
    upload(&admin, "kind=noise&name=x", wav(1, 9_000.0)).await.problem(400, "malformed");
    upload(&admin, prompt, vec![0; 40 << 20]).await.problem(413, "too-large");
    assert_eq!(admin.get("/sounds").await.ok(200)["items"], json!([]));
    assert!(std::fs::read_dir(api.folder.path().join("sounds")).is_err(), "no file is left");
}

#[tokio::test]
async fn music_has_an_order_and_a_pause() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let mut ids = Vec::new();
    for name in ["One", "Two"] {
        let sound = upload(&admin, &format!("kind=music&name={name}"), wav(1, 9_000.0)).await.ok(201);
        ids.push(sound["id"].as_u64().unwrap());
    }
    ids.reverse();
    admin.send("PUT", "/music", Some(json!({ "order": ids, "gap": 2_000 }))).await.ok(204);
    let listed = admin.get("/sounds").await.ok(200);
    assert_eq!((&listed["items"][0]["name"], &listed["music_gap"]), (&json!("Two"), &json!(2_000)));
    admin.send("PUT", "/music", Some(json!({ "order": [ids[0]], "gap": 0 }))).await.ok(204);
    assert_eq!(admin.get("/sounds").await.ok(200)["items"][1]["place"], Value::Null);
    let wrong = admin.send("PUT", "/music", Some(json!({ "order": [], "gap": 60_001 }))).await;
    assert_eq!(wrong.problem(422, "invalid"), ["/gap too-long"]);
}
