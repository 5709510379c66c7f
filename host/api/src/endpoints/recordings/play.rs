//! `GET /recordings/{id}/audio`: hear a recording of a call.

use crate::{ApiState, auth::SignedIn, error::Problem, input::Path, ranges};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use serde_json::json;

/// Sends a recording, a WAV file or one of Ogg Opus, or a part of it (RFC 9110 §14), so that players can jump. That somebody
/// begins to hear it is in the audit log.
#[utoipa::path(get, path = "/recordings/{id}/audio", tag = "history",
    params(("id" = u64, Path, description = "The recording's id.")),
    responses((status = 200, description = "The file.", content((Vec<u8> = "audio/wav"), (Vec<u8> = "audio/ogg"))),
        (status = 206, description = "The part that was asked for.",
            content((Vec<u8> = "audio/wav"), (Vec<u8> = "audio/ogg")))))]
pub(crate) async fn play(
    State(state): State<ApiState>,
    who: SignedIn,
    Path(id): Path<u64>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let missing = || Problem::not_found("recording", id);
    let row = state.store().recording(id).await?.ok_or_else(missing)?;
    if let Some(own) = who.hears(&state).await? {
        let sides = [&row.recording.caller, &row.recording.callee];
        // Whoever may not hear it does not learn that it is there.
        if !sides.iter().any(|side| side.extension.as_ref().is_some_and(|number| own.contains(number))) {
            return Err(missing());
        }
    }
    let file = ranges::File::open(&state.parts.recordings.folder.join(&row.file), media_type(&row.file)).await;
    let file = file.map_err(|error| Problem::internal(&error))?.ok_or_else(missing)?;
    let (mut response, from_start) = file.answer(&headers).await.map_err(|error| Problem::internal(&error))?;
    if from_start {
        state.audit(&who, "recording.hear", row.recording.call, json!({})).await;
    }
    if let Ok(named) = HeaderValue::from_str(&format!("inline; filename=\"{}\"", row.file)) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, named);
    }
    Ok(response)
}

/// What a file is, by its name.
fn media_type(file: &str) -> &'static str {
    if file.ends_with(".opus") { "audio/ogg" } else { "audio/wav" }
}
