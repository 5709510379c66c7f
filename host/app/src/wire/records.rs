//! From the end of a call to the store, or to nowhere when no records are to be kept.

use jackfield_calls::{events::EventBus, now_ms};
use jackfield_model::CallRecord;
use jackfield_store::{RecordWriter, Store};
use tokio::{sync::mpsc, task::JoinHandle};

/// Start to take finished calls. The task ends once every sender is dropped and everything taken is on the disk.
pub fn start(store: Store, bus: EventBus, keep: bool) -> (mpsc::Sender<CallRecord>, JoinHandle<()>) {
    if keep {
        return RecordWriter::start(store, bus, now_ms);
    }
    let (sender, mut records) = mpsc::channel(64);
    (sender, tokio::spawn(async move { while records.recv().await.is_some() {} }))
}
