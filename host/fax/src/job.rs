//! What a fax is to do, and what has become of it.

use serde::{Deserialize, Serialize};

/// Longest station id (T.30 §5.3.6.2.4).
pub(crate) const LONGEST_STATION: usize = 20;

/// Which way pages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// To us: we answer, in the words of T.30.
    Receive,
    /// From us: we call.
    Send,
}

/// One fax.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Which way pages go.
    pub direction: Direction,
    /// What the far end shows as our number: digits, `+` and spaces, at most 20.
    pub station: String,
    /// A line of text above every page that is sent, with date and page number; none when empty.
    pub header: String,
    /// Whether errors may be corrected (T.30 annex A).
    pub ecm: bool,
    /// Fastest rate in bit/s: 14,400, 9,600 or 4,800.
    pub fastest: u32,
}

/// What a fax came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// All pages are there.
    Complete,
    /// There was no fax at the other end.
    NoFax,
    /// The line was cut before the end.
    LineDropped,
    /// The two found no speed at which the line carries anything.
    NotTrained,
    /// The far end cannot take these pages, or we not its.
    Incompatible,
    /// The far end gave up, or has taken the last page for unreadable.
    Refused,
    /// The document cannot be read or kept.
    Document,
    /// The far end said something that is not to be said there, or nothing.
    Protocol,
    /// The engine could not be started, or has ended.
    Engine,
}

/// What has become of a fax.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What it came to.
    pub cause: Cause,
    /// The same as a sentence in English, for a log.
    pub explanation: String,
    /// Pages that have gone over and were confirmed.
    pub pages: u32,
    /// What the far end calls itself; empty when it did not.
    pub station: String,
    /// Rate of the last page in bit/s; 0 when there was none.
    pub bit_rate: u32,
    /// Whether errors were corrected.
    pub ecm: bool,
    /// Whether it went as packets (T.38) and not as sound.
    pub t38: bool,
    /// Frames that were sent again (with ECM) or rows that were unreadable (without).
    pub errors: u32,
}

impl Report {
    /// A fax that never was one.
    pub fn failed(cause: Cause, explanation: impl Into<String>) -> Self {
        let explanation = explanation.into();
        Self { cause, explanation, pages: 0, station: String::new(), bit_rate: 0, ecm: false, t38: false, errors: 0 }
    }
}
