//! `DELETE /extensions/{number}`.

use crate::{ApiState, auth::Admin, error::Problem, input::Path};
use axum::{extract::State, http::StatusCode};
use jackfield_model::Number;
use serde_json::json;

/// Deletes an extension. Calls in progress go on. Can be undone for an hour, SIP password included.
#[utoipa::path(delete, path = "/extensions/{number}", tag = "extensions",
    params(("number" = String, Path, description = "The extension's number.")),
    responses((status = 204, description = "Deleted.")))]
pub(crate) async fn delete(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(number): Path<Number>,
) -> Result<StatusCode, Problem> {
    if !state.store().delete_extension(&number, state.now()).await? {
        return Err(Problem::not_found("extension", &number));
    }
    state.audit(&admin, "extension.delete", &number, json!({})).await;
    state.directory_changed().await;
    Ok(StatusCode::NO_CONTENT)
}
