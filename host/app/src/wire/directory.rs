//! The directory that calls read: the database's extensions and those of the configuration file.

use jackfield_calls::Directory;
use jackfield_model::{Extension, Role};
use jackfield_store::{Store, StoreError};
use std::{collections::HashSet, sync::Arc};

/// Where the directory comes from. Cheap to clone.
#[derive(Clone)]
pub struct Sources {
    store: Store,
    provisioned: Arc<[Extension]>,
}

impl Sources {
    /// The database, and the extensions of the configuration file.
    pub fn new(store: Store, provisioned: Vec<Extension>) -> Self {
        Self { store, provisioned: provisioned.into() }
    }

    /// Read it as it is now. Where both have a number, the configuration file counts.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn read(&self) -> Result<Directory, StoreError> {
        let jackfield_store::Directory { extensions: stored, users } = self.store.directory().await?;
        let numbers: HashSet<_> = self.provisioned.iter().map(|e| &e.number).collect();
        for twice in stored.iter().filter(|e| numbers.contains(&e.number)) {
            tracing::warn!(extension = %twice.number, "the configuration file has this extension too, and counts");
        }
        let admins = users.iter().filter(|user| user.role == Role::Admin).map(|user| user.id);
        Ok(Directory::new(stored.into_iter().chain(self.provisioned.iter().cloned())).with_admins(admins))
    }
}
