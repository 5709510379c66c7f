//! `PATCH /sounds/{id}`: give a prompt or music another name.

use super::upload::named;
use crate::{
    ApiState,
    auth::Admin,
    error::Problem,
    input::{Json, Path},
};
use axum::extract::State;
use jackfield_model::Sound;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

/// What to change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SoundChange {
    /// A new name.
    name: Option<String>,
    /// A new language, of a prompt.
    language: Option<String>,
}

/// Changes the name or the language of a sound: a prompt then replaces other prompts.
#[utoipa::path(patch, path = "/sounds/{id}", tag = "sounds", request_body = SoundChange,
    params(("id" = u64, Path, description = "The sound's id.")),
    responses((status = 200, description = "The sound.", body = Sound)))]
pub(crate) async fn update(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<u64>,
    Json(change): Json<SoundChange>,
) -> Result<axum::Json<Sound>, Problem> {
    let missing = || Problem::not_found("sound", id);
    let before = state.store().sound(id).await?.ok_or_else(missing)?;
    let (name, language) = named(
        before.kind,
        change.name.as_deref().unwrap_or(&before.name),
        change.language.as_deref().unwrap_or(&before.language),
    )?;
    if !state.store().rename_sound(id, &name, &language).await? {
        return Err(missing());
    }
    state.parts.telephony.reload_sounds().await;
    let detail = json!({ "name": name, "language": language });
    state.audit(&admin, "sound.update", &before.name, detail).await;
    Ok(axum::Json(Sound { name, language, ..before }))
}
