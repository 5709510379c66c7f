//! `POST /extensions/{number}/check-sync`: have telephones read their settings again.

use crate::{
    ApiState,
    auth::Admin,
    error::{Problem, ProblemKind},
    input::{Json, Path},
};
use axum::extract::State;
use jackfield_model::Number;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// What the telephones are asked for.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckSync {
    /// Whether they restart in any case.
    #[serde(default)]
    reboot: bool,
}

/// How many were asked.
#[derive(Serialize, ToSchema)]
pub(crate) struct Asked {
    /// Telephones that were registered and were asked. Whether one obeys depends on its make.
    phones: usize,
}

/// Asks every registered telephone of an extension to read its settings again (event `check-sync`).
#[utoipa::path(post, path = "/extensions/{number}/check-sync", tag = "extensions", request_body = CheckSync,
    params(("number" = String, Path, description = "The extension's number.")),
    responses((status = 202, description = "They are asked.", body = Asked)))]
pub(crate) async fn check_sync(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(number): Path<Number>,
    Json(wish): Json<CheckSync>,
) -> Result<(axum::http::StatusCode, axum::Json<Asked>), Problem> {
    let phones = state.parts.telephony.check_sync(&number, wish.reboot).await;
    if phones == 0 {
        let detail = format!("No telephone of {number} is registered. Try again when one is.");
        return Err(Problem::new(ProblemKind::Conflict, detail));
    }
    state.audit(&admin, "extension.check-sync", &number, json!(wish)).await;
    Ok((axum::http::StatusCode::ACCEPTED, axum::Json(Asked { phones })))
}
