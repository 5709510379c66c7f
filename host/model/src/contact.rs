//! People and companies outside the house, and how their numbers are written.

use serde::{Deserialize, Serialize};

/// Somebody outside the house.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Contact {
    /// Tells it from the others of its source, for as long as it is there: a number of a customer, a line of a directory.
    pub key: String,
    /// The person's name; empty when it is a company's number.
    pub name: String,
    /// The company.
    pub company: String,
    /// Their numbers, in E.164 with `+` where that could be told; the first is the one to call.
    pub numbers: Vec<ContactNumber>,
    /// A mail address.
    pub mail: String,
    /// Anything else.
    pub note: String,
}

/// A number of a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContactNumber {
    /// What kind of number.
    pub kind: NumberKind,
    /// The number.
    pub number: String,
}

/// What kind of number somebody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum NumberKind {
    /// At work.
    Work,
    /// In the pocket.
    Mobile,
    /// At home.
    Home,
    /// Another one.
    Other,
}

/// Most numbers of one contact.
pub const MOST_NUMBERS: usize = 8;
/// Longest name, company, mail address, key and note of a contact, in bytes.
pub const LONGEST_TEXT: usize = 256;

impl Contact {
    /// What a telephone shows: the name, else the company.
    pub fn display(&self) -> &str {
        if self.name.is_empty() { &self.company } else { &self.name }
    }
}

/// Where contacts come from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// A file that an administrator has imported.
    File,
    /// A plugin.
    Plugin,
}

impl SourceKind {
    /// The kind as one word.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Plugin => "plugin",
        }
    }
}

/// A source of contacts and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContactSource {
    /// Which kind.
    pub kind: SourceKind,
    /// Its name among those of its kind; of a plugin its id.
    pub name: String,
    /// How many contacts are of it.
    pub contacts: u64,
    /// When they last changed.
    pub changed: crate::TimestampMs,
    /// Whether there is something to go back to.
    pub can_undo: bool,
}

/// How numbers are written that are not in E.164.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DialPlan {
    /// Country code without `+`, such as `33`; empty when nothing is known.
    pub country: String,
    /// What people dial before a country code, such as `00`.
    pub international: String,
    /// What people dial before an area code, such as `0`; empty in plans without one.
    pub national: String,
}

impl Default for DialPlan {
    fn default() -> Self {
        Self { country: String::new(), international: String::from("00"), national: String::from("0") }
    }
}

impl DialPlan {
    /// A number as people write it (`+33 (0)1 23 45 67 89`, `0033 1…`, `01.23.45.67.89`) in E.164 with `+`. What cannot be told
    /// stays as it was dialled: digits, `*` and `#`. `None` for what is no telephone number.
    pub fn normalised(&self, written: &str) -> Option<String> {
        let written = written.trim();
        let written = written.strip_prefix("tel:").unwrap_or(written);
        // What follows is for people at a desk: an extension, a remark.
        let written = written.split([';', ',', 'x']).next().unwrap_or(written);
        // “(0)” is what is dialled in the country only.
        let plus = written.trim_start().starts_with('+');
        let bare = if plus { written.replace("(0)", "") } else { written.to_owned() };
        let mut digits = String::with_capacity(bare.len());
        for (at, c) in bare.trim().chars().enumerate() {
            match c {
                '0'..='9' | '*' | '#' => digits.push(c),
                '+' if at == 0 => {}
                ' ' | '\u{a0}' | '\u{202f}' | '-' | '\u{2011}' | '\u{2013}' | '.' | '(' | ')' | '/' => {}
                _ => return None,
            }
        }
        if digits.is_empty() || digits.len() > 32 {
            return None;
        }
        let e164 = |digits: &str| {
            let sound = (7..=15).contains(&digits.len())
                && !digits.starts_with('0')
                && digits.bytes().all(|digit| digit.is_ascii_digit());
            sound.then(|| format!("+{digits}"))
        };
        if plus {
            return e164(&digits);
        }
        // Short numbers are the house's own or the network's.
        if digits.len() <= 6 || digits.contains(['*', '#']) {
            return Some(digits);
        }
        if !self.international.is_empty()
            && let Some(abroad) = digits.strip_prefix(&*self.international)
        {
            return Some(e164(abroad).unwrap_or(digits));
        }
        if self.country.is_empty() {
            return Some(digits);
        }
        // North America: the 1 in front is national prefix and country code at once.
        if self.country == "1" && digits.len() == 11 && digits.starts_with('1') {
            return Some(e164(&digits).unwrap_or(digits));
        }
        let far = match digits.strip_prefix(&*self.national) {
            Some(far) => Some(far),
            None if self.national.is_empty() => Some(&*digits),
            None => None,
        };
        let complete = far.and_then(|far| e164(&format!("{}{far}", self.country)));
        Some(complete.unwrap_or(digits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let france = DialPlan { country: "33".into(), ..DialPlan::default() };
        for (written, expected) in [
            ("+33 1 23 45 67 89", Some("+33123456789")),
            ("+33 (0)1 23 45 67 89", Some("+33123456789")),
            ("01.23.45.67.89", Some("+33123456789")),
            ("01 23 45 67 89", Some("+33123456789")),
            ("0049 30 / 123 456", Some("+4930123456")),
            ("tel:+33123456789;ext=12", Some("+33123456789")),
            ("105", Some("105")),
            ("*72#", Some("*72#")),
            ("123456789", Some("123456789")),
            ("call me", None),
            ("", None),
            ("+", None),
            ("+12", None),
            ("+33 1 23 45 67 89 +33 6", None),
        ] {
            assert_eq!(france.normalised(written).as_deref(), expected, "{written}");
        }
        let america = DialPlan { country: "1".into(), international: "011".into(), national: "1".into() };
        assert_eq!(america.normalised("1 (212) 555-0123").as_deref(), Some("+12125550123"));
        let italy = DialPlan { country: "39".into(), international: "00".into(), national: String::new() };
        assert_eq!(italy.normalised("06 1234 5678").as_deref(), Some("+390612345678"));
        assert_eq!(DialPlan::default().normalised("0123456789").as_deref(), Some("0123456789"));
    }
}
