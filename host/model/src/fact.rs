//! What happened to contacts and agents: facts that are kept for good and that reports count.
//!
//! The words are those of `wit/services/facts.wit`, where each is explained. All lengths of time are in milliseconds.

use crate::{CallId, TimestampMs};
use serde::{Deserialize, Serialize};

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What makes it the same fact when it is told again: unique within its source.
    pub key: String,
    /// When it happened.
    pub at: TimestampMs,
    /// The call of the contact.
    pub call: Option<CallId>,
    /// The stay in a queue that it belongs to: unique within its source.
    pub visit: Option<String>,
    /// What has happened.
    pub what: Happening,
}

/// What a queue promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceGoal {
    /// The share of visits, in percent, that is to be answered in time.
    pub percent: u8,
    /// In time is within this, in milliseconds.
    pub target: u32,
    /// Who gives up within this does not count as abandoned, in milliseconds.
    pub short: u32,
}

impl Default for ServiceGoal {
    /// 80 % within 20 s; who gives up within 5 s does not count.
    fn default() -> Self {
        Self { percent: 80, target: 20_000, short: 5_000 }
    }
}

/// What has happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each is explained in the contract")]
pub enum Happening {
    QueueEnter {
        queue: String,
        media: Media,
        contact: String,
        name: String,
        priority: i32,
        vip: bool,
        position: u32,
        skills: Vec<String>,
        preferred: Option<String>,
        goal: ServiceGoal,
    },
    QueueLevel {
        level: u32,
        skills: Vec<String>,
    },
    Offer {
        agent: String,
        device: String,
        ring: u32,
        outcome: OfferResult,
    },
    Answer {
        agent: String,
        device: String,
    },
    AnswerEnd {
        agent: String,
        by: EndedBy,
    },
    HoldStart,
    HoldStop,
    Transfer {
        kind: TransferKind,
        agent: String,
        to: String,
        done: bool,
    },
    HelpRequest {
        agent: String,
        supervisor: Option<String>,
        response: u32,
    },
    Monitor {
        supervisor: String,
        agent: String,
        mode: MonitorMode,
        lasted: u32,
        basis: String,
    },
    AcwStart {
        agent: String,
        allowed: Option<u32>,
    },
    AcwStop {
        agent: String,
        why: AcwEnd,
    },
    WrapupCode {
        agent: String,
        code: String,
    },
    QueueExit {
        reason: ExitReason,
        to: String,
        told: Option<u32>,
    },
    Callback {
        step: CallbackStep,
        number: String,
        attempt: u32,
        agent: Option<String>,
    },
    AgentState {
        agent: String,
        state: AgentState,
        reason: String,
        allowed: Option<u32>,
    },
    Login {
        agent: String,
        device: String,
        queues: Vec<String>,
    },
    Logout {
        agent: String,
    },
    Schedule {
        agent: String,
        activity: String,
        planned: bool,
        begins: TimestampMs,
        ends: TimestampMs,
    },
    Survey {
        question: String,
        score: u32,
        comment: String,
        agent: Option<String>,
    },
    IvrStep {
        menu: String,
        key: String,
        outcome: IvrResult,
        took: u32,
    },
    Alarm {
        name: String,
        queue: Option<String>,
        state: AlarmState,
        by: String,
    },
}

/// An enum of words: how each is written in the database and told to a person who reads it.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($case:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "each is explained in the contract")]
        pub enum $name { $(#[serde(rename = $word)] $case),+ }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$case),+];

            /// The word that the contract has for it.
            pub fn word(self) -> &'static str {
                match self { $(Self::$case => $word),+ }
            }
        }
    };
}

words! {
    /// How somebody got in touch.
    Media { Voice = "voice", Callback = "callback", Mail = "mail", Fax = "fax", Chat = "chat" }
}
words! {
    /// What came of an offer to an agent.
    OfferResult { Answered = "answered", Rona = "rona", Rejected = "rejected", CallerLeft = "caller-left" }
}
words! {
    /// Who ended a conversation.
    EndedBy { Contact = "contact", Agent = "agent", Transfer = "transfer", House = "house" }
}
words! {
    /// How a contact is passed on.
    TransferKind { Blind = "blind", Attended = "attended" }
}
words! {
    /// How somebody takes part who is not a party.
    MonitorMode { Listen = "listen", Whisper = "whisper", Barge = "barge" }
}
words! {
    /// Why wrap-up ended.
    AcwEnd { Done = "done", Timeout = "timeout", Extended = "extended" }
}
words! {
    /// Why a visit left its queue.
    ExitReason {
        Answered = "answered", Abandoned = "abandoned", Overflow = "overflow", Timeout = "timeout", Key = "key",
        Callback = "callback", Forced = "forced", Closed = "closed", FlowError = "flow-error",
    }
}
words! {
    /// How far a call-back is.
    CallbackStep {
        Requested = "requested", Offered = "offered", Attempt = "attempt", Done = "done", Expired = "expired",
    }
}
words! {
    /// What an agent does.
    AgentState {
        Ready = "ready", Ringing = "ringing", Talking = "talking", Acw = "acw", Pause = "pause", NotReady = "not-ready",
    }
}
words! {
    /// What came of a step of a menu.
    IvrResult { Chosen = "chosen", Invalid = "invalid", Timeout = "timeout", HangUp = "hang-up" }
}
words! {
    /// How an alarm stands.
    AlarmState { Raised = "raised", Acknowledged = "acknowledged", Cleared = "cleared" }
}

impl Happening {
    /// The fact's name in the contract.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::QueueEnter { .. } => "queue-enter",
            Self::QueueLevel { .. } => "queue-level",
            Self::Offer { .. } => "offer",
            Self::Answer { .. } => "answer",
            Self::AnswerEnd { .. } => "answer-end",
            Self::HoldStart => "hold-start",
            Self::HoldStop => "hold-stop",
            Self::Transfer { .. } => "transfer",
            Self::HelpRequest { .. } => "help-request",
            Self::Monitor { .. } => "monitor",
            Self::AcwStart { .. } => "acw-start",
            Self::AcwStop { .. } => "acw-stop",
            Self::WrapupCode { .. } => "wrapup-code",
            Self::QueueExit { .. } => "queue-exit",
            Self::Callback { .. } => "callback",
            Self::AgentState { .. } => "agent-state",
            Self::Login { .. } => "login",
            Self::Logout { .. } => "logout",
            Self::Schedule { .. } => "schedule",
            Self::Survey { .. } => "survey",
            Self::IvrStep { .. } => "ivr-step",
            Self::Alarm { .. } => "alarm",
        }
    }

    /// Whether it only makes sense in a visit.
    pub fn needs_visit(&self) -> bool {
        matches!(
            self,
            Self::QueueEnter { .. }
                | Self::QueueLevel { .. }
                | Self::Offer { .. }
                | Self::Answer { .. }
                | Self::AnswerEnd { .. }
                | Self::HoldStart
                | Self::HoldStop
                | Self::AcwStart { .. }
                | Self::AcwStop { .. }
                | Self::WrapupCode { .. }
                | Self::QueueExit { .. }
                | Self::Callback { .. }
        )
    }

    /// The extension of the agent whom it is about.
    pub fn agent(&self) -> Option<&str> {
        match self {
            Self::Offer { agent, .. }
            | Self::Answer { agent, .. }
            | Self::AnswerEnd { agent, .. }
            | Self::Transfer { agent, .. }
            | Self::HelpRequest { agent, .. }
            | Self::Monitor { agent, .. }
            | Self::AcwStart { agent, .. }
            | Self::AcwStop { agent, .. }
            | Self::WrapupCode { agent, .. }
            | Self::AgentState { agent, .. }
            | Self::Login { agent, .. }
            | Self::Logout { agent }
            | Self::Schedule { agent, .. } => Some(agent),
            Self::Callback { agent, .. } | Self::Survey { agent, .. } => agent.as_deref(),
            Self::QueueEnter { .. }
            | Self::QueueLevel { .. }
            | Self::HoldStart
            | Self::HoldStop
            | Self::QueueExit { .. }
            | Self::IvrStep { .. }
            | Self::Alarm { .. } => None,
        }
    }
}
