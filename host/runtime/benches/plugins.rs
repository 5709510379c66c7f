//! What a decision and a script cost, with the real dialplan: instantiate, call, drop; and a decision by an instance that waits.
//!
//! `cargo bench -p jackfield-runtime` builds the dialplan first. Targets on two cores of a small machine:
//! `route_hook` 30 µs, `script_start` 80 µs.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up ends")]

mod caller;

use caller::Caller;
use criterion::{Criterion, criterion_group, criterion_main};
use jackfield_calls::{
    events::EventBus,
    router::{Decision, RouteRequest, Router, ScriptRef},
    scripts::{ScriptEnd, Scripts},
};
use jackfield_model::{CallId, Direction, Party};
use jackfield_runtime::{Consent, MemoryStore, Plugins, RuntimeConfig, SystemClock};
use std::{path::Path, sync::Arc};

const DIALPLAN: &str = "org.jackfield.dialplan";

fn benches(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let packed =
        jackfield_plugin::pack(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/dialplan"), None).unwrap();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    // A pool this small has no place for an instance that waits, so each decision takes a fresh one.
    let [fresh, plugins] = [Some(16), None].map(|slots| {
        runtime.block_on(async {
            let store = Arc::new(MemoryStore::default());
            let folder = if slots.is_some() { &folders[0] } else { &folders[1] };
            let config = RuntimeConfig { slots, ..RuntimeConfig::new(folder.path()) };
            let plugins = Plugins::start(config, store, EventBus::new(), Arc::new(SystemClock)).await.unwrap();
            plugins.install(&packed.archive, Consent::everything()).await.unwrap();
            plugins
        })
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
    for (name, plugins) in [("route_hook", &fresh), ("route_hook_again", &plugins)] {
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                let routed = runtime.block_on(plugins.route(request.clone()));
                assert!(matches!(routed.decision, Decision::Ring(_)), "{routed:?} {:?}", plugins.log(DIALPLAN, 3));
            });
        });
    }
    criterion.bench_function("script_start", |bencher| {
        bencher.iter(|| {
            let script = ScriptRef { plugin: DIALPLAN.into(), entry: "echo".into(), args: Vec::new() };
            let end = runtime.block_on(plugins.run(script, Box::new(Caller::default())));
            assert_eq!(end, ScriptEnd::Returned);
        });
    });
}

criterion_group!(all, benches);
criterion_main!(all);
