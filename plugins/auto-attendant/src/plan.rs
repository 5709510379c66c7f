//! The plan by which callers are led: one document, written as JSON, of which every version is kept.

use jackfield_sdk::schedules;
use serde::{Deserialize, Serialize};

/// Longest text of a plan, in bytes.
pub const LONGEST: usize = 128 << 10;

/// All that callers meet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// What callers hear until they choose another language.
    pub language: Language,
    /// The schedule of the house that says when it is open; empty: the hours below.
    #[serde(default)]
    pub schedule: String,
    pub time_zone: String,
    #[serde(default)]
    pub hours: Vec<Hours>,
    #[serde(default)]
    pub exceptions: Vec<Exception>,
    /// Who helps callers that the menus cannot help.
    #[serde(default)]
    pub operator: String,
    pub cases: Cases,
    pub menus: Vec<Menu>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    En,
    Fr,
    De,
}

/// What callers meet when; a case that is left out is as at night.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cases {
    pub day: Reception,
    pub night: Reception,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weekend: Option<Reception>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holiday: Option<Reception>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<Reception>,
}

/// What holds at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Case {
    Day,
    Night,
    Weekend,
    Holiday,
    Exception,
}

/// How callers are received.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reception {
    /// What they hear first.
    #[serde(default)]
    pub play: Vec<String>,
    pub does: Then,
    /// A menu or a number, where it needs one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub to: String,
}

/// What follows a greeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    Menu,
    Transfer,
    Operator,
    /// Says when the house opens again, and hangs up.
    Announce,
    HangUp,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    pub days: Vec<Day>,
    pub from: Time,
    pub to: Time,
}

/// Days of the week, Monday first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    pub from: Time,
    pub to: Time,
}

/// Minutes since midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Time(pub u16);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    #[serde(default)]
    pub name: String,
    /// `2026-12-24`, or `12-24` for every year.
    pub from: String,
    /// The last day; empty for a single day.
    #[serde(default)]
    pub to: String,
    #[serde(default)]
    pub hours: Vec<Span>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Menu {
    pub name: String,
    pub prompts: Vec<String>,
    pub keys: Vec<Key>,
    #[serde(default = "five")]
    pub wait_seconds: u64,
    #[serde(default = "three")]
    pub tries: u32,
    #[serde(default)]
    pub when_lost: Lost,
    /// Whether callers may dial an extension of the house here.
    #[serde(default, skip_serializing_if = "is_not")]
    pub extensions: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    pub key: char,
    pub does: Action,
    /// A number, the name of a menu or of a prompt, or a language: what the action needs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub to: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    Transfer,
    Operator,
    Menu,
    Announce,
    Hours,
    Language,
    /// Somebody is looked up by the letters of their name.
    Name,
    Repeat,
    Back,
    HangUp,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lost {
    Operator,
    #[default]
    HangUp,
}

impl Plan {
    pub fn menu_named(&self, name: &str) -> Option<&Menu> {
        self.menus.iter().find(|menu| menu.name == name)
    }

    /// As people read and write it.
    pub fn text(&self) -> String {
        // Nothing in a plan refuses to be written.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

impl Cases {
    pub fn of(&self, case: Case) -> &Reception {
        let other = match case {
            Case::Day => return &self.day,
            Case::Night => &None,
            Case::Weekend => &self.weekend,
            Case::Holiday => &self.holiday,
            Case::Exception => &self.exception,
        };
        other.as_ref().unwrap_or(&self.night)
    }

    /// Those that are written down.
    pub fn written(&self) -> impl Iterator<Item = (Case, &Reception)> {
        let others = [
            (Case::Weekend, self.weekend.as_ref()),
            (Case::Holiday, self.holiday.as_ref()),
            (Case::Exception, self.exception.as_ref()),
        ];
        let always = [(Case::Day, &self.day), (Case::Night, &self.night)];
        always.into_iter().chain(others.into_iter().filter_map(|(case, reception)| Some((case, reception?))))
    }
}

impl Case {
    pub fn word(self) -> &'static str {
        match self {
            Case::Day => "day",
            Case::Night => "night",
            Case::Weekend => "weekend",
            Case::Holiday => "holiday",
            Case::Exception => "exception",
        }
    }
}

impl From<schedules::Case> for Case {
    fn from(case: schedules::Case) -> Self {
        match case {
            schedules::Case::Day => Case::Day,
            schedules::Case::Night => Case::Night,
            schedules::Case::Weekend => Case::Weekend,
            schedules::Case::Holiday => Case::Holiday,
            schedules::Case::Exception => Case::Exception,
        }
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

impl Day {
    /// As it is written, and as its prompt is called.
    pub fn word(self) -> &'static str {
        match self {
            Day::Monday => "monday",
            Day::Tuesday => "tuesday",
            Day::Wednesday => "wednesday",
            Day::Thursday => "thursday",
            Day::Friday => "friday",
            Day::Saturday => "saturday",
            Day::Sunday => "sunday",
        }
    }
}

impl Hours {
    pub fn span(&self) -> Span {
        Span { from: self.from, to: self.to }
    }
}

impl TryFrom<String> for Time {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let digits = |part: &str| {
            (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| part.parse::<u16>().ok())
                .flatten()
        };
        let both = text.split_once(':').and_then(|(hours, minutes)| digits(hours).zip(digits(minutes)));
        let minutes = both.filter(|(_, minutes)| *minutes < 60).map(|(hours, minutes)| hours * 60 + minutes);
        minutes
            .filter(|minutes| *minutes <= 24 * 60)
            .map(Self)
            .ok_or_else(|| format!("“{text}” is no time such as 09:00"))
    }
}

impl From<Time> for String {
    fn from(time: Time) -> Self {
        format!("{:02}:{:02}", time.0 / 60, time.0 % 60)
    }
}

fn is_not(flag: &bool) -> bool {
    !flag
}

fn five() -> u64 {
    5
}

fn three() -> u32 {
    3
}
