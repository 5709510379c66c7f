//! When a plugin fails too often, calls stop waiting for it.
//!
//! Closed → (5 failures within 60 s, or 10 of the last 50 decisions) → open for 1 s → one probe → closed again, or
//! open for twice as long, up to 5 min. The third time within an hour that it opens from closed, it stays open until
//! an admin switches the plugin on again. After 60 s of health the next opening begins at 1 s.
//!
//! A caller that alone makes a plugin fail, while it serves the others, is struck before the plugin is: that caller's
//! calls pass the plugin by for a minute.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

const BURST: usize = 5;
const WINDOW: Duration = Duration::from_secs(60);
const RECENT: u32 = 50;
const RECENT_FAILURES: u32 = 10;
const FIRST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(300);
const OPENINGS: usize = 3;
const OPENINGS_WITHIN: Duration = Duration::from_secs(3_600);
const HEALTHY: Duration = Duration::from_secs(60);
const KEY_FAILURES: u32 = 2;
const KEYS: usize = 32;

/// One breaker: of one plugin and one of its hooks.
pub(crate) struct Breaker(Mutex<Inner>);

/// Leave to ask once. Dropped without a word (the call ended meanwhile), nothing is learnt from it, and a probe is
/// made again.
pub(crate) struct Ticket<'a> {
    breaker: &'a Breaker,
    used: bool,
}

/// Where the breaker stands, for the plugin's card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Closed,
    Resting { until: Instant, reason: String },
    Quarantined { reason: String },
}

/// What a report changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    None,
    /// It had rested and is well again.
    Recovered,
    /// It rests for so long.
    Opened(Duration),
    /// It is asked no more.
    Quarantined,
}

struct Inner {
    state: State,
    /// Times of the latest failures, at most [`BURST`].
    failures: VecDeque<Instant>,
    /// One bit for each of the last [`RECENT`] decisions, the latest lowest; set = failed.
    recent: u64,
    seen: u32,
    /// How often it has opened without 60 s of health between.
    rests: u32,
    closed_at: Option<Instant>,
    openings: VecDeque<Instant>,
    reason: String,
    keys: Vec<Key>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed,
    Open { until: Instant },
    Probing { since: Instant },
    Quarantined,
}

struct Key {
    name: String,
    failures: u32,
    last: Instant,
}

impl Breaker {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Inner {
            state: State::Closed,
            failures: VecDeque::with_capacity(BURST),
            recent: 0,
            seen: 0,
            rests: 0,
            closed_at: None,
            openings: VecDeque::with_capacity(OPENINGS),
            reason: String::new(),
            keys: Vec::new(),
        }))
    }

    /// Leave to ask about `key` (the caller's number) now; `None`: pass it by.
    pub(crate) fn admit(&self, now: Instant, key: &str) -> Option<Ticket<'_>> {
        let admitted = self.lock().admit(now, key);
        admitted.then(|| Ticket { breaker: self, used: false })
    }

    fn succeeded(&self, now: Instant) -> Change {
        let mut inner = self.lock();
        inner.note(false);
        match inner.state {
            State::Probing { .. } => {
                inner.state = State::Closed;
                inner.closed_at = Some(now);
                inner.failures.clear();
                (inner.recent, inner.seen) = (0, 1);
                Change::Recovered
            }
            State::Closed => {
                if inner.rests > 0 && inner.closed_at.is_none_or(|at| now - at >= HEALTHY) {
                    inner.rests = 0;
                }
                Change::None
            }
            State::Open { .. } | State::Quarantined => Change::None,
        }
    }

    /// It trapped, hung or ran out of budget. `jitter` is drawn from 0 to 1.
    pub(crate) fn failed(&self, now: Instant, key: &str, reason: &str, jitter: f64) -> Change {
        let mut inner = self.lock();
        inner.reason = reason.to_owned();
        match inner.state {
            State::Probing { .. } => inner.rest(now, jitter),
            State::Closed => {
                let serves_others = inner.seen > inner.recent.count_ones();
                if serves_others && inner.strike(now, key) {
                    return Change::None;
                }
                inner.note(true);
                if inner.failures.len() == BURST {
                    inner.failures.pop_front();
                }
                inner.failures.push_back(now);
                inner.closed_at = Some(now);
                let burst = inner.failures.len() == BURST && inner.failures.front().is_some_and(|t| now - *t <= WINDOW);
                if burst || inner.recent.count_ones() >= RECENT_FAILURES {
                    inner.open(now, jitter)
                } else {
                    Change::None
                }
            }
            // A decision that began before it opened; what it has to say is known already.
            State::Open { .. } | State::Quarantined => Change::None,
        }
    }

    /// Start afresh: an admin has switched the plugin on, or another version has taken its place.
    pub(crate) fn reset(&self) {
        *self.lock() = Self::new().0.into_inner().unwrap_or_else(PoisonError::into_inner);
    }

    pub(crate) fn standing(&self) -> Standing {
        let inner = self.lock();
        match inner.state {
            State::Closed => Standing::Closed,
            State::Open { until } => Standing::Resting { until, reason: inner.reason.clone() },
            State::Probing { since } => Standing::Resting { until: since, reason: inner.reason.clone() },
            State::Quarantined => Standing::Quarantined { reason: inner.reason.clone() },
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing under this lock can panic half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket<'_> {
    /// It answered.
    pub(crate) fn succeeded(mut self, now: Instant) -> Change {
        self.used = true;
        self.breaker.succeeded(now)
    }

    /// It trapped, hung or ran out of budget. `jitter` is drawn from 0 to 1.
    pub(crate) fn failed(mut self, now: Instant, key: &str, reason: &str, jitter: f64) -> Change {
        self.used = true;
        self.breaker.failed(now, key, reason, jitter)
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        if !self.used {
            let mut inner = self.breaker.lock();
            if let State::Probing { since } = inner.state {
                inner.state = State::Open { until: since };
            }
        }
    }
}

impl Inner {
    fn admit(&mut self, now: Instant, key: &str) -> bool {
        match self.state {
            State::Closed => !self.struck(now, key),
            State::Open { until } if now >= until => {
                self.state = State::Probing { since: now };
                true
            }
            State::Open { .. } | State::Probing { .. } | State::Quarantined => false,
        }
    }

    fn note(&mut self, failed: bool) {
        self.recent = ((self.recent << 1) | u64::from(failed)) & ((1 << RECENT) - 1);
        self.seen = (self.seen + 1).min(RECENT);
    }

    fn open(&mut self, now: Instant, jitter: f64) -> Change {
        while self.openings.front().is_some_and(|t| now - *t > OPENINGS_WITHIN) {
            self.openings.pop_front();
        }
        self.openings.push_back(now);
        if self.openings.len() >= OPENINGS {
            self.state = State::Quarantined;
            return Change::Quarantined;
        }
        self.rest(now, jitter)
    }

    /// Open for 1 s doubling to 5 min, a fifth more or less so that plugins that failed together do not return together.
    fn rest(&mut self, now: Instant, jitter: f64) -> Change {
        let rest = FIRST_REST.saturating_mul(1 << self.rests.min(16)).min(LONGEST_REST).mul_f64(0.8 + 0.4 * jitter);
        self.rests += 1;
        self.state = State::Open { until: now + rest };
        Change::Opened(rest)
    }

    fn struck(&self, now: Instant, key: &str) -> bool {
        self.keys.iter().any(|k| k.name == key && k.failures >= KEY_FAILURES && now - k.last <= WINDOW)
    }

    /// Count a failure against the key; true once it is the key rather than the plugin.
    fn strike(&mut self, now: Instant, key: &str) -> bool {
        self.keys.retain(|k| now - k.last <= WINDOW);
        let others = self.keys.iter().any(|k| k.name != key);
        if let Some(known) = self.keys.iter_mut().find(|k| k.name == key) {
            known.failures += 1;
            known.last = now;
            return known.failures >= KEY_FAILURES && !others;
        }
        if self.keys.len() < KEYS {
            self.keys.push(Key { name: key.to_owned(), failures: 1, last: now });
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(breaker: &Breaker, at: Instant, key: &str) -> Change {
        breaker.failed(at, key, "trapped", 0.5)
    }

    #[test]
    fn five_failures_in_a_minute_open_it_and_rests_double_until_a_probe_succeeds() {
        let breaker = Breaker::new();
        let mut now = Instant::now();
        for n in 0..4 {
            assert_eq!(fail(&breaker, now, &n.to_string()), Change::None);
        }
        assert_eq!(fail(&breaker, now, "4"), Change::Opened(Duration::from_secs(1)));
        for rest in [2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            assert!(breaker.admit(now, "1").is_none());
            let Standing::Resting { until, reason } = breaker.standing() else { panic!("it should rest") };
            assert_eq!(reason, "trapped");
            now = until;
            drop(breaker.admit(now, "1").expect("one probe"));
            let probe = breaker.admit(now, "1").expect("another, since the first came to nothing");
            assert!(breaker.admit(now, "1").is_none(), "and only one");
            assert_eq!(probe.failed(now, "1", "trapped", 0.5), Change::Opened(Duration::from_secs(rest)));
        }
        now += Duration::from_secs(301);
        let probe = breaker.admit(now, "1").expect("a probe");
        assert_eq!(probe.succeeded(now), Change::Recovered);
        assert_eq!(breaker.standing(), Standing::Closed);
        assert!(breaker.admit(now, "1").is_some());
    }

    #[test]
    fn slow_failures_open_it_by_their_share_of_the_last_fifty() {
        let breaker = Breaker::new();
        let mut now = Instant::now();
        let mut opened = 0;
        for n in 0..100u32 {
            now += Duration::from_secs(20);
            if n % 5 == 0 {
                opened += u32::from(fail(&breaker, now, &n.to_string()) != Change::None);
            } else {
                breaker.succeeded(now);
            }
            if opened > 0 {
                assert!((40..=50).contains(&n), "opened after {n} decisions");
                return;
            }
        }
        panic!("never opened");
    }

    #[test]
    fn the_third_opening_within_an_hour_is_the_last_until_an_admin_says_otherwise() {
        let breaker = Breaker::new();
        let mut now = Instant::now();
        for opening in 1..=3 {
            let mut change = Change::None;
            for n in 0..5 {
                change = fail(&breaker, now, &n.to_string());
            }
            if opening == 3 {
                assert_eq!(change, Change::Quarantined);
                break;
            }
            now += Duration::from_secs(120);
            let probe = breaker.admit(now, "1").expect("a probe");
            assert_eq!(probe.succeeded(now), Change::Recovered);
        }
        assert!(breaker.admit(now + Duration::from_secs(86_400), "1").is_none());
        breaker.reset();
        assert!(breaker.admit(now, "1").is_some());
    }

    #[test]
    fn a_caller_that_alone_makes_it_fail_is_passed_by_and_the_others_are_served() {
        let breaker = Breaker::new();
        let now = Instant::now();
        breaker.succeeded(now);
        fail(&breaker, now, "bad");
        assert!(breaker.admit(now, "bad").is_some());
        fail(&breaker, now, "bad");
        assert!(breaker.admit(now, "bad").is_none());
        assert!(breaker.admit(now, "good").is_some());
        assert!(breaker.admit(now + WINDOW + Duration::from_millis(1), "bad").is_some(), "for a minute");
        assert_eq!(breaker.standing(), Standing::Closed);
    }
}
