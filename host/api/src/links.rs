//! `/link/{plugin}/{word}/`: a page that a plugin shows to whoever has the link, without signing in.
//!
//! Nothing here is done in anybody's name: no cookie is read, the page runs in a sandbox without an origin and can reach its own
//! address alone. Whom a link is good for is the plugin's to say. Strangers cannot keep a plugin from its people: few of their
//! requests are passed on at a time, and few a second from one address.

use crate::{
    ApiState,
    auth::Source,
    pages_port::{PageAnswer, PageBody, PageFault, PageFile},
    rate::Rate,
};
use axum::{
    extract::{Path, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use bytes::Bytes;
use std::{net::IpAddr, time::Duration};
use tokio::{sync::Semaphore, time::timeout};

/// Requests that are passed on to plugins at a time.
const AT_ONCE: usize = 2;
/// How long one waits for its turn.
const PATIENCE: Duration = Duration::from_secs(2);
/// The longest word of a link.
const LONGEST_WORD: usize = 128;

/// What such a page may do: run its own scripts, show its own files, and ask at its own address.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
    connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox allow-scripts";

const SERVED: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    // A page without an origin is “another one”, whoever serves it; without cookies it gets no more than whoever has the link.
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    // The address is a secret: it is neither kept nor told to anybody.
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
];

/// What keeps strangers within bounds.
pub(crate) struct Links {
    rate: Rate<IpAddr>,
    places: Semaphore,
}

impl Default for Links {
    fn default() -> Self {
        Self { rate: Rate::default(), places: Semaphore::new(AT_ONCE) }
    }
}

/// `GET /link/{plugin}/{word}`: the page's own files are beside it.
pub(crate) async fn enter(Path((plugin, word)): Path<(String, String)>) -> Response {
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    if plain(&plugin) && plain(&word) {
        return with_headers(Redirect::permanent(&format!("/link/{plugin}/{word}/")).into_response());
    }
    refused(StatusCode::NOT_FOUND, "There is no such page.\n")
}

/// `GET /link/{plugin}/{word}/`.
pub(crate) async fn index(State(state): State<ApiState>, Path((plugin, _word)): Path<(String, String)>) -> Response {
    file_of(&state, &plugin, "index.html")
}

/// `GET /link/{plugin}/{word}/{*path}`: a file of the page, or `data`.
pub(crate) async fn ask(
    State(state): State<ApiState>,
    Source(source): Source,
    Path((plugin, word, path)): Path<(String, String, String)>,
) -> Response {
    if path != "data" {
        return file_of(&state, &plugin, &path);
    }
    if let Err(seconds) = state.links.rate.admit(source, state.now()) {
        let mut response = refused(StatusCode::TOO_MANY_REQUESTS, "Too much is asked from this address.\n");
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        return response;
    }
    if word.len() > LONGEST_WORD {
        return refused(StatusCode::NOT_FOUND, "There is no such page.\n");
    }
    let busy = || refused(StatusCode::SERVICE_UNAVAILABLE, "Too much is asked just now.\n");
    let Ok(Ok(_place)) = timeout(PATIENCE, state.links.places.acquire()).await else { return busy() };
    match state.parts.pages.link(&plugin, &word).await {
        Ok(answer) => shown(answer),
        Err(PageFault::Unknown) => refused(StatusCode::NOT_FOUND, "There is no such page.\n"),
        Err(PageFault::Busy) => busy(),
        // Why is for administrators, in the plugin's log.
        Err(PageFault::Failed(_)) => refused(StatusCode::BAD_GATEWAY, "The page cannot be shown now.\n"),
    }
}

fn file_of(state: &ApiState, plugin: &str, path: &str) -> Response {
    match state.parts.pages.link_file(plugin, path) {
        Some(PageFile { bytes, media_type }) => {
            let mut response = with_headers(Bytes::from_owner(bytes).into_response());
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
            response
        }
        None => refused(StatusCode::NOT_FOUND, "There is no such page.\n"),
    }
}

fn shown(answer: PageAnswer) -> Response {
    let (Ok(status), PageBody::Bytes(bytes)) = (StatusCode::from_u16(answer.status), answer.body) else {
        return refused(StatusCode::BAD_GATEWAY, "The page cannot be shown now.\n");
    };
    let mut response = with_headers((status, bytes).into_response());
    let media_type = answer.headers.into_iter().find(|(name, _)| name == header::CONTENT_TYPE.as_str());
    if let Some(Ok(media_type)) = media_type.map(|(_, value)| HeaderValue::try_from(value)) {
        response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    }
    response
}

fn refused(status: StatusCode, why: &'static str) -> Response {
    with_headers((status, why).into_response())
}

fn with_headers(mut response: Response) -> Response {
    for (name, value) in SERVED {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
