//! `GET /recordings`: recordings of calls.

use crate::{
    ApiState,
    auth::SignedIn,
    error::{Problem, ProblemKind},
    input::{Query, fifty},
};
use axum::extract::State;
use jackfield_model::{CallId, Recording};
use jackfield_store::{Cursor, RecordingFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which recordings.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RecordingsQuery {
    /// Only those of this call.
    call: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// How many, at most 500.
    #[serde(default = "fifty")]
    #[param(maximum = 500)]
    limit: u32,
}

/// A page of recordings.
#[derive(Serialize, ToSchema)]
pub(crate) struct Recordings {
    /// The recordings, newest first.
    items: Vec<Recording>,
    /// Where the next page begins; null at the end.
    next: Option<String>,
}

/// Lists recordings of calls, newest first. A user sees those of their own calls, and none where the house keeps them to
/// admins.
#[utoipa::path(get, path = "/recordings", tag = "history", params(RecordingsQuery),
    responses((status = 200, description = "A page of recordings.", body = Recordings)))]
pub(crate) async fn list(
    State(state): State<ApiState>,
    who: SignedIn,
    Query(query): Query<RecordingsQuery>,
) -> Result<axum::Json<Recordings>, Problem> {
    let filter = RecordingFilter { call: query.call.clone().map(CallId), extensions: who.hears(&state).await? };
    let cursor = query
        .after
        .as_deref()
        .map(str::parse::<Cursor>)
        .transpose()
        .map_err(|_| Problem::new(ProblemKind::Malformed, "“after” is not a place in this list: leave it out."))?;
    let page = state.store().recordings(&filter, cursor.as_ref(), query.limit.clamp(1, 500)).await?;
    Ok(axum::Json(Recordings { items: page.items, next: page.next.map(|cursor| cursor.to_string()) }))
}
