//! `GET /calls`: calls in progress.

use crate::{ApiState, auth::SignedIn, error::Problem, events::Scope};
use axum::extract::State;
use jackfield_model::LiveCall;

/// Lists the calls in progress, oldest first. A user sees their own.
#[utoipa::path(get, path = "/calls", tag = "live",
    responses((status = 200, description = "The calls in progress.", body = Vec<LiveCall>)))]
pub(crate) async fn list(State(state): State<ApiState>, who: SignedIn) -> Result<axum::Json<Vec<LiveCall>>, Problem> {
    let scope = Scope::of(&state, &who.user).await?;
    Ok(axum::Json(scope.calls(&state)))
}
