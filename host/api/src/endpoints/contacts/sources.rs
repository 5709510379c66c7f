//! `GET /contacts/sources`: where contacts come from.

use super::SourceView;
use crate::{ApiState, auth::Admin, error::Problem};
use axum::extract::State;
use jackfield_model::{ContactSource, TimestampMs};
use jackfield_store::SourceName;
use serde::Serialize;
use utoipa::ToSchema;

/// A source and how it stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct SourceStatus {
    /// Which source.
    source: SourceView,
    /// How many contacts are of it.
    contacts: u64,
    /// When they last changed.
    changed: TimestampMs,
    /// Whether there is something to go back to.
    can_undo: bool,
}

/// Lists the sources of contacts: files by name, then plugins.
#[utoipa::path(get, path = "/contacts/sources", tag = "contacts",
    responses((status = 200, description = "The sources.", body = Vec<SourceStatus>)))]
pub(crate) async fn sources(
    State(state): State<ApiState>,
    _admin: Admin,
) -> Result<axum::Json<Vec<SourceStatus>>, Problem> {
    let sources = state.store().contact_sources().await?;
    let status = |source: ContactSource| {
        let ContactSource { kind, name, contacts, changed, can_undo } = source;
        SourceStatus { source: SourceView::of(&state, SourceName { kind, name }), contacts, changed, can_undo }
    };
    Ok(axum::Json(sources.into_iter().map(status).collect()))
}
