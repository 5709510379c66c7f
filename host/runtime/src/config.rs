//! Where plugins live and how much each may take.

use crate::{
    compiler::Compilation,
    contacts::{ContactBook, NoContacts},
    engine::Machine,
    network::{Network, NoNetwork},
    schedules::{NoSchedules, ScheduleBook},
    trust::{MemoryTrust, TrustStore},
};
use jackfield_model::Language;
use std::{path::PathBuf, sync::Arc, time::Duration};

/// What the runtime needs to know to start.
#[derive(Clone)]
pub struct RuntimeConfig {
    /// The folder of packages (`packages/`), of compiled code (`compiled/`) and of what plugins keep (`data/<id>/`); made when
    /// it is not there.
    pub dir: PathBuf,
    /// How many instances may live at once; `None`: as many as `vm.max_map_count` bears, at most 8,192.
    pub slots: Option<u32>,
    /// An engine to share with other hosts of this process, in place of one of its own with `slots`.
    pub machine: Option<Machine>,
    /// What each plugin may take.
    pub limits: Limits,
    /// The language of prompts for a call that has none of its own.
    pub language: Language,
    /// Where components are compiled.
    pub compilation: Compilation,
    /// Keeps whom the house trusts.
    pub trust: Arc<dyn TrustStore>,
    /// Whether packages are taken that nobody has signed: for developers.
    pub allow_unsigned: bool,
    /// How plugins reach other computers.
    pub network: Arc<dyn Network>,
    /// What keeps the contacts that plugins bring.
    pub contacts: Arc<dyn ContactBook>,
    /// What knows when the house is open.
    pub schedules: Arc<dyn ScheduleBook>,
}

/// Bounds of one decision and one script.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Wall time of one plugin's decision.
    pub hook_wall: Duration,
    /// Processor time of one plugin's decision, rounded up to whole ticks of 10 ms.
    pub hook_cpu: Duration,
    /// Linear memory of one plugin's decision, in bytes.
    pub hook_memory: u64,
    /// Wall time of all decisions about one call together; then the built-in rule decides.
    pub route_wall: Duration,
    /// Wall time of a plugin's check of its settings.
    pub settings_wall: Duration,
    /// Processor time that a script may use between two waits, rounded up to whole ticks of 10 ms.
    pub script_cpu: Duration,
    /// Linear memory of a script, in bytes.
    pub script_memory: u64,
    /// Wall time of work that no call waits for: beginning, and being woken by a timer.
    pub background_wall: Duration,
    /// Processor time of such work between two waits, rounded up to whole ticks of 10 ms.
    pub background_cpu: Duration,
    /// Linear memory of such work, in bytes.
    pub background_memory: u64,
    /// Wall time of a question about contacts.
    pub lookup_wall: Duration,
    /// Wall time of one batch of a reducer.
    pub reducer_wall: Duration,
    /// Processor time of one batch of a reducer, rounded up to whole ticks of 10 ms.
    pub reducer_cpu: Duration,
    /// Linear memory of one batch of a reducer, in bytes.
    pub reducer_memory: u64,
    /// How long a script may leave its caller without answering, ringing, playing, dialling or hanging up.
    pub take_up: Duration,
    /// Wall time of one request of a page, the wait for its turn not counted.
    pub web_wall: Duration,
    /// Processor time of one request of a page, rounded up to whole ticks of 10 ms.
    pub web_cpu: Duration,
    /// Linear memory of one request of a page, in bytes.
    pub web_memory: u64,
}

impl RuntimeConfig {
    /// The defaults, with plugins under `dir`.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            slots: None,
            machine: None,
            limits: Limits::default(),
            language: Language::En,
            compilation: Compilation::Here,
            trust: Arc::new(MemoryTrust::default()),
            allow_unsigned: false,
            network: Arc::new(NoNetwork),
            contacts: Arc::new(NoContacts),
            schedules: Arc::new(NoSchedules::default()),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            hook_wall: Duration::from_millis(50),
            hook_cpu: Duration::from_millis(20),
            hook_memory: 16 << 20,
            route_wall: Duration::from_millis(150),
            settings_wall: Duration::from_millis(100),
            script_cpu: Duration::from_millis(100),
            script_memory: 32 << 20,
            background_wall: Duration::from_secs(30),
            background_cpu: Duration::from_secs(1),
            background_memory: 64 << 20,
            lookup_wall: Duration::from_secs(3),
            reducer_wall: Duration::from_secs(1),
            reducer_cpu: Duration::from_millis(100),
            reducer_memory: 32 << 20,
            take_up: Duration::from_millis(150),
            web_wall: Duration::from_secs(10),
            web_cpu: Duration::from_secs(1),
            web_memory: 64 << 20,
        }
    }
}
