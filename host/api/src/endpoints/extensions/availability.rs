//! `PUT /extensions/{number}/availability`: where whoever answers there is.

use crate::{
    ApiState,
    auth::Admin,
    endpoints::me::availability::AvailabilityChange,
    error::Problem,
    input::{Json, Path},
};
use axum::extract::State;
use jackfield_calls::availability::holder_of;
use jackfield_model::{Availability, Number};
use serde_json::json;

/// Says where the owner of an extension is, or how a number that belongs to nobody is available.
#[utoipa::path(put, path = "/extensions/{number}/availability", tag = "extensions", request_body = AvailabilityChange,
    params(("number" = String, Path, description = "The extension's number.")),
    responses((status = 200, description = "As it is now.", body = Availability)))]
pub(crate) async fn set(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(number): Path<Number>,
    Json(change): Json<AvailabilityChange>,
) -> Result<axum::Json<Availability>, Problem> {
    let extension = state.store().extension(&number).await?.ok_or_else(|| Problem::not_found("extension", &number))?;
    let detail = json!(change);
    let availability = change.put(&state, &holder_of(&extension)).await?;
    state.audit(&admin, "extension.availability", &number, detail).await;
    Ok(axum::Json(availability))
}
