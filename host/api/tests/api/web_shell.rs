//! The files of the web page.

use super::*;

struct Page {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

async fn get(api: &Api, path: &str, headers: &[(&str, &str)]) -> Page {
    let mut request = Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = api.app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    Page { status, headers, body: axum::body::to_bytes(response.into_body(), 16 << 20).await.unwrap().into() }
}

async fn with_a_build() -> (Api, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("_app/immutable")).unwrap();
    let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    file("index.html", "<!doctype html>shell");
    file("index.html.br", "packed");
    file("_app/immutable/a.1234.js", "js");
    std::fs::write(folder.path().parent().unwrap().join("outside.txt"), "secret").unwrap();
    let path = folder.path().to_owned();
    (Api::with(|parts| ApiParts { web_dir: Some(path), ..parts }).await, folder)
}

#[tokio::test]
async fn every_page_is_the_shell_and_every_missing_file_is_missing() {
    let (api, _folder) = with_a_build().await;
    let opened = [("accept", "text/html,*/*;q=0.8")];
    for (path, headers) in
        [("/", &[][..]), ("/login", &[]), ("/admin/users", &[]), ("/admin/plugins/org.jackfield.x", &opened)]
    {
        let page = get(&api, path, headers).await;
        assert_eq!((page.status.as_u16(), page.body.as_slice()), (200, &b"<!doctype html>shell"[..]), "{path}");
        assert_eq!(page.headers[header::CACHE_CONTROL], "no-cache");
        assert!(page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("frame-ancestors 'none'"));
        assert_eq!(page.headers["permissions-policy"].to_str().unwrap().split(',').next(), Some("microphone=(self)"));
    }
    for path in
        ["/_app/immutable/gone.js", "/favicon.ico", "/../outside.txt", "/%2e%2e/outside.txt", "/_app/x", "/a/b.js"]
    {
        assert_eq!(get(&api, path, &[]).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn files_are_packed_tagged_and_kept() {
    let (api, _folder) = with_a_build().await;
    let packed = get(&api, "/", &[("accept-encoding", "gzip, br")]).await;
    assert_eq!(
        (packed.body.as_slice(), &packed.headers[header::CONTENT_ENCODING]),
        (&b"packed"[..], &"br".parse().unwrap())
    );
    assert_eq!(packed.headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
    let asset = get(&api, "/_app/immutable/a.1234.js", &[("accept-encoding", "br")]).await;
    assert_eq!(asset.headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
    assert_eq!(asset.headers[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
    let tag = asset.headers[header::ETAG].to_str().unwrap();
    let again = get(&api, "/_app/immutable/a.1234.js", &[("if-none-match", tag)]).await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
}

#[tokio::test]
async fn without_a_folder_the_embedded_page_is_served() {
    let api = Api::new().await;
    let page = get(&api, "/", &[]).await;
    assert_eq!(page.status, 200);
    assert!(String::from_utf8_lossy(&page.body).starts_with("<!doctype html>"));
}
