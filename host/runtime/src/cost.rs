//! What a plugin has cost since the host started.

use jackfield_model::PluginCost;
use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// How many of the latest decisions the percentiles are drawn from.
const SAMPLES: usize = 1_024;

#[derive(Default)]
pub(crate) struct Meter {
    pub(crate) live: AtomicU32,
    calls: AtomicU64,
    failures: AtomicU64,
    skipped: AtomicU64,
    cpu_us: AtomicU64,
    peak_memory: AtomicU64,
    times: Mutex<Times>,
}

#[derive(Default)]
struct Times {
    latest: Vec<u32>,
    next: usize,
}

/// Counts a script among the live ones until it is dropped.
pub(crate) struct Live<'a>(&'a AtomicU32);

impl Meter {
    /// A decision or script has begun.
    pub(crate) fn begun(&self) {
        self.calls.fetch_add(1, Relaxed);
    }

    /// A script has begun and lives until the returned value is dropped.
    pub(crate) fn live(&self) -> Live<'_> {
        self.live.fetch_add(1, Relaxed);
        Live(&self.live)
    }

    /// It trapped, ran out of time or budget.
    pub(crate) fn failed(&self) {
        self.failures.fetch_add(1, Relaxed);
    }

    /// It was not asked, because it rests.
    pub(crate) fn skipped(&self) {
        self.skipped.fetch_add(1, Relaxed);
    }

    /// So much processor time and memory was used.
    pub(crate) fn used(&self, cpu: Duration, memory: u64) {
        // Nanoseconds are summed as whole microseconds, rounded to the nearest, so that many short decisions add up.
        self.cpu_us.fetch_add((cpu.as_nanos() as u64 + 500) / 1_000, Relaxed);
        self.peak_memory.fetch_max(memory, Relaxed);
    }

    /// A decision took so long by the clock on the wall.
    pub(crate) fn took(&self, wall: Duration) {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        let us = u32::try_from(wall.as_micros()).unwrap_or(u32::MAX);
        if times.latest.len() < SAMPLES {
            times.latest.push(us);
        } else {
            let next = times.next;
            times.latest[next] = us;
            times.next = (next + 1) % SAMPLES;
        }
    }

    /// The sum so far.
    pub(crate) fn read(&self) -> PluginCost {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner).latest.clone();
        times.sort_unstable();
        let percentile = |p: usize| times.get((times.len() * p / 100).min(times.len().saturating_sub(1))).copied();
        PluginCost {
            calls: self.calls.load(Relaxed),
            live: self.live.load(Relaxed),
            failures: self.failures.load(Relaxed),
            skipped: self.skipped.load(Relaxed),
            p50_us: percentile(50).unwrap_or(0),
            p99_us: percentile(99).unwrap_or(0),
            cpu_ms: self.cpu_us.load(Relaxed) / 1_000,
            peak_memory: self.peak_memory.load(Relaxed),
        }
    }
}

impl Drop for Live<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_latest_decisions() {
        let meter = Meter::default();
        for _ in 0..SAMPLES {
            meter.took(Duration::from_micros(9_000));
        }
        for us in 0..SAMPLES as u64 {
            meter.took(Duration::from_micros(us));
        }
        let cost = meter.read();
        assert_eq!((cost.p50_us, cost.p99_us), (512, 1_013));
    }
}
