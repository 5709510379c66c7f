//! When the house is open: by the schedule of the house that the plan names, else by its own hours. All of it is about
//! clocks on the wall in the house's time zone, so that summer time needs no care here.

use crate::plan::{Case, Day, Exception, Hours, Plan, Span, Time};
use jackfield_sdk::{
    clock::{self, LocalTime, Weekday},
    log, schedules,
};

/// How far ahead the next opening is looked for.
const DAYS_AHEAD: u64 = 7;
const MINUTE_MS: u64 = 60_000;
const DAY_MINUTES: u64 = 24 * 60;

/// How the house stands at a moment.
pub struct Standing {
    pub case: Case,
    /// Whether somebody has decided so, and not the clock.
    pub forced: bool,
    /// The name of the holiday or the exception.
    pub occasion: String,
    /// Whether a schedule of the house has said so.
    pub by_schedule: bool,
    /// When it opens next, as long as it is closed.
    pub opening: Option<Opening>,
}

impl Standing {
    /// At a moment. A schedule that is there no more, or may not be asked, counts as none: the plan has hours of its own.
    pub fn at(plan: &Plan, at: u64) -> Self {
        if !plan.schedule.is_empty() {
            match Self::of_schedule(&plan.schedule, at) {
                Ok(Some(standing)) => return standing,
                Ok(None) => log::warn!("there is no schedule “{}”: the plan's own hours count", plan.schedule),
                Err(error) => log::warn!("the schedule “{}” cannot be asked: {error}", plan.schedule),
            }
        }
        let Some(moment) = Moment::at(&plan.time_zone, at) else {
            log::error!("there is no time zone “{}”: the house counts as open", plan.time_zone);
            return Self { case: Case::Day, forced: false, occasion: String::new(), by_schedule: false, opening: None };
        };
        let (case, occasion) = case_of(plan, &moment);
        let opening = if case == Case::Day { None } else { next_opening(plan, &moment) };
        Self { case, forced: false, occasion, by_schedule: false, opening }
    }

    fn of_schedule(name: &str, at: u64) -> jackfield_sdk::Result<Option<Self>> {
        let Some((standing, hours)) = schedules::at(name, at)?.zip(schedules::ordinary(name)?) else {
            return Ok(None);
        };
        let opening = standing.opens.and_then(|opens| Opening::at(&hours.time_zone, at, opens));
        let (case, forced) = (standing.case.into(), standing.forced);
        Ok(Some(Self { case, forced, occasion: standing.occasion, by_schedule: true, opening }))
    }
}

/// When the house is open on each day of an ordinary week, Monday first.
pub fn week(plan: &Plan) -> [Vec<Span>; 7] {
    let named = (!plan.schedule.is_empty()).then(|| schedules::ordinary(&plan.schedule).ok().flatten()).flatten();
    match named {
        Some(hours) => {
            let spans = |day: usize| {
                let spans = hours.week.get(day).map_or(&[][..], Vec::as_slice);
                spans.iter().map(|span| Span { from: Time(span.from), to: Time(span.to) }).collect()
            };
            std::array::from_fn(spans)
        }
        None => WEEK.map(|day| ordinary_day(plan, day)),
    }
}

/// A week, Monday first.
pub const WEEK: [Day; 7] =
    [Day::Monday, Day::Tuesday, Day::Wednesday, Day::Thursday, Day::Friday, Day::Saturday, Day::Sunday];

/// A moment on the clocks of the house, and the days after it.
struct Moment {
    time: Time,
    /// Today and the days after, as far as anybody looks ahead.
    days: Vec<Date>,
}

/// One day.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Date {
    day: Day,
    /// `2026-12-24`.
    date: String,
}

/// When the house opens next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// How many days from today.
    pub in_days: usize,
    pub day: Day,
    pub time: Time,
}

impl Moment {
    /// A moment on the clocks of a time zone; `None` when there is no such zone.
    fn at(zone: &str, now: u64) -> Option<Self> {
        let local = |at: u64| clock::local(zone, at).ok();
        let here = local(now)?;
        let time = Time(u16::from(here.hour) * 60 + u16::from(here.minute));
        // Days are counted from noon to noon: an hour more or less of summer time stays within the same day.
        let noon = now + DAY_MINUTES * MINUTE_MS / 2 - u64::from(time.0) * MINUTE_MS;
        let day = |ahead| Some(Date::of(&local(noon + ahead * DAY_MINUTES * MINUTE_MS)?));
        Some(Self { time, days: (0..=DAYS_AHEAD).map(day).collect::<Option<_>>()? })
    }
}

impl Opening {
    /// A moment to come as it is said now; `None` when it is more than a week away.
    fn at(zone: &str, now: u64, at: u64) -> Option<Self> {
        let there = clock::local(zone, at).ok()?;
        let date = Date::of(&there);
        let in_days = Moment::at(zone, now)?.days.iter().position(|day| *day == date)?;
        let time = Time(u16::from(there.hour) * 60 + u16::from(there.minute));
        Some(Self { in_days, day: date.day, time })
    }
}

impl Date {
    fn of(local: &LocalTime) -> Self {
        let day = match local.weekday {
            Weekday::Monday => Day::Monday,
            Weekday::Tuesday => Day::Tuesday,
            Weekday::Wednesday => Day::Wednesday,
            Weekday::Thursday => Day::Thursday,
            Weekday::Friday => Day::Friday,
            Weekday::Saturday => Day::Saturday,
            Weekday::Sunday => Day::Sunday,
        };
        Self { day, date: format!("{:04}-{:02}-{:02}", local.year, local.month, local.day) }
    }
}

/// What holds by the plan's own hours, and the name of the exception.
fn case_of(plan: &Plan, now: &Moment) -> (Case, String) {
    let Some(today) = now.days.first() else { return (Case::Day, String::new()) };
    let exception = exception_on(plan, today);
    let occasion = exception.map(|exception| exception.name.clone()).unwrap_or_default();
    let spans = spans_on(plan, today);
    let case = if spans.iter().any(|span| span.from <= now.time && now.time < span.to) {
        Case::Day
    } else if exception.is_some() {
        Case::Exception
    } else if spans.is_empty() {
        Case::Weekend
    } else {
        Case::Night
    };
    (case, occasion)
}

/// When it opens next, within a week; `None` when it does not.
fn next_opening(plan: &Plan, now: &Moment) -> Option<Opening> {
    now.days.iter().enumerate().find_map(|(in_days, date)| {
        let later = |span: &&Span| in_days > 0 || span.from > now.time;
        let spans = spans_on(plan, date);
        let first = spans.iter().filter(later).min()?;
        Some(Opening { in_days, day: date.day, time: first.from })
    })
}

/// When it is open on one day: as the first exception that fits has it, else as in an ordinary week.
fn spans_on(plan: &Plan, date: &Date) -> Vec<Span> {
    match exception_on(plan, date) {
        Some(exception) => exception.hours.clone(),
        None => ordinary_day(plan, date.day),
    }
}

/// The first exception that fits a day.
fn exception_on<'a>(plan: &'a Plan, date: &Date) -> Option<&'a Exception> {
    plan.exceptions.iter().find(|exception| {
        // A day without a year is compared without one.
        let date = if exception.from.len() == 5 { &date.date[date.date.len() - 5..] } else { date.date.as_str() };
        let last = if exception.to.is_empty() { &exception.from } else { &exception.to };
        exception.from.as_str() <= date && date <= last.as_str()
    })
}

/// When it is open on a day of an ordinary week, in order.
fn ordinary_day(plan: &Plan, day: Day) -> Vec<Span> {
    if plan.hours.is_empty() {
        return vec![Span { from: Time(0), to: Time(24 * 60) }];
    }
    let mut spans: Vec<Span> = plan.hours.iter().filter(|hours| hours.days.contains(&day)).map(Hours::span).collect();
    spans.sort_unstable();
    spans
}
