//! How much one person's pages, or one address, may ask for.

use jackfield_model::TimestampMs;
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};

/// Requests that are free at once.
const BURST: u64 = 100;
/// Milliseconds after which one more is free: 25 a second.
const EACH: u64 = 40;
/// Most of them remembered; those whose allowance is whole again give way.
const ENTRIES: usize = 10_000;

/// Counts requests by who asks: the time at which each one's allowance is whole again.
pub(crate) struct Rate<T>(Mutex<HashMap<T, TimestampMs>>);

impl<T> Default for Rate<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Eq + Hash> Rate<T> {
    /// Counts one request; `Err` is the number of seconds to wait.
    pub(crate) fn admit(&self, who: T, now: TimestampMs) -> Result<(), u64> {
        let mut whole_at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if whole_at.len() >= ENTRIES {
            whole_at.retain(|_, at| *at > now);
        }
        let at = whole_at.entry(who).or_insert(now);
        let next = (*at).max(now) + EACH;
        let over = (next - now).saturating_sub(BURST * EACH);
        if over > 0 {
            return Err(over.div_ceil(1_000));
        }
        *at = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_free_and_then_a_steady_stream() {
        let rate = Rate::default();
        for _ in 0..BURST {
            assert_eq!(rate.admit(1, 0), Ok(()));
        }
        assert_eq!(rate.admit(1, 0), Err(1));
        assert_eq!(rate.admit(2, 0), Ok(()), "somebody else");
        assert_eq!(rate.admit(1, EACH), Ok(()));
        assert_eq!(rate.admit(1, EACH), Err(1));
        assert_eq!(rate.admit(1, EACH * (BURST + 1)), Ok(()));
    }
}
