//! `DELETE /conferences/{id}`: end a conference.

use super::{change, one};
use crate::{ApiState, auth::Admin, error::Problem, input::Path};
use axum::{extract::State, http::StatusCode};
use jackfield_calls::conference::Change;
use serde_json::json;

/// Ends a conference for everybody in it.
#[utoipa::path(delete, path = "/conferences/{id}", tag = "live",
    params(("id" = u64, Path, description = "The conference's number.")),
    responses((status = 204, description = "It has ended.")))]
pub(crate) async fn end(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<u64>,
) -> Result<StatusCode, Problem> {
    let name = one(&state, id)?.name;
    change(&state, id, Change::End)?;
    state.audit(&admin, "conference.end", name, json!({})).await;
    Ok(StatusCode::NO_CONTENT)
}
