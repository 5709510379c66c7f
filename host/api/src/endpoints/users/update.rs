//! `PATCH /users/{id}`.

use super::read::UserView;
use crate::{
    ApiState,
    auth::Admin,
    error::Problem,
    input::{Check, Json, Path},
};
use axum::extract::State;
use jackfield_model::{Language, Role, UserId};
use jackfield_store::UserChange;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// What to change; a field that is not there stays as it is.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserPatch {
    /// A new login.
    #[schema(min_length = 1, max_length = 64)]
    #[serde(skip_serializing_if = "Option::is_none")]
    login: Option<String>,
    /// A new display name.
    #[schema(min_length = 1, max_length = 100)]
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// A new role.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    /// A new language.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<Language>,
    /// A new mail address; empty for none.
    #[schema(max_length = 254)]
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

/// Changes a person. The last admin stays admin.
#[utoipa::path(patch, path = "/users/{id}", tag = "users", request_body = UserPatch,
    params(("id" = i64, Path, description = "The user's id.")),
    responses((status = 200, description = "As it is now.", body = UserView)))]
pub(crate) async fn update(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<UserId>,
    Json(patch): Json<UserPatch>,
) -> Result<axum::Json<UserView>, Problem> {
    let mut check = Check::default();
    let change = UserChange {
        login: patch.login.as_deref().map(|login| check.login("login", login)),
        name: patch.name.as_deref().map(|name| check.text("name", name, 100)),
        role: patch.role,
        language: patch.language,
        email: patch.email.as_deref().map(|email| check.email("email", email)),
    };
    check.done()?;
    let user = state.store().update_user(id, &change).await?.ok_or_else(|| Problem::not_found("user", id))?;
    state.audit(&admin, "user.update", &user.login, json!(patch)).await;
    state.directory_changed().await;
    Ok(axum::Json(UserView::of(&state, user).await?))
}
