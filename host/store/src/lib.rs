//! What outlives the process: people, extensions, sign-in sessions, call records, the audit log, plugin rows, trunks,
//! letters.
//!
//! One SQLite file in WAL mode. This is the only crate that knows SQL; it deliberately knows neither HTTP nor SIP nor
//! WebAssembly, and nothing on the path of a call reads from it: the switch works on the [`Directory`] snapshot.
//!
//! Read first: [`Store`] (everything goes through it), [`RecordWriter`] (how a finished call becomes safe),
//! [`StoreError`] (what a caller can do about a fault).
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use jackfield_store::{NewExtension, Store};
//! let folder = tempfile::tempdir()?;
//! let store = Store::open(&folder.path().join("jackfield.db")).await?;
//! store.set_realm("example.org").await?;
//! let (extension, password) = store.create_extension(&NewExtension::new("100".parse()?, "Reception"), 0).await?;
//! assert_eq!(extension.number.as_str(), "100");
//! assert_eq!(password.as_str().len(), 20);
//! assert_eq!(store.directory().await?.extensions.len(), 1);
//! # Ok(()) }
//! ```

mod analytics;
mod audit;
mod availability;
mod contacts;
mod directory;
mod error;
mod extensions;
mod facts;
mod meta;
mod open;
mod outbox;
mod paging;
mod plugin_data;
mod plugin_events;
mod plugins;
mod publishers;
mod record_writer;
mod recordings;
mod records;
mod report_writer;
mod reports;
pub mod sample;
mod schedules;
mod search;
mod sessions;
mod sip_secret;
mod sounds;
mod trunks;
mod users;

pub use analytics::{QueryError, catalogue};
pub use audit::{AuditEntry, NewAuditEntry};
pub use contacts::{Draft, Replaced, SourceName, StoredContact};
pub use directory::Directory;
pub use error::StoreError;
pub use extensions::{ExtensionChange, NewExtension};
pub use open::Store;
pub use outbox::{DueLetter, NewLetter, OutboxCounts, OutboxFull, OutboxLimits};
pub use paging::{Cursor, InvalidCursor, Page, Slice};
pub use plugin_data::{PluginInput, PluginStateRow, PluginTimer, PluginValue, PluginWrite};
pub use plugin_events::PluginEvent;
pub use plugins::PluginRow;
pub use publishers::PublisherKeyRow;
pub use record_writer::RecordWriter;
pub use recordings::{RecordingFilter, RecordingRow};
pub use records::{HistoryFilter, Outcome};
pub use report_writer::{ReportWriter, TraceKeeping};
pub use reports::{QualityRow, TraceRow};
pub use sessions::{Session, SessionToken};
pub use sip_secret::SipPassword;
pub use sounds::NewSound;
pub use users::{Credentials, NewUser, UserChange};

/// How long a deleted user or extension can be brought back: one hour, in milliseconds.
pub const UNDO_MS: u64 = 60 * 60 * 1000;
