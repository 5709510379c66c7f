//! Slowing down whoever guesses passwords.

use jackfield_model::TimestampMs;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

/// Attempts that are free for one login from one source.
const FREE: u32 = 5;
/// Attempts that are free for one source, whatever the logins.
const FREE_PER_SOURCE: u32 = 30;
/// The first pause, in milliseconds; it doubles with each further attempt.
const PAUSE: u64 = 30_000;
/// The longest pause; after as long without an attempt, all is forgotten.
const LONGEST: u64 = 15 * 60_000;
/// Most entries kept; those that have been quiet longest give way.
const ENTRIES: usize = 10_000;

/// Counts attempts to sign in per source and login.
///
/// Keyed by both, so that a stranger cannot lock a person out from where they usually sit.
#[derive(Default)]
pub struct Throttle(Mutex<HashMap<Key, Entry>>);

/// A source, and one login or all of them.
type Key = (IpAddr, Option<String>);

#[derive(Clone, Copy)]
struct Entry {
    attempts: u32,
    last: TimestampMs,
    closed_until: TimestampMs,
}

impl Throttle {
    /// Counts an attempt before the password is looked at, so that many at once gain nothing. `Err` is the number of
    /// seconds to wait.
    pub fn admit(&self, source: IpAddr, login: &str, now: TimestampMs) -> Result<(), u64> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = [((network(source), Some(login.to_lowercase())), FREE), ((network(source), None), FREE_PER_SOURCE)];
        let wait =
            keys.iter().filter_map(|(key, _)| entries.get(key)).map(|e| e.closed_until.saturating_sub(now)).max();
        if let Some(wait @ 1..) = wait {
            return Err(wait.div_ceil(1000));
        }
        for (key, free) in keys {
            make_room(&mut entries, now);
            let entry = entries.entry(key).or_insert(Entry { attempts: 0, last: now, closed_until: 0 });
            if now.saturating_sub(entry.last) > LONGEST {
                entry.attempts = 0;
            }
            entry.attempts += 1;
            entry.last = now;
            if let Some(over) = entry.attempts.checked_sub(free) {
                entry.closed_until = now + (PAUSE << over.min(10)).min(LONGEST);
            }
        }
        Ok(())
    }

    /// The password was right: forget this login's attempts from this source, and one of the source's.
    pub fn succeeded(&self, source: IpAddr, login: &str) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.remove(&(network(source), Some(login.to_lowercase())));
        if let Some(entry) = entries.get_mut(&(network(source), None)) {
            entry.attempts = entry.attempts.saturating_sub(1);
            entry.closed_until = 0;
        }
    }
}

/// A single IPv4 address or an IPv6 /64: who has one address of a /64 has them all.
fn network(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !(u128::from(u64::MAX))).into()),
        v4 => v4,
    }
}

fn make_room(entries: &mut HashMap<Key, Entry>, now: TimestampMs) {
    if entries.len() < ENTRIES {
        return;
    }
    entries.retain(|_, entry| now.saturating_sub(entry.last) <= LONGEST);
    if entries.len() >= ENTRIES {
        // A tenth at a time, so that a flood does not cost a walk over everything per attempt.
        let mut times: Vec<_> = entries.values().map(|entry| entry.last).collect();
        let (_, &mut quiet_until, _) = times.select_nth_unstable(ENTRIES / 10);
        entries.retain(|_, entry| entry.last > quiet_until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn pauses_double_and_end() {
        let throttle = Throttle::default();
        for _ in 0..FREE {
            assert_eq!(throttle.admit(ip("192.0.2.1"), "Anna", 0), Ok(()));
        }
        assert_eq!(throttle.admit(ip("192.0.2.1"), "anna", 0), Err(30));
        assert_eq!(throttle.admit(ip("192.0.2.1"), "anna", 29_500), Err(1));
        assert_eq!(throttle.admit(ip("192.0.2.1"), "anna", 30_000), Ok(()));
        assert_eq!(throttle.admit(ip("192.0.2.1"), "anna", 30_000), Err(60));
        assert_eq!(throttle.admit(ip("192.0.2.2"), "anna", 30_000), Ok(()), "from elsewhere");
        assert_eq!(throttle.admit(ip("192.0.2.1"), "bruno", 30_000), Ok(()), "somebody else");
        assert_eq!(throttle.admit(ip("192.0.2.1"), "anna", 30_000 + 61_000 + LONGEST), Ok(()));
        assert_eq!(throttle.admit(ip("192.0.2.1"), "anna", 30_000 + 61_000 + LONGEST), Ok(()), "forgotten");
    }

    #[test]
    fn the_right_password_wipes_the_slate_and_many_logins_from_one_source_are_one_guesser() {
        let throttle = Throttle::default();
        for n in 0..100 {
            assert_eq!(throttle.admit(ip("192.0.2.1"), "anna", n), Ok(()));
            throttle.succeeded(ip("192.0.2.1"), "anna");
        }
        for n in 0..FREE_PER_SOURCE {
            assert_eq!(throttle.admit(ip("2001:db8::1"), &format!("user{n}"), 0), Ok(()));
        }
        assert_eq!(throttle.admit(ip("2001:db8::2"), "another", 0), Err(30), "the same /64");
        assert_eq!(throttle.admit(ip("2001:db8:0:1::2"), "another", 0), Ok(()), "another /64");
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = Throttle::default();
        for n in 0..(ENTRIES as u32) + 50 {
            let source = IpAddr::V4(std::net::Ipv4Addr::from(0x0a00_0000 + n));
            assert_eq!(throttle.admit(source, "x", u64::from(n)), Ok(()));
        }
        assert!(throttle.0.lock().unwrap().len() <= ENTRIES);
    }
}
