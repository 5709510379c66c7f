//! Recordings of calls.

use crate::{CallId, Party, TimestampMs};
use serde::{Deserialize, Serialize};

/// Whether a call in progress is being recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum RecordingState {
    /// It is not.
    #[default]
    Off,
    /// It is.
    On,
    /// What is said now is left out.
    Paused,
}

/// What is kept of what was said in a call. A call may have several: whoever stops and starts again begins another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Recording {
    /// Which one.
    pub id: u64,
    /// Of which call.
    pub call: CallId,
    /// Who called, or was on that side when it began.
    pub caller: Party,
    /// Who was on the other side.
    pub callee: Party,
    /// The extension or the login name of who started it; none when the house records such calls.
    pub started_by: Option<String>,
    /// When it began.
    pub started: TimestampMs,
    /// How long it lasts, in milliseconds.
    pub duration: u64,
    /// Size of its file.
    pub bytes: u64,
}
