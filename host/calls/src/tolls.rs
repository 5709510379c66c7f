//! Keeping a stolen password or a talkative plugin from costing a fortune: whose calls to the outside may go where, and how
//! many of them.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// The time over which calls are counted.
const HOUR: Duration = Duration::from_secs(3_600);
/// Payers remembered at once; with more, the calls of new ones are refused.
const PAYERS: usize = 100_000;

/// What calls to the outside are held to.
#[derive(Clone, Debug)]
pub struct TollConfig {
    /// Calls of one extension in an hour; 0 for no limit.
    pub per_hour: u32,
    /// Those of them that go abroad; 0 for no limit.
    pub abroad_per_hour: u32,
    /// Beginnings of numbers that nobody may call, in E.164 or as they are dialled.
    pub barred: Vec<String>,
}

/// Why a call to the outside does not go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Barred {
    /// The number.
    #[error("calls to this number are barred (security.barred)")]
    Number,
    /// Too many.
    #[error("too many calls to the outside in an hour (security.outside_per_hour)")]
    TooMany,
    /// Too many of the dear ones.
    #[error("too many calls abroad in an hour (security.abroad_per_hour)")]
    TooManyAbroad,
}

/// The calls of the last hour.
pub(crate) struct Tolls {
    config: TollConfig,
    calls: Mutex<HashMap<String, VecDeque<(Instant, bool)>>>,
}

impl Default for TollConfig {
    /// 120 calls in an hour, 30 of them abroad; satellite and shared-cost networks, where the fraud is, are barred.
    fn default() -> Self {
        let barred = ["+870", "+881", "+882", "+883", "+979"].map(String::from).to_vec();
        Self { per_hour: 120, abroad_per_hour: 30, barred }
    }
}

impl Tolls {
    pub(crate) fn new(config: TollConfig) -> Self {
        Self { config, calls: Mutex::default() }
    }

    /// Whether `payer` may call this number, dialled so and in E.164 like this; the call is counted when it may.
    pub(crate) fn admit(
        &self,
        now: Instant,
        payer: &str,
        dialled: &str,
        number: &str,
        country: &str,
    ) -> Result<(), Barred> {
        let TollConfig { per_hour, abroad_per_hour, barred } = &self.config;
        if barred.iter().any(|start| number.starts_with(start) || dialled.starts_with(start)) {
            return Err(Barred::Number);
        }
        let home = country.is_empty() || number.strip_prefix('+').is_some_and(|digits| digits.starts_with(country));
        let abroad = number.starts_with('+') && !home;
        // Held for a look-up and an insert, which cannot panic half-way.
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = |at: &Instant| now.saturating_duration_since(*at) < HOUR;
        if calls.len() >= PAYERS && !calls.contains_key(payer) {
            calls.retain(|_, calls| calls.back().is_some_and(|(at, _)| recent(at)));
            if calls.len() >= PAYERS {
                return Err(Barred::TooMany);
            }
        }
        let calls = calls.entry(payer.to_owned()).or_default();
        while calls.front().is_some_and(|(at, _)| !recent(at)) {
            calls.pop_front();
        }
        let over = |count: usize, most: u32| most != 0 && count >= most as usize;
        if over(calls.len(), *per_hour) {
            return Err(Barred::TooMany);
        }
        if abroad && over(calls.iter().filter(|(_, abroad)| *abroad).count(), *abroad_per_hour) {
            return Err(Barred::TooManyAbroad);
        }
        if *per_hour != 0 || *abroad_per_hour != 0 {
            calls.push_back((now, abroad));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stolen_password_is_good_for_few_calls() {
        let config = TollConfig { per_hour: 5, abroad_per_hour: 2, ..TollConfig::default() };
        let (tolls, now) = (Tolls::new(config), Instant::now());
        let abroad = |at, payer| tolls.admit(at, payer, "004366012345", "+4366012345", "49");
        let near = |at| tolls.admit(at, "100", "08912345", "+498912345", "49");
        assert_eq!((abroad(now, "100"), abroad(now, "100")), (Ok(()), Ok(())));
        assert_eq!(abroad(now, "100"), Err(Barred::TooManyAbroad));
        assert_eq!(abroad(now, "101"), Ok(()), "others are not held to it");
        for _ in 0..3 {
            assert_eq!(near(now), Ok(()));
        }
        assert_eq!(near(now + HOUR - Duration::from_secs(1)), Err(Barred::TooMany));
        assert_eq!(near(now + HOUR), Ok(()));
        let satellite = tolls.admit(now, "102", "00881612345", "+881612345", "49");
        assert_eq!(satellite, Err(Barred::Number));
    }
}
