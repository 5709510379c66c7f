//! What is loaded: an immutable picture of all plugins, swapped whole whenever an admin changes something.

use crate::{
    breaker::{Breaker, Standing},
    clock::Clock,
    code::{Code, CodeError, Compiled},
    compiler::Compiler,
    config::Limits,
    contacts::ContactBook,
    cost::Meter,
    engine::Wasm,
    events::Events,
    facts::FactWriter,
    filter::Filter,
    interfaces::tcp::MOST_CONNECTIONS,
    log::{Log, one_line},
    lookup::Questions,
    network::{AllowedHost, Network},
    origins::AllowedOrigin,
    package::Package,
    plugins::Inner,
    post::Post,
    prompts::Prompts,
    reducers::States,
    replay::Recent,
    router::Router,
    schedules::ScheduleBook,
    secrets::{PluginSecrets, SealedSettings, Secrets},
    shelf::{Clerk, Shelf},
    store::{InstalledPlugin, PluginStore},
    timers::Alarms,
    trial::{Decided, Trial},
    trust::Trusted,
    web::Door,
};
use arc_swap::ArcSwap;
use cap_std::fs::Dir;
use jackfield_calls::{events::EventBus, house::House};
use jackfield_model::{CallId, EventKind, Level, PluginPage, PluginSigner, PluginState, PluginStatus, Shape};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    runtime::Handle,
    sync::{Notify, Semaphore, mpsc},
    time::Instant,
};

/// What all plugins share.
pub(crate) struct Host {
    pub(crate) wasm: Arc<Wasm>,
    pub(crate) compiler: Compiler,
    /// Whose packages are taken.
    pub(crate) trusted: Trusted,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: Limits,
    /// The language of prompts for a call that has none of its own.
    pub(crate) language: &'static str,
    /// Prompts that are heard in place of those of packages.
    pub(crate) own_prompts: ArcSwap<Prompts>,
    /// `data/`: one folder for each plugin that keeps files.
    pub(crate) data: Arc<Dir>,
    /// Time zones, compiled in: looking one up reads no file.
    pub(crate) zones: jiff::tz::TimeZoneDatabase,
    /// How plugins reach other computers.
    pub(crate) network: Arc<dyn Network>,
    /// What keeps the contacts that plugins bring.
    pub(crate) contacts: Arc<dyn ContactBook>,
    /// What knows when the house is open.
    pub(crate) schedules: Arc<dyn ScheduleBook>,
    /// Places for questions about contacts.
    pub(crate) questions: Questions,
    /// Hides the secrets among settings from whoever reads them.
    pub(crate) secrets: Secrets,
    /// What plugins may know of the house; set once it is open.
    pub(crate) house: OnceLock<Arc<dyn House>>,
    /// Takes their letters; set once the house is open.
    pub(crate) post: OnceLock<Arc<dyn Post>>,
    /// Writes what plugins keep.
    pub(crate) clerk: Clerk,
    /// What they are to learn of.
    pub(crate) events: Events,
    /// When plugins want to be woken.
    pub(crate) alarms: Alarms,
    /// What answers their questions.
    pub(crate) store: Arc<dyn PluginStore>,
    /// Writes the facts that they tell.
    pub(crate) facts: FactWriter,
    pub(crate) live_scripts: AtomicU32,
    /// All plugins as they are; set once they are loaded.
    pub(crate) plugins: OnceLock<Weak<Inner>>,
    /// Places of the pool for reducers.
    pub(crate) reducing: Semaphore,
    /// Where reducers run: not on the thread that carries signalling, whoever asks them.
    pub(crate) workers: Handle,
    /// Rung when the timers of reducers have changed.
    pub(crate) reducers_changed: Notify,
    /// Places of the pool for pages and background work.
    pub(crate) aside: Semaphore,
    pub(crate) bus: EventBus,
    /// What routing plugins were asked last.
    pub(crate) recent: Recent,
    /// Calls that were decided while another version of a plugin is tried.
    pub(crate) decided: mpsc::Sender<Decided>,
    /// Rung when some plugin's figures have changed.
    pub(crate) figures: Notify,
}

/// Every installed plugin at one moment.
#[derive(Default)]
pub(crate) struct Roster {
    pub(crate) all: BTreeMap<String, Arc<Loaded>>,
    /// Those that route and may be asked, in the admin's order.
    pub(crate) routers: Vec<Router>,
}

/// One plugin as it stands: its version, its settings, its grants. Work that has begun keeps what it began with.
pub(crate) struct Loaded {
    pub(crate) record: InstalledPlugin,
    pub(crate) life: Arc<Life>,
    /// What the package holds; `None` when it could not be read.
    pub(crate) body: Option<Arc<Body>>,
    pub(crate) code: Result<Code, Blocked>,
    /// Settings in force, as the guest reads them: without the secrets that it is not to know.
    pub(crate) settings: Arc<str>,
    /// All its secrets that are set.
    pub(crate) secrets: Arc<PluginSecrets>,
    pub(crate) filter: Filter,
    /// The hosts that it may reach.
    pub(crate) hosts: Vec<AllowedHost>,
    /// The web services that it may ask.
    pub(crate) origins: Vec<AllowedOrigin>,
    /// The version that is tried beside it.
    pub(crate) trial: Option<Trial>,
}

/// A package, read and compiled.
pub(crate) struct Body {
    pub(crate) package: Package,
    pub(crate) compiled: Compiled,
    pub(crate) size: u64,
}

/// What outlives versions and settings: figures, log, breakers, and what the plugin keeps.
pub(crate) struct Life {
    pub(crate) id: String,
    /// Of a version that is tried beside the one in use: which.
    on_trial: Option<String>,
    pub(crate) log: Arc<Log>,
    pub(crate) meter: Meter,
    pub(crate) router: Breaker,
    pub(crate) script: Breaker,
    pub(crate) web: Breaker,
    pub(crate) contacts: Breaker,
    /// Requests of its pages that are answered or wait.
    pub(crate) door: Door,
    pub(crate) shelf: Arc<Shelf>,
    /// Places for connections to other computers and questions to web services.
    pub(crate) connections: Arc<Semaphore>,
    /// What its reducer holds.
    pub(crate) states: Arc<States>,
    changed: AtomicBool,
}

/// Why a plugin cannot be asked at all.
#[derive(Clone, Debug)]
pub(crate) enum Blocked {
    NeedsPermission(Vec<String>),
    Failed(String),
}

impl Life {
    pub(crate) fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            on_trial: None,
            log: Arc::default(),
            meter: Meter::default(),
            router: Breaker::new(),
            script: Breaker::new(),
            web: Breaker::new(),
            contacts: Breaker::new(),
            door: Door::default(),
            shelf: Arc::default(),
            connections: Arc::new(Semaphore::new(MOST_CONNECTIONS)),
            states: Arc::default(),
            changed: AtomicBool::new(false),
        }
    }

    /// Of a version that is tried beside the one with this life: they share what the plugin keeps and says.
    pub(crate) fn on_trial(beside: &Self, version: &str) -> Self {
        Self {
            on_trial: Some(version.to_owned()),
            log: Arc::clone(&beside.log),
            shelf: Arc::clone(&beside.shelf),
            connections: Arc::clone(&beside.connections),
            states: Arc::clone(&beside.states),
            ..Self::new(&beside.id)
        }
    }
}

impl Host {
    /// The host's own finding about a plugin: into the plugin's log and the host's.
    pub(crate) fn find(&self, life: &Life, level: Level, text: &str, call: Option<&CallId>) {
        // It may quote the plugin.
        let text = &match &life.on_trial {
            Some(version) => one_line(&format!("version {version}, on trial: {text}")),
            None => one_line(text),
        };
        match level {
            Level::Error | Level::Warn => {
                tracing::warn!(plugin = %life.id, call = call.map(|c| c.0.as_str()), "{text}")
            }
            Level::Info | Level::Debug => {
                tracing::info!(plugin = %life.id, call = call.map(|c| c.0.as_str()), "{text}")
            }
        }
        life.log.write(self.clock.now_ms(), level, text, call.cloned());
    }

    /// A plugin as it is now.
    pub(crate) fn plugin(&self, id: &str) -> Option<Arc<Loaded>> {
        self.plugins.get()?.upgrade()?.roster.load().all.get(id).cloned()
    }

    /// Tell whoever listens that a plugin's state has changed.
    pub(crate) fn announce(&self, id: &str) {
        self.bus.publish(self.clock.now_ms(), EventKind::PluginChanged { id: id.to_owned() });
    }

    /// A plugin's figures have changed: told at most once a second, since every call changes them.
    pub(crate) fn figures_changed(&self, life: &Life) {
        if !life.changed.swap(true, Relaxed) {
            self.figures.notify_one();
        }
    }

    /// Tell about changed figures for as long as the roster lives.
    pub(crate) fn announce_figures(&self, roster: &Roster) {
        for loaded in roster.all.values() {
            let tried = loaded.trial.as_ref().is_some_and(|trial| trial.plugin.life.changed.swap(false, Relaxed));
            if loaded.life.changed.swap(false, Relaxed) || tried {
                self.announce(&loaded.life.id);
            }
        }
    }
}

impl Body {
    /// Read and compile an archive. Takes long: never on a signalling thread.
    pub(crate) fn read(host: &Host, archive: &[u8]) -> Result<Self, BodyError> {
        let mut package = Package::open(archive)?;
        let component = std::mem::take(&mut package.component);
        let compiled = Compiled::new(&host.wasm, &host.compiler, &component, &package.manifest)?;
        Ok(Self { size: component.len() as u64, package, compiled })
    }
}

/// An archive that cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error(transparent)]
    Package(#[from] crate::package::PackageError),
    #[error(transparent)]
    Code(#[from] CodeError),
}

impl Loaded {
    /// Put together what an admin decided and what the package holds.
    pub(crate) fn new(host: &Host, record: InstalledPlugin, life: Arc<Life>, body: Arc<Body>) -> Self {
        let missing: Vec<String> =
            body.compiled.needs().into_iter().filter(|needed| !record.grants.contains(needed)).collect();
        let code = if missing.is_empty() {
            body.compiled.link(&host.wasm.engine).map_err(|error| Blocked::Failed(error.to_string()))
        } else {
            Err(Blocked::NeedsPermission(missing))
        };
        let values = body.package.schema.effective(&record.settings);
        let hook = body.package.manifest.hooks.router.as_ref();
        let filter = hook.map(|hook| Filter::new(&hook.filter, hook.unreached, &values)).unwrap_or_default();
        let hosts = AllowedHost::of(&body.package.manifest, &record.settings, &values);
        let origins = AllowedOrigin::of(&body.package.manifest, &record.settings, &values);
        let sealed = SealedSettings::new(&body.package.schema, values);
        Self {
            settings: sealed.settings.to_string().into(),
            secrets: sealed.secrets,
            filter,
            hosts,
            origins,
            record,
            life,
            body: Some(body),
            code,
            trial: None,
        }
    }

    /// A plugin whose package cannot be read.
    pub(crate) fn broken(record: InstalledPlugin, life: Arc<Life>, why: String) -> Self {
        Self {
            record,
            life,
            body: None,
            code: Err(Blocked::Failed(why)),
            settings: "{}".into(),
            filter: Filter::default(),
            hosts: Vec::new(),
            origins: Vec::new(),
            secrets: Arc::default(),
            trial: None,
        }
    }

    pub(crate) fn routes(&self) -> bool {
        self.body.as_ref().is_some_and(|body| body.compiled.shapes.contains(&Shape::Router))
    }

    /// Whether it is on and has a reducer.
    pub(crate) fn takes_inputs(&self) -> bool {
        self.record.enabled && self.code.as_ref().is_ok_and(|code| code.reduce.is_some())
    }

    /// Whether it has a script of that name.
    pub(crate) fn has_entry(&self, entry: &str) -> bool {
        let script = self.body.as_ref().and_then(|body| body.package.manifest.script.as_ref());
        script.is_some_and(|script| script.entries.iter().any(|known| known == entry))
    }

    /// Its pages; none while it is off or may not run.
    pub(crate) fn pages(&self) -> Vec<PluginPage> {
        match &self.body {
            Some(body) if self.record.enabled && self.code.is_ok() => body.package.pages(),
            _ => Vec::new(),
        }
    }

    /// What it is doing, with the reason.
    pub(crate) fn state(&self, host: &Host) -> PluginState {
        match &self.code {
            Err(Blocked::Failed(reason)) => return PluginState::Failed { reason: reason.clone() },
            Err(Blocked::NeedsPermission(missing)) => return PluginState::NeedsPermission { missing: missing.clone() },
            Ok(_) => {}
        }
        if !self.record.enabled {
            return PluginState::Disabled { calls: self.life.meter.live.load(Relaxed) };
        }
        let standings = [self.life.router.standing(), self.life.script.standing(), self.life.web.standing()];
        let mut resting = None;
        for standing in standings {
            match standing {
                Standing::Quarantined { reason } => return PluginState::Quarantined { reason },
                Standing::Resting { until, reason } => {
                    let left = until.saturating_duration_since(Instant::now());
                    resting = Some(PluginState::Resting { reason, retry_at: host.clock.now_ms() + millis(left) });
                }
                Standing::Closed => {}
            }
        }
        resting.unwrap_or(PluginState::Running)
    }

    /// Everything for its card.
    pub(crate) fn status(&self, host: &Host, order: Option<u32>) -> PluginStatus {
        let manifest = self.body.as_ref().map(|body| &body.package.manifest);
        let text = |of: fn(&crate::manifest::Manifest) -> &str| manifest.map_or(String::new(), |m| of(m).to_owned());
        let name = manifest.map_or_else(|| self.record.id.clone(), |m| m.name.clone());
        let compiled = self.body.as_ref().map(|body| &body.compiled);
        PluginStatus {
            id: self.record.id.clone(),
            name,
            version: self.record.version.clone(),
            publisher: text(|m| &m.publisher),
            description: text(|m| &m.description),
            license: text(|m| &m.license),
            enabled: self.record.enabled,
            state: self.state(host),
            shapes: compiled.map_or_else(Vec::new, |c| c.shapes.clone()),
            order,
            capabilities: compiled.map_or_else(Vec::new, |c| c.capabilities.iter().map(|c| (*c).to_owned()).collect()),
            size: self.body.as_ref().map_or(0, |body| body.size),
            installed: self.record.installed,
            signer: host.trusted.pinned(&self.record.id).map(|(key, known)| PluginSigner {
                fingerprint: key.fingerprint(),
                revoked: known.as_ref().is_some_and(|known| known.revoked.is_some()),
                name: known.map(|known| known.name),
            }),
            cost: self.life.meter.read(),
            trial: self.trial.as_ref().map(Trial::status),
        }
    }
}

impl Roster {
    /// Put these in the admin's order. So many of those that route may have an instance wait between its decisions.
    pub(crate) fn new(all: BTreeMap<String, Arc<Loaded>>, may_wait: usize) -> Self {
        let mut routers: Vec<Arc<Loaded>> = all.values().filter(|p| p.routes()).cloned().collect();
        // Ids decide between equals, so that the order never depends on chance.
        routers.sort_by(|a, b| (a.record.order, &a.record.id).cmp(&(b.record.order, &b.record.id)));
        routers.retain(|p| p.record.enabled && p.code.is_ok());
        let router = |(place, plugin)| Router::new(plugin, place < may_wait);
        let routers = routers.into_iter().enumerate().map(router).collect();
        Self { all, routers }
    }

    /// The versions that are tried.
    pub(crate) fn trials(&self) -> impl Iterator<Item = &Trial> {
        self.routers.iter().filter_map(|router| router.plugin.trial.as_ref())
    }

    /// The pages of all that are on.
    pub(crate) fn pages(&self) -> Vec<PluginPage> {
        self.all.values().flat_map(|plugin| plugin.pages()).collect()
    }

    /// All that route, asked or not, in the admin's order: their place is what the admin sees.
    pub(crate) fn order(&self) -> Vec<&str> {
        let mut routers: Vec<&Arc<Loaded>> = self.all.values().filter(|p| p.routes()).collect();
        routers.sort_by(|a, b| (a.record.order, &a.record.id).cmp(&(b.record.order, &b.record.id)));
        routers.into_iter().map(|p| p.record.id.as_str()).collect()
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
