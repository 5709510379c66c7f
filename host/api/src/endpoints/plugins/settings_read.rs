//! `GET /plugins/{id}/settings`.

use crate::{ApiState, PluginSettings, auth::Admin, error::Problem, input::Path};
use axum::extract::State;

/// Shows a plugin's settings with the JSON Schema and the texts that their form is drawn from.
#[utoipa::path(get, path = "/plugins/{id}/settings", tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id.")),
    responses((status = 200, description = "The settings.", body = PluginSettings)))]
pub(crate) async fn read(
    State(state): State<ApiState>,
    _admin: Admin,
    Path(id): Path<String>,
) -> Result<axum::Json<PluginSettings>, Problem> {
    let settings = state.parts.plugins.settings(&id);
    Ok(axum::Json(settings.ok_or_else(|| Problem::not_found("plugin", id))?))
}
