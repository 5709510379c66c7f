//! What the house tells plugins: from the event bus to the topics that they subscribe to.

use super::publish;
use crate::plugins::Inner;
use jackfield_model::{Availability, CallRecord, Direction, EndCause, Event, EventKind, Number, Party, TimestampMs};
use serde::Serialize;
use std::sync::{Arc, Weak};
use tokio::{
    sync::broadcast::{
        Receiver,
        error::{RecvError, TryRecvError},
    },
    time::{Duration, sleep},
};

const ENDED: &str = "calls/ended";
const MISSED: &str = "calls/missed";
const PRESENCE: &str = "people/presence";
/// How long what happens is gathered before it is handed on. Being woken for every step of every call takes more processor time
/// than all of this, and the bus keeps some hundred times as much as happens meanwhile.
const GATHER: Duration = Duration::from_millis(20);
/// The topics of the house.
pub(crate) const TOPICS: [&str; 3] = [ENDED, MISSED, PRESENCE];

/// A call that is over.
#[derive(Serialize)]
struct Call<'a> {
    call: &'a str,
    direction: Direction,
    caller: &'a Party,
    callee: &'a Party,
    answered_by: Option<&'a str>,
    started: TimestampMs,
    answered: Option<TimestampMs>,
    ended: TimestampMs,
    cause: EndCause,
}

/// Somebody who is available in another way.
#[derive(Serialize)]
struct Presence<'a> {
    extensions: &'a [Number],
    state: &'a str,
    note: &'a str,
    until: Option<TimestampMs>,
}

/// Hand on what happens, for as long as there are plugins.
pub(crate) async fn listen(inner: Weak<Inner>, mut bus: Receiver<Arc<Event>>) {
    loop {
        let mut next = bus.recv().await.map_err(|end| match end {
            RecvError::Lagged(missed) => TryRecvError::Lagged(missed),
            RecvError::Closed => TryRecvError::Closed,
        });
        loop {
            match next {
                Ok(event) => {
                    let Some(inner) = inner.upgrade() else { return };
                    hand_on(&inner, &event).await;
                }
                Err(TryRecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "plugins do not learn of some events: too many came at once");
                }
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Closed) => return,
            }
            next = bus.try_recv();
        }
        sleep(GATHER).await;
    }
}

async fn hand_on(inner: &Inner, event: &Event) {
    match &event.kind {
        EventKind::CallRecorded(record) => {
            tell(inner, ENDED, || text(&Call::from(record))).await;
            if is_missed(record) {
                tell(inner, MISSED, || text(&Call::from(record))).await;
            }
        }
        EventKind::Availability { numbers, availability, .. } => {
            tell(inner, PRESENCE, || text(&presence(numbers, availability))).await;
        }
        _ => {}
    }
}

async fn tell(inner: &Inner, topic: &str, payload: impl FnOnce() -> String) {
    let roster = inner.roster.load_full();
    // At hundreds of calls a second nothing is written for nobody.
    if !roster.all.values().any(|plugin| super::subscribes(plugin, topic)) {
        return;
    }
    if let Err(why) = publish(&inner.host, &roster, "", topic, &payload(), &[]).await {
        tracing::warn!(topic, why, "plugins do not learn of an event");
    }
}

/// Whether an extension was called and nobody took the call: neither it nor whoever it was sent on to. A script is nobody.
fn is_missed(record: &CallRecord) -> bool {
    let person = record.answered_by.as_deref().is_some_and(|by| !by.contains('/'));
    record.callee.extension.is_some() && !person && record.cause != EndCause::NotFound
}

impl<'a> From<&'a CallRecord> for Call<'a> {
    fn from(record: &'a CallRecord) -> Self {
        Self {
            call: &record.id.0,
            direction: record.direction,
            caller: &record.caller,
            callee: &record.callee,
            answered_by: record.answered_by.as_deref(),
            started: record.started,
            answered: record.answered,
            ended: record.ended,
            cause: record.cause,
        }
    }
}

fn presence<'a>(extensions: &'a [Number], availability: &'a Availability) -> Presence<'a> {
    // As `services/presence` has it: what somebody keeps to themselves is not told.
    let told = !availability.hide_detail;
    Presence {
        extensions,
        state: availability.state.as_str(),
        note: if told { &availability.note } else { "" },
        until: availability.until.filter(|_| told),
    }
}

fn text(value: &impl Serialize) -> String {
    // Strings and numbers alone: it cannot fail.
    serde_json::to_string(value).unwrap_or_default()
}
