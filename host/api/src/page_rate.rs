//! How much the pages that one person has open may ask for.

use jackfield_model::{TimestampMs, UserId};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Requests that are free at once.
const BURST: u64 = 100;
/// Milliseconds after which one more is free: 25 a second.
const EACH: u64 = 40;
/// Most people remembered; those whose allowance is whole again give way.
const ENTRIES: usize = 10_000;

/// Counts requests by person: the time at which each one's allowance is whole again.
#[derive(Default)]
pub(crate) struct PageRate(Mutex<HashMap<UserId, TimestampMs>>);

impl PageRate {
    /// Counts one request; `Err` is the number of seconds to wait.
    pub(crate) fn admit(&self, user: UserId, now: TimestampMs) -> Result<(), u64> {
        let mut whole_at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if whole_at.len() >= ENTRIES {
            whole_at.retain(|_, at| *at > now);
        }
        let at = whole_at.entry(user).or_insert(now);
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
        let rate = PageRate::default();
        for _ in 0..BURST {
            assert_eq!(rate.admit(UserId(1), 0), Ok(()));
        }
        assert_eq!(rate.admit(UserId(1), 0), Err(1));
        assert_eq!(rate.admit(UserId(2), 0), Ok(()), "somebody else");
        assert_eq!(rate.admit(UserId(1), EACH), Ok(()));
        assert_eq!(rate.admit(UserId(1), EACH), Err(1));
        assert_eq!(rate.admit(UserId(1), EACH * (BURST + 1)), Ok(()));
    }
}
