//! The event bus: everything that screens, plugins and the store learn of what happens.

use jackfield_model::{Event, EventKind, TimestampMs};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::broadcast;

/// How many events are kept for a listener that was away.
const HISTORY: usize = 4_096;
/// How many events a slow listener may lag behind before the oldest are dropped for it.
const BACKLOG: usize = 1_024;

/// Numbers events and hands them to whoever listens; cheap to clone.
///
/// Publishing never waits: a listener that falls behind loses the oldest events, sees the gap in the numbers and
/// asks with [`EventBus::since`] or reads a fresh snapshot.
#[derive(Clone)]
pub struct EventBus(Arc<Shared>);

struct Shared {
    live: broadcast::Sender<Arc<Event>>,
    recent: Mutex<Recent>,
}

#[derive(Default)]
struct Recent {
    last: u64,
    events: VecDeque<Arc<Event>>,
}

impl EventBus {
    /// An empty bus; the first event gets number 1.
    pub fn new() -> Self {
        Self(Arc::new(Shared { live: broadcast::Sender::new(BACKLOG), recent: Mutex::default() }))
    }

    /// Number an event and hand it out.
    pub fn publish(&self, at: TimestampMs, kind: EventKind) -> u64 {
        let mut recent = self.recent();
        recent.last += 1;
        let event = Arc::new(Event { seq: recent.last, at, kind });
        if recent.events.len() == HISTORY {
            recent.events.pop_front();
        }
        recent.events.push_back(Arc::clone(&event));
        // Sent under the lock, so that every listener sees rising numbers. No listener is no error.
        let _ = self.0.live.send(event);
        recent.last
    }

    /// Listen from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Event>> {
        self.0.live.subscribe()
    }

    /// Number of the newest event, 0 when there was none.
    pub fn last(&self) -> u64 {
        self.recent().last
    }

    /// Every event after number `seq`, or `None` when some of them are forgotten or the number is of another run.
    pub fn since(&self, seq: u64) -> Option<Vec<Arc<Event>>> {
        let recent = self.recent();
        let oldest = recent.last + 1 - recent.events.len() as u64;
        if seq > recent.last || seq + 1 < oldest {
            return None;
        }
        Some(recent.events.iter().skip((seq + 1 - oldest) as usize).cloned().collect())
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        // Nothing under this lock can panic half-way, so a poisoned lock still guards a whole value.
        self.0.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for EventBus {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_that_was_away_gets_what_it_missed_or_is_told_to_start_afresh() {
        let bus = EventBus::new();
        for _ in 0..HISTORY + 10 {
            bus.publish(0, EventKind::DirectoryChanged);
        }
        let last = bus.last();
        assert_eq!(last, (HISTORY + 10) as u64);
        assert_eq!(
            bus.since(last - 3).map(|e| e.iter().map(|e| e.seq).collect::<Vec<_>>()),
            Some(vec![last - 2, last - 1, last])
        );
        assert_eq!(bus.since(last), Some(vec![]));
        assert_eq!(bus.since(9).map(|e| e.len()), None, "event 10 is forgotten");
        assert_eq!(bus.since(10).map(|e| e.len()), Some(HISTORY));
        assert_eq!(bus.since(last + 1), None, "a number from another run");
    }
}
