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

use async_trait::async_trait;
use jackfield_calls::{
    events::EventBus,
    router::ScriptRef,
    scripts::{
        CollectOptions, Collected, DialFailure, DialOptions, HangUpCause, Prompt, RecordOptions, Recorded, ScriptCall,
        ScriptEnd, Scripts, VerbError, Waited,
    },
};
use jackfield_model::{CallId, Party};
use jackfield_runtime::{Consent, MemoryStore, Plugins, RuntimeConfig, SystemClock};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::watch;

const CALLERS: usize = 5_000;
const PLUGIN: &str = "org.example.hello-ivr";

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let packed =
            jackfield_plugin::pack(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/hello-ivr"), None)
                .unwrap();
        let store = Arc::new(MemoryStore::default());
        let plugins = Plugins::start(RuntimeConfig::new(folder.path()), store, EventBus::new(), Arc::new(SystemClock))
            .await
            .unwrap();
        plugins.install(&packed.archive, Consent::everything()).await.unwrap();
        let (press, pressed) = watch::channel(false);
        let waiting = Arc::new(AtomicUsize::new(0));
        let run = || {
            let call = Caller { pressed: pressed.clone(), waiting: Arc::clone(&waiting) };
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

/// A caller who presses 1 when everybody does.
struct Caller {
    pressed: watch::Receiver<bool>,
    waiting: Arc<AtomicUsize>,
}

#[async_trait]
impl ScriptCall for Caller {
    fn into_any(self: Box<Self>) -> Box<dyn std::any::Any + Send> {
        self
    }
    fn id(&self) -> CallId {
        CallId::new(0, 2)
    }
    fn caller(&self) -> Party {
        Party { number: "101".into(), ..Party::default() }
    }
    fn callee(&self) -> Party {
        Party { number: "700".into(), ..Party::default() }
    }
    fn var(&self, _name: &str) -> Option<String> {
        None
    }
    fn set_var(&mut self, _name: &str, _value: &str) -> Result<(), VerbError> {
        Ok(())
    }
    async fn answer(&mut self) -> Result<(), VerbError> {
        Ok(())
    }
    async fn ring(&mut self) -> Result<(), VerbError> {
        Ok(())
    }
    async fn play(&mut self, _prompts: &[Prompt]) -> Result<(), VerbError> {
        Ok(())
    }
    async fn say(&mut self, _prompts: &[Prompt], _barge_in: bool) -> Result<Option<char>, VerbError> {
        Ok(None)
    }
    async fn collect(&mut self, _prompts: &[Prompt], _options: &CollectOptions) -> Result<Collected, VerbError> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.pressed.wait_for(|pressed| *pressed).await.map_err(|_| VerbError::Gone)?;
        Ok(Collected { digits: "1".into(), ..Collected::default() })
    }
    async fn record(&mut self, _options: &RecordOptions) -> Result<Recorded, VerbError> {
        Err(VerbError::Gone)
    }
    async fn echo(&mut self, _max: Duration) -> Result<(), VerbError> {
        Ok(())
    }
    async fn wait(&mut self, _max: Duration) -> Result<Option<char>, VerbError> {
        Ok(None)
    }
    async fn dial(&mut self, _targets: &[String], _options: &DialOptions) -> Result<Box<dyn ScriptCall>, DialFailure> {
        Err(DialFailure::Unavailable)
    }
    async fn bridge(&mut self, _other: Box<dyn ScriptCall>) -> Result<(), VerbError> {
        Err(VerbError::Gone)
    }
    async fn transfer(&mut self, _to: &str) -> Result<(), DialFailure> {
        Ok(())
    }
    async fn hang_up(&mut self, _cause: HangUpCause) -> Result<(), VerbError> {
        Ok(())
    }
    async fn wait_for_word(
        &mut self,
        _music: bool,
        _keys: &str,
        _max: Duration,
        _words: &mut tokio::sync::mpsc::Receiver<Vec<u8>>,
    ) -> Result<Waited, VerbError> {
        std::future::pending().await
    }
}
