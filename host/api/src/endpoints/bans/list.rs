//! `GET /bans`: who is kept out.

use crate::{ApiState, auth::Admin};
use axum::extract::State;
use jackfield_model::Ban;

/// Lists the sources whose SIP messages are dropped unread, newest ban first.
#[utoipa::path(get, path = "/bans", tag = "security",
    responses((status = 200, description = "The bans in force.", body = Vec<Ban>)))]
pub(crate) async fn list(State(state): State<ApiState>, _: Admin) -> axum::Json<Vec<Ban>> {
    axum::Json(state.parts.telephony.bans())
}
