//! `POST /schedules/preview`.

use super::{DayView, StandingView, checked};
use crate::{
    auth::Admin,
    error::{Problem, ProblemKind},
    input::Json,
};
use jackfield_model::Schedule;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A schedule to look at, saved or not.
#[derive(Deserialize, ToSchema)]
#[schema(as = SchedulePreviewInput)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewInput {
    /// The schedule.
    schedule: Schedule,
    /// The year whose days are listed, 2000 to 2100.
    #[schema(minimum = 2000, maximum = 2100)]
    year: i16,
    /// A moment on the clocks of its time zone, such as `2026-12-24T18:05`.
    #[serde(default)]
    at: Option<String>,
}

/// What a schedule comes to.
#[derive(Serialize, ToSchema)]
#[schema(as = SchedulePreview)]
pub(crate) struct Preview {
    /// The days of the year that differ from an ordinary week, in order.
    days: Vec<DayView>,
    /// How it stands at the moment that was asked for.
    standing: Option<StandingView>,
}

/// Tells what a schedule comes to, without saving it: the days of a year that differ, and which case holds at a moment.
#[utoipa::path(post, path = "/schedules/preview", tag = "schedules", request_body = PreviewInput,
    responses((status = 200, description = "What it comes to.", body = Preview)))]
pub(crate) async fn preview(
    Admin(admin): Admin,
    Json(input): Json<PreviewInput>,
) -> Result<axum::Json<Preview>, Problem> {
    let calendar = checked(input.schedule)?;
    let wrong = |field, message: String| Problem::field(ProblemKind::Invalid, field, "refused", message);
    if !(2000..=2100).contains(&input.year) {
        return Err(wrong("year", "Give a year from 2000 to 2100.".into()));
    }
    let at = input.at.map(|at| calendar.moment_of(&at).map_err(|why| wrong("at", why))).transpose()?;
    let language = admin.user.language;
    let days = calendar.special_days(input.year).into_iter().map(|day| DayView::of(day, language)).collect();
    Ok(axum::Json(Preview { days, standing: at.map(|at| StandingView::of(&calendar, at)) }))
}
