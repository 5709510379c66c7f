//! Facts that plugins tell: on the disk before they are acknowledged, many to one transaction.

use crate::store::{PluginStore, StoreFailure};
use jackfield_model::Fact;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Acts of telling that wait for the disk; beyond it plugins wait.
const WAITING: usize = 256;
/// Acts of telling that go to the disk together.
const BATCH: usize = 64;

/// The way to the task that writes facts; cheap to clone.
#[derive(Clone)]
pub(crate) struct FactWriter(mpsc::Sender<Told>);

struct Told {
    plugin: String,
    facts: Vec<Fact>,
    done: oneshot::Sender<Result<(), String>>,
}

impl FactWriter {
    /// Start the task that writes. It ends when all that could tell it something are gone.
    pub(crate) fn start(store: Arc<dyn PluginStore>) -> Self {
        let (sender, told) = mpsc::channel(WAITING);
        tokio::spawn(work(store, told));
        Self(sender)
    }

    /// Keep these facts of a plugin, all or none.
    pub(crate) async fn record(&self, plugin: &str, facts: Vec<Fact>) -> Result<(), String> {
        let (done, outcome) = oneshot::channel();
        let ending = || "the host is ending".to_owned();
        self.0.send(Told { plugin: plugin.to_owned(), facts, done }).await.map_err(|_| ending())?;
        outcome.await.unwrap_or_else(|_| Err(ending()))
    }
}

async fn work(store: Arc<dyn PluginStore>, mut told: mpsc::Receiver<Told>) {
    let mut batch = Vec::with_capacity(BATCH);
    while told.recv_many(&mut batch, BATCH).await > 0 {
        let facts: Vec<_> =
            batch.iter().flat_map(|told| told.facts.iter().map(|fact| (told.plugin.as_str(), fact))).collect();
        let written = store.record_facts(&facts).await;
        for told in batch.drain(..) {
            let outcome = written.clone().map_err(|StoreFailure(why)| format!("it could not be stored: {why}"));
            // Nobody waits for an answer when the script was dropped meanwhile.
            drop(told.done.send(outcome));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;
    use jackfield_model::Happening;

    fn fact(key: &str, agent: &str) -> Fact {
        let what = Happening::Logout { agent: agent.into() };
        Fact { key: key.into(), at: 1, call: None, visit: None, what }
    }

    #[tokio::test]
    async fn what_is_told_twice_stays_as_it_was_told_first() {
        let store = Arc::new(MemoryStore::default());
        let writer = FactWriter::start(Arc::clone(&store) as Arc<dyn PluginStore>);
        writer.record("org.a", vec![fact("1", "100"), fact("2", "101")]).await.unwrap();
        writer.record("org.a", vec![fact("1", "109")]).await.unwrap();
        writer.record("org.b", vec![fact("1", "102")]).await.unwrap();
        assert_eq!(store.facts("org.a"), [fact("1", "100"), fact("2", "101")]);
        assert_eq!(store.facts("org.b"), [fact("1", "102")]);
    }
}
