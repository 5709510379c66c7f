//! What is left of a call besides its record: how it sounded and what happened in it, put together a moment after its end.
//!
//! The last messages of a dialog, and what streams tell when they are closed, come after the call is over. One task waits for
//! both, so that no call does.

use crate::{quality::PendingQuality, trace::Course};
use jackfield_model::{CallId, CallTrace, LegQuality, TimestampMs};
use jackfield_net::Sip;
use std::{collections::VecDeque, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

/// Finished calls that may wait to be taken; one that finds no place is not explained, its record is kept all the same.
pub(crate) const WAITING: usize = 4_096;
/// Calls that wait for their streams; the oldest then go as they are.
const KEPT: usize = 8_192;
/// How long they wait for company, and for their streams, which tell with their next wake-up, at the latest after half a second.
const GATHER: Duration = Duration::from_millis(600);
/// A stream that has told nothing for so long is gone.
const PATIENCE: Duration = Duration::from_secs(3);

/// A call that is over.
pub(crate) struct Finished {
    pub call: CallId,
    pub ended: TimestampMs,
    pub sound: PendingQuality,
    pub course: Option<Course>,
}

/// What is left of a call besides its record.
#[derive(Clone, Debug)]
pub struct CallReport {
    /// Which call.
    pub call: CallId,
    /// When it was over.
    pub ended: TimestampMs,
    /// How its legs sounded; empty when nobody talked.
    pub legs: Vec<LegQuality>,
    /// What happened in it, where that is remembered.
    pub trace: Option<CallTrace>,
}

/// Puts reports together until nobody hands in calls any more.
pub(crate) async fn run(sip: Sip, mut finished: mpsc::Receiver<Finished>, reports: mpsc::Sender<CallReport>) {
    let mut kept: VecDeque<(Instant, Finished)> = VecDeque::new();
    loop {
        if kept.is_empty() {
            let Some(first) = finished.recv().await else { return };
            kept.push_back((Instant::now(), first));
        }
        sleep(GATHER).await;
        let now = Instant::now();
        while let Ok(next) = finished.try_recv() {
            kept.push_back((now, next));
        }
        let too_many = kept.len().saturating_sub(KEPT);
        let mut waiting = VecDeque::new();
        for (index, (since, mut call)) in kept.drain(..).enumerate() {
            if !call.sound.is_settled() && index >= too_many && now.duration_since(since) < PATIENCE {
                waiting.push_back((since, call));
                continue;
            }
            let legs = call.sound.legs();
            let trace = match call.course {
                Some(course) => Some(course.with_messages(&sip, true).await),
                None => None,
            };
            if legs.is_empty() && trace.is_none() {
                continue;
            }
            let report = CallReport { call: call.call, ended: call.ended, legs, trace };
            if reports.try_send(report).is_err() {
                tracing::debug!("how a call went is not kept: the store does not keep up");
            }
        }
        kept = waiting;
    }
}
