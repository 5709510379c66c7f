//! The calls in progress, as screens see them.

use crate::{
    events::EventBus,
    quality::SoundBook,
    recording::{CannotRecord, RecordingWish, Wished, Wisher, Wishes},
};
use jackfield_model::{CallId, CallState, EventKind, LegQuality, LiveCall, RecordingState, TimestampMs};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{Notify, oneshot};

/// How long a call may take to say how its recording stands.
const PATIENCE: Duration = Duration::from_secs(2);

/// Every call in progress; each call task writes its own entry, screens read all of them.
#[derive(Clone)]
pub struct LiveCalls {
    calls: Arc<Mutex<HashMap<CallId, Entry>>>,
    bus: EventBus,
}

struct Entry {
    call: LiveCall,
    hang_up: Arc<Notify>,
    wishes: Arc<Wishes>,
    sound: SoundBook,
}

/// One call's entry; leaves the list when dropped.
pub struct LiveEntry {
    live: LiveCalls,
    call: LiveCall,
    hang_up: Arc<Notify>,
    wishes: Arc<Wishes>,
    sound: SoundBook,
}

impl LiveCalls {
    /// An empty list that tells the bus of every change.
    pub fn new(bus: EventBus) -> Self {
        Self { calls: Arc::default(), bus }
    }

    /// All of them, oldest first.
    pub fn list(&self) -> Vec<LiveCall> {
        let mut calls: Vec<_> = self.calls().values().map(|e| e.call.clone()).collect();
        calls.sort_by(|a, b| (a.started, &a.id).cmp(&(b.started, &b.id)));
        calls
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.calls().len()
    }

    /// Ask a call to end; false when there is no such call.
    pub fn hang_up(&self, id: &CallId) -> bool {
        let calls = self.calls();
        let found = calls.get(id);
        if let Some(entry) = found {
            entry.hang_up.notify_one();
        }
        found.is_some()
    }

    /// Have a call recorded, or no longer; how it stands then.
    ///
    /// # Errors
    /// When it cannot be, or must not.
    pub async fn record(&self, id: &CallId, wish: RecordingWish, by: Wisher) -> Result<RecordingState, CannotRecord> {
        let (reply, answer) = oneshot::channel();
        {
            let calls = self.calls();
            let entry = calls.get(id).ok_or(CannotRecord::NoCall)?;
            if !matches!(entry.call.state, CallState::Talking | CallState::Held) {
                return Err(CannotRecord::NobodyTalks);
            }
            entry.wishes.put(Wished { wish, by, reply })?;
        }
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(outcome)) => outcome,
            // The conversation ended meanwhile, or waits for something.
            Ok(Err(_)) | Err(_) => Err(CannotRecord::NobodyTalks),
        }
    }

    /// How the legs of a call sound now; `None` when there is no such call.
    pub async fn quality(&self, id: &CallId) -> Option<Vec<LegQuality>> {
        let (sound, answered) = {
            let calls = self.calls();
            let entry = calls.get(id)?;
            (entry.sound.clone(), entry.call.answered.is_some())
        };
        Some(sound.now(answered).await)
    }

    pub(crate) fn add(&self, call: LiveCall) -> LiveEntry {
        let hang_up = Arc::new(Notify::new());
        let wishes = Arc::new(Wishes::default());
        let sound = SoundBook::default();
        let entry = Entry {
            call: call.clone(),
            hang_up: Arc::clone(&hang_up),
            wishes: Arc::clone(&wishes),
            sound: sound.clone(),
        };
        self.calls().insert(call.id.clone(), entry);
        self.bus.publish(call.started, EventKind::Call(call.clone()));
        LiveEntry { live: self.clone(), call, hang_up, wishes, sound }
    }

    fn calls(&self) -> MutexGuard<'_, HashMap<CallId, Entry>> {
        // Held for a look-up or an insert, which cannot panic half-way.
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LiveEntry {
    /// The call as it stands.
    pub fn call(&self) -> &LiveCall {
        &self.call
    }

    /// Change it and tell; nothing is told when nothing changed.
    pub fn update(&mut self, at: TimestampMs, change: impl FnOnce(&mut LiveCall)) {
        let before = self.call.clone();
        change(&mut self.call);
        if before == self.call {
            return;
        }
        if let Some(entry) = self.live.calls().get_mut(&self.call.id) {
            entry.call = self.call.clone();
        }
        self.live.bus.publish(at, EventKind::Call(self.call.clone()));
    }

    /// Take it off the list and tell that it is over.
    pub fn end(&mut self, at: TimestampMs) {
        self.live.calls().remove(&self.call.id);
        self.live.bus.publish(at, EventKind::CallEnded { id: self.call.id.clone() });
    }

    /// How its legs sound.
    pub(crate) fn sound(&self) -> SoundBook {
        self.sound.clone()
    }

    /// What screens want of its recording.
    pub(crate) fn wishes(&self) -> Arc<Wishes> {
        Arc::clone(&self.wishes)
    }

    /// Resolves when somebody asks for the call to end.
    pub(crate) fn hang_up_asked(&self) -> Arc<Notify> {
        Arc::clone(&self.hang_up)
    }
}

impl Drop for LiveEntry {
    fn drop(&mut self) {
        self.live.calls().remove(&self.call.id);
    }
}
