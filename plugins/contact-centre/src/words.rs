//! What scripts and pages ask the centre, and what it tells them.

use crate::settings::Binding;
use jackfield_sdk::{Error, Result as Answer, millis, reducer};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The key of the one state there is.
pub const CENTRE: &str = "centre";

/// A question or a wish.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Ask {
    /// A caller wants to wait in a queue. The reply is an [`Entry`].
    Enter { queue: String, number: String, name: String },
    /// Where a caller stands. The reply is a [`Standing`].
    Where { contact: String },
    /// The agent's telephone has been picked up. The reply says whether it is still the agent's contact.
    Answered { contact: String },
    /// It has not.
    NotAnswered { contact: String, why: Missed },
    /// The conversation is over.
    Ended { contact: String },
    /// The caller goes elsewhere.
    Leaves { contact: String },
    /// The caller wants to be called back. The reply says whether that is taken.
    CallBack { contact: String, number: String, recording: Option<String> },
    /// An agent has picked up for a call back. The reply is a [`ToCall`], or nothing when it is not wanted any more.
    CallBackBegins { contact: String },
    /// The caller is about to be called.
    CallBackDials { contact: String },
    /// The caller has not answered.
    CallBackFails { contact: String },
    /// An agent's own wish.
    Agent { agent: String, wish: Wish },
    /// A supervisor's.
    Supervisor { by: String, wish: Order },
}

/// Why an agent's telephone was not picked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Missed {
    NoAnswer,
    Busy,
    Rejected,
    Unavailable,
}

/// What agents want.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// Work at this telephone.
    LogIn {
        phone: String,
    },
    LogOut,
    /// Ready again, also before the time for notes is over.
    Ready,
    /// At once, or after the contact in hand.
    Break {
        name: String,
    },
    /// What the last contact was about.
    Code {
        code: String,
    },
    /// So many seconds more for notes.
    Extend {
        seconds: u64,
    },
    Help {
        wanted: bool,
    },
}

/// What supervisors want.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// What an agent does in the queues, from the next decision on; none: what is set.
    Assign {
        agent: String,
        bindings: Option<Vec<Binding>>,
    },
    /// At this telephone.
    LogIn {
        agent: String,
        phone: String,
    },
    LogOut {
        agent: String,
    },
    Ready {
        agent: String,
    },
    Break {
        agent: String,
        name: String,
    },
    /// What the agent's last contact was about.
    Code {
        agent: String,
        code: String,
    },
    /// So many seconds more for the agent's notes.
    Extend {
        agent: String,
        seconds: u64,
    },
    /// Somebody helps.
    Helped {
        agent: String,
    },
    /// The alarm of a queue has been seen.
    Acknowledge {
        queue: String,
    },
    /// A call back is not wanted.
    RemoveCallback {
        contact: String,
    },
}

/// What becomes of a caller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Entry {
    /// Waits, at this place.
    Waits(Standing),
    /// Goes there; nowhere when it is empty.
    GoesTo(String),
}

/// Where a caller stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// From 1; 0 when the caller does not wait.
    pub position: usize,
    /// For how long at most, in minutes; nothing when too little is known to say.
    pub minutes: Option<u64>,
}

/// Whom to call back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToCall {
    pub number: String,
    pub recording: Option<String>,
}

/// A word for a waiting caller's script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Word {
    /// Ring this telephone.
    Offer { phone: String, seconds: u64 },
    /// Wait no longer: go there, or nowhere when it is empty.
    GoTo(String),
}

/// Whether a wish was granted; the text says why not.
pub type Granted = Result<(), String>;

/// Ask the centre. A caller is not lost because the house is short of breath for a moment: every question may be asked again.
pub fn ask<R: DeserializeOwned>(call: &jackfield_sdk::Call, question: &Ask) -> Answer<R> {
    again(call, || reducer::ask(CENTRE, question))
}

/// Join the centre with a question, in the same way.
pub fn join<R: DeserializeOwned>(call: &jackfield_sdk::Call, question: &Ask) -> Answer<R> {
    again(call, || call.join(CENTRE, question))
}

fn again<R>(call: &jackfield_sdk::Call, attempt: impl Fn() -> Answer<R>) -> Answer<R> {
    for _ in 0..2 {
        match attempt() {
            Err(Error::Failed(_)) => drop(call.wait(millis(300))),
            outcome => return outcome,
        }
    }
    attempt()
}
