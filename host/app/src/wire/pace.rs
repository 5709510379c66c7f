//! How often the signalling thread wakes up.
//!
//! Under load, waking up costs more than what there is to do then: by `make bench`, a call costs 2.5 times as much at
//! 200 calls a second as at 1,000, where each wake-up finds several messages. So when the thread is woken often, it rests
//! for a moment before it waits again, and takes what has arrived meanwhile in one go. Network cards do the same
//! (interrupt moderation). A house with little to do answers as fast as it can.

use std::time::{Duration, Instant};

/// How long the thread rests at most; so much later a message is looked at.
const REST: Duration = Duration::from_millis(1);
/// The time over which wake-ups are counted.
const WINDOW: Duration = Duration::from_millis(50);
/// Wake-ups in a window from which on the thread rests; it goes on to as long as there are half as many.
const OFTEN: u32 = 25;

/// Counts wake-ups, and says when to rest.
#[derive(Debug)]
pub struct Pace {
    window: Instant,
    waits: u32,
    is_busy: bool,
    /// When the last rest ended.
    rested: Instant,
}

impl Pace {
    /// For a thread that begins now.
    pub fn new(now: Instant) -> Self {
        Self { window: now, waits: 0, is_busy: false, rested: now }
    }

    /// The thread has nothing to do and is about to wait: how long to rest first.
    pub fn rest(&mut self, now: Instant) -> Option<Duration> {
        self.waits += 1;
        let passed = now.saturating_duration_since(self.window);
        if passed >= WINDOW {
            // What happened once in a long time is not often.
            let often = if self.is_busy { OFTEN / 2 } else { OFTEN };
            self.is_busy = passed < 2 * WINDOW && self.waits >= often;
            (self.window, self.waits) = (now, 0);
        }
        let rest = REST.checked_sub(now.saturating_duration_since(self.rested))?;
        (self.is_busy && !rest.is_zero()).then(|| {
            self.rested = now + rest;
            rest
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wait so often in a second, for a second; how many rests there were.
    fn rests(pace: &mut Pace, now: &mut Instant, per_second: u32) -> usize {
        let step = Duration::from_secs(1) / per_second;
        (0..per_second)
            .filter(|_| {
                *now += step;
                let rest = pace.rest(*now);
                if let Some(rest) = rest {
                    assert!(rest <= REST);
                    *now += rest;
                }
                rest.is_some()
            })
            .count()
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "any instant will do as a base")]
    fn a_thread_that_is_woken_often_rests_and_one_that_is_not_never_does() {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        assert_eq!(rests(&mut pace, &mut now, 100), 0);
        assert!(rests(&mut pace, &mut now, 3_000) > 2_500);
        // With nothing more to do it is fast again at once.
        now += Duration::from_secs(5);
        assert_eq!(rests(&mut pace, &mut now, 100), 0);
        assert_eq!(rests(&mut pace, &mut now, 300), 0);
    }
}
