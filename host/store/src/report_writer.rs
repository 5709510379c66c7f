//! What is left of finished calls besides their records, on its way to the disk.

use crate::{QualityRow, Store, TraceRow};
use jackfield_calls::{CallReport, now_ms};
use std::time::Duration;
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, sleep},
};

/// Reports that may wait to be taken; one that finds no place is lost, its call's record is not.
const WAITING: usize = 4_096;
/// Most reports in one transaction.
const BATCH: usize = 256;
/// How long the first one of a batch waits for company.
const GATHER: Duration = Duration::from_millis(200);
/// Traces of ordinary calls that are written in a second. In an hour with more calls than that, those beyond it are left out,
/// so that explaining costs a busy house no more than a quiet one; of calls that failed or sounded badly all are kept.
const ORDINARY: u32 = 50;
/// How often old traces are looked for.
const CLEAN_EVERY: Duration = Duration::from_secs(600);

/// How long traces of calls are kept, and how much room they may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceKeeping {
    /// How long.
    pub age: Duration,
    /// Octets of all together; the oldest go first.
    pub octets: u64,
}

/// Writes reports in batches. Unlike records they are not missed: what cannot be written is told once and dropped.
pub struct ReportWriter {
    store: Store,
    keeping: TraceKeeping,
    reports: mpsc::Receiver<CallReport>,
    /// Ordinary traces that may still be written in this second.
    allowance: (Instant, u32),
}

impl ReportWriter {
    /// Starts the writer. It ends once every sender is dropped and what was handed in is written.
    pub fn start(store: Store, keeping: TraceKeeping) -> (mpsc::Sender<CallReport>, JoinHandle<()>) {
        let (sender, reports) = mpsc::channel(WAITING);
        let writer = Self { store, keeping, reports, allowance: (Instant::now(), ORDINARY) };
        (sender, tokio::spawn(writer.run()))
    }

    async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut cleaned: Option<Instant> = None;
        while self.reports.recv_many(&mut batch, BATCH).await > 0 {
            if batch.len() < BATCH && !self.reports.is_closed() {
                sleep(GATHER).await;
                while batch.len() < BATCH
                    && let Ok(report) = self.reports.try_recv()
                {
                    batch.push(report);
                }
            }
            self.write(batch.drain(..)).await;
            if cleaned.is_none_or(|at| at.elapsed() >= CLEAN_EVERY) {
                cleaned = Some(Instant::now());
                let before = now_ms().saturating_sub(self.keeping.age.as_millis() as u64);
                if let Err(error) = self.store.forget_traces(before, self.keeping.octets).await {
                    tracing::error!(%error, "old traces of calls cannot be deleted");
                }
            }
        }
    }

    async fn write(&mut self, reports: impl Iterator<Item = CallReport>) {
        let (mut qualities, mut traces) = (Vec::new(), Vec::new());
        for CallReport { call, ended, legs, trace } in reports {
            let row = QualityRow { call: call.clone(), ended, legs };
            if let Some(trace) = trace.filter(|trace| self.admits(&row, trace)) {
                traces.push(TraceRow { call, ended, trace });
            }
            if !row.legs.is_empty() {
                qualities.push(row);
            }
        }
        if let Err(error) = self.store.append_quality(&qualities).await {
            tracing::error!(%error, lost = qualities.len(), "how calls sounded cannot be written");
        }
        if let Err(error) = self.store.append_traces(&traces).await {
            tracing::error!(%error, lost = traces.len(), "how calls went cannot be written");
        }
    }

    fn admits(&mut self, quality: &QualityRow, trace: &jackfield_model::CallTrace) -> bool {
        use jackfield_model::{CallQuality, EndCause, TraceEvent};
        let ended = trace.entries.last().map(|entry| &entry.event);
        let ordinary = matches!(ended, Some(TraceEvent::Ended { cause: EndCause::Answered, .. }))
            && !CallQuality::of(&quality.legs).faulty;
        if self.allowance.0.elapsed() >= Duration::from_secs(1) {
            self.allowance = (Instant::now(), ORDINARY);
        }
        if ordinary && self.allowance.1 == 0 {
            return false;
        }
        self.allowance.1 = self.allowance.1.saturating_sub(1);
        true
    }
}
