//! `POST /users/{id}/restore`.

use super::read::UserView;
use crate::{ApiState, auth::Admin, error::Problem, input::Path};
use axum::extract::State;
use jackfield_model::UserId;
use serde_json::json;

/// Undoes the deletion of a person, for an hour after it.
#[utoipa::path(post, path = "/users/{id}/restore", tag = "users", params(("id" = i64, Path, description = "The user's id.")),
    responses((status = 200, description = "Back again.", body = UserView)))]
pub(crate) async fn restore(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<UserId>,
) -> Result<axum::Json<UserView>, Problem> {
    let user = state.store().restore_user(id, state.now()).await?;
    let user = user.ok_or_else(|| Problem::not_found("deleted user", id))?;
    state.audit(&admin, "user.restore", &user.login, json!({})).await;
    state.directory_changed().await;
    Ok(axum::Json(UserView::of(&state, user).await?))
}
