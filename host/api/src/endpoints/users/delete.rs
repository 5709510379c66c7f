//! `DELETE /users/{id}`.

use crate::{
    ApiState,
    auth::Admin,
    error::{Problem, ProblemKind},
    input::Path,
};
use axum::{extract::State, http::StatusCode};
use jackfield_model::UserId;
use serde_json::json;

/// Deletes a person and signs them out. Can be undone for an hour. Nobody can delete themselves.
#[utoipa::path(delete, path = "/users/{id}", tag = "users", params(("id" = i64, Path, description = "The user's id.")),
    responses((status = 204, description = "Deleted.")))]
pub(crate) async fn delete(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<UserId>,
) -> Result<StatusCode, Problem> {
    if id == admin.user.id {
        return Err(Problem::new(ProblemKind::Conflict, "You cannot delete yourself. Ask another admin to do it."));
    }
    let user = state.store().user(id).await?.ok_or_else(|| Problem::not_found("user", id))?;
    if !state.store().delete_user(id, state.now()).await? {
        return Err(Problem::not_found("user", id));
    }
    state.audit(&admin, "user.delete", &user.login, json!({"name": user.name})).await;
    state.directory_changed().await;
    Ok(StatusCode::NO_CONTENT)
}
