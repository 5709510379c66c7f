//! `GET /extensions`.

use super::read::ExtensionView;
use crate::{
    ApiState,
    auth::Admin,
    error::Problem,
    input::{ListQuery, Query},
};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// A part of the list of extensions.
#[derive(Serialize, ToSchema)]
pub(crate) struct Extensions {
    /// The extensions asked for.
    items: Vec<ExtensionView>,
    /// How many there are in all.
    total: u64,
}

/// Lists extensions by number.
#[utoipa::path(get, path = "/extensions", tag = "extensions", params(ListQuery),
    responses((status = 200, description = "The extensions.", body = Extensions)))]
pub(crate) async fn list(
    State(state): State<ApiState>,
    _admin: Admin,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<Extensions>, Problem> {
    let found = state.store().extensions(&query.q, query.offset, query.limit()).await?;
    let registrations = state.parts.telephony.registrations();
    let view = |(extension, owner)| ExtensionView::with(&registrations, extension, owner);
    Ok(axum::Json(Extensions { items: found.items.into_iter().map(view).collect(), total: found.total }))
}
