//! Plugins as an admin sees them.

use crate::{Replay, Role, TimestampMs};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The ways in which the host runs a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// Decides where a call goes: a fresh instance per decision.
    Router,
    /// Talks to a caller: one instance per call.
    Script,
    /// Answers its own pages: a fresh instance per request.
    Web,
}

/// What a plugin is doing, with the reason a person needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum PluginState {
    /// Takes calls.
    Running,
    /// Switched off by an admin; `calls` scripts begun before still run.
    Disabled {
        /// Calls still in one of its scripts.
        calls: u32,
    },
    /// The breaker is open: not asked until `retry_at`.
    Resting {
        /// What went wrong last.
        reason: String,
        /// When the next probe is let through.
        retry_at: TimestampMs,
    },
    /// Opened too often: asked no more until an admin switches it on again.
    Quarantined {
        /// What went wrong last.
        reason: String,
    },
    /// Asks for more than was approved: an admin must approve first.
    NeedsPermission {
        /// The capabilities not yet approved.
        missing: Vec<String>,
    },
    /// Could not be loaded.
    Failed {
        /// What is wrong, with the next step.
        reason: String,
    },
}

/// One installed plugin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PluginStatus {
    /// Reverse-DNS id, unique: `org.jackfield.auto-attendant`.
    pub id: String,
    /// The name on the card.
    pub name: String,
    /// Semantic version.
    pub version: String,
    /// Who made it.
    pub publisher: String,
    /// One sentence.
    pub description: String,
    /// Licence expression (SPDX).
    pub license: String,
    /// Whether an admin has it switched on.
    pub enabled: bool,
    /// What it is doing.
    #[serde(flatten)]
    pub state: PluginState,
    /// How it is run.
    pub shapes: Vec<Shape>,
    /// Place among the routing plugins, from 0; `None` when it does not route.
    pub order: Option<u32>,
    /// What it imports beyond the base, e.g. `call.control`; approved at install.
    pub capabilities: Vec<String>,
    /// Size of its component in bytes.
    pub size: u64,
    /// When this version was installed.
    pub installed: TimestampMs,
    /// Whose signature its packages have to bear; `None` for one that was installed without any.
    pub signer: Option<PluginSigner>,
    /// What it has cost since the host started.
    pub cost: PluginCost,
    /// The version that is tried beside this one.
    pub trial: Option<PluginTrial>,
}

/// A version of a plugin that is tried beside the one in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PluginTrial {
    /// The version that is tried.
    pub version: String,
    /// How many of a hundred calls it decides; with 0 it is only watched.
    pub share: u8,
    /// When the trial began.
    pub since: TimestampMs,
    /// Why it decides nothing for now, when it has failed too often.
    pub resting: Option<String>,
}

/// What a trial has shown since it began or the host started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrialFindings {
    /// Calls that it has decided.
    pub decided: u64,
    /// Calls for which both versions were asked, and those that the other version would have sent elsewhere.
    pub replay: Replay,
    /// Decisions in which it failed.
    pub failed: u64,
    /// Calls that were not compared, since too many came at once.
    pub skipped: u64,
}

/// Whose signature the packages of a plugin have to bear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PluginSigner {
    /// 40 hexadecimal digits that stand for the key.
    pub fingerprint: String,
    /// Whose key it is, when it is known.
    pub name: Option<String>,
    /// Whether the key was revoked since.
    pub revoked: bool,
}

/// What a plugin has cost since the host started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PluginCost {
    /// Decisions, scripts and requests of pages begun.
    pub calls: u64,
    /// Scripts running now.
    pub live: u32,
    /// Decisions, scripts and requests that ended in a trap, a time-out or an exhausted budget.
    pub failures: u64,
    /// Decisions and requests not asked for because the breaker was open.
    pub skipped: u64,
    /// Median wall time of a decision, in microseconds.
    pub p50_us: u32,
    /// 99th percentile of the same.
    pub p99_us: u32,
    /// CPU spent in the guest, in milliseconds.
    pub cpu_ms: u64,
    /// Most linear memory that one instance has held, in bytes.
    pub peak_memory: u64,
}

/// Severity of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// For the author.
    Debug,
    /// A change of state.
    Info,
    /// Somebody should look.
    Warn,
    /// Something failed.
    Error,
}

/// One line of a plugin's log; the host's own findings about the plugin are among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PluginLogLine {
    /// When.
    pub at: TimestampMs,
    /// How grave.
    pub level: Level,
    /// What, one line, at most 1,000 characters.
    pub message: String,
    /// In which call, when in one.
    pub call: Option<crate::CallId>,
}

/// Something that people can put on a key of their telephone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PhoneKey {
    /// The plugin's id.
    pub plugin: String,
    /// The plugin's name.
    pub plugin_name: String,
    /// The key's id, unique in the plugin.
    pub id: String,
    /// What it says, in English.
    pub label: String,
    /// The same in other languages, by their codes.
    pub labels: BTreeMap<String, String>,
    /// What it dials.
    pub code: String,
    /// Whether it has a lamp, seen by watching the code.
    pub lamp: bool,
}

/// Where a plugin's page is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PagePlace {
    /// In the navigation.
    #[default]
    Main,
    /// As a tab beside the plugin's settings, which admins alone see.
    Settings,
}

/// A page that a plugin brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PluginPage {
    /// The plugin's id.
    pub plugin: String,
    /// The page's id, unique in the plugin.
    pub id: String,
    /// Its title in English.
    pub title: String,
    /// The same in other languages, by their codes.
    pub titles: BTreeMap<String, String>,
    /// The name of its icon.
    pub icon: String,
    /// Where it is found.
    pub place: PagePlace,
    /// Who sees it.
    pub roles: Vec<Role>,
    /// Its HTML file, below the plugin's `ui/`.
    pub file: String,
    /// Changes whenever a file of the plugin's pages does.
    pub build: String,
}
