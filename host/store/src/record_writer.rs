//! From the end of a call to a record on the disk.

use crate::{Store, StoreError};
use jackfield_calls::events::EventBus;
use jackfield_model::{CallRecord, EventKind, TimestampMs};
use std::time::Duration;
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, sleep},
};

/// Most records in one transaction.
const BATCH: usize = 256;
/// How long the first record of a batch waits for company: one sync of the disk then serves many calls.
const GATHER: Duration = Duration::from_millis(20);
/// Most records kept in memory, the batch in hand included; beyond it, calls wait before they are over.
const KEPT: usize = 10_000;
/// Back-off after a failed write.
const BACK_OFF: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(10)];
/// How long the last batches are tried when the process is asked to end while the disk is full.
const FAREWELL: Duration = Duration::from_secs(10);

/// Writes finished calls in batches and acknowledges each on the event stream once it is on the disk.
///
/// While the database cannot be written (a full disk), batches are tried again with growing pauses; nothing is dropped
/// and nothing is acknowledged. A call task that finds the channel full waits.
pub struct RecordWriter {
    store: Store,
    bus: EventBus,
    clock: fn() -> TimestampMs,
    records: mpsc::Receiver<CallRecord>,
}

impl RecordWriter {
    /// Starts the writer. It ends once every sender is dropped and everything handed in is written; await the handle
    /// before the process exits. Handing a record in waits while too many are unwritten.
    pub fn start(
        store: Store,
        bus: EventBus,
        clock: fn() -> TimestampMs,
    ) -> (mpsc::Sender<CallRecord>, JoinHandle<()>) {
        let (sender, records) = mpsc::channel(KEPT - BATCH);
        let writer = Self { store, bus, clock, records };
        (sender, tokio::spawn(writer.run()))
    }

    async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        while self.gather(&mut batch).await {
            if !self.write(&batch).await {
                // Only at the end of the process and only after FAREWELL: the sole place where records are given up.
                let lost = batch.len() + self.records.len();
                tracing::error!(lost, "the process ends while the database cannot be written: call records are lost");
                return;
            }
            let now = (self.clock)();
            for record in batch.drain(..) {
                self.bus.publish(now, EventKind::CallRecorded(record));
            }
        }
    }

    /// Waits for a first record, then a little for more. `false` when there will be none.
    async fn gather(&mut self, batch: &mut Vec<CallRecord>) -> bool {
        if self.records.recv_many(batch, BATCH).await == 0 {
            return false;
        }
        // Not woken by each of them: a wake-up costs a call more than its record.
        if batch.len() < BATCH && !self.records.is_closed() {
            sleep(GATHER).await;
            if !self.records.is_empty() {
                self.records.recv_many(batch, BATCH - batch.len()).await;
            }
        }
        true
    }

    /// Writes a batch, however long it takes. `false` only when nobody is left to wait for it.
    async fn write(&self, batch: &[CallRecord]) -> bool {
        let mut pause = BACK_OFF[0];
        let mut failing: Option<Instant> = None;
        loop {
            let error: StoreError = match self.store.append_records(batch).await {
                Ok(()) => {
                    if let Some(since) = failing {
                        tracing::info!(after = ?since.elapsed(), records = batch.len(), "call records are written again");
                    }
                    return true;
                }
                Err(error) => error,
            };
            let since = *failing.get_or_insert_with(|| {
                tracing::error!(%error, "call records cannot be written; they are kept and tried again");
                Instant::now()
            });
            if self.records.sender_strong_count() == 0 && since.elapsed() >= FAREWELL {
                return false;
            }
            sleep(pause).await;
            pause = (pause * 2).min(BACK_OFF[1]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HistoryFilter;
    use jackfield_model::{CallId, Direction, EndCause, Party};

    fn big_record(n: u64) -> CallRecord {
        CallRecord {
            id: CallId::new(1, n),
            direction: Direction::Internal,
            caller: Party::default(),
            callee: Party::default(),
            trunk: None,
            diverted_by: None,
            answered_by: None,
            started: n,
            answered: None,
            ended: n,
            cause: EndCause::NoAnswer,
            detail: "x".repeat(20_000),
            recordings: 0,
            quality: None,
        }
    }

    /// What SQLite says when the file may not grow is what it says when the disk is full.
    async fn limit_pages(store: &Store, pages: u32) {
        let pragma = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
        sqlx::query(pragma).execute(&store.write).await.unwrap();
    }

    #[tokio::test]
    async fn while_the_disk_is_full_nothing_is_acknowledged_and_afterwards_everything_is() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("jackfield.db")).await.unwrap();
        limit_pages(&store, 1).await;

        let bus = EventBus::new();
        let (sender, writer) = RecordWriter::start(store.clone(), bus.clone(), || 42);
        for n in 1..=20 {
            sender.send(big_record(n)).await.unwrap();
        }
        sleep(Duration::from_millis(400)).await;
        assert_eq!(bus.last(), 0, "acknowledged though the disk is full");

        limit_pages(&store, 1_000_000).await;
        drop(sender);
        tokio::time::timeout(Duration::from_secs(30), writer).await.unwrap().unwrap();
        assert_eq!(bus.last(), 20);
        assert_eq!(store.history(&HistoryFilter::default(), None, 100).await.unwrap().items.len(), 20);
    }
}
