//! `GET /audit`: what admins did.

use crate::{
    ApiState,
    auth::Admin,
    error::{Problem, ProblemKind},
    input::{Query, fifty},
};
use axum::extract::State;
use jackfield_model::TimestampMs;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// Which part of the log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// `next` of the page before.
    after: Option<String>,
    /// How many entries, at most 500.
    #[serde(default = "fifty")]
    #[param(maximum = 500)]
    limit: u32,
}

/// An act.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditView {
    /// Rises with each entry.
    id: i64,
    /// When.
    at: TimestampMs,
    /// Login of who did it; `console` for the command line.
    actor: String,
    /// The address that it was done from.
    source: String,
    /// `<resource>.<verb>`.
    action: String,
    /// What it was done to.
    target: String,
    /// What changed.
    #[schema(value_type = Object)]
    detail: Value,
}

/// A page of the audit log.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditPage {
    /// The acts, newest first.
    items: Vec<AuditView>,
    /// Where the next page begins; null at the end.
    next: Option<String>,
}

/// Lists what admins did and who signed in, newest first.
#[utoipa::path(get, path = "/audit", tag = "audit", params(AuditQuery),
    responses((status = 200, description = "A page of the log.", body = AuditPage)))]
pub(crate) async fn list(
    State(state): State<ApiState>,
    _admin: Admin,
    Query(query): Query<AuditQuery>,
) -> Result<axum::Json<AuditPage>, Problem> {
    let after = query.after.as_deref().map(str::parse).transpose();
    let after = after
        .map_err(|_| Problem::new(ProblemKind::Malformed, "“after” is not a place in this list: leave it out."))?;
    let page = state.store().audit(after.as_ref(), query.limit.clamp(1, 500)).await?;
    let items = page
        .items
        .into_iter()
        .map(|found| AuditView {
            id: found.id,
            at: found.entry.at,
            actor: found.entry.actor,
            source: found.entry.source,
            action: found.entry.action,
            target: found.entry.target,
            detail: found.entry.detail,
        })
        .collect();
    Ok(axum::Json(AuditPage { items, next: page.next.map(|cursor| cursor.to_string()) }))
}
