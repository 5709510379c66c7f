//! Waiting for something outside this process, with an end.

use std::time::{Duration, Instant};

/// How often is looked.
const STEP: Duration = Duration::from_millis(10);

/// Wait until `look` finds something, at most this long.
pub fn within<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if Instant::now() >= end {
            return None;
        }
        std::thread::sleep(STEP);
    }
}

/// Wait until `holds`, at most five seconds.
///
/// # Panics
/// When it does not hold by then; `what` says what was waited for.
#[track_caller]
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    assert!(within(Duration::from_secs(5), || holds().then_some(())).is_some(), "waited in vain: {what}");
}
