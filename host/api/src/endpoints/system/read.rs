//! `GET /system`: version, age, counters.

use crate::{ApiState, auth::Admin, error::Problem};
use axum::extract::State;
use jackfield_model::TimestampMs;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How the system is.
#[derive(Serialize, ToSchema)]
pub(crate) struct System {
    /// The version that runs.
    version: String,
    /// When it was started.
    started: TimestampMs,
    /// What time it is there.
    now: TimestampMs,
    /// The digest realm of SIP accounts.
    realm: String,
    /// What has been counted since the start, by name.
    counters: BTreeMap<String, u64>,
}

/// Shows the version, when the system was started, and its counters.
#[utoipa::path(get, path = "/system", tag = "system",
    responses((status = 200, description = "How the system is.", body = System)))]
pub(crate) async fn read(State(state): State<ApiState>, _admin: Admin) -> Result<axum::Json<System>, Problem> {
    Ok(axum::Json(System {
        version: state.parts.version.clone(),
        started: state.started,
        now: state.now(),
        realm: state.store().realm().await?,
        counters: state.parts.telephony.counters(),
    }))
}
