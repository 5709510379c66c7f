//! When the house is open: the schedules that an administrator keeps.
//!
//! ```
//! use jackfield_sdk::prelude::*;
//!
//! fn is_open() -> Result<bool> {
//!     let standing = schedules::at("office", clock::now())?;
//!     // Where the schedule has gone, callers are let through.
//!     Ok(standing.is_none_or(|standing| standing.case == schedules::Case::Day))
//! }
//! ```

use crate::{Result, bindings::imports::jackfield::services::schedules};
pub use schedules::{Case, Hours, Span, Standing};

/// The names of all schedules, by name.
///
/// # Errors
/// When it is not permitted.
pub fn names() -> Result<Vec<String>> {
    Ok(schedules::names()?)
}

/// How a schedule stands at a moment; `None` when there is none of that name.
///
/// # Errors
/// When it is not permitted.
pub fn at(name: &str, at: u64) -> Result<Option<Standing>> {
    Ok(schedules::at(name, at)?)
}

/// The hours of an ordinary week; `None` when there is no schedule of that name.
///
/// # Errors
/// When it is not permitted.
pub fn ordinary(name: &str) -> Result<Option<Hours>> {
    Ok(schedules::ordinary(name)?)
}

/// Have a case hold from now on, whatever the clock says, or the clock decide again (`None`). `false` when there is no schedule
/// of that name.
///
/// # Errors
/// When it is not permitted, as in a decision, or cannot be kept.
pub fn force(name: &str, to: Option<Case>) -> Result<bool> {
    Ok(schedules::force(name, to)?)
}
