//! The plugin under test, installed in a host of its own.

use crate::{
    caller::{Caller, Names, Scene, lock},
    contacts::TestContacts,
    conversation::{Conversation, What},
    house::{CallEnd, TestExtension, TestHouse},
    http::{AskedQuestion, WebServiceAnswer},
    network::TestNetwork,
    post::{SentLetter, TestPost},
    route::Route,
    scenario::Scenario,
    schedules::TestSchedules,
    store::TestStore,
    web::{PrintCall, WebCall, WebReply},
};
use jackfield_calls::{
    KeyLamp, Messages,
    events::EventBus,
    house::{CallOrder, House, OrderEnd},
    router::{Decision, Router, ScriptRef},
    scripts::Scripts,
};
use jackfield_model::{CallId, Contact, Fact, MetricSeries, PluginStatus, Schedule, ScheduleCase, TimestampMs};
use jackfield_runtime::{
    Clock, Consent, ContactBook, FieldError, Limits, LookedUp, Machine, Network, PluginStore, Plugins, Post,
    PrintError, Printed, Published, RuntimeConfig, ScheduleBook, SettingsError, WebRequest,
};
use jackfield_store::sample;
use serde_json::Value;
use std::{
    collections::HashMap,
    future::Future,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    runtime::{Builder, Runtime},
    sync::broadcast,
    task::JoinHandle,
    time::Instant,
};

/// The variable by which `jackfield-plugin test` says which archive to test.
const PACKAGE: &str = "JACKFIELD_PACKAGE";
/// When tests begin unless they say otherwise: a Tuesday, 10:00 in UTC.
pub(crate) const BEGIN: &str = "2026-03-10T10:00:00Z";

/// A call that goes on while the test does other things; made by [`Plugin::begin`].
pub struct OngoingCall {
    task: JoinHandle<Conversation>,
    scene: Arc<Mutex<Scene>>,
}

/// A plugin, installed with everything approved in a host of its own, in virtual time.
///
/// What is wrong with the plugin or the test is a panic with the reason: this is for tests.
pub struct Plugin {
    runtime: Runtime,
    plugins: Plugins,
    id: String,
    names: Arc<Names>,
    clock: Arc<VirtualClock>,
    house: Arc<TestHouse>,
    network: Arc<TestNetwork>,
    schedules: Arc<TestSchedules>,
    contacts: Arc<TestContacts>,
    post: Arc<TestPost>,
    published: Mutex<broadcast::Receiver<Arc<Published>>>,
    store: Arc<TestStore>,
    /// Calls that were begun so far.
    begun: Arc<AtomicU64>,
    _folder: TempDir,
}

struct VirtualClock(Mutex<(TimestampMs, Instant)>);

impl Plugin {
    /// The plugin whose test this is: the archive that `jackfield-plugin test` made, or a fresh build.
    pub fn here() -> Self {
        if let Some(archive) = std::env::var_os(PACKAGE) {
            let bytes = std::fs::read(&archive);
            return Self::from_archive(
                &bytes.unwrap_or_else(|e| panic!("{PACKAGE}={} cannot be read: {e}", archive.display())),
            );
        }
        let folder = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo and nextest set CARGO_MANIFEST_DIR");
        Self::in_folder(folder)
    }

    /// The plugin in this folder, built now.
    pub fn in_folder(folder: impl AsRef<Path>) -> Self {
        Self::from_archive(&built(folder.as_ref()))
    }

    /// This archive.
    pub fn from_archive(archive: &[u8]) -> Self {
        Self::try_from_archive(archive).unwrap_or_else(|error| panic!("{error}"))
    }

    /// This archive, or why a host would not take it.
    ///
    /// # Errors
    /// In the host's words.
    pub fn try_from_archive(archive: &[u8]) -> Result<Self, String> {
        let runtime =
            Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime for the test");
        let folder = tempfile::tempdir().expect("a temporary folder for the test");
        let house = Arc::new(TestHouse::default());
        let network = Arc::new(TestNetwork::default());
        let reached = Arc::clone(&network) as Arc<dyn Network>;
        let contacts = Arc::new(TestContacts::default());
        let book = Arc::clone(&contacts) as Arc<dyn ContactBook>;
        let schedules = Arc::new(TestSchedules::default());
        let times = Arc::clone(&schedules) as Arc<dyn ScheduleBook>;
        let post = Arc::new(TestPost::default());
        let open = (Arc::clone(&house) as Arc<dyn House>, Arc::clone(&post) as Arc<dyn Post>);
        let (plugins, id, clock, store) = runtime.block_on(async {
            let clock = Arc::new(VirtualClock(Mutex::new((0, Instant::now()))));
            // Under a paused clock only real processor time can be exceeded: slow test machines get more of it.
            let limits = Limits {
                hook_cpu: Duration::from_millis(500),
                script_cpu: Duration::from_secs(2),
                ..Limits::default()
            };
            let new = RuntimeConfig::new(folder.path());
            let config = RuntimeConfig {
                machine: Some(machine()),
                limits,
                network: reached,
                contacts: book,
                schedules: times,
                ..new
            };
            let store = Arc::new(TestStore::default());
            let kept = Arc::clone(&store) as Arc<dyn PluginStore>;
            let plugins = Plugins::start(config, kept, EventBus::new(), Arc::clone(&clock) as Arc<dyn Clock>).await;
            let plugins = plugins.unwrap_or_else(|error| panic!("{error}"));
            plugins.open(open.0, open.1);
            let status = plugins.install(archive, Consent::everything()).await.map_err(|error| error.to_string())?;
            Ok::<_, String>((plugins, status.id, clock, store))
        })?;
        let names = plugins
            .prompts(&id)
            .into_iter()
            .map(|p| (p.samples.as_ptr() as usize, format!("{}/{}", p.language, p.name)));
        let names = Arc::new(names.collect());
        let begun = Arc::default();
        let published = Mutex::new(plugins.published());
        let plugin = Self {
            runtime,
            plugins,
            id,
            names,
            clock,
            house,
            network,
            schedules,
            contacts,
            post,
            published,
            store,
            begun,
            _folder: folder,
        };
        Ok(plugin.at(BEGIN))
    }

    /// Set the clock: `2026-12-24T18:05[Europe/Paris]`, or `2026-12-24T17:05:00Z`.
    #[must_use]
    pub fn at(self, time: &str) -> Self {
        self.set_clock(moment(time).unwrap_or_else(|error| panic!("{error}")));
        self
    }

    pub(crate) fn set_clock(&self, at: TimestampMs) {
        let now = self.runtime.block_on(async { Instant::now() });
        *self.clock.0.lock().unwrap_or_else(PoisonError::into_inner) = (at, now);
    }

    /// There is this extension in the house.
    #[must_use]
    pub fn with_extension(self, extension: TestExtension) -> Self {
        self.house.add(extension);
        self
    }

    /// The house keeps this schedule, in the words of the API: `name`, `time_zone`, `week`, `holidays`, `exceptions` …
    #[must_use]
    pub fn with_schedule(self, schedule: Value) -> Self {
        let schedule: Schedule = serde_json::from_value(schedule).unwrap_or_else(|error| panic!("{error}"));
        self.add_schedule(schedule).unwrap_or_else(|error| panic!("{error}"));
        self
    }

    pub(crate) fn add_schedule(&self, schedule: Schedule) -> Result<(), String> {
        self.schedules.add(schedule)
    }

    /// What somebody has decided about a schedule; none while the clock decides.
    pub fn forced(&self, schedule: &str) -> Option<ScheduleCase> {
        self.schedules.forced(schedule)
    }

    /// Somebody has a case hold, or the clock decide again.
    pub fn force(&self, schedule: &str, case: Option<ScheduleCase>) {
        assert!(self.schedules.set(schedule, case), "there is no schedule “{schedule}”");
    }

    /// There is a server at this host and port: `talk` gives one conversation for each connection, which is told the bytes that
    /// come, as they come, and gives what it answers. TLS is taken as spoken: what it changes is tested where it is done.
    #[must_use]
    pub fn with_server<C>(self, host: &str, port: u16, talk: impl Fn() -> C + Send + Sync + 'static) -> Self
    where
        C: FnMut(&[u8]) -> Vec<u8> + Send + 'static,
    {
        self.network.add(host, port, talk);
        self
    }

    /// There is a web service at this origin, such as `https://api.example.org`, which answers so. What else stands between it and the
    /// plugin, TLS for one, is tested where it is done.
    #[must_use]
    pub fn with_web_service(
        self,
        origin: &str,
        answer: impl Fn(&AskedQuestion) -> WebServiceAnswer + Send + Sync + 'static,
    ) -> Self {
        self.network.web.add(origin, answer);
        self
    }

    /// What web services were asked since the last time, oldest first: with the plugin's secrets, as they would get it.
    pub fn asked(&self) -> Vec<AskedQuestion> {
        self.network.web.asked()
    }

    /// The names by which connections were secured so far.
    pub fn secured(&self) -> Vec<String> {
        self.network.secured()
    }

    /// The contacts that the plugin has handed over, by key.
    pub fn contacts(&self) -> Vec<Contact> {
        self.contacts.all()
    }

    /// Ask the plugin who has a number.
    pub fn look_up(&self, number: &str) -> LookedUp {
        self.runtime.block_on(self.plugins.look_up(number))
    }

    /// Ask the plugin for contacts.
    pub fn search_contacts(&self, text: &str) -> Vec<Contact> {
        let found = self.runtime.block_on(self.plugins.search_contacts(text, 50));
        found.into_iter().map(|(_, contact)| contact).collect()
    }

    /// The plugin's log, oldest first.
    pub fn log(&self) -> Vec<String> {
        self.plugins.log(&self.id, usize::MAX).into_iter().map(|line| line.message).collect()
    }

    /// The person of an extension has this mail address in their profile.
    #[must_use]
    pub fn with_mail_address(self, extension: &str, address: &str) -> Self {
        self.post.know(extension, address);
        self
    }

    /// Nobody has set mail up in the house (`true`), or somebody has.
    pub fn without_mail(&self, without: bool) {
        self.post.close(without);
    }

    /// The letters that the plugin has had sent since the last time, oldest first; none goes anywhere.
    pub fn letters(&self) -> Vec<SentLetter> {
        self.post.take()
    }

    /// Something happens that plugins learn of: `topic` is one of the house (`calls/missed`) or of another plugin
    /// (`org.jackfield.voicemail/left`). Lets the plugin under test learn of it.
    pub fn happens(&self, topic: &str, payload: &Value) {
        self.runtime.block_on(async {
            let published = self.plugins.publish(topic, &payload.to_string(), &[]).await;
            published.unwrap_or_else(|error| panic!("{error}"));
            // Lets it learn.
            tokio::time::sleep(Duration::from_millis(1)).await;
        });
    }

    /// What the plugin has published since the last time: names and payloads, oldest first.
    pub fn published(&self) -> Vec<(String, Value)> {
        let mut published = self.published.lock().unwrap_or_else(PoisonError::into_inner);
        let mut events = Vec::new();
        while let Ok(event) = published.try_recv() {
            if let Some(name) = event.topic.strip_prefix(&format!("{}/", self.id)) {
                events
                    .push((name.to_owned(), serde_json::from_str(&event.payload).expect("a payload that was checked")));
            }
        }
        events
    }

    /// Events that the plugin was told in vain: topics and reasons, newest first.
    pub fn dead_events(&self) -> Vec<(String, String)> {
        let dead = self.plugins.dead_events(&self.id);
        dead.into_iter().map(|event| (event.topic, event.reason.unwrap_or_default())).collect()
    }

    /// The messages that wait at an extension, as its lamp shows them.
    pub fn waiting(&self, number: &str) -> Messages {
        self.house.waiting(number)
    }

    /// The lamp of keys that dial a code, as the telephones of an extension see it, or those of nobody in particular.
    pub fn lamp(&self, code: &str, extension: Option<&str>) -> KeyLamp {
        self.house.lamp(code, extension)
    }

    /// The facts that the plugin has told, in their order.
    pub fn facts(&self) -> Vec<Fact> {
        self.store.facts(&self.id)
    }

    /// A figure that the plugin keeps of itself: the count, or the last value, of a histogram the sum; `None` when it was never told with
    /// these labels.
    pub fn metric(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let all = self.plugins.metrics(&self.id);
        let metric = all.iter().find(|metric| metric.name == name);
        let metric = metric.unwrap_or_else(|| panic!("plugin.toml declares no metric “{name}”"));
        let named = |series: &&MetricSeries| {
            let has = |(name, value): &(&str, &str)| series.labels.iter().any(|l| l.name == *name && l.value == *value);
            series.labels.len() == labels.len() && labels.iter().all(has)
        };
        metric.series.iter().find(named).map(|series| series.value)
    }

    /// Let an office have been busy for so many days before today, with about so many callers a day: calls, and facts of queues
    /// and agents. The same days give the same office.
    #[must_use]
    pub fn with_office(self, days: u64, calls: u64) -> Self {
        let office = sample::Office::new(self.clock.now_ms(), days, calls);
        self.store.fill(sample::SOURCE, office.calls, office.facts);
        self
    }

    /// How calls come out that the plugin makes to an extension; without this, somebody answers and the script is not run.
    #[must_use]
    pub fn when_called(self, number: &str, end: OrderEnd) -> Self {
        self.house.set_end(number, CallEnd::Is(end));
        self
    }

    /// Somebody picks up when the plugin calls this extension, and does as the scenario says while the script runs.
    #[must_use]
    pub fn picks_up(self, number: &str, scenario: Scenario) -> Self {
        let (plugins, names, number_called) = (self.plugins.clone(), Arc::clone(&self.names), number.to_owned());
        let begun = Arc::clone(&self.begun);
        let answer = move |order: CallOrder| -> Pin<Box<dyn Future<Output = ()> + Send>> {
            let mut scenario = scenario.clone().from_extension(&number_called);
            scenario.request.call = CallId::new(0, begun.fetch_add(1, Relaxed) + 1);
            let script = ScriptRef { plugin: order.plugin.clone(), entry: order.entry, args: order.args };
            let (caller, scene) = Caller::new(scenario, Arc::clone(&names));
            let conversation = converse(plugins.clone(), order.plugin, script, caller, scene);
            Box::pin(async move { drop(conversation.await) })
        };
        self.house.set_end(number, CallEnd::PicksUp(Arc::new(answer)));
        self
    }

    /// The calls that the plugin has made, in their order.
    pub fn made_calls(&self) -> Vec<CallOrder> {
        self.house.orders()
    }

    /// Begin a call to a script, which goes on while the test does other things and time passes ([`Plugin::wait`]).
    pub fn begin(&self, entry: &str, mut scenario: Scenario) -> OngoingCall {
        let id = self.begun.fetch_add(1, Relaxed) + 1;
        scenario.request.call = CallId::new(0, id);
        let script = ScriptRef { plugin: self.id.clone(), entry: entry.to_owned(), args: scenario.args.clone() };
        let (plugins, plugin, names) = (self.plugins.clone(), self.id.clone(), Arc::clone(&self.names));
        self.runtime.block_on(async {
            let (caller, scene) = Caller::new(scenario, names);
            let task = tokio::spawn(converse(plugins, plugin, script, caller, Arc::clone(&scene)));
            // Lets it begin.
            tokio::task::yield_now().await;
            OngoingCall { task, scene }
        })
    }

    /// Wait for the end of a call that was begun.
    pub fn finish(&self, call: OngoingCall) -> Conversation {
        let ended = self.runtime.block_on(call.task);
        ended.unwrap_or_else(|error| panic!("the call's task has failed: {error}"))
    }

    /// Let so much time pass: timers that are due meanwhile wake the plugin.
    pub fn wait(&self, time: Duration) {
        self.runtime.block_on(async { tokio::time::sleep(time).await });
    }

    /// Switch the plugin off and on again, as an admin does; what it keeps stays.
    pub fn switch_off_and_on(&self) {
        self.runtime.block_on(async {
            self.plugins.disable(&self.id).await.unwrap_or_else(|error| panic!("{error}"));
            self.plugins.enable(&self.id).await.unwrap_or_else(|error| panic!("{error}"));
            // Lets it begin.
            tokio::time::sleep(Duration::from_millis(1)).await;
        });
    }

    /// Set settings; those that are not named keep their defaults.
    #[must_use]
    pub fn with_settings(self, settings: Value) -> Self {
        if let Err(errors) = self.try_settings(settings) {
            panic!("the settings were refused: {errors:?}");
        }
        self
    }

    /// Set settings, or say what is wrong with them.
    ///
    /// # Errors
    /// What the schema or the plugin's own check refuses.
    pub fn try_settings(&self, settings: Value) -> Result<(), Vec<FieldError>> {
        match self.runtime.block_on(self.plugins.set_settings(&self.id, settings)) {
            Ok(()) => Ok(()),
            Err(SettingsError::Invalid { fields }) => Err(fields),
            Err(error) => panic!("{error}"),
        }
    }

    /// Ask where a call goes.
    pub fn route(&self, scenario: Scenario) -> Route {
        let mut request = scenario.request;
        let routed = self.runtime.block_on(async {
            request.now = self.clock.now_ms();
            self.plugins.route(request).await
        });
        Route { routed, plugin: self.id.clone() }
    }

    /// Run a script on a call, to the end.
    pub fn call(&self, entry: &str, scenario: Scenario) -> Conversation {
        let script = ScriptRef { plugin: self.id.clone(), entry: entry.to_owned(), args: scenario.args.clone() };
        let (plugins, id) = (self.plugins.clone(), self.id.clone());
        self.runtime.block_on(async {
            let (caller, scene) = Caller::new(scenario, Arc::clone(&self.names));
            converse(plugins, id, script, caller, scene).await
        })
    }

    /// Put a call to the plugin as a telephone would: ask where it goes, and when that is a script of this plugin, run
    /// it with the arguments of the decision.
    pub fn dial(&self, mut scenario: Scenario) -> Conversation {
        let route = self.route(scenario.clone());
        match self.own_script(&route) {
            Some(script) => {
                scenario.args.extend(script.args.clone());
                scenario.request.vars.extend(route.routed.set_vars.clone());
                self.call(&script.entry, scenario)
            }
            None => panic!("the call does not reach a script of this plugin: {route}"),
        }
    }

    /// The script of this plugin that was decided on.
    pub(crate) fn own_script<'a>(&self, route: &'a Route) -> Option<&'a ScriptRef> {
        match route.decision() {
            Decision::Run(script) if script.plugin == self.id => Some(script),
            _ => None,
        }
    }

    /// A page reads: finished by [`WebCall::send`].
    pub fn get(&self, path: &str) -> WebCall<'_> {
        self.ask("GET", path)
    }

    /// A page asks with any method.
    pub fn ask(&self, method: &str, path: &str) -> WebCall<'_> {
        WebCall::new(self, method, path)
    }

    /// Somebody prints a document (PDF, TIFF or text) for these numbers, if any: finished by [`PrintCall::send`].
    pub fn print(&self, name: &str, to: &[&str], content: Vec<u8>) -> PrintCall<'_> {
        PrintCall::new(self, name, to, content)
    }

    pub(crate) fn take_print(&self, printed: Printed) -> Result<(), PrintError> {
        self.runtime.block_on(self.plugins.print(&self.id, printed))
    }

    pub(crate) fn answer(&self, request: WebRequest) -> WebReply {
        self.runtime.block_on(async { WebReply::of(self.plugins.web(&self.id, request).await) })
    }

    /// The pages that it brings, by their ids and titles.
    pub fn pages(&self) -> Vec<(String, String)> {
        self.plugins.pages().into_iter().map(|page| (page.id, page.title)).collect()
    }

    /// What the admin would see on the plugin's card.
    pub fn status(&self) -> PluginStatus {
        self.plugins.status(&self.id).expect("it was installed and never removed")
    }
}

/// A script on a call, to the end.
async fn converse(
    plugins: Plugins,
    id: String,
    script: ScriptRef,
    caller: Caller,
    scene: Arc<Mutex<Scene>>,
) -> Conversation {
    let began = Instant::now();
    let before = plugins.log(&id, usize::MAX).len();
    let end = plugins.run(script, Box::new(caller)).await;
    let log = plugins.log(&id, usize::MAX).into_iter().skip(before).map(|line| line.message).collect();
    let scene = lock(&scene);
    Conversation { lines: scene.lines.clone(), end, vars: scene.vars.clone(), lasted: began.elapsed(), log }
}

impl OngoingCall {
    /// The id of the call, as the plugin sees it.
    pub fn id(&self) -> String {
        lock(&self.scene).id.0.clone()
    }

    /// Every prompt that was begun so far.
    pub fn heard(&self) -> Vec<String> {
        let scene = lock(&self.scene);
        let prompts = scene.lines.iter().filter_map(|line| match &line.what {
            What::Plays(prompt) => Some(prompt.clone()),
            _ => None,
        });
        prompts.collect()
    }

    /// Whom the caller talks or has talked with.
    pub fn bridged(&self) -> Option<String> {
        let scene = lock(&self.scene);
        scene.lines.iter().rev().find_map(|line| match &line.what {
            What::Bridges(target) => Some(target.clone()),
            _ => None,
        })
    }

    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        self.task.is_finished()
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        // They hold the plugins, which hold the house.
        self.house.forget_answers();
    }
}

impl Clock for VirtualClock {
    fn now_ms(&self) -> TimestampMs {
        let (at, since) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        at + TimestampMs::try_from(since.elapsed().as_millis()).unwrap_or(TimestampMs::MAX)
    }
}

/// `2026-12-24T18:05[Europe/Paris]`, or `2026-12-24T17:05:00Z`, in milliseconds since 1970.
pub(crate) fn moment(time: &str) -> Result<TimestampMs, String> {
    let zoned = time.parse::<jiff::Zoned>().map(|zoned| zoned.timestamp());
    let moment = zoned.or_else(|_| time.parse::<jiff::Timestamp>());
    let moment = moment.map_err(|e| format!("“{time}” is no time such as 2026-12-24T18:05[Europe/Paris]: {e}"))?;
    TimestampMs::try_from(moment.as_millisecond()).map_err(|_| format!("“{time}” is before 1970"))
}

/// One engine for all tests of a process.
fn machine() -> Machine {
    static MACHINE: OnceLock<Machine> = OnceLock::new();
    MACHINE.get_or_init(|| Machine::new(Some(256)).unwrap_or_else(|error| panic!("{error}"))).clone()
}

/// Archives that this process has built, so that a file of tests builds its plugin once.
static BUILT: Mutex<Option<HashMap<PathBuf, Arc<[u8]>>>> = Mutex::new(None);

fn built(folder: &Path) -> Arc<[u8]> {
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let built = built.get_or_insert_default();
    if let Some(archive) = built.get(folder) {
        return Arc::clone(archive);
    }
    let packed = jackfield_pack::pack(folder, None).unwrap_or_else(|error| panic!("{error:#}"));
    let archive: Arc<[u8]> = packed.archive.into();
    built.insert(folder.to_owned(), Arc::clone(&archive));
    archive
}
