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
