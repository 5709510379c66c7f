//! What screens want of the recording of a call, on the way to its task.

use jackfield_model::RecordingState;
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Notify, oneshot};

/// Wishes that may wait for one call.
const WAITING: usize = 4;

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingWish {
    /// That it be recorded, or go on after a pause.
    Record,
    /// That what is said now be left out.
    Pause,
    /// That it be recorded no longer.
    Stop,
}

/// Who wants it.
#[derive(Clone, Debug)]
pub struct Wisher {
    /// A login name or an extension.
    pub name: String,
    /// Whether this person may stop what the house has recorded.
    pub may_stop: bool,
}

/// Why it cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotRecord {
    /// The call is over.
    #[error("there is no such call")]
    NoCall,
    /// Nobody talks in it.
    #[error("nobody talks in this call now")]
    NobodyTalks,
    /// The house records no calls.
    #[error("recording of calls is switched off")]
    Off,
    /// There is nothing to pause.
    #[error("the call is not being recorded")]
    NotRecording,
    /// The house records such calls from beginning to end.
    #[error("such calls are recorded from beginning to end")]
    Required,
    /// There are too many recordings at once.
    #[error("too many calls are being recorded")]
    Busy,
}

pub(crate) struct Wished {
    pub wish: RecordingWish,
    pub by: Wisher,
    pub reply: oneshot::Sender<Result<RecordingState, CannotRecord>>,
}

/// The wishes of one call.
#[derive(Default)]
pub(crate) struct Wishes {
    waiting: Mutex<VecDeque<Wished>>,
    told: Notify,
}

impl Wishes {
    /// Put one in; it comes back when too many wait.
    pub(crate) fn put(&self, wished: Wished) -> Result<(), CannotRecord> {
        let mut waiting = self.waiting();
        if waiting.len() >= WAITING {
            return Err(CannotRecord::Busy);
        }
        waiting.push_back(wished);
        self.told.notify_one();
        Ok(())
    }

    /// Resolves when there may be one.
    pub(crate) async fn told(&self) {
        self.told.notified().await;
    }

    /// The next one.
    pub(crate) fn next(&self) -> Option<Wished> {
        self.waiting().pop_front()
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Wished>> {
        // Held for a push or a pop.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
