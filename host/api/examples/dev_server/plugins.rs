//! A plugin runtime without WebAssembly: statuses and settings held in memory.

use async_trait::async_trait;
use jackfield_api::{
    DeadEvent, DeadInput, DeadInputKind, FieldFault, InstallFault, KeptVersion, PackageSigner, PageAnswer, PageBody,
    PageFault, PageFile, PageRequest, Permission, PluginAdmin, PluginFault, PluginPages, PluginPreview, PluginPrompt,
    PluginSettings, PrintFault, PrintRequest, PublisherKey, SettingsFault,
};
use jackfield_calls::events::EventBus;
use jackfield_model::*;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::Write,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Plugins that somebody made up.
pub struct Shelf {
    bus: EventBus,
    plugins: Mutex<Vec<(PluginStatus, Value)>>,
    dead: Mutex<BTreeMap<String, Vec<DeadEvent>>>,
    inputs: Mutex<BTreeMap<String, Vec<DeadInput>>>,
    keys: Mutex<Vec<PublisherKey>>,
}

impl Shelf {
    /// Plugins in every state that there is.
    pub fn new(bus: EventBus, now: TimestampMs) -> Self {
        let routing = |id: &str, name: &str, description: &str, order| PluginStatus {
            order: Some(order),
            ..status(id, name, description, vec![Shape::Router], now)
        };
        let mut attendant = status(
            "org.jackfield.auto-attendant",
            "Auto-attendant",
            "Answers calls, plays a menu and connects callers to whom they ask for.",
            vec![Shape::Router, Shape::Script],
            now,
        );
        attendant.order = Some(0);
        attendant.cost = PluginCost {
            calls: 1_284,
            live: 2,
            failures: 0,
            skipped: 0,
            p50_us: 31,
            p99_us: 84,
            cpu_ms: 412,
            peak_memory: 1_638_400,
        };
        let mut dialplan = routing("org.jackfield.dialplan", "Dial plan", "Extensions, prefixes and feature codes.", 1);
        dialplan.trial = Some(PluginTrial { version: "0.2.0".into(), share: 5, since: now - 7_200_000, resting: None });
        dialplan.cost =
            PluginCost { calls: 5_902, p50_us: 22, p99_us: 61, cpu_ms: 190, peak_memory: 1_179_648, ..attendant.cost };
        let mut night = routing("com.example.night-desk", "Night desk", "Sends calls to the gate after eight.", 2);
        night.state = PluginState::Resting {
            reason: "A decision took more than 50 ms, five times within a minute.".into(),
            retry_at: now + 40_000,
        };
        night.cost =
            PluginCost { calls: 77, failures: 5, skipped: 12, p50_us: 900, p99_us: 50_000, ..PluginCost::default() };
        let mut crm = status(
            "com.example.crm",
            "Caller names",
            "Shows who calls, from the customer list.",
            vec![Shape::Script],
            now,
        );
        crm.enabled = false;
        crm.state = PluginState::NeedsPermission { missing: vec!["call.recording".into()] };
        crm.capabilities.push("call.recording".into());
        let mut survey = status("com.example.survey", "Survey", "Asks callers how it went.", vec![Shape::Script], now);
        survey.enabled = false;
        survey.state = PluginState::Disabled { calls: 1 };
        let plugins = [attendant, dialplan, night, crm, survey].map(|status| {
            let values = defaults(&schema(&status.id));
            (status, values)
        });
        let dead = DeadEvent {
            seq: now * 1_000,
            topic: "calls/missed".into(),
            publisher: String::new(),
            at: now - 90_000,
            payload: json!({"caller": {"number": "+33123456789"}, "callee": {"extension": "102"}}).to_string(),
            failed: now - 60_000,
            reason: "the customer list has no such number".into(),
        };
        let dead = Mutex::new(BTreeMap::from([("com.example.night-desk".to_owned(), vec![dead])]));
        let input = DeadInput {
            key: "gate".into(),
            name: format!("{now}/timer/lock"),
            kind: DeadInputKind::Timer,
            of: "lock".into(),
            at: now - 30_000,
            payload: json!({"door": 2}).to_string(),
            reason: "it crashed: the gate has no door 2".into(),
        };
        let inputs = Mutex::new(BTreeMap::from([("com.example.night-desk".to_owned(), vec![input])]));
        let key = |digit: &str, name: &str, revoked| PublisherKey {
            fingerprint: digit.repeat(20),
            key: digit.repeat(32),
            name: name.into(),
            added: now - 90_000_000,
            revoked,
            plugins: if revoked.is_some() { Vec::new() } else { vec!["com.example.crm".into()] },
        };
        let keys = vec![key("5c", "Example Ltd", None), key("1f", "Former Partner", Some(now - 3_600_000))];
        Self { bus, plugins: Mutex::new(plugins.into()), dead, inputs, keys: Mutex::new(keys) }
    }

    fn plugins(&self) -> MutexGuard<'_, Vec<(PluginStatus, Value)>> {
        self.plugins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut PluginStatus)) -> Result<(), PluginFault> {
        let mut plugins = self.plugins();
        let found = plugins.iter_mut().find(|(status, _)| status.id == id).ok_or(PluginFault::Unknown)?;
        change(&mut found.0);
        drop(plugins);
        self.changed(id);
        Ok(())
    }

    fn change_trial(&self, id: &str, change: impl FnOnce(&mut PluginTrial)) -> Result<(), PluginFault> {
        let mut trial = self
            .status(id)
            .ok_or(PluginFault::Unknown)?
            .trial
            .ok_or_else(|| PluginFault::Refused("No version of it is tried.".into()))?;
        change(&mut trial);
        self.change(id, |status| status.trial = Some(trial))
    }

    fn changed(&self, id: &str) {
        self.bus.publish(0, EventKind::PluginChanged { id: id.to_owned() });
    }
}

#[async_trait]
impl PluginAdmin for Shelf {
    fn dead_events(&self, id: &str) -> Vec<DeadEvent> {
        self.dead.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned().unwrap_or_default()
    }

    fn dead_inputs(&self, id: &str) -> Vec<DeadInput> {
        self.inputs.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned().unwrap_or_default()
    }

    async fn settle_input(&self, id: &str, key: &str, name: &str, _again: bool) -> Result<bool, PluginFault> {
        let mut dead = self.inputs.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(inputs) = dead.get_mut(id) else { return Ok(false) };
        let before = inputs.len();
        inputs.retain(|input| (input.key.as_str(), input.name.as_str()) != (key, name));
        Ok(inputs.len() < before)
    }

    async fn settle_event(&self, id: &str, seq: u64, _again: bool) -> Result<bool, PluginFault> {
        let mut dead = self.dead.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(events) = dead.get_mut(id) else { return Ok(false) };
        let before = events.len();
        events.retain(|event| event.seq != seq);
        Ok(events.len() < before)
    }

    fn list(&self) -> Vec<PluginStatus> {
        let mut list: Vec<_> = self.plugins().iter().map(|(status, _)| status.clone()).collect();
        list.sort_by_key(|status| status.order.unwrap_or(u32::MAX));
        list
    }

    fn status(&self, id: &str) -> Option<PluginStatus> {
        self.plugins().iter().find(|(status, _)| status.id == id).map(|(status, _)| status.clone())
    }

    fn prompts(&self) -> Vec<PluginPrompt> {
        let prompt = |name: &str| PluginPrompt {
            plugin: "org.jackfield.auto-attendant".into(),
            name: name.into(),
            languages: ["de", "en", "fr"].map(String::from).to_vec(),
        };
        ["closed", "goodbye", "welcome"].map(prompt).to_vec()
    }

    /// A package of this shelf is a JSON object with an id and a version.
    async fn inspect(&self, archive: &[u8]) -> Result<PluginPreview, InstallFault> {
        let package: Value = serde_json::from_slice(archive)
            .map_err(|_| InstallFault::Invalid("The file is no plugin package: it is no ZIP archive.".into()))?;
        let text = |key: &str| package[key].as_str().unwrap_or("unnamed").to_owned();
        let before = self.status(&text("id"));
        let granted =
            |capability: &str| before.as_ref().is_some_and(|b| b.capabilities.iter().any(|c| c == capability));
        Ok(PluginPreview {
            id: text("id"),
            name: text("name"),
            version: text("version"),
            publisher: "Example Ltd".into(),
            description: "A plugin to try the preview with.".into(),
            license: "MIT".into(),
            shapes: vec![Shape::Script],
            size: 48_200,
            permissions: ["call.control", "call.recording"]
                .map(|capability| Permission {
                    capability: capability.into(),
                    granted: granted(capability),
                    hosts: Vec::new(),
                })
                .into(),
            replaces: before.map(|before| before.version),
            replay: package["routes"].as_bool().unwrap_or_default().then(replayed),
            dropped: Vec::new(),
            signer: PackageSigner { fingerprint: Some("9a".repeat(20)), name: None, confirm: true },
            changes: "- Asks in German too.".into(),
        })
    }

    async fn install(
        &self,
        archive: &[u8],
        approve: bool,
        trust_key: Option<String>,
    ) -> Result<PluginStatus, InstallFault> {
        let preview = self.inspect(archive).await?;
        let missing: Vec<_> = preview.permissions.iter().filter(|p| !p.granted).map(|p| p.capability.clone()).collect();
        if !approve && !missing.is_empty() {
            return Err(InstallFault::NeedsApproval(missing));
        }
        if trust_key != preview.signer.fingerprint {
            return Err(InstallFault::Invalid("It is signed with a key that nobody here has confirmed.".into()));
        }
        let mut status = status(&preview.id, &preview.name, &preview.description, preview.shapes, 1);
        status.version = preview.version;
        status.capabilities = preview.permissions.into_iter().map(|p| p.capability).collect();
        let mut plugins = self.plugins();
        plugins.retain(|(other, _)| other.id != status.id);
        plugins.push((status.clone(), json!({})));
        drop(plugins);
        self.changed(&status.id);
        Ok(status)
    }

    async fn versions(&self, id: &str) -> Vec<KeptVersion> {
        let current = self.status(id).map_or_else(String::new, |status| status.version);
        let before = KeptVersion { version: "0.0.9".into(), current: current == "0.0.9" };
        vec![KeptVersion { version: "0.1.0".into(), current: current == "0.1.0" }, before]
    }

    async fn roll_back(&self, id: &str, version: &str) -> Result<PluginStatus, InstallFault> {
        if !self.versions(id).await.iter().any(|kept| kept.version == version) {
            return Err(InstallFault::Invalid(format!("Version {version} is not kept any more.")));
        }
        let gone = |_| InstallFault::Failed("it was removed meanwhile".into());
        self.change(id, |status| status.version = version.to_owned()).map_err(gone)?;
        self.status(id).ok_or_else(|| gone(PluginFault::Unknown))
    }

    async fn try_out(&self, _archive: &[u8], _approve: bool) -> Result<PluginStatus, InstallFault> {
        Err(InstallFault::Invalid("this example installs nothing".into()))
    }

    async fn set_trial_share(&self, id: &str, share: u8) -> Result<(), PluginFault> {
        self.change_trial(id, |trial| trial.share = share)
    }

    async fn adopt_trial(&self, id: &str) -> Result<PluginStatus, InstallFault> {
        let tried = self
            .status(id)
            .and_then(|status| status.trial)
            .ok_or_else(|| InstallFault::Invalid("no version of it is tried".into()))?;
        let adopt = |status: &mut PluginStatus| (status.version, status.trial) = (tried.version, None);
        self.change(id, adopt).map_err(|_| InstallFault::Invalid("no such plugin".into()))?;
        self.status(id).ok_or_else(|| InstallFault::Invalid("no such plugin".into()))
    }

    async fn end_trial(&self, id: &str) -> Result<(), PluginFault> {
        self.change_trial(id, |_| ())?;
        self.change(id, |status| status.trial = None)
    }

    fn trial_findings(&self, id: &str) -> Option<TrialFindings> {
        self.status(id)?.trial?;
        let party = |number: &str| Party { number: number.into(), ..Party::default() };
        let decision = |to: &str| TraceEvent::Decided {
            decision: DecisionKind::Ring,
            to: to.into(),
            by: Some(PluginVersion { id: id.to_owned(), version: "0.1.0".into() }),
            why: None,
            asked: Vec::new(),
            micros: 30,
            unreached: false,
        };
        let difference = |n: u64| Difference {
            call: CallId::new(n, 1),
            at: 1_790_000_000_000 + n * 60_000,
            caller: party("+33123456789"),
            callee: party("500"),
            before: decision("101"),
            after: decision("102"),
        };
        let differences = (0..3).map(difference).collect();
        Some(TrialFindings {
            decided: 21,
            replay: Replay { asked: 420, differ: 3, differences },
            failed: 0,
            skipped: 0,
        })
    }

    async fn unpin(&self, id: &str) -> Result<(), PluginFault> {
        self.change(id, |status| status.signer = None)
    }

    fn publisher_keys(&self) -> Vec<PublisherKey> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn trust_key(&self, key: &str, name: &str) -> Result<PublisherKey, PluginFault> {
        if key.len() != 64 {
            return Err(PluginFault::Refused("A publisher's key has 64 hexadecimal digits.".into()));
        }
        let (fingerprint, key, name) = (key[..40].to_owned(), key.to_owned(), name.to_owned());
        let key = PublisherKey { fingerprint, key, name, added: 1, revoked: None, plugins: Vec::new() };
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.retain(|known| known.key != key.key);
        keys.push(key.clone());
        Ok(key)
    }

    async fn revoke_key(&self, fingerprint: &str) -> Result<PublisherKey, PluginFault> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let key = keys.iter_mut().find(|key| key.fingerprint == fingerprint).ok_or(PluginFault::Unknown)?;
        key.revoked = Some(2);
        Ok(key.clone())
    }

    async fn forget_key(&self, fingerprint: &str) -> Result<(), PluginFault> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let at = keys.iter().position(|key| key.fingerprint == fingerprint).ok_or(PluginFault::Unknown)?;
        if !keys[at].plugins.is_empty() {
            return Err(PluginFault::Refused("A plugin is bound to this key: revoke it instead.".into()));
        }
        keys.remove(at);
        Ok(())
    }

    async fn enable(&self, id: &str) -> Result<(), PluginFault> {
        if matches!(self.status(id), Some(PluginStatus { state: PluginState::NeedsPermission { .. }, .. })) {
            return Err(PluginFault::Refused(
                "It asks for more than was approved: approve its permissions first.".into(),
            ));
        }
        self.change(id, |status| {
            status.enabled = true;
            status.state = PluginState::Running;
        })
    }

    async fn disable(&self, id: &str) -> Result<(), PluginFault> {
        self.change(id, |status| {
            status.enabled = false;
            status.state = PluginState::Disabled { calls: status.cost.live };
        })
    }

    async fn set_order(&self, ids: &[String]) -> Result<(), PluginFault> {
        let mut plugins = self.plugins();
        let mut routing: Vec<_> = plugins.iter().filter(|(s, _)| s.order.is_some()).map(|(s, _)| &s.id).collect();
        let mut wanted: Vec<_> = ids.iter().collect();
        routing.sort();
        wanted.sort();
        if routing != wanted {
            return Err(PluginFault::Refused("Name each routing plugin once; reload the list.".into()));
        }
        for (status, _) in plugins.iter_mut().filter(|(status, _)| status.order.is_some()) {
            status.order = ids.iter().position(|id| *id == status.id).map(|place| place as u32);
        }
        drop(plugins);
        for id in ids {
            self.changed(id);
        }
        Ok(())
    }

    async fn remove(&self, id: &str, _erase_data: bool) -> Result<(), PluginFault> {
        self.status(id).ok_or(PluginFault::Unknown)?;
        self.plugins().retain(|(status, _)| status.id != id);
        self.changed(id);
        Ok(())
    }

    async fn approve(&self, id: &str) -> Result<(), PluginFault> {
        self.change(id, |status| status.state = PluginState::Disabled { calls: 0 })
    }

    fn settings(&self, id: &str) -> Option<PluginSettings> {
        let values = self.plugins().iter().find(|(status, _)| status.id == id)?.1.clone();
        Some(PluginSettings { schema: schema(id), values, locales: locales() })
    }

    async fn set_settings(&self, id: &str, values: Value) -> Result<(), SettingsFault> {
        let mut plugins = self.plugins();
        let found = plugins.iter_mut().find(|(status, _)| status.id == id).ok_or(SettingsFault::Unknown)?;
        if values
            .pointer("/ring_seconds")
            .is_some_and(|seconds| seconds.as_u64().is_none_or(|s| !(5..=300).contains(&s)))
        {
            let fault = FieldFault { path: "/ring_seconds".into(), message: "Ring for 5 to 300 seconds.".into() };
            return Err(SettingsFault::Invalid(vec![fault]));
        }
        found.1 = values;
        drop(plugins);
        self.changed(id);
        Ok(())
    }

    fn metrics(&self, id: &str) -> Vec<PluginMetric> {
        if id != "org.jackfield.auto-attendant" { Vec::new() } else { metrics() }
    }

    fn log(&self, id: &str, limit: usize) -> Vec<PluginLogLine> {
        let Some(status) = self.status(id) else { return Vec::new() };
        let line = |after: u64, level, message: &str, call: Option<u64>| PluginLogLine {
            at: status.installed + after * 61_000,
            level,
            message: message.into(),
            call: call.map(|n| CallId::new(1, n)),
        };
        let mut lines = vec![
            line(0, Level::Info, "loaded in 31 ms, 44 kB", None),
            line(1, Level::Debug, "route 101 → 500: mine", Some(1)),
            line(2, Level::Warn, "no answer from 100 within 20 s", Some(2)),
            line(3, Level::Error, "decision interrupted after 50 ms of wall time", Some(3)),
        ];
        lines.drain(..lines.len().saturating_sub(limit));
        lines
    }

    fn permissions(&self, id: &str) -> Vec<Permission> {
        let Some(status) = self.status(id) else { return Vec::new() };
        let missing = match &status.state {
            PluginState::NeedsPermission { missing } => missing.clone(),
            _ => Vec::new(),
        };
        let permission =
            |capability: String| Permission { granted: !missing.contains(&capability), capability, hosts: Vec::new() };
        status.capabilities.into_iter().map(permission).collect()
    }

    async fn search_contacts(&self, _text: &str, _limit: u32) -> Vec<(String, Contact)> {
        Vec::new()
    }

    fn sentence(&self, permission: &Permission, language: Language) -> String {
        let sentences = match permission.capability.as_str() {
            "call.control" => ["Talks to callers.", "Parle aux appelants.", "Spricht mit Anrufern."],
            "call.recording" => ["Records callers.", "Enregistre les appelants.", "Nimmt Anrufer auf."],
            _ => ["Decides where calls go.", "Décide où vont les appels.", "Entscheidet, wohin Anrufe gehen."],
        };
        match language {
            Language::En => sentences[0],
            Language::Fr => sentences[1],
            Language::De => sentences[2],
        }
        .to_owned()
    }
}

/// One plugin has two pages, and answers with what it was asked.
#[async_trait]
impl PluginPages for Shelf {
    fn pages(&self) -> Vec<PluginPage> {
        let on = |status: PluginStatus| status.enabled;
        if !self.status(PAGED).is_some_and(on) {
            return Vec::new();
        }
        let page = |id: &str, place, role| PluginPage {
            plugin: PAGED.into(),
            id: id.into(),
            title: "Opening hours".into(),
            titles: BTreeMap::from([("de".into(), "Öffnungszeiten".into())]),
            icon: "clock".into(),
            place,
            roles: vec![role],
            file: format!("{id}.html"),
            build: "1".into(),
        };
        vec![
            page("hours", PagePlace::Main, Role::User),
            page("chart", PagePlace::Main, Role::Admin),
            page("more", PagePlace::Settings, Role::User),
        ]
    }

    fn keys(&self) -> Vec<PhoneKey> {
        let key = |id: &str, [english, french, german]: [&str; 3], code: &str| PhoneKey {
            plugin: "org.jackfield.auto-attendant".into(),
            plugin_name: "Auto-attendant".into(),
            id: id.into(),
            label: english.into(),
            labels: BTreeMap::from([("fr".into(), french.into()), ("de".into(), german.into())]),
            code: code.into(),
            lamp: true,
        };
        vec![
            key(
                "automatic",
                ["Opening hours: by the clock", "Horaires : selon l’heure", "Öffnungszeiten: nach der Uhr"],
                "*280",
            ),
            key("night", ["Opening hours: night", "Horaires : nuit", "Öffnungszeiten: Nacht"], "*282"),
        ]
    }

    fn file(&self, plugin: &str, path: &str) -> Option<PageFile> {
        self.pages().iter().any(|page| page.plugin == plugin).then_some(())?;
        let (text, media_type) = match path {
            "hours.html" | "chart.html" | "more.html" => (PAGE, "text/html; charset=utf-8"),
            "hours.js" => (SCRIPT, "text/javascript; charset=utf-8"),
            _ => return None,
        };
        Some(PageFile { bytes: text.as_bytes().into(), media_type })
    }

    fn link_file(&self, _plugin: &str, _path: &str) -> Option<PageFile> {
        None
    }

    async fn link(&self, _plugin: &str, _word: &str) -> Result<PageAnswer, PageFault> {
        Err(PageFault::Unknown)
    }

    fn printer(&self, plugin: &str) -> Option<String> {
        self.pages().iter().any(|page| page.plugin == plugin).then(|| "Opening hours".into())
    }

    async fn print(&self, plugin: &str, request: PrintRequest) -> Result<(), PrintFault> {
        self.printer(plugin).ok_or(PrintFault::Unknown)?;
        if request.content.is_empty() {
            return Err(PrintFault::Refused("this document is empty".into()));
        }
        Ok(())
    }

    async fn answer(&self, plugin: &str, request: PageRequest) -> Result<PageAnswer, PageFault> {
        self.pages().iter().any(|page| page.plugin == plugin).then_some(()).ok_or(PageFault::Unknown)?;
        let json = ("content-type".to_owned(), "application/json".to_owned());
        match request.path.as_str() {
            "/fails" => return Err(PageFault::Failed("“Auto-attendant” has failed: it crashed".into())),
            "/busy" => return Err(PageFault::Busy),
            "/recording" => {
                let mut file = tempfile::tempfile().map_err(|e| PageFault::Failed(e.to_string()))?;
                file.write_all(b"RIFF0123456789").map_err(|e| PageFault::Failed(e.to_string()))?;
                return Ok(PageAnswer { status: 200, headers: vec![json], body: PageBody::Recording(file) });
            }
            "/file" => {
                let mut file = tempfile::tempfile().map_err(|e| PageFault::Failed(e.to_string()))?;
                file.write_all(b"<b>0123456789</b>what stands behind").map_err(|e| PageFault::Failed(e.to_string()))?;
                let headers =
                    [("content-type", "text/html"), ("content-disposition", "attachment; filename*=UTF-8''a")];
                let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
                return Ok(PageAnswer { status: 200, headers, body: PageBody::Blob(file, 17) });
            }
            _ => {}
        }
        let heard = json!({
            "method": request.method, "path": request.path, "query": request.query, "headers": request.headers,
            "body": String::from_utf8_lossy(&request.body), "id": request.user.id.0, "name": request.user.name,
            "extension": request.user.extension, "role": request.user.role, "language": request.user.language,
        });
        let headers = vec![json, ("cache-control".into(), "private, max-age=60".into())];
        Ok(PageAnswer { status: 200, headers, body: PageBody::Bytes(heard.to_string().into_bytes()) })
    }
}

/// The plugin with pages.
pub const PAGED: &str = "org.jackfield.auto-attendant";
const PAGE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Hours</title>\
    <link rel=\"stylesheet\" href=\"/plugin-ui/kit/1/kit.css\"><script type=\"module\" src=\"hours.js\"></script>\
    <body><section class=\"panel\"><div class=\"body\" id=\"text\">…</div></section></body></html>";
const SCRIPT: &str = "import { connect } from '/plugin-ui/kit/1/bridge.js';\n\
    const bridge = await connect();\n\
    const answer = await bridge.fetch('/hours');\n\
    document.getElementById('text').textContent = (await answer.json()).name;\n";

/// Figures of every kind, as a plugin would keep them of itself.
fn metrics() -> Vec<PluginMetric> {
    let chosen = |key: &str, hour: Vec<f64>| MetricSeries {
        labels: vec![MetricLabel { name: "key".into(), value: key.into() }],
        value: hour.iter().sum(),
        count: None,
        buckets: Vec::new(),
        hour,
    };
    let wave = |most: f64, every: usize| (0..60).map(|n| if n % every == 0 { most } else { (n % 3) as f64 }).collect();
    let metric = |name: &str, kind, unit: &str, [help, french, german]: [&str; 3], series| PluginMetric {
        name: name.into(),
        kind,
        unit: unit.into(),
        help: help.into(),
        helps: BTreeMap::from([("fr".into(), french.into()), ("de".into(), german.into())]),
        series,
        left_out: 0,
    };
    let (menu, hour): (Vec<f64>, Vec<f64>) = (wave(2.0, 7), wave(4.0, 11));
    let spent = MetricSeries {
        labels: Vec::new(),
        value: 1_834.25,
        count: Some(97),
        buckets: vec![MetricBucket { le: 5.0, count: 12 }, MetricBucket { le: 20.0, count: 61 }],
        hour: wave(5.0, 13),
    };
    let in_menus = MetricSeries { labels: Vec::new(), value: 2.0, count: None, buckets: Vec::new(), hour: menu };
    vec![
        metric(
            "choices_total",
            MetricKind::Counter,
            "",
            [
                "Keys that callers have chosen.",
                "Touches choisies par les appelants.",
                "Tasten, die Anrufer gewählt haben.",
            ],
            vec![chosen("1", hour), chosen("2", wave(3.0, 5)), chosen("9", vec![0.0, 1.0, 0.0])],
        ),
        metric(
            "callers",
            MetricKind::Gauge,
            "",
            ["Callers in menus.", "Appelants dans les menus.", "Anrufer in Menüs."],
            vec![in_menus],
        ),
        metric(
            "in_menu_seconds",
            MetricKind::Histogram,
            "seconds",
            ["Time in the menu.", "Temps passé dans le menu.", "Zeit im Menü."],
            vec![spent],
        ),
        PluginMetric {
            left_out: 12,
            ..metric(
                "languages_total",
                MetricKind::Counter,
                "",
                ["Callers by language.", "Appelants par langue.", "Anrufer nach Sprache."],
                vec![chosen("fr", vec![1.0; 60])],
            )
        },
    ]
}

fn status(id: &str, name: &str, description: &str, shapes: Vec<Shape>, now: TimestampMs) -> PluginStatus {
    PluginStatus {
        id: id.into(),
        name: name.into(),
        version: "0.1.0".into(),
        publisher: if id.starts_with("org.jackfield") { "Jackfield".into() } else { "Example Ltd".into() },
        description: description.into(),
        license: "Apache-2.0 OR MIT".into(),
        enabled: true,
        state: PluginState::Running,
        capabilities: shapes
            .iter()
            .map(|shape| match shape {
                Shape::Router => "routing.decide".to_owned(),
                Shape::Script => "call.control".to_owned(),
                Shape::Web => "web.pages".to_owned(),
            })
            .collect(),
        shapes,
        order: None,
        size: 44_032,
        installed: now.saturating_sub(600_000),
        signer: Some(PluginSigner { fingerprint: "5c".repeat(20), name: Some("Example Ltd".into()), revoked: false }),
        cost: PluginCost::default(),
        trial: None,
    }
}

/// What a settings form must be able to draw: every simple type, lists, choices, and menus within menus.
fn schema(id: &str) -> Value {
    match id {
        "org.jackfield.auto-attendant" => json!({
            "type": "object",
            "properties": {
                "numbers": {"type": "array", "title": "Numbers that it answers", "minItems": 1, "uniqueItems": true,
                    "items": {"type": "string", "title": "Number", "pattern": "^[0-9*#+]{1,32}$"}, "default": ["500"]},
                "language": {"type": "string", "title": "Language of the prompts", "default": "en", "oneOf": [
                    {"const": "en", "title": "English"}, {"const": "fr", "title": "French"}, {"const": "de", "title": "German"}]},
                "time_zone": {"type": "string", "title": "Time zone", "default": "Europe/Paris",
                    "description": "An IANA name such as Europe/Paris; summer time is taken care of."},
                "tries": {"type": "integer", "title": "How often a menu is repeated", "minimum": 1, "maximum": 10, "default": 3},
                "closed_days": {"type": "array", "title": "Closed on", "default": [],
                    "items": {"type": "string", "format": "date", "title": "Day"}},
                "menu": {"$ref": "#/$defs/menu", "title": "Menu", "default": {
                    "greeting": "welcome", "keys": [
                        {"key": "1", "action": "transfer", "target": "100"},
                        {"key": "9", "action": "menu", "menu": {"greeting": "language", "keys": []}}]}}
            },
            "$defs": {
                "menu": {"type": "object", "title": "Menu", "required": ["greeting"], "properties": {
                    "greeting": {"type": "string", "title": "Prompt", "x-widget": "prompt", "default": "welcome"},
                    "keys": {"type": "array", "title": "Keys", "maxItems": 12, "items": {"$ref": "#/$defs/key"}, "default": []}}},
                "key": {"type": "object", "title": "Key", "required": ["key", "action"], "properties": {
                    "key": {"type": "string", "title": "Key", "enum": ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "*", "#"], "default": "1"},
                    "action": {"type": "string", "title": "What happens", "default": "transfer", "oneOf": [
                        {"const": "transfer", "title": "Connect to a number"}, {"const": "menu", "title": "Another menu"},
                        {"const": "repeat", "title": "Repeat the menu"}]},
                    "target": {"type": "string", "title": "Number", "x-widget": "extension"},
                    "menu": {"$ref": "#/$defs/menu"}}}
            }
        }),
        "org.jackfield.dialplan" => json!({
            "type": "object",
            "properties": {
                "ring_seconds": {"type": "integer", "title": "Ring for", "description": "Seconds, 5 to 300.",
                    "minimum": 5, "maximum": 300, "default": 30},
                "echo_number": {"type": "string", "title": "Number of the echo test", "default": "501"},
                "announce": {"type": "boolean", "title": "Say why a call could not be connected", "default": true}
            }
        }),
        _ => json!({"type": "object", "properties": {}}),
    }
}

fn defaults(schema: &Value) -> Value {
    let properties = schema["properties"].as_object().cloned().unwrap_or_default();
    properties.into_iter().filter_map(|(key, part)| Some((key, part.get("default")?.clone()))).collect()
}

fn locales() -> BTreeMap<String, BTreeMap<String, String>> {
    let texts =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(en, other)| ((*en).to_owned(), (*other).to_owned())).collect();
    BTreeMap::from([
        (
            "fr".to_owned(),
            texts(&[("Ring for", "Durée de sonnerie"), ("Time zone", "Fuseau horaire"), ("Menu", "Menu")]),
        ),
        ("de".to_owned(), texts(&[("Ring for", "Klingeldauer"), ("Time zone", "Zeitzone"), ("Menu", "Menü")])),
    ])
}

/// A few calls that would have gone to somebody else.
fn replayed() -> Replay {
    let party = |number: &str, name: &str| Party { number: number.into(), name: name.into(), ..Party::default() };
    let decided = |to: &str, version: &str| TraceEvent::Decided {
        decision: DecisionKind::Ring,
        to: to.into(),
        by: Some(PluginVersion { id: "org.example.router".into(), version: version.into() }),
        why: None,
        asked: Vec::new(),
        micros: 0,
        unreached: false,
    };
    let difference = |n: u64| Difference {
        call: CallId::new(1, n),
        at: 1_795_000_000_000 + n * 60_000,
        caller: party(&format!("+331234500{n:02}"), ""),
        callee: party("100", "Anna"),
        before: decided("ext:100 (20 s)", "1.0.0"),
        after: decided("ext:100 + ext:103 (20 s)", "1.1.0"),
    };
    Replay { asked: 1_000, differ: 3, differences: (0..3).map(difference).collect() }
}
