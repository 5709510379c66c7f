//! Things to be heard, and putting them together.

use crate::{Tone, bindings::imports::jackfield::call::control, to_ms};
use std::time::Duration;

/// Something to be heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    File(String),
    Tone(Tone, u32),
    Silence(u32),
    Recording(String),
}

/// Things to be heard one after the other.
///
/// Whatever plays takes these: `"welcome"`, `["welcome", "menu"]`, `tone(Tone::Beep, millis(300))`, or several put
/// together with [`Prompts::then`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prompts(Vec<Prompt>);

/// A tone for so long, at most a minute.
pub fn tone(tone: Tone, length: Duration) -> Prompt {
    Prompt(Kind::Tone(tone, to_ms(length)))
}

/// Nothing for so long, at most a minute.
pub fn silence(length: Duration) -> Prompt {
    Prompt(Kind::Silence(to_ms(length)))
}

/// Digits one by one: the prompts `digit-0` to `digit-9` of the package, everything else left out.
pub fn number(digits: &str) -> Prompts {
    Prompts(digits.chars().filter(char::is_ascii_digit).map(|d| Prompt::file(format!("digit-{d}"))).collect())
}

impl Prompt {
    /// A prompt of the package by its name: `welcome` is `prompts/<language>/welcome.wav`.
    pub fn file(name: impl Into<String>) -> Self {
        Self(Kind::File(name.into()))
    }

    /// What [`Call::record`](crate::Call::record) kept, by its id.
    pub fn recording(id: impl Into<String>) -> Self {
        Self(Kind::Recording(id.into()))
    }
}

impl Prompts {
    /// These, then those.
    #[must_use]
    pub fn then(mut self, more: impl Into<Prompts>) -> Self {
        self.0.extend(more.into().0);
        self
    }

    pub(crate) fn lower(self) -> Vec<control::Prompt> {
        let lower = |prompt: Prompt| match prompt.0 {
            Kind::File(name) => control::Prompt::File(name),
            Kind::Tone(tone, length) => control::Prompt::Tone((tone, length)),
            Kind::Silence(length) => control::Prompt::Silence(length),
            Kind::Recording(id) => control::Prompt::Recording(id),
        };
        self.0.into_iter().map(lower).collect()
    }
}

impl From<Prompt> for Prompts {
    fn from(prompt: Prompt) -> Self {
        Self(vec![prompt])
    }
}

impl From<&str> for Prompts {
    fn from(name: &str) -> Self {
        Prompt::file(name).into()
    }
}

impl From<&String> for Prompts {
    fn from(name: &String) -> Self {
        Prompt::file(name).into()
    }
}

impl<T: Into<Prompts>, const N: usize> From<[T; N]> for Prompts {
    fn from(all: [T; N]) -> Self {
        all.into_iter().fold(Self::default(), Self::then)
    }
}

impl<T: Into<Prompts>> From<Vec<T>> for Prompts {
    fn from(all: Vec<T>) -> Self {
        all.into_iter().fold(Self::default(), Self::then)
    }
}

impl From<&Vec<String>> for Prompts {
    fn from(names: &Vec<String>) -> Self {
        names.iter().fold(Self::default(), Self::then)
    }
}

impl<T: Into<Prompts>> From<Option<T>> for Prompts {
    fn from(one: Option<T>) -> Self {
        one.map_or_else(Self::default, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_are_put_together_in_order() {
        let all = Prompts::from("you-dialled").then(number("+4 2")).then(tone(Tone::Beep, Duration::from_millis(300)));
        let names: Vec<_> = all.0.iter().map(|p| format!("{:?}", p.0)).collect();
        assert_eq!(
            names,
            [r#"File("you-dialled")"#, r#"File("digit-4")"#, r#"File("digit-2")"#, "Tone(Tone::Beep, 300)"]
        );
    }
}
