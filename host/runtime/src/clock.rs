//! Time of day as a parameter.

use jackfield_model::TimestampMs;
use std::time::{SystemTime, UNIX_EPOCH};

/// What time it is. Plugins see no other clock; tests put a virtual one here.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now_ms(&self) -> TimestampMs;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> TimestampMs {
        // A clock set before 1970 reads as 1970: wrong, but nothing breaks.
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as TimestampMs)
    }
}
