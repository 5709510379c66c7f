//! Who has spoken with whom last. It is kept beside the state: it is looked at when somebody comes, and would weigh on every
//! decision.

use jackfield_sdk::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Numbers are spread over so many values, and each has room for so many; those who have not called for longest give way.
const SHELVES: u64 = 256;
const MOST: usize = 400;

/// The last conversation of a number.
#[derive(Clone, Serialize, Deserialize)]
struct Spoken {
    agent: String,
    at: u64,
}

type Shelf = BTreeMap<String, Spoken>;

/// The agent who has spoken with this number within so many days; 0: nobody is asked for.
pub fn agent_of(number: &str, days: u64) -> Option<String> {
    if number.is_empty() || days == 0 {
        return None;
    }
    // Without it the caller is anybody's.
    let shelf: Shelf = kv::get(&key(number)).unwrap_or_default()?;
    let spoken = shelf.get(number)?;
    (clock::now().saturating_sub(spoken.at) <= days * 86_400_000).then(|| spoken.agent.clone())
}

/// They have spoken.
pub fn remember(number: &str, agent: &str) {
    if number.is_empty() || agent.is_empty() {
        return;
    }
    let kept = kv::update(&key(number), |shelf: Option<Shelf>| {
        let mut shelf = shelf.unwrap_or_default();
        shelf.insert(number.to_owned(), Spoken { agent: agent.to_owned(), at: clock::now() });
        if shelf.len() > MOST
            && let Some(oldest) = shelf.iter().min_by_key(|(_, spoken)| spoken.at).map(|(number, _)| number.clone())
        {
            shelf.remove(&oldest);
        }
        shelf
    });
    if let Err(error) = kept {
        log::warn!("who has spoken with {agent} is not remembered: {error}");
    }
}

/// Fowler, Noll and Vo's hash (FNV-1a) spreads numbers that differ in their last digits alone.
fn key(number: &str) -> String {
    let hash = number
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    // The last digit is in the bits from the fortieth on.
    format!("known/{:02x}", (hash >> 40) % SHELVES)
}

#[cfg(test)]
mod tests {
    use super::key;
    use std::collections::BTreeSet;

    #[test]
    fn numbers_that_differ_in_their_last_digits_lie_on_many_shelves() {
        let shelves: BTreeSet<_> = (0..1_000).map(|n| key(&format!("+33612345{n:03}"))).collect();
        assert!(shelves.len() > 200, "{} shelves", shelves.len());
    }
}
