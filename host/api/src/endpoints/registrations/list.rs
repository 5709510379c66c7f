//! `GET /registrations`: which phones are registered.

use crate::{ApiState, auth::SignedIn, error::Problem, events::Scope};
use axum::extract::State;
use jackfield_model::Registration;

/// Lists the phones registered now, by extension. A user sees their own.
#[utoipa::path(get, path = "/registrations", tag = "live",
    responses((status = 200, description = "The registrations.", body = Vec<Registration>)))]
pub(crate) async fn list(
    State(state): State<ApiState>,
    who: SignedIn,
) -> Result<axum::Json<Vec<Registration>>, Problem> {
    let scope = Scope::of(&state, &who.user).await?;
    Ok(axum::Json(scope.registrations(&state)))
}
