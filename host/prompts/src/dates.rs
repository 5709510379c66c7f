//! Dates, times and durations in words.

use crate::{Language, numbers::number};

const DAY: u64 = 86_400;

/// Weekday, day, month and year.
pub(crate) fn date(language: Language, year: i32, month: u8, day: u8) -> Vec<String> {
    if !(1..=12).contains(&month) || day == 0 || day > days_in(year, month) {
        return Vec::new();
    }
    let mut pieces =
        vec![format!("weekday-{}", weekday(year, month, day)), format!("day-{day}"), format!("month-{month}")];
    let (century, rest) = (year / 100, year % 100);
    match language {
        // “Nineteen eighty-five”, “twenty twenty-six”.
        Language::En if (11..=99).contains(&century) && (century % 10 != 0 || rest >= 10) => {
            pieces.push(format!("n-{century}"));
            match rest {
                0 => pieces.push(String::from("hundred")),
                1..=9 => pieces.extend([String::from("oh"), format!("n-{rest}")]),
                _ => pieces.push(format!("n-{rest}")),
            }
        }
        // “Neunzehnhundertfünfundachtzig”.
        Language::De if (11..=19).contains(&century) => {
            pieces.extend([format!("n-{century}"), String::from("hundred")]);
            if rest > 0 {
                pieces.push(format!("n-{rest}"));
            }
        }
        _ => pieces.extend(number(language, year.into())),
    }
    pieces
}

/// Hour and minute: in English by the clock of twelve hours, else by that of 24.
pub(crate) fn time(language: Language, hour: u8, minute: u8) -> Vec<String> {
    if hour > 23 || minute > 59 {
        return Vec::new();
    }
    let mut pieces = vec![format!("clock-{hour}")];
    if language == Language::En {
        if (1..10).contains(&minute) {
            pieces.push(String::from("oh"));
        }
        if minute > 0 {
            pieces.push(format!("n-{minute}"));
        }
        pieces.push(String::from(if hour < 12 { "am" } else { "pm" }));
    } else if minute > 0 {
        pieces.push(format!("n-{minute}"));
    }
    pieces
}

/// Days, hours, minutes and seconds, without those that are none.
pub(crate) fn duration(language: Language, seconds: u64) -> Vec<String> {
    let parts = [
        (seconds / DAY, "one-day", "days"),
        (seconds % DAY / 3_600, "hour-1", "hours"),
        (seconds % 3_600 / 60, "minute-1", "minutes"),
        (seconds % 60, "second-1", "seconds"),
    ];
    let mut parts: Vec<_> = parts.into_iter().filter(|(count, ..)| *count > 0).collect();
    if parts.is_empty() {
        parts.push((0, "second-1", "seconds"));
    }
    let mut pieces = Vec::new();
    for (place, (count, one, many)) in parts.iter().enumerate() {
        if place > 0 && place + 1 == parts.len() {
            pieces.push(String::from("and"));
        }
        if *count == 1 {
            pieces.push((*one).to_owned());
        } else {
            pieces.extend(number(language, i64::try_from(*count).unwrap_or(i64::MAX)));
            // “Vingt et une minutes”, but “vingt et un jours”.
            if language == Language::Fr && *many != "days" && matches!(count, 21 | 31 | 41 | 51) {
                pieces.pop();
                pieces.push(format!("feminine-{count}"));
            }
            pieces.push((*many).to_owned());
        }
    }
    pieces
}

fn days_in(year: i32, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// From 1 for Monday to 7 (Zeller's congruence).
fn weekday(year: i32, month: u8, day: u8) -> i32 {
    let (year, month) =
        if month < 3 { (i64::from(year) - 1, i64::from(month) + 12) } else { (i64::from(year), i64::from(month)) };
    let century = year.div_euclid(100);
    let of_century = year.rem_euclid(100);
    let h = i64::from(day) + 13 * (month + 1) / 5 + of_century + of_century / 4 + century.div_euclid(4) - 2 * century;
    ((h + 5).rem_euclid(7) + 1) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_spoken_with_their_weekday() {
        let said = |language, year, month, day| date(language, year, month, day).join(" ");
        assert_eq!(said(Language::En, 2026, 11, 29), "weekday-7 day-29 month-11 n-20 n-26");
        assert_eq!(said(Language::En, 2005, 1, 1), "weekday-6 day-1 month-1 n-2 thousand and n-5");
        assert_eq!(said(Language::En, 1900, 1, 1), "weekday-1 day-1 month-1 n-19 hundred");
        assert_eq!(said(Language::De, 1985, 2, 28), "weekday-4 day-28 month-2 n-19 hundred n-85");
        assert_eq!(said(Language::De, 2024, 2, 29), "weekday-4 day-29 month-2 n-2 thousand n-24");
        assert_eq!(said(Language::Fr, 1789, 7, 14), "weekday-2 day-14 month-7 thousand-1 c-7 n-89");
        for (month, day) in [(0, 1), (13, 1), (2, 30), (4, 31), (1, 0)] {
            assert!(date(Language::En, 2026, month, day).is_empty(), "{month} {day}");
        }
        assert!(date(Language::En, 2025, 2, 29).is_empty());
    }

    #[test]
    fn times_and_durations_are_spoken_as_each_language_has_them() {
        let clock = |language, hour, minute| time(language, hour, minute).join(" ");
        assert_eq!(clock(Language::En, 14, 5), "clock-14 oh n-5 pm");
        assert_eq!(clock(Language::En, 0, 0), "clock-0 am");
        assert_eq!(clock(Language::De, 14, 5), "clock-14 n-5");
        assert_eq!(clock(Language::Fr, 21, 30), "clock-21 n-30");
        assert!(time(Language::De, 24, 0).is_empty() && time(Language::De, 1, 60).is_empty());
        assert_eq!(duration(Language::En, 3_661).join(" "), "hour-1 minute-1 and second-1");
        assert_eq!(duration(Language::De, 0).join(" "), "n-0 seconds");
        assert_eq!(duration(Language::Fr, 2 * DAY).join(" "), "n-2 days");
        assert_eq!(duration(Language::Fr, 21 * DAY + 31 * 60).join(" "), "n-21 days and feminine-31 minutes");
    }
}
