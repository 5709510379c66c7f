//! Why a verb did not do what it says: from the words of `calls` to those of the contract.

use crate::bindings::imports::jackfield::{call::control::DialFailure, types::types::Error};
use jackfield_calls::scripts::{self, VerbError};

/// What went wrong with any verb; becomes `error` or `dial-failure`, as the verb has it.
pub(super) enum Failure {
    Gone,
    Busy,
    NoAnswer,
    Rejected,
    Unavailable,
    Invalid(String),
    Denied(String),
    Failed(String),
}

impl From<VerbError> for Failure {
    fn from(error: VerbError) -> Self {
        match error {
            VerbError::Gone => Self::Gone,
            VerbError::Invalid(text) => Self::Invalid(text),
            VerbError::Denied(text) => Self::Denied(text),
            VerbError::Failed(text) => Self::Failed(text),
        }
    }
}

impl From<scripts::DialFailure> for Failure {
    fn from(failure: scripts::DialFailure) -> Self {
        match failure {
            scripts::DialFailure::Busy => Self::Busy,
            scripts::DialFailure::NoAnswer => Self::NoAnswer,
            scripts::DialFailure::Rejected => Self::Rejected,
            scripts::DialFailure::Unavailable => Self::Unavailable,
            scripts::DialFailure::Gone => Self::Gone,
            scripts::DialFailure::Failed(text) => Self::Failed(text),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Gone => Self::Gone,
            Failure::Invalid(text) => Self::Invalid(text),
            Failure::Denied(text) => Self::Denied(text),
            Failure::Failed(text) => Self::Failed(text),
            Failure::Busy => Self::Failed("busy".into()),
            Failure::NoAnswer => Self::Failed("no answer".into()),
            Failure::Rejected => Self::Failed("rejected".into()),
            Failure::Unavailable => Self::Failed("unavailable".into()),
        }
    }
}

impl From<Failure> for DialFailure {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Gone => Self::Gone,
            Failure::Busy => Self::Busy,
            Failure::NoAnswer => Self::NoAnswer,
            Failure::Rejected => Self::Rejected,
            Failure::Unavailable => Self::Unavailable,
            Failure::Invalid(text) | Failure::Denied(text) | Failure::Failed(text) => Self::Failed(text),
        }
    }
}
