//! Keeping what is installed: the trait that the database implements, and one for tests.

use async_trait::async_trait;
use jackfield_model::TimestampMs;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// Remembers what is installed and what the admin decided about it; the packages themselves are files.
#[async_trait]
pub trait PluginStore: Send + Sync + 'static {
    /// Everything that is installed, in no order.
    async fn load(&self) -> Result<Vec<InstalledPlugin>, StoreFailure>;
    /// Keep this, in place of what was kept under the same id.
    async fn save(&self, plugin: &InstalledPlugin) -> Result<(), StoreFailure>;
    /// Forget it; nothing happens when there is none.
    async fn remove(&self, id: &str) -> Result<(), StoreFailure>;
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
}

/// The store could not; the text says why, for the admin.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct StoreFailure(pub String);

/// Forgets everything at the end: for tests and tools.
#[derive(Default)]
pub struct MemoryStore(Mutex<BTreeMap<String, InstalledPlugin>>);

#[async_trait]
impl PluginStore for MemoryStore {
    async fn load(&self) -> Result<Vec<InstalledPlugin>, StoreFailure> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect())
    }

    async fn save(&self, plugin: &InstalledPlugin) -> Result<(), StoreFailure> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(plugin.id.clone(), plugin.clone());
        Ok(())
    }

    async fn remove(&self, id: &str) -> Result<(), StoreFailure> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        Ok(())
    }
}
