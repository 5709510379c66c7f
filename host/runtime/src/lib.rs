//! The plugin runtime: loads WebAssembly components, grants, limits and links them, and asks them to route and talk.
//!
//! [`Plugins`] implements the two traits by which calls reach plugins: [`Router`](jackfield_calls::router::Router)
//! (who wants this call?) and [`Scripts`](jackfield_calls::scripts::Scripts) (talk to this caller). It is the only
//! crate that knows wasmtime. It deliberately knows neither SIP nor SQL nor HTTP: calls are driven through
//! [`ScriptCall`](jackfield_calls::scripts::ScriptCall), what is installed is kept through [`PluginStore`].
//!
//! Everything fails open. A plugin that traps, hangs, eats memory or is switched off never loses a call: the next
//! plugin is asked, then the built-in dialling rule decides; a caller whose script fails goes to the failover
//! destination. What happened is on the plugin's card and in its log.
//!
//! Read first: [`Plugins`] (what an admin can do), `hook.rs` (a decision from beginning to end), `script.rs` (a live
//! script). The contract itself is in `wit/`.
//!
//! ```no_run
//! # async fn example(calls: jackfield_calls::events::EventBus) -> Result<(), jackfield_runtime::StartError> {
//! use jackfield_runtime::{MemoryStore, Plugins, RuntimeConfig, SystemClock};
//! use std::sync::Arc;
//! let store = Arc::new(MemoryStore::default());
//! let plugins = Plugins::start(RuntimeConfig::new("data/plugins"), store, calls, Arc::new(SystemClock)).await?;
//! for plugin in plugins.list() {
//!     println!("{} {}: {:?}", plugin.name, plugin.version, plugin.state);
//! }
//! # Ok(()) }
//! ```

mod admin;
mod background;
mod bindings;
mod breaker;
mod cache;
mod clock;
mod code;
mod compiler;
mod config;
mod contacts;
mod cost;
mod engine;
mod events;
mod facts;
mod filter;
pub mod grants;
mod hook;
mod instance;
mod interfaces;
mod links;
mod log;
mod lookup;
pub mod manifest;
mod network;
mod origins;
pub mod package;
mod plugins;
mod post;
mod printing;
mod prompts;
mod publishers;
mod reducers;
mod registry;
mod replay;
mod router;
mod schedules;
mod script;
mod secrets;
mod settings;
mod shelf;
pub mod signature;
mod store;
mod timers;
mod trial;
mod trust;
mod ui;
mod versions;
mod web;

pub use admin::{AdminError, Consent, InstallError, Permission, Preview};
pub use clock::{Clock, SystemClock};
pub use compiler::{Compilation, Workshop, compile_for_host};
pub use config::{Limits, RuntimeConfig};
pub use contacts::{ContactBook, NoContacts, ReplacedContacts, Replacement};
pub use engine::Machine;
pub use events::Published;
pub use lookup::LookedUp;
pub use network::{Answer, Network, NetworkFailure, NoNetwork, Question, Reach, Stream};
pub use plugins::{Plugins, StartError};
pub use post::{PluginLetter, Post, PostRefusal};
pub use printing::{PrintError, Printed};
pub use prompts::PackagedPrompt;
pub use reducers::{DeadInput, SettleError};
pub use schedules::{NoSchedules, ScheduleBook};
pub use settings::{FieldError, Settings, SettingsError};
pub use store::{
    Held, InputKind, InstalledPlugin, Kept, KeptEvent, KeptInput, MemoryStore, PluginStore, QueryFailure, StoreFailure,
    Timer, TrialTerms, Write,
};
pub use trust::{MemoryTrust, PublisherKey, SignedBy, Signer, Trust, TrustStore};
pub use ui::UiFile;
pub use versions::KeptVersion;
pub use web::{WebAnswer, WebBody, WebError, WebRequest, WebUser};
