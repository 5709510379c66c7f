//! What can go wrong, named by what the caller does about it.

use sqlx::migrate::MigrateError;
use std::path::{Path, PathBuf};

/// A fault of the store. The text is a whole sentence for the person who runs the system.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database file cannot be opened or created.
    #[error("cannot open the database {}: {reason}. Check that the folder exists and that this user may write to it.", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The file or its folder is read-only.
    #[error("the database is not writable: give this user write permission for the file and its folder")]
    NotWritable,
    /// No space is left; what was asked for has not happened. Free some space and try again.
    #[error("the disk that holds the database is full: free some space")]
    Full,
    /// The file was written by a later version.
    #[error(
        "the database has schema {found}, this version knows schemas up to {known}: start the newer version, or restore a backup"
    )]
    Newer {
        /// The schema's number in the file.
        found: i64,
        /// The newest schema known here.
        known: i64,
    },
    /// The file is damaged or no SQLite database.
    #[error("the database file is damaged or is no database: restore a backup")]
    Damaged,
    /// Another row has this value already.
    #[error("{field} is taken already")]
    Taken {
        /// `login` or `number`.
        field: &'static str,
    },
    /// The act would leave nobody who can sign in as admin.
    #[error("this is the last admin: make somebody else admin first")]
    LastAdmin,
    /// A row names another one that does not exist.
    #[error("{field} names nobody")]
    Dangling {
        /// `owner`.
        field: &'static str,
    },
    /// Something else; a retry may help.
    #[error("the database failed: {0}")]
    Failed(#[source] sqlx::Error),
}

impl StoreError {
    /// Whether waiting may help: the disk is full or the database is busy.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Full | Self::Failed(_) => true,
            Self::Open { .. } | Self::NotWritable | Self::Newer { .. } | Self::Damaged => false,
            Self::Taken { .. } | Self::LastAdmin | Self::Dangling { .. } => false,
        }
    }

    /// The fault of opening the file at `path`.
    pub(crate) fn opening(path: &Path, error: sqlx::Error) -> Self {
        match Self::from(error) {
            Self::Failed(error) => Self::Open { path: path.to_owned(), reason: error.to_string() },
            other => other,
        }
    }

    /// The fault of bringing the schema up to date.
    pub(crate) fn migrating(path: &Path, known: i64, error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(found) => Self::Newer { found, known },
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => Self::opening(path, error),
            other => Self::Open { path: path.to_owned(), reason: other.to_string() },
        }
    }

    /// Names the field when a unique index or a foreign key refused a row.
    pub(crate) fn naming(self, unique: &'static str, foreign: &'static str) -> Self {
        let Self::Failed(sqlx::Error::Database(error)) = &self else { return self };
        if error.is_unique_violation() {
            Self::Taken { field: unique }
        } else if error.is_foreign_key_violation() {
            Self::Dangling { field: foreign }
        } else {
            self
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        // SQLite's result codes: the low byte is the class, the rest a refinement.
        const READONLY: u32 = 8;
        const CORRUPT: u32 = 11;
        const FULL: u32 = 13;
        const NOT_A_DATABASE: u32 = 26;
        let class = match &error {
            sqlx::Error::Database(error) => {
                error.code().and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff)
            }
            _ => None,
        };
        match class {
            Some(READONLY) => Self::NotWritable,
            Some(CORRUPT | NOT_A_DATABASE) => Self::Damaged,
            Some(FULL) => Self::Full,
            _ => Self::Failed(error),
        }
    }
}
