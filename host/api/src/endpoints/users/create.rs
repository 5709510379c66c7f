//! `POST /users`.

use super::read::UserView;
use crate::{
    ApiState,
    auth::Admin,
    error::Problem,
    input::{Check, Json},
    password,
};
use axum::{extract::State, http::StatusCode};
use jackfield_model::{Language, Role};
use jackfield_store::NewUser;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// A person to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserInput {
    /// The name typed at sign-in.
    #[schema(min_length = 1, max_length = 64)]
    login: String,
    /// The name that others see.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// What this person may do.
    role: Role,
    /// Language of the web page and of prompts.
    #[serde(default)]
    #[schema(required = false)]
    language: Language,
    /// Where this person gets mail; empty for none.
    #[serde(default)]
    #[schema(required = false, max_length = 254)]
    email: String,
}

/// A person who was added.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedUser {
    /// The person.
    user: UserView,
    /// The one-time password for the first sign-in. It cannot be read again.
    one_time_password: String,
}

/// Adds a person and tells the one-time password for their first sign-in.
#[utoipa::path(post, path = "/users", tag = "users", request_body = UserInput,
    responses((status = 201, description = "Added.", body = CreatedUser)))]
pub(crate) async fn create(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Json(input): Json<UserInput>,
) -> Result<(StatusCode, axum::Json<CreatedUser>), Problem> {
    let mut check = Check::default();
    let (login, name) = (check.login("login", &input.login), check.text("name", &input.name, 100));
    let email = check.email("email", &input.email);
    check.done()?;
    let one_time_password = password::one_time();
    let new = NewUser {
        login,
        name,
        role: input.role,
        language: input.language,
        email,
        password_hash: state.hasher.hash(one_time_password.clone()).await?,
        must_change_password: true,
    };
    let user = state.store().create_user(&new, state.now()).await?;
    state.audit(&admin, "user.create", &user.login, json!({"name": user.name, "role": user.role})).await;
    state.directory_changed().await;
    let user = UserView { user, numbers: Vec::new() };
    Ok((StatusCode::CREATED, axum::Json(CreatedUser { user, one_time_password })))
}
