//! `DELETE /plugins/{id}`.

use crate::{
    ApiState,
    auth::Admin,
    error::Problem,
    input::{Path, Query},
};
use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

/// What becomes of the plugin's data.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RemoveQuery {
    /// Whether what the plugin has stored is erased too.
    #[serde(default)]
    erase_data: bool,
}

/// Removes a plugin. What it has stored stays unless it is to be erased too.
#[utoipa::path(delete, path = "/plugins/{id}", tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id."), RemoveQuery),
    responses((status = 204, description = "Removed.")))]
pub(crate) async fn remove(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<String>,
    Query(query): Query<RemoveQuery>,
) -> Result<StatusCode, Problem> {
    state.parts.plugins.remove(&id, query.erase_data).await?;
    state.audit(&admin, "plugin.remove", &id, json!({"erase_data": query.erase_data})).await;
    Ok(StatusCode::NO_CONTENT)
}
