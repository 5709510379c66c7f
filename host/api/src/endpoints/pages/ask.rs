//! `/plugins/{id}/web/{path}`: a page asks its plugin, in the name of whoever is signed in.

use crate::{
    ApiState,
    auth::SignedIn,
    error::{Problem, ProblemKind},
    input::{Path, Query, Upload},
    pages_port::{PageAnswer, PageBody, PageFault, PageRequest, PageUser},
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use std::{collections::BTreeMap, fs::File, io, ops::RangeInclusive, os::unix::fs::FileExt};

/// Most bytes of a request.
pub(crate) const BODY: usize = 1024 * 1024;
/// Headers that plugins see.
const SEEN: [HeaderName; 3] = [header::ACCEPT, header::CONTENT_TYPE, header::IF_NONE_MATCH];
const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// Whatever the method: what the plugin answers, with headers that keep it data.
///
/// Not in the OpenAPI document: what is there is the plugin's to say.
pub(crate) async fn ask(
    State(state): State<ApiState>,
    who: SignedIn,
    method: Method,
    Path(path): Path<BTreeMap<String, String>>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    Upload(body): Upload,
) -> Result<Response, Problem> {
    if !METHODS.contains(&method) {
        return Err(Problem::new(ProblemKind::WrongMethod, "Plugins answer GET, POST, PUT, PATCH and DELETE."));
    }
    state.page_rate.admit(who.user.id, state.now()).map_err(|seconds| {
        let detail = "This page asks too much. Close what you do not need and wait a moment.";
        Problem::new(ProblemKind::TooManyRequests, detail).retry_after(seconds)
    })?;
    let plugin = path.get("id").cloned().unwrap_or_default();
    let path = format!("/{}", path.get("path").map_or("", String::as_str));
    if path.chars().any(char::is_control) {
        return Err(Problem::not_found("path", path.escape_default()));
    }
    let seen = SEEN.iter().filter_map(|name| Some((name.to_string(), headers.get(name)?.to_str().ok()?.to_owned())));
    let request = PageRequest {
        method: method.to_string(),
        path: path.clone(),
        query,
        headers: seen.collect(),
        body: body.to_vec(),
        user: PageUser {
            id: who.user.id,
            name: who.user.name.clone(),
            extension: state.store().numbers_of(who.user.id).await?.into_iter().next(),
            role: who.user.role,
            language: who.user.language,
        },
    };
    let answer = state.parts.pages.answer(&plugin, request).await;
    if who.is_admin() && !method.is_safe() && !matches!(answer, Err(PageFault::Unknown)) {
        let status = answer.as_ref().map_or(502, |answer| answer.status);
        let detail = json!({ "method": method.as_str(), "path": path, "status": status });
        state.audit(&who, "plugin.web", &plugin, detail).await;
    }
    match answer {
        Ok(answer) => respond(answer, headers.get(header::RANGE)).await,
        Err(PageFault::Unknown) => Err(Problem::new(
            ProblemKind::NotFound,
            format!("No plugin “{plugin}” answers here. It may have been switched off; reload the page."),
        )),
        Err(PageFault::Busy) => {
            let detail = "The plugin has too much to answer just now. Try again in a moment.";
            Err(Problem::new(ProblemKind::Busy, detail).retry_after(1))
        }
        Err(PageFault::Failed(why)) => {
            let detail = format!("The plugin {why}. An administrator finds more in its log.");
            Err(Problem::new(ProblemKind::PluginFailed, detail))
        }
    }
}

async fn respond(answer: PageAnswer, range: Option<&HeaderValue>) -> Result<Response, Problem> {
    let status = StatusCode::from_u16(answer.status).map_err(|_| {
        Problem::new(ProblemKind::PluginFailed, "The plugin answered with a status that does not exist.")
    })?;
    let mut response = match answer.body {
        PageBody::Bytes(bytes) => (status, bytes).into_response(),
        PageBody::Recording(file) => recording(file, status, range).await?,
    };
    let headers = response.headers_mut();
    for (name, value) in answer.headers {
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) else { continue };
        if name == header::CONTENT_TYPE && headers.get(&name).is_some_and(|known| known == "audio/wav") {
            continue;
        }
        headers.insert(name, value);
    }
    Ok(response)
}

/// A file, or the part of it that is wanted (RFC 9110 §14).
async fn recording(file: File, status: StatusCode, range: Option<&HeaderValue>) -> Result<Response, Problem> {
    let unreadable = |error: io::Error| {
        tracing::warn!(%error, "a recording cannot be read");
        Problem::new(ProblemKind::Internal, "The recording cannot be read. Try again, or tell an administrator.")
    };
    let length = file.metadata().map_err(unreadable)?.len();
    let wanted = range.and_then(|range| range.to_str().ok()).and_then(|range| part(range, length));
    let (first, last) = match &wanted {
        Some(Part::Of(range)) => (*range.start(), *range.end() + 1),
        Some(Part::Nothing) => {
            let whole = format!("bytes */{length}");
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, [(header::CONTENT_RANGE, whole)]).into_response());
        }
        None => (0, length),
    };
    let read = tokio::task::spawn_blocking(move || {
        let mut bytes = vec![0; usize::try_from(last - first).map_err(io::Error::other)?];
        file.read_exact_at(&mut bytes, first).map(|()| bytes)
    });
    let bytes = read.await.map_err(io::Error::other).flatten().map_err(unreadable)?;
    let always = [(header::CONTENT_TYPE, "audio/wav"), (header::ACCEPT_RANGES, "bytes")];
    Ok(match wanted {
        Some(_) => {
            let which = format!("bytes {first}-{}/{length}", last - 1);
            (StatusCode::PARTIAL_CONTENT, always, [(header::CONTENT_RANGE, which)], bytes).into_response()
        }
        None => (status, always, bytes).into_response(),
    })
}

#[derive(Debug, PartialEq)]
enum Part {
    Of(RangeInclusive<u64>),
    Nothing,
}

/// The one part that a `Range` asks for; `None` when it asks for several or makes no sense, which is for the whole.
fn part(range: &str, length: u64) -> Option<Part> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let (first, last) = match (first.trim(), last.trim()) {
        ("", last) => (length.saturating_sub(number(last)?), length.checked_sub(1)?),
        (first, "") => (number(first)?, length.checked_sub(1)?),
        (first, last) => (number(first)?, number(last)?.min(length.checked_sub(1)?)),
    };
    Some(if first < length && first <= last { Part::Of(first..=last) } else { Part::Nothing })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_those_of_the_standard() {
        for (range, expected) in [
            ("bytes=0-3", Some(Part::Of(0..=3))),
            ("bytes=4-", Some(Part::Of(4..=9))),
            ("bytes=-2", Some(Part::Of(8..=9))),
            ("bytes=-20", Some(Part::Of(0..=9))),
            ("bytes=8-99", Some(Part::Of(8..=9))),
            ("bytes=10-", Some(Part::Nothing)),
            ("bytes=5-4", Some(Part::Nothing)),
            ("bytes=-0", Some(Part::Nothing)),
            ("bytes=0-1,4-5", None),
            ("lines=1-2", None),
            ("bytes=x-", None),
        ] {
            assert_eq!(part(range, 10), expected, "{range}");
        }
        assert_eq!(part("bytes=0-", 0), None);
    }
}
