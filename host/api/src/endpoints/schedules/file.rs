//! `POST /schedules/file`.

use crate::{
    auth::Admin,
    error::{Problem, ProblemKind},
    input::Upload,
};
use jackfield_model::OwnHoliday;
use jackfield_schedules::ics;
use serde::Serialize;
use utoipa::ToSchema;

/// What is in a calendar file.
#[derive(Serialize, ToSchema)]
#[schema(as = CalendarFile)]
pub(crate) struct FileView {
    /// The holidays in it, by their first days.
    days: Vec<OwnHoliday>,
    /// How many events were passed over.
    skipped: u64,
    /// The names of the first of them, with reasons.
    reasons: Vec<String>,
}

/// Reads the holidays of a calendar file (iCalendar, RFC 5545), 1 MiB at most, without keeping them: save them with a schedule.
#[utoipa::path(post, path = "/schedules/file", tag = "schedules",
    request_body(content_type = "application/octet-stream", description = "The file.", content = Vec<u8>),
    responses((status = 200, description = "What is in it.", body = FileView)))]
pub(crate) async fn read(_: Admin, Upload(file): Upload) -> Result<axum::Json<FileView>, Problem> {
    let read = tokio::task::spawn_blocking(move || ics::read(&file)).await;
    let read = read.map_err(|broken| Problem::internal(&broken))?;
    let read = read.map_err(|why| Problem::field(ProblemKind::Invalid, "file", "not-a-calendar", why))?;
    let reasons = read.skipped.into_iter().map(|(name, why)| format!("{name}: {why}")).collect();
    Ok(axum::Json(FileView { days: read.days, skipped: read.skipped_in_all as u64, reasons }))
}
