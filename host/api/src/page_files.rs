//! The files of plugins' pages, and what the host gives all of them: look, and the bridge to the shell.
//!
//! A page is shown in a sandboxed frame without an origin of its own, so it sends no cookie: it must be readable
//! without one. What keeps strangers away is the address, which holds a ticket that only whoever is signed in is told.
//! It is good for one build of the plugin's pages and one run of the server, and for nothing but these files.

use crate::{ApiState, pages_port::PageFile};
use axum::{
    extract::{Path, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use jackfield_model::PluginPage;
use sha2::{Digest, Sha256};

/// What a page may do: run its own scripts, show its own files and what it makes itself. It reaches no server; what it
/// wants it asks of the shell.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    font-src 'self'; media-src 'self' blob:; connect-src 'none'; form-action 'none'; base-uri 'none'; \
    frame-ancestors 'self'; sandbox allow-scripts allow-forms allow-downloads";

const SERVED: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    // Scripts and fonts of a page without an origin come “from another one”, whoever serves them.
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("permissions-policy"), "microphone=(), camera=(), geolocation=(), payment=()"),
    (HeaderName::from_static("x-dns-prefetch-control"), "off"),
];

/// What pages of all plugins may use, by its name below `/plugin-ui/kit/1/`.
const KIT: [(&str, &str, &str); 2] = [
    (
        "kit.css",
        "text/css; charset=utf-8",
        concat!(
            include_str!("../../web/src/lib/ui/tokens.css"),
            include_str!("../../web/src/lib/ui/base.css"),
            include_str!("../../../sdk/ui/kit.css")
        ),
    ),
    ("bridge.js", "text/javascript; charset=utf-8", include_str!("../../../sdk/ui/bridge.js")),
];

/// Makes and knows the words in the addresses of pages.
pub(crate) struct Tickets([u8; 32]);

impl Default for Tickets {
    fn default() -> Self {
        Self(rand::random())
    }
}

impl Tickets {
    /// Where a page is served.
    pub(crate) fn url(&self, page: &PluginPage) -> String {
        format!("/plugin-ui/{}/{}/{}", self.of(&page.plugin, &page.build), page.plugin, page.file)
    }

    fn of(&self, plugin: &str, build: &str) -> String {
        let digest = Sha256::new().chain_update(self.0).chain_update(plugin).chain_update([0]).chain_update(build);
        hex::encode(&digest.finalize()[..16])
    }
}

/// `GET /plugin-ui/{ticket}/{plugin}/{*path}`.
pub(crate) async fn file(
    State(state): State<ApiState>,
    Path((ticket, plugin, path)): Path<(String, String, String)>,
) -> Response {
    let page = state.parts.pages.pages().into_iter().find(|page| page.plugin == plugin);
    let good = page.is_some_and(|page| state.tickets.of(&plugin, &page.build) == ticket);
    match state.parts.pages.file(&plugin, &path).filter(|_| good) {
        Some(PageFile { bytes, media_type }) => {
            served(Bytes::from_owner(bytes), media_type, "private, max-age=31536000, immutable")
        }
        None => missing(),
    }
}

/// `GET /plugin-ui/kit/1/{file}`.
pub(crate) async fn kit(Path(name): Path<String>) -> Response {
    match KIT.iter().find(|(known, ..)| *known == name) {
        Some((_, media_type, text)) => served(Bytes::from_static(text.as_bytes()), media_type, "public, max-age=300"),
        None => missing(),
    }
}

fn served(bytes: Bytes, media_type: &'static str, kept: &'static str) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    for (name, value) in SERVED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    response
}

fn missing() -> Response {
    let text = "There is no such page any more. Reload the window.\n";
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
    ];
    (StatusCode::NOT_FOUND, headers, text).into_response()
}
