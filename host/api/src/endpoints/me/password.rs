//! `PUT /me/password`: set one's own password.

use crate::{
    ApiState,
    auth::Session,
    error::{Problem, ProblemKind},
    input::Json,
    password,
};
use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

/// The old password and the new one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordChange {
    /// The password up to now; the one-time one at the first sign-in.
    #[schema(format = Password)]
    current: String,
    /// The new one.
    #[schema(min_length = 10, max_length = 200, format = Password)]
    new: String,
}

/// Sets one's own password. Every other session of the same person ends.
#[utoipa::path(put, path = "/me/password", tag = "me", request_body = PasswordChange,
    responses((status = 204, description = "The new password holds.")))]
pub(crate) async fn change(
    State(state): State<ApiState>,
    Session { who, .. }: Session,
    Json(PasswordChange { current, new }): Json<PasswordChange>,
) -> Result<StatusCode, Problem> {
    let login = &who.user.login;
    let source = who.source.parse().unwrap_or(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED));
    // Whoever found an open session must not be able to guess the password here.
    if let Err(seconds) = state.throttle.admit(source, login, state.now()) {
        let detail = format!("Wait {seconds} seconds and try again.");
        return Err(Problem::new(ProblemKind::TooManyAttempts, detail).retry_after(seconds));
    }
    let hash = state.store().credentials(login).await?.map(|known| known.password_hash);
    if !state.hasher.verify(current.clone(), hash).await? {
        let message = "This is not the password that you signed in with.";
        return Err(Problem::field(ProblemKind::Invalid, "current", "wrong", message));
    }
    state.throttle.succeeded(source, login);
    password::check(&new, login, "new")?;
    if new == current {
        let message = "The new password is the old one; choose another.";
        return Err(Problem::field(ProblemKind::Invalid, "new", "unchanged", message));
    }
    let hash = state.hasher.hash(new).await?;
    state.store().set_password(who.user.id, &hash, false, Some(&who.token)).await?;
    state.audit(&who, "me.password", login, json!({})).await;
    Ok(StatusCode::NO_CONTENT)
}
