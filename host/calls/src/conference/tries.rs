//! Wrong PINs: how often somebody may try, whichever calls they make for it.

use jackfield_model::Party as Who;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Wrong PINs of one caller for one room in [`WINDOW`].
const MOST: u32 = 10;
const WINDOW: Duration = Duration::from_secs(600);
/// Callers of whom something is remembered. Extensions and rooms are few: beyond that somebody tries things out.
const MOST_REMEMBERED: usize = 4_096;

/// A plugin, a room and a caller; nobody for all callers from outside.
type Key = (String, String, Option<String>);

/// Wrong PINs by plugin, room and caller. The numbers of callers from outside can be made up, so they are not told apart.
#[derive(Default)]
pub(crate) struct Tries(Mutex<HashMap<Key, Count>>);

struct Count {
    since: Instant,
    wrong: u32,
}

impl Tries {
    /// Whether this caller may try.
    pub(crate) fn may(&self, now: Instant, owner: &str, room: &str, who: &Who) -> bool {
        let counts = self.counts();
        match counts.get(&key(owner, room, who)) {
            Some(count) => count.wrong < MOST || now.duration_since(count.since) >= WINDOW,
            None => true,
        }
    }

    /// It has typed a wrong PIN.
    pub(crate) fn failed(&self, now: Instant, owner: &str, room: &str, who: &Who) {
        let mut counts = self.counts();
        if counts.len() >= MOST_REMEMBERED {
            counts.retain(|_, count| now.duration_since(count.since) < WINDOW);
        }
        let key = key(owner, room, who);
        if counts.len() >= MOST_REMEMBERED && !counts.contains_key(&key) {
            return;
        }
        let count = counts.entry(key).or_insert(Count { since: now, wrong: 0 });
        if now.duration_since(count.since) >= WINDOW {
            *count = Count { since: now, wrong: 0 };
        }
        count.wrong += 1;
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Key, Count>> {
        // Held for a look-up or an insert, which cannot panic half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(owner: &str, room: &str, who: &Who) -> Key {
    (owner.to_owned(), room.to_owned(), who.extension.as_ref().map(|number| number.as_str().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(number: &str, of_the_house: bool) -> Who {
        let extension = of_the_house.then(|| number.parse().unwrap());
        Who { number: number.into(), name: String::new(), extension }
    }

    #[test]
    fn after_ten_wrong_pins_nobody_from_there_tries_again_for_ten_minutes() {
        let (tries, now) = (Tries::default(), Instant::now());
        for at in 0..10 {
            assert!(tries.may(now, "p", "600", &who(&format!("+49{at}"), false)), "{at}");
            tries.failed(now, "p", "600", &who(&format!("+49{at}"), false));
        }
        let outside = who("+331", false);
        assert!(!tries.may(now, "p", "600", &outside), "numbers from outside prove nothing");
        assert!(tries.may(now, "p", "601", &outside) && tries.may(now, "q", "600", &outside));
        assert!(tries.may(now, "p", "600", &who("101", true)), "the house is not locked out by the outside");
        let later = now + WINDOW;
        assert!(tries.may(later, "p", "600", &outside));
        tries.failed(later, "p", "600", &outside);
        assert!(tries.may(later, "p", "600", &outside), "counted anew");
    }
}
