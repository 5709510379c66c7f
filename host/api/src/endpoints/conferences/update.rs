//! `PATCH /conferences/{id}`: lock a conference, silence it, have it last longer.

use super::{change, one};
use crate::{
    ApiState,
    auth::Admin,
    error::{FieldError, Problem},
    input::{Json, Path},
};
use axum::extract::State;
use jackfield_calls::conference::{Change, Whom};
use jackfield_model::Conference;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use utoipa::ToSchema;

/// A day, the longest that the end is put off.
const MOST_MINUTES: u32 = 24 * 60;

/// What shall be otherwise; what is left out stays.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConferenceChange {
    /// Whether nobody gets in but moderators.
    #[serde(skip_serializing_if = "Option::is_none")]
    locked: Option<bool>,
    /// Whether nobody hears the members who are no moderators.
    #[serde(skip_serializing_if = "Option::is_none")]
    muted: Option<bool>,
    /// By how many minutes it lasts longer, 1 to 1,440. Nothing happens to one that has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    extend_minutes: Option<u32>,
}

/// Changes a conference in progress.
#[utoipa::path(patch, path = "/conferences/{id}", tag = "live", request_body = ConferenceChange,
    params(("id" = u64, Path, description = "The conference's number.")),
    responses((status = 200, description = "As it is now.", body = Conference)))]
pub(crate) async fn update(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(id): Path<u64>,
    Json(wish): Json<ConferenceChange>,
) -> Result<axum::Json<Conference>, Problem> {
    if wish.extend_minutes.is_some_and(|minutes| !(1..=MOST_MINUTES).contains(&minutes)) {
        let message = format!("Give 1 to {MOST_MINUTES} minutes.");
        return Err(Problem::invalid(vec![FieldError::new("extend_minutes", "out-of-range", message)]));
    }
    let name = one(&state, id)?.name;
    let minutes = |minutes: u32| Change::Extend(Duration::from_secs(u64::from(minutes) * 60));
    let changes = [
        wish.locked.map(Change::Lock),
        wish.muted.map(|muted| Change::Mute(Whom::All, muted)),
        wish.extend_minutes.map(minutes),
    ];
    for wanted in changes.into_iter().flatten() {
        change(&state, id, wanted)?;
    }
    state.audit(&admin, "conference.update", name, json!(wish)).await;
    Ok(axum::Json(one(&state, id)?))
}
