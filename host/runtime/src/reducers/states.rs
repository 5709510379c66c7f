//! What the reducer of one plugin holds: the state under each key, and the inputs that wait for their turn.

use crate::store::{Held, InputKind, KeptInput};
use jackfield_model::TimestampMs;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{mpsc, oneshot};

/// Keys of one plugin.
pub(crate) const MOST_KEYS: usize = 1_000;
/// Inputs of one plugin that are kept: timers that are set, calls that have joined, and what was told.
pub(crate) const MOST_KEPT: usize = 20_000;
/// Inputs that were set aside; beyond it the oldest are forgotten.
const MOST_DEAD: usize = 200;
/// Askers of one key who wait for their turn.
const MOST_ASKERS: usize = 1_024;
/// Words that wait for one call.
pub(crate) const MOST_WORDS: usize = 64;

/// What one plugin's reducer holds; outlives versions of the plugin.
#[derive(Default)]
pub(crate) struct States(Mutex<Contents>);

#[derive(Default)]
pub(super) struct Contents {
    pub(super) cells: BTreeMap<String, Cell>,
    /// Inputs that are on the disk until they are taken, by key, kind and name.
    pub(super) kept: BTreeMap<Name, Kept>,
    /// Where words for calls go that have joined, with the key that each has joined.
    pub(super) mailboxes: HashMap<(String, String), mpsc::Sender<Vec<u8>>>,
    /// Calls that are being made, by key and name.
    pub(super) dialling: HashSet<(String, String)>,
    /// How many timers were set and inputs told so far.
    count: u64,
}

/// What is held under one key.
#[derive(Default)]
pub(super) struct Cell {
    pub(super) now: Option<Arc<Snapshot>>,
    pub(super) queue: VecDeque<Input>,
    /// A task works on its queue.
    pub(super) busy: bool,
}

/// A state as it is on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Snapshot {
    pub(crate) seq: u64,
    pub(crate) layout: u32,
    pub(crate) data: Vec<u8>,
}

/// The key of a state, what kind of input it is, and its name among those.
pub(super) type Name = (String, InputKind, String);

/// An input that is on the disk.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) due: TimestampMs,
    pub(super) payload: Vec<u8>,
    /// Which setting it is: a timer that is set anew is another one.
    pub(super) setting: u64,
    /// It waits in the queue of its key.
    pub(super) queued: bool,
    /// Why it was set aside; empty for one that was not.
    pub(super) reason: String,
}

/// Somebody who waits for a reply.
pub(crate) type Asker = oneshot::Sender<Result<Vec<u8>, String>>;

/// One input in a queue.
pub(super) enum Input {
    /// From the plugin's own code: the caller that has joined with it, what is asked, and who waits.
    Asked { at: TimestampMs, call: Option<String>, payload: Vec<u8>, asker: Asker },
    /// One that is kept: its kind, name and setting.
    Kept { at: TimestampMs, kind: InputKind, name: String, setting: u64, payload: Vec<u8> },
    /// The plugin begins to be used.
    Started { at: TimestampMs },
}

impl States {
    /// Put what the store has in here, when it is empty.
    pub(crate) fn fill(&self, held: Vec<Held>, kept: Vec<KeptInput>) {
        let mut contents = self.lock();
        for Held { key, seq, layout, data } in held {
            contents.cells.entry(key).or_default().now = Some(Arc::new(Snapshot { seq, layout, data }));
        }
        for KeptInput { key, kind, name, due, payload, reason, .. } in kept {
            if kind == InputKind::Told {
                let told = name.parse().unwrap_or_default();
                contents.count = contents.count.max(told);
            }
            contents.cells.entry(key.clone()).or_default();
            contents.kept.insert((key, kind, name), Kept { due, payload, setting: 0, queued: false, reason });
        }
    }

    /// Forget everything; whoever waits is told.
    pub(crate) fn clear(&self) {
        *self.lock() = Contents::default();
    }

    /// What is held under a key.
    pub(crate) fn look(&self, key: &str) -> Option<Arc<Snapshot>> {
        self.lock().cells.get(key)?.now.clone()
    }

    /// Keys that begin with `prefix`.
    pub(crate) fn keys(&self, prefix: &str, limit: usize) -> Vec<String> {
        let contents = self.lock();
        let from = contents.cells.range(prefix.to_owned()..);
        from.take_while(|(key, _)| key.starts_with(prefix))
            .filter(|(_, cell)| cell.now.is_some())
            .take(limit)
            .map(|(key, _)| key.clone())
            .collect()
    }

    /// The time of the timer that is due first.
    pub(super) fn next_due(&self) -> Option<TimestampMs> {
        let contents = self.lock();
        let timers = contents.kept.iter().filter(|((_, kind, _), kept)| *kind == InputKind::Timer && !kept.queued);
        timers.map(|(_, kept)| kept.due).min()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Contents> {
        // Held for map operations, which cannot panic half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Contents {
    /// A number that none of its timers and told inputs has.
    pub(super) fn count(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// Queue an asker, or say why not.
    pub(super) fn ask(&mut self, key: &str, input: Input) -> Result<(), String> {
        if !self.cells.contains_key(key) && self.cells.len() >= MOST_KEYS {
            return Err(format!("{MOST_KEYS} keys are held already"));
        }
        let cell = self.cells.entry(key.to_owned()).or_default();
        if cell.queue.len() >= MOST_ASKERS {
            return Err(format!("{MOST_ASKERS} inputs wait for “{key}” already: try again later"));
        }
        cell.queue.push_back(input);
        Ok(())
    }

    /// Queue an input that is kept, unless it is queued or gone.
    pub(super) fn queue_kept(&mut self, name: &Name, at: TimestampMs) {
        let Some(kept) = self.kept.get_mut(name).filter(|kept| !kept.queued) else { return };
        kept.queued = true;
        let (key, kind, name) = name.clone();
        let (setting, payload) = (kept.setting, kept.payload.clone());
        self.cells.entry(key).or_default().queue.push_back(Input::Kept { at, kind, name, setting, payload });
    }

    /// Whether an input of a queue is still to be taken: a timer may have been cancelled or set anew meanwhile.
    pub(super) fn is_current(&self, key: &str, input: &Input) -> bool {
        match input {
            Input::Kept { kind, name, setting, .. } => {
                let kept = self.kept.get(&(key.to_owned(), *kind, name.clone()));
                kept.is_some_and(|kept| kept.setting == *setting)
            }
            Input::Asked { .. } | Input::Started { .. } => true,
        }
    }

    /// Queue whatever waits: timers that are due, what was told, calls that are over, calls of which nothing is known.
    pub(super) fn queue_due(&mut self, now: TimestampMs) {
        let due = self.kept.iter().filter(|((key, kind, name), kept)| {
            let own = (key.clone(), name.clone());
            let ripe = match kind {
                InputKind::Timer => kept.due <= now,
                InputKind::Told => true,
                InputKind::Call => !self.mailboxes.contains_key(&own),
                InputKind::Dial => !self.dialling.contains(&own),
                InputKind::Dead => false,
            };
            ripe && !kept.queued
        });
        let due: Vec<Name> = due.map(|(name, _)| name.clone()).collect();
        due.iter().for_each(|name| self.queue_kept(name, now));
    }

    /// Whether so much more can be kept: these inputs, those of them that are new, and their keys.
    pub(super) fn has_room_for(&self, news: &[KeptInput]) -> Result<(), String> {
        let is_new = |new: &&KeptInput| !self.kept.contains_key(&(new.key.clone(), new.kind, new.name.clone()));
        if self.kept.len() + news.iter().filter(is_new).count() > MOST_KEPT {
            return Err(format!("more than {MOST_KEPT} inputs would be kept: cancel timers, or tell less"));
        }
        let keys: BTreeSet<&str> =
            news.iter().map(|new| new.key.as_str()).filter(|key| !self.cells.contains_key(*key)).collect();
        if self.cells.len() + keys.len() > MOST_KEYS {
            return Err(format!("more than {MOST_KEYS} keys would be held: erase some"));
        }
        Ok(())
    }

    /// The input that was set aside first, when there are too many of them.
    pub(super) fn oldest_surplus(&self) -> Option<Name> {
        let dead = self.kept.iter().filter(|((_, kind, _), _)| *kind == InputKind::Dead);
        if dead.clone().count() <= MOST_DEAD {
            return None;
        }
        dead.min_by_key(|(_, kept)| kept.due).map(|(name, _)| name.clone())
    }

    /// Nobody works on a key any more: one of which nothing is left is forgotten.
    pub(super) fn rest(&mut self, key: &str) {
        let Some(cell) = self.cells.get_mut(key) else { return };
        cell.busy = false;
        if cell.now.is_none() && !self.kept.keys().any(|(of, ..)| of == key) {
            self.cells.remove(key);
        }
    }

    /// Take what waits for a key away, unless somebody works on it already; what is not current falls away.
    pub(super) fn take(&mut self, key: &str, most: usize) -> Vec<Input> {
        let Some(cell) = self.cells.get_mut(key) else { return Vec::new() };
        let count = cell.queue.len().min(most);
        let taken: Vec<Input> = cell.queue.drain(..count).collect();
        taken.into_iter().filter(|input| self.is_current(key, input)).collect()
    }
}
