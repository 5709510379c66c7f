//! Who may do what: over every operation of the document, so that a new one cannot be forgotten.

use super::*;

/// Operations that need no session.
const OPEN: [&str; 2] = ["POST /session", "GET /health"];
/// Operations that somebody with a one-time password may use.
const WITH_ONE_TIME_PASSWORD: [&str; 3] = ["GET /session", "DELETE /session", "PUT /me/password"];
/// Operations that a user may use.
const FOR_USERS: [&str; 20] = [
    "PATCH /me",
    "GET /me/availability",
    "PUT /me/availability",
    "GET /pages",
    "GET /phone-keys",
    "GET /people",
    "GET /contacts",
    "GET /contacts/elsewhere",
    "GET /registrations",
    "GET /calls",
    "POST /calls",
    "PUT /calls/{id}/recording",
    "GET /recordings",
    "GET /recordings/{id}/audio",
    "GET /history",
    "GET /history/export",
    "GET /calls/{id}/explanation",
    "GET /events",
    "GET /phone",
    "GET /phone/relays",
];

/// Every operation, as `METHOD /path` and a path with something filled in.
fn operations() -> Vec<(String, String, String)> {
    let document: Value = serde_json::from_str(&jackfield_api::openapi_document()).unwrap();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let method = method.to_uppercase();
            let filled = path.replace("{id}", "77").replace("{number}", "77").replace("{source}", "192.0.2.77");
            let filled = filled.replace("{name}", "77").replace("{member}", "77").replace("{seq}", "77");
            found.push((format!("{method} {path}"), method, filled));
        }
    }
    assert!(found.len() > 35, "{} operations", found.len());
    found
}

#[tokio::test]
async fn without_a_session_only_the_open_operations_answer() {
    let api = Api::new().await;
    for (name, method, path) in operations() {
        if OPEN.contains(&name.as_str()) {
            continue;
        }
        let answer = api.browser().send(&method, &path, Some(json!({}))).await;
        answer.problem(401, "not-signed-in");
    }
}

#[tokio::test]
async fn a_user_is_refused_everything_that_is_not_for_users() {
    let api = Api::new().await;
    let anna = api.signed_in("anna").await;
    for (name, method, path) in operations() {
        let name = name.as_str();
        let allowed = [&OPEN[..], &WITH_ONE_TIME_PASSWORD, &FOR_USERS].iter().any(|list| list.contains(&name));
        if name == "DELETE /session" {
            continue;
        }
        let answer = anna.send(&method, &path, Some(json!({}))).await;
        if allowed {
            assert_ne!(answer.status, 403, "{name}");
        } else {
            answer.problem(403, "not-allowed");
        }
    }
}

#[tokio::test]
async fn with_a_one_time_password_nothing_else_answers() {
    let api = Api::new().await;
    let anna = api.signed_in("anna").await;
    let user = api.store.credentials("anna").await.unwrap().unwrap();
    let mut pending = api.browser();
    api.store.set_password(user.user.id, &user.password_hash, true, None).await.unwrap();
    anna.get("/session").await.problem(401, "not-signed-in");
    pending.sign_in("anna", PASSWORD).await.ok(200);
    for (name, method, path) in operations() {
        if OPEN.contains(&name.as_str()) || WITH_ONE_TIME_PASSWORD.contains(&name.as_str()) {
            continue;
        }
        pending.send(&method, &path, Some(json!({}))).await.problem(403, "password-change-required");
    }
}

#[tokio::test]
async fn a_user_sees_their_own_calls_phones_and_history_only() {
    let api = Api::new().await;
    api.give_number("anna", "100").await;
    api.give_number("bruno", "101").await;
    for number in ["100", "101"] {
        api.house.register(api.now(), number, "phone");
    }
    let talk = |n, a: &str, b: &str| house::call(n, house::party(a, ""), house::party(b, ""), CallState::Talking, n);
    api.house.set_call(2, talk(1, "100", "102"));
    api.house.set_call(2, talk(2, "102", "101"));
    let records = api.records(&[("100", "102"), ("101", "102"), ("102", "100")]);
    api.store.append_records(&records).await.unwrap();

    let anna = api.signed_in("anna").await;
    let calls = anna.get("/calls").await.ok(200);
    assert_eq!(calls.as_array().unwrap().len(), 1);
    assert_eq!(calls[0]["caller"]["number"], "100");
    let phones = anna.get("/registrations").await.ok(200);
    assert_eq!(phones.as_array().unwrap().iter().map(|r| &r["extension"]).collect::<Vec<_>>(), ["100"]);
    let history = anna.get("/history").await.ok(200);
    assert_eq!(history["items"].as_array().unwrap().len(), 2);
    assert_eq!(anna.get("/history/export").await.text.lines().count(), 3);
    let people = anna.get("/people?q=BRU").await.ok(200);
    assert_eq!((&people["items"][0]["number"], &people["items"][0]["reachable"]), (&json!("101"), &json!(true)));

    let admin = api.signed_in("admin").await;
    assert_eq!(admin.get("/calls").await.ok(200).as_array().unwrap().len(), 2);
    assert_eq!(admin.get("/history").await.ok(200)["items"].as_array().unwrap().len(), 3);
    assert_eq!(admin.get("/history?mine=true").await.ok(200)["items"].as_array().unwrap().len(), 0);
}
