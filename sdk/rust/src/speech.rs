//! Numbers, dates and times, spoken in the caller's language.

use crate::{Prompts, bindings::imports::jackfield::call::control, to_ms};
use std::time::Duration;

/// Things to be spoken one after the other, and prompts among them, for [`Call::say`](crate::Call::say).
///
/// ```
/// # use jackfield_sdk::prelude::*;
/// let news = say("you-have").number(3).prompts("new-messages").prompts(silence(millis(500))).time(14, 5);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Speech(Vec<control::Spoken>);

/// Begin with prompts.
pub fn say(prompts: impl Into<Prompts>) -> Speech {
    Speech::default().prompts(prompts)
}

impl Speech {
    /// Then a whole number.
    #[must_use]
    pub fn number(self, number: i64) -> Self {
        self.then(control::Spoken::Number(number))
    }

    /// Then digits one by one, `*`, `#` and `+` among them; at most 64.
    #[must_use]
    pub fn digits(self, digits: impl Into<String>) -> Self {
        self.then(control::Spoken::Digits(digits.into()))
    }

    /// Then a day, with its weekday: month and day from 1.
    #[must_use]
    pub fn date(self, year: i32, month: u8, day: u8) -> Self {
        self.then(control::Spoken::Date((year, month, day)))
    }

    /// Then a time of day, hour from 0 to 23.
    #[must_use]
    pub fn time(self, hour: u8, minute: u8) -> Self {
        self.then(control::Spoken::Time((hour, minute)))
    }

    /// Then days, hours, minutes and seconds.
    #[must_use]
    pub fn duration(self, length: Duration) -> Self {
        self.then(control::Spoken::Duration(to_ms(length)))
    }

    /// Then prompts, tones or silence.
    #[must_use]
    pub fn prompts(mut self, prompts: impl Into<Prompts>) -> Self {
        self.0.extend(prompts.into().lower().into_iter().map(control::Spoken::Prompt));
        self
    }

    fn then(mut self, one: control::Spoken) -> Self {
        self.0.push(one);
        self
    }

    pub(crate) fn lower(self) -> Vec<control::Spoken> {
        self.0
    }
}

impl<T: Into<Prompts>> From<T> for Speech {
    fn from(prompts: T) -> Self {
        say(prompts)
    }
}
