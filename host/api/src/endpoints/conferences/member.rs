//! `PATCH /conferences/{id}/members/{member}`: mute somebody, or make them a moderator.

use super::{change, one};
use crate::{
    ApiState,
    auth::Admin,
    error::{FieldError, Problem},
    input::{Json, Path},
};
use axum::extract::State;
use jackfield_calls::conference::{Change, MAX_GAIN, Whom};
use jackfield_model::Conference;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// What shall be otherwise; what is left out stays.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberChange {
    /// Whether nobody hears this member.
    #[serde(skip_serializing_if = "Option::is_none")]
    muted: Option<bool>,
    /// How loud the others hear this member, 0 to 400 per cent of how loud it speaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    gain: Option<u16>,
    /// Whether this member is a moderator.
    #[serde(skip_serializing_if = "Option::is_none")]
    moderator: Option<bool>,
}

/// Changes how a member of a conference takes part.
#[utoipa::path(patch, path = "/conferences/{id}/members/{member}", tag = "live", request_body = MemberChange,
    params(("id" = u64, Path, description = "The conference's number."),
        ("member" = u32, Path, description = "The member's number.")),
    responses((status = 200, description = "The conference as it is now.", body = Conference)))]
pub(crate) async fn update(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path((id, member)): Path<(u64, u32)>,
    Json(wish): Json<MemberChange>,
) -> Result<axum::Json<Conference>, Problem> {
    if wish.gain.is_some_and(|gain| gain > MAX_GAIN) {
        let message = format!("Give 0 to {MAX_GAIN} per cent.");
        return Err(Problem::invalid(vec![FieldError::new("gain", "out-of-range", message)]));
    }
    let conference = one(&state, id)?;
    let who = conference.member(member).ok_or_else(|| Problem::not_found("member", member))?.who.number.clone();
    let changes = [
        wish.muted.map(|muted| Change::Mute(Whom::Member(member), muted)),
        wish.gain.map(|gain| Change::Gain(member, gain)),
        wish.moderator.map(|moderator| Change::Moderator(member, moderator)),
    ];
    for wanted in changes.into_iter().flatten() {
        change(&state, id, wanted)?;
    }
    let mut detail = json!(wish);
    detail["member"] = json!(who);
    state.audit(&admin, "conference.member", conference.name, detail).await;
    Ok(axum::Json(one(&state, id)?))
}
