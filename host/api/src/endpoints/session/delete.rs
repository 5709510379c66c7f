//! `DELETE /session`: sign out.

use crate::{
    ApiState,
    auth::{self, Https, Session},
    error::Problem,
};
use axum::{extract::State, http::StatusCode, response::IntoResponse};

/// Signs out: the session ends here and the cookie is taken away.
#[utoipa::path(delete, path = "/session", tag = "session", responses((status = 204, description = "Signed out.")))]
pub(crate) async fn delete(
    State(state): State<ApiState>,
    Session { who, .. }: Session,
    https: Https,
) -> Result<impl IntoResponse + use<>, Problem> {
    state.store().end_session(&who.token).await?;
    state.signed_out.notify_waiters();
    Ok((StatusCode::NO_CONTENT, auth::set_cookie(https, None)))
}
