//! What can go wrong with a verb.

use crate::bindings::imports::jackfield::{call::control::DialFailure, conference::rooms::EntryFailure, types::types};
use std::fmt;

/// What a verb gives.
pub type Result<T, E = Error> = core::result::Result<T, E>;

/// A verb did not do what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The caller has hung up. Every later verb says so too: return, usually by `?`.
    Gone,
    /// All targets were busy.
    Busy,
    /// Nobody answered in time.
    NoAnswer,
    /// Refused by all targets.
    Rejected,
    /// No target exists, or none is reachable.
    Unavailable,
    /// The arguments make no sense; the text says which and why.
    Invalid(String),
    /// Not permitted to this plugin.
    Denied(String),
    /// The host could not; the text says why.
    Failed(String),
}

impl Error {
    /// Whether dialling failed in a way that another target may mend: busy, no answer, rejected, unavailable.
    pub fn is_unreached(&self) -> bool {
        matches!(self, Error::Busy | Error::NoAnswer | Error::Rejected | Error::Unavailable)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Error::Gone => "the caller has hung up",
            Error::Busy => "busy",
            Error::NoAnswer => "no answer",
            Error::Rejected => "rejected",
            Error::Unavailable => "unavailable",
            Error::Invalid(text) | Error::Failed(text) => text,
            Error::Denied(text) => return write!(f, "not permitted: {text}"),
        })
    }
}

impl std::error::Error for Error {}

impl From<types::Error> for Error {
    fn from(error: types::Error) -> Self {
        match error {
            types::Error::Gone => Self::Gone,
            types::Error::Invalid(text) => Self::Invalid(text),
            types::Error::Denied(text) => Self::Denied(text),
            types::Error::Failed(text) => Self::Failed(text),
            types::Error::Other((code, text)) => Self::Failed(format!("{code}: {text}")),
        }
    }
}

impl From<DialFailure> for Error {
    fn from(failure: DialFailure) -> Self {
        match failure {
            DialFailure::Busy => Self::Busy,
            DialFailure::NoAnswer => Self::NoAnswer,
            DialFailure::Rejected => Self::Rejected,
            DialFailure::Unavailable => Self::Unavailable,
            DialFailure::Gone => Self::Gone,
            DialFailure::Failed(text) => Self::Failed(text),
            DialFailure::Other((code, text)) => Self::Failed(format!("{code}: {text}")),
        }
    }
}

impl From<EntryFailure> for Error {
    fn from(failure: EntryFailure) -> Self {
        match failure {
            EntryFailure::Gone => Self::Gone,
            EntryFailure::Locked => Self::Failed("the room is locked".into()),
            EntryFailure::Full => Self::Failed("the room is full".into()),
            EntryFailure::Invalid(text) => Self::Invalid(text),
            EntryFailure::Denied(text) => Self::Denied(text),
            EntryFailure::Failed(text) => Self::Failed(text),
            EntryFailure::Other((code, text)) => Self::Failed(format!("{code}: {text}")),
        }
    }
}

impl From<Error> for types::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Gone => Self::Gone,
            Error::Invalid(text) => Self::Invalid(text),
            Error::Denied(text) => Self::Denied(text),
            other => Self::Failed(other.to_string()),
        }
    }
}
