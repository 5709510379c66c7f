//! `GET /mail/letters`, `POST /mail/letters/{id}/retry` and `DELETE /mail/letters/{id}`: the outbox.

use crate::{
    ApiState,
    auth::Admin,
    error::Problem,
    input::{Path, Query, fifty},
};
use axum::{extract::State, http::StatusCode};
use jackfield_model::{LetterState, OutboxLetter};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

/// Which letters.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LettersQuery {
    /// Only those that stand so.
    state: Option<LetterState>,
    /// How many to skip.
    #[serde(default)]
    offset: u32,
    /// How many to send, at most 500.
    #[serde(default = "fifty")]
    #[param(maximum = 500)]
    limit: u32,
}

/// A part of the outbox.
#[derive(Serialize, ToSchema)]
pub(crate) struct Letters {
    /// The letters asked for, newest first.
    items: Vec<OutboxLetter>,
    /// How many there are in all.
    total: u64,
}

/// Lists letters that wait, were sent within a week, or were given up; not what is in them.
#[utoipa::path(get, path = "/mail/letters", tag = "mail", params(LettersQuery),
    responses((status = 200, description = "The letters.", body = Letters)))]
pub(crate) async fn list(
    State(state): State<ApiState>,
    _: Admin,
    Query(query): Query<LettersQuery>,
) -> Result<axum::Json<Letters>, Problem> {
    let found = state.store().letters(query.state, query.offset, query.limit.clamp(1, 500)).await?;
    Ok(axum::Json(Letters { items: found.items, total: found.total }))
}

/// Has a letter tried at once that waits or was given up.
#[utoipa::path(post, path = "/mail/letters/{id}/retry", tag = "mail",
    params(("id" = i64, Path, description = "The letter's id.")),
    responses((status = 204, description = "It is tried.")))]
pub(crate) async fn retry(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<i64>,
) -> Result<StatusCode, Problem> {
    let letter = state.store().letter(id).await?.ok_or_else(|| Problem::not_found("letter", id))?;
    if !state.store().retry_letter(id, state.now()).await? {
        return Err(Problem::not_found("letter that was not sent", id));
    }
    state.audit(&admin, "mail.retry", &letter.to, json!({ "letter": id })).await;
    state.parts.mail.look();
    Ok(StatusCode::NO_CONTENT)
}

/// Throws a letter away that waits or was given up.
#[utoipa::path(delete, path = "/mail/letters/{id}", tag = "mail",
    params(("id" = i64, Path, description = "The letter's id.")),
    responses((status = 204, description = "It is gone.")))]
pub(crate) async fn discard(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<i64>,
) -> Result<StatusCode, Problem> {
    let letter = state.store().letter(id).await?.ok_or_else(|| Problem::not_found("letter", id))?;
    if !state.store().discard_letter(id).await? {
        return Err(Problem::not_found("letter that was not sent", id));
    }
    state.audit(&admin, "mail.discard", &letter.to, json!({ "letter": id })).await;
    Ok(StatusCode::NO_CONTENT)
}
