//! `GET /users/{id}`.

use crate::{ApiState, auth::Admin, error::Problem, input::Path};
use axum::extract::State;
use jackfield_model::{Number, User, UserId};
use serde::Serialize;
use utoipa::ToSchema;

/// A person with their numbers.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserView {
    /// The person.
    #[serde(flatten)]
    pub user: User,
    /// The numbers that belong to them.
    pub numbers: Vec<Number>,
}

impl UserView {
    pub(crate) async fn of(state: &ApiState, user: User) -> Result<Self, Problem> {
        let numbers = state.store().numbers_of(user.id).await?;
        Ok(Self { user, numbers })
    }
}

/// Shows one person.
#[utoipa::path(get, path = "/users/{id}", tag = "users", params(("id" = i64, Path, description = "The user's id.")),
    responses((status = 200, description = "The user.", body = UserView)))]
pub(crate) async fn read(
    State(state): State<ApiState>,
    _admin: Admin,
    Path(id): Path<UserId>,
) -> Result<axum::Json<UserView>, Problem> {
    let user = state.store().user(id).await?.ok_or_else(|| Problem::not_found("user", id))?;
    Ok(axum::Json(UserView::of(&state, user).await?))
}
