//! What happened in a call, step by step, for people to read.

use crate::{CallId, EndCause, Party, TimestampMs};
use serde::{Deserialize, Serialize};

/// Everything that is remembered of a call's course.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallTrace {
    /// What was decided and done, oldest first.
    pub entries: Vec<TraceEntry>,
    /// The SIP dialogs of the call, the caller's first.
    pub dialogs: Vec<TraceDialog>,
    /// SIP messages of all dialogs, oldest first.
    pub messages: Vec<SipTrace>,
    /// Entries and messages for which there was no room.
    pub left_out: u32,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TraceEntry {
    /// When.
    pub at: TimestampMs,
    /// What.
    pub event: TraceEvent,
}

/// A plugin in one of its versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PluginVersion {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
}

/// What a plugin that was asked did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum AskOutcome {
    /// It had no opinion.
    Passed,
    /// It decided.
    Decided,
    /// It failed or made no sense; the call went on without it.
    Failed {
        /// Why.
        why: String,
    },
    /// It was not asked: it rests after failures, or those before it took too long.
    NotAsked,
}

/// A plugin that was to be asked for a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AskedPlugin {
    /// Which.
    pub plugin: PluginVersion,
    /// What came of it.
    pub outcome: AskOutcome,
    /// How long it took, in microseconds.
    pub micros: u32,
}

/// Where a decision sends a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DecisionKind {
    /// Nobody had an opinion: the house's own rules follow.
    Pass,
    /// Phones ring.
    Ring,
    /// A script has the caller.
    Run,
    /// Somebody else is called in its place.
    Redirect,
    /// A call that rings elsewhere is taken.
    PickUp,
    /// The call is parked, or one that was is taken.
    Park,
    /// The caller will be called back.
    CallBack,
    /// The caller takes part in a conversation of others.
    Join,
    /// The call is refused.
    Reject,
}

/// A rule of the house itself, for calls of which no plugin decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum HouseRule {
    /// The number is an extension: its phones ring.
    Extension,
    /// The number is one of ours as it is known outside: it is called inside.
    OwnNumber,
    /// Somebody of the house calls the outside.
    Outside,
    /// It goes to the emergency services, whatever plugins say.
    Emergency,
    /// Nobody has the number.
    Unknown,
    /// The call was sent in a circle.
    Circle,
}

/// What happened in one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum TraceEvent {
    /// Routing plugins were asked.
    Decided {
        /// Where the call goes.
        decision: DecisionKind,
        /// Whom or what it names.
        to: String,
        /// Who decided; `None` when all passed.
        by: Option<PluginVersion>,
        /// Its reason, in its own words.
        why: Option<String>,
        /// Who was asked, in order.
        asked: Vec<AskedPlugin>,
        /// How long all of it took, in microseconds.
        micros: u32,
        /// Whether it was about a call that nobody had taken.
        unreached: bool,
    },
    /// The house's own rules applied.
    Rule {
        /// Which.
        rule: HouseRule,
        /// The number that it was about.
        number: String,
    },
    /// A phone or a trunk was called.
    Rings {
        /// What the decision named.
        target: String,
        /// Transport and address.
        at: String,
        /// The trunk that it is a server of.
        trunk: Option<String>,
    },
    /// A phone or a trunk that was called refused, or could not be reached.
    Refused {
        /// What the decision named.
        target: String,
        /// The SIP status.
        status: u16,
    },
    /// Nobody that a decision named was reached.
    NotReached {
        /// The SIP status that says it best.
        status: u16,
        /// Why, in a few words.
        why: String,
    },
    /// Somebody has answered, or a script.
    Answered {
        /// The number, or `plugin/entry`.
        by: String,
    },
    /// A script has the caller.
    ScriptBegan {
        /// `plugin/entry`.
        script: String,
    },
    /// The script has given the caller back.
    ScriptEnded {
        /// `plugin/entry`.
        script: String,
        /// Why it failed, when it did.
        failed: Option<String>,
    },
    /// The script did something with the call.
    Verb {
        /// What, by the contract's name.
        verb: String,
        /// With what, and what came of it; never the keys that were pressed.
        detail: String,
        /// How long it took.
        millis: u32,
    },
    /// Another party is called, or has taken the place of one of the two.
    SentOn {
        /// The number.
        to: String,
    },
    /// The call is over.
    Ended {
        /// Why, in the words of the call history.
        cause: EndCause,
        /// One sentence.
        detail: String,
    },
}

/// What would become of a call that nobody makes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Foreseen {
    /// Step by step, to whoever would be rung or to the script that would have the caller.
    pub steps: Vec<TraceEvent>,
    /// What would follow if nobody answered.
    pub unanswered: Vec<TraceEvent>,
}

/// What the last calls would have become with another version of a plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Replay {
    /// Decisions that were made anew.
    pub asked: u32,
    /// Those that would have come out differently.
    pub differ: u32,
    /// The newest of them.
    pub differences: Vec<Difference>,
}

/// A call that would have gone elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Difference {
    /// Which call.
    pub call: CallId,
    /// When it was decided on.
    pub at: TimestampMs,
    /// Who called.
    pub caller: Party,
    /// Who was called.
    pub callee: Party,
    /// The decision as the plugins are.
    pub before: TraceEvent,
    /// The decision as they would be.
    pub after: TraceEvent,
}

/// One SIP dialog of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TraceDialog {
    /// Its Call-ID.
    pub call_id: String,
    /// The number of who is at its other end.
    pub with: String,
}

/// One SIP message: its start line and its telling header fields, without secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SipTrace {
    /// When it came or left.
    pub at: TimestampMs,
    /// The index of its dialog.
    pub dialog: u8,
    /// Whether the host sent it.
    pub sent: bool,
    /// `UDP`, `TCP`, `TLS`, `WS` or `WSS`.
    pub transport: String,
    /// The address of the other end.
    pub remote: String,
    /// Start line, header fields and the lines of SDP that matter; keys and passwords are cut out.
    pub text: String,
}
