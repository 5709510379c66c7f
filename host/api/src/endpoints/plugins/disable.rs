//! `POST /plugins/{id}/disable`.

use crate::{ApiState, auth::Admin, error::Problem, input::Path};
use axum::extract::State;
use jackfield_model::PluginStatus;
use serde_json::json;

/// Switches a plugin off: the next call no longer reaches it; calls in one of its scripts go on.
#[utoipa::path(post, path = "/plugins/{id}/disable", tag = "plugins", params(("id" = String, Path, description = "The plugin's id.")),
    responses((status = 200, description = "As it is now.", body = PluginStatus)))]
pub(crate) async fn disable(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<String>,
) -> Result<axum::Json<PluginStatus>, Problem> {
    state.parts.plugins.disable(&id).await?;
    state.audit(&admin, "plugin.disable", &id, json!({})).await;
    Ok(axum::Json(state.plugin(&id)?))
}
