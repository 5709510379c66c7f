//! `GET /health`: is it up?

use crate::{ApiState, error::Problem};
use axum::{extract::State, http::StatusCode};

/// Answers when the server is ready and its database can be read. Needs no session and tells nothing else.
#[utoipa::path(get, path = "/health", tag = "system", responses((status = 204, description = "Ready.")))]
pub(crate) async fn health(State(state): State<ApiState>) -> Result<StatusCode, Problem> {
    state.store().meta("health").await?;
    Ok(StatusCode::NO_CONTENT)
}
