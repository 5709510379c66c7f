//! From the end of a call to the store, or to nowhere when no records are to be kept.

use jackfield_calls::{events::EventBus, now_ms};
use jackfield_model::CallRecord;
use jackfield_store::{RecordWriter, Store};
use tokio::{sync::mpsc, task::JoinHandle};

/// Start to take finished calls, if they are to be kept. The task ends once every sender is dropped and everything taken
/// is on the disk.
pub fn start(store: Store, bus: EventBus, keep: bool) -> (Option<mpsc::Sender<CallRecord>>, JoinHandle<()>) {
    if !keep {
        return (None, tokio::spawn(async {}));
    }
    let (sender, written) = RecordWriter::start(store, bus, now_ms);
    (Some(sender), written)
}
