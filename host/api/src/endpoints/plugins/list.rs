//! `GET /plugins`.

use crate::{ApiState, auth::Admin};
use axum::extract::State;
use jackfield_model::PluginStatus;

/// Lists the installed plugins with their state and cost; routing plugins first, in the order in which they are asked.
#[utoipa::path(get, path = "/plugins", tag = "plugins",
    responses((status = 200, description = "The plugins.", body = Vec<PluginStatus>)))]
pub(crate) async fn list(State(state): State<ApiState>, _admin: Admin) -> axum::Json<Vec<PluginStatus>> {
    axum::Json(state.parts.plugins.list())
}
