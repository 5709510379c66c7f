//! Telephone numbers as people dial them.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A dialled number: an optional leading `+`, then digits, `*` and `#`; 1 to 32 characters.
///
/// Visual separators (space, `-`, `.`, `(`, `)`, `/`) are removed on parsing (RFC 3966 §5.1.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct Number(String);

/// The text holds no telephone number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidNumber(String);

impl Number {
    /// The digits, with `+`, `*` and `#` where they were dialled.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Number {
    type Err = InvalidNumber;

    fn from_str(text: &str) -> Result<Self, InvalidNumber> {
        let bare: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')' | '/')).collect();
        let digits = bare.strip_prefix('+').unwrap_or(&bare);
        let dialable = digits.chars().all(|c| matches!(c, '0'..='9' | '*' | '#'));
        if digits.is_empty() || bare.len() > 32 || !dialable {
            return Err(InvalidNumber(text.chars().take(40).collect()));
        }
        Ok(Self(bare))
    }
}

impl TryFrom<String> for Number {
    type Error = InvalidNumber;
    fn try_from(text: String) -> Result<Self, InvalidNumber> {
        text.parse()
    }
}

impl From<Number> for String {
    fn from(number: Number) -> Self {
        number.0
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for InvalidNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "“{}” is not a telephone number: use 1 to 32 digits, * or #, with an optional + in front", self.0)
    }
}

impl std::error::Error for InvalidNumber {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_dropped_and_letters_refused() {
        assert_eq!("(01) 23.45-67/8".parse::<Number>().map(String::from).as_deref(), Ok("012345678"));
        assert_eq!("*72#".parse::<Number>().map(String::from).as_deref(), Ok("*72#"));
        for bad in ["", "+", "12a", "1+2", &"1".repeat(33)] {
            assert!(bad.parse::<Number>().is_err(), "{bad} was taken");
        }
    }
}
