//! Opening the database: one writer, several readers, schema brought up to date.

use crate::{StoreError, analytics};
use sqlx::{
    SqlitePool,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{path::Path, time::Duration};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Readers that may run at the same time; WAL lets them run beside the writer.
const READERS: u32 = 4;
/// How long a writer waits for another process that holds the file, such as a backup.
const BUSY: Duration = Duration::from_secs(5);

/// The database. Cheap to clone.
///
/// Writes go through one connection one after the other, so SQLite's "database is locked" does not arise within the
/// process. Every commit is on the disk before it is reported (`synchronous=FULL`): what was acknowledged survives
/// `kill -9` and loss of power.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) write: SqlitePool,
    pub(crate) read: SqlitePool,
    /// For questions of reports, which may take long.
    pub(crate) analytics: SqlitePool,
}

impl Store {
    /// Opens the file, creates it when it does not exist, and brings its schema up to date. From then on nobody but the
    /// user that the host runs as can read it: it holds passwords of carriers.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        keep_private(path).map_err(|error| StoreError::opening(path, sqlx::Error::Io(error)))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY);
        let write = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
        let write = write.connect_with(options.clone()).await.map_err(|e| StoreError::opening(path, e))?;
        MIGRATIONS.run(&write).await.map_err(|e| StoreError::migrating(path, newest_schema(), e))?;
        let analytics = analytics::connect(options.clone());
        let read = SqlitePoolOptions::new().max_connections(READERS).max_lifetime(None);
        let read =
            read.connect_with(options.pragma("query_only", "ON")).await.map_err(|e| StoreError::opening(path, e))?;
        // A file on a read-only disk opens well and fails at the first write: better now than at the first call.
        sqlx::query("UPDATE meta SET value = value WHERE key = ''").execute(&write).await?;
        Ok(Self { write, read, analytics })
    }

    /// Finishes what is being written and closes the file.
    pub async fn close(&self) {
        self.analytics.close().await;
        self.read.close().await;
        self.write.close().await;
    }
}

/// Make the file when it is not there, and close it to other users. SQLite gives new files beside it the same mode.
#[cfg(unix)]
fn keep_private(path: &Path) -> std::io::Result<()> {
    use std::{
        fs::{OpenOptions, Permissions, metadata, set_permissions},
        io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem},
        os::unix::fs::{OpenOptionsExt, PermissionsExt},
    };
    match OpenOptions::new().create(true).append(true).mode(0o600).open(path) {
        // SQLite tells better what cannot be written.
        Err(error) if !matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem) => return Err(error),
        _ => {}
    }
    for beside in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(beside);
        let Ok(mode) = metadata(&file).map(|file| file.permissions().mode()) else { continue };
        if mode & 0o077 != 0 {
            // On a disk that knows no modes it stays as it is.
            let _ = set_permissions(&file, Permissions::from_mode(mode & 0o700));
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn keep_private(_: &Path) -> std::io::Result<()> {
    Ok(())
}

fn newest_schema() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_of_a_newer_version_is_refused_with_both_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let store = Store::open(&path).await.unwrap();
        let insert = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                      VALUES (9999, 'from the future', 1, x'00', 0)";
        sqlx::query(insert).execute(&store.write).await.unwrap();
        store.close().await;
        let error = Store::open(&path).await.unwrap_err();
        assert!(matches!(error, StoreError::Newer { found: 9999, known } if known == newest_schema()), "{error}");
    }

    #[tokio::test]
    async fn a_missing_folder_and_a_file_that_is_no_database_are_said_plainly() {
        let folder = tempfile::tempdir().unwrap();
        let error = Store::open(&folder.path().join("no/such/a.db")).await.unwrap_err();
        assert!(matches!(error, StoreError::Open { .. }), "{error}");
        assert!(error.to_string().contains("no/such/a.db"), "{error}");

        let path = folder.path().join("text.db");
        std::fs::write(&path, "this is a letter, not a database, and long enough to be read as a header".repeat(4))
            .unwrap();
        let error = Store::open(&path).await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged), "{error}");
    }

    #[tokio::test]
    async fn a_full_disk_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("a.db")).await.unwrap();
        let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&store.write).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}")))
            .execute(&store.write)
            .await
            .unwrap();
        let error = loop {
            if let Err(error) = store.set_meta("k", &"x".repeat(100_000)).await {
                break error;
            }
        };
        assert!(matches!(error, StoreError::Full), "{error}");
        assert!(error.is_passing());
    }
}
