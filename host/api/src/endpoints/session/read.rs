//! `GET /session`: who am I?

use crate::{
    ApiState,
    auth::{self, Https, Session},
    error::Problem,
};
use axum::{extract::State, response::IntoResponse};
use jackfield_model::{Number, User};
use serde::Serialize;
use utoipa::ToSchema;

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionView {
    /// The person.
    user: User,
    /// The numbers that belong to this person.
    numbers: Vec<Number>,
    /// Whether a password of one's own must be set before anything else.
    must_change_password: bool,
    /// Whether calls in progress can be recorded.
    records_calls: bool,
}

impl SessionView {
    pub(crate) async fn of(state: &ApiState, user: User, must_change_password: bool) -> Result<Self, Problem> {
        let numbers = state.store().numbers_of(user.id).await?;
        Ok(Self { user, numbers, must_change_password, records_calls: state.parts.recordings.on })
    }
}

/// Tells who is signed in, and lets the browser keep the cookie for another 12 hours.
#[utoipa::path(get, path = "/session", tag = "session",
    responses((status = 200, description = "Signed in.", body = SessionView)))]
pub(crate) async fn read(
    State(state): State<ApiState>,
    Session { who, must_change_password }: Session,
    https: Https,
) -> Result<impl IntoResponse + use<>, Problem> {
    let cookie = auth::set_cookie(https, Some(&who.token));
    let view = SessionView::of(&state, who.user, must_change_password).await?;
    Ok((cookie, axum::Json(view)))
}
