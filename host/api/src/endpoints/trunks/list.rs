//! `GET /trunks`: how the ways to the outside stand.

use crate::{ApiState, auth::Admin};
use axum::extract::State;
use jackfield_model::TrunkStatus;

/// Lists the trunks in the order in which they are tried, with their servers, registrations and calls.
#[utoipa::path(get, path = "/trunks", tag = "trunks",
    responses((status = 200, description = "The trunks.", body = Vec<TrunkStatus>)))]
pub(crate) async fn list(State(state): State<ApiState>, _: Admin) -> axum::Json<Vec<TrunkStatus>> {
    axum::Json(state.parts.telephony.trunks())
}
