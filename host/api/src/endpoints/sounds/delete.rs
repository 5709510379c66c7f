//! `DELETE /sounds/{id}`: delete a prompt or music.

use crate::{ApiState, auth::Admin, error::Problem, input::Path};
use axum::{extract::State, http::StatusCode};
use serde_json::json;

/// Deletes a sound. Where it was a prompt, the plugins' own is heard again.
#[utoipa::path(delete, path = "/sounds/{id}", tag = "sounds",
    params(("id" = u64, Path, description = "The sound's id.")),
    responses((status = 204, description = "It is deleted.")))]
pub(crate) async fn delete(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<u64>,
) -> Result<StatusCode, Problem> {
    let missing = || Problem::not_found("sound", id);
    let sound = state.store().sound(id).await?.ok_or_else(missing)?;
    if !state.store().delete_sound(id).await? {
        return Err(missing());
    }
    state.parts.telephony.reload_sounds().await;
    let file = state.parts.sounds.join(format!("{id}.wav"));
    if let Err(error) = tokio::fs::remove_file(&file).await {
        tracing::warn!(%error, file = %file.display(), "the file of a sound that was deleted stays");
    }
    state.audit(&admin, "sound.delete", sound.name, json!({ "kind": sound.kind, "language": sound.language })).await;
    Ok(StatusCode::NO_CONTENT)
}
