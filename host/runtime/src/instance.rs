//! One instance: what it holds, what it may take, and how it is run to its end.

use crate::{
    bindings::imports::jackfield::types::types::Error,
    engine::{Heart, TICK, Wasm},
    grants,
    interfaces::control::OnCall,
    registry::{Host, Loaded},
};
use jackfield_model::{CallId, Fact, TimestampMs};
use std::{
    fmt,
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;
use wasmtime::{ResourceLimiter, Store, StoreContextMut, UpdateDeadline, component::ResourceTable};

/// How many bytes one host call may bring from the guest.
const HOSTCALL_FUEL: usize = 4 << 20;

/// Connections and the like that one instance may hold.
const MOST_HANDLES: usize = 32;

/// What a plugin is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Running {
    /// Deciding where a call goes.
    Decision,
    /// Checking its settings, or being looked at.
    Settings,
    /// Talking to a caller.
    Script,
    /// Answering a page.
    Web,
    /// Working while nobody waits: it starts, or a timer is due.
    Background,
    /// Taking inputs into a state.
    Reducer,
}

/// What an instance's host functions see.
pub(crate) struct State {
    pub(crate) plugin: Arc<Loaded>,
    pub(crate) host: Arc<Host>,
    pub(crate) running: Running,
    pub(crate) call: Option<CallId>,
    /// The moment that it takes for now, when it decides about a call that nobody makes; what it logs then goes nowhere.
    pub(crate) supposed: Option<TimestampMs>,
    /// The call in hand, when the instance runs a script.
    pub(crate) on_call: Option<Box<OnCall>>,
    /// Recordings of other plugins that came with the events in hand: whose, and which. A guest names one by its place.
    pub(crate) shared: Vec<(String, String)>,
    /// What it holds: connections to other computers, contacts that it replaces.
    pub(crate) handles: ResourceTable,
    /// Facts that a reducer has told of the batch in hand.
    pub(crate) told: Vec<Fact>,
    /// The last line that the guest logged as an error: the message of a panic, when it traps next.
    pub(crate) last_words: Option<String>,
    pub(crate) memory: MemoryLimit,
    pub(crate) cpu: CpuLimit,
}

/// Linear memory: what it may hold and what it has held at most.
pub(crate) struct MemoryLimit {
    pub(crate) max: u64,
    pub(crate) peak: u64,
    held: u64,
    refused: bool,
}

/// Processor time between two waits, in ticks of the epoch.
pub(crate) struct CpuLimit {
    max_ticks: u32,
    ticks: u32,
    overrun: bool,
}

/// Why an instance came to nothing, in words for the admin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Trapped(String),
    Processor(Duration),
    Memory(u64),
    Wall(Duration),
    /// All places of the pool are taken: not the plugin's fault.
    Full,
}

impl Running {
    pub(crate) fn while_doing(self) -> &'static str {
        match self {
            Running::Decision => "in a decision",
            Running::Settings => "while settings are checked",
            Running::Script => "in a script",
            Running::Web => "by a page",
            Running::Background => "where there is no call",
            Running::Reducer => "in a reducer",
        }
    }
}

impl State {
    pub(crate) fn new(running: Running, plugin: Arc<Loaded>, host: Arc<Host>, memory: u64, cpu: Duration) -> Self {
        let mut handles = ResourceTable::new();
        handles.set_max_capacity(MOST_HANDLES);
        Self {
            plugin,
            host,
            running,
            supposed: None,
            call: None,
            on_call: None,
            handles,
            told: Vec::new(),
            shared: Vec::new(),
            last_words: None,
            memory: MemoryLimit { max: memory, peak: 0, held: 0, refused: false },
            cpu: CpuLimit::new(cpu),
        }
    }

    /// Whether this instance may use a capability: granted to the plugin, and open to what it is doing.
    pub(crate) fn permit(&self, capability: &str) -> Result<(), Error> {
        if !self.plugin.record.grants.iter().any(|granted| granted == capability) {
            return Err(Error::Denied(format!("“{capability}” is not approved for this plugin")));
        }
        if !grants::open_to(capability, self.running) {
            return Err(Error::Denied(format!("“{capability}” cannot be used {}", self.running.while_doing())));
        }
        Ok(())
    }

    /// What `error` means, given what was seen meanwhile.
    pub(crate) fn fault(&mut self, error: &wasmtime::Error) -> Fault {
        if error.is::<wasmtime::PoolConcurrencyLimitError>() {
            return Fault::Full;
        }
        if self.cpu.overrun {
            return Fault::Processor(TICK * self.cpu.max_ticks);
        }
        if self.memory.refused {
            return Fault::Memory(self.memory.max);
        }
        let trap = match error.downcast_ref::<wasmtime::Trap>() {
            Some(trap) => trap.to_string(),
            None => error.root_cause().to_string(),
        };
        Fault::Trapped(match self.last_words.take() {
            Some(words) => format!("{trap} ({words})"),
            None => trap,
        })
    }
}

/// A store for one instance, with every limit in place.
pub(crate) fn store(wasm: &Wasm, state: State) -> Store<State> {
    let mut store = Store::new(&wasm.engine, state);
    store.limiter(|state| &mut state.memory);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(tick);
    store.set_hostcall_fuel(HOSTCALL_FUEL);
    store
}

/// Give an instance that has done its work, and waits for more, all budgets anew.
pub(crate) fn renew(store: &mut Store<State>) {
    let state = store.data_mut();
    state.cpu.refill();
    state.last_words = None;
    store.set_epoch_deadline(1);
    store.set_hostcall_fuel(HOSTCALL_FUEL);
}

/// Run a future that holds guest code: keep the epoch going while it runs, and sum up the time on the processor.
pub(crate) async fn metered<F: Future>(heart: &Heart, cpu: &mut Duration, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| {
        heart.beat();
        let began = std::time::Instant::now();
        let polled = future.as_mut().poll(context);
        *cpu += began.elapsed();
        polled
    })
    .await
}

/// `future`, or `None` when it has not ended within `limit`.
///
/// When the timer itself comes late, the process was starved rather than the guest slow: it gets another chance, so
/// that a busy machine does not make good plugins look bad.
pub(crate) async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..3 {
        let due = Instant::now() + limit;
        if let Ok(output) = tokio::time::timeout_at(due, future.as_mut()).await {
            return Some(output);
        }
        if Instant::now() - due < limit / 2 {
            return None;
        }
    }
    None
}

/// Called when a guest has run into the next tick: count it, let others run, and stop it beyond its budget.
///
/// The epoch is global, so a plain deadline would hit a guest that was parked in a host call; counting the ticks that
/// a guest meets while it runs does not.
fn tick(mut context: StoreContextMut<'_, State>) -> wasmtime::Result<UpdateDeadline> {
    let cpu = &mut context.data_mut().cpu;
    cpu.ticks += 1;
    if cpu.ticks > cpu.max_ticks {
        cpu.overrun = true;
        return Ok(UpdateDeadline::Interrupt);
    }
    Ok(UpdateDeadline::Yield(1))
}

impl CpuLimit {
    fn new(limit: Duration) -> Self {
        let ticks = limit.as_millis().div_ceil(TICK.as_millis());
        Self { max_ticks: u32::try_from(ticks).unwrap_or(u32::MAX), ticks: 0, overrun: false }
    }

    /// The guest has waited for something outside: its budget is whole again.
    pub(crate) fn refill(&mut self) {
        self.ticks = 0;
    }
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(&mut self, current: usize, desired: usize, _max: Option<usize>) -> wasmtime::Result<bool> {
        let held = self.held + (desired - current) as u64;
        if held > self.max {
            self.refused = true;
            return Ok(false);
        }
        self.held = held;
        self.peak = self.peak.max(held);
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _max: Option<usize>) -> wasmtime::Result<bool> {
        // The pool's bound on tables is far beyond what one guest needs.
        Ok(desired <= 20_000)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Trapped(why) => write!(f, "it crashed: {why}"),
            Fault::Processor(limit) => {
                write!(f, "it used more than {} ms of processor time and was stopped", limit.as_millis())
            }
            Fault::Memory(max) => write!(f, "it wanted more than {} MiB of memory", max >> 20),
            Fault::Wall(limit) => write!(f, "it gave no answer within {} ms", limit.as_millis()),
            Fault::Full => write!(f, "every place for plugin instances is taken"),
        }
    }
}
