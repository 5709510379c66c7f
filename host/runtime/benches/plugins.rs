//! What a decision and a script cost, with the real dialplan: instantiate, call, drop.
//!
//! `cargo bench -p jackfield-runtime` builds the dialplan first. Targets on two cores of a small machine:
//! `route_hook` 40 µs, `script_start` 80 µs.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up ends")]

use async_trait::async_trait;
use criterion::{Criterion, criterion_group, criterion_main};
use jackfield_calls::{
    events::EventBus,
    router::{Decision, RouteRequest, Router, ScriptRef},
    scripts::{
        CollectOptions, Collected, DialFailure, DialOptions, HangUpCause, Prompt, RecordOptions, Recorded, ScriptCall,
        ScriptEnd, Scripts, VerbError, Waited,
    },
};
use jackfield_model::{CallId, Direction, Party};
use jackfield_runtime::{Consent, MemoryStore, Plugins, RuntimeConfig, SystemClock};
use std::{path::Path, sync::Arc, time::Duration};

const DIALPLAN: &str = "org.jackfield.dialplan";

fn benches(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let packed =
        jackfield_plugin::pack(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/dialplan"), None).unwrap();
    let plugins = runtime.block_on(async {
        let store = Arc::new(MemoryStore::default());
        let config = RuntimeConfig::new(folder.path());
        let plugins = Plugins::start(config, store, EventBus::new(), Arc::new(SystemClock)).await.unwrap();
        plugins.install(&packed.archive, Consent::everything()).await.unwrap();
        plugins
    });
    let request = RouteRequest {
        call: CallId::new(0, 1),
        direction: Direction::Internal,
        caller: Party { number: "101".into(), name: "Maria".into(), extension: "101".parse().ok() },
        callee: Party { number: "100".into(), name: String::new(), extension: "100".parse().ok() },
        trunk: None,
        headers: vec![("User-Agent".into(), "a telephone".into())],
        hop: 0,
        now: 1_800_000_000_000,
        vars: Vec::new(),
        unreached: None,
    };
    criterion.bench_function("route_hook", |bencher| {
        bencher.iter(|| {
            let routed = runtime.block_on(plugins.route(request.clone()));
            assert!(matches!(routed.decision, Decision::Ring(_)), "{routed:?} {:?}", plugins.log(DIALPLAN, 3));
        });
    });
    criterion.bench_function("script_start", |bencher| {
        bencher.iter(|| {
            let script = ScriptRef { plugin: DIALPLAN.into(), entry: "echo".into(), args: Vec::new() };
            let end = runtime.block_on(plugins.run(script, Box::new(Quiet)));
            assert_eq!(end, ScriptEnd::Returned);
        });
    });
}

/// A call on which every verb is done at once.
struct Quiet;

#[async_trait]
impl ScriptCall for Quiet {
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
        Party { number: "501".into(), ..Party::default() }
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
        Ok(Collected::default())
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
        Err(DialFailure::Unavailable)
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

criterion_group!(all, benches);
criterion_main!(all);
