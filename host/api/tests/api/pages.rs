//! Pages of plugins: who sees them, how their files are served, and what their plugins are asked.

use super::{plugins::PAGED, *};

fn urls(pages: &Value) -> Vec<(String, String)> {
    let text = |page: &Value, key: &str| page[key].as_str().unwrap().to_owned();
    pages.as_array().unwrap().iter().map(|page| (text(page, "id"), text(page, "url"))).collect()
}

async fn file(api: &Api, path: &str) -> Answer {
    api.browser().raw(Request::builder().uri(path).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn each_sees_the_pages_that_are_for_them() {
    let api = Api::new().await;
    let anna = api.signed_in("anna").await;
    let pages = anna.get("/pages").await.ok(200);
    assert_eq!(urls(&pages).iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["hours"]);
    assert_eq!((&pages[0]["plugin"], &pages[0]["title"]), (&json!(PAGED), &json!("Opening hours")));
    assert_eq!((&pages[0]["titles"]["de"], &pages[0]["icon"]), (&json!("Öffnungszeiten"), &json!("clock")));
    let admin = api.signed_in("admin").await;
    let pages = admin.get("/pages").await.ok(200);
    assert_eq!(urls(&pages).iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["hours", "chart", "more"]);
    assert_eq!(pages[2]["place"], "settings");
}

#[tokio::test]
async fn a_page_is_served_without_a_cookie_to_whoever_has_its_address_and_may_do_nothing_by_itself() {
    let api = Api::new().await;
    let anna = api.signed_in("anna").await;
    let (_, url) = urls(&anna.get("/pages").await.ok(200)).remove(0);
    let page = file(&api, &url).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("hours.js"));
    assert_eq!(page.headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
    assert_eq!(page.headers[header::X_FRAME_OPTIONS], "SAMEORIGIN");
    assert_eq!(page.headers["cross-origin-resource-policy"], "cross-origin");
    let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    for part in ["default-src 'none'", "connect-src 'none'", "form-action 'none'", "frame-ancestors 'self'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(policy.ends_with("sandbox allow-scripts allow-forms allow-downloads"), "{policy}");
    let script = url.replace("hours.html", "hours.js");
    assert_eq!(file(&api, &script).await.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");

    let ticket = url.split('/').nth(2).unwrap();
    for wrong in [
        url.replace(ticket, "00000000000000000000000000000000"),
        url.replace(PAGED, "org.jackfield.dialplan"),
        url.replace("hours.html", "..%2Fplugin.toml"),
        url.replace("hours.html", "none.html"),
    ] {
        assert_eq!(file(&api, &wrong).await.status, 404, "{wrong}");
    }
    let kit = file(&api, "/plugin-ui/kit/1/kit.css").await;
    assert_eq!(kit.status, 200);
    let classes = ["button", "field", "panel", "table", "stack", "row", "spread", "abreast", "badge", "note", "empty"];
    for class in classes.iter().chain(&["muted", "small", "num", "mono", "hidden-text"]) {
        assert!(kit.text.contains(&format!(".{class}")), "the kit promises .{class}");
    }
    assert!(file(&api, "/plugin-ui/kit/1/bridge.js").await.text.contains("export const connect"));
    assert_eq!(file(&api, "/plugin-ui/kit/2/bridge.js").await.status, 404);
    assert_eq!(file(&api, "/").await.headers[header::X_FRAME_OPTIONS], "DENY", "and the shell itself is not framed");
}

#[tokio::test]
async fn a_plugin_hears_who_asks_and_little_else() {
    let api = Api::new().await;
    api.give_number("anna", "100").await;
    let anna = api.signed_in("anna").await;
    let request = Request::builder()
        .method("PUT")
        .uri(format!("/api/v1/plugins/{PAGED}/web/notes/caf%C3%A9?q=a%20b&q=c"))
        .header("x-jackfield", "1")
        .header(header::CONTENT_TYPE, "text/plain")
        .header(header::AUTHORIZATION, "Basic c2VjcmV0")
        .body(Body::from("hello"))
        .unwrap();
    let answer = anna.raw(request).await;
    assert_eq!(answer.headers[header::CACHE_CONTROL], "private, max-age=60");
    assert_eq!(answer.headers[header::CONTENT_SECURITY_POLICY], "default-src 'none'; frame-ancestors 'none'");
    let heard = answer.ok(200);
    assert_eq!((&heard["method"], &heard["path"]), (&json!("PUT"), &json!("/notes/café")));
    assert_eq!(heard["query"], json!([["q", "a b"], ["q", "c"]]));
    assert_eq!(heard["headers"], json!([["content-type", "text/plain"]]));
    assert_eq!((&heard["body"], &heard["name"]), (&json!("hello"), &json!("ANNA")));
    assert_eq!(
        (&heard["extension"], &heard["role"], &heard["language"]),
        (&json!("100"), &json!("user"), &json!("en"))
    );
    assert_eq!(anna.get(&format!("/plugins/{PAGED}/web/")).await.ok(200)["path"], "/");
}

#[tokio::test]
async fn without_a_session_or_from_another_site_nothing_reaches_a_plugin() {
    let api = Api::new().await;
    let path = format!("/plugins/{PAGED}/web/notes");
    api.browser().get(&path).await.problem(401, "not-signed-in");
    let anna = api.signed_in("anna").await;
    let uri = format!("/api/v1{path}");
    let bare = |method: &str| Request::builder().method(method).uri(&uri);
    anna.raw(bare("POST").body(Body::empty()).unwrap()).await.problem(403, "cross-site");
    // A page in its sandbox has no origin.
    let sandboxed = bare("POST").header("x-jackfield", "1").header(header::ORIGIN, "null");
    anna.raw(sandboxed.body(Body::empty()).unwrap()).await.problem(403, "cross-site");
    let odd = bare("TRACE").header("x-jackfield", "1");
    anna.raw(odd.body(Body::empty()).unwrap()).await.problem(405, "wrong-method");
    let large = bare("POST").header("x-jackfield", "1").body(Body::from(vec![0; (1 << 20) + 1])).unwrap();
    anna.raw(large).await.problem(413, "too-large");
}

#[tokio::test]
async fn a_plugin_that_fails_or_is_off_is_named_in_the_answer() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let (_, url) = urls(&admin.get("/pages").await.ok(200)).remove(0);
    let failed = admin.get(&format!("/plugins/{PAGED}/web/fails")).await;
    failed.problem(502, "plugin-failed");
    assert!(failed.body["detail"].as_str().unwrap().contains("Auto-attendant"), "{failed:?}");
    admin.get(&format!("/plugins/{PAGED}/web/busy")).await.problem(503, "busy");
    admin.get("/plugins/org.jackfield.dialplan/web/x").await.problem(404, "not-found");

    admin.post(&format!("/plugins/{PAGED}/disable"), json!({})).await.ok(200);
    admin.get(&format!("/plugins/{PAGED}/web/notes")).await.problem(404, "not-found");
    assert_eq!(admin.get("/pages").await.ok(200), json!([]));
    assert_eq!(file(&api, &url).await.status, 404);
}

#[tokio::test]
async fn what_an_admin_changes_through_a_plugin_is_in_the_audit_log() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let path = format!("/plugins/{PAGED}/web/notes/7");
    admin.send("DELETE", &path, None).await.ok(200);
    admin.get(&path).await.ok(200);
    api.signed_in("anna").await.send("DELETE", &path, None).await.ok(200);
    let log = admin.get("/audit").await.ok(200);
    let acts = log["items"].as_array().unwrap().iter().filter(|entry| entry["action"] == "plugin.web");
    let acts: Vec<_> = acts.map(|entry| (&entry["actor"], &entry["target"], &entry["detail"])).collect();
    let detail = json!({ "method": "DELETE", "path": "/notes/7", "status": 200 });
    assert_eq!(acts, [(&json!("admin"), &json!(PAGED), &detail)]);
}

#[tokio::test]
async fn one_person_asks_a_hundred_times_at_once_and_then_waits() {
    let api = Api::new().await;
    let anna = api.signed_in("anna").await;
    let path = format!("/plugins/{PAGED}/web/notes");
    for _ in 0..100 {
        anna.get(&path).await.ok(200);
    }
    let refused = anna.get(&path).await;
    refused.problem(429, "too-many-requests");
    assert_eq!(refused.headers[header::RETRY_AFTER], "1");
    api.signed_in("bruno").await.get(&path).await.ok(200);
    api.wait(1_000);
    anna.get(&path).await.ok(200);
}

#[tokio::test]
async fn a_recording_is_sent_in_the_parts_that_are_wanted() {
    let api = Api::new().await;
    let anna = api.signed_in("anna").await;
    let part = async |range: Option<&str>| {
        let mut request = Request::builder().uri(format!("/api/v1/plugins/{PAGED}/web/recording"));
        if let Some(range) = range {
            request = request.header(header::RANGE, range);
        }
        anna.raw(request.body(Body::empty()).unwrap()).await
    };
    let whole = part(None).await;
    assert_eq!((whole.status.as_u16(), whole.text.as_str()), (200, "RIFF0123456789"));
    assert_eq!(whole.headers[header::CONTENT_TYPE], "audio/wav");
    assert_eq!(whole.headers[header::ACCEPT_RANGES], "bytes");
    let middle = part(Some("bytes=4-6")).await;
    assert_eq!((middle.status.as_u16(), middle.text.as_str()), (206, "012"));
    assert_eq!(middle.headers[header::CONTENT_RANGE], "bytes 4-6/14");
    let beyond = part(Some("bytes=99-")).await;
    assert_eq!(beyond.status, 416);
    assert_eq!(beyond.headers[header::CONTENT_RANGE], "bytes */14");
}

#[tokio::test]
async fn a_blob_is_sent_as_what_is_saved_and_nothing_that_stands_behind_it() {
    let api = Api::new().await;
    let anna = api.signed_in("anna").await;
    let part = async |range: Option<&str>| {
        let mut request = Request::builder().uri(format!("/api/v1/plugins/{PAGED}/web/file"));
        if let Some(range) = range {
            request = request.header(header::RANGE, range);
        }
        anna.raw(request.body(Body::empty()).unwrap()).await
    };
    let whole = part(None).await;
    assert_eq!((whole.status.as_u16(), whole.text.as_str()), (200, "<b>0123456789</b>"));
    for (name, value) in [
        ("content-type", "text/html"),
        ("content-disposition", "attachment; filename*=UTF-8''a"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("content-length", "17"),
    ] {
        assert_eq!(whole.headers[name], value, "{name}");
    }
    let middle = part(Some("bytes=3-5")).await;
    assert_eq!((middle.status.as_u16(), middle.text.as_str()), (206, "012"));
    assert_eq!(middle.headers[header::CONTENT_RANGE], "bytes 3-5/17");
    assert_eq!(part(Some("bytes=13-99")).await.text, "</b>");
    assert_eq!(part(Some("bytes=17-20")).await.status, 416);
}
