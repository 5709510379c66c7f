//! `DELETE /bans/{source}`: let a source in again.

use crate::{ApiState, auth::Admin, error::Problem, input::Path};
use axum::{extract::State, http::StatusCode};
use serde_json::json;
use std::net::IpAddr;

/// Ends a ban and forgets what led to it.
#[utoipa::path(delete, path = "/bans/{source}", tag = "security",
    params(("source" = String, Path, description = "The banned source, as the list names it.")),
    responses((status = 204, description = "The ban is lifted.")))]
pub(crate) async fn lift(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(source): Path<IpAddr>,
) -> Result<StatusCode, Problem> {
    if !state.parts.telephony.lift_ban(source) {
        return Err(Problem::not_found("ban", source));
    }
    state.audit(&admin, "ban.lift", source, json!({})).await;
    Ok(StatusCode::NO_CONTENT)
}
