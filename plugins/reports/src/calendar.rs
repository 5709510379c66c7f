//! Days by the clocks of the house: what “last week” means, and when a schedule is due.

use jackfield_sdk::prelude::*;

/// A day, counted from 1970-01-01.
pub type Day = i64;

const DAY_MS: i64 = 86_400_000;

/// A period: from the beginning of a day to the beginning of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    pub from: Day,
    /// Not in it any more.
    pub until: Day,
}

/// The names of periods that are known by when one asks.
pub const PERIODS: [&str; 10] = [
    "today",
    "yesterday",
    "last-7-days",
    "last-30-days",
    "this-week",
    "last-week",
    "this-month",
    "last-month",
    "last-13-weeks",
    "this-year",
];

impl Days {
    /// The period of that name on a day.
    pub fn named(name: &str, today: Day) -> Option<Self> {
        let (year, month, _) = date(today);
        let monday = today - weekday(today);
        let first = day(year, month, 1);
        let days = |from, until| Some(Self { from, until });
        match name {
            "today" => days(today, today + 1),
            "yesterday" => days(today - 1, today),
            "last-7-days" => days(today - 7, today),
            "last-30-days" => days(today - 30, today),
            "this-week" => days(monday, monday + 7),
            "last-week" => days(monday - 7, monday),
            "this-month" => days(first, month_after(year, month)),
            "last-month" => {
                let (year, month, _) = date(first - 1);
                days(day(year, month, 1), first)
            }
            "last-13-weeks" => days(monday - 13 * 7, monday),
            "this-year" => days(day(year, 1, 1), day(year + 1, 1, 1)),
            _ => None,
        }
    }

    /// The same number of days, a whole number of weeks earlier, so that Mondays are compared with Mondays.
    pub fn before(self) -> Self {
        let weeks = (self.until - self.from + 6) / 7 * 7;
        Self { from: self.from - weeks, until: self.until - weeks }
    }
}

/// Today by the clocks of a zone.
pub fn today(zone: &str) -> Result<Day> {
    day_of(zone, clock::now())
}

/// The day on which a moment is.
pub fn day_of(zone: &str, at: u64) -> Result<Day> {
    let local = clock::local(zone, at).map_err(Error::Failed)?;
    Ok(day(i64::from(local.year), i64::from(local.month), i64::from(local.day)))
}

/// When it is so many milliseconds after midnight on that day, in milliseconds since 1970 in UTC. What clocks skip in spring is
/// had an hour later.
pub fn moment(zone: &str, day: Day, after_midnight: i64) -> Result<u64> {
    let shown = day * DAY_MS + after_midnight;
    let offset = |at: i64| -> Result<i64> {
        let local = clock::local(zone, u64::try_from(at).unwrap_or(0)).map_err(Error::Failed)?;
        Ok(i64::from(local.utc_offset) * 1_000)
    };
    // The offset at about that time, then at that time.
    let about = shown - offset(shown)?;
    let at = shown - offset(about)?;
    Ok(u64::try_from(at).unwrap_or(0))
}

/// 0 for Monday.
pub fn weekday(day: Day) -> i64 {
    // 1970-01-01 was a Thursday.
    (day + 3).rem_euclid(7)
}

/// The day of a date of the Gregorian calendar (Hinnant, “chrono-compatible low-level date algorithms”).
pub fn day(year: i64, month: i64, day: i64) -> Day {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The year, month and day of the month of a day.
pub fn date(day: Day) -> (i64, i64, i64) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, of_month)
}

/// The first day of the month after.
pub fn month_after(year: i64, month: i64) -> Day {
    if month == 12 { day(year + 1, 1, 1) } else { day(year, month + 1, 1) }
}

/// As `2026-03-09`.
pub fn written(day: Day) -> String {
    let (year, month, day) = date(day);
    format!("{year:04}-{month:02}-{day:02}")
}

/// A day that is written so.
pub fn parsed(text: &str) -> Option<Day> {
    let mut parts = text.splitn(3, '-');
    let mut part = || parts.next()?.parse::<i64>().ok();
    let (year, month, of_month) = (part()?, part()?, part()?);
    let day = day(year, month, of_month);
    // 30 February is none.
    ((1970..9999).contains(&year) && date(day) == (year, month, of_month)).then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_each_other_s_inverse() {
        for number in [-1, 0, 58, 59, 11_016, 20_542, 20_587, 47_540] {
            let (year, month, of_month) = date(number);
            assert_eq!(day(year, month, of_month), number);
        }
        assert_eq!(written(0), "1970-01-01");
        assert_eq!(parsed("2024-02-29").map(written).as_deref(), Some("2024-02-29"));
        for wrong in ["2023-02-29", "2026-13-01", "2026-00-10", "1969-12-31", "2026-1", "x", "2026-03-09T10:00"] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn periods_are_whole_days_by_their_names() {
        // A Wednesday.
        let today = parsed("2026-03-11").unwrap();
        let named = |name| {
            let Days { from, until } = Days::named(name, today).unwrap();
            (written(from), written(until))
        };
        let days = |from: &str, until: &str| (from.to_owned(), until.to_owned());
        assert_eq!(named("today"), days("2026-03-11", "2026-03-12"));
        assert_eq!(named("last-7-days"), days("2026-03-04", "2026-03-11"));
        assert_eq!(named("this-week"), days("2026-03-09", "2026-03-16"));
        assert_eq!(named("last-week"), days("2026-03-02", "2026-03-09"));
        assert_eq!(named("this-month"), days("2026-03-01", "2026-04-01"));
        assert_eq!(named("last-month"), days("2026-02-01", "2026-03-01"));
        assert_eq!(named("last-13-weeks"), days("2025-12-08", "2026-03-09"));
        assert_eq!(named("this-year"), days("2026-01-01", "2027-01-01"));
        assert!(PERIODS.iter().all(|name| Days::named(name, today).is_some()));
        assert_eq!(Days::named("next-week", today), None);
        let (from, until) = (parsed("2026-03-01").unwrap(), parsed("2026-03-11").unwrap());
        let before = Days { from, until }.before();
        assert_eq!((written(before.from), written(before.until)), days("2026-02-15", "2026-02-25"));
    }
}
