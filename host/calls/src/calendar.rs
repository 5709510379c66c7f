//! Unix milliseconds as dates of the calendar, and back (RFC 3339), in UTC.

use jackfield_model::TimestampMs;

/// A moment taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Civil {
    pub year: u64,
    /// 1 to 12.
    pub month: u64,
    pub day: u64,
    pub hour: u64,
    pub minute: u64,
    pub second: u64,
    /// 0 is Thursday, as 1970-01-01 was.
    pub weekday: u64,
}

impl Civil {
    /// The date of a moment.
    pub(crate) fn of(ms: TimestampMs) -> Self {
        let seconds = ms / 1_000;
        let days = seconds / 86_400;
        // Days since 0000-03-01, so that the leap day ends a year: eras of 400 years have 146,097 days.
        let shifted = days + 719_468;
        let (era, of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = (shifted_month + 2) % 12 + 1;
        let year = era * 400 + year_of_era + u64::from(month <= 2);
        let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
        Self { year, month, day, hour, minute, second, weekday: days % 7 }
    }

    fn to_ms(self) -> TimestampMs {
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let (era, of_era) = (year / 400, year % 400);
        let of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.day - 1;
        let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
        (days * 86_400 + self.hour * 3_600 + self.minute * 60 + self.second) * 1_000
    }
}

/// `2026-11-25T09:30:00Z`.
pub(crate) fn rfc3339(ms: TimestampMs) -> String {
    let Civil { year, month, day, hour, minute, second, .. } = Civil::of(ms);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// A time of RFC 3339 from 1970 to 9999; fractions of a second are left out.
pub(crate) fn parse_rfc3339(text: &str) -> Option<TimestampMs> {
    let text = text.trim();
    if !text.is_ascii() || text.len() < 20 || text.len() > 40 {
        return None;
    }
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to)?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<u64>().ok()).flatten()
    };
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if separators.iter().any(|(at, byte)| text.as_bytes()[*at].to_ascii_uppercase() != *byte) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let fits = (1970..=9_999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !fits || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let ms = Civil { year, month, day, hour, minute, second, weekday: 0 }.to_ms();
    let rest = text[19..].trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let offset = |at: usize| {
        let digits = rest.get(at..at + 2)?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<u64>().ok()).flatten()
    };
    match rest.as_bytes() {
        b"Z" | b"z" => Some(ms),
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let away = (offset(1)? * 60 + offset(4)?) * 60_000;
            if *sign == b'+' { ms.checked_sub(away) } else { Some(ms + away) }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar_both_ways() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399_000, "2000-02-28T23:59:59Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (1_289_656_169_000, "2010-11-13T13:49:29Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!((rfc3339(ms).as_str(), parse_rfc3339(text)), (text, Some(ms)));
        }
        assert_eq!(parse_rfc3339("2010-11-13T14:49:29.25+01:00"), Some(1_289_656_169_000));
        assert_eq!(parse_rfc3339("2010-11-13T12:19:29-01:30"), Some(1_289_656_169_000));
        for wrong in [
            "",
            "2010-11-13",
            "2010-13-13T13:49:29Z",
            "0000-01-01T00:00:00Z",
            "2010-11-13T13:49:29",
            "2010-11-13T13:49:29+1",
            "1970-01-01T00:00:00+01:00",
            "2010-11-13T13:49:29Ünfug",
            "+010-11-13T13:49:29Z",
            "2010-11-13T13:49:29++1:00",
        ] {
            assert_eq!(parse_rfc3339(wrong), None, "{wrong}");
        }
    }
}
