//! What a call remembers of its course: decisions, verbs and dialogs, bounded, for whoever wants it explained.

use crate::{
    exchange::now_ms,
    router::{Decision, RingTarget, Routed},
};
use jackfield_model::{
    AskedPlugin, CallTrace, DecisionKind, PluginVersion, SipTrace, TraceDialog, TraceEntry, TraceEvent,
};
use jackfield_net::Sip;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Entries from a call's beginning.
const FIRST: usize = 120;
/// And its newest ones.
const LAST: usize = 80;
/// Dialogs of one call.
const MOST_DIALOGS: usize = 16;
/// Octets of a text in an entry.
const LONGEST: usize = 240;

/// The course of one call so far; cheap to clone. Empty for ever where nothing is to be remembered.
#[derive(Clone, Default)]
pub(crate) struct Trace(Option<Arc<Mutex<Course>>>);

/// What is remembered of a course.
#[derive(Clone, Default)]
pub(crate) struct Course {
    entries: Vec<TraceEntry>,
    dialogs: Vec<TraceDialog>,
    left_out: u32,
}

impl Trace {
    pub(crate) fn new(on: bool) -> Self {
        Self(on.then(Arc::default))
    }

    /// Something happened; what, is asked only where it is remembered.
    pub(crate) fn note(&self, event: impl FnOnce() -> TraceEvent) {
        let Some(mut course) = self.course() else { return };
        let entry = TraceEntry { at: now_ms(), event: event() };
        if course.entries.len() == FIRST + LAST {
            course.entries.remove(FIRST);
            course.left_out += 1;
        }
        course.entries.push(entry);
    }

    /// The call has this dialog.
    pub(crate) fn dialog(&self, call_id: &str, with: &str) {
        let Some(mut course) = self.course() else { return };
        if course.dialogs.len() < MOST_DIALOGS && course.dialogs.iter().all(|dialog| dialog.call_id != call_id) {
            course.dialogs.push(TraceDialog { call_id: clipped(call_id), with: clipped(with) });
        }
    }

    /// Plugins have decided, or passed.
    pub(crate) fn decided(&self, routed: &Routed, took: Duration, unreached: bool) {
        self.note(|| decided(routed, took, unreached));
    }

    /// What is remembered so far.
    pub(crate) fn so_far(&self) -> Option<Course> {
        self.course().map(|course| course.clone())
    }

    /// What is remembered; nothing is left then.
    pub(crate) fn take(&self) -> Option<Course> {
        self.course().map(|mut course| std::mem::take(&mut *course))
    }

    fn course(&self) -> Option<MutexGuard<'_, Course>> {
        // Held for a push, never across an await.
        self.0.as_ref().map(|course| course.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Course {
    /// With the messages of its dialogs; with `take` these are forgotten.
    pub(crate) async fn with_messages(self, sip: &Sip, take: bool) -> CallTrace {
        let Self { entries, dialogs, mut left_out } = self;
        let call_ids = dialogs.iter().map(|dialog| dialog.call_id.clone()).collect();
        let mut messages = Vec::new();
        for (dialog, found) in (0_u8..).zip(sip.dialogs(call_ids, take).await) {
            left_out += found.left_out;
            messages.extend(found.messages.into_iter().map(|message| SipTrace {
                at: message.at,
                dialog,
                sent: message.sent,
                transport: message.transport.to_owned(),
                remote: message.remote.to_string(),
                text: message.text.into(),
            }));
        }
        // Those of one dialog stay in their order.
        messages.sort_by_key(|message| message.at);
        CallTrace { entries, dialogs, messages, left_out }
    }
}

/// What plugins have decided, as a step.
pub(crate) fn decided(routed: &Routed, took: Duration, unreached: bool) -> TraceEvent {
    let (decision, to) = described(&routed.decision);
    let decider = |asked: &&AskedPlugin| Some(&asked.plugin.id) == routed.by.as_ref();
    TraceEvent::Decided {
        decision,
        to: clipped(&to),
        by: routed.by.clone().map(|id| {
            let version = routed.asked.iter().find(decider).map(|asked| asked.plugin.version.clone());
            PluginVersion { id, version: version.unwrap_or_default() }
        }),
        why: routed.explain.as_deref().map(clipped),
        asked: routed.asked.clone(),
        micros: u32::try_from(took.as_micros()).unwrap_or(u32::MAX),
        unreached,
    }
}

/// A decision in a word, and whom it names.
pub(crate) fn described(decision: &Decision) -> (DecisionKind, String) {
    match decision {
        Decision::Pass => (DecisionKind::Pass, String::new()),
        Decision::Ring(groups) => (DecisionKind::Ring, ringing(groups)),
        Decision::Run(script) => (DecisionKind::Run, format!("{}/{}", script.plugin, script.entry)),
        Decision::Redirect(to) => (DecisionKind::Redirect, to.clone()),
        Decision::PickUp(number) => (DecisionKind::PickUp, number.clone()),
        Decision::Park(number) => (DecisionKind::Park, number.clone()),
        Decision::CallBack(number) => (DecisionKind::CallBack, number.clone()),
        Decision::Join(number, _) => (DecisionKind::Join, number.clone()),
        Decision::Reject(status) => (DecisionKind::Reject, status.to_string()),
    }
}

/// `ext:100 + ext:101 (20 s), then ext:102 (60 s)`.
fn ringing(groups: &[Vec<RingTarget>]) -> String {
    let group = |group: &Vec<RingTarget>| {
        let targets: Vec<_> = group.iter().map(|target| target.to.as_str()).collect();
        let longest = group.iter().map(|target| target.ring.as_secs()).max().unwrap_or_default();
        format!("{} ({longest} s)", targets.join(" + "))
    };
    groups.iter().map(group).collect::<Vec<_>>().join(", then ")
}

/// A text within its bound.
pub(crate) fn clipped(text: &str) -> String {
    let end = text.floor_char_boundary(LONGEST);
    if end == text.len() { text.to_owned() } else { format!("{}…", &text[..end]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_course_keeps_its_beginning_and_its_end() {
        let trace = Trace::new(true);
        for n in 0..500 {
            trace.note(|| TraceEvent::SentOn { to: n.to_string() });
        }
        let course = trace.take().unwrap();
        let to = |index: usize| match &course.entries[index].event {
            TraceEvent::SentOn { to } => to.clone(),
            other => format!("{other:?}"),
        };
        assert_eq!((course.entries.len(), course.left_out), (FIRST + LAST, 300));
        assert_eq!([to(0), to(FIRST - 1), to(FIRST), to(FIRST + LAST - 1)], ["0", "119", "420", "499"]);
        assert!(trace.take().unwrap().entries.is_empty());
        for n in 0..40 {
            trace.dialog(&format!("call-{}", n % 20), "100");
        }
        assert_eq!(trace.so_far().unwrap().dialogs.len(), MOST_DIALOGS);
    }

    #[test]
    fn where_nothing_is_remembered_nothing_is_even_asked() {
        let trace = Trace::new(false);
        trace.note(|| unreachable!("nobody wants to know"));
        assert!(trace.take().is_none());
    }

    #[test]
    fn decisions_are_described_with_whom_they_name() {
        let target = |to: &str, seconds| RingTarget::new(to.into(), Duration::from_secs(seconds));
        let groups = vec![vec![target("ext:100", 20), target("ext:101", 10)], vec![target("ext:102", 60)]];
        let (kind, to) = described(&Decision::Ring(groups));
        assert_eq!((kind, to.as_str()), (DecisionKind::Ring, "ext:100 + ext:101 (20 s), then ext:102 (60 s)"));
        assert!(clipped(&"é".repeat(500)).len() < LONGEST + 8);
    }
}
