//! Pages of a list: by position for short lists, by cursor for ones that grow without end.

use std::{fmt, str::FromStr};

/// A page of a short list, such as the users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice<T> {
    /// The rows asked for.
    pub items: Vec<T>,
    /// How many there are in all.
    pub total: u64,
}

/// A page of a list that grows at its front, such as the call history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows, newest first.
    pub items: Vec<T>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Cursor>,
}

/// A place in a list: rows after it are older. Stays right while new rows arrive in front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) at: i64,
    pub(crate) id: String,
}

/// The text is no cursor that a page gave out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}.{}", self.at, self.id)
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (at, id) = text.split_once('.').ok_or(InvalidCursor)?;
        let at = i64::from_str_radix(at, 16).map_err(|_| InvalidCursor)?;
        if id.is_empty() || id.len() > 64 {
            return Err(InvalidCursor);
        }
        Ok(Self { at, id: id.to_owned() })
    }
}

impl fmt::Display for InvalidCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a cursor of this list: begin again without one")
    }
}

impl std::error::Error for InvalidCursor {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text_and_nonsense_is_refused() {
        let cursor = Cursor { at: 1_764_000_000_123, id: "c-19a-000001".into() };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for bad in ["", ".", "12", "zz.c-1", "12.", &format!("1.{}", "x".repeat(65))] {
            assert_eq!(bad.parse::<Cursor>(), Err(InvalidCursor), "{bad}");
        }
    }
}
