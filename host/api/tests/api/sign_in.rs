//! Signing in and out, one-time passwords, guessing, other sites' pages.

use super::*;

#[tokio::test]
async fn a_session_begins_slides_for_twelve_hours_and_ends() {
    let api = Api::new().await;
    let mut browser = api.browser();
    let answer = browser.sign_in(" ADMIN ", PASSWORD).await;
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
    for part in ["; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age=43200"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "plain HTTP would lose it");
    assert_eq!(answer.ok(200)["user"]["login"], "admin");

    const HOUR: u64 = 3_600_000;
    for _ in 0..4 {
        api.wait(11 * HOUR);
        assert_eq!(browser.get("/session").await.ok(200)["must_change_password"], false);
    }
    api.wait(12 * HOUR);
    browser.get("/session").await.problem(401, "not-signed-in");

    browser.sign_in("admin", PASSWORD).await.ok(200);
    let copy = browser.clone();
    let out = browser.send("DELETE", "/session", None).await;
    assert!(out.headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    out.ok(204);
    copy.get("/session").await.problem(401, "not-signed-in");
}

#[tokio::test]
async fn over_https_the_cookie_is_secure_and_bound_to_the_host() {
    let api = Api::with(|parts| ApiParts { https: true, ..parts }).await;
    let mut browser = api.browser();
    let answer = browser.sign_in("admin", PASSWORD).await;
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("__Host-jackfield=") && cookie.ends_with("; Secure"), "{cookie}");
    assert!(answer.headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
    browser.get("/session").await.ok(200);
}

#[tokio::test]
async fn an_unknown_login_and_a_wrong_password_look_the_same_and_take_as_long() {
    let api = Api::new().await;
    let mut browser = api.browser();
    // The first look-up of an unknown login makes the hash that stands in for it.
    browser.sign_in("nobody", "x").await.problem(401, "wrong-credentials");
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for n in 0..3 {
        let clock = std::time::Instant::now();
        let wrong = browser.sign_in("anna", "not the password").await;
        known.push(clock.elapsed());
        let clock = std::time::Instant::now();
        let nobody = browser.sign_in(&format!("nobody{n}"), "not the password").await;
        unknown.push(clock.elapsed());
        assert_eq!((wrong.status, &wrong.text), (nobody.status, &nobody.text));
        assert!(wrong.headers.get(header::SET_COOKIE).is_none());
    }
    let (known, unknown) = (known.iter().min().unwrap(), unknown.iter().min().unwrap());
    let ratio = known.as_secs_f64() / unknown.as_secs_f64();
    assert!((0.3..3.0).contains(&ratio), "{known:?} for a known login, {unknown:?} for an unknown one");
}

#[tokio::test]
async fn guessing_is_slowed_down_for_one_login_from_one_source() {
    let api = Api::new().await;
    let mut browser = api.browser();
    for _ in 0..5 {
        browser.sign_in("anna", "wrong wrong").await.problem(401, "wrong-credentials");
    }
    let answer = browser.sign_in("anna", PASSWORD).await;
    answer.problem(429, "too-many-attempts");
    assert_eq!(answer.headers[header::RETRY_AFTER], "30");
    browser.sign_in("bruno", PASSWORD).await.ok(200);
    let mut elsewhere = Browser { source: "192.0.2.77:1".parse().unwrap(), ..api.browser() };
    elsewhere.sign_in("anna", PASSWORD).await.ok(200);
    api.wait(30_000);
    browser.sign_in("anna", PASSWORD).await.ok(200);
}

#[tokio::test]
async fn a_one_time_password_opens_nothing_but_the_change_of_it() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let made = admin.post("/users", json!({"login": "dora", "name": "Dora", "role": "admin"})).await.ok(201);
    let once = made["one_time_password"].as_str().unwrap().to_owned();

    let mut dora = api.browser();
    assert_eq!(dora.sign_in("dora", &once).await.ok(200)["must_change_password"], true);
    dora.get("/users").await.problem(403, "password-change-required");
    dora.get("/calls").await.problem(403, "password-change-required");
    let change = |current: &str, new: &str| json!({"current": current, "new": new});
    let put = async |browser: &Browser, body| browser.send("PUT", "/me/password", Some(body)).await;
    assert_eq!(put(&dora, change("wrong", "green apples fall")).await.problem(422, "invalid"), ["/current wrong"]);
    assert_eq!(put(&dora, change(&once, "short")).await.problem(422, "invalid"), ["/new too-short"]);
    assert_eq!(put(&dora, change(&once, &once)).await.problem(422, "invalid"), ["/new unchanged"]);
    let other = dora.clone();
    let mut second = api.browser();
    second.sign_in("dora", &once).await.ok(200);
    put(&dora, change(&once, "green apples fall")).await.ok(204);
    dora.get("/users").await.ok(200);
    other.get("/users").await.ok(200);
    second.get("/session").await.problem(401, "not-signed-in");
    second.sign_in("dora", &once).await.problem(401, "wrong-credentials");
}

#[tokio::test]
async fn another_sites_page_can_change_nothing() {
    let api = Api::new().await;
    let browser = api.signed_in("admin").await;
    let request = |headers: &[(&str, &str)]| {
        let mut request = Request::builder().method("POST").uri("/api/v1/users").header(header::HOST, "pbx.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = json!({"login": "eve", "name": "Eve", "role": "admin"}).to_string();
        request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body)).unwrap()
    };
    browser.raw(request(&[])).await.problem(403, "cross-site");
    browser.raw(request(&[("origin", "http://pbx.example")])).await.problem(403, "cross-site");
    let forged = [("origin", "http://evil.example"), ("x-jackfield", "1")];
    browser.raw(request(&forged)).await.problem(403, "cross-site");
    browser.raw(request(&[("origin", "null"), ("x-jackfield", "1")])).await.problem(403, "cross-site");
    assert_eq!(browser.get("/users?q=eve").await.ok(200)["total"], 0);
    browser.raw(request(&[("origin", "http://pbx.example"), ("x-jackfield", "1")])).await.ok(201);
}

#[tokio::test]
async fn a_reset_password_signs_the_person_out_everywhere() {
    let api = Api::new().await;
    let (admin, anna) = (api.signed_in("admin").await, api.signed_in("anna").await);
    let id = admin.get("/users?q=anna").await.ok(200)["items"][0]["id"].as_i64().unwrap();
    let once = admin.post(&format!("/users/{id}/password"), json!({})).await.ok(200);
    anna.get("/session").await.problem(401, "not-signed-in");
    let mut again = api.browser();
    let signed = again.sign_in("anna", once["one_time_password"].as_str().unwrap()).await.ok(200);
    assert_eq!(signed["must_change_password"], true);
}
