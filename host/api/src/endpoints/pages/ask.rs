//! `/plugins/{id}/web/{path}`: a page asks its plugin, in the name of whoever is signed in.

use crate::{
    ApiState,
    auth::SignedIn,
    error::{Problem, ProblemKind},
    input::{Path, Query, Upload},
    pages_port::{PageAnswer, PageBody, PageFault, PageRequest, PageUser},
    ranges,
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use std::{collections::BTreeMap, io};

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
        Ok(answer) => respond(answer, &headers).await,
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

/// What is sent in parts keeps its own status, and a recording its media type.
async fn respond(answer: PageAnswer, asked: &HeaderMap) -> Result<Response, Problem> {
    let internal = |error: io::Error| Problem::internal(&error);
    let (mut response, recording) = match answer.body {
        PageBody::Bytes(bytes) => {
            let status = StatusCode::from_u16(answer.status).map_err(|_| {
                Problem::new(ProblemKind::PluginFailed, "The plugin answered with a status that does not exist.")
            })?;
            ((status, bytes).into_response(), false)
        }
        PageBody::Recording(file) => {
            let file = ranges::File::of(file.into(), "audio/wav").await.map_err(internal)?;
            (file.answer(asked).await.map_err(internal)?.0, true)
        }
        PageBody::Blob(file, size) => {
            let file = ranges::File::beginning_of(file.into(), size);
            (file.answer(asked).await.map_err(internal)?.0, false)
        }
    };
    let headers = response.headers_mut();
    for (name, value) in answer.headers {
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) else { continue };
        if !(recording && name == header::CONTENT_TYPE) {
            headers.insert(name, value);
        }
    }
    Ok(response)
}
