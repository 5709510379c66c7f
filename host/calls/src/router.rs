//! Deciding where a call goes: the trait that the plugin runtime implements, and the words both sides speak.

use jackfield_model::{AskedPlugin, CallId, Direction, Party, TimestampMs, TraceEvent};
use std::{future::Future, pin::Pin, time::Duration};

/// Decides where a call goes. Implemented by the plugin runtime; [`BuiltIn`] stands in when there is none.
///
/// An implementation never fails and never takes longer than its own deadline: a plugin that traps, hangs or is
/// switched off is passed over, and when nobody decides the answer is [`Decision::Pass`], which lets the built-in
/// dialling rule decide.
pub trait Router: Send + Sync + 'static {
    /// Ask who wants this call.
    fn route(&self, request: RouteRequest) -> Pin<Box<dyn Future<Output = Routed> + Send + '_>>;

    /// The same for a call that nobody makes, at the moment that the request names: nothing is counted, logged or held against
    /// a plugin that fails.
    fn foresee(&self, request: RouteRequest) -> Pin<Box<dyn Future<Output = Routed> + Send + '_>> {
        self.route(request)
    }
}

/// Everything a decision may depend on; nothing is looked up while deciding.
#[derive(Clone, Debug)]
pub struct RouteRequest {
    /// The call.
    pub call: CallId,
    /// Which way it goes.
    pub direction: Direction,
    /// Who calls; authenticated when `caller.extension` is set.
    pub caller: Party,
    /// What was dialled; `callee.extension` is set when the number is an extension of the house.
    pub callee: Party,
    /// The trunk it came in by.
    pub trunk: Option<String>,
    /// Header fields of the INVITE that plugins may see, in order: never credentials.
    pub headers: Vec<(String, String)>,
    /// How often this call has been routed before: 0 for the first time, then once per redirect or transfer.
    pub hop: u8,
    /// Unix milliseconds.
    pub now: TimestampMs,
    /// Variables set by earlier decisions and scripts of this call.
    pub vars: Vec<(String, String)>,
    /// Set when the callee was rung and nobody took the call: only who deals with such calls is asked.
    pub unreached: Option<Unreached>,
}

/// Why a call reached nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreached {
    /// All phones were busy, or do not want to be disturbed.
    Busy,
    /// Nobody answered in time.
    NoAnswer,
    /// Somebody has declined.
    Rejected,
    /// No phone is registered, or none could be reached.
    Unavailable,
}

impl Unreached {
    /// What a final status says (RFC 3261 §21); `None` when it is not about the callee.
    pub fn of(status: u16) -> Option<Self> {
        Some(match status {
            486 | 600 => Self::Busy,
            408 | 480 | 487 => Self::NoAnswer,
            603 | 607 | 608 => Self::Rejected,
            404 | 410 | 430 | 500..=599 | 604 => Self::Unavailable,
            _ => return None,
        })
    }
}

/// What was decided and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routed {
    /// Where the call goes.
    pub decision: Decision,
    /// Variables to set on the call.
    pub set_vars: Vec<(String, String)>,
    /// The plugin that decided, or `None` when all passed.
    pub by: Option<String>,
    /// Its reason, for the admin.
    pub explain: Option<String>,
    /// Who was asked, in order.
    pub asked: Vec<AskedPlugin>,
}

/// Where a call goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// No opinion: the next router, then the built-in rule.
    Pass,
    /// Ring groups one after the other; the legs of a group ring in parallel.
    Ring(Vec<Vec<RingTarget>>),
    /// Give the caller to a script.
    Run(ScriptRef),
    /// Route again with this number or URI as the callee.
    Redirect(String),
    /// Give the caller the call that rings at this number.
    PickUp(String),
    /// Park a call that was transferred here at this number; whoever dials the number gets the call that is there.
    Park(String),
    /// Call the caller back when this number is free; empty for the number that the caller found busy or silent last.
    CallBack(String),
    /// Let the caller take part in the conversation that this number is in.
    Join(String, Part),
    /// Refuse with this SIP status, 300 to 699 (RFC 3261 §21).
    Reject(u16),
}

/// How somebody takes part in a conversation of two others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Hears both and is heard by neither.
    Listen,
    /// Hears both and is heard by the party whose number was named.
    Whisper,
    /// Talks with both.
    Barge,
}

/// One leg to ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingTarget {
    /// `ext:100`, `sip:…` or a bare number of the house.
    pub to: String,
    /// How long to ring it, 1 s to 10 min.
    pub ring: Duration,
    /// What it sees as caller, in place of the real one.
    pub caller_id: Option<Party>,
    /// How it rings.
    pub style: RingStyle,
}

/// How a phone rings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RingStyle {
    /// As for a call from outside, or for one of the house.
    #[default]
    Usual,
    /// As for a call of the house.
    Internal,
    /// As for a call from outside.
    External,
    /// As for something urgent.
    Priority,
    /// Not at all: it answers by itself, on its loudspeaker, if it can.
    AutoAnswer,
}

impl RingTarget {
    /// Ring a target for so long, and nothing special about it.
    pub fn new(to: String, ring: Duration) -> Self {
        Self { to, ring, caller_id: None, style: RingStyle::Usual }
    }
}

/// One entry of one plugin's script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptRef {
    /// The plugin's id.
    pub plugin: String,
    /// The entry's name, as the plugin knows it.
    pub entry: String,
    /// What the decision wants the script to know.
    pub args: Vec<(String, String)>,
}

/// The router of a house without plugins: everything passes to the built-in rule.
pub struct BuiltIn;

impl Router for BuiltIn {
    fn route(&self, _request: RouteRequest) -> Pin<Box<dyn Future<Output = Routed> + Send + '_>> {
        Box::pin(std::future::ready(Routed::pass()))
    }
}

impl Routed {
    /// As a step of a call's course.
    pub fn as_step(&self) -> TraceEvent {
        crate::trace::decided(self, Duration::ZERO, false)
    }

    /// Nobody had an opinion.
    pub fn pass() -> Self {
        Self { decision: Decision::Pass, set_vars: Vec::new(), by: None, explain: None, asked: Vec::new() }
    }
}
