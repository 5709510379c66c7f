//! `POST /conferences/{id}/members`: ring somebody and bring them into a conference.

use super::{one, refused};
use crate::{
    ApiState,
    auth::Admin,
    error::Problem,
    input::{Check, Json, Path},
};
use axum::{extract::State, http::StatusCode};
use jackfield_model::CallId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// Whom to ring.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Addition {
    /// The number, as a telephone of the house would dial it.
    number: String,
}

/// The call that has begun.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdditionStarted {
    /// Its id.
    call: CallId,
}

/// Rings somebody, who is in the conference when they answer. A call to the outside is made on account of your own first
/// extension; without one it does not go.
#[utoipa::path(post, path = "/conferences/{id}/members", tag = "live", request_body = Addition,
    params(("id" = u64, Path, description = "The conference's number.")),
    responses((status = 202, description = "The telephone is about to ring.", body = AdditionStarted)))]
pub(crate) async fn add(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<u64>,
    Json(wish): Json<Addition>,
) -> Result<(StatusCode, axum::Json<AdditionStarted>), Problem> {
    let mut check = Check::default();
    let number = check.number("number", &wish.number);
    check.done()?;
    let Some(number) = number else { return Err(Problem::not_found("number", &wish.number)) };
    let name = one(&state, id)?.name;
    let own = state.store().numbers_of(admin.user.id).await?;
    let call = state.parts.telephony.add_to_conference(id, &number, own.first()).await;
    let call = call.map_err(|error| refused(id, &error))?;
    state.audit(&admin, "conference.add", name, json!({ "to": number })).await;
    Ok((StatusCode::ACCEPTED, axum::Json(AdditionStarted { call })))
}
