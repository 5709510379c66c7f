//! `PUT /schedules/{name}/forced`.

use super::{ScheduleView, changed};
use crate::{
    ApiState,
    auth::Admin,
    error::Problem,
    input::{Json, Path},
};
use axum::extract::State;
use jackfield_model::ScheduleCase;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

/// What is to hold.
#[derive(Deserialize, ToSchema)]
#[schema(as = ForcedCase)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForceInput {
    /// The case; none: the clock decides again.
    case: Option<ScheduleCase>,
}

/// Has a case hold from now on, whatever the clock says, or the clock decide again.
#[utoipa::path(put, path = "/schedules/{name}/forced", tag = "schedules", request_body = ForceInput,
    params(("name" = String, Path, description = "The schedule's name.")),
    responses((status = 200, description = "As it stands now.", body = ScheduleView)))]
pub(crate) async fn force(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(name): Path<String>,
    Json(input): Json<ForceInput>,
) -> Result<axum::Json<ScheduleView>, Problem> {
    if !state.store().force_schedule(&name, input.case).await? {
        return Err(Problem::not_found("schedule", &name));
    }
    changed(&state).await?;
    state.audit(&admin, "schedule.force", &name, json!({ "case": input.case })).await;
    Ok(axum::Json(ScheduleView::named(&state, &name)?))
}
