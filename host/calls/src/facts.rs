//! What is known of a call while it lasts, and becomes its record.

use crate::{exchange::now_ms, live::LiveEntry, quality::SoundBook, recording::Wishes, router::RouteRequest};
use jackfield_model::{CallRecord, CallState, Direction, EndCause, LiveCall, Party, RecordingState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most variables of one call.
const MAX_VARS: usize = 64;

/// What is known of a call. Shared by the call task and the script that has the caller; written by one at a time.
#[derive(Clone)]
pub(crate) struct Facts(Arc<Mutex<Inner>>, Arc<Wishes>, SoundBook);

struct Inner {
    entry: LiveEntry,
    dialled: Party,
    vars: Vec<(String, String)>,
    diverted_by: Option<String>,
    answered_by: Option<String>,
    end: Option<(EndCause, String)>,
    over: bool,
    recordings: u32,
}

impl Facts {
    pub(crate) fn new(entry: LiveEntry) -> Self {
        let dialled = entry.call().callee.clone();
        let (wishes, sound) = (entry.wishes(), entry.sound());
        let inner = Inner {
            entry,
            dialled,
            vars: Vec::new(),
            diverted_by: None,
            answered_by: None,
            end: None,
            over: false,
            recordings: 0,
        };
        Self(Arc::new(Mutex::new(inner)), wishes, sound)
    }

    /// The call as screens see it.
    pub(crate) fn call(&self) -> LiveCall {
        self.inner().entry.call().clone()
    }

    /// Show another state.
    pub(crate) fn state(&self, state: CallState) {
        self.inner().entry.update(now_ms(), |call| call.state = state);
    }

    /// It goes out by a trunk now; which way it goes is told once.
    pub(crate) fn by_trunk(&self, trunk: &str) {
        self.inner().entry.update(now_ms(), |call| {
            if call.trunk.is_none() {
                call.direction = Direction::Outbound;
            }
            call.trunk = Some(trunk.to_owned());
        });
    }

    /// Somebody had sent it on before it came.
    pub(crate) fn diverted_by(&self, number: &str) {
        self.set_var("diverted-by", number);
        self.inner().diverted_by = Some(number.to_owned());
    }

    /// Show whether it is being recorded.
    pub(crate) fn recording(&self, state: RecordingState) {
        self.inner().entry.update(now_ms(), |call| call.recording = state);
    }

    /// How its legs sound.
    pub(crate) fn sound(&self) -> &SoundBook {
        &self.2
    }

    /// What screens want of its recording.
    pub(crate) fn wishes(&self) -> &Wishes {
        &self.1
    }

    /// Count one more recording; its number.
    pub(crate) fn next_recording(&self) -> u32 {
        let mut inner = self.inner();
        inner.recordings += 1;
        inner.recordings
    }

    /// A script has the caller.
    pub(crate) fn in_script(&self, script: Option<String>) {
        self.inner().entry.update(now_ms(), |call| {
            if script.is_some() {
                call.state = CallState::InScript;
            }
            call.script = script;
        });
    }

    /// Somebody has answered: an extension, or a script. The first answer is the one the record keeps the time of.
    pub(crate) fn answered(&self, by: &str, party: Option<Party>) {
        let mut inner = self.inner();
        inner.answered_by = Some(by.to_owned());
        let now = now_ms();
        inner.entry.update(now, |call| {
            call.answered.get_or_insert(now);
            if let Some(party) = party {
                call.callee = party;
                call.state = CallState::Talking;
            }
        });
    }

    /// The name of whoever calls from this number has become known; too late once another party has the place, or the call is over.
    pub(crate) fn name_caller(&self, number: &str, name: String) {
        let mut inner = self.inner();
        if inner.over {
            return;
        }
        inner.entry.update(now_ms(), |call| {
            if call.caller.extension.is_none() && call.caller.number == number {
                call.caller.name = name;
            }
        });
    }

    /// The call is routed anew to somebody else.
    pub(crate) fn redirected(&self, callee: Party) {
        self.inner().entry.update(now_ms(), |call| call.callee = callee);
    }

    /// One party has sent the other elsewhere: who is left, and where it goes.
    pub(crate) fn transferred(&self, caller: Party, callee: Party) {
        self.inner().entry.update(now_ms(), |call| (call.caller, call.callee) = (caller, callee));
    }

    /// Another party has taken the place of the caller, or of the callee.
    pub(crate) fn replaced(&self, is_caller: bool, by: Party) {
        self.inner().entry.update(now_ms(), |call| {
            if is_caller {
                call.caller = by;
            } else {
                call.callee = by;
            }
        });
    }

    /// Why the call ends; what is said last counts.
    pub(crate) fn ends(&self, cause: EndCause, detail: impl Into<String>) {
        self.inner().end = Some((cause, detail.into()));
    }

    /// Whether somebody has answered.
    pub(crate) fn was_answered(&self) -> bool {
        self.inner().entry.call().answered.is_some()
    }

    /// A call variable.
    pub(crate) fn var(&self, name: &str) -> Option<String> {
        self.inner().vars.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone())
    }

    /// Set a call variable; false when there are too many.
    pub(crate) fn set_var(&self, name: &str, value: &str) -> bool {
        let mut inner = self.inner();
        let vars = &mut inner.vars;
        if let Some((_, old)) = vars.iter_mut().find(|(n, _)| n == name) {
            value.clone_into(old);
            return true;
        }
        let room = vars.len() < MAX_VARS;
        if room {
            vars.push((name.to_owned(), value.to_owned()));
        }
        room
    }

    /// What routing is asked.
    pub(crate) fn request(&self, headers: &[(String, String)], hop: u8) -> RouteRequest {
        let inner = self.inner();
        let call = inner.entry.call();
        RouteRequest {
            call: call.id.clone(),
            direction: call.direction,
            caller: call.caller.clone(),
            callee: call.callee.clone(),
            trunk: call.trunk.clone(),
            headers: headers.to_vec(),
            hop,
            now: now_ms(),
            vars: inner.vars.clone(),
            unreached: None,
        }
    }

    /// The call is over: take it off the screens and make its record.
    pub(crate) fn finish(&self) -> CallRecord {
        let mut inner = self.inner();
        let ended = now_ms();
        let (cause, detail) = inner.end.take().unwrap_or((EndCause::Failed, String::from("ended without a reason")));
        inner.entry.end(ended);
        inner.over = true;
        let call = inner.entry.call().clone();
        CallRecord {
            id: call.id,
            direction: call.direction,
            caller: call.caller,
            callee: inner.dialled.clone(),
            trunk: call.trunk,
            diverted_by: inner.diverted_by.take(),
            answered_by: inner.answered_by.take(),
            started: call.started,
            answered: call.answered,
            ended,
            cause,
            detail,
            recordings: inner.recordings,
            quality: None,
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Held for a few assignments, never across an await.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
