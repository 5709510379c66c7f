//! `POST /session`: sign in.

use super::read::SessionView;
use crate::{
    ApiState,
    auth::{self, Https, Source},
    error::{Problem, ProblemKind},
    input::Json,
};
use axum::{extract::State, response::IntoResponse};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

/// Who wants to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// The login; case does not matter.
    #[schema(max_length = 64)]
    login: String,
    /// The password.
    #[schema(max_length = 200, format = Password)]
    password: String,
}

/// Signs in. The answer to an unknown login and to a wrong password is the same and takes as long.
#[utoipa::path(post, path = "/session", tag = "session", request_body = SignIn,
    responses((status = 200, description = "Signed in; the cookie is the session.", body = SessionView)))]
pub(crate) async fn create(
    State(state): State<ApiState>,
    Source(source): Source,
    https: Https,
    Json(SignIn { login, password }): Json<SignIn>,
) -> Result<impl IntoResponse + use<>, Problem> {
    let login = login.trim();
    // Longer ones exist nowhere; they are refused without being looked up, hashed or remembered.
    if login.chars().count() > 64 || password.chars().count() > *crate::password::LENGTH.end() {
        return Err(wrong());
    }
    if let Err(seconds) = state.throttle.admit(source, login, state.now()) {
        tracing::warn!(%source, "attempts to sign in are being slowed down");
        let detail = format!("Wait {seconds} seconds and try again. An admin can give you a new password.");
        return Err(Problem::new(ProblemKind::TooManyAttempts, detail).retry_after(seconds));
    }
    let known = state.store().credentials(login).await?;
    let hash = known.as_ref().map(|known| known.password_hash.clone());
    let right = state.hasher.verify(password, hash).await?;
    let Some(known) = known.filter(|_| right) else { return Err(wrong()) };

    state.throttle.succeeded(source, login);
    let source = source.to_string();
    let token = state.store().create_session(known.user.id, &source, state.now(), auth::LIFETIME).await?;
    state.audit_as(&known.user.login, &source, "session.create", &known.user.login, json!({})).await;
    let view = SessionView::of(&state, known.user, known.must_change_password).await?;
    Ok((auth::set_cookie(https, Some(&token)), axum::Json(view)))
}

fn wrong() -> Problem {
    let detail = "Check the login and the password. If you have forgotten it, an admin can give you a new one.";
    Problem::new(ProblemKind::WrongCredentials, detail)
}
