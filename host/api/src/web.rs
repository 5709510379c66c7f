//! The web shell: files of the build, compressed beforehand, with `index.html` for every path that is a page of it.

use crate::{
    ApiState,
    error::{Problem, ProblemKind},
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};
use std::path::{Component, Path, PathBuf};

/// Files with a digest of their content in the name.
const IMMUTABLE: &str = "_app/immutable/";
/// What a meta tag cannot carry, beside the policy with script hashes in the page itself.
const POLICY: &str = "frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'";

/// The built shell, or the page that says that it is not built: see build.rs.
#[derive(RustEmbed)]
#[folder = "$JACKFIELD_SHELL"]
struct Built;

/// A file to be sent.
struct File {
    data: Bytes,
    etag: String,
    encoding: Option<&'static str>,
}

/// Answers everything outside the API.
pub(crate) async fn shell(State(state): State<ApiState>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return Problem::new(ProblemKind::WrongMethod, "Pages can only be read.").into_response();
    }
    let accepted = Encodings::of(&headers);
    let path = uri.path().trim_start_matches('/');
    let folder = state.parts.web_dir.as_deref();
    if let Some(file) = find(folder, path, &accepted).await {
        return send(path, file, &headers);
    }
    // A missing file is missing. Everything that a person opens, and every path that looks like no file, is a page.
    let opened =
        headers.get_all(header::ACCEPT).iter().any(|accept| accept.to_str().is_ok_and(|a| a.contains("text/html")));
    let file_name = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    let page = !path.starts_with("_app/") && (opened || !file_name);
    match find(folder, "index.html", &accepted).await {
        Some(index) if page => send("index.html", index, &headers),
        _ => (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], "Not found.\n")
            .into_response(),
    }
}

async fn find(folder: Option<&Path>, path: &str, accepted: &Encodings) -> Option<File> {
    for (suffix, encoding) in [(".br", "br"), (".gz", "gzip")] {
        if accepted.has(encoding)
            && let Some((data, etag)) = load(folder, &format!("{path}{suffix}")).await
        {
            return Some(File { data, etag, encoding: Some(encoding) });
        }
    }
    let (data, etag) = load(folder, path).await?;
    Some(File { data, etag, encoding: None })
}

/// A file of the folder, or of the embedded build when there is no folder; with its ETag.
async fn load(folder: Option<&Path>, path: &str) -> Option<(Bytes, String)> {
    let Some(folder) = folder else {
        let file = Built::get(path)?;
        let data = match file.data {
            std::borrow::Cow::Borrowed(data) => Bytes::from_static(data),
            std::borrow::Cow::Owned(data) => Bytes::from(data),
        };
        return Some((data, etag(file.metadata.sha256_hash())));
    };
    let path = inside(folder, path)?;
    let data = tokio::fs::read(path).await.ok()?;
    let digest = Sha256::digest(&data).into();
    Some((Bytes::from(data), etag(digest)))
}

/// A path below the folder, or nothing when it leads out of it.
fn inside(folder: &Path, path: &str) -> Option<PathBuf> {
    let path = Path::new(path);
    path.components().all(|part| matches!(part, Component::Normal(_))).then(|| folder.join(path))
}

fn send(path: &str, file: File, asked: &HeaderMap) -> Response {
    let known = asked.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let unchanged =
        known.is_some_and(|known| known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == file.etag));
    let kept = if path.starts_with(IMMUTABLE) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = if unchanged { StatusCode::NOT_MODIFIED.into_response() } else { file.data.into_response() };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::ETAG, HeaderValue::from_str(&file.etag).expect("hexadecimal digits in quotes"));
    if let Some(encoding) = file.encoding.filter(|_| !unchanged) {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

fn etag(digest: [u8; 32]) -> String {
    format!("\"{}\"", hex::encode(&digest[..16]))
}

/// The kinds of files that a build has.
fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// What the browser can unpack (RFC 9110 §12.5.3); a weight of zero is a no.
struct Encodings(Vec<String>);

impl Encodings {
    fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        let wanted = values.flat_map(|value| value.split(',')).filter_map(|item| {
            let mut parts = item.split(';').map(str::trim);
            let name = parts.next()?.to_ascii_lowercase();
            let refused = parts.any(|p| p.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0)));
            (!refused).then_some(name)
        });
        Self(wanted.collect())
    }

    fn has(&self, encoding: &str) -> bool {
        self.0.iter().any(|wanted| wanted == encoding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out_of_the_folder() {
        let folder = Path::new("/srv/web");
        assert_eq!(inside(folder, "a/b.js"), Some("/srv/web/a/b.js".into()));
        for bad in ["../etc/passwd", "a/../../x", "/etc/passwd", "./x"] {
            assert_eq!(inside(folder, bad), None, "{bad}");
        }
    }

    #[test]
    fn a_browser_gets_only_what_it_can_unpack() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip;q=0, BR ; q=0.5"));
        let encodings = Encodings::of(&headers);
        assert!(encodings.has("br") && !encodings.has("gzip"));
    }
}
