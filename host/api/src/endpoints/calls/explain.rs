//! `GET /calls/{id}/explanation`: what happened in a call, and how it sounded.

use crate::{ApiState, auth::SignedIn, error::Problem, events::Scope, input::Path};
use axum::extract::State;
use jackfield_model::{CallId, CallRecord, LegQuality, LiveCall};
use serde::Serialize;
use utoipa::ToSchema;

/// A call explained.
#[derive(Serialize, ToSchema)]
pub(crate) struct Explanation {
    /// The call, while it lasts.
    live: Option<LiveCall>,
    /// Its record, once it is over.
    record: Option<CallRecord>,
    /// How each of its legs sounds or has sounded; empty when nothing was heard, or while a finished call's streams have not
    /// told yet, which takes a second.
    legs: Vec<LegQuality>,
}

/// Explains a call in progress or a finished one. A user sees their own.
#[utoipa::path(get, path = "/calls/{id}/explanation", tag = "history",
    params(("id" = String, Path, description = "The call's id.")),
    responses((status = 200, description = "The call explained.", body = Explanation)))]
pub(crate) async fn explain(
    State(state): State<ApiState>,
    who: SignedIn,
    Path(id): Path<CallId>,
) -> Result<axum::Json<Explanation>, Problem> {
    let scope = Scope::of(&state, &who.user).await?;
    let live = scope.calls(&state).into_iter().find(|call| call.id == id);
    if live.is_some() {
        let legs = state.parts.telephony.quality(&id).await.unwrap_or_default();
        return Ok(axum::Json(Explanation { live, record: None, legs }));
    }
    let record = state.store().call_record(&id).await?.filter(|record| scope.sees_record(record));
    let Some(record) = record else { return Err(Problem::not_found("call", id)) };
    let legs = state.store().quality(&id).await?;
    Ok(axum::Json(Explanation { live: None, record: Some(record), legs }))
}
