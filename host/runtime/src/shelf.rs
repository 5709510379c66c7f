//! What plugins keep for themselves: read from memory, on the disk before a change is acknowledged.
//!
//! One task makes all commits. While one is being written others gather, and go to the disk together: a commit costs one
//! wait for the disk, however many plugins and calls make them at once. Nobody sees a value before it is safe.

use crate::store::{Kept, PluginStore, StoreFailure, Write};
use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{mpsc, oneshot};

/// Keys and values of one plugin together, in bytes.
pub(crate) const QUOTA: usize = 16 << 20;
/// Commits that wait for the disk; beyond it plugins wait.
const WAITING: usize = 1_024;
/// Commits that go to the disk together.
const BATCH: usize = 64;
const ENDING: &str = "the host is ending";

/// What one plugin keeps.
#[derive(Default)]
pub(crate) struct Shelf(Mutex<Contents>);

#[derive(Default)]
struct Contents {
    values: BTreeMap<String, (Arc<[u8]>, u64)>,
    bytes: usize,
    /// The highest version there is.
    version: u64,
}

/// One value, shared with the shelf.
pub(crate) struct Value {
    pub(crate) key: String,
    pub(crate) value: Arc<[u8]>,
    pub(crate) version: u64,
}

/// One change of a commit.
pub(crate) struct Change {
    pub(crate) key: String,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) expect: Option<u64>,
}

/// Why a commit was not made.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CommitFailure {
    /// This key has another version.
    Conflict(String),
    /// It would be so many bytes.
    Full(usize),
    Failed(String),
}

/// The way to the task that writes; cheap to clone.
#[derive(Clone)]
pub(crate) struct Clerk(mpsc::Sender<Job>);

/// What goes to the disk.
enum Job {
    Commit(Commit),
    /// These, whatever is on any shelf.
    Write(Vec<Write>, oneshot::Sender<Result<(), String>>),
}

struct Commit {
    plugin: String,
    shelf: Arc<Shelf>,
    changes: Vec<Change>,
    done: oneshot::Sender<Result<u64, CommitFailure>>,
}

impl Shelf {
    /// Put what the store has on an empty shelf.
    pub(crate) fn fill(&self, kept: Vec<Kept>) {
        let mut contents = self.contents();
        for Kept { key, value, version } in kept {
            contents.put(key, value.into(), version);
        }
    }

    /// Take everything off.
    pub(crate) fn clear(&self) {
        *self.contents() = Contents::default();
    }

    pub(crate) fn get(&self, key: &str) -> Option<Value> {
        let contents = self.contents();
        let (value, version) = contents.values.get(key)?;
        Some(Value { key: key.to_owned(), value: Arc::clone(value), version: *version })
    }

    /// Values whose keys begin with `prefix`, from after `after`; `most` bytes of them at most, one at least.
    pub(crate) fn scan(&self, prefix: &str, after: Option<&str>, limit: usize, most: usize) -> Vec<Value> {
        let contents = self.contents();
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let mut found = Vec::new();
        let mut bytes = 0;
        for (key, (value, version)) in contents.values.range::<str, _>((from, Bound::Unbounded)) {
            bytes += key.len() + value.len();
            if !key.starts_with(prefix) || found.len() == limit || (bytes > most && !found.is_empty()) {
                break;
            }
            found.push(Value { key: key.clone(), value: Arc::clone(value), version: *version });
        }
        found
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        // Held for map operations, which cannot panic half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Contents {
    fn put(&mut self, key: String, value: Arc<[u8]>, version: u64) {
        self.version = self.version.max(version);
        self.bytes += key.len() + value.len();
        let length = key.len();
        if let Some((before, _)) = self.values.insert(key, (value, version)) {
            self.bytes -= length + before.len();
        }
    }

    fn remove(&mut self, key: &str) {
        if let Some((before, _)) = self.values.remove(key) {
            self.bytes -= key.len() + before.len();
        }
    }
}

impl Clerk {
    /// Start the task that writes. It ends when all that could give it work are gone.
    pub(crate) fn start(store: Arc<dyn PluginStore>) -> Self {
        let (sender, jobs) = mpsc::channel(WAITING);
        tokio::spawn(work(store, jobs));
        Self(sender)
    }

    /// Make all of these changes or none; the version of what was written.
    pub(crate) async fn commit(
        &self,
        plugin: &str,
        shelf: &Arc<Shelf>,
        changes: Vec<Change>,
    ) -> Result<u64, CommitFailure> {
        let (done, outcome) = oneshot::channel();
        let commit = Commit { plugin: plugin.to_owned(), shelf: Arc::clone(shelf), changes, done };
        let ending = || CommitFailure::Failed(ENDING.into());
        self.0.send(Job::Commit(commit)).await.map_err(|_| ending())?;
        outcome.await.unwrap_or_else(|_| Err(ending()))
    }

    /// Make these changes, all or none; they touch no shelf. The error says why not.
    pub(crate) async fn write(&self, writes: Vec<Write>) -> Result<(), String> {
        let (done, outcome) = oneshot::channel();
        self.0.send(Job::Write(writes, done)).await.map_err(|_| ENDING.to_owned())?;
        outcome.await.unwrap_or_else(|_| Err(ENDING.into()))
    }
}

async fn work(store: Arc<dyn PluginStore>, mut jobs: mpsc::Receiver<Job>) {
    let mut batch = Vec::with_capacity(BATCH);
    while jobs.recv_many(&mut batch, BATCH).await > 0 {
        let mut pending = Pending::default();
        let mut accepted = Vec::with_capacity(batch.len());
        let mut written_for = Vec::new();
        for job in batch.drain(..) {
            match job {
                Job::Write(writes, done) => {
                    pending.writes.extend(writes);
                    written_for.push(done);
                }
                Job::Commit(commit) => match pending.take(&commit) {
                    Ok(version) => accepted.push((commit, version)),
                    // Nobody waits for an answer when the script was dropped meanwhile.
                    Err(why) => drop(commit.done.send(Err(why))),
                },
            }
        }
        let written = if pending.writes.is_empty() { Ok(()) } else { store.write(&pending.writes).await };
        for done in written_for {
            drop(done.send(written.clone().map_err(|StoreFailure(why)| why)));
        }
        for (job, version) in accepted {
            let outcome = match &written {
                Ok(()) => {
                    job.shelf.show(job.changes, version);
                    Ok(version)
                }
                Err(StoreFailure(why)) => Err(CommitFailure::Failed(format!("it could not be stored: {why}"))),
            };
            drop(job.done.send(outcome));
        }
    }
}

impl Shelf {
    /// The changes are on the disk: everybody may see them.
    fn show(&self, changes: Vec<Change>, version: u64) {
        let mut contents = self.contents();
        contents.version = contents.version.max(version);
        for Change { key, value, .. } in changes {
            match value {
                Some(value) => contents.put(key, value.into(), version),
                None => contents.remove(&key),
            }
        }
    }
}

/// What the shelves will hold once the batch is written.
#[derive(Default)]
struct Pending {
    writes: Vec<Write>,
    shelves: HashMap<String, After>,
}

#[derive(Clone)]
struct After {
    version: u64,
    bytes: usize,
    /// Version and size of what was changed; no version: gone.
    keys: HashMap<String, Option<(u64, usize)>>,
}

impl Pending {
    /// Take a commit into the batch, whole or not at all.
    fn take(&mut self, job: &Commit) -> Result<u64, CommitFailure> {
        let contents = job.shelf.contents();
        let before = self.shelves.get(&job.plugin);
        let mut after = before.cloned().unwrap_or_else(|| After {
            version: contents.version,
            bytes: contents.bytes,
            keys: HashMap::new(),
        });
        after.version += 1;
        for change in &job.changes {
            let there = match after.keys.get(&change.key) {
                Some(changed) => *changed,
                None => contents.values.get(&change.key).map(|(value, version)| (*version, value.len())),
            };
            if change.expect.is_some_and(|expected| expected != there.map_or(0, |(version, _)| version)) {
                return Err(CommitFailure::Conflict(change.key.clone()));
            }
            after.bytes -= there.map_or(0, |(_, size)| change.key.len() + size);
            let now = change.value.as_ref().map(|value| (after.version, value.len()));
            after.bytes += now.map_or(0, |(_, size)| change.key.len() + size);
            after.keys.insert(change.key.clone(), now);
        }
        // What makes room is always taken, also from a plugin that has too much already.
        if after.bytes > QUOTA && after.bytes > before.map_or(contents.bytes, |before| before.bytes) {
            return Err(CommitFailure::Full(after.bytes));
        }
        self.writes.extend(job.changes.iter().map(|change| match &change.value {
            Some(value) => Write::Put {
                plugin: job.plugin.clone(),
                kept: Kept { key: change.key.clone(), value: value.clone(), version: after.version },
            },
            None => Write::Delete { plugin: job.plugin.clone(), key: change.key.clone() },
        }));
        let version = after.version;
        self.shelves.insert(job.plugin.clone(), after);
        Ok(version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    fn put(key: &str, value: &str, expect: Option<u64>) -> Change {
        Change { key: key.into(), value: Some(value.as_bytes().to_vec()), expect }
    }

    fn setup() -> (Arc<MemoryStore>, Clerk, Arc<Shelf>) {
        let store = Arc::new(MemoryStore::default());
        (Arc::clone(&store), Clerk::start(store), Arc::default())
    }

    #[tokio::test]
    async fn what_was_acknowledged_is_in_the_store_and_back_after_a_start() {
        let (store, clerk, shelf) = setup();
        let version = clerk.commit("org.a", &shelf, vec![put("x", "1", None), put("y", "2", None)]).await.unwrap();
        let again = Shelf::default();
        again.fill(store.kept("org.a").await.unwrap());
        assert_eq!((&*again.get("x").unwrap().value, again.get("y").unwrap().version), (&b"1"[..], version));
        assert!(store.kept("org.b").await.unwrap().is_empty());
        let gone = Change { key: "x".into(), value: None, expect: Some(version) };
        assert!(clerk.commit("org.a", &shelf, vec![gone]).await.unwrap() > version);
        assert!(shelf.get("x").is_none() && store.kept("org.a").await.unwrap().len() == 1);
    }

    #[tokio::test]
    async fn of_many_at_once_who_expect_the_same_version_one_wins() {
        let (_store, clerk, shelf) = setup();
        let mut tries = tokio::task::JoinSet::new();
        for n in 0..100 {
            let (clerk, shelf) = (clerk.clone(), Arc::clone(&shelf));
            tries.spawn(async move { clerk.commit("org.a", &shelf, vec![put("x", &n.to_string(), Some(0))]).await });
        }
        let outcomes = tries.join_all().await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert_eq!(outcomes.iter().filter(|o| **o == Err(CommitFailure::Conflict("x".into()))).count(), 99);
    }

    #[tokio::test]
    async fn a_commit_is_made_whole_or_not_at_all() {
        let (store, clerk, shelf) = setup();
        let refused = clerk.commit("org.a", &shelf, vec![put("x", "1", None), put("y", "2", Some(7))]).await;
        assert_eq!(refused, Err(CommitFailure::Conflict("y".into())));
        assert!(shelf.get("x").is_none() && store.kept("org.a").await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_full_shelf_takes_no_more_and_can_be_cleared_out() {
        let (_store, clerk, shelf) = setup();
        let large = "x".repeat(QUOTA / 2);
        clerk.commit("org.a", &shelf, vec![put("1", &large, None)]).await.unwrap();
        let refused = clerk.commit("org.a", &shelf, vec![put("2", &large, None)]).await;
        assert!(matches!(refused, Err(CommitFailure::Full(_))), "{refused:?}");
        clerk.commit("org.a", &shelf, vec![put("1", "small", None), put("2", &large, None)]).await.unwrap();
        assert_eq!(shelf.scan("", None, 10, usize::MAX).len(), 2);
    }

    #[tokio::test]
    async fn scanning_goes_on_where_it_ended() {
        let (_store, clerk, shelf) = setup();
        let changes = ["a/1", "a/2", "a/3", "b/1"].map(|key| put(key, "v", None));
        clerk.commit("org.a", &shelf, changes.into()).await.unwrap();
        let keys = |after: Option<&str>, limit, most| -> Vec<String> {
            shelf.scan("a/", after, limit, most).into_iter().map(|value| value.key).collect()
        };
        assert_eq!(keys(None, 2, 1_000), ["a/1", "a/2"]);
        assert_eq!(keys(Some("a/2"), 2, 1_000), ["a/3"]);
        assert_eq!(keys(None, 10, 1), ["a/1"], "one at least, so that everything can be read");
        assert!(keys(Some("a/3"), 2, 1_000).is_empty());
    }
}
