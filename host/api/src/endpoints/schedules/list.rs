//! `GET /schedules`.

use super::ScheduleView;
use crate::{ApiState, auth::Admin};
use axum::extract::State;

/// Lists the schedules by name, with how each stands now.
#[utoipa::path(get, path = "/schedules", tag = "schedules",
    responses((status = 200, description = "The schedules.", body = Vec<ScheduleView>)))]
pub(crate) async fn list(State(state): State<ApiState>, _: Admin) -> axum::Json<Vec<ScheduleView>> {
    let now = state.now();
    axum::Json(state.parts.schedules.all().iter().map(|calendar| ScheduleView::of(calendar, now)).collect())
}
