//! `DELETE /conferences/{id}/members/{member}`: remove somebody from a conference.

use super::{change, one};
use crate::{ApiState, auth::Admin, error::Problem, input::Path};
use axum::{extract::State, http::StatusCode};
use jackfield_calls::conference::Change;
use serde_json::json;

/// Removes somebody from a conference. What they hear then is their plugin's affair; usually the call ends.
#[utoipa::path(delete, path = "/conferences/{id}/members/{member}", tag = "live",
    params(("id" = u64, Path, description = "The conference's number."),
        ("member" = u32, Path, description = "The member's number.")),
    responses((status = 204, description = "They are heard no more.")))]
pub(crate) async fn remove(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path((id, member)): Path<(u64, u32)>,
) -> Result<StatusCode, Problem> {
    let conference = one(&state, id)?;
    let who = conference.member(member).ok_or_else(|| Problem::not_found("member", member))?.who.number.clone();
    change(&state, id, Change::Remove(member))?;
    state.audit(&admin, "conference.remove", conference.name, json!({ "member": who })).await;
    Ok(StatusCode::NO_CONTENT)
}
