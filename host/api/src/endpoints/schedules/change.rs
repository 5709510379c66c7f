//! `POST /schedules`, `PUT` and `DELETE /schedules/{name}`.

use super::{ScheduleView, changed, checked};
use crate::{
    ApiState,
    auth::Admin,
    error::{Problem, ProblemKind},
    input::{Json, Path},
};
use axum::{extract::State, http::StatusCode};
use jackfield_model::Schedule;
use jackfield_schedules::MOST;
use serde_json::json;

/// Adds a schedule.
#[utoipa::path(post, path = "/schedules", tag = "schedules", request_body = Schedule,
    responses((status = 201, description = "Added.", body = ScheduleView)))]
pub(crate) async fn create(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Json(input): Json<Schedule>,
) -> Result<(StatusCode, axum::Json<ScheduleView>), Problem> {
    let calendar = checked(input)?;
    let schedule = calendar.schedule();
    if state.parts.schedules.all().len() >= MOST {
        let detail = format!("There are {MOST} schedules already, the most there can be. Delete one first.");
        return Err(Problem::new(ProblemKind::Conflict, detail));
    }
    state.store().create_schedule(schedule).await?;
    changed(&state).await?;
    state.audit(&admin, "schedule.create", &schedule.name, json!({ "time_zone": schedule.time_zone })).await;
    Ok((StatusCode::CREATED, axum::Json(ScheduleView::of(&calendar, state.now()))))
}

/// Puts a schedule in the place of another, its name included; what is forced stays as it is. Calls that are answered from now
/// on go by it.
#[utoipa::path(put, path = "/schedules/{name}", tag = "schedules", request_body = Schedule,
    params(("name" = String, Path, description = "The schedule's name.")),
    responses((status = 200, description = "As it is now.", body = ScheduleView)))]
pub(crate) async fn update(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(name): Path<String>,
    Json(input): Json<Schedule>,
) -> Result<axum::Json<ScheduleView>, Problem> {
    let calendar = checked(input)?;
    let schedule = calendar.schedule();
    if !state.store().replace_schedule(&name, schedule).await? {
        return Err(Problem::not_found("schedule", &name));
    }
    changed(&state).await?;
    let detail = if schedule.name == name { json!({}) } else { json!({ "name": schedule.name }) };
    state.audit(&admin, "schedule.update", &name, detail).await;
    Ok(axum::Json(ScheduleView::named(&state, &schedule.name)?))
}

/// Deletes a schedule. Plugins that ask for it find none and do as they do without one.
#[utoipa::path(delete, path = "/schedules/{name}", tag = "schedules",
    params(("name" = String, Path, description = "The schedule's name.")),
    responses((status = 204, description = "Deleted.")))]
pub(crate) async fn delete(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    if !state.store().delete_schedule(&name).await? {
        return Err(Problem::not_found("schedule", &name));
    }
    changed(&state).await?;
    state.audit(&admin, "schedule.delete", &name, json!({})).await;
    Ok(StatusCode::NO_CONTENT)
}
