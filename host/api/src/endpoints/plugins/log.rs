//! `GET /plugins/{id}/log`.

use crate::{
    ApiState,
    auth::Admin,
    error::Problem,
    input::{Path, Query},
};
use axum::extract::State;
use jackfield_model::PluginLogLine;
use serde::Deserialize;
use utoipa::IntoParams;

/// How much of the log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LogQuery {
    /// How many lines, at most 1,000.
    #[serde(default = "two_hundred")]
    #[param(maximum = 1_000)]
    limit: usize,
}

fn two_hundred() -> usize {
    200
}

/// Shows the newest lines of a plugin's log, oldest first; what the host found about the plugin is among them.
#[utoipa::path(get, path = "/plugins/{id}/log", tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id."), LogQuery),
    responses((status = 200, description = "The lines.", body = Vec<PluginLogLine>)))]
pub(crate) async fn log(
    State(state): State<ApiState>,
    _admin: Admin,
    Path(id): Path<String>,
    Query(query): Query<LogQuery>,
) -> Result<axum::Json<Vec<PluginLogLine>>, Problem> {
    state.plugin(&id)?;
    Ok(axum::Json(state.parts.plugins.log(&id, query.limit.clamp(1, 1_000))))
}
