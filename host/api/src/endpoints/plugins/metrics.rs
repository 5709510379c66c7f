//! `GET /plugins/{id}/metrics`.

use crate::{ApiState, auth::Admin, error::Problem, input::Path};
use axum::extract::State;
use jackfield_model::PluginMetric;

/// Lists the figures that a plugin keeps of itself, since the system was started.
#[utoipa::path(get, path = "/plugins/{id}/metrics", tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id.")),
    responses((status = 200, description = "The figures.", body = Vec<PluginMetric>)))]
pub(crate) async fn metrics(
    State(state): State<ApiState>,
    _admin: Admin,
    Path(id): Path<String>,
) -> Result<axum::Json<Vec<PluginMetric>>, Problem> {
    state.plugin(&id)?;
    Ok(axum::Json(state.parts.plugins.metrics(&id)))
}
