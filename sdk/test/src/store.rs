//! What the house around the plugin keeps: in memory, and facts in a database as the host has it, so that questions about them
//! are answered as they will be.

use async_trait::async_trait;
use jackfield_model::{
    CallRecord, Fact, TimestampMs,
    analytics::{Dataset, Query, Table},
};
use jackfield_runtime::{
    Held, InstalledPlugin, Kept, KeptEvent, KeptInput, MemoryStore, PluginStore, QueryFailure, StoreFailure, Timer,
    Write,
};
use jackfield_store::{QueryError, Store, catalogue};
use std::{future::Future, sync::OnceLock};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// Facts that go into one transaction.
const AT_ONCE: usize = 2_000;

/// What is kept.
#[derive(Default)]
pub(crate) struct TestStore {
    memory: MemoryStore,
    /// Made when there are the first facts: most plugins tell none.
    database: OnceLock<Database>,
}

/// The tests' time is virtual and the database's is not, so it has a runtime of its own.
struct Database {
    runtime: Option<Runtime>,
    store: Store,
    _folder: TempDir,
}

impl TestStore {
    /// The facts that a plugin has told, in their order.
    pub(crate) fn facts(&self, plugin: &str) -> Vec<Fact> {
        self.memory.facts(plugin)
    }

    /// Put calls and facts there as if they had happened.
    pub(crate) fn fill(&self, source: &'static str, calls: Vec<CallRecord>, facts: Vec<Fact>) {
        let database = self.database();
        let store = database.store.clone();
        database
            .wait(async move {
                store.append_records(&calls).await?;
                for facts in facts.chunks(AT_ONCE) {
                    store.record_facts(&facts.iter().map(|fact| (source, fact)).collect::<Vec<_>>()).await?;
                }
                Ok::<_, jackfield_store::StoreError>(())
            })
            .unwrap_or_else(|error| panic!("{error}"));
    }

    fn database(&self) -> &Database {
        self.database.get_or_init(|| {
            // Made on another thread, since this one may be within the tests' runtime.
            std::thread::spawn(|| {
                let folder = tempfile::tempdir().expect("a temporary folder for the test");
                let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
                let store = runtime.block_on(Store::open(&folder.path().join("jackfield.db")));
                let store = store.unwrap_or_else(|error| panic!("{error}"));
                Database { runtime: Some(runtime), store, _folder: folder }
            })
            .join()
            .expect("the database can be opened")
        })
    }

    /// Do it in the database's time. Virtual time stands still meanwhile: it does while a thread works.
    async fn apart<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        let runtime =
            self.database().runtime.as_ref().expect("it is taken when the database is dropped").handle().clone();
        tokio::task::spawn_blocking(move || runtime.block_on(work)).await.expect("the work does not panic")
    }
}

impl Database {
    fn wait<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        let runtime = self.runtime.as_ref().expect("it is taken when the database is dropped").handle().clone();
        std::thread::spawn(move || runtime.block_on(work)).join().expect("the work does not panic")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Perhaps within the tests' runtime, where nothing may wait.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[async_trait]
impl PluginStore for TestStore {
    async fn load(&self) -> Result<Vec<InstalledPlugin>, StoreFailure> {
        self.memory.load().await
    }

    async fn save(&self, plugin: &InstalledPlugin) -> Result<(), StoreFailure> {
        self.memory.save(plugin).await
    }

    async fn remove(&self, id: &str) -> Result<(), StoreFailure> {
        self.memory.remove(id).await
    }

    async fn kept(&self, id: &str) -> Result<Vec<Kept>, StoreFailure> {
        self.memory.kept(id).await
    }

    async fn write(&self, changes: &[Write]) -> Result<(), StoreFailure> {
        self.memory.write(changes).await
    }

    async fn erase(&self, id: &str) -> Result<(), StoreFailure> {
        self.memory.erase(id).await
    }

    async fn timers(&self) -> Result<Vec<Timer>, StoreFailure> {
        self.memory.timers().await
    }

    async fn held(&self, id: &str) -> Result<Vec<Held>, StoreFailure> {
        self.memory.held(id).await
    }

    async fn inputs(&self) -> Result<Vec<KeptInput>, StoreFailure> {
        self.memory.inputs().await
    }

    async fn events(&self) -> Result<Vec<KeptEvent>, StoreFailure> {
        self.memory.events().await
    }

    async fn record_facts(&self, facts: &[(&str, &Fact)]) -> Result<(), StoreFailure> {
        self.memory.record_facts(facts).await?;
        let store = self.database().store.clone();
        let facts: Vec<_> = facts.iter().map(|(source, fact)| ((*source).to_owned(), (*fact).clone())).collect();
        let recorded = self.apart(async move {
            let facts: Vec<_> = facts.iter().map(|(source, fact)| (source.as_str(), fact)).collect();
            store.record_facts(&facts).await
        });
        recorded.await.map_err(|error| StoreFailure(error.to_string()))
    }

    fn catalogue(&self) -> Vec<Dataset> {
        catalogue()
    }

    async fn ask(&self, query: &Query, now: TimestampMs) -> Result<Table, QueryFailure> {
        let (store, query) = (self.database().store.clone(), query.clone());
        let answer = self.apart(async move { store.ask(&query, now).await });
        answer.await.map_err(|error| match error {
            QueryError::Invalid(text) => QueryFailure::Invalid(text),
            other => QueryFailure::Failed(other.to_string()),
        })
    }
}
