//! `POST /plugins/{id}/approve`.

use crate::{ApiState, auth::Admin, error::Problem, input::Path};
use axum::extract::State;
use jackfield_model::PluginStatus;
use serde_json::json;

/// Approves everything that the installed version asks for.
#[utoipa::path(post, path = "/plugins/{id}/approve", tag = "plugins", params(("id" = String, Path, description = "The plugin's id.")),
    responses((status = 200, description = "As it is now.", body = PluginStatus)))]
pub(crate) async fn approve(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<String>,
) -> Result<axum::Json<PluginStatus>, Problem> {
    state.parts.plugins.approve(&id).await?;
    state.audit(&admin, "plugin.approve", &id, json!({})).await;
    Ok(axum::Json(state.plugin(&id)?))
}
