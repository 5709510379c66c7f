//! Facts: what happened to contacts and agents, told to the house so that reports count it.
//!
//! ```no_run
//! use jackfield_sdk::{facts::{Happening, Logout, QueueExit, ExitReason}, prelude::*};
//! # fn example(visit: &str, call: &str) -> Result<()> {
//! let exit = QueueExit { reason: ExitReason::Abandoned, to: String::new(), told: None };
//! facts::record(&[
//!     facts::fact(format!("{visit}/exit"), clock::now(), Happening::QueueExit(exit)).in_visit(visit).of_call(call),
//!     facts::fact("logout/100/17", clock::now(), Happening::Logout(Logout { agent: "100".into() })),
//! ])
//! # }
//! ```
//!
//! They are on the disk when [`record`] returns. What has been told under a key stays as it was told first: whoever is not sure
//! tells it again.

use crate::{Result, bindings::imports::jackfield::services::facts};
pub use facts::{
    AcwEnd, AcwStart, AcwStop, AgentState, AgentStateKind, Alarm, AlarmState, Answer, AnswerEnd, Callback,
    CallbackStep, EndedBy, ExitReason, Fact, Happening, HelpRequest, IvrResult, IvrStep, Login, Logout, Media, Monitor,
    MonitorMode, Offer, OfferResult, QueueEnter, QueueExit, QueueLevel, Schedule, ServiceGoal, Survey, Transfer,
    TransferKind, WrapupCode,
};

/// Facts that one look at the host takes.
const AT_ONCE: usize = 128;

/// A fact, by a key that is unique within the plugin, at a time in milliseconds since 1970-01-01T00:00:00Z.
pub fn fact(key: impl Into<String>, at: u64, what: Happening) -> Fact {
    Fact { key: key.into(), at, call: None, visit: None, what }
}

impl Fact {
    /// It belongs to this stay in a queue.
    #[must_use]
    pub fn in_visit(mut self, visit: impl Into<String>) -> Self {
        self.visit = Some(visit.into());
        self
    }

    /// It belongs to this call.
    #[must_use]
    pub fn of_call(mut self, call: impl Into<String>) -> Self {
        self.call = Some(call.into());
        self
    }
}

impl Default for ServiceGoal {
    /// 80 % within 20 s; who gives up within 5 s does not count.
    fn default() -> Self {
        Self { percent: 80, target: 20_000, short: 5_000 }
    }
}

/// Keep these facts: each 128 of them all or none.
///
/// # Errors
/// When it is not permitted, one of them makes no sense, or they cannot be stored.
pub fn record(these: &[Fact]) -> Result<()> {
    for some in these.chunks(AT_ONCE) {
        facts::record_facts(some)?;
    }
    Ok(())
}
