//! When the house is open: by the schedule of the house that the settings name, else by their own hours. All of it is about
//! clocks on the wall in the house's time zone, so that summer time needs no care here.

use crate::settings::{Day, Hours, Settings, Span, Time};
use jackfield_sdk::{
    clock::{self, LocalTime, Weekday},
    log,
    schedules::{self, Case},
};

/// How far ahead the next opening is looked for.
const DAYS_AHEAD: u64 = 7;
const MINUTE_MS: u64 = 60_000;
const DAY_MINUTES: u64 = 24 * 60;

/// How the house stands now.
pub struct Standing {
    pub open: bool,
    /// When it opens next, as long as it is closed.
    pub opening: Option<Opening>,
}

impl Standing {
    /// Now. A schedule that is there no more, or may not be asked, counts as none: the settings have hours of their own.
    pub fn now(settings: &Settings) -> Self {
        if !settings.schedule.is_empty() {
            match Self::of_schedule(&settings.schedule) {
                Ok(Some(standing)) => return standing,
                Ok(None) => log::warn!("there is no schedule “{}”: the own opening hours count", settings.schedule),
                Err(error) => log::warn!("the schedule “{}” cannot be asked: {error}", settings.schedule),
            }
        }
        let now = Moment::now(&settings.time_zone);
        Self { open: is_open(settings, &now), opening: next_opening(settings, &now) }
    }

    fn of_schedule(name: &str) -> jackfield_sdk::Result<Option<Self>> {
        let now = clock::now();
        let Some((standing, hours)) = schedules::at(name, now)?.zip(schedules::ordinary(name)?) else {
            return Ok(None);
        };
        let opening = standing.opens.and_then(|at| Opening::at(&hours.time_zone, now, at));
        Ok(Some(Self { open: standing.case == Case::Day, opening }))
    }
}

/// When the house is open on each day of an ordinary week, Monday first.
pub fn week(settings: &Settings) -> [Vec<Span>; 7] {
    let named =
        (!settings.schedule.is_empty()).then(|| schedules::ordinary(&settings.schedule).ok().flatten()).flatten();
    match named {
        Some(hours) => {
            let spans = |day: usize| {
                let spans = hours.week.get(day).map_or(&[][..], Vec::as_slice);
                spans.iter().map(|span| Span { from: Time(span.from), to: Time(span.to) }).collect()
            };
            std::array::from_fn(spans)
        }
        None => WEEK.map(|day| ordinary_day(settings, day)),
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
    /// Now.
    ///
    /// # Panics
    /// When there is no such time zone; the settings were checked.
    fn now(zone: &str) -> Self {
        Self::at(zone, clock::now()).unwrap_or_else(|| panic!("there is no time zone “{zone}”"))
    }

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

/// Whether the house is open.
fn is_open(settings: &Settings, now: &Moment) -> bool {
    let Some(today) = now.days.first() else { return true };
    spans_on(settings, today).iter().any(|span| span.from <= now.time && now.time < span.to)
}

/// When it opens next, within a week; `None` when it does not.
fn next_opening(settings: &Settings, now: &Moment) -> Option<Opening> {
    now.days.iter().enumerate().find_map(|(in_days, date)| {
        let later = |span: &&Span| in_days > 0 || span.from > now.time;
        let spans = spans_on(settings, date);
        let first = spans.iter().filter(later).min()?;
        Some(Opening { in_days, day: date.day, time: first.from })
    })
}

/// When it is open on one day: as the first exception that fits has it, else as in an ordinary week.
fn spans_on(settings: &Settings, date: &Date) -> Vec<Span> {
    let exception = settings.exceptions.iter().find(|exception| {
        // A day without a year is compared without one.
        let date = if exception.from.len() == 5 { &date.date[date.date.len() - 5..] } else { date.date.as_str() };
        let last = if exception.to.is_empty() { &exception.from } else { &exception.to };
        exception.from.as_str() <= date && date <= last.as_str()
    });
    match exception {
        Some(exception) => exception.hours.clone(),
        None => ordinary_day(settings, date.day),
    }
}

/// When it is open on a day of an ordinary week, in order.
fn ordinary_day(settings: &Settings, day: Day) -> Vec<Span> {
    if settings.hours.is_empty() {
        return vec![Span { from: Time(0), to: Time(24 * 60) }];
    }
    let mut spans: Vec<Span> =
        settings.hours.iter().filter(|hours| hours.days.contains(&day)).map(Hours::span).collect();
    spans.sort_unstable();
    spans
}
