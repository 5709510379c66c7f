//! When the house is open: schedules that plugins ask by name.

pub(crate) mod change;
pub(crate) mod file;
pub(crate) mod force;
pub(crate) mod list;
pub(crate) mod preview;

use crate::{
    ApiState,
    error::{FieldError, Problem},
};
use jackfield_model::{EventKind, OpenSpan, Schedule, ScheduleCase, TimestampMs};
use jackfield_schedules::{Calendar, SpecialDay, Standing, Wrong};
use serde::Serialize;
use utoipa::ToSchema;

/// A schedule, and how it stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct ScheduleView {
    /// How it is set up.
    schedule: Schedule,
    /// How it stands now.
    standing: StandingView,
}

/// How a schedule stands at a moment.
#[derive(Serialize, ToSchema)]
#[schema(as = ScheduleStanding)]
pub(crate) struct StandingView {
    /// The case.
    case: ScheduleCase,
    /// What would hold if nobody had decided otherwise.
    by_the_clock: ScheduleCase,
    /// The name of the holiday or of the day that differs; empty on other days.
    occasion: String,
    /// When another case holds; none when that is far off, or in somebody's hands.
    until: Option<TimestampMs>,
    /// When the house opens next by the clock, as long as it is closed.
    opens: Option<TimestampMs>,
}

/// A day that differs from an ordinary week.
#[derive(Serialize, ToSchema)]
#[schema(as = ScheduleDay)]
pub(crate) struct DayView {
    /// `2026-12-24`.
    date: String,
    /// A holiday or an exception.
    case: ScheduleCase,
    /// What it is called, in the language of whoever asks.
    name: String,
    /// When the house is open.
    hours: Vec<OpenSpan>,
}

impl ScheduleView {
    fn of(calendar: &Calendar, now: TimestampMs) -> Self {
        Self { schedule: calendar.schedule().clone(), standing: StandingView::of(calendar, now) }
    }

    /// The schedule of that name, as it stands now.
    fn named(state: &ApiState, name: &str) -> Result<Self, Problem> {
        let calendar = state.parts.schedules.named(name).ok_or_else(|| Problem::not_found("schedule", name))?;
        Ok(Self::of(&calendar, state.now()))
    }
}

impl StandingView {
    fn of(calendar: &Calendar, at: TimestampMs) -> Self {
        let Standing { case, occasion, until, opens, .. } = calendar.at(at);
        Self { case, by_the_clock: calendar.by_the_clock(at).case, occasion, until, opens }
    }
}

impl DayView {
    fn of(day: SpecialDay, language: jackfield_model::Language) -> Self {
        let [en, fr, de] = day.names;
        let name = match language {
            jackfield_model::Language::En => en,
            jackfield_model::Language::Fr => fr,
            jackfield_model::Language::De => de,
        };
        Self { date: day.date, case: day.case, name, hours: day.hours }
    }
}

/// A schedule that was checked, or what is wrong with it.
fn checked(schedule: Schedule) -> Result<Calendar, Problem> {
    let told = |wrong: Wrong| FieldError::new(&wrong.field, "refused", wrong.message);
    Calendar::new(schedule).map_err(|all| Problem::invalid(all.into_iter().map(told).collect()))
}

/// Has everybody see what is in the database; returns when new calls do.
async fn changed(state: &ApiState) -> Result<(), Problem> {
    state.parts.schedules.refresh(state.store().schedules()).await?;
    state.parts.bus.publish(state.now(), EventKind::SchedulesChanged);
    Ok(())
}
