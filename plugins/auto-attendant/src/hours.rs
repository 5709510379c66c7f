//! When the house is open. All of it is about clocks on the wall in the house's time zone, so that summer time needs no
//! care here.

use crate::settings::{Day, Hours, Settings, Span, Time};
use jackfield_sdk::clock::{self, LocalTime, Weekday};

/// How far ahead the next opening is looked for.
const DAYS_AHEAD: u64 = 7;
const MINUTE_MS: u64 = 60_000;
const DAY_MINUTES: u64 = 24 * 60;

/// A moment on the clocks of the house, and the days after it.
pub struct Moment {
    pub time: Time,
    /// Today and the days after, as far as anybody looks ahead.
    pub days: Vec<Date>,
}

/// One day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Date {
    pub day: Day,
    /// `2026-12-24`.
    pub date: String,
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
    pub fn now(zone: &str) -> Self {
        let now = clock::now();
        let local = |at: u64| clock::local(zone, at).unwrap_or_else(|error| panic!("{error}"));
        let here = local(now);
        let time = Time(u16::from(here.hour) * 60 + u16::from(here.minute));
        // Days are counted from noon to noon: an hour more or less of summer time stays within the same day.
        let noon = now + DAY_MINUTES * MINUTE_MS / 2 - u64::from(time.0) * MINUTE_MS;
        let days = (0..=DAYS_AHEAD).map(|ahead| Date::of(&local(noon + ahead * DAY_MINUTES * MINUTE_MS)));
        Self { time, days: days.collect() }
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
pub fn is_open(settings: &Settings, now: &Moment) -> bool {
    let Some(today) = now.days.first() else { return true };
    spans_on(settings, today).iter().any(|span| span.from <= now.time && now.time < span.to)
}

/// When it opens next, within a week; `None` when it does not.
pub fn next_opening(settings: &Settings, now: &Moment) -> Option<Opening> {
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
pub fn ordinary_day(settings: &Settings, day: Day) -> Vec<Span> {
    if settings.hours.is_empty() {
        return vec![Span { from: Time(0), to: Time(24 * 60) }];
    }
    let mut spans: Vec<Span> =
        settings.hours.iter().filter(|hours| hours.days.contains(&day)).map(Hours::span).collect();
    spans.sort_unstable();
    spans
}
