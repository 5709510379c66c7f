//! `POST /users/{id}/password`: a one-time password for somebody who has forgotten theirs.

use crate::{ApiState, auth::Admin, error::Problem, input::Path, password};
use axum::extract::State;
use jackfield_model::UserId;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

/// A new password for one sign-in.
#[derive(Serialize, ToSchema)]
pub(crate) struct OneTimePassword {
    /// The password. It cannot be read again.
    one_time_password: String,
}

/// Replaces a person's password by a one-time one and ends their sessions.
#[utoipa::path(post, path = "/users/{id}/password", tag = "users", params(("id" = i64, Path, description = "The user's id.")),
    responses((status = 200, description = "The one-time password.", body = OneTimePassword)))]
pub(crate) async fn reset(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<UserId>,
) -> Result<axum::Json<OneTimePassword>, Problem> {
    let user = state.store().user(id).await?.ok_or_else(|| Problem::not_found("user", id))?;
    let one_time_password = password::one_time();
    let hash = state.hasher.hash(one_time_password.clone()).await?;
    if !state.store().set_password(id, &hash, true, None).await? {
        return Err(Problem::not_found("user", id));
    }
    state.audit(&admin, "user.password", &user.login, json!({})).await;
    Ok(axum::Json(OneTimePassword { one_time_password }))
}
