//! `settings.schema.json` in Rust, and what the schema cannot say.

use jackfield_sdk::{FieldError, clock};
use serde::Deserialize;

/// All settings.
#[derive(Clone, Debug, Deserialize)]
pub struct Settings {
    pub language: Language,
    pub schedule: String,
    /// Codes by which somebody decides what holds; an `x` is a digit, the last one says what.
    pub service_codes: Vec<String>,
    /// Extensions that may; none: all.
    pub service_by: Vec<String>,
    pub time_zone: String,
    pub hours: Vec<Hours>,
    pub exceptions: Vec<Exception>,
    pub greeting: Vec<String>,
    pub menu: String,
    pub closed_greeting: Vec<String>,
    pub closed_does: Closed,
    pub closed_to: String,
    pub operator: String,
    pub menus: Vec<Menu>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    En,
    Fr,
    De,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Hours {
    pub days: Vec<Day>,
    pub from: Time,
    pub to: Time,
}

/// Days of the week, Monday first.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// From one time of day to another.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub from: Time,
    pub to: Time,
}

/// Minutes since midnight.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "String")]
pub struct Time(pub u16);

#[derive(Clone, Debug, Deserialize)]
pub struct Exception {
    /// `2026-12-24`, or `12-24` for every year.
    pub from: String,
    /// The last day; empty for a single day.
    pub to: String,
    pub hours: Vec<Span>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Closed {
    Announce,
    Menu,
    Transfer,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Menu {
    pub name: String,
    pub prompts: Vec<String>,
    pub keys: Vec<Key>,
    pub wait_seconds: u64,
    pub tries: u32,
    pub when_lost: Lost,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Key {
    pub key: char,
    pub does: Action,
    /// A number, the name of a menu or of a prompt, or a language: what the action needs.
    pub to: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    Transfer,
    Operator,
    Menu,
    Announce,
    Hours,
    Language,
    Repeat,
    Back,
    HangUp,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Lost {
    Operator,
    HangUp,
}

impl Settings {
    pub fn menu_named(&self, name: &str) -> Option<&Menu> {
        self.menus.iter().find(|menu| menu.name == name)
    }

    /// What the schema allows and a caller would stumble over.
    pub fn errors(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut wrong = |path: String, message: String| errors.push(FieldError::new(path, message));
        let no_menu = |name: &str| format!("There is no menu “{name}”.");
        if let Err(message) = clock::local(&self.time_zone, clock::now()) {
            wrong("/time_zone".into(), format!("{message}: use a name such as Europe/Paris."));
        }
        for (place, hours) in self.hours.iter().enumerate().filter(|(_, hours)| hours.span().is_empty()) {
            let message = format!("On {:?} it must be later than the beginning.", hours.days);
            wrong(format!("/hours/{place}/to"), message);
        }
        for (place, exception) in self.exceptions.iter().enumerate() {
            if !exception.to.is_empty() && (exception.to.len() != exception.from.len() || exception.to < exception.from)
            {
                let message = "The last day must not be before the first, and be written in the same way.";
                wrong(format!("/exceptions/{place}/to"), message.into());
            }
            for (span, _) in exception.hours.iter().enumerate().filter(|(_, span)| span.is_empty()) {
                wrong(format!("/exceptions/{place}/hours/{span}/to"), "It must be later than the beginning.".into());
            }
        }
        if self.menu_named(&self.menu).is_none() {
            wrong("/menu".into(), no_menu(&self.menu));
        }
        match self.closed_does {
            Closed::Menu if self.menu_named(&self.closed_to).is_none() => {
                wrong("/closed_to".into(), no_menu(&self.closed_to))
            }
            Closed::Transfer if !is_number(&self.closed_to) => wrong("/closed_to".into(), "Enter a number.".into()),
            _ => {}
        }
        for (place, menu) in self.menus.iter().enumerate() {
            if self.menus[..place].iter().any(|other| other.name == menu.name) {
                wrong(format!("/menus/{place}/name"), "Another menu has this name.".into());
            }
            if menu.when_lost == Lost::Operator && self.operator.is_empty() {
                wrong("/operator".into(), format!("The menu “{}” needs an operator.", menu.name));
            }
            for (at, key) in menu.keys.iter().enumerate() {
                let path = |field: &str| format!("/menus/{place}/keys/{at}/{field}");
                if menu.keys[..at].iter().any(|other| other.key == key.key) {
                    wrong(path("key"), format!("Key {} is in this menu already.", key.key));
                }
                match key.does {
                    Action::Transfer if !is_number(&key.to) => {
                        wrong(path("to"), "Enter the number to transfer to.".into())
                    }
                    Action::Operator if self.operator.is_empty() => wrong("/operator".into(), "Enter a number.".into()),
                    Action::Menu if self.menu_named(&key.to).is_none() => wrong(path("to"), no_menu(&key.to)),
                    Action::Announce if key.to.is_empty() => wrong(path("to"), "Enter the name of a prompt.".into()),
                    Action::Language if !["en", "fr", "de"].contains(&key.to.as_str()) => {
                        wrong(path("to"), "Enter en, fr or de.".into());
                    }
                    _ => {}
                }
            }
        }
        errors
    }
}

impl Language {
    pub fn tag(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::Fr => "fr",
            Language::De => "de",
        }
    }
}

impl Hours {
    pub fn span(&self) -> Span {
        Span { from: self.from, to: self.to }
    }
}

impl Span {
    fn is_empty(&self) -> bool {
        self.from >= self.to
    }
}

impl TryFrom<String> for Time {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let minutes = text.split_once(':').and_then(|(hours, minutes)| {
            hours.parse::<u16>().ok()?.checked_mul(60)?.checked_add(minutes.parse::<u16>().ok()?)
        });
        minutes.filter(|minutes| *minutes <= 24 * 60).map(Self).ok_or_else(|| format!("“{text}” is no time of day"))
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '*' | '#' | '+'))
}
