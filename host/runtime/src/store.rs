//! Keeping what is installed: the trait that the database implements, and one for tests.

use async_trait::async_trait;
use jackfield_model::{
    Fact, TimestampMs,
    analytics::{Dataset, Query, Table},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Remembers what is installed and what the admin decided about it; the packages themselves are files.
#[async_trait]
pub trait PluginStore: Send + Sync + 'static {
    /// Everything that is installed, in no order.
    async fn load(&self) -> Result<Vec<InstalledPlugin>, StoreFailure>;
    /// Keep this, in place of what was kept under the same id.
    async fn save(&self, plugin: &InstalledPlugin) -> Result<(), StoreFailure>;
    /// Forget it; nothing happens when there is none. What it keeps stays.
    async fn remove(&self, id: &str) -> Result<(), StoreFailure>;

    /// Everything that a plugin keeps.
    async fn kept(&self, id: &str) -> Result<Vec<Kept>, StoreFailure>;
    /// Make all of these changes or none; they are on the disk when this returns.
    async fn write(&self, changes: &[Write]) -> Result<(), StoreFailure>;
    /// Forget all that a plugin keeps, its timers included.
    async fn erase(&self, id: &str) -> Result<(), StoreFailure>;
    /// Every timer of every plugin, in no order.
    async fn timers(&self) -> Result<Vec<Timer>, StoreFailure>;
    /// What a plugin's reducer holds.
    async fn held(&self, id: &str) -> Result<Vec<Held>, StoreFailure>;
    /// The inputs of every plugin's reducer that are kept until they are taken, in no order.
    async fn inputs(&self) -> Result<Vec<KeptInput>, StoreFailure>;
    /// The events of every plugin that are kept until it has learnt of them, and those that were set aside, in no order.
    async fn events(&self) -> Result<Vec<KeptEvent>, StoreFailure>;

    /// Keep facts, each with the id of the plugin that tells it, all or none; they are on the disk when this returns. Those
    /// whose keys are known of their plugin change nothing.
    async fn record_facts(&self, facts: &[(&str, &Fact)]) -> Result<(), StoreFailure>;
    /// Which datasets there are, and what can be asked of each.
    fn catalogue(&self) -> Vec<Dataset>;
    /// Answer a question about calls and facts; `now` ends what is still under way.
    async fn ask(&self, query: &Query, now: TimestampMs) -> Result<Table, QueryFailure>;
}

/// A question was not answered.
#[derive(Clone, Debug, thiserror::Error)]
pub enum QueryFailure {
    /// It makes no sense; the text says why.
    #[error("{0}")]
    Invalid(String),
    /// The store could not, or not in time; the text says why.
    #[error("{0}")]
    Failed(String),
}

/// A value that a plugin keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its key.
    pub key: String,
    /// What is kept.
    pub value: Vec<u8>,
    /// The commit that wrote it.
    pub version: u64,
}

/// When a plugin wants to be woken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timer {
    /// The plugin's id.
    pub plugin: String,
    /// Unique within the plugin.
    pub name: String,
    /// When.
    pub due: TimestampMs,
    /// What the plugin wants to be told then.
    pub payload: Vec<u8>,
}

/// What a reducer holds under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The key.
    pub key: String,
    /// How many inputs it has taken.
    pub seq: u64,
    /// The layout that the plugin gave it.
    pub layout: u32,
    /// The state.
    pub data: Vec<u8>,
}

/// An input of a reducer that is kept until it is taken. Plugin, key, kind and name are unique together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptInput {
    /// The plugin's id.
    pub plugin: String,
    /// The key whose state takes it.
    pub key: String,
    /// What it is.
    pub kind: InputKind,
    /// A timer's name, a call's id, a dialled call's name, or a number.
    pub name: String,
    /// When it is due, for a timer.
    pub due: TimestampMs,
    /// What comes with it.
    pub payload: Vec<u8>,
    /// Why it was set aside; empty for one that was not.
    pub reason: String,
}

/// Something that has happened, kept until a plugin has learnt of it. Plugin and number are unique together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptEvent {
    /// The id of the plugin that is to learn of it.
    pub plugin: String,
    /// Its number, which rises.
    pub seq: u64,
    /// What it is about.
    pub topic: String,
    /// The plugin that has published it; empty for the house.
    pub publisher: String,
    /// When it happened.
    pub at: TimestampMs,
    /// JSON.
    pub payload: String,
    /// Recordings of the publisher that go with it.
    pub recordings: Vec<String>,
    /// When it was set aside, after it was told in vain.
    pub failed: Option<TimestampMs>,
    /// Why.
    pub reason: Option<String>,
}

/// What a kept input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InputKind {
    /// A timer that is set.
    Timer,
    /// Something told.
    Told,
    /// A call that has joined: it will be over.
    Call,
    /// A call that is being made: it will come out somehow.
    Dial,
    /// One that could not be taken.
    Dead,
}

impl InputKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Timer, Self::Told, Self::Call, Self::Dial, Self::Dead];

    /// A word for it, which the database keeps.
    pub fn word(self) -> &'static str {
        match self {
            Self::Timer => "timer",
            Self::Told => "told",
            Self::Call => "call",
            Self::Dial => "dial",
            Self::Dead => "dead",
        }
    }
}

/// One change of what plugins keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Keep this value, in place of what was under its key.
    Put {
        /// The plugin's id.
        plugin: String,
        /// The value.
        kept: Kept,
    },
    /// Keep nothing under this key.
    Delete {
        /// The plugin's id.
        plugin: String,
        /// The key.
        key: String,
    },
    /// Set this timer, in place of one of the same name.
    SetTimer(Timer),
    /// There is no such timer any more.
    CancelTimer {
        /// The plugin's id.
        plugin: String,
        /// The timer's name.
        name: String,
    },
    /// A reducer holds this, in place of what it held under the same key.
    Hold {
        /// The plugin's id.
        plugin: String,
        /// What it holds.
        held: Held,
    },
    /// A reducer holds nothing under this key any more.
    Release {
        /// The plugin's id.
        plugin: String,
        /// The key.
        key: String,
    },
    /// Keep this input, in place of one of the same kind and name.
    KeepInput(KeptInput),
    /// This input has been taken, or is not wanted any more.
    DropInput {
        /// The plugin's id.
        plugin: String,
        /// The key whose state would have taken it.
        key: String,
        /// What it is.
        kind: InputKind,
        /// Its name.
        name: String,
    },
    /// Keep this event, in place of one of the same plugin and number.
    KeepEvent(KeptEvent),
    /// The plugin has learnt of this event, or nobody wants it to any more.
    DropEvent {
        /// The plugin's id.
        plugin: String,
        /// The event's number.
        seq: u64,
    },
}

/// One installed plugin as the database keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstalledPlugin {
    /// Reverse-DNS id, unique.
    pub id: String,
    /// The version that is in use.
    pub version: String,
    /// Whether an admin has it switched on.
    pub enabled: bool,
    /// Place among the routing plugins: smaller is asked earlier. Kept for the others too, so that it is there when a
    /// later version routes.
    pub order: u32,
    /// Capabilities that an admin has approved.
    pub grants: Vec<String>,
    /// What the admin has set; defaults are filled in when it is used.
    pub settings: Value,
    /// When this version was installed.
    pub installed: TimestampMs,
    /// The version that is tried beside it.
    #[serde(default)]
    pub trial: Option<TrialTerms>,
}

/// On which terms a version is tried beside the one in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialTerms {
    /// The version that is tried.
    pub version: String,
    /// How many of a hundred calls it decides; with 0 it is only watched.
    pub share: u8,
    /// When the trial began.
    pub since: TimestampMs,
}

/// The store could not; the text says why, for the admin.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct StoreFailure(pub String);

/// Forgets everything at the end: for tests and tools.
#[derive(Default)]
pub struct MemoryStore {
    installed: Mutex<BTreeMap<String, InstalledPlugin>>,
    kept: Mutex<BTreeMap<(String, String), Kept>>,
    timers: Mutex<BTreeMap<(String, String), Timer>>,
    facts: Mutex<Vec<(String, Fact)>>,
    held: Mutex<BTreeMap<(String, String), Held>>,
    inputs: Mutex<BTreeMap<(String, String, InputKind, String), KeptInput>>,
    events: Mutex<BTreeMap<(String, u64), KeptEvent>>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MemoryStore {
    /// The facts that a plugin has told, in their order.
    pub fn facts(&self, plugin: &str) -> Vec<Fact> {
        held(&self.facts).iter().filter(|(source, _)| source == plugin).map(|(_, fact)| fact.clone()).collect()
    }
}

#[async_trait]
impl PluginStore for MemoryStore {
    async fn load(&self) -> Result<Vec<InstalledPlugin>, StoreFailure> {
        Ok(held(&self.installed).values().cloned().collect())
    }

    async fn save(&self, plugin: &InstalledPlugin) -> Result<(), StoreFailure> {
        held(&self.installed).insert(plugin.id.clone(), plugin.clone());
        Ok(())
    }

    async fn remove(&self, id: &str) -> Result<(), StoreFailure> {
        held(&self.installed).remove(id);
        Ok(())
    }

    async fn kept(&self, id: &str) -> Result<Vec<Kept>, StoreFailure> {
        Ok(held(&self.kept).iter().filter(|((plugin, _), _)| plugin == id).map(|(_, kept)| kept.clone()).collect())
    }

    async fn write(&self, changes: &[Write]) -> Result<(), StoreFailure> {
        let (mut all, mut timers) = (held(&self.kept), held(&self.timers));
        let (mut states, mut inputs) = (held(&self.held), held(&self.inputs));
        let mut events = held(&self.events);
        for change in changes.iter().cloned() {
            match change {
                Write::Put { plugin, kept } => drop(all.insert((plugin, kept.key.clone()), kept)),
                Write::Delete { plugin, key } => drop(all.remove(&(plugin, key))),
                Write::SetTimer(timer) => drop(timers.insert((timer.plugin.clone(), timer.name.clone()), timer)),
                Write::CancelTimer { plugin, name } => drop(timers.remove(&(plugin, name))),
                Write::Hold { plugin, held } => drop(states.insert((plugin, held.key.clone()), held)),
                Write::Release { plugin, key } => drop(states.remove(&(plugin, key))),
                Write::KeepInput(input) => {
                    let place = (input.plugin.clone(), input.key.clone(), input.kind, input.name.clone());
                    inputs.insert(place, input);
                }
                Write::DropInput { plugin, key, kind, name } => drop(inputs.remove(&(plugin, key, kind, name))),
                Write::KeepEvent(event) => drop(events.insert((event.plugin.clone(), event.seq), event)),
                Write::DropEvent { plugin, seq } => drop(events.remove(&(plugin, seq))),
            }
        }
        Ok(())
    }

    async fn erase(&self, id: &str) -> Result<(), StoreFailure> {
        held(&self.kept).retain(|(plugin, _), _| plugin != id);
        held(&self.timers).retain(|(plugin, _), _| plugin != id);
        held(&self.held).retain(|(plugin, _), _| plugin != id);
        held(&self.inputs).retain(|(plugin, ..), _| plugin != id);
        held(&self.events).retain(|(plugin, _), _| plugin != id);
        Ok(())
    }

    async fn timers(&self) -> Result<Vec<Timer>, StoreFailure> {
        Ok(held(&self.timers).values().cloned().collect())
    }

    async fn record_facts(&self, facts: &[(&str, &Fact)]) -> Result<(), StoreFailure> {
        let mut known = held(&self.facts);
        for (plugin, fact) in facts {
            if !known.iter().any(|(source, told)| source == plugin && told.key == fact.key) {
                known.push(((*plugin).to_owned(), (*fact).clone()));
            }
        }
        Ok(())
    }

    fn catalogue(&self) -> Vec<Dataset> {
        Vec::new()
    }

    async fn ask(&self, _: &Query, _: TimestampMs) -> Result<Table, QueryFailure> {
        Err(QueryFailure::Failed("nothing is counted in memory".into()))
    }

    async fn held(&self, id: &str) -> Result<Vec<Held>, StoreFailure> {
        Ok(held(&self.held).iter().filter(|((plugin, _), _)| plugin == id).map(|(_, held)| held.clone()).collect())
    }

    async fn inputs(&self) -> Result<Vec<KeptInput>, StoreFailure> {
        Ok(held(&self.inputs).values().cloned().collect())
    }

    async fn events(&self) -> Result<Vec<KeptEvent>, StoreFailure> {
        Ok(held(&self.events).values().cloned().collect())
    }
}
