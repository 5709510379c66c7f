//! `GET /plugins/{id}/events`, `POST /plugins/{id}/events/{seq}/retry` and `DELETE /plugins/{id}/events/{seq}`: what a plugin
//! was told in vain.

use crate::{ApiState, auth::Admin, error::Problem, input::Path, plugins_port::DeadEvent};
use axum::{extract::State, http::StatusCode};
use serde_json::json;

/// Lists events that a plugin was told in vain, newest first; at most 200 are kept.
#[utoipa::path(get, path = "/plugins/{id}/events", tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id.")),
    responses((status = 200, description = "The events.", body = Vec<DeadEvent>)))]
pub(crate) async fn list(
    State(state): State<ApiState>,
    _: Admin,
    Path(id): Path<String>,
) -> Result<axum::Json<Vec<DeadEvent>>, Problem> {
    state.plugin(&id)?;
    Ok(axum::Json(state.parts.plugins.dead_events(&id)))
}

/// Has a plugin told again of an event that it was told in vain.
#[utoipa::path(post, path = "/plugins/{id}/events/{seq}/retry", tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id."), ("seq" = u64, Path, description = "The event's number.")),
    responses((status = 204, description = "It is told again.")))]
pub(crate) async fn retry(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path((id, seq)): Path<(String, u64)>,
) -> Result<StatusCode, Problem> {
    settle(&state, &id, seq, true).await?;
    state.audit(&admin, "plugin.event-retry", &id, json!({ "event": seq })).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Throws an event away that a plugin was told in vain.
#[utoipa::path(delete, path = "/plugins/{id}/events/{seq}", tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id."), ("seq" = u64, Path, description = "The event's number.")),
    responses((status = 204, description = "It is gone.")))]
pub(crate) async fn discard(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path((id, seq)): Path<(String, u64)>,
) -> Result<StatusCode, Problem> {
    settle(&state, &id, seq, false).await?;
    state.audit(&admin, "plugin.event-discard", &id, json!({ "event": seq })).await;
    Ok(StatusCode::NO_CONTENT)
}

async fn settle(state: &ApiState, id: &str, seq: u64, again: bool) -> Result<(), Problem> {
    state.plugin(id)?;
    if !state.parts.plugins.settle_event(id, seq, again).await? {
        return Err(Problem::not_found("such event", seq));
    }
    Ok(())
}
