//! Figures of plugins, on their pages and for whoever collects them.

use super::*;

#[tokio::test]
async fn an_admin_sees_the_figures_of_a_plugin() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let metrics = admin.get("/plugins/org.jackfield.auto-attendant/metrics").await.ok(200);
    assert_eq!(metrics[0]["name"], "choices_total");
    assert_eq!(metrics[0]["series"][0]["hour"].as_array().map(Vec::len), Some(60));
    assert_eq!(admin.get("/plugins/org.jackfield.dialplan/metrics").await.ok(200), json!([]));
    admin.get("/plugins/org.nobody.knows/metrics").await.problem(404, "not-found");
}

#[tokio::test]
async fn figures_are_collected_with_the_token_or_by_an_admin_and_by_nobody_else() {
    let api = Api::new().await;
    let collected = async |browser: Browser, token: Option<&str>| {
        let request = Request::builder().uri("/metrics");
        let request = match token {
            Some(token) => request.header(header::AUTHORIZATION, token),
            None => request,
        };
        browser.raw(request.body(Body::empty()).unwrap()).await
    };
    let answer = collected(api.browser(), Some("Bearer a-token-for-the-collector")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("application/openmetrics-text;"));
    for line in [
        "jackfield_build_info{version=\"1.2.3\"} 1",
        "# TYPE jackfield_plugin_runs counter",
        "jackfield_plugin_up{plugin=\"com.example.survey\"} 0",
        "# TYPE jackfield_org_jackfield_auto_attendant_choices counter",
        "jackfield_org_jackfield_auto_attendant_in_menu_seconds_bucket{plugin=\"org.jackfield.auto-attendant\",le=\"+Inf\"} 97",
    ] {
        assert!(answer.text.lines().any(|each| each == line), "no “{line}” in\n{}", answer.text);
    }
    assert!(answer.text.ends_with("# EOF\n"));

    for wrong in [None, Some("Bearer a-token-for-the-collectoR"), Some("Bearer "), Some("a-token-for-the-collector")] {
        collected(api.browser(), wrong).await.problem(401, "not-signed-in");
    }
    assert_eq!(collected(api.signed_in("admin").await, None).await.status, 200);
    collected(api.signed_in("anna").await, None).await.problem(403, "not-allowed");

    let without = Api::with(|parts| ApiParts { metrics_token: None, ..parts }).await;
    for guess in ["Bearer ", "Bearer a-token-for-the-collector"] {
        collected(without.browser(), Some(guess)).await.problem(401, "not-signed-in");
    }
}
