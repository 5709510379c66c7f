//! `/plugins/{id}/inputs`: what a plugin's state could not take.

use crate::{
    ApiState,
    auth::Admin,
    error::Problem,
    input::{Json, Path},
    plugins_port::DeadInput,
};
use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

/// One input that was set aside.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// The key of the state.
    key: String,
    /// Its name.
    name: String,
}

/// Lists inputs that a plugin's state could not take, newest first; at most 200 are kept.
#[utoipa::path(get, path = "/plugins/{id}/inputs", tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id.")),
    responses((status = 200, description = "The inputs.", body = Vec<DeadInput>)))]
pub(crate) async fn list(
    State(state): State<ApiState>,
    _: Admin,
    Path(id): Path<String>,
) -> Result<axum::Json<Vec<DeadInput>>, Problem> {
    state.plugin(&id)?;
    Ok(axum::Json(state.parts.plugins.dead_inputs(&id)))
}

/// Gives a plugin's state an input again that it could not take.
#[utoipa::path(post, path = "/plugins/{id}/inputs/retry", tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id.")), request_body = Which,
    responses((status = 204, description = "It is given again.")))]
pub(crate) async fn retry(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<String>,
    Json(which): Json<Which>,
) -> Result<StatusCode, Problem> {
    settle(&state, &id, &which, true).await?;
    state.audit(&admin, "plugin.input-retry", &id, json!({"key": which.key, "name": which.name})).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Throws an input away that a plugin's state could not take.
#[utoipa::path(post, path = "/plugins/{id}/inputs/discard", tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id.")), request_body = Which,
    responses((status = 204, description = "It is gone.")))]
pub(crate) async fn discard(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<String>,
    Json(which): Json<Which>,
) -> Result<StatusCode, Problem> {
    settle(&state, &id, &which, false).await?;
    state.audit(&admin, "plugin.input-discard", &id, json!({"key": which.key, "name": which.name})).await;
    Ok(StatusCode::NO_CONTENT)
}

async fn settle(state: &ApiState, id: &str, which: &Which, again: bool) -> Result<(), Problem> {
    state.plugin(id)?;
    if !state.parts.plugins.settle_input(id, &which.key, &which.name, again).await? {
        return Err(Problem::not_found("such input", &which.name));
    }
    Ok(())
}
