//! `GET /plugins/{id}/versions` and `POST /plugins/{id}/roll-back`: the version in use and the one before it.

use crate::{
    ApiState, KeptVersion,
    auth::Admin,
    error::Problem,
    input::{Json, Path},
};
use axum::extract::State;
use jackfield_model::PluginStatus;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

/// The version to go back to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RollBack {
    /// One that is kept.
    version: String,
}

/// Lists the versions of a plugin that are kept, newest first.
#[utoipa::path(get, path = "/plugins/{id}/versions", tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id.")),
    responses((status = 200, description = "The versions.", body = Vec<KeptVersion>)))]
pub(crate) async fn list(
    State(state): State<ApiState>,
    _: Admin,
    Path(id): Path<String>,
) -> Result<axum::Json<Vec<KeptVersion>>, Problem> {
    state.plugin(&id)?;
    Ok(axum::Json(state.parts.plugins.versions(&id).await))
}

/// Goes back to a version that is kept. Calls in a script of the newer version go on with it. What the version asks for and is
/// not approved any more has to be approved.
#[utoipa::path(post, path = "/plugins/{id}/roll-back", tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id.")), request_body = RollBack,
    responses((status = 200, description = "As it is now.", body = PluginStatus)))]
pub(crate) async fn roll_back(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<String>,
    Json(RollBack { version }): Json<RollBack>,
) -> Result<axum::Json<PluginStatus>, Problem> {
    let before = state.plugin(&id)?.version;
    let status = state.parts.plugins.roll_back(&id, &version).await?;
    state.audit(&admin, "plugin.roll-back", &id, json!({"from": before, "version": status.version})).await;
    Ok(axum::Json(status))
}
