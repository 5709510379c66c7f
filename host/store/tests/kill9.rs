//! What was acknowledged on the event stream survives `kill -9` under load.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use jackfield_calls::events::EventBus;
use jackfield_model::*;
use jackfield_store::*;
use std::{
    collections::HashSet,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

/// Set for the child process: the database that it fills until it is killed, and the number of the round.
const CHILD: &str = "JACKFIELD_KILL9_DATABASE";
const ROUND: &str = "JACKFIELD_KILL9_ROUND";
const ROUNDS: u64 = 5;

#[test]
fn every_acknowledged_record_is_there_after_kill_9_under_load() {
    if let Some(path) = std::env::var_os(CHILD) {
        return be_the_child(Path::new(&path), std::env::var(ROUND).unwrap().parse().unwrap());
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jackfield.db");
    let mut acknowledged = HashSet::new();
    for round in 0..ROUNDS {
        let before = acknowledged.len();
        acknowledged.extend(kill_a_child_at_work(&path, round));
        assert!(acknowledged.len() > before + 100, "round {round} was too short to mean anything");
        let stored = stored(&path);
        let lost: Vec<_> = acknowledged.difference(&stored).take(5).collect();
        assert!(lost.is_empty(), "round {round}: acknowledged but not stored: {lost:?}");
    }
}

/// Runs a child that writes, kills it in the middle of it, and returns the ids that it saw acknowledged.
fn kill_a_child_at_work(path: &Path, round: u64) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "every_acknowledged_record_is_there_after_kill_9_under_load", "--nocapture"])
        .env(CHILD, path)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let (mut ids, mut line) = (Vec::new(), String::new());
    // Not at the same place each time: after some hundreds of acknowledgements, plus an odd number.
    let enough = 300 + round as usize * 171;
    while out.read_line(&mut line).unwrap() > 0 {
        // A line that was cut off by the kill was not heard by anybody.
        if let (Some(id), true) = (line.trim_end().strip_prefix("acknowledged "), line.ends_with('\n')) {
            ids.push(id.to_owned());
            if ids.len() == enough {
                child.kill().unwrap();
            }
        }
        line.clear();
    }
    let status = child.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9), "the child ended by itself: {status}");
    ids
}

#[tokio::main(flavor = "current_thread")]
async fn stored(path: &Path) -> HashSet<String> {
    let store = Store::open(path).await.unwrap();
    let (mut ids, mut cursor) = (HashSet::new(), None);
    loop {
        let page = store.history(&HistoryFilter::default(), cursor.as_ref(), 1_000).await.unwrap();
        ids.extend(page.items.into_iter().map(|record| record.id.0));
        cursor = page.next;
        if cursor.is_none() {
            store.close().await;
            return ids;
        }
    }
}

#[tokio::main]
async fn be_the_child(path: &Path, round: u64) {
    let store = Store::open(path).await.unwrap();
    let bus = EventBus::new();
    let mut events = bus.subscribe();
    let (sender, _writer) = RecordWriter::start(store.clone(), bus, || 1);
    for worker in 0..4 {
        let (sender, store) = (sender.clone(), store.clone());
        tokio::spawn(async move {
            for n in 0.. {
                sender.send(record(round, worker * 10_000_000 + n)).await.unwrap();
                if n % 50 == 0 {
                    // Other writers get between the batches.
                    store.set_meta("load", &n.to_string()).await.unwrap();
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
        });
    }
    // Bounded, should the parent die before it kills.
    let _ = tokio::time::timeout(Duration::from_secs(60), async {
        let mut out = std::io::stdout();
        loop {
            match events.recv().await {
                Ok(event) => {
                    if let EventKind::CallRecorded(record) = &event.kind {
                        writeln!(out, "acknowledged {}", record.id).unwrap();
                        out.flush().unwrap();
                    }
                }
                Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
                Err(closed) => panic!("{closed}"),
            }
        }
    })
    .await;
}

fn record(round: u64, n: u64) -> CallRecord {
    CallRecord {
        id: CallId::new(1_000 + round, n),
        direction: Direction::Internal,
        caller: Party { number: "100".into(), ..Party::default() },
        callee: Party { number: "101".into(), ..Party::default() },
        trunk: None,
        diverted_by: None,
        answered_by: Some("101".into()),
        started: n,
        answered: Some(n),
        ended: n + 1,
        cause: EndCause::Answered,
        detail: String::new(),
        recordings: 0,
        quality: None,
    }
}
