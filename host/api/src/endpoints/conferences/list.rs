//! `GET /conferences`: the conferences in progress.

use crate::{ApiState, auth::Admin};
use axum::extract::State;
use jackfield_model::Conference;

/// Lists the conferences in which somebody is, oldest first, with everybody in them.
#[utoipa::path(get, path = "/conferences", tag = "live",
    responses((status = 200, description = "The conferences in progress.", body = Vec<Conference>)))]
pub(crate) async fn list(State(state): State<ApiState>, _admin: Admin) -> axum::Json<Vec<Conference>> {
    axum::Json(state.parts.telephony.conferences())
}
