//! Days as schedules write them: `2026-12-24`, or `12-24` for every year.

use jiff::civil::Date;

/// From one day to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Days {
    first: Written,
    last: Written,
}

/// A day with or without a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Written {
    year: Option<i16>,
    month: i8,
    day: i8,
}

impl Days {
    /// Read them; an empty `last` is the first day. The error says what would be right.
    pub(crate) fn read(first: &str, last: &str) -> Result<Self, (&'static str, String)> {
        let first = Written::read(first).map_err(|why| ("from", why))?;
        let last = if last.is_empty() { first } else { Written::read(last).map_err(|why| ("to", why))? };
        if first.year.is_some() != last.year.is_some() {
            return Err(("to", "Write both days with a year, or both without.".into()));
        }
        // Without a year the end may lie in the next one: from 12-24 to 01-02.
        if first.year.is_some() && last.key() < first.key() {
            return Err(("to", "The last day must not be before the first.".into()));
        }
        Ok(Self { first, last })
    }

    pub(crate) fn contains(&self, date: Date) -> bool {
        let (first, last) = (self.first.key(), self.last.key());
        let year = if self.first.year.is_some() { date.year() } else { 0 };
        let date = (year, date.month(), date.day());
        if first <= last { first <= date && date <= last } else { first <= date || date <= last }
    }
}

impl Written {
    fn read(text: &str) -> Result<Self, String> {
        let wrong = || {
            let shown: String = text.chars().take(16).collect();
            format!("“{shown}” is no day such as 2026-12-24, or 12-24 for every year.")
        };
        let (year, rest) = match text.len() {
            5 => (None, text),
            10 => {
                let (year, rest) = text.split_once('-').ok_or_else(wrong)?;
                (Some(number(year, 4).ok_or_else(wrong)?), rest)
            }
            _ => return Err(wrong()),
        };
        let (month, day) = rest.split_once('-').ok_or_else(wrong)?;
        let (month, day) = number(month, 2).zip(number(day, 2)).ok_or_else(wrong)?;
        // A leap year, so that 29 February of every year is a day.
        let date = Date::new(year.unwrap_or(2024), month as i8, day as i8).map_err(|_| wrong())?;
        Ok(Self { year, month: date.month(), day: date.day() })
    }

    fn key(&self) -> (i16, i8, i8) {
        (self.year.unwrap_or(0), self.month, self.day)
    }
}

fn number(text: &str, digits: usize) -> Option<i16> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn days_without_a_year_come_every_year_and_may_go_across_its_end() {
        let days = Days::read("12-24", "01-02").unwrap();
        for (day, inside) in [
            (date(2026, 12, 23), false),
            (date(2026, 12, 24), true),
            (date(2027, 1, 2), true),
            (date(2027, 1, 3), false),
        ] {
            assert_eq!(days.contains(day), inside, "{day}");
        }
        let days = Days::read("2026-06-01", "2026-06-03").unwrap();
        assert!(days.contains(date(2026, 6, 3)) && !days.contains(date(2027, 6, 3)));
        assert!(Days::read("02-29", "").unwrap().contains(date(2028, 2, 29)));
    }

    #[test]
    fn what_is_no_day_is_refused_with_its_field() {
        for (first, last, field) in [
            ("", "", "from"),
            ("2026-02-29", "", "from"),
            ("13-01", "", "from"),
            ("2026-1-01", "", "from"),
            ("日1-01", "", "from"),
            ("2026-12-24", "12-26", "to"),
            ("2026-12-24", "2026-12-20", "to"),
        ] {
            assert_eq!(Days::read(first, last).unwrap_err().0, field, "{first} {last}");
        }
    }
}
