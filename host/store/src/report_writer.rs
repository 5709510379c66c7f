//! How finished calls sounded, from their streams to the disk.

use crate::{QualityRow, Store};
use jackfield_calls::CallReport;
use std::{collections::VecDeque, time::Duration};
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, sleep},
};

/// Reports that may wait to be taken; one that finds no place is lost, its call's record is not.
const WAITING: usize = 4_096;
/// Reports that are kept while their streams have not told everything; the oldest then goes as it is.
const KEPT: usize = 8_192;
/// How long they wait for company and for their streams, which tell with their next wake-up, at the latest after half a second.
const GATHER: Duration = Duration::from_millis(600);
/// A stream that has told nothing for so long is gone.
const PATIENCE: Duration = Duration::from_secs(3);
/// Most reports in one transaction.
const BATCH: usize = 512;

/// Writes reports of finished calls in batches. Unlike records they are not missed: what cannot be written is told once and
/// dropped.
pub struct ReportWriter {
    store: Store,
    reports: mpsc::Receiver<CallReport>,
    kept: VecDeque<(Instant, CallReport)>,
}

impl ReportWriter {
    /// Starts the writer. It ends once every sender is dropped and what was handed in is written.
    pub fn start(store: Store) -> (mpsc::Sender<CallReport>, JoinHandle<()>) {
        let (sender, reports) = mpsc::channel(WAITING);
        let writer = Self { store, reports, kept: VecDeque::new() };
        (sender, tokio::spawn(writer.run()))
    }

    async fn run(mut self) {
        let mut fresh = Vec::new();
        loop {
            if self.kept.is_empty() && self.reports.recv_many(&mut fresh, BATCH).await == 0 {
                return;
            }
            sleep(GATHER).await;
            while let Ok(report) = self.reports.try_recv() {
                fresh.push(report);
                if fresh.len() >= WAITING {
                    break;
                }
            }
            let now = Instant::now();
            self.kept.extend(fresh.drain(..).map(|report| (now, report)));
            let settled = self.take_settled(now);
            for batch in settled.chunks(BATCH) {
                if let Err(error) = self.store.append_quality(batch).await {
                    tracing::error!(%error, lost = batch.len(), "how calls sounded cannot be written");
                }
            }
        }
    }

    fn take_settled(&mut self, now: Instant) -> Vec<QualityRow> {
        let mut settled = Vec::new();
        let mut waiting = VecDeque::new();
        let too_many = self.kept.len().saturating_sub(KEPT);
        for (index, (since, mut report)) in self.kept.drain(..).enumerate() {
            if report.is_settled() || index < too_many || now.duration_since(since) >= PATIENCE {
                let legs = report.legs();
                if !legs.is_empty() {
                    settled.push(QualityRow { call: report.call, ended: report.ended, legs });
                }
            } else {
                waiting.push_back((since, report));
            }
        }
        self.kept = waiting;
        settled
    }
}
