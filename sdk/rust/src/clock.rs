//! Time of day. `std`'s clocks do not exist in a plugin; the host's does, and in tests it is virtual.

use crate::bindings::imports::jackfield::services::clock;
pub use crate::bindings::imports::jackfield::services::clock::{LocalTime, Weekday};

/// Now, in milliseconds since 1970-01-01T00:00:00Z.
pub fn now() -> u64 {
    clock::now()
}

/// What clocks in a time zone of the IANA database (`Europe/Paris`) show at a moment, summer time included.
///
/// # Errors
/// When there is no such zone; the text names it.
pub fn local(zone: &str, at: u64) -> Result<LocalTime, String> {
    clock::local(zone, at)
}
