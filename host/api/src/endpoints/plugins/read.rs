//! `GET /plugins/{id}`.

use crate::{ApiState, auth::Admin, error::Problem, input::Path};
use axum::extract::State;
use jackfield_model::PluginStatus;

/// Shows one plugin.
#[utoipa::path(get, path = "/plugins/{id}", tag = "plugins", params(("id" = String, Path, description = "The plugin's id.")),
    responses((status = 200, description = "The plugin.", body = PluginStatus)))]
pub(crate) async fn read(
    State(state): State<ApiState>,
    _admin: Admin,
    Path(id): Path<String>,
) -> Result<axum::Json<PluginStatus>, Problem> {
    Ok(axum::Json(state.plugin(&id)?))
}
