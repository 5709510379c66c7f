//! Headers that every answer carries.

use crate::{ApiState, auth::Https};
use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

/// For every answer.
const ALWAYS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "microphone=(self), camera=(), geolocation=(), payment=()"),
];
/// For data: nothing in it is ever executed or kept.
const DATA: (HeaderName, &str) = (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
/// Unless the data says so itself, as what plugins answer may.
const KEPT: (HeaderName, &str) = (header::CACHE_CONTROL, "no-store");

/// Middleware around everything.
pub(crate) async fn secure(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let Https(https) = Https::of(request.extensions(), &state);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        // The files of plugins' pages have stricter ones of some, and may be framed.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}

/// Middleware around the API.
pub(crate) async fn data(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(DATA.0, HeaderValue::from_static(DATA.1));
    headers.entry(KEPT.0).or_insert(HeaderValue::from_static(KEPT.1));
    response
}
