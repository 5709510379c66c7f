//! All plugins of a house: what calls ask, and what an admin sees.

use crate::{
    admin::Permission,
    background,
    cache::Cache,
    clock::Clock,
    compiler::{Compilation, Compiler},
    config::RuntimeConfig,
    engine::Machine,
    events::{self, Events, Published},
    facts::FactWriter,
    grants,
    hook::{self, Earnest},
    links,
    lookup::Questions,
    post::Post,
    printing::{self, PrintError, Printed},
    prompts::{PackagedPrompt, Prompts},
    reducers::{self, DeadInput, SettleError},
    registry::{Body, Host, Life, Loaded, Roster},
    replay::Recent,
    script,
    secrets::Secrets,
    settings::Settings,
    shelf::Clerk,
    store::{InstalledPlugin, KeptEvent, PluginStore, StoreFailure},
    timers::{self, Alarms},
    trial::{self, Versions, archive_on_trial},
    trust::Trusted,
    ui::UiFile,
    web::{self, WebAnswer, WebError, WebRequest},
};
use arc_swap::ArcSwap;
use cap_std::{ambient_authority, fs::Dir};
use jackfield_calls::{
    events::EventBus,
    house::House,
    router::{RouteRequest, Routed, Router, ScriptRef},
    scripts::{ScriptCall, ScriptEnd, Scripts},
};
use jackfield_model::{PluginLogLine, PluginPage, PluginStatus};
use std::{
    collections::BTreeMap,
    future::Future,
    path::Path,
    pin::Pin,
    sync::{Arc, OnceLock, atomic::AtomicU32},
    time::Duration,
};
use tokio::{
    runtime::Handle,
    sync::{Mutex, Notify, Semaphore, broadcast},
};

/// How often figures are told to screens at most.
const FIGURES_EVERY: Duration = Duration::from_secs(1);

/// All plugins of a house; cheap to clone.
///
/// Calls ask through [`Router`] and [`Scripts`]; both read one immutable picture of all plugins and never wait for an
/// admin. An admin's change makes the next picture: calls that come after it see it, work that has begun goes on with
/// what it began with.
#[derive(Clone)]
pub struct Plugins(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) host: Arc<Host>,
    pub(crate) roster: ArcSwap<Roster>,
    pub(crate) store: Arc<dyn PluginStore>,
    /// `packages/`: the archives as they were installed.
    pub(crate) packages: Arc<Dir>,
    /// Held by whoever changes something, so that changes come one after the other.
    pub(crate) admin: Mutex<()>,
}

/// The runtime cannot start: what is wrong, with the next step.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder cannot be made or read.
    #[error("the plugin folder {path} cannot be used: {reason}")]
    Folder {
        /// The folder.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// The engine cannot be set up on this machine.
    #[error("WebAssembly cannot run here: {0}")]
    Engine(String),
    /// What is installed cannot be read.
    #[error("the list of installed plugins cannot be read: {0}")]
    Store(String),
}

impl Plugins {
    /// Load everything that is installed. A plugin that cannot be loaded is listed with the reason; it stops nothing.
    ///
    /// # Errors
    /// When the folder cannot be used, the engine cannot start, or the store cannot be read.
    pub async fn start(
        config: RuntimeConfig,
        store: Arc<dyn PluginStore>,
        bus: EventBus,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StartError> {
        let unreadable = |e: StoreFailure| StartError::Store(e.to_string());
        let records = store.load().await.map_err(unreadable)?;
        let mut inputs = store.inputs().await.map_err(unreadable)?;
        let mut installed = Vec::with_capacity(records.len());
        for record in records {
            let life = Life::new(&record.id);
            life.shelf.fill(store.kept(&record.id).await.map_err(unreadable)?);
            let held = store.held(&record.id).await.map_err(unreadable)?;
            life.states.fill(held, inputs.extract_if(.., |input| input.plugin == record.id).collect());
            installed.push((record, Arc::new(life)));
        }
        let trusted = Trusted::load(Arc::clone(&config.trust), config.allow_unsigned).await.map_err(unreadable)?;
        let secret = config.trust.cache_secret().await.map_err(unreadable)?;
        let alarms = Alarms::new(Arc::clone(&store), store.timers().await.map_err(unreadable)?);
        let events = Events::new(store.events().await.map_err(unreadable)?);
        let clerk = Clerk::start(Arc::clone(&store));
        let workers = Handle::current();
        let facts = FactWriter::start(Arc::clone(&store));
        let (decided, calls) = trial::waiting();
        let answers = Arc::clone(&store);
        let (host, packages, roster) = off_the_call_path(move || {
            let Folders { packages, data, compiled } = folders(&config.dir)?;
            // What was compiled in this process is for those who bring their own components: nothing is kept.
            let compiled = (config.compilation != Compilation::Here).then_some(compiled);
            let compiler = Compiler { compilation: config.compilation, cache: Cache::new(compiled, &secret) };
            let machine = match config.machine {
                Some(machine) => machine,
                None => Machine::new(config.slots).map_err(StartError::Engine)?,
            };
            let host = Arc::new(Host {
                aside: Semaphore::new(machine.0.most_in_background() as usize),
                reducing: Semaphore::new(machine.0.most_reducers() as usize),
                reducers_changed: Notify::new(),
                workers,
                plugins: OnceLock::new(),
                wasm: machine.0,
                compiler,
                trusted,
                clock,
                limits: config.limits,
                language: config.language.as_str(),
                network: config.network,
                contacts: config.contacts,
                schedules: config.schedules,
                questions: Questions::default(),
                own_prompts: ArcSwap::default(),
                data: Arc::new(data),
                zones: jiff::tz::TimeZoneDatabase::bundled(),
                house: OnceLock::new(),
                secrets: Secrets::new(rand::random()),
                post: OnceLock::new(),
                clerk,
                events,
                alarms,
                store: answers,
                facts,
                live_scripts: AtomicU32::new(0),
                bus,
                recent: Recent::default(),
                decided,
                figures: Notify::new(),
            });
            let load = |(record, life): (InstalledPlugin, _)| {
                (record.id.clone(), Arc::new(load(&host, &packages, record, life)))
            };
            let all = installed.into_iter().map(load);
            let roster = Roster::new(all.collect::<BTreeMap<_, _>>(), host.wasm.most_waiting());
            Ok((host, Arc::new(packages), roster))
        })
        .await?;
        let inner = Inner { host, roster: ArcSwap::from_pointee(roster), store, packages, admin: Mutex::new(()) };
        let plugins = Self(Arc::new(inner));
        tokio::spawn(trial::compare(Arc::downgrade(&plugins.0.host), calls));
        // Set once: nobody else has this host.
        let _ = plugins.0.host.plugins.set(Arc::downgrade(&plugins.0));
        plugins.tell_figures();
        Ok(plugins)
    }

    /// The house is open: plugins may know of it from now on, have letters sent, begin their work and are woken. Does nothing
    /// the second time.
    pub fn open(&self, house: Arc<dyn House>, post: Arc<dyn Post>) {
        if self.0.host.post.set(post).is_err() || self.0.host.house.set(house).is_err() {
            return;
        }
        for plugin in self.0.roster.load().all.values() {
            background::start(&self.0.host, Arc::clone(plugin));
        }
        tokio::spawn(timers::watch(Arc::downgrade(&self.0)));
        tokio::spawn(events::watch(Arc::downgrade(&self.0)));
        tokio::spawn(events::listen(Arc::downgrade(&self.0), self.0.host.bus.subscribe()));
        tokio::spawn(reducers::watch(Arc::downgrade(&self.0)));
    }

    /// Every installed plugin: those that route in the order in which they are asked, then the others by id.
    pub fn list(&self) -> Vec<PluginStatus> {
        let roster = self.0.roster.load();
        let order = roster.order();
        let place = |id: &str| order.iter().position(|known| *known == id).map(|place| place as u32);
        let mut list: Vec<_> = roster.all.values().map(|p| p.status(&self.0.host, place(&p.record.id))).collect();
        list.sort_by_key(|status| status.order.unwrap_or(u32::MAX));
        list
    }

    /// One plugin; `None` when it is not installed.
    pub fn status(&self, id: &str) -> Option<PluginStatus> {
        let roster = self.0.roster.load();
        let order = roster.order().iter().position(|known| *known == id).map(|place| place as u32);
        roster.all.get(id).map(|plugin| plugin.status(&self.0.host, order))
    }

    /// A plugin's settings with its form; `None` when it is not installed or not readable. Of secrets it has a word in their
    /// place that [`Plugins::set_settings`] takes for “as it was”.
    pub fn settings(&self, id: &str) -> Option<Settings> {
        let roster = self.0.roster.load();
        let plugin = roster.all.get(id)?;
        let package = &plugin.body.as_ref()?.package;
        Some(Settings {
            schema: package.schema.value.clone(),
            values: self.0.host.secrets.hide(&package.schema, package.schema.effective(&plugin.record.settings)),
            locales: package.locales.clone(),
        })
    }

    /// The prompts of a plugin's package, decoded; shared with the calls that play them.
    pub fn prompts(&self, id: &str) -> Vec<PackagedPrompt> {
        let roster = self.0.roster.load();
        let body = roster.all.get(id).and_then(|plugin| plugin.body.as_ref());
        body.map_or_else(Vec::new, |body| body.package.prompts.all().collect())
    }

    /// Have these heard in place of packages' prompts of the same language and name, from the next verb of a script on: language,
    /// name, and 8,000 samples a second.
    pub fn set_own_prompts(&self, prompts: impl IntoIterator<Item = (String, String, Arc<[i16]>)>) {
        let mut own = Prompts::default();
        for (language, name, samples) in prompts {
            own.put(language, name, samples);
        }
        self.0.host.own_prompts.store(Arc::new(own));
    }

    /// The newest lines of a plugin's log, oldest first; at most 500 are kept.
    pub fn log(&self, id: &str, limit: usize) -> Vec<PluginLogLine> {
        self.0.roster.load().all.get(id).map_or_else(Vec::new, |plugin| plugin.life.log.newest(limit))
    }

    /// What a plugin may do and what of it is approved. The sentences are [`grants::sentences`].
    pub fn permissions(&self, id: &str) -> Vec<Permission> {
        let roster = self.0.roster.load();
        let Some(plugin) = roster.all.get(id) else { return Vec::new() };
        let Some(body) = &plugin.body else { return Vec::new() };
        Permission::of(body, &plugin.record.grants, &plugin.record.settings)
    }

    /// The pages of all plugins that are on.
    pub fn pages(&self) -> Vec<PluginPage> {
        self.0.roster.load().pages()
    }

    /// A file of a plugin's pages, by its path below `ui/`; `None` when the plugin is off or has no such file.
    pub fn ui_file(&self, id: &str, path: &str) -> Option<UiFile> {
        let roster = self.0.roster.load();
        let plugin = roster.all.get(id).filter(|plugin| plugin.record.enabled && plugin.code.is_ok())?;
        plugin.body.as_ref()?.package.ui.find(path)
    }

    /// What a plugin answers to a request of its page.
    ///
    /// # Errors
    /// When there is nothing to ask, too much is asked at once, or the plugin rests or fails.
    pub async fn web(&self, id: &str, request: WebRequest) -> Result<WebAnswer, WebError> {
        let plugin = self.0.roster.load().all.get(id).cloned().ok_or(WebError::Unknown)?;
        web::answer(&self.0.host, &plugin, request).await
    }

    /// A file of a page that a plugin shows to whoever has a link, by its path below that page's folder; `None` when there is none or
    /// the plugin is off.
    pub fn link_file(&self, id: &str, path: &str) -> Option<UiFile> {
        links::file(self.0.roster.load().all.get(id)?, path)
    }

    /// What a plugin shows to who has a link with this word; without a person.
    ///
    /// # Errors
    /// As for [`Plugins::web`].
    pub async fn link(&self, id: &str, word: &str) -> Result<WebAnswer, WebError> {
        let plugin = self.0.roster.load().all.get(id).cloned().ok_or(WebError::Unknown)?;
        links::answer(&self.0.host, &plugin, word).await
    }

    /// The name of a plugin's printer; `None` when it has none or is off.
    pub fn printer(&self, id: &str) -> Option<String> {
        printing::name(self.0.roster.load().all.get(id)?).map(str::to_owned)
    }

    /// Print to a plugin. Making pages takes up to a minute.
    ///
    /// # Errors
    /// When there is no such printer, it cannot take the document, or has too much to do.
    pub async fn print(&self, id: &str, printed: Printed) -> Result<(), PrintError> {
        let plugin = self.0.roster.load().all.get(id).cloned().ok_or(PrintError::Unknown)?;
        printing::print(&self.0.host, &plugin, printed).await
    }

    /// Events that a plugin was told in vain, newest first; at most 200 are kept.
    pub fn dead_events(&self, id: &str) -> Vec<KeptEvent> {
        self.0.host.events.dead(id)
    }

    /// Have such an event told again, or throw it away; `false` when there is none of this number.
    ///
    /// # Errors
    /// When that cannot be stored, with the reason.
    pub async fn settle_event(&self, id: &str, seq: u64, again: bool) -> Result<bool, String> {
        events::settle(&self.0.host, id, seq, again).await
    }

    /// Inputs that the plugin's state could not take, newest first; at most 200 are kept.
    pub fn dead_inputs(&self, id: &str) -> Vec<DeadInput> {
        self.0.roster.load().all.get(id).map_or_else(Vec::new, |plugin| reducers::dead_inputs(&plugin.life.states))
    }

    /// Have such an input given again, or throw it away; `false` when there is none of this name.
    ///
    /// # Errors
    /// When another one has its name, or the change cannot be kept.
    pub async fn settle_input(&self, id: &str, key: &str, name: &str, again: bool) -> Result<bool, SettleError> {
        let Some(plugin) = self.0.roster.load().all.get(id).cloned() else { return Ok(false) };
        reducers::settle(&self.0.host, &plugin, key, name, again).await
    }

    /// Tell subscribers something in the name of the house, or of the plugin with whose id `topic` begins, as if that had
    /// happened: for tests. Gives how many plugins are to learn of it.
    ///
    /// # Errors
    /// When it cannot be kept, with the reason.
    pub async fn publish(&self, topic: &str, payload: &str, recordings: &[String]) -> Result<u32, String> {
        let publisher = if events::TOPICS.contains(&topic) { "" } else { topic.split('/').next().unwrap_or_default() };
        events::publish(&self.0.host, &self.0.roster.load_full(), publisher, topic, payload, recordings).await
    }

    /// Everything that plugins publish from now on: for tests. Whoever lags more than 256 events behind loses some.
    pub fn published(&self) -> broadcast::Receiver<Arc<Published>> {
        self.0.host.events.watch()
    }

    /// Every capability that a plugin can ask for.
    pub fn capabilities() -> impl Iterator<Item = &'static str> {
        grants::capabilities()
    }

    /// Tell screens about changed figures, for as long as there are plugins.
    fn tell_figures(&self) {
        let inner = Arc::downgrade(&self.0);
        let host = Arc::clone(&self.0.host);
        tokio::spawn(async move {
            loop {
                host.figures.notified().await;
                tokio::time::sleep(FIGURES_EVERY).await;
                let Some(inner) = inner.upgrade() else { return };
                host.announce_figures(&inner.roster.load());
            }
        });
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Lets the teller of figures and the watch over timers see that there are no plugins any more.
        self.host.figures.notify_one();
        self.host.alarms.look();
        self.host.events.look();
        self.host.reducers_changed.notify_one();
    }
}

impl Router for Plugins {
    fn route(&self, request: RouteRequest) -> Pin<Box<dyn Future<Output = Routed> + Send + '_>> {
        let roster = self.0.roster.load_full();
        Box::pin(async move {
            let seen = roster.trials().next().is_some().then(|| request.clone());
            let routed = hook::route(&self.0.host, &roster, request, Earnest::Real, Versions::Turn).await;
            trial::decided(&self.0.host, &roster, seen, &routed);
            routed
        })
    }

    fn foresee(&self, request: RouteRequest) -> Pin<Box<dyn Future<Output = Routed> + Send + '_>> {
        let roster = self.0.roster.load_full();
        Box::pin(async move { hook::route(&self.0.host, &roster, request, Earnest::Supposed, Versions::InUse).await })
    }
}

impl Scripts for Plugins {
    fn run(
        &self,
        script: ScriptRef,
        call: Box<dyn ScriptCall>,
    ) -> Pin<Box<dyn Future<Output = ScriptEnd> + Send + '_>> {
        let plugin = self.0.roster.load().all.get(&script.plugin).cloned();
        // The share of a trial may have changed since the decision.
        let plugin = plugin.map(|plugin| match plugin.version(&call.id(), Versions::Turn) {
            version if version.has_entry(&script.entry) => Arc::clone(version),
            _ => plugin.version_with(&script.entry),
        });
        Box::pin(script::run(&self.0.host, plugin, script, call))
    }
}

/// Do what takes long or reads files away from the threads that carry calls.
pub(crate) async fn off_the_call_path<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The runtime is being shut down; nobody waits for the value any more.
        Err(_) => std::future::pending().await,
    }
}

/// The archive of one installed version.
pub(crate) fn archive_name(id: &str, version: &str) -> String {
    format!("{id}-{version}.jackfield")
}

struct Folders {
    packages: Dir,
    data: Dir,
    compiled: Dir,
}

fn folders(dir: &Path) -> Result<Folders, StartError> {
    let failed = |e: std::io::Error| StartError::Folder { path: dir.display().to_string(), reason: e.to_string() };
    std::fs::create_dir_all(dir).map_err(failed)?;
    let root = Dir::open_ambient_dir(dir, ambient_authority()).map_err(failed)?;
    let open = |name| root.create_dir_all(name).and_then(|()| root.open_dir(name)).map_err(failed);
    Ok(Folders { packages: open("packages")?, data: open("data")?, compiled: open("compiled")? })
}

fn load(host: &Host, packages: &Dir, record: InstalledPlugin, life: Arc<Life>) -> Loaded {
    let name = archive_name(&record.id, &record.version);
    let body = match packages.read(&name) {
        Ok(archive) => read_installed(host, &record.id, &archive),
        Err(error) => Err(format!("its package {name} cannot be read ({error}): install it again")),
    };
    match body {
        Ok(body) => {
            if body.compiled.distrusted {
                let text = "its compiled code on the disk was damaged or forged, and it was compiled again";
                host.find(&life, jackfield_model::Level::Warn, text, None);
            }
            let loaded = Loaded::new(host, record, life, Arc::new(body));
            resume_trial(host, packages, loaded)
        }
        Err(why) => {
            host.find(&life, jackfield_model::Level::Error, &format!("it is not loaded: {why}"), None);
            Loaded::broken(record, life, why)
        }
    }
}

/// Go on with the trial of another version, if there is one.
fn resume_trial(host: &Host, packages: &Dir, mut loaded: Loaded) -> Loaded {
    if loaded.record.trial.is_none() {
        return loaded;
    }
    let archive = packages.read(archive_on_trial(&loaded.record.id)).map_err(|error| error.to_string());
    let read = archive.and_then(|archive| read_installed(host, &loaded.record.id, &archive));
    // The host may have been ended between keeping a package and its terms.
    let is_it = |body: &Body| {
        let version = body.package.manifest.version.to_string();
        loaded.record.trial.as_ref().is_some_and(|terms| terms.version == version)
    };
    match read.and_then(|body| is_it(&body).then_some(body).ok_or_else(|| "it is another version".into())) {
        Ok(body) => loaded.trying(host, &Arc::new(body), None),
        Err(why) => {
            let text = format!("the version that was tried cannot be read, and the trial is over: {why}");
            host.find(&loaded.life, jackfield_model::Level::Error, &text, None);
            loaded.record.trial = None;
            loaded
        }
    }
}

/// What was installed is what is loaded: the package must still be by whom it was.
fn read_installed(host: &Host, id: &str, archive: &[u8]) -> Result<Body, String> {
    let body = Body::read(host, archive).map_err(|error| error.to_string())?;
    let pinned = host.trusted.pinned(id).map(|(key, _)| key);
    if body.package.manifest.id != id || (pinned.is_some() && pinned != body.package.signer) {
        return Err("its package on the disk is not the one that was installed: install it again".into());
    }
    Ok(body)
}
