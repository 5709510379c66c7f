//! How long a contact centre of 64 agents and 50 queues takes to decide who gets whom, through the plugin as it is: from a caller's
//! coming to the word that an agent is there, and from the end of a conversation to the next caller's word.
//!
//! `cargo bench -p jackfield-runtime --bench centre`. Target on two cores of a small machine: 5 ms for 99 of 100. What the disk takes
//! is not in it.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot be set up ends, and prints what it has seen"
)]

mod caller;

use caller::{Caller, Moment, Queued};
use jackfield_calls::{
    events::EventBus,
    router::ScriptRef,
    scripts::{ScriptEnd, Scripts},
};
use jackfield_model::{Language, Role, UserId};
use jackfield_runtime::{Consent, MemoryStore, Plugins, RuntimeConfig, SystemClock, WebRequest, WebUser};
use serde_json::{Value, json};
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinHandle,
};

const PLUGIN: &str = "org.jackfield.contact-centre";
const QUEUES: u64 = 50;
const AGENTS: u64 = 64;
/// Queues of one agent.
const SHARE: u64 = 10;
/// Callers who wait while all agents talk.
const WAITING: u64 = 200;
const SAMPLES: usize = 1_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/contact-centre");
        let packed = jackfield_pack::pack(&source, None).unwrap();
        let (config, store) = (RuntimeConfig::new(folder.path()), Arc::new(MemoryStore::default()));
        let plugins = Plugins::start(config, store, EventBus::new(), Arc::new(SystemClock)).await.unwrap();
        plugins.install(&packed.archive, Consent::everything()).await.unwrap();
        plugins.set_settings(PLUGIN, settings()).await.unwrap();
        for agent in 0..AGENTS {
            log_in(&plugins, &extension(agent)).await;
        }
        let mut house = House::new(plugins);
        println!("{AGENTS} agents, {QUEUES} queues");
        print("a caller comes and an agent is free", &mut house.free_agents(SAMPLES).await);
        let (mut entries, mut nexts) = house.all_busy(SAMPLES).await;
        print(&format!("a caller comes, all agents talk and {WAITING} wait"), &mut entries);
        print(&format!("a conversation ends, {WAITING} wait: the next caller"), &mut nexts);
        for line in house.plugins.log(PLUGIN, 3) {
            println!("{}", line.message);
        }
    });
}

/// Callers who come one after the other.
struct House {
    plugins: Plugins,
    told: mpsc::UnboundedSender<(Moment, Instant)>,
    hears: mpsc::UnboundedReceiver<(Moment, Instant)>,
    endings: Arc<Semaphore>,
    callers: u64,
}

impl House {
    fn new(plugins: Plugins) -> Self {
        let (told, hears) = mpsc::unbounded_channel();
        Self { plugins, told, hears, endings: Arc::new(Semaphore::new(0)), callers: 10 }
    }

    fn caller(&mut self) -> JoinHandle<ScriptEnd> {
        self.callers += 1;
        let queued = Queued { number: self.callers, told: self.told.clone(), endings: Arc::clone(&self.endings) };
        let call = Caller { queued: Some(queued), ..Caller::default() };
        let args = vec![("about".to_owned(), queue(self.callers * 17 % QUEUES))];
        let (plugins, script) = (self.plugins.clone(), ScriptRef { plugin: PLUGIN.into(), entry: "wait".into(), args });
        tokio::spawn(async move { plugins.run(script, Box::new(call)).await })
    }

    /// When the next of these happens; other moments are passed over.
    async fn until(&mut self, moment: Moment) -> Instant {
        loop {
            let (happened, at) = self.hears.recv().await.unwrap();
            if happened == moment {
                return at;
            }
        }
    }

    /// From coming to being offered to an agent.
    async fn free_agents(&mut self, count: usize) -> Vec<Duration> {
        let mut took = Vec::with_capacity(count);
        for _ in 0..count {
            let script = self.caller();
            let came = self.until(Moment::Comes).await;
            took.push(self.until(Moment::IsOffered).await - came);
            self.endings.add_permits(1);
            assert_eq!(script.await.unwrap(), ScriptEnd::Returned);
        }
        took
    }

    /// From coming to waiting; and from the end of a conversation to the word for who is next.
    async fn all_busy(&mut self, count: usize) -> (Vec<Duration>, Vec<Duration>) {
        let mut scripts: Vec<_> = (0..AGENTS + WAITING).map(|_| self.caller()).collect();
        for _ in 0..AGENTS {
            self.until(Moment::Talks).await;
        }
        let (mut entries, mut nexts) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for _ in 0..count {
            self.endings.add_permits(1);
            let ended = self.until(Moment::HasTalked).await;
            nexts.push(self.until(Moment::IsOffered).await - ended);
            self.until(Moment::Talks).await;
            scripts.push(self.caller());
            let came = self.until(Moment::Comes).await;
            entries.push(self.until(Moment::Waits).await - came);
        }
        self.endings.add_permits(scripts.len());
        for script in scripts {
            assert_eq!(script.await.unwrap(), ScriptEnd::Returned);
        }
        (entries, nexts)
    }
}

fn queue(number: u64) -> String {
    format!("8{number:02}")
}

fn extension(agent: u64) -> String {
    format!("2{agent:02}")
}

fn settings() -> Value {
    let skill = |skill: &str, level: u64| json!({ "skill": skill, "level": level });
    let queues = (0..QUEUES).map(|number| {
        json!({
            "number": queue(number), "name": format!("Queue {number}"), "wait_without_agents": true, "greeting": [],
            "say_position": false, "wrap_up_seconds": 0, "preferred_days": 7,
            "steps": [
                { "after_seconds": 0, "needs": [skill("fr", 40), skill("billing", 40)] },
                { "after_seconds": 60, "needs": [skill("fr", 40)] },
                { "after_seconds": 300, "needs": [] },
            ],
            "vip": [{ "number": "060000xxx1", "minutes": 5 }],
        })
    });
    let agents = (0..AGENTS).map(|agent| {
        let binding = |k: u64| json!({ "queue": queue((agent * 7 + k * 11) % QUEUES), "level": agent * k % 100 });
        json!({
            "extension": extension(agent), "name": format!("Agent {agent}"),
            "queues": (0..SHARE).map(binding).collect::<Vec<_>>(),
            "skills": [skill("fr", 40 + agent % 60), skill("billing", 100 - agent % 60)],
        })
    });
    json!({ "queues": queues.collect::<Vec<_>>(), "agents": agents.collect::<Vec<_>>() })
}

async fn log_in(plugins: &Plugins, extension: &str) {
    let request = WebRequest {
        method: "POST".into(),
        path: "/desk".into(),
        query: Vec::new(),
        headers: Vec::new(),
        body: json!({ "log_in": { "phone": extension } }).to_string().into_bytes(),
        user: WebUser {
            id: UserId(1),
            name: extension.into(),
            extension: Some(extension.into()),
            role: Role::User,
            language: Language::En,
        },
    };
    let answer = plugins.web(PLUGIN, request).await.unwrap();
    assert_eq!(answer.status, 204, "{answer:?}");
}

fn print(what: &str, took: &mut [Duration]) {
    took.sort_unstable();
    let of_a_hundred = |n: usize| took[(took.len() * n / 100).min(took.len() - 1)];
    println!("{what}: p50 {:.2?}, p99 {:.2?}", of_a_hundred(50), of_a_hundred(99));
}
