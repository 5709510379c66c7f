//! What scripts cost that wait: 5,000 callers of one plugin who have not pressed a key yet, then all of them do at once, and one
//! caller too many.
//!
//! `cargo bench -p jackfield-runtime --bench parked`. Targets on two cores of a small machine: 300 MB for all of them, a second
//! until the last has gone on.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot be set up ends, and prints what it has seen"
)]

mod caller;

use caller::Caller;
use jackfield_calls::{
    events::EventBus,
    router::ScriptRef,
    scripts::{ScriptEnd, Scripts},
};
use jackfield_runtime::{Consent, MemoryStore, Plugins, RuntimeConfig, SystemClock};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};
use tokio::sync::watch;

const CALLERS: usize = 5_000;
const PLUGIN: &str = "org.example.hello-ivr";

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let packed =
            jackfield_pack::pack(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/hello-ivr"), None)
                .unwrap();
        let store = Arc::new(MemoryStore::default());
        let plugins = Plugins::start(RuntimeConfig::new(folder.path()), store, EventBus::new(), Arc::new(SystemClock))
            .await
            .unwrap();
        plugins.install(&packed.archive, Consent::everything()).await.unwrap();
        let (press, pressed) = watch::channel(false);
        let waiting = Arc::new(AtomicUsize::new(0));
        let run = || {
            let call = Caller { keys: Some((pressed.clone(), Arc::clone(&waiting))), ..Caller::default() };
            let (plugins, script) =
                (plugins.clone(), ScriptRef { plugin: PLUGIN.into(), entry: "menu".into(), args: Vec::new() });
            tokio::spawn(async move { plugins.run(script, Box::new(call)).await })
        };
        let before = resident();
        let callers: Vec<_> = (0..CALLERS).map(|_| run()).collect();
        while waiting.load(Ordering::Relaxed) < CALLERS {
            tokio::task::yield_now().await;
        }
        let taken = resident() - before;
        println!("{CALLERS} parked scripts: {taken} kB, {} kB each", taken / CALLERS as u64);

        // What the pool has left, and the first for whom it has nothing.
        let mut more = Vec::new();
        let refused = loop {
            let mut caller = run();
            tokio::select! {
                end = &mut caller => break end.unwrap(),
                () = parked(&waiting, CALLERS + more.len() + 1) => more.push(caller),
            }
        };
        println!("caller {}: {refused:?}", CALLERS + more.len() + 1);

        let began = Instant::now();
        press.send(true).unwrap();
        for caller in callers.into_iter().chain(more) {
            assert_eq!(caller.await.unwrap(), ScriptEnd::Returned);
        }
        println!("all gone on after {:?}", began.elapsed());
    });
}

async fn parked(waiting: &AtomicUsize, callers: usize) {
    while waiting.load(Ordering::Relaxed) < callers {
        tokio::task::yield_now().await;
    }
}

/// Memory of this process in kB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
