//! `settings.schema.json` in Rust, and what the schema cannot say.

use jackfield_sdk::prelude::*;
use serde::Deserialize;

/// All settings.
#[derive(Clone, Debug, Deserialize)]
pub struct Settings {
    pub conferences: Vec<Conference>,
    pub ad_hoc: Vec<String>,
    pub language: String,
}

/// A conference that has been set up.
#[derive(Clone, Debug, Deserialize)]
pub struct Conference {
    pub number: String,
    pub name: String,
    pub pin: String,
    pub moderator_pin: String,
    pub moderators: Vec<String>,
    pub max_members: u8,
    pub wait_for_moderator: bool,
    pub ends_with_moderator: bool,
    pub locked: bool,
    pub muted: bool,
    pub tones: bool,
    pub minutes: u64,
}

/// As what somebody comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Moderator,
    Member,
}

impl Settings {
    /// The conference of this number; the number is one of ours.
    pub fn conference(&self, number: &str) -> Option<Conference> {
        let set_up = self.conferences.iter().find(|conference| conference.number == number).cloned();
        set_up.or_else(|| self.ad_hoc.iter().any(|pattern| fits(pattern, number)).then(|| Conference::ad_hoc(number)))
    }

    /// What the schema allows and a caller would stumble over.
    pub fn errors(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        for (place, conference) in self.conferences.iter().enumerate() {
            let mut wrong = |field: &str, message: &str| {
                errors.push(FieldError::new(format!("/conferences/{place}/{field}"), message));
            };
            if self.conferences[..place].iter().any(|other| other.number == conference.number) {
                wrong("number", "Another conference has this number.");
            }
            if conference.pin == conference.moderator_pin && !conference.pin.is_empty() {
                wrong("moderator_pin", "It must not be the PIN of the members.");
            }
            let nobody = conference.moderator_pin.is_empty() && conference.moderators.is_empty();
            if nobody && (conference.wait_for_moderator || conference.locked) {
                wrong("moderators", "Nobody could open this conference: name a moderator, or set a PIN for one.");
            }
        }
        errors
    }
}

impl Conference {
    fn ad_hoc(number: &str) -> Self {
        Self {
            number: number.to_owned(),
            name: number.to_owned(),
            pin: String::new(),
            moderator_pin: String::new(),
            moderators: Vec::new(),
            max_members: 32,
            wait_for_moderator: false,
            ends_with_moderator: false,
            locked: false,
            muted: false,
            tones: true,
            minutes: 0,
        }
    }

    /// Whether somebody is let in without a PIN, and as what.
    pub fn without_pin(&self, who: &Party) -> Option<Role> {
        if who.extension.as_ref().is_some_and(|own| self.moderators.contains(own)) {
            return Some(Role::Moderator);
        }
        (self.pin.is_empty() && self.moderator_pin.is_empty()).then_some(Role::Member)
    }

    /// As what somebody comes who has typed this.
    pub fn role_of(&self, typed: &str) -> Option<Role> {
        // Both are compared whatever the first one says, so that the time tells nothing.
        let moderator = !self.moderator_pin.is_empty() & same(typed, &self.moderator_pin);
        let member = same(typed, &self.pin);
        match (moderator, member) {
            (true, _) => Some(Role::Moderator),
            (false, true) => Some(Role::Member),
            (false, false) => None,
        }
    }
}

/// Whether two PINs are the same, in a time that depends on neither's digits.
fn same(typed: &str, pin: &str) -> bool {
    const LONGEST: usize = 16;
    let octet = |text: &str, at: usize| text.as_bytes().get(at).copied().unwrap_or(0);
    let differs = (0..LONGEST).fold(0, |differs, at| differs | (octet(typed, at) ^ octet(pin, at)));
    (differs == 0) & (typed.len() == pin.len())
}

/// Whether a number is one of a pattern, in which an `x` is any digit.
fn fits(pattern: &str, number: &str) -> bool {
    pattern.len() == number.len()
        && pattern.bytes().zip(number.bytes()).all(|(p, n)| p == n || (p == b'x' && n.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conference(pin: &str, moderator_pin: &str) -> Conference {
        Conference { pin: pin.into(), moderator_pin: moderator_pin.into(), ..Conference::ad_hoc("600") }
    }

    #[test]
    fn a_pin_says_as_what_somebody_comes() {
        let both = conference("123456", "654321");
        for (typed, role) in [
            ("123456", Some(Role::Member)),
            ("654321", Some(Role::Moderator)),
            ("12345", None),
            ("1234567", None),
            ("", None),
        ] {
            assert_eq!(both.role_of(typed), role, "{typed}");
        }
        assert_eq!(conference("", "654321").role_of(""), Some(Role::Member), "only moderators have a PIN");
        assert_eq!(conference("1234", "").role_of(""), None, "a PIN that is not set is nobody's");
    }

    #[test]
    fn patterns_fit_whole_numbers() {
        assert!(fits("*66xxx", "*66123") && !fits("*66xxx", "*6612") && !fits("*66xxx", "*66a12"));
    }
}
