//! What the API needs of the plugin runtime.

use async_trait::async_trait;
use jackfield_model::{
    Contact, Language, PluginLogLine, PluginMetric, PluginStatus, Replay, Shape, TimestampMs, TrialFindings,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The plugin runtime as an admin sees it. Every change publishes `plugin-changed` on the event bus.
#[async_trait]
pub trait PluginAdmin: Send + Sync + 'static {
    /// Every installed plugin; routing plugins first, in their order.
    fn list(&self) -> Vec<PluginStatus>;
    /// One plugin.
    fn status(&self, id: &str) -> Option<PluginStatus>;
    /// The prompts of all plugins, by plugin and name.
    fn prompts(&self) -> Vec<PluginPrompt>;
    /// What a package is and what it would be allowed to do; nothing is installed.
    async fn inspect(&self, archive: &[u8]) -> Result<PluginPreview, InstallFault>;
    /// Installs a package, in place of an installed one of the same id. Without `approve`, one that asks for more than
    /// was approved before is refused with [`InstallFault::NeedsApproval`]. `trust_key` is the fingerprint of a key that the
    /// administrator has confirmed: packages that it signs are taken from now on.
    async fn install(
        &self,
        archive: &[u8],
        approve: bool,
        trust_key: Option<String>,
    ) -> Result<PluginStatus, InstallFault>;
    /// The versions of a plugin that are kept, newest first.
    async fn versions(&self, id: &str) -> Vec<KeptVersion>;
    /// Goes back to a version that is kept.
    async fn roll_back(&self, id: &str, version: &str) -> Result<PluginStatus, InstallFault>;
    /// Tries a package beside the installed version: it is watched, and decides nothing yet. Without `approve`, one that asks for
    /// more than was approved before is refused.
    async fn try_out(&self, archive: &[u8], approve: bool) -> Result<PluginStatus, InstallFault>;
    /// Has the version that is tried decide so many of a hundred calls.
    async fn set_trial_share(&self, id: &str, share: u8) -> Result<(), PluginFault>;
    /// Puts the version that is tried in place for all calls.
    async fn adopt_trial(&self, id: &str) -> Result<PluginStatus, InstallFault>;
    /// Ends a trial.
    async fn end_trial(&self, id: &str) -> Result<(), PluginFault>;
    /// What a trial has shown; `None` when there is none.
    fn trial_findings(&self, id: &str) -> Option<TrialFindings>;
    /// Releases a plugin from its publisher's key: its next package may be signed by another one.
    async fn unpin(&self, id: &str) -> Result<(), PluginFault>;
    /// Every publisher's key that is known.
    fn publisher_keys(&self) -> Vec<PublisherKey>;
    /// Trusts a key, given as 64 hexadecimal digits.
    async fn trust_key(&self, key: &str, name: &str) -> Result<PublisherKey, PluginFault>;
    /// Takes nothing any more that a key signs.
    async fn revoke_key(&self, fingerprint: &str) -> Result<PublisherKey, PluginFault>;
    /// Forgets a key to which no plugin is bound.
    async fn forget_key(&self, fingerprint: &str) -> Result<(), PluginFault>;
    /// Switches a plugin on; one that was resting or quarantined starts afresh.
    async fn enable(&self, id: &str) -> Result<(), PluginFault>;
    /// Switches a plugin off: no new work; scripts in progress go on to their end.
    async fn disable(&self, id: &str) -> Result<(), PluginFault>;
    /// Sets the order in which routing plugins are asked: `ids` names each of them once.
    async fn set_order(&self, ids: &[String]) -> Result<(), PluginFault>;
    /// Removes a plugin, with what it has stored when `erase_data`.
    async fn remove(&self, id: &str, erase_data: bool) -> Result<(), PluginFault>;
    /// Approves everything that the installed version asks for.
    async fn approve(&self, id: &str) -> Result<(), PluginFault>;
    /// The settings with what draws their form.
    fn settings(&self, id: &str) -> Option<PluginSettings>;
    /// Checks and keeps settings; the plugin's next decision or script uses them.
    async fn set_settings(&self, id: &str, values: Value) -> Result<(), SettingsFault>;
    /// The newest lines of a plugin's log, oldest first.
    fn log(&self, id: &str, limit: usize) -> Vec<PluginLogLine>;
    /// The figures that the plugin keeps of itself.
    fn metrics(&self, id: &str) -> Vec<PluginMetric>;
    /// Events that the plugin was told in vain, newest first.
    fn dead_events(&self, id: &str) -> Vec<DeadEvent>;
    /// Has such an event told again, or throws it away; `false` when there is none of this number.
    async fn settle_event(&self, id: &str, seq: u64, again: bool) -> Result<bool, PluginFault>;
    /// Inputs that the plugin's state could not take, newest first.
    fn dead_inputs(&self, id: &str) -> Vec<DeadInput>;
    /// Has such an input given again, or throws it away; `false` when there is none of this name.
    async fn settle_input(&self, id: &str, key: &str, name: &str, again: bool) -> Result<bool, PluginFault>;
    /// What the plugin asks for and whether it was approved.
    fn permissions(&self, id: &str) -> Vec<Permission>;
    /// Contacts that plugins know and have not handed over, for whatever somebody types; by the id of the plugin.
    async fn search_contacts(&self, text: &str, limit: u32) -> Vec<(String, Contact)>;
    /// A permission as a sentence that an admin understands, e.g. "may answer calls and play prompts".
    fn sentence(&self, permission: &Permission, language: Language) -> String;
}

/// Something that has happened, of which a plugin was told in vain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeadEvent {
    /// Its number.
    pub seq: u64,
    /// What it is about.
    pub topic: String,
    /// The plugin that has published it; empty for the house.
    pub publisher: String,
    /// When it happened.
    pub at: TimestampMs,
    /// JSON.
    pub payload: String,
    /// When it was given up.
    pub failed: TimestampMs,
    /// Why.
    pub reason: String,
}

/// Something that a plugin's state could not take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeadInput {
    /// The key of the state.
    pub key: String,
    /// Its name, unique with the key.
    pub name: String,
    /// What it was.
    pub kind: DeadInputKind,
    /// A timer's name, a call's id or name, or a number.
    pub of: String,
    /// When it came.
    pub at: TimestampMs,
    /// What came with it: text, or in its place how many bytes.
    pub payload: String,
    /// Why it could not be taken.
    pub reason: String,
}

/// What an input was that a plugin's state could not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DeadInputKind {
    /// A timer was due.
    Timer,
    /// It was told something.
    Told,
    /// A call that had joined was over.
    CallOver,
    /// A call that it had wanted came out somehow.
    Dialled,
}

/// One thing that a plugin asks to be allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// The capability's id, e.g. `call.control`.
    pub capability: String,
    /// Whether an admin has approved it.
    pub granted: bool,
    /// The hosts that it may reach, where that is what is permitted.
    pub hosts: Vec<String>,
}

/// A package before it is installed.
#[derive(Clone, Debug, PartialEq)]
pub struct PluginPreview {
    /// Reverse-DNS id.
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
    /// How it is run.
    pub shapes: Vec<Shape>,
    /// Size of its component in bytes.
    pub size: u64,
    /// What it asks for; `granted` when it was approved for the version that is installed now.
    pub permissions: Vec<Permission>,
    /// The installed version that it would replace.
    pub replaces: Option<String>,
    /// What of the last calls would have gone elsewhere with it; `None` when it decides nothing.
    pub replay: Option<Replay>,
    /// What that version is approved for and this one does not ask for any more.
    pub dropped: Vec<Permission>,
    /// Who has signed it.
    pub signer: PackageSigner,
    /// What has changed in this version, as its author says; Markdown, perhaps empty.
    pub changes: String,
}

/// Who has signed a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PackageSigner {
    /// 40 hexadecimal digits that stand for the key; `None` when the package is not signed.
    pub fingerprint: Option<String>,
    /// Whose key it is, when it is known.
    pub name: Option<String>,
    /// Whether an administrator has to confirm the key before the package is installed.
    pub confirm: bool,
}

/// A version of a plugin that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct KeptVersion {
    /// The version.
    pub version: String,
    /// Whether it is the one in use.
    pub current: bool,
}

/// A key of somebody who makes plugins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PublisherKey {
    /// 40 hexadecimal digits that stand for the key.
    pub fingerprint: String,
    /// The key itself: 64 hexadecimal digits (Ed25519).
    pub key: String,
    /// Whose it is.
    pub name: String,
    /// Since when it is known.
    pub added: TimestampMs,
    /// Since when nothing that it signs is taken; `None` while it is trusted.
    pub revoked: Option<TimestampMs>,
    /// The installed plugins that are bound to it, by id.
    pub plugins: Vec<String>,
}

/// The settings of a plugin and what draws their form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PluginSettings {
    /// JSON Schema 2020-12 of an object.
    #[schema(value_type = Object)]
    pub schema: Value,
    /// The values in force, defaults filled in. In the place of a secret there is a word that begins with `••••••••`; sent back, it
    /// means that the secret stays.
    #[schema(value_type = Object)]
    pub values: Value,
    /// Texts of the form, by language code and key.
    pub locales: BTreeMap<String, BTreeMap<String, String>>,
}

/// A prompt of a plugin, which the house can replace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PluginPrompt {
    /// Id of the plugin; `house` for what comes with the house.
    pub plugin: String,
    /// The prompt's name.
    pub name: String,
    /// The languages in which the package has it.
    pub languages: Vec<String>,
}

impl PluginPrompt {
    /// Whose prompts those are that come with the house.
    pub const HOUSE: &'static str = "house";
}

/// An act on an installed plugin was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PluginFault {
    /// No such plugin.
    Unknown,
    /// Not now or not so; the text says why and what to do.
    Refused(String),
    /// The host could not; the text says why.
    Failed(String),
}

/// A package was not installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InstallFault {
    /// It is no valid package; the text says what is wrong with it.
    Invalid(String),
    /// It asks for capabilities that nobody has approved.
    NeedsApproval(Vec<String>),
    /// The host could not; the text says why.
    Failed(String),
}

/// Settings were not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingsFault {
    /// No such plugin.
    Unknown,
    /// Some values are wrong.
    Invalid(Vec<FieldFault>),
    /// The host could not; the text says why.
    Failed(String),
}

/// What is wrong with one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// JSON Pointer (RFC 6901) into the values.
    pub path: String,
    /// What is wrong, for the admin.
    pub message: String,
}
