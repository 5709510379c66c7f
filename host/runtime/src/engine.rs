//! The one wasmtime engine, its pool of instances, and the clock that interrupts guests.

use sha2::{Digest, Sha256};
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, WasmBacktraceDetails,
    component::Component,
};

/// One tick of the epoch: a guest runs at most so long before it yields to other calls.
pub(crate) const TICK: Duration = Duration::from_millis(10);
/// Room for the largest guest that a plugin may bring; each plugin's own limit is enforced by its store.
const LARGEST_MEMORY: usize = 128 << 20;
/// Components in interpreted languages hold some forty core instances.
const CORE_INSTANCES: u32 = 64;
/// What each place of the pool has of them: a component of one module is that module, and two small ones that wit-component puts
/// between it and its imports. They take no mapping, so there is room for a module more.
const CORE_INSTANCES_EACH: u32 = 4;
/// Mappings left to the rest of the process: code, heaps, threads, sockets' buffers.
const OTHER_MAPPINGS: u64 = 2_000;
const MOST_SLOTS: u32 = 8_192;
const FEWEST_SLOTS: u32 = 16;
/// Places of the pool that scripts leave to what no caller waits in: one in this many, and these at least. Decisions take theirs
/// for some thirty microseconds, so a few serve many.
const RESERVED_SHARE: u32 = 64;
const FEWEST_RESERVED: u32 = 4;
/// Reducers work for the processor, hardly ever waiting.
const MOST_REDUCERS: u32 = 8;

/// How many compiled components are remembered, so that looking at a package and installing it compile it once.
const REMEMBERED: usize = 4;

/// The WebAssembly engine with its pool of instances; cheap to clone.
///
/// A process needs one. Tests that start many hosts share it, since setting it up and compiling take longer than they.
#[derive(Clone)]
pub struct Machine(pub(crate) Arc<Wasm>);

impl Machine {
    /// An engine with room for so many instances; `None`: as many as `vm.max_map_count` bears, at most 8,192.
    ///
    /// # Errors
    /// When WebAssembly cannot run on this machine; the text says why.
    pub fn new(slots: Option<u32>) -> Result<Self, String> {
        Wasm::new(slots).map(|wasm| Self(Arc::new(wasm))).map_err(|error| format!("{error:#}"))
    }
}

/// The engine and what is shared by all that runs in it.
pub(crate) struct Wasm {
    pub(crate) engine: Engine,
    /// How many instances may live at once.
    pub(crate) slots: u32,
    pub(crate) heart: Arc<Heart>,
    /// What was compiled last, by the SHA-256 of the component; the latest at the end.
    compiled: Mutex<Vec<([u8; 32], Component)>>,
}

impl Wasm {
    /// Build the engine with `slots` places, or as many as the machine bears, and start its clock.
    pub(crate) fn new(slots: Option<u32>) -> wasmtime::Result<Self> {
        let (slots, why) = match slots {
            Some(slots) => (slots.clamp(FEWEST_SLOTS, MOST_SLOTS), "configured".to_owned()),
            None => slots_by_mappings(),
        };
        let engine = Engine::new(&config(slots))?;
        tracing::info!(slots, "{slots} plugin instances may live at once ({why})");
        let heart = Heart::start(&engine)?;
        Ok(Self { engine, slots, heart, compiled: Mutex::default() })
    }

    /// How many scripts may live at once. The other places are for decisions, and half of them for what pages and timers ask,
    /// so that calls are routed however many scripts and pages there are.
    pub(crate) fn most_scripts(&self) -> u32 {
        self.slots - self.reserved()
    }

    /// How many instances may work at once that no call waits for: for pages and in the background.
    pub(crate) fn most_in_background(&self) -> u32 {
        self.reserved() / 2
    }

    /// How many reducers may work at once; apart from those above, since what works there waits for them.
    pub(crate) fn most_reducers(&self) -> u32 {
        (self.reserved() / 4).clamp(1, MOST_REDUCERS)
    }

    /// How many instances may wait between their decisions.
    pub(crate) fn most_waiting(&self) -> usize {
        (self.reserved() / 8) as usize
    }

    fn reserved(&self) -> u32 {
        (self.slots / RESERVED_SHARE).max(FEWEST_RESERVED)
    }

    /// A component that was compiled lately.
    pub(crate) fn remembered(&self, wasm: &[u8]) -> Option<Component> {
        let digest: [u8; 32] = Sha256::digest(wasm).into();
        self.memory().iter().find(|(known, _)| *known == digest).map(|(_, component)| component.clone())
    }

    /// Remember a component that was compiled.
    pub(crate) fn remember(&self, wasm: &[u8], component: &Component) {
        let mut compiled = self.memory();
        if compiled.len() == REMEMBERED {
            compiled.remove(0);
        }
        compiled.push((Sha256::digest(wasm).into(), component.clone()));
    }

    fn memory(&self) -> MutexGuard<'_, Vec<([u8; 32], Component)>> {
        // Entries are put in and taken out whole.
        self.compiled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Wasm {
    fn drop(&mut self) {
        self.heart.stop();
    }
}

fn config(slots: u32) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        .total_core_instances(slots.saturating_mul(CORE_INSTANCES_EACH))
        .total_memories(slots)
        .total_tables(slots.saturating_mul(2))
        .total_stacks(slots)
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_memories_per_component(4)
        .max_tables_per_component(CORE_INSTANCES)
        .max_memory_size(LARGEST_MEMORY)
        .max_unused_warm_slots(slots.min(128))
        .linear_memory_keep_resident(128 << 10)
        .table_keep_resident(16 << 10)
        .async_stack_keep_resident(16 << 10)
        .pagemap_scan(Enabled::Auto);
    let mut config = compiling_config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

/// What compiled code depends on; the same wherever it is compiled. Without the pool, which a process that only compiles does
/// not need.
pub(crate) fn compiling_config() -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        // Functions of the contract are plain `func`: without the bookkeeping of concurrent tasks a call is cheaper.
        .concurrency_support(false)
        .wasm_component_model(true)
        .wasm_backtrace_details(WasmBacktraceDetails::Enable)
        .cranelift_opt_level(OptLevel::Speed)
        .memory_init_cow(true)
        .async_stack_size(2 << 20)
        .max_wasm_stack(512 << 10);
    config
}

/// Two mappings for each slot and four for each that is in use: beyond `vm.max_map_count` the whole process fails to
/// allocate, so the pool stays under half of it.
fn slots_by_mappings() -> (u32, String) {
    let limit = std::fs::read_to_string("/proc/sys/vm/max_map_count").ok().and_then(|text| text.trim().parse().ok());
    match limit {
        Some(limit) => (slots_for(limit), format!("vm.max_map_count is {limit}; raise it for more")),
        None => (slots_for(65_530), "vm.max_map_count is unknown, taken as 65530".to_owned()),
    }
}

fn slots_for(mappings: u64) -> u32 {
    let slots = (mappings / 2).saturating_sub(OTHER_MAPPINGS) / 6;
    u32::try_from(slots).unwrap_or(MOST_SLOTS).clamp(FEWEST_SLOTS, MOST_SLOTS)
}

/// Advances the epoch every [`TICK`] while guests run, and sleeps while none does.
pub(crate) struct Heart {
    /// Rises with every stretch of guest code.
    beats: AtomicU64,
    asleep: AtomicBool,
    stopped: AtomicBool,
    thread: std::sync::OnceLock<thread::Thread>,
}

/// So many ticks without a guest, and the clock stops until there is one. A guest that runs on meets a tick, yields and
/// beats again within two.
const IDLE_TICKS: u32 = 3;

impl Heart {
    fn start(engine: &Engine) -> wasmtime::Result<Arc<Self>> {
        let heart = Arc::new(Self {
            beats: AtomicU64::new(0),
            asleep: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            thread: std::sync::OnceLock::new(),
        });
        let weak = engine.weak();
        let own = Arc::clone(&heart);
        let handle = thread::Builder::new().name("plugin-epoch".into()).spawn(move || {
            let (mut last, mut idle) = (u64::MAX, 0);
            while !own.stopped.load(SeqCst) {
                thread::sleep(TICK);
                let Some(engine) = weak.upgrade() else { return };
                engine.increment_epoch();
                let beats = own.beats.load(SeqCst);
                idle = if beats == last { idle + 1 } else { 0 };
                last = beats;
                if idle < IDLE_TICKS {
                    continue;
                }
                own.asleep.store(true, SeqCst);
                // A guest that began before the flag was seen is noticed here; one that begins later unparks.
                if own.beats.load(SeqCst) == last && !own.stopped.load(SeqCst) {
                    drop(engine);
                    thread::park();
                }
                own.asleep.store(false, SeqCst);
                idle = 0;
            }
        })?;
        let _ = heart.thread.set(handle.thread().clone());
        Ok(heart)
    }

    /// Guest code is about to run.
    pub(crate) fn beat(&self) {
        self.beats.fetch_add(1, SeqCst);
        if self.asleep.load(SeqCst) {
            self.wake();
        }
    }

    fn stop(&self) {
        self.stopped.store(true, SeqCst);
        self.wake();
    }

    fn wake(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pool_follows_the_kernels_limit_of_mappings() {
        assert_eq!(slots_for(65_530), 5_127);
        assert_eq!(slots_for(1_048_576), MOST_SLOTS);
        assert_eq!(slots_for(1_000), FEWEST_SLOTS);
    }
}
