//! Where people are, apart from what their telephones do.

use crate::{Number, TimestampMs, UserId};
use serde::{Deserialize, Serialize};

/// Most characters of a note.
pub const MAX_NOTE: usize = 120;

/// Whether somebody can be reached, as they say themselves. What their telephones do is [`PhoneState`].
///
/// Everybody sees the state. Note and return time are for colleagues, that is, for whoever is signed in or has proved to be
/// an extension of the house; with `hide_detail` they are for the person and for admins only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Availability {
    /// Where.
    pub state: AvailabilityState,
    /// A word to colleagues, at most [`MAX_NOTE`] characters on one line; often empty.
    pub note: String,
    /// When they are back. From then on they count as in the office, and the note is gone.
    pub until: Option<TimestampMs>,
    /// Whether colleagues see no more than the state, and lamps not whom the person talks to.
    pub hide_detail: bool,
    /// Since when, 0 for “always”.
    pub since: TimestampMs,
}

/// Where somebody is, or whether they want to be called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AvailabilityState {
    /// At work; what holds when nobody has said anything.
    #[default]
    Office,
    /// In a meeting.
    Meeting,
    /// Ill.
    Sick,
    /// At a break.
    Break,
    /// On the way.
    GoneOut,
    /// On vacation.
    Vacation,
    /// At lunch.
    Lunch,
    /// Gone home.
    GoneHome,
    /// Their telephones do not ring.
    DoNotDisturb,
    /// Wants to be called.
    CallMe,
}

/// Whose availability it is: that of a person, at all their numbers, or that of a number that belongs to nobody.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Holder {
    /// A person.
    User(UserId),
    /// An extension without an owner.
    Extension(Number),
}

/// What the telephones of an extension do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PhoneState {
    /// None is registered.
    Unregistered,
    /// One is registered and is not used.
    Idle,
    /// One rings.
    Ringing,
    /// One is used.
    InCall,
}

impl Availability {
    /// What holds at this time: its own words, or “in the office” once the return time has come. Who hides details goes on
    /// hiding them.
    pub fn at(&self, now: TimestampMs) -> Self {
        match self.until {
            Some(until) if until <= now => Self { hide_detail: self.hide_detail, since: until, ..Self::default() },
            _ => self.clone(),
        }
    }

    /// What somebody sees who may see the state only.
    pub fn without_detail(&self) -> Self {
        Self { note: String::new(), until: None, ..self.clone() }
    }

    /// Text as a note: one line, no more than [`MAX_NOTE`] characters.
    pub fn note_of(text: &str) -> String {
        let line: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_NOTE).collect();
        line.trim_end().to_owned()
    }
}

impl AvailabilityState {
    /// Every state, in the order in which people are offered them.
    pub const ALL: [Self; 10] = [
        Self::Office,
        Self::Meeting,
        Self::Break,
        Self::Lunch,
        Self::GoneOut,
        Self::GoneHome,
        Self::Vacation,
        Self::Sick,
        Self::DoNotDisturb,
        Self::CallMe,
    ];

    /// The word kept in the store and sent by the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Office => "office",
            Self::Meeting => "meeting",
            Self::Sick => "sick",
            Self::Break => "break",
            Self::GoneOut => "gone-out",
            Self::Vacation => "vacation",
            Self::Lunch => "lunch",
            Self::GoneHome => "gone-home",
            Self::DoNotDisturb => "do-not-disturb",
            Self::CallMe => "call-me",
        }
    }
}

impl std::str::FromStr for AvailabilityState {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|state| state.as_str() == text);
        known.ok_or_else(|| format!("unknown availability “{text}”"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_return_time_ends_a_state_and_its_note_and_nothing_else() {
        let away = Availability {
            state: AvailabilityState::Meeting,
            note: "Room 4".into(),
            until: Some(1_000),
            hide_detail: true,
            since: 500,
        };
        assert_eq!(away.at(999), away);
        let back = Availability { hide_detail: true, since: 1_000, ..Availability::default() };
        assert_eq!(away.at(1_000), back);
        assert_eq!((away.without_detail().note.as_str(), away.without_detail().until), ("", None));
    }

    #[test]
    fn words_are_read_as_they_are_written_and_notes_stay_on_one_line() {
        for state in AvailabilityState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
            assert_eq!(serde_json::to_value(state).unwrap_or_default(), state.as_str());
        }
        assert!("asleep".parse::<AvailabilityState>().is_err());
        assert_eq!(Availability::note_of(" a\r\nb "), "a  b");
        assert_eq!(Availability::note_of(&"é".repeat(500)).chars().count(), MAX_NOTE);
    }
}
