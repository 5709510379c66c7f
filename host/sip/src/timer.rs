//! Wake-up times: one per transaction, leg or subscription, the earliest first.

use std::time::Instant;

/// Whose time it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alarm {
    Transaction(usize),
    Leg(usize),
    Subscription(usize),
}

impl Alarm {
    /// One number for each owner of each kind.
    fn owner(self) -> usize {
        match self {
            Self::Transaction(slot) => slot * 3,
            Self::Leg(slot) => slot * 3 + 1,
            Self::Subscription(slot) => slot * 3 + 2,
        }
    }

    fn of_owner(owner: usize) -> Self {
        match owner % 3 {
            0 => Self::Transaction(owner / 3),
            1 => Self::Leg(owner / 3),
            _ => Self::Subscription(owner / 3),
        }
    }
}

/// A heap of wake-up times that knows where each owner stands in it: setting, moving and clearing cost O(log n), the
/// earliest is at hand, and nothing stale is ever kept.
#[derive(Debug, Default)]
pub(crate) struct TimerQueue {
    heap: Vec<(Instant, usize)>,
    /// Place in the heap plus one by owner; 0 for none.
    places: Vec<u32>,
}

impl TimerQueue {
    /// When the next alarm goes off.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.heap.first().map(|(at, _)| *at)
    }

    /// Take an alarm that is due.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<Alarm> {
        let (at, owner) = *self.heap.first()?;
        if at > now {
            return None;
        }
        self.remove(0);
        Some(Alarm::of_owner(owner))
    }

    /// Set, move or clear an alarm.
    pub(crate) fn set(&mut self, alarm: Alarm, at: Option<Instant>) {
        let owner = alarm.owner();
        if owner >= self.places.len() {
            if at.is_none() {
                return;
            }
            self.places.resize(owner + 1, 0);
        }
        match (self.places[owner] as usize, at) {
            (0, None) => {}
            (0, Some(at)) => {
                self.heap.push((at, owner));
                self.sift_up(self.heap.len() - 1);
            }
            (place, None) => self.remove(place - 1),
            (place, Some(at)) => {
                let before = std::mem::replace(&mut self.heap[place - 1].0, at);
                if at < before { self.sift_up(place - 1) } else { self.sift_down(place - 1) }
            }
        }
    }

    fn remove(&mut self, index: usize) {
        let (_, owner) = self.heap.swap_remove(index);
        self.places[owner] = 0;
        if index < self.heap.len() {
            self.settle(index);
            self.sift_up(index);
            self.sift_down(self.places[self.heap[index].1] as usize - 1);
        }
    }

    fn sift_up(&mut self, mut index: usize) {
        while index > 0 && self.heap[index] < self.heap[(index - 1) / 2] {
            self.heap.swap(index, (index - 1) / 2);
            self.settle(index);
            index = (index - 1) / 2;
        }
        self.settle(index);
    }

    fn sift_down(&mut self, mut index: usize) {
        loop {
            let left = index * 2 + 1;
            let Some(smaller) = (left..(left + 2).min(self.heap.len())).min_by_key(|&child| self.heap[child]) else {
                break;
            };
            if self.heap[index] <= self.heap[smaller] {
                break;
            }
            self.heap.swap(index, smaller);
            self.settle(index);
            index = smaller;
        }
        self.settle(index);
    }

    fn settle(&mut self, index: usize) {
        // The heap cannot hold 2^32 entries: transactions and legs are limited far below.
        self.places[self.heap[index].1] = u32::try_from(index + 1).unwrap_or(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::{collections::HashMap, time::Duration};

    proptest! {
        #[test]
        fn alarms_come_in_order_and_only_as_last_set(steps in prop::collection::vec((0_usize..12, prop::option::of(0_u64..50)), 0..200)) {
            #[expect(clippy::disallowed_methods, reason = "any instant will do as a base")]
            let base = Instant::now();
            let mut queue = TimerQueue::default();
            let mut model = HashMap::new();
            for (owner, at) in steps {
                let alarm = Alarm::of_owner(owner);
                let at = at.map(|ms| base + Duration::from_millis(ms));
                queue.set(alarm, at);
                match at {
                    Some(at) => model.insert(owner, at),
                    None => model.remove(&owner),
                };
                prop_assert_eq!(queue.next(), model.values().min().copied());
            }
            let mut last = base;
            while let Some(next) = queue.next() {
                prop_assert!(next >= last);
                last = next;
                prop_assert_eq!(queue.pop_due(next - Duration::from_nanos(1)), None);
                let owner = queue.pop_due(next).unwrap().owner();
                prop_assert_eq!(model.remove(&owner), Some(next));
            }
            prop_assert!(model.is_empty());
        }
    }
}
