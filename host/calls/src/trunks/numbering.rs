//! Telephone numbers between the house and a trunk: every number is E.164 inside, and written outside the way the carrier
//! wants it.

use jackfield_model::{Number, NumberFormat};

/// The numbering plan that a trunk stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbering {
    /// Country code without `+`, such as `49`; empty when numbers are passed on as they are.
    pub country: String,
    /// Area code without the national prefix, such as `30`, where numbers are dialled without one.
    pub area: String,
    /// What people dial before a country code, such as `00`.
    pub international: String,
    /// What people dial before an area code, such as `0`; empty in plans without one.
    pub national: String,
    /// How the carrier writes numbers.
    pub format: NumberFormat,
}

/// Numbers of up to so many digits are numbers of the network (112, 116117, 118…), the same everywhere in the country.
const SHORT: usize = 6;
/// Most digits of an E.164 number, and fewest that are taken for one (ITU-T E.164 §6.2).
const E164: std::ops::RangeInclusive<usize> = 7..=15;

impl Default for Numbering {
    fn default() -> Self {
        Self {
            country: String::new(),
            area: String::new(),
            international: String::from("00"),
            national: String::from("0"),
            format: NumberFormat::default(),
        }
    }
}

impl Numbering {
    /// A number as it is dialled or as the carrier writes it, in E.164 with `+`. What is no such number, a short code or a
    /// number in a plan without a country, stays as it is.
    pub fn normalised(&self, number: &str) -> String {
        let digits = || number.chars().all(|c| c.is_ascii_digit());
        if number.starts_with('+') || self.country.is_empty() || !digits() || number.len() <= SHORT {
            return number.to_owned();
        }
        let e164 = |digits: &str| {
            let valid = E164.contains(&digits.len()) && !digits.starts_with('0');
            if valid { format!("+{digits}") } else { number.to_owned() }
        };
        let Self { country, area, international, national, format } = self;
        // North America: ten digits, dialled with or without the 1 that is national prefix and country code at once.
        if country == "1" && number.len() == 11 && number.starts_with('1') {
            return e164(number);
        }
        if *format == NumberFormat::E164Digits
            && let Some(subscriber) = number.strip_prefix(&**country)
            && subscriber.len() > SHORT
            && (!national.is_empty() || area.is_empty())
        {
            return e164(number);
        }
        if let Some(abroad) = number.strip_prefix(&**international).filter(|_| !international.is_empty()) {
            return e164(abroad);
        }
        match number.strip_prefix(&**national) {
            Some(far) if !national.is_empty() => e164(&format!("{country}{far}")),
            _ if national.is_empty() || !area.is_empty() => e164(&format!("{country}{area}{number}")),
            _ => number.to_owned(),
        }
    }

    /// A number in E.164 the way the carrier writes it. Anything else goes out as it is.
    pub fn written(&self, number: &str) -> String {
        let Some(digits) = number.strip_prefix('+') else { return number.to_owned() };
        let Self { country, international, national, .. } = self;
        match self.format {
            NumberFormat::E164 | NumberFormat::AsDialled => number.to_owned(),
            NumberFormat::E164Digits => digits.to_owned(),
            NumberFormat::International => format!("{international}{digits}"),
            NumberFormat::National => match digits.strip_prefix(&**country) {
                Some(within) if !country.is_empty() => format!("{national}{within}"),
                _ => format!("{international}{digits}"),
            },
        }
    }
}

/// Consecutive numbers that belong to a trunk, and where calls to them go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberRange {
    first: String,
    count: u64,
    to: Option<Inside>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inside {
    number: String,
    /// Whether each further number leads to the next one inside.
    counts: bool,
}

impl NumberRange {
    /// From the first to the last number, both in E.164. Calls go to `to`: all of them, or, when `counts`, each one
    /// further to the next extension.
    ///
    /// # Errors
    /// What is wrong, for the admin.
    pub fn new(first: &Number, last: Option<&Number>, to: Option<&Number>, counts: bool) -> Result<Self, String> {
        let last = last.unwrap_or(first);
        let value = |number: &Number| {
            let digits = number.as_str().strip_prefix('+').filter(|digits| digits.len() <= 15);
            digits.and_then(|digits| digits.parse::<u64>().ok())
        };
        let (Some(low), Some(high)) = (value(first), value(last)) else {
            return Err(format!("numbers from {first} to {last}: write them like +49301234, with at most 15 digits"));
        };
        if high < low || first.as_str().len() != last.as_str().len() || high - low >= 100_000 {
            return Err(format!(
                "numbers from {first} to {last}: the last must be as long as the first, not below it, and less than 100,000 on"
            ));
        }
        let inside = to.map(|to| Inside { number: to.as_str().to_owned(), counts });
        if counts && let Some(to) = &inside {
            let end = to.number.parse::<u64>().ok().and_then(|start| start.checked_add(high - low));
            if end.is_none_or(|end| end.to_string().len() > to.number.len()) {
                return Err(format!("numbers from {first} to {last} cannot be counted on from {}", to.number));
            }
        }
        Ok(Self { first: first.as_str().to_owned(), count: high - low + 1, to: inside })
    }

    /// Whether an E.164 number is one of them.
    pub fn contains(&self, number: &str) -> bool {
        self.place(number).is_some()
    }

    /// Where a call to that number goes.
    pub fn inside(&self, number: &str) -> Option<String> {
        let (place, to) = (self.place(number)?, self.to.as_ref()?);
        if !to.counts || place == 0 {
            return Some(to.number.clone());
        }
        let width = to.number.len();
        let first: u64 = to.number.parse().ok()?;
        Some(format!("{:0width$}", first + place))
    }

    /// The number under which that extension is reached from outside.
    pub fn outside(&self, extension: &str) -> Option<String> {
        let to = self.to.as_ref()?;
        let place = if to.counts && extension.len() == to.number.len() {
            extension.parse::<u64>().ok()?.checked_sub(to.number.parse().ok()?).filter(|place| *place < self.count)?
        } else {
            (to.number == extension).then_some(0)?
        };
        let width = self.first.len() - 1;
        let first: u64 = self.first[1..].parse().ok()?;
        Some(format!("+{:0width$}", first + place))
    }

    fn place(&self, number: &str) -> Option<u64> {
        if number.len() != self.first.len() || !number.starts_with('+') {
            return None;
        }
        let (number, first): (u64, u64) = (number[1..].parse().ok()?, self.first[1..].parse().ok()?);
        number.checked_sub(first).filter(|place| *place < self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn germany(format: NumberFormat) -> Numbering {
        Numbering { country: "49".into(), area: "30".into(), format, ..Numbering::default() }
    }

    #[test]
    fn what_people_dial_in_berlin_becomes_e164() {
        let plan = germany(NumberFormat::E164);
        for (dialled, number) in [
            ("+4366012345", "+4366012345"),
            ("004366012345", "+4366012345"),
            ("08912345678", "+498912345678"),
            ("1234567", "+49301234567"),
            ("112", "112"),
            ("116117", "116117"),
            ("*72#", "*72#"),
            ("00", "00"),
            ("0000000000", "0000000000"),
            ("01234567890123456789", "01234567890123456789"),
        ] {
            assert_eq!(plan.normalised(dialled), number, "{dialled}");
        }
    }

    #[test]
    fn plans_differ() {
        // France: no area code is left out; North America: no national prefix, local numbers have ten digits.
        let france = Numbering { country: "33".into(), ..Numbering::default() };
        assert_eq!(france.normalised("0123456789"), "+33123456789");
        assert_eq!(france.normalised("23456789"), "23456789", "a number without area code is not guessed");
        let america = Numbering {
            country: "1".into(),
            international: "011".into(),
            national: String::new(),
            ..Numbering::default()
        };
        assert_eq!(america.normalised("2125551234"), "+12125551234");
        assert_eq!(america.normalised("12125551234"), "+12125551234");
        assert_eq!(america.normalised("01149301234567"), "+49301234567");
        let open = Numbering::default();
        assert_eq!(open.normalised("0123456789"), "0123456789", "without a country numbers stay as they are");
        // A carrier that leaves the plus out.
        let bare = germany(NumberFormat::E164Digits);
        assert_eq!(bare.normalised("498912345678"), "+498912345678");
        assert_eq!(bare.normalised("08912345678"), "+498912345678");
    }

    #[test]
    fn numbers_are_written_the_way_the_carrier_wants_them() {
        for (format, near, far) in [
            (NumberFormat::E164, "+498912345", "+4366012345"),
            (NumberFormat::E164Digits, "498912345", "4366012345"),
            (NumberFormat::International, "00498912345", "004366012345"),
            (NumberFormat::National, "08912345", "004366012345"),
        ] {
            let plan = germany(format);
            assert_eq!((plan.written("+498912345"), plan.written("+4366012345")), (near.into(), far.into()));
            assert_eq!(plan.written("112"), "112");
            assert_eq!(plan.normalised(near), "+498912345", "and are read back");
        }
    }

    #[test]
    fn a_block_of_numbers_leads_to_extensions_and_back() {
        let number = |text: &str| text.parse::<Number>().unwrap();
        let (first, last, to) = (number("+493012300"), number("+493012349"), number("100"));
        let block = NumberRange::new(&first, Some(&last), Some(&to), true).unwrap();
        assert_eq!(block.inside("+493012300").as_deref(), Some("100"));
        assert_eq!(block.inside("+493012342").as_deref(), Some("142"));
        assert_eq!(block.outside("142").as_deref(), Some("+493012342"));
        assert!(!block.contains("+493012350") && !block.contains("493012342"));
        assert_eq!((block.inside("+4930123"), block.outside("150"), block.outside("99")), (None, None, None));
        let main = NumberRange::new(&first, Some(&last), Some(&number("500")), false).unwrap();
        assert_eq!(main.inside("+493012342").as_deref(), Some("500"));
        assert_eq!(main.outside("500").as_deref(), Some("+493012300"));
        let owned = NumberRange::new(&first, None, None, false).unwrap();
        assert!(owned.contains("+493012300") && owned.inside("+493012300").is_none());
        for (first, last, to) in [("493012300", "+493012349", "100"), ("+49302", "+49301", "1"), ("+491", "+499", "*1")]
        {
            assert!(NumberRange::new(&number(first), Some(&number(last)), Some(&number(to)), true).is_err());
        }
    }
}
