//! Refusing requests that another site's page makes in a signed-in browser (CSRF).
//!
//! The session cookie is `SameSite=Strict`; this is the second lock. A request that changes something must carry the
//! header `X-Jackfield: 1`, which a page of another origin cannot add without a CORS preflight that is never answered.
//! Whatever carries an `Origin` must come from the host that it asks: this also covers the WebSocket, which is a GET.

use crate::error::{Problem, ProblemKind};
use axum::{
    extract::Request,
    http::{HeaderMap, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// The header that requests which change something must carry.
pub(crate) const HEADER: &str = "x-jackfield";

/// Middleware: lets a request pass or answers 403.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !request.method().is_safe() && !headers.contains_key(HEADER) {
        let detail = "Add the header “X-Jackfield: 1” to requests that change something.";
        return Problem::new(ProblemKind::CrossSite, detail).into_response();
    }
    if !same_origin(headers, request.uri().authority().map(Authority::as_str)) {
        let detail = "The request comes from another site's page. Open this server's own address.";
        return Problem::new(ProblemKind::CrossSite, detail).into_response();
    }
    next.run(request).await
}

/// Whether `Origin`, when there is one, names the host that is asked. `authority` is that of HTTP/2, which has no `Host`; the port is
/// part of either.
fn same_origin(headers: &HeaderMap, authority: Option<&str>) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).or(authority);
    match (origin, host) {
        (Some((_, origin)), Some(host)) => origin.eq_ignore_ascii_case(host),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_must_be_the_host_itself_port_included() {
        let check = |origin: Option<&str>, host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            same_origin(&headers, None)
        };
        assert!(check(None, "pbx:8080"));
        assert!(check(Some("http://pbx:8080"), "pbx:8080"));
        assert!(check(Some("https://PBX"), "pbx"));
        assert!(!check(Some("http://pbx:8081"), "pbx:8080"));
        assert!(!check(Some("http://evil.example"), "pbx:8080"));
        assert!(!check(Some("null"), "pbx:8080"));
    }
}
