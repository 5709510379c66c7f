//! `GET /calls/{id}/explanation`: what happened in a call, and how it sounded; `/export`: the same as a file for others.

mod mask;
mod text;

use crate::{
    ApiState,
    auth::{Admin, SignedIn},
    error::Problem,
    events::Scope,
    input::{Path, Query},
};
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use jackfield_model::{CallId, CallRecord, CallTrace, LegQuality, LiveCall};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

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
    /// What happened in it, for admins, where that is still known.
    trace: Option<CallTrace>,
}

/// Explains a call in progress or a finished one. A user sees how their own sound; what happened in them is for admins.
#[utoipa::path(get, path = "/calls/{id}/explanation", tag = "history",
    params(("id" = String, Path, description = "The call's id.")),
    responses((status = 200, description = "The call explained.", body = Explanation)))]
pub(crate) async fn explain(
    State(state): State<ApiState>,
    who: SignedIn,
    Path(id): Path<CallId>,
) -> Result<axum::Json<Explanation>, Problem> {
    let scope = Scope::of(&state, &who.user).await?;
    explained(&state, &scope, who.is_admin(), &id).await.map(axum::Json)
}

async fn explained(state: &ApiState, scope: &Scope, with_trace: bool, id: &CallId) -> Result<Explanation, Problem> {
    let live = scope.calls(state).into_iter().find(|call| call.id == *id);
    if live.is_some() {
        let telephony = &state.parts.telephony;
        let legs = telephony.quality(id).await.unwrap_or_default();
        let trace = if with_trace { telephony.trace(id).await } else { None };
        return Ok(Explanation { live, record: None, legs, trace });
    }
    let record = state.store().call_record(id).await?.filter(|record| scope.sees_record(record));
    let Some(record) = record else { return Err(Problem::not_found("call", id)) };
    let legs = state.store().quality(id).await?;
    let trace = if with_trace { state.store().trace(id).await? } else { None };
    Ok(Explanation { live: None, record: Some(record), legs, trace })
}

/// How an explanation is written.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ExportFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// How to write it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// For people or for programs.
    #[serde(default)]
    format: ExportFormat,
    /// Whether numbers and names are written out; else all but the last two digits of a number and every name are hidden.
    #[serde(default)]
    numbers: bool,
}

/// The explanation of a call as a file, in English, fit to be handed to somebody else: numbers and names are masked unless they
/// are asked for. Written into the audit log when they are.
#[utoipa::path(get, path = "/calls/{id}/explanation/export", tag = "history", params(
        ("id" = String, Path, description = "The call's id."), ExportQuery),
    responses((status = 200, description = "The file.", content_type = "text/plain", body = String)))]
pub(crate) async fn export(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<CallId>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    let scope = Scope::of(&state, &admin.user).await?;
    let mut explanation = explained(&state, &scope, true, &id).await?;
    if query.numbers {
        state.audit(&admin, "call.export", &id, json!({})).await;
    } else {
        mask::hide(&mut explanation);
    }
    let (kind, ending, body) = match query.format {
        ExportFormat::Text => ("text/plain; charset=utf-8", "txt", text::write(&id, &explanation)),
        ExportFormat::Json => ("application/json", "json", text::json(&explanation)),
    };
    let name = format!("attachment; filename=\"call-{}.{ending}\"", plain(&id.0));
    let headers = [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, body).into_response())
}

fn plain(id: &str) -> String {
    id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(64).collect()
}
