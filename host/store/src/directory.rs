//! The snapshot that calls are switched by.

use crate::{Store, StoreError, extensions, users};
use jackfield_model::{Extension, User};

/// Everybody and everything that can be called, read in one transaction.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// Every extension, with its digest secrets.
    pub extensions: Vec<Extension>,
    /// Every person.
    pub users: Vec<User>,
}

impl Store {
    /// Reads the whole directory. At start, and again after each change by an admin.
    pub async fn directory(&self) -> Result<Directory, StoreError> {
        let mut tx = self.read.begin().await?;
        let extensions = extensions::all(&mut tx).await?;
        let rows = sqlx::query("SELECT * FROM users WHERE deleted IS NULL ORDER BY id").fetch_all(&mut *tx).await?;
        let users = rows.iter().map(users::user).collect::<Result<_, _>>()?;
        Ok(Directory { extensions, users })
    }
}
