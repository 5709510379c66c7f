//! The clocks of a zone, in SQL: SQLite knows no zones, so the changes of summer time in the period are written out.

use jackfield_model::{TimestampMs, analytics::Interval};
use jiff::{Timestamp, tz::TimeZone};

/// A zone's offsets from UTC around a period.
pub(super) struct Clocks {
    /// In milliseconds, before the first change.
    first: i64,
    /// When it changes, in Unix milliseconds, and to what.
    changes: Vec<(i64, i64)>,
}

/// More changes than ten years of them.
const MOST_CHANGES: usize = 64;
/// Rows may begin before the period: a state that was there already.
const BEFORE_MS: i64 = 86_400_000;

impl Clocks {
    /// Those of a zone of the IANA database in a period; `None` when there is no such zone.
    pub(super) fn of(zone: &str, begins: TimestampMs, ends: TimestampMs) -> Option<Self> {
        let zone = TimeZone::get(zone).ok()?;
        let from = Timestamp::from_millisecond(begins as i64 - BEFORE_MS).ok()?;
        let until = Timestamp::from_millisecond(ends as i64).ok()?;
        let first = i64::from(zone.to_offset(from).seconds()) * 1_000;
        let changes = zone.following(from).take_while(|change| change.timestamp() < until).take(MOST_CHANGES);
        let changes = changes.map(|c| (c.timestamp().as_millisecond(), i64::from(c.offset().seconds()) * 1_000));
        Some(Self { first, changes: changes.collect() })
    }

    /// What the clocks show at the time of a column, as milliseconds.
    pub(super) fn local(&self, column: &str) -> String {
        let mut offset = self.first;
        let mut cases = String::new();
        for (at, next) in &self.changes {
            cases.push_str(&format!("WHEN {column} < {at} THEN {offset} "));
            offset = *next;
        }
        match cases.is_empty() {
            true => format!("({column} + {offset})"),
            false => format!("({column} + CASE {cases}ELSE {offset} END)"),
        }
    }

    /// The stretch of time to which the time of a column belongs: up to an hour its beginning in Unix milliseconds, a day or a
    /// week its first day as days since 1970, a month as year and month in one number.
    ///
    /// Stretches up to an hour are told apart by their time and not by what clocks show, so the hour that comes twice in
    /// autumn is two.
    pub(super) fn interval(&self, column: &str, interval: Interval) -> String {
        let local = self.local(column);
        match (length_ms(interval), interval) {
            (_, Interval::Day) => format!("{local} / 86400000"),
            (_, Interval::Week) => format!("({local} / 86400000 + 3) / 7 * 7 - 3"),
            (_, Interval::Month) => format!("CAST(strftime('%Y%m', {local} / 1000, 'unixepoch') AS INTEGER)"),
            (length, _) => format!("{column} - {local} % {length}"),
        }
    }
}

/// How long a stretch of time is, a month for 30 days.
pub(super) fn length_ms(interval: Interval) -> i64 {
    const HOUR: i64 = 3_600_000;
    match interval {
        Interval::QuarterHour => HOUR / 4,
        Interval::HalfHour => HOUR / 2,
        Interval::Hour => HOUR,
        Interval::Day => 24 * HOUR,
        Interval::Week => 7 * 24 * HOUR,
        Interval::Month => 30 * 24 * HOUR,
    }
}

/// A day since 1970 as its date.
pub(super) fn date(day: i64) -> Option<String> {
    let epoch = jiff::civil::date(1970, 1, 1);
    Some(epoch.checked_add(jiff::Span::new().try_days(day).ok()?).ok()?.to_string())
}

/// A date as its day since 1970.
pub(super) fn day(date: &str) -> Option<i64> {
    let date: jiff::civil::Date = date.parse().ok()?;
    let since = date.since((jiff::Unit::Day, jiff::civil::date(1970, 1, 1))).ok()?;
    Some(i64::from(since.get_days()))
}
