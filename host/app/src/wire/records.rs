//! From the end of a call to the store, or to nowhere when no records are to be kept.

use jackfield_calls::{CallReport, events::EventBus, now_ms};
use jackfield_model::CallRecord;
use jackfield_store::{RecordWriter, ReportWriter, Store};
use tokio::{sync::mpsc, task::JoinHandle};

/// Where finished calls go; nowhere when they are not to be kept.
#[derive(Clone, Default)]
pub struct Records {
    /// Their records.
    pub calls: Option<mpsc::Sender<CallRecord>>,
    /// What is told of them besides.
    pub reports: Option<mpsc::Sender<CallReport>>,
}

/// Start to take finished calls, if they are to be kept. The task ends once every sender is dropped and everything taken
/// is on the disk.
pub fn start(store: Store, bus: EventBus, keep: bool) -> (Records, JoinHandle<()>) {
    if !keep {
        return (Records::default(), tokio::spawn(async {}));
    }
    let (reports, reported) = ReportWriter::start(store.clone());
    let (calls, written) = RecordWriter::start(store, bus, now_ms);
    let both = async move {
        for task in [written, reported] {
            if task.await.is_err() {
                tracing::error!("a task that keeps what is left of calls has broken off");
            }
        }
    };
    (Records { calls: Some(calls), reports: Some(reports) }, tokio::spawn(both))
}
