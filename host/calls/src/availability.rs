//! Where people are, as calls, lamps and screens see it: one snapshot in memory, read without a database.
//!
//! Two sources speak of a person. What they set by the web page or the API is kept by the store and lasts until they set
//! something else or their return time comes. What a phone publishes (RFC 3903) lasts as long as its publication. The one
//! that was said last counts; when it ends, the other one shows again, and when nothing is left they are in the office.

use crate::{directory::Directory, exchange::now_ms};
use jackfield_model::{Availability, Extension, Holder, TimestampMs};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// Where everybody is; cheap to clone. The lock is held for one look-up or one update and never across an await.
#[derive(Clone, Default)]
pub struct Availabilities(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    said: HashMap<Holder, Said>,
    changed: HashSet<Holder>,
}

#[derive(Default)]
struct Said {
    set: Option<Availability>,
    /// By the entity tag of the publication.
    published: Vec<(u64, Availability)>,
}

/// Who may see what of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// The person, or an admin.
    Trusted,
    /// Somebody of the house.
    Colleague,
    /// Anybody else that is let in at all, such as a gateway.
    Stranger,
}

impl Viewer {
    /// What this one sees.
    pub fn sees(self, availability: &Availability) -> Availability {
        match self {
            Self::Trusted => availability.clone(),
            Self::Colleague if !availability.hide_detail => availability.clone(),
            Self::Colleague | Self::Stranger => availability.without_detail(),
        }
    }
}

impl Availabilities {
    /// Where somebody is now.
    pub fn of(&self, holder: &Holder) -> Availability {
        self.at(holder, now_ms())
    }

    /// Everybody who has said something.
    pub fn all(&self) -> Vec<(Holder, Availability)> {
        let now = now_ms();
        self.state().said.iter().map(|(holder, said)| (holder.clone(), said.at(now))).collect()
    }

    /// Put in place what the store has kept, at start.
    pub fn restore(&self, kept: impl IntoIterator<Item = (Holder, Availability)>) {
        let mut state = self.state();
        for (holder, availability) in kept {
            state.said.entry(holder).or_default().set = Some(availability);
        }
    }

    /// Somebody says where they are. The caller has it kept by the store.
    pub fn set(&self, holder: &Holder, availability: Availability) {
        self.change(holder, |said| said.set = Some(availability));
    }

    /// Forget what was said at numbers that are gone or belong to somebody now. People keep theirs: who is deleted may be
    /// brought back.
    pub fn retain(&self, directory: &Directory) {
        self.state().said.retain(|holder, _| match holder {
            Holder::User(_) => true,
            Holder::Extension(number) => directory.extension(number.as_str()).is_some_and(|e| e.owner.is_none()),
        });
    }

    /// A publication begins or says something else.
    pub(crate) fn publish(&self, holder: &Holder, tag: u64, availability: Option<Availability>) {
        self.change(holder, |said| {
            said.published.retain(|(other, _)| *other != tag);
            said.published.extend(availability.map(|availability| (tag, availability)));
        });
    }

    /// The next moment at which a return time passes.
    pub(crate) fn next_return(&self, now: TimestampMs) -> Option<TimestampMs> {
        let state = self.state();
        let all = state.said.values().flat_map(Said::sources);
        all.filter_map(|availability| availability.until).filter(|until| *until > now).min()
    }

    /// Return times between two moments have passed: whoever has one is news.
    pub(crate) fn pass(&self, since: TimestampMs, now: TimestampMs) {
        let mut state = self.state();
        let State { said, changed } = &mut *state;
        let passed = |said: &Said| said.sources().any(|a| a.until.is_some_and(|until| until > since && until <= now));
        changed.extend(said.iter().filter(|(_, said)| passed(said)).map(|(holder, _)| holder.clone()));
        drop(state);
        self.0.changed.notify_one();
    }

    /// Whose availability has changed since the last time; waits until there is one.
    pub(crate) async fn changed(&self) -> HashSet<Holder> {
        loop {
            let changed = std::mem::take(&mut self.state().changed);
            if !changed.is_empty() {
                return changed;
            }
            self.0.changed.notified().await;
        }
    }

    fn at(&self, holder: &Holder, now: TimestampMs) -> Availability {
        self.state().said.get(holder).map(|said| said.at(now)).unwrap_or_default()
    }

    fn change(&self, holder: &Holder, change: impl FnOnce(&mut Said)) {
        let mut state = self.state();
        let said = state.said.entry(holder.clone()).or_default();
        change(said);
        if said.set.is_none() && said.published.is_empty() {
            state.said.remove(holder);
        }
        state.changed.insert(holder.clone());
        drop(state);
        self.0.changed.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Held for a look-up or an insert, which cannot panic half-way.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Said {
    fn sources(&self) -> impl Iterator<Item = &Availability> {
        self.set.iter().chain(self.published.iter().map(|(_, availability)| availability))
    }

    fn at(&self, now: TimestampMs) -> Availability {
        let holds = |said: &&Availability| said.until.is_none_or(|until| until > now);
        let last = self.sources().filter(holds).max_by_key(|said| said.since).cloned();
        let back = || {
            let since = self.sources().filter_map(|said| said.until).max().unwrap_or(0);
            Availability { since, ..Availability::default() }
        };
        let hide_detail = self.set.as_ref().is_some_and(|set| set.hide_detail);
        Availability { hide_detail, ..last.unwrap_or_else(back) }
    }
}

/// Whose availability shows at an extension.
pub fn holder_of(extension: &Extension) -> Holder {
    extension.owner.map_or_else(|| Holder::Extension(extension.number.clone()), Holder::User)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_model::{AvailabilityState, UserId};

    const ANNA: Holder = Holder::User(UserId(1));

    fn said(state: AvailabilityState, since: TimestampMs, until: Option<TimestampMs>) -> Availability {
        Availability { state, note: format!("since {since}"), until, hide_detail: false, since }
    }

    #[test]
    fn what_was_said_last_counts_and_gives_way_when_it_ends() {
        let all = Availabilities::default();
        assert_eq!(all.at(&ANNA, 5), Availability::default());
        all.set(&ANNA, said(AvailabilityState::Vacation, 10, Some(1_000)));
        all.publish(&ANNA, 7, Some(said(AvailabilityState::Meeting, 20, Some(100))));
        assert_eq!(all.at(&ANNA, 50).state, AvailabilityState::Meeting);
        assert_eq!(all.at(&ANNA, 100).state, AvailabilityState::Vacation, "the meeting is over, the vacation is not");
        all.publish(&ANNA, 7, Some(said(AvailabilityState::DoNotDisturb, 30, None)));
        assert_eq!(all.at(&ANNA, 100).state, AvailabilityState::DoNotDisturb);
        all.set(&ANNA, said(AvailabilityState::Office, 40, None));
        assert_eq!(all.at(&ANNA, 100).state, AvailabilityState::Office, "said by hand after the phone");
        all.publish(&ANNA, 7, None);
        assert_eq!(all.at(&ANNA, 100).note, "since 40");
        all.set(&ANNA, said(AvailabilityState::Lunch, 50, Some(60)));
        assert_eq!((all.at(&ANNA, 60).state, all.at(&ANNA, 60).note.as_str()), (AvailabilityState::Office, ""));
    }

    #[tokio::test]
    async fn a_return_time_is_news_once_it_has_passed() {
        let all = Availabilities::default();
        all.set(&ANNA, said(AvailabilityState::Lunch, 10, Some(60)));
        assert_eq!(all.changed().await, HashSet::from([ANNA]));
        assert_eq!((all.next_return(59), all.next_return(60)), (Some(60), None));
        all.pass(10, 59);
        all.pass(59, 61);
        assert_eq!(all.changed().await, HashSet::from([ANNA]));
    }

    #[test]
    fn details_are_for_colleagues_unless_they_are_hidden() {
        let open = said(AvailabilityState::Sick, 1, Some(9));
        let hidden = Availability { hide_detail: true, ..open.clone() };
        for (viewer, of_open, of_hidden) in
            [(Viewer::Trusted, true, true), (Viewer::Colleague, true, false), (Viewer::Stranger, false, false)]
        {
            assert_eq!(!viewer.sees(&open).note.is_empty(), of_open, "{viewer:?}");
            assert_eq!(viewer.sees(&hidden).until.is_some(), of_hidden, "{viewer:?}");
            assert_eq!(viewer.sees(&hidden).state, AvailabilityState::Sick);
        }
    }
}
