//! `/plugins/{id}/trial`: a version that is tried beside the one in use. It begins by installing a package with `trial=true`.

use crate::{
    ApiState,
    auth::Admin,
    error::Problem,
    input::{Json, Path},
};
use axum::extract::State;
use jackfield_model::{PluginStatus, TrialFindings};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

/// How many calls the version decides.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Share {
    /// Of a hundred, 0 to 50; with 0 it is only watched.
    share: u8,
}

/// Gives what a trial has shown since it began or the host started.
#[utoipa::path(get, path = "/plugins/{id}/trial", tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id.")),
    responses((status = 200, description = "What it has shown.", body = TrialFindings)))]
pub(crate) async fn read(
    State(state): State<ApiState>,
    _: Admin,
    Path(id): Path<String>,
) -> Result<axum::Json<TrialFindings>, Problem> {
    state.plugin(&id)?;
    let findings =
        state.parts.plugins.trial_findings(&id).ok_or_else(|| Problem::not_found("trial of a plugin", &id))?;
    Ok(axum::Json(findings))
}

/// Has the version that is tried decide so many of a hundred calls from now on.
#[utoipa::path(put, path = "/plugins/{id}/trial", tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id.")), request_body = Share,
    responses((status = 200, description = "As it is now.", body = PluginStatus)))]
pub(crate) async fn set_share(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<String>,
    Json(Share { share }): Json<Share>,
) -> Result<axum::Json<PluginStatus>, Problem> {
    state.parts.plugins.set_trial_share(&id, share).await?;
    let status = state.plugin(&id)?;
    let version = status.trial.as_ref().map(|trial| &trial.version);
    state.audit(&admin, "plugin.trial-share", &id, json!({"version": version, "share": share})).await;
    Ok(axum::Json(status))
}

/// Puts the version that is tried in place for all calls. Calls in a script of the other version go on with it.
#[utoipa::path(post, path = "/plugins/{id}/trial/adopt", tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id.")),
    responses((status = 200, description = "As it is now.", body = PluginStatus)))]
pub(crate) async fn adopt(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<String>,
) -> Result<axum::Json<PluginStatus>, Problem> {
    let before = state.plugin(&id)?.version;
    let status = state.parts.plugins.adopt_trial(&id).await?;
    state.audit(&admin, "plugin.trial-adopt", &id, json!({"from": before, "version": status.version})).await;
    Ok(axum::Json(status))
}

/// Ends a trial: the version in use has all calls.
#[utoipa::path(delete, path = "/plugins/{id}/trial", tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id.")),
    responses((status = 200, description = "As it is now.", body = PluginStatus)))]
pub(crate) async fn end(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<String>,
) -> Result<axum::Json<PluginStatus>, Problem> {
    let version = state.plugin(&id)?.trial.map(|trial| trial.version);
    state.parts.plugins.end_trial(&id).await?;
    state.audit(&admin, "plugin.trial-end", &id, json!({ "version": version })).await;
    Ok(axum::Json(state.plugin(&id)?))
}
