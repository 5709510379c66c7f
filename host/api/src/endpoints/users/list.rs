//! `GET /users`.

use super::read::UserView;
use crate::{
    ApiState,
    auth::Admin,
    error::Problem,
    input::{ListQuery, Query},
};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// A part of the list of users.
#[derive(Serialize, ToSchema)]
pub(crate) struct Users {
    /// The users asked for.
    items: Vec<UserView>,
    /// How many there are in all.
    total: u64,
}

/// Lists people by name.
#[utoipa::path(get, path = "/users", tag = "users", params(ListQuery),
    responses((status = 200, description = "The users.", body = Users)))]
pub(crate) async fn list(
    State(state): State<ApiState>,
    _admin: Admin,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<Users>, Problem> {
    let found = state.store().users(&query.q, query.offset, query.limit()).await?;
    let items = found.items.into_iter().map(|(user, numbers)| UserView { user, numbers }).collect();
    Ok(axum::Json(Users { items, total: found.total }))
}
