//! Being woken later, also after a restart: what `#[on_timer]` is called for.

use crate::{Result, bindings::imports::jackfield::services::timers};
pub use timers::Timer;

/// A timer that is due, as `#[on_timer]` is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Its name.
    pub name: String,
    /// When it was due, in milliseconds since 1970-01-01T00:00:00Z.
    pub at: u64,
    /// What was set with it.
    pub payload: Vec<u8>,
}

/// Wake the plugin at that time, in milliseconds since 1970-01-01T00:00:00Z; in place of a timer of the same name.
///
/// # Errors
/// When it is not permitted, there are too many, or it cannot be stored.
pub fn set(name: &str, at: u64, payload: &[u8]) -> Result<()> {
    Ok(timers::set(name, at, payload)?)
}

/// Do not; nothing happens when there is no such timer.
///
/// # Errors
/// When it is not permitted, or cannot be stored.
pub fn cancel(name: &str) -> Result<()> {
    Ok(timers::cancel(name)?)
}

/// Timers that are set whose names begin with `prefix`, by name.
///
/// # Errors
/// When it is not permitted.
pub fn pending(prefix: &str) -> Result<Vec<Timer>> {
    Ok(timers::pending(prefix)?)
}
