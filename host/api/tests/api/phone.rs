//! The web page as a telephone: whom the session lets in.

use super::*;

fn handshake(path: &str, protocol: &str) -> Request<Body> {
    Request::builder()
        .uri(format!("/api/v1{path}"))
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("sec-websocket-protocol", protocol)
        .body(Body::empty())
        .unwrap()
}

#[tokio::test]
async fn a_page_is_a_telephone_of_ones_own_extensions_and_of_no_other() {
    let api = Api::new().await;
    let anna = api.signed_in("anna").await;
    anna.raw(handshake("/phone", "sip")).await.problem(409, "conflict");
    api.give_number("anna", "100").await;
    api.give_number("bruno", "101").await;

    for path in ["/phone", "/phone?number=100"] {
        let answer = anna.raw(handshake(path, "sip")).await;
        assert_eq!(answer.status, 101, "{answer:?}");
        assert_eq!(answer.headers["sec-websocket-protocol"], "sip");
        assert_eq!(answer.headers["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
    for other in ["/phone?number=101", "/phone?number=999"] {
        anna.raw(handshake(other, "sip")).await.problem(403, "not-allowed");
        // An admin may do much, but not be somebody else.
        api.signed_in("admin").await.raw(handshake(other, "sip")).await.problem(403, "not-allowed");
    }
    anna.raw(handshake("/phone", "chat")).await.problem(422, "invalid");
    anna.get("/phone").await.problem(422, "invalid");
    api.browser().raw(handshake("/phone", "sip")).await.problem(401, "not-signed-in");
}

#[tokio::test]
async fn a_page_of_another_site_is_no_telephone() {
    let api = Api::new().await;
    api.give_number("anna", "100").await;
    let anna = api.signed_in("anna").await;
    let mut request = handshake("/phone", "sip");
    request.headers_mut().insert(header::HOST, "pbx.example".parse().unwrap());
    request.headers_mut().insert(header::ORIGIN, "https://evil.example".parse().unwrap());
    anna.raw(request).await.problem(403, "cross-site");
}

#[tokio::test]
async fn whoever_has_a_telephone_is_told_relays_with_credentials_that_end() {
    let none = Api::new().await;
    none.give_number("anna", "100").await;
    let answer = none.signed_in("anna").await.get("/phone/relays").await;
    assert_eq!((&answer.status.as_u16(), &answer.body), (&200, &json!({"ice_servers": [], "until": null})));

    let urls = ["turn:turn.example.org:3478?transport=udp", "turns:turn.example.org:5349"];
    let relays = Relays {
        urls: urls.map(String::from).to_vec(),
        secret: Some("north brass kettle".into()),
        lasts: std::time::Duration::from_secs(3_600),
    };
    let api = Api::with(|parts| ApiParts { relays: relays.clone(), ..parts }).await;
    let anna = api.signed_in("anna").await;
    assert_eq!(anna.get("/phone/relays").await.body["ice_servers"], json!([]), "no telephone, no relay");
    api.give_number("anna", "100").await;
    let answer = anna.get("/phone/relays").await;
    let server = &answer.body["ice_servers"][0];
    assert_eq!(server["urls"], json!(urls));
    assert_eq!(server["username"], "1764003600:anna");
    assert_eq!(answer.body["until"], 1_764_003_600_000_u64);
    let credential = server["credential"].as_str().unwrap();
    assert_eq!((credential.len(), answer.text.contains("kettle")), (28, false));
    api.browser().get("/phone/relays").await.problem(401, "not-signed-in");
    let open = Api::with(|parts| ApiParts { relays: Relays { secret: None, ..relays }, ..parts }).await;
    open.give_number("anna", "100").await;
    let answer = open.signed_in("anna").await.get("/phone/relays").await;
    assert_eq!(answer.body, json!({"ice_servers": [{"urls": urls}], "until": null}));
}
