//! `DELETE /recordings/{id}`: delete a recording of a call.

use crate::{ApiState, auth::Admin, error::Problem, input::Path};
use axum::{extract::State, http::StatusCode};
use serde_json::json;
use std::io::ErrorKind;

/// Deletes a recording and its file, for good.
#[utoipa::path(delete, path = "/recordings/{id}", tag = "history",
    params(("id" = u64, Path, description = "The recording's id.")),
    responses((status = 204, description = "It is deleted.")))]
pub(crate) async fn delete(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<u64>,
) -> Result<StatusCode, Problem> {
    let row = state.store().recording(id).await?.ok_or_else(|| Problem::not_found("recording", id))?;
    match tokio::fs::remove_file(state.parts.recordings.folder.join(&row.file)).await {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(Problem::internal(&error)),
        Ok(()) | Err(_) => state.store().forget_recording(&row.file).await?,
    }
    let detail = json!({ "started": row.recording.started, "bytes": row.recording.bytes });
    state.audit(&admin, "recording.delete", row.recording.call, detail).await;
    Ok(StatusCode::NO_CONTENT)
}
