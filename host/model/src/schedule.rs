//! When the house is open: an ordinary week, holidays, days that differ, and what somebody has decided by hand.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A schedule as somebody has set it up. Whether it makes sense is checked where it is put to use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Its name, by which plugins ask for it: 1 to 40 characters.
    pub name: String,
    /// The time zone (IANA) in which all of its times are meant.
    pub time_zone: String,
    /// When the house is open in an ordinary week; no entry: always.
    #[serde(default)]
    pub week: Vec<WeekHours>,
    /// National holidays on which it is closed.
    #[serde(default)]
    pub holidays: Vec<HolidaySet>,
    /// Holidays of the house's own, typed in or read from a calendar.
    #[serde(default)]
    pub own_holidays: Vec<OwnHoliday>,
    /// Days that differ, holidays among them. The first that fits counts.
    #[serde(default)]
    pub exceptions: Vec<HoursException>,
    /// What holds until somebody decides otherwise, whatever the clock says; none: the clock decides.
    #[serde(default)]
    pub forced: Option<ScheduleCase>,
}

/// What holds at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum ScheduleCase {
    /// Open.
    Day,
    /// Closed on a day on which it opens.
    Night,
    /// A day on which it does not open in an ordinary week.
    Weekend,
    /// A holiday.
    Holiday,
    /// Closed on a day that differs.
    Exception,
}

impl ScheduleCase {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Day, Self::Night, Self::Weekend, Self::Holiday, Self::Exception];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Night => "night",
            Self::Weekend => "weekend",
            Self::Holiday => "holiday",
            Self::Exception => "exception",
        }
    }
}

/// Opening hours on some days of the week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WeekHours {
    /// Which days.
    pub days: Vec<DayOfWeek>,
    /// From when on.
    pub from: TimeOfDay,
    /// Until when.
    pub to: TimeOfDay,
}

/// Days of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "they say themselves")]
pub enum DayOfWeek {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// The holidays of a country, or of one of its regions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct HolidaySet {
    /// The country, by ISO 3166-1: `FR`, `DE`, `CH`, `AT`, `BE`, `GB`.
    pub country: String,
    /// The region, by ISO 3166-2 without the country; empty for what the whole country keeps.
    #[serde(default)]
    pub region: String,
}

/// A holiday of the house's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OwnHoliday {
    /// What it is called, up to 60 characters.
    #[serde(default)]
    pub name: String,
    /// The first day: `2026-12-24`, or `12-24` for every year.
    pub from: String,
    /// The last day, written in the same way; empty for a single one.
    #[serde(default)]
    pub to: String,
}

/// Days that differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct HoursException {
    /// What they are called, up to 60 characters.
    #[serde(default)]
    pub name: String,
    /// The first day: `2026-12-24`, or `12-24` for every year.
    pub from: String,
    /// The last day, written in the same way; empty for a single one.
    #[serde(default)]
    pub to: String,
    /// When the house is open on them; no entry: closed.
    #[serde(default)]
    pub hours: Vec<OpenSpan>,
}

/// From one time of day to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OpenSpan {
    /// From when on.
    pub from: TimeOfDay,
    /// Until when.
    pub to: TimeOfDay,
}

/// Minutes since midnight, 0 to 1,440; written `09:00`, and `24:00` for the end of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// The end of a day.
    pub const END: Self = Self(24 * 60);

    /// Minutes since midnight.
    pub fn minutes(self) -> u16 {
        self.0
    }
}

impl FromStr for TimeOfDay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("“{}” is no time of day such as 09:00", text.chars().take(16).collect::<String>());
        let digits = |part: &str| {
            (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<u16>().ok()).flatten()
        };
        let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
        let (hours, minutes) = digits(hours).zip(digits(minutes)).ok_or_else(wrong)?;
        let all = hours * 60 + minutes;
        if minutes < 60 && all <= Self::END.0 { Ok(Self(all)) } else { Err(wrong()) }
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_read_as_they_are_written() {
        for text in ["00:00", "09:05", "23:59", "24:00"] {
            assert_eq!(text.parse::<TimeOfDay>().unwrap().to_string(), text);
        }
        for text in ["", "9:00", "24:01", "12:60", "+1:00", "12", "１２:00"] {
            assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
        }
    }
}
