//! Calls in progress and what is left of them.

use crate::{CallId, CallQuality, Number, RecordingState, TimestampMs};
use serde::{Deserialize, Serialize};

/// One side of a call as people name it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Party {
    /// The number or SIP user part.
    pub number: String,
    /// The display name, empty when there is none.
    pub name: String,
    /// The extension, when it is one of ours.
    pub extension: Option<Number>,
}

/// Which way a call crosses the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Between two of our own.
    Internal,
    /// From a trunk.
    Inbound,
    /// To a trunk.
    Outbound,
}

/// Where a call in progress stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CallState {
    /// A decision is being made.
    Routing,
    /// Somebody's phone rings.
    Ringing,
    /// A plugin's script has the caller.
    InScript,
    /// Two parties talk.
    Talking,
    /// One party has put the other on hold.
    Held,
}

/// A call in progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LiveCall {
    /// Which call.
    pub id: CallId,
    /// Which way.
    pub direction: Direction,
    /// Who called.
    pub caller: Party,
    /// Who was called; the party that answered once there is one.
    pub callee: Party,
    /// Where it stands.
    pub state: CallState,
    /// The trunk it came or goes by.
    pub trunk: Option<String>,
    /// The plugin and entry that has the caller, `plugin/entry`.
    pub script: Option<String>,
    /// When the INVITE arrived.
    pub started: TimestampMs,
    /// When it was answered.
    pub answered: Option<TimestampMs>,
    /// Whether it is being recorded.
    pub recording: RecordingState,
}

/// Why a call ended, in the words of the call history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum EndCause {
    /// Answered, then one side hung up.
    Answered,
    /// The caller gave up before an answer.
    Cancelled,
    /// Nobody answered in time.
    NoAnswer,
    /// Every destination was busy.
    Busy,
    /// The called party refused.
    Rejected,
    /// No such number, or a number that nobody may call.
    NotFound,
    /// No phone is registered, or none could be reached.
    Unavailable,
    /// Something broke; `detail` of the record says what.
    Failed,
}

/// What is kept of a finished call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallRecord {
    /// Which call.
    pub id: CallId,
    /// Which way.
    pub direction: Direction,
    /// Who called.
    pub caller: Party,
    /// Who was called: what was dialled.
    pub callee: Party,
    /// The trunk it came or went by.
    pub trunk: Option<String>,
    /// The number that had sent it on before it came to the house, when one had and wanted to be named.
    pub diverted_by: Option<String>,
    /// The extension that answered, or the script `plugin/entry` that did.
    pub answered_by: Option<String>,
    /// When the INVITE arrived.
    pub started: TimestampMs,
    /// When it was answered.
    pub answered: Option<TimestampMs>,
    /// When it was over.
    pub ended: TimestampMs,
    /// Why it ended.
    pub cause: EndCause,
    /// One sentence for the admin: the SIP status, the plugin that decided, the fault.
    pub detail: String,
    /// How many recordings of it there are.
    pub recordings: u32,
    /// How it sounded; known a moment after its end, `None` when nobody talked.
    #[serde(default)]
    pub quality: Option<CallQuality>,
}
