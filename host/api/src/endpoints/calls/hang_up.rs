//! `DELETE /calls/{id}`: end a call.

use crate::{ApiState, auth::Admin, error::Problem, input::Path};
use axum::{extract::State, http::StatusCode};
use jackfield_model::CallId;
use serde_json::json;

/// Ends a call in progress, for both parties.
#[utoipa::path(delete, path = "/calls/{id}", tag = "live", params(("id" = String, Path, description = "The call's id.")),
    responses((status = 204, description = "The call is being ended.")))]
pub(crate) async fn hang_up(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<CallId>,
) -> Result<StatusCode, Problem> {
    if !state.parts.telephony.hang_up(&id).await {
        return Err(Problem::not_found("call", id));
    }
    state.audit(&admin, "call.hang-up", id, json!({})).await;
    Ok(StatusCode::NO_CONTENT)
}
