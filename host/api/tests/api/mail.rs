//! How mail is sent, and the outbox.

use super::*;
use jackfield_store::{NewLetter, OutboxLimits};

fn settings() -> Value {
    json!({"server": "mail.example.org", "port": 587, "security": "starttls", "user": "house", "password": "open sesame",
        "sender": "house@example.org", "sender_name": "House", "daily_limit": 100})
}

#[tokio::test]
async fn the_password_is_kept_and_told_nowhere() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let before = admin.get("/mail").await.ok(200);
    assert_eq!((&before["settings"], &before["has_password"]), (&Value::Null, &json!(false)));
    let saved = admin.send("PUT", "/mail", Some(settings())).await;
    assert!(!saved.text.contains("sesame"), "{}", saved.text);
    assert_eq!(saved.ok(200)["has_password"], true);
    // Without one, the one that is there stays.
    let mut other = settings();
    other.as_object_mut().unwrap().remove("password");
    other["server"] = json!("192.0.2.25");
    let read = admin.send("PUT", "/mail", Some(other.clone())).await.ok(200);
    assert_eq!((&read["has_password"], &read["settings"]["server"]), (&json!(true), &json!("192.0.2.25")));
    assert_eq!(
        api.store.mail_settings().await.unwrap().unwrap().password,
        Some(jackfield_model::Secret::new("open sesame"))
    );
    // An empty one takes it away.
    other["password"] = json!("");
    assert_eq!(admin.send("PUT", "/mail", Some(other)).await.ok(200)["has_password"], false);
    let log = admin.get("/audit").await;
    assert!(log.text.contains("mail.update") && !log.text.contains("sesame"), "{}", log.text);
    admin.send("DELETE", "/mail", None).await.ok(204);
    assert_eq!(admin.get("/mail").await.ok(200)["settings"], Value::Null);
}

#[tokio::test]
async fn what_makes_no_sense_is_said_by_field() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    for (field, value, code) in [
        ("server", json!("mail example"), "/server not-a-host"),
        ("server", json!(""), "/server empty"),
        ("server", json!("-x.org"), "/server not-a-host"),
        ("port", json!(0), "/port out-of-range"),
        ("sender", json!("house"), "/sender not-an-email"),
        ("sender", json!(" "), "/sender empty"),
        ("sender_name", json!("a\r\nBcc: b"), "/sender_name control-characters"),
        ("daily_limit", json!(0), "/daily_limit out-of-range"),
        ("user", json!(""), "/user user-for-password"),
        ("security", json!("none"), "/security password-in-clear"),
    ] {
        let mut wrong = settings();
        wrong[field] = value;
        assert_eq!(admin.send("PUT", "/mail", Some(wrong)).await.problem(422, "invalid"), [code]);
    }
    let test = admin.post("/mail/test", json!({"to": "nobody"})).await;
    assert_eq!(test.problem(422, "invalid"), ["/to not-an-email"]);
    admin.post("/mail/test", json!({"to": "anna@example.org"})).await.problem(409, "conflict");
}

#[tokio::test]
async fn a_test_says_what_is_in_the_way() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let mut nobody = settings();
    // Bound and never listened at: the connection is refused at once.
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    nobody["port"] = json!(socket.local_addr().unwrap().port());
    nobody["server"] = json!("127.0.0.1");
    drop(socket);
    let said = admin.post("/mail/test", json!({"to": "anna@example.org", "settings": nobody})).await;
    assert!(!said.text.contains("sesame"), "{}", said.text);
    assert_eq!(said.ok(200)["trouble"]["fault"], "unreachable");
}

#[tokio::test]
async fn an_admin_tries_letters_again_and_throws_them_away() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let letter = |to: &str| NewLetter {
        plugin: "org.a".into(),
        once: None,
        sender: "house@example.org".parse().unwrap(),
        recipient: to.parse().unwrap(),
        subject: "Hello".into(),
        content: b"Subject: Hello\r\n\r\nsecret text".to_vec(),
        not_before: 0,
    };
    let limits = OutboxLimits { letters: 9, bytes: 9_000, per_hour: 9, per_day: 9 };
    let letters = [letter("a@example.org"), letter("b@example.org")];
    api.store.accept_letters(&letters, &limits, 1).await.unwrap().unwrap();
    let trouble =
        jackfield_model::MailTrouble { fault: jackfield_model::MailFault::Refused, said: "550 no such user".into() };
    api.store.letter_stays(1, None, &trouble, 2).await.unwrap();
    let list = admin.get("/mail/letters?state=failed").await;
    assert!(!list.text.contains("secret text"), "{}", list.text);
    let list = list.ok(200);
    assert_eq!((&list["total"], &list["items"][0]["trouble"]["said"]), (&json!(1), &json!("550 no such user")));
    admin.post("/mail/letters/1/retry", json!({})).await.ok(204);
    assert_eq!(admin.get("/mail").await.ok(200)["waiting"], 2);
    admin.send("DELETE", "/mail/letters/2", None).await.ok(204);
    admin.send("DELETE", "/mail/letters/2", None).await.problem(404, "not-found");
    let all = admin.get("/mail/letters").await.ok(200);
    assert_eq!((&all["total"], &all["items"][0]["to"]), (&json!(1), &json!("a@example.org")));
}

#[tokio::test]
async fn people_have_a_mail_address_that_an_admin_or_they_themselves_set() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let new = json!({"login": "carla", "name": "Carla", "role": "user", "email": " Carla@Example.org "});
    let made = admin.post("/users", new).await.ok(201);
    assert_eq!(made["user"]["email"], "Carla@example.org");
    let id = made["user"]["id"].as_i64().unwrap();
    let path = format!("/users/{id}");
    let wrong = admin.send("PATCH", &path, Some(json!({"email": "carla"}))).await;
    assert_eq!(wrong.problem(422, "invalid"), ["/email not-an-email"]);
    assert_eq!(admin.send("PATCH", &path, Some(json!({"name": "C"}))).await.ok(200)["email"], "Carla@example.org");
    assert_eq!(admin.send("PATCH", &path, Some(json!({"email": ""}))).await.ok(200)["email"], Value::Null);
    let anna = api.signed_in("anna").await;
    assert_eq!(anna.send("PATCH", "/me", Some(json!({"email": "a@x.org"}))).await.ok(200)["email"], "a@x.org");
    assert_eq!(anna.get("/session").await.ok(200)["user"]["email"], "a@x.org");
}
