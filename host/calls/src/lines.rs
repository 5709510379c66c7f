//! Who is on the telephone: the state of every extension's line, for lamps and for picking calls up.
//!
//! A [`Line`] lives as long as the party it stands for, so that lamps follow whatever a call does: transfer, pickup, park.

use crate::{events::EventBus, exchange::now_ms};
use jackfield_model::{EventKind, Number, Party as Who, PhoneState};
use jackfield_sip::LegId;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// Which side of a call a line is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It called.
    Initiator,
    /// It was called.
    Recipient,
}

/// How far the call of a line is, in the words of RFC 4235 §3.7.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineState {
    /// It has dialled and nothing rings yet.
    Trying,
    /// It rings, here or there.
    Early,
    /// It talks.
    Confirmed,
}

/// One call of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineUse {
    /// The leg to that phone.
    pub leg: LegId,
    /// Which side it is on.
    pub role: Role,
    /// How far it is.
    pub state: LineState,
    /// Whom it has to do with.
    pub remote: Who,
}

impl LineUse {
    fn rings(&self) -> bool {
        self.role == Role::Recipient && self.state == LineState::Early
    }
}

/// The lines of the house; cheap to clone.
#[derive(Clone)]
pub struct Lines(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Notify,
    bus: EventBus,
}

#[derive(Default)]
struct State {
    uses: HashMap<String, Vec<LineUse>>,
    /// Lines that have a phone.
    reached: HashSet<String>,
    /// Lines that somebody watches; of others a change is no news.
    watched: HashSet<String>,
    changed: HashSet<String>,
}

/// One party's place on its line; leaves it when dropped.
pub(crate) struct Line {
    lines: Lines,
    number: Number,
    leg: LegId,
}

impl Lines {
    /// Lines that nobody uses; whatever changes is told to the bus.
    pub(crate) fn new(bus: EventBus) -> Self {
        Self(Arc::new(Shared { state: Mutex::default(), changed: Notify::new(), bus }))
    }

    /// What the phones of a line do.
    pub fn phone(&self, number: &str) -> PhoneState {
        self.state().phone(number)
    }

    /// Whether a line has a phone, from now on.
    pub(crate) fn reach(&self, number: &str, reachable: bool) {
        let mut state = self.state();
        let before = state.phone(number);
        let changed = if reachable {
            !state.reached.contains(number) && state.reached.insert(number.to_owned())
        } else {
            state.reached.remove(number)
        };
        self.tell(state, number, before, changed);
    }

    /// The calls of a line, oldest first.
    pub fn uses(&self, number: &str) -> Vec<LineUse> {
        self.state().uses.get(number).cloned().unwrap_or_default()
    }

    /// The leg of the call that has been ringing longest at this number.
    pub(crate) fn ringing(&self, number: &str) -> Option<LegId> {
        self.state().uses.get(number)?.iter().find(|used| used.rings()).map(|used| used.leg)
    }

    /// The leg of the conversation that has been going on longest at this number.
    pub(crate) fn talking(&self, number: &str) -> Option<LegId> {
        let confirmed = |used: &&LineUse| used.state == LineState::Confirmed;
        self.state().uses.get(number)?.iter().find(confirmed).map(|used| used.leg)
    }

    /// Whether this leg is one of this number's.
    pub(crate) fn has(&self, number: &str, leg: LegId) -> bool {
        self.state().uses.get(number).is_some_and(|uses| uses.iter().any(|used| used.leg == leg))
    }

    /// Whether a phone rings at this leg.
    pub(crate) fn rings(&self, leg: LegId) -> bool {
        self.state().uses.values().flatten().any(|used| used.leg == leg && used.rings())
    }

    /// Take a place on a line.
    pub(crate) fn take(&self, number: &Number, leg: LegId, role: Role, state: LineState, remote: Who) -> Line {
        self.change(number.as_str(), |uses| uses.push(LineUse { leg, role, state, remote }));
        Line { lines: self.clone(), number: number.clone(), leg }
    }

    /// Something else about this number has changed: it has registered, say.
    pub(crate) fn touch(&self, number: &str) {
        self.change(number, |_| {});
    }

    /// Something may have changed about every line that is watched.
    pub(crate) fn touch_all(&self) {
        let mut state = self.state();
        let State { watched, changed, .. } = &mut *state;
        changed.extend(watched.iter().cloned());
        drop(state);
        self.0.changed.notify_one();
    }

    /// From now on changes of this line are news.
    pub(crate) fn watch(&self, number: &str) {
        self.state().watched.insert(number.to_owned());
    }

    /// Nobody watches this line any more.
    pub(crate) fn unwatch(&self, number: &str) {
        self.state().watched.remove(number);
    }

    /// The watched lines that have changed since the last time; waits until there is one.
    pub(crate) async fn changed(&self) -> HashSet<String> {
        loop {
            let changed = std::mem::take(&mut self.state().changed);
            if !changed.is_empty() {
                return changed;
            }
            self.0.changed.notified().await;
        }
    }

    fn change(&self, number: &str, change: impl FnOnce(&mut Vec<LineUse>)) {
        let mut state = self.state();
        let before = state.phone(number);
        let State { uses, .. } = &mut *state;
        match uses.get_mut(number) {
            Some(of_number) => {
                change(of_number);
                if of_number.is_empty() {
                    uses.remove(number);
                }
            }
            None => {
                let mut of_number = Vec::new();
                change(&mut of_number);
                if !of_number.is_empty() {
                    uses.insert(number.to_owned(), of_number);
                }
            }
        }
        self.tell(state, number, before, true);
    }

    /// Something has happened on a line: screens hear of it if its phones do something else, lamps if one watches it.
    fn tell(&self, mut state: MutexGuard<'_, State>, number: &str, before: PhoneState, changed: bool) {
        let now = state.phone(number);
        let news = changed && state.watched.contains(number) && state.changed.insert(number.to_owned());
        drop(state);
        if news {
            self.0.changed.notify_one();
        }
        if now != before
            && let Ok(extension) = number.parse()
        {
            self.0.bus.publish(now_ms(), EventKind::Phone { extension, state: now });
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Held for a look-up or an insert, which cannot panic half-way.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn phone(&self, number: &str) -> PhoneState {
        match self.uses.get(number) {
            Some(uses) if uses.iter().any(|used| used.state == LineState::Confirmed) => PhoneState::InCall,
            Some(uses) if uses.iter().any(LineUse::rings) => PhoneState::Ringing,
            Some(_) => PhoneState::InCall,
            None if self.reached.contains(number) => PhoneState::Idle,
            None => PhoneState::Unregistered,
        }
    }
}

impl Line {
    /// The call goes on.
    pub(crate) fn set(&self, state: LineState) {
        self.update(|used| used.state = state);
    }

    /// It has to do with somebody else now.
    pub(crate) fn set_remote(&self, remote: &Who) {
        self.update(|used| used.remote = remote.clone());
    }

    fn update(&self, update: impl FnOnce(&mut LineUse)) {
        self.lines.change(self.number.as_str(), |uses| {
            if let Some(used) = uses.iter_mut().find(|used| used.leg == self.leg) {
                update(used);
            }
        });
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.lines.change(self.number.as_str(), |uses| uses.retain(|used| used.leg != self.leg));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_watched_line_tells_each_change_once_and_is_free_in_the_end() {
        let bus = EventBus::new();
        let lines = Lines::new(bus.clone());
        lines.reach("101", true);
        let number: Number = "101".parse().expect("a number");
        lines.watch("101");
        let line = lines.take(&number, LegId(1), Role::Recipient, LineState::Early, Who::default());
        assert_eq!((lines.ringing("101"), lines.rings(LegId(1))), (Some(LegId(1)), true));
        line.set(LineState::Confirmed);
        assert_eq!(lines.changed().await, HashSet::from(["101".to_owned()]));
        assert_eq!(lines.uses("101")[0].state, LineState::Confirmed);
        assert_eq!((lines.ringing("101"), lines.rings(LegId(1))), (None, false));
        drop(line);
        assert_eq!(lines.changed().await.len(), 1);
        assert_eq!(lines.uses("101"), []);
        let told = bus.since(0).unwrap_or_default();
        let states: Vec<_> = told
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::Phone { state, .. } => Some(*state),
                _ => None,
            })
            .collect();
        assert_eq!(states, [PhoneState::Idle, PhoneState::Ringing, PhoneState::InCall, PhoneState::Idle]);
        lines.unwatch("101");
        drop(lines.take(&number, LegId(2), Role::Initiator, LineState::Trying, Who::default()));
        let silent = tokio::time::timeout(std::time::Duration::from_millis(20), lines.changed()).await;
        assert!(silent.is_err(), "nobody watches");
    }
}
