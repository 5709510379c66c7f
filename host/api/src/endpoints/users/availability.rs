//! `PUT /users/{id}/availability`: where somebody else is.

use crate::{
    ApiState,
    auth::Admin,
    endpoints::me::availability::AvailabilityChange,
    error::Problem,
    input::{Json, Path},
};
use axum::extract::State;
use jackfield_model::{Availability, Holder, UserId};
use serde_json::json;

/// Says where a person is, in their place.
#[utoipa::path(put, path = "/users/{id}/availability", tag = "users", request_body = AvailabilityChange,
    params(("id" = i64, Path, description = "The user's id.")),
    responses((status = 200, description = "As it is now.", body = Availability)))]
pub(crate) async fn set(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<UserId>,
    Json(change): Json<AvailabilityChange>,
) -> Result<axum::Json<Availability>, Problem> {
    let user = state.store().user(id).await?.ok_or_else(|| Problem::not_found("user", id))?;
    let detail = json!(change);
    let availability = change.put(&state, &Holder::User(user.id)).await?;
    state.audit(&admin, "user.availability", &user.login, detail).await;
    Ok(axum::Json(availability))
}
