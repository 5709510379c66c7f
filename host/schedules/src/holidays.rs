//! National public holidays, computed: France, Germany, Switzerland, Austria, Belgium and Great Britain.
//!
//! What is here are the laws as they stood in 2026, with the changes since 2017 that are known. Holidays of single towns, and of
//! Swiss cantons that are not listed, come in by a calendar file.

mod britain;
mod countries;

use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};

/// The name of a holiday in English, French and German.
pub type Names = [&'static str; 3];

/// A country with its regions, by ISO 3166.
pub struct Country {
    /// `FR`.
    pub code: &'static str,
    /// Regions whose holidays differ from those that the whole country keeps, by their codes.
    pub regions: &'static [&'static str],
}

/// The countries that there are.
pub const COUNTRIES: [Country; 6] = [
    Country { code: "FR", regions: &["67"] },
    Country {
        code: "DE",
        regions: &["BW", "BY", "BE", "BB", "HB", "HH", "HE", "MV", "NI", "NW", "RP", "SL", "SN", "ST", "SH", "TH"],
    },
    Country { code: "CH", regions: &["BE", "BS", "GE", "VD", "ZH"] },
    Country { code: "AT", regions: &[] },
    Country { code: "BE", regions: &[] },
    Country { code: "GB", regions: &["EAW", "SCT", "NIR"] },
];

/// Whether there are holidays of this country and region; an empty region is the whole country.
pub fn exists(country: &str, region: &str) -> bool {
    COUNTRIES.iter().any(|known| known.code == country && (region.is_empty() || known.regions.contains(&region)))
}

/// The holiday on a day; none on others, and before 2000.
pub fn on(country: &str, region: &str, date: Date) -> Option<Names> {
    if date.year() < 2000 {
        return None;
    }
    if country == "GB" {
        return britain::on(region, date);
    }
    let rules = countries::of(country)?;
    let kept = |rule: &&Rule| rule.kept_in(region, date.year()) && rule.when.on(date.year()) == Some(date);
    rules.iter().find(kept).map(|rule| rule.names)
}

/// A holiday of one country.
struct Rule {
    when: When,
    names: Names,
    /// The regions that keep it; none: all do.
    regions: &'static [&'static str],
    /// The first year.
    since: i16,
}

impl Rule {
    const fn new(when: When, names: Names) -> Self {
        Self { when, names, regions: &[], since: 0 }
    }

    const fn only_in(self, regions: &'static [&'static str]) -> Self {
        Self { regions, ..self }
    }

    const fn since(self, since: i16) -> Self {
        Self { since, ..self }
    }

    fn kept_in(&self, region: &str, year: i16) -> bool {
        year >= self.since && (self.regions.is_empty() || self.regions.contains(&region))
    }
}

/// How the day of a holiday is found.
#[derive(Clone, Copy)]
enum When {
    /// Month and day.
    Fixed(i8, i8),
    /// One day of one year.
    Once(i16, i8, i8),
    /// So many days after Easter Sunday.
    Easter(i32),
    /// The n-th such day of a month; −1: the last.
    Nth(i8, Weekday, i8),
    /// So many days after the n-th such day of a month.
    After(i8, Weekday, i8, i32),
    /// The last such day before a date.
    Before(i8, i8, Weekday),
}

impl When {
    fn on(self, year: i16) -> Option<Date> {
        match self {
            Self::Fixed(month, day) => Date::new(year, month, day).ok(),
            Self::Once(only, month, day) => Date::new(year, month, day).ok().filter(|_| year == only),
            Self::Easter(days) => easter(year)?.checked_add(days.days()).ok(),
            Self::Nth(month, weekday, n) => Date::new(year, month, 1).ok()?.nth_weekday_of_month(n, weekday).ok(),
            Self::After(month, weekday, n, days) => {
                Self::Nth(month, weekday, n).on(year)?.checked_add(days.days()).ok()
            }
            Self::Before(month, day, weekday) => Date::new(year, month, day).ok()?.nth_weekday(-1, weekday).ok(),
        }
    }
}

/// Easter Sunday of the Gregorian calendar (the anonymous algorithm of 1876, as printed by Meeus).
fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e, f) = (b / 4, b % 4, (b + 8) / 25);
    let g = (b - f + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let sum = h + l - 7 * m + 114;
    Date::new(year, (sum / 31) as i8, (sum % 31 + 1) as i8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    /// The holidays of a year, as `month-day`.
    fn year(country: &str, region: &str, year: i16) -> String {
        let days = date(year, 1, 1).series(1.day()).take_while(|day| day.year() == year);
        let kept = days.filter(|day| on(country, region, *day).is_some());
        kept.map(|day| format!("{:02}-{:02}", day.month(), day.day())).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn easter_is_when_the_church_says() {
        // Western Easter of these years, as almanacs have it; the earliest and the latest of the century among them.
        for (expected, year) in
            [((4, 23), 2000), ((3, 23), 2008), ((4, 24), 2011), ((4, 5), 2026), ((3, 28), 2027), ((4, 25), 2038)]
        {
            assert_eq!(easter(year), Date::new(year, expected.0, expected.1).ok(), "{year}");
        }
    }

    #[test]
    fn the_year_2026_is_as_each_country_publishes_it() {
        for (country, region, expected) in [
            ("FR", "", "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25"),
            ("FR", "67", "01-01 04-03 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25 12-26"),
            ("DE", "", "01-01 04-03 04-06 05-01 05-14 05-25 10-03 12-25 12-26"),
            ("DE", "BY", "01-01 01-06 04-03 04-06 05-01 05-14 05-25 06-04 10-03 11-01 12-25 12-26"),
            ("DE", "BE", "01-01 03-08 04-03 04-06 05-01 05-14 05-25 10-03 12-25 12-26"),
            ("DE", "SN", "01-01 04-03 04-06 05-01 05-14 05-25 10-03 10-31 11-18 12-25 12-26"),
            ("DE", "TH", "01-01 04-03 04-06 05-01 05-14 05-25 09-20 10-03 10-31 12-25 12-26"),
            ("CH", "", "01-01 05-14 08-01 12-25"),
            ("CH", "GE", "01-01 04-03 04-06 05-14 05-25 08-01 09-10 12-25 12-31"),
            ("CH", "VD", "01-01 01-02 04-03 04-06 05-14 05-25 08-01 09-21 12-25"),
            ("CH", "ZH", "01-01 04-03 04-06 05-01 05-14 05-25 08-01 12-25 12-26"),
            ("AT", "", "01-01 01-06 04-06 05-01 05-14 05-25 06-04 08-15 10-26 11-01 12-08 12-25 12-26"),
            ("BE", "", "01-01 04-06 05-01 05-14 05-25 07-21 08-15 11-01 11-11 12-25"),
            // Boxing Day is a Saturday: a substitute on the 28th.
            ("GB", "EAW", "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-26 12-28"),
            ("GB", "SCT", "01-01 01-02 04-03 05-04 05-25 08-03 11-30 12-25 12-26 12-28"),
            ("GB", "NIR", "01-01 03-17 04-03 04-06 05-04 05-25 07-12 07-13 08-31 12-25 12-26 12-28"),
        ] {
            assert_eq!(year(country, region, 2026), expected, "{country} {region}");
        }
    }

    #[test]
    fn substitutes_do_not_fall_on_one_another() {
        // 2021: Christmas on a Saturday, Boxing Day on a Sunday. 2022: Christmas on a Sunday.
        assert!(year("GB", "EAW", 2021).ends_with("12-25 12-26 12-27 12-28"));
        assert!(year("GB", "EAW", 2022).ends_with("08-29 09-19 12-25 12-26 12-27"));
        assert!(year("GB", "SCT", 2022).starts_with("01-01 01-02 01-03 01-04 "));
        // The late May holiday moved for a jubilee, the early one for VE Day.
        assert!(year("GB", "EAW", 2022).contains("05-02 06-02 06-03 08-29"));
        assert!(year("GB", "EAW", 2020).contains("04-13 05-08 05-25"));
    }

    #[test]
    fn laws_hold_from_their_first_year_on() {
        assert!(!year("DE", "HH", 2016).contains("10-31") && year("DE", "HH", 2018).contains("10-31"));
        assert!(year("DE", "", 2017).contains("10-31") && !year("DE", "", 2018).contains("10-31"));
        assert!(!year("DE", "MV", 2022).contains("03-08") && year("DE", "MV", 2023).contains("03-08"));
        assert_eq!(year("FR", "", 1999), "");
    }

    #[test]
    fn only_what_is_there_exists() {
        assert!(exists("DE", "") && exists("DE", "BY") && exists("GB", "SCT"));
        assert!(!exists("DE", "XX") && !exists("XX", "") && !exists("", "") && !exists("FR", "BY"));
        for country in COUNTRIES {
            for region in country.regions.iter().chain([&""]) {
                assert!(!year(country.code, region, 2026).is_empty(), "{} {region}", country.code);
            }
        }
    }
}
