//! `POST /plugins/{id}/enable`.

use crate::{ApiState, auth::Admin, error::Problem, input::Path};
use axum::extract::State;
use jackfield_model::PluginStatus;
use serde_json::json;

/// Switches a plugin on. One that was resting or quarantined starts afresh.
#[utoipa::path(post, path = "/plugins/{id}/enable", tag = "plugins", params(("id" = String, Path, description = "The plugin's id.")),
    responses((status = 200, description = "As it is now.", body = PluginStatus)))]
pub(crate) async fn enable(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<String>,
) -> Result<axum::Json<PluginStatus>, Problem> {
    state.parts.plugins.enable(&id).await?;
    state.audit(&admin, "plugin.enable", &id, json!({})).await;
    Ok(axum::Json(state.plugin(&id)?))
}
