//! Recording of calls: which ones, who may start and stop it, and what becomes of it.
//!
//! What two parties of a conversation say is copied by taps on the media threads and written by a thread of its own
//! ([`jackfield_net::Tapes`]); the call task only begins, pauses and ends. Nothing is recorded while one of the two holds the
//! other: what is said then is not meant for them.

mod codes;
mod session;
mod wishes;

use jackfield_media::TakeFormat;
use jackfield_model::{CallId, Direction, LiveCall, Party, TimestampMs};
use jackfield_net::{Container, TapeEnd, TapeFormat, Tapes};
pub(crate) use session::Recording;
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;
pub use wishes::{CannotRecord, RecordingWish, Wisher};
pub(crate) use wishes::{Wished, Wishes};

/// Which calls are recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// None.
    #[default]
    Off,
    /// Those in which somebody asks for it.
    OnDemand,
    /// Those that [`RecordingConfig::directions`] and [`RecordingConfig::extensions`] name, from their first word; others as
    /// with [`Policy::OnDemand`].
    Always,
}

/// How calls are recorded.
#[derive(Clone, Debug)]
pub struct RecordingConfig {
    /// Which calls.
    pub policy: Policy,
    /// The calls of these extensions; of all when empty.
    pub extensions: Vec<String>,
    /// Calls that go these ways.
    pub directions: Vec<Direction>,
    /// What is kept.
    pub format: TapeFormat,
    /// What both hear before it begins.
    pub announcement: Option<Arc<[i16]>>,
    /// How often both hear a beep; never when zero.
    pub beep: Duration,
    /// Keys that start and stop it; none when empty.
    pub start_key: String,
    /// Keys that pause it and go on with it; none when empty.
    pub pause_key: String,
}

impl Default for RecordingConfig {
    fn default() -> Self {
        Self {
            policy: Policy::Off,
            extensions: Vec::new(),
            directions: vec![Direction::Internal, Direction::Inbound, Direction::Outbound],
            format: TapeFormat { take: TakeFormat { wide: false, stereo: true }, container: Container::Wav },
            announcement: None,
            beep: Duration::ZERO,
            start_key: String::from("*1"),
            pause_key: String::from("*2"),
        }
    }
}

impl RecordingConfig {
    /// Whether a call is recorded whoever asks for it or not.
    pub(crate) fn always(&self, call: &LiveCall) -> bool {
        let named = |party: &Party| {
            party.extension.as_ref().is_some_and(|own| self.extensions.iter().any(|named| named == own.as_str()))
        };
        self.policy == Policy::Always
            && self.directions.contains(&call.direction)
            && (self.extensions.is_empty() || named(&call.caller) || named(&call.callee))
    }
}

/// What records calls.
#[derive(Clone, Debug)]
pub struct Recorder {
    /// Where recordings are written.
    pub tapes: Tapes,
    /// Where news of them go. When it is full they are lost, and found again at the next start.
    pub news: mpsc::Sender<RecordingNews>,
}

/// A recording has begun, or is over.
#[derive(Debug)]
pub enum RecordingNews {
    /// It begins.
    Begun(NewRecording),
    /// It is over.
    Ended(TapeEnd),
}

/// A recording that begins.
#[derive(Clone, Debug)]
pub struct NewRecording {
    /// Name of its file.
    pub file: String,
    /// Of which call.
    pub call: CallId,
    /// Who is on the left.
    pub caller: Party,
    /// Who is on the right.
    pub callee: Party,
    /// Who started it; none when the house records such calls.
    pub started_by: Option<String>,
    /// When.
    pub started: TimestampMs,
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_model::{CallState, RecordingState};

    fn call(direction: Direction, caller: &str, callee: &str) -> LiveCall {
        let party = |number: &str| Party {
            number: number.into(),
            name: String::new(),
            extension: Some(number).filter(|number| number.len() == 3).map(|number| number.parse().unwrap()),
        };
        LiveCall {
            id: CallId::new(1, 1),
            direction,
            caller: party(caller),
            callee: party(callee),
            state: CallState::Talking,
            trunk: None,
            script: None,
            started: 0,
            answered: None,
            recording: RecordingState::Off,
        }
    }

    #[test]
    fn a_policy_names_ways_and_extensions() {
        let mut config = RecordingConfig { policy: Policy::Always, ..RecordingConfig::default() };
        assert!(config.always(&call(Direction::Internal, "100", "101")));
        config.directions = vec![Direction::Inbound];
        assert!(!config.always(&call(Direction::Internal, "100", "101")));
        config.extensions = vec![String::from("101")];
        assert!(config.always(&call(Direction::Inbound, "0123456", "101")));
        assert!(!config.always(&call(Direction::Inbound, "0123456", "102")));
        // A number from outside that looks like an extension is none.
        let mut forged = call(Direction::Inbound, "0123456", "102");
        forged.caller.number = String::from("101");
        assert!(!config.always(&forged));
        config.policy = Policy::OnDemand;
        assert!(!config.always(&call(Direction::Inbound, "0123456", "101")));
    }
}
