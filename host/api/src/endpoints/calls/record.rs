//! `PUT /calls/{id}/recording`: record a call in progress, pause, stop.

use crate::{
    ApiState,
    auth::SignedIn,
    error::{Problem, ProblemKind},
    events::Scope,
    input::{Json, Path},
};
use axum::extract::State;
use jackfield_calls::recording::{CannotRecord, RecordingWish, Wisher};
use jackfield_model::{CallId, RecordingState};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// Whether a call is being recorded.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallRecording {
    /// How it shall stand, or how it stands now.
    state: RecordingState,
}

/// Has a call in progress recorded, leaves out what is said now, or ends its recording. Users may do so with their own calls,
/// and may not end what the house records.
#[utoipa::path(put, path = "/calls/{id}/recording", tag = "live", request_body = CallRecording,
    params(("id" = String, Path, description = "The call's id.")),
    responses((status = 200, description = "How it stands now.", body = CallRecording)))]
pub(crate) async fn record(
    State(state): State<ApiState>,
    who: SignedIn,
    Path(id): Path<CallId>,
    Json(wanted): Json<CallRecording>,
) -> Result<axum::Json<CallRecording>, Problem> {
    let scope = Scope::of(&state, &who.user).await?;
    if !scope.calls(&state).iter().any(|call| call.id == id) {
        return Err(Problem::not_found("call", id));
    }
    let wish = match wanted.state {
        RecordingState::On => RecordingWish::Record,
        RecordingState::Paused => RecordingWish::Pause,
        RecordingState::Off => RecordingWish::Stop,
    };
    let by = Wisher { name: who.user.login.clone(), may_stop: who.is_admin() };
    let stands = state.parts.telephony.record(&id, wish, by).await.map_err(|refused| problem(refused, &id))?;
    state.audit(&who, "call.record", &id, json!({ "state": stands })).await;
    Ok(axum::Json(CallRecording { state: stands }))
}

fn problem(refused: CannotRecord, id: &CallId) -> Problem {
    let (kind, detail) = match refused {
        CannotRecord::NoCall => return Problem::not_found("call", id),
        CannotRecord::NobodyTalks => (
            ProblemKind::Conflict,
            "Nobody talks in this call now, so there is nothing to record. Try again once it is answered.",
        ),
        CannotRecord::Off => (
            ProblemKind::Conflict,
            "This house records no calls. To change that, set “policy” under [recording] in the configuration file.",
        ),
        CannotRecord::NotRecording => (ProblemKind::Conflict, "This call is not being recorded; start that first."),
        CannotRecord::Required => {
            (ProblemKind::NotAllowed, "Such calls are recorded to their end. You can pause the recording instead.")
        }
        CannotRecord::Busy => {
            (ProblemKind::Busy, "Too many calls are being recorded. Try again when one of them is over.")
        }
    };
    Problem::new(kind, detail)
}
