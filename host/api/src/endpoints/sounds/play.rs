//! `GET /sounds/{id}/audio`: hear a prompt or music.

use crate::{ApiState, auth::Admin, error::Problem, input::Path, ranges};
use axum::{extract::State, http::HeaderMap, response::Response};

/// Sends a sound as a WAV file, or a part of it (RFC 9110 §14).
#[utoipa::path(get, path = "/sounds/{id}/audio", tag = "sounds",
    params(("id" = u64, Path, description = "The sound's id.")),
    responses((status = 200, description = "The file.", content_type = "audio/wav", body = Vec<u8>),
        (status = 206, description = "The part that was asked for.", content_type = "audio/wav", body = Vec<u8>)))]
pub(crate) async fn play(
    State(state): State<ApiState>,
    _: Admin,
    Path(id): Path<u64>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let file = ranges::File::open(&state.parts.sounds.join(format!("{id}.wav")), "audio/wav").await;
    let file = file.map_err(|error| Problem::internal(&error))?.ok_or_else(|| Problem::not_found("sound", id))?;
    let (response, _) = file.answer(&headers).await.map_err(|error| Problem::internal(&error))?;
    Ok(response)
}
