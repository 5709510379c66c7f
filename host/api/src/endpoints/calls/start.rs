//! `POST /calls`: call somebody by one's own telephone.

use crate::{
    ApiState,
    auth::SignedIn,
    error::{Problem, ProblemKind},
    input::{Check, Json},
};
use axum::{extract::State, http::StatusCode};
use jackfield_calls::CannotCall;
use jackfield_model::{CallId, Number};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// Whom to call, and by which telephone.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallRequest {
    /// The number, as one would dial it.
    to: String,
    /// The extension whose telephones ring first; without it one's own. Admins may name any.
    from: Option<String>,
    /// Whether a telephone that can answers by itself, on its loudspeaker.
    #[serde(default)]
    auto_answer: bool,
}

/// The call that has begun.
#[derive(Serialize, ToSchema)]
pub(crate) struct CallStarted {
    /// Its id.
    id: CallId,
}

/// Calls one's own telephone and, once it is picked up, the other party.
#[utoipa::path(post, path = "/calls", tag = "live", request_body = CallRequest,
    responses((status = 202, description = "The telephone is about to ring.", body = CallStarted)))]
pub(crate) async fn start(
    State(state): State<ApiState>,
    who: SignedIn,
    Json(wish): Json<CallRequest>,
) -> Result<(StatusCode, axum::Json<CallStarted>), Problem> {
    let mut check = Check::default();
    let to = check.number("to", &wish.to);
    let from = wish.from.as_ref().map(|from| check.number("from", from));
    check.done()?;
    let (Some(to), Some(from)) = (to, from.map_or(Some(None), |from| from.map(Some))) else {
        return Err(Problem::not_found("number", &wish.to));
    };
    let own = state.store().numbers_of(who.user.id).await?;
    let from = match from {
        Some(from) if own.contains(&from) || who.is_admin() => from,
        Some(from) => {
            let detail = format!("{from} is not your extension. Leave “from” out to call by your own.");
            return Err(Problem::new(ProblemKind::NotAllowed, detail));
        }
        None => first_with_phone(&state, &own)?,
    };
    let started = state.parts.telephony.call(&from, &to, wish.auto_answer).await;
    let id = started.map_err(|refused| match refused {
        CannotCall::NoSuchExtension => Problem::not_found("extension", &from),
        CannotCall::NoPhone => Problem::new(
            ProblemKind::Conflict,
            format!("No telephone of {from} is registered. Switch one on, then try again."),
        ),
    })?;
    if !own.contains(&from) {
        state.audit(&who, "call.start", &from, json!({ "to": to })).await;
    }
    Ok((StatusCode::ACCEPTED, axum::Json(CallStarted { id })))
}

fn first_with_phone(state: &ApiState, own: &[Number]) -> Result<Number, Problem> {
    let registered = state.parts.telephony.registrations();
    let has_phone = |number: &&Number| registered.iter().any(|phone| phone.extension == **number);
    own.iter()
        .find(has_phone)
        .or_else(|| own.first())
        .cloned()
        .ok_or_else(|| Problem::new(ProblemKind::Conflict, "You have no extension. An administrator can give you one."))
}
