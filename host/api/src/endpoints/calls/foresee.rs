//! `POST /routing/foreseen`: what would become of a call that nobody makes.

use crate::{
    ApiState,
    auth::Admin,
    error::Problem,
    input::{Check, Json},
};
use axum::extract::State;
use jackfield_calls::Supposed;
use jackfield_model::{Foreseen, TimestampMs};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest name of a trunk.
const LONGEST: usize = 200;

/// A call that nobody makes.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SupposedCall {
    /// The extension that would call, or the number of somebody outside.
    from: String,
    /// The trunk that it would come in by; without it `from` is of the house.
    trunk: Option<String>,
    /// What would be dialled.
    to: String,
    /// When; now without it.
    at: Option<TimestampMs>,
}

/// Tells what would become of a call, without ringing anybody: plugins decide as they would at that moment; who is registered, which
/// trunk is up and who does not want to be disturbed is as it is now.
#[utoipa::path(post, path = "/routing/foreseen", tag = "plugins", request_body = SupposedCall,
    responses((status = 200, description = "What would happen.", body = Foreseen)))]
pub(crate) async fn foresee(
    State(state): State<ApiState>,
    Admin(_admin): Admin,
    Json(call): Json<SupposedCall>,
) -> Result<axum::Json<Foreseen>, Problem> {
    let mut check = Check::default();
    let (from, to) = (check.number("from", &call.from), check.number("to", &call.to));
    check.done()?;
    let (Some(from), Some(to)) = (from, to) else { return Err(Problem::not_found("number", &call.to)) };
    let trunk = call.trunk.filter(|trunk| !trunk.trim().is_empty());
    if let Some(trunk) = &trunk
        && (trunk.len() > LONGEST || !state.parts.telephony.trunks().iter().any(|known| known.name == *trunk))
    {
        return Err(Problem::not_found("trunk", trunk.chars().take(LONGEST).collect::<String>()));
    }
    let supposed = Supposed {
        from: from.as_str().to_owned(),
        trunk,
        to: to.as_str().to_owned(),
        at: call.at.unwrap_or_else(|| state.now()),
    };
    Ok(axum::Json(state.parts.telephony.foresee(supposed).await))
}
