//! What an admin does with plugins: install, approve, switch, order, set, remove. Calls go on meanwhile.

use crate::{
    background,
    code::CodeError,
    grants,
    instance::{self, Running, State},
    network::AllowedHost,
    origins::AllowedOrigin,
    package::PackageError,
    plugins::{Plugins, off_the_call_path},
    registry::{Blocked, Body, BodyError, Life, Loaded, Roster},
    settings::{FieldError, SettingsError},
    store::InstalledPlugin,
    trial::archive_on_trial,
    trust::{SignedBy, Signer},
    versions::{keep, keep_only},
};
use jackfield_model::{EventKind, Language, Level, PluginStatus, Replay, Shape};
use serde::Serialize;
use serde_json::{Map, Value};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// One thing that a plugin may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Permission {
    /// The capability's id, e.g. `call.control`.
    pub capability: String,
    /// Whether an admin has approved it.
    pub granted: bool,
    /// What the plugin's author says it is for.
    pub reason: String,
    /// For `tcp` and `http`: the hosts that it may reach as its settings are now.
    pub hosts: Vec<String>,
}

/// What an administrator has agreed to before a package is installed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consent {
    /// Whether it may do everything that it asks for.
    pub permissions: bool,
    /// Who may have signed it.
    pub signed_by: SignedBy,
}

/// What a package is and may do, before it is installed.
#[derive(Clone, Debug, Serialize)]
pub struct Preview {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Who made it.
    pub publisher: String,
    /// One sentence.
    pub description: String,
    /// Licence expression (SPDX).
    pub license: String,
    /// How it would be run.
    pub shapes: Vec<Shape>,
    /// What it may do; `granted` is what an installed version of it was approved for.
    pub permissions: Vec<Permission>,
    /// The version that it would replace.
    pub replaces: Option<String>,
    /// What that version is approved for and this one does not ask for any more.
    pub dropped: Vec<Permission>,
    /// Who has signed it.
    pub signer: Signer,
    /// What has changed in this version, as its author says.
    pub changes: String,
    /// Size of its component in bytes.
    pub size: u64,
    /// The languages of its prompts.
    pub prompt_languages: Vec<String>,
}

/// A package was not installed: why, in words for the admin.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The archive is no package, or a damaged or hostile one.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// It is not by whom it would have to be.
    #[error("{0}")]
    Trust(String),
    /// The component cannot be run here.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// It loads, but does not start.
    #[error("the plugin does not start: {0}")]
    SelfCheck(String),
    /// It cannot be kept.
    #[error("the package cannot be stored: {0}")]
    Store(String),
}

/// An admin's change was not made.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// There is no such plugin.
    #[error("no plugin “{0}” is installed")]
    Unknown(String),
    /// Not so; the text says why and what to do.
    #[error("{0}")]
    Refused(String),
    /// It cannot be kept.
    #[error("the change cannot be stored: {0}")]
    Store(String),
}

impl Consent {
    /// To everything: for packages of one's own.
    pub fn everything() -> Self {
        Self { permissions: true, signed_by: SignedBy::Anybody }
    }
}

impl Plugins {
    /// What a package is and what it may do, without installing it.
    ///
    /// # Errors
    /// When it could not be installed either, with the same words.
    pub async fn inspect(&self, archive: &[u8]) -> Result<Preview, InstallError> {
        Ok(self.preview(&self.read(archive).await?))
    }

    /// The same, and what the last calls would have become with it: `None` when it decides nothing. Takes up to five seconds.
    ///
    /// # Errors
    /// As [`Plugins::inspect`].
    pub async fn inspect_and_replay(&self, archive: &[u8]) -> Result<(Preview, Option<Replay>), InstallError> {
        let body = Arc::new(self.read(archive).await?);
        let preview = self.preview(&body);
        let replay = if preview.signer.refusal.is_some() { None } else { self.replay(&body).await };
        Ok((preview, replay))
    }

    fn preview(&self, body: &Body) -> Preview {
        let roster = self.0.roster.load();
        let installed = roster.all.get(&body.package.manifest.id);
        let manifest = &body.package.manifest;
        let needs = body.compiled.needs();
        let before = installed.map_or_else(Vec::new, |p| self.permissions(&p.record.id));
        Preview {
            id: manifest.id.clone(),
            name: manifest.name.clone(),
            version: manifest.version.to_string(),
            publisher: manifest.publisher.clone(),
            description: manifest.description.clone(),
            license: manifest.license.clone(),
            shapes: body.compiled.shapes.clone(),
            permissions: Permission::of(
                body,
                installed.map_or(&[], |p| p.record.grants.as_slice()),
                installed.map_or(&Value::Null, |p| &p.record.settings),
            ),
            replaces: installed.map(|p| p.record.version.clone()),
            dropped: before.into_iter().filter(|p| p.granted && !needs.contains(&p.capability)).collect(),
            signer: self.0.host.trusted.judge(&manifest.id, body.package.signer),
            changes: body.package.changes.clone(),
            size: body.size,
            prompt_languages: body.package.prompts.languages().map(str::to_owned).collect(),
        }
    }

    /// Install a package, or put it in the place of the installed version of the same id: new work takes the new
    /// version, live scripts end on the one they began with. Settings, order, switch and approvals are kept.
    ///
    /// With `consent.permissions`, everything it needs is approved; without, it waits for [`Plugins::approve`] when it needs
    /// something that was not approved before. The plugin is bound to the key that has signed the package.
    ///
    /// # Errors
    /// When the package is not sound, not by whom it would have to be, or cannot be kept; what was installed before is
    /// untouched then.
    pub async fn install(&self, archive: &[u8], consent: Consent) -> Result<PluginStatus, InstallError> {
        let _only = self.0.admin.lock().await;
        self.put(archive, consent).await
    }

    /// Put a package in place; the caller holds the lock over changes.
    pub(crate) async fn put(&self, archive: &[u8], consent: Consent) -> Result<PluginStatus, InstallError> {
        let body = Arc::new(self.read(archive).await?);
        let trusted_anew = self.admit(&body, &consent.signed_by)?;
        let roster = self.0.roster.load_full();
        let manifest = &body.package.manifest;
        let before = roster.all.get(&manifest.id);
        let life = match before {
            Some(plugin) => Arc::clone(&plugin.life),
            // It may have been here before, and left its data.
            None => {
                let life = Life::new(&manifest.id);
                let kept = self.0.store.kept(&manifest.id).await;
                life.shelf.fill(kept.map_err(|e| InstallError::Store(e.to_string()))?);
                let held = self.0.store.held(&manifest.id).await;
                let inputs = self.0.store.inputs().await;
                let mut inputs = inputs.map_err(|e| InstallError::Store(e.to_string()))?;
                inputs.retain(|input| input.plugin == manifest.id);
                life.states.fill(held.map_err(|e| InstallError::Store(e.to_string()))?, inputs);
                Arc::new(life)
            }
        };

        let mut grants: Vec<String> = before.map_or_else(Vec::new, |p| p.record.grants.clone());
        let needs = body.compiled.needs();
        grants.retain(|granted| needs.contains(granted));
        if consent.permissions {
            grants = needs;
        }
        let (settings, dropped) = body.package.schema.migrate(before.map_or(&Value::Null, |p| &p.record.settings));
        let priority = manifest.hooks.router.as_ref().map_or(u32::MAX, |router| router.priority);
        let record = InstalledPlugin {
            id: manifest.id.clone(),
            version: manifest.version.to_string(),
            enabled: before.is_none_or(|p| p.record.enabled),
            order: before.map_or(priority, |p| p.record.order),
            grants,
            settings,
            installed: self.0.host.clock.now_ms(),
            trial: None,
        };
        let loaded = Loaded::new(&self.0.host, record, life, Arc::clone(&body));
        let loaded = self.self_check(Arc::new(loaded)).await.map_err(InstallError::SelfCheck)?;

        let record = &loaded.record;
        let previous = before.map(|p| p.record.version.clone());
        let (packages, id, version, bytes) =
            (Arc::clone(&self.0.packages), record.id.clone(), record.version.clone(), archive.to_vec());
        let trusted = &self.0.host.trusted;
        if let Some(key) = trusted_anew {
            trusted.save_key(key).await.map_err(|e| InstallError::Store(e.to_string()))?;
        }
        trusted.pin(&record.id, body.package.signer).await.map_err(|e| InstallError::Store(e.to_string()))?;
        let kept = off_the_call_path(move || keep(&packages, &id, &version, previous.as_deref(), &bytes)).await;
        kept.map_err(|e| InstallError::Store(e.to_string()))?;
        self.0.store.save(record).await.map_err(|e| InstallError::Store(e.to_string()))?;

        loaded.life.router.reset();
        loaded.life.script.reset();
        loaded.life.web.reset();
        loaded.life.contacts.reset();
        let said = match before {
            Some(p) => format!("version {} is in the place of {}", record.version, p.record.version),
            None => format!("version {} is installed", record.version),
        };
        self.0.host.find(&loaded.life, Level::Info, &said, None);
        for name in dropped {
            let text = format!("setting “{name}” does not fit this version and went back to its default");
            self.0.host.find(&loaded.life, Level::Warn, &text, None);
        }
        let id = record.id.clone();
        self.swap(loaded);
        if before.is_some_and(|p| p.trial.is_some()) {
            self.forget_trial(&id).await;
        }
        self.status(&id).ok_or_else(|| InstallError::Store("it was removed meanwhile".into()))
    }

    /// Approve everything that an installed plugin needs.
    ///
    /// # Errors
    /// When there is no such plugin, or the approval cannot be stored.
    pub async fn approve(&self, id: &str) -> Result<PluginStatus, AdminError> {
        self.change(id, "an admin has approved what it needs", |plugin, record| {
            if let Some(body) = &plugin.body {
                record.grants = body.compiled.needs();
            }
        })
        .await
    }

    /// Switch a plugin on; one that was quarantined starts afresh.
    ///
    /// # Errors
    /// When there is no such plugin, or the change cannot be stored.
    pub async fn enable(&self, id: &str) -> Result<PluginStatus, AdminError> {
        self.change(id, "switched on", |plugin, record| {
            plugin.life.router.reset();
            plugin.life.script.reset();
            plugin.life.web.reset();
            plugin.life.contacts.reset();
            record.enabled = true;
        })
        .await
    }

    /// Switch a plugin off: no new work; live scripts go on to their end; its data stays.
    ///
    /// # Errors
    /// When there is no such plugin, or the change cannot be stored.
    pub async fn disable(&self, id: &str) -> Result<PluginStatus, AdminError> {
        self.change(id, "switched off", |_, record| record.enabled = false).await
    }

    /// Ask the routing plugins in this order; those that are not named follow in the order they had.
    ///
    /// # Errors
    /// When one of them is not installed, or the order cannot be stored.
    pub async fn set_order(&self, ids: &[String]) -> Result<(), AdminError> {
        let _only = self.0.admin.lock().await;
        let roster = self.0.roster.load_full();
        if let Some(unknown) = ids.iter().find(|id| !roster.all.contains_key(*id)) {
            return Err(AdminError::Unknown(unknown.clone()));
        }
        let rest = roster.order().into_iter().filter(|id| !ids.iter().any(|named| named == id));
        let order: Vec<String> = ids.iter().map(String::as_str).chain(rest).map(str::to_owned).collect();
        let mut all = roster.all.clone();
        for (place, id) in order.iter().enumerate() {
            let Some(plugin) = all.get(id) else { continue };
            let record = InstalledPlugin { order: (place as u32 + 1) * 10, ..plugin.record.clone() };
            if record.order != plugin.record.order {
                self.0.store.save(&record).await.map_err(|e| AdminError::Store(e.to_string()))?;
                let moved = self.rebuild(plugin, record);
                all.insert(id.clone(), Arc::new(moved));
            }
        }
        self.0.roster.store(Arc::new(Roster::new(all, self.0.host.wasm.most_waiting())));
        order.iter().for_each(|id| self.0.host.announce(id));
        Ok(())
    }

    /// Remove a plugin; with `erase_data` its files, values and timers too. Live scripts go on to their end.
    ///
    /// # Errors
    /// When there is no such plugin, or the removal cannot be stored.
    pub async fn remove(&self, id: &str, erase_data: bool) -> Result<(), AdminError> {
        let _only = self.0.admin.lock().await;
        let roster = self.0.roster.load_full();
        let Some(plugin) = roster.all.get(id) else { return Err(AdminError::Unknown(id.to_owned())) };
        self.0.store.remove(id).await.map_err(|e| AdminError::Store(e.to_string()))?;
        let mut all = roster.all.clone();
        all.remove(id);
        self.show(all);
        let (packages, data, name) = (Arc::clone(&self.0.packages), Arc::clone(&self.0.host.data), id.to_owned());
        let life = Arc::clone(&plugin.life);
        if erase_data {
            self.0.host.alarms.forget(id);
            self.0.host.events.forget(id);
            self.0.store.erase(id).await.map_err(|e| AdminError::Store(e.to_string()))?;
            life.shelf.clear();
            self.0.host.contacts.forget(id).await;
            life.states.clear();
            // Without its data there is nothing left that another publisher's plugin of this id could come by.
            self.0.host.trusted.pin(id, None).await.map_err(|e| AdminError::Store(e.to_string()))?;
        }
        let erased = off_the_call_path(move || {
            keep_only(&packages, &name, &[])?;
            // Not there unless a version is tried.
            let _ = packages.remove_file(archive_on_trial(&name));
            if !erase_data {
                return Ok(());
            }
            match data.remove_dir_all(&name) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e),
                _ => Ok(()),
            }
        });
        if let Err(error) = erased.await {
            // It is gone for calls and for the next start; what is left are files that an admin can see.
            self.0.host.find(&life, Level::Warn, &format!("some of its files could not be removed: {error}"), None);
        }
        self.0.host.announce(id);
        Ok(())
    }

    /// Set a plugin's settings: checked against its schema, then by the plugin itself, then stored. The next decision
    /// and the next script see them.
    ///
    /// # Errors
    /// When they are not valid (what is wrong, by field), or cannot be checked or stored; the old ones stay then.
    pub async fn set_settings(&self, id: &str, values: Value) -> Result<(), SettingsError> {
        let _only = self.0.admin.lock().await;
        let roster = self.0.roster.load_full();
        let unknown = || SettingsError::Unknown(id.to_owned());
        let plugin = roster.all.get(id).ok_or_else(unknown)?;
        let body = plugin.body.as_ref().ok_or_else(unknown)?;
        let schema = &body.package.schema;
        let (values, stale) = self.0.host.secrets.put_back(schema, values, &plugin.record.settings);
        let effective = schema.effective(&values);
        let mut fields = schema.validate(&effective);
        fields.extend(stale);
        if !values.is_object() {
            fields = vec![FieldError { path: String::new(), message: "settings are a JSON object".into() }];
        }
        if !fields.is_empty() {
            return Err(SettingsError::Invalid { fields });
        }
        let record = InstalledPlugin { settings: values, ..plugin.record.clone() };
        let loaded = Arc::new(self.rebuild(plugin, record));
        let fields = self.ask_about_settings(&loaded).await.map_err(SettingsError::Check)?;
        if !fields.is_empty() {
            return Err(SettingsError::Invalid { fields });
        }
        self.0.store.save(&loaded.record).await.map_err(|e| SettingsError::Store(e.to_string()))?;
        self.0.host.find(&loaded.life, Level::Info, "an admin has changed its settings", None);
        // What it rests from may be mended.
        loaded.life.contacts.reset();
        self.swap(loaded);
        Ok(())
    }

    /// Set some of a plugin's settings, the others staying as they are. Nothing happens when all of them are so already.
    ///
    /// # Errors
    /// As [`Plugins::set_settings`].
    pub async fn set_some_settings(&self, id: &str, some: Map<String, Value>) -> Result<(), SettingsError> {
        let before = {
            let roster = self.0.roster.load();
            let plugin = roster.all.get(id).ok_or_else(|| SettingsError::Unknown(id.to_owned()))?;
            let body = plugin.body.as_ref().ok_or_else(|| SettingsError::Unknown(id.to_owned()))?;
            body.package.schema.effective(&plugin.record.settings)
        };
        let mut values = before.clone();
        if let Value::Object(values) = &mut values {
            values.extend(some);
        }
        if values == before { Ok(()) } else { self.set_settings(id, values).await }
    }

    /// Change one plugin's record, store it, and show it to calls.
    async fn change(
        &self,
        id: &str,
        said: &str,
        change: impl FnOnce(&Loaded, &mut InstalledPlugin),
    ) -> Result<PluginStatus, AdminError> {
        let _only = self.0.admin.lock().await;
        self.alter(id, said, change).await
    }

    /// Change one plugin's record, store it, and show it to calls; the caller holds the lock over changes.
    pub(crate) async fn alter(
        &self,
        id: &str,
        said: &str,
        change: impl FnOnce(&Loaded, &mut InstalledPlugin),
    ) -> Result<PluginStatus, AdminError> {
        let roster = self.0.roster.load_full();
        let unknown = || AdminError::Unknown(id.to_owned());
        let plugin = roster.all.get(id).ok_or_else(unknown)?;
        let mut record = plugin.record.clone();
        change(plugin, &mut record);
        self.0.store.save(&record).await.map_err(|e| AdminError::Store(e.to_string()))?;
        self.0.host.find(&plugin.life, Level::Info, said, None);
        self.swap(Arc::new(self.rebuild(plugin, record)));
        self.status(id).ok_or_else(unknown)
    }

    /// The same plugin with another record.
    pub(crate) fn rebuild(&self, plugin: &Loaded, record: InstalledPlugin) -> Loaded {
        let life = Arc::clone(&plugin.life);
        let loaded = match (&plugin.body, &plugin.code) {
            (Some(body), _) => Loaded::new(&self.0.host, record, life, Arc::clone(body)),
            (None, Err(Blocked::Failed(why))) => Loaded::broken(record, life, why.clone()),
            (None, _) => Loaded::broken(record, life, "its package could not be read: install it again".into()),
        };
        match plugin.trial.as_ref().and_then(|trial| Some((trial, trial.plugin.body.as_ref()?))) {
            Some((trial, body)) => loaded.trying(&self.0.host, body, Some(trial)),
            None => loaded,
        }
    }

    /// Show this version of a plugin to calls that come from now on, and let it begin.
    pub(crate) fn swap(&self, loaded: Arc<Loaded>) {
        let id = loaded.record.id.clone();
        let mut all = self.0.roster.load().all.clone();
        all.insert(id.clone(), Arc::clone(&loaded));
        self.show(all);
        self.0.host.announce(&id);
        background::start(&self.0.host, loaded);
        self.0.host.alarms.look();
        self.0.host.events.look();
    }

    /// Make these the plugins, and tell screens when other pages come with them.
    fn show(&self, all: BTreeMap<String, Arc<Loaded>>) {
        let roster = Arc::new(Roster::new(all, self.0.host.wasm.most_waiting()));
        let pages = roster.pages();
        let before = self.0.roster.swap(roster).pages();
        if pages != before {
            self.0.host.bus.publish(self.0.host.clock.now_ms(), EventKind::PagesChanged);
        }
    }

    pub(crate) async fn read(&self, archive: &[u8]) -> Result<Body, InstallError> {
        let (host, archive) = (Arc::clone(&self.0.host), archive.to_vec());
        off_the_call_path(move || Body::read(&host, &archive)).await.map_err(|error| match error {
            BodyError::Package(error) => error.into(),
            BodyError::Code(error) => error.into(),
        })
    }

    /// Instantiate it once, so that what cannot start shows now and not at the first call.
    pub(crate) async fn self_check(&self, loaded: Arc<Loaded>) -> Result<Arc<Loaded>, String> {
        let host = &self.0.host;
        let code = match &loaded.code {
            Ok(code) => code,
            Err(Blocked::Failed(why)) => return Err(why.clone()),
            Err(Blocked::NeedsPermission(_)) => return Ok(loaded),
        };
        let state = State::new(
            Running::Settings,
            Arc::clone(&loaded),
            Arc::clone(host),
            host.limits.hook_memory,
            host.limits.hook_cpu,
        );
        let mut store = instance::store(&host.wasm, state);
        let mut cpu = Duration::ZERO;
        let check = instance::metered(&host.wasm.heart, &mut cpu, code.check(&mut store));
        match instance::within(host.limits.settings_wall, check).await {
            Some(Ok(())) => {}
            Some(Err(error)) => return Err(store.data_mut().fault(&error).to_string()),
            None => return Err(instance::Fault::Wall(host.limits.settings_wall).to_string()),
        }
        drop(store);
        Ok(loaded)
    }

    /// What the plugin itself has to say about settings that its schema allows.
    async fn ask_about_settings(&self, loaded: &Arc<Loaded>) -> Result<Vec<FieldError>, String> {
        let host = &self.0.host;
        let Ok(code) = &loaded.code else { return Ok(Vec::new()) };
        let Some(lifecycle) = &code.lifecycle else { return Ok(Vec::new()) };
        let state = State::new(
            Running::Settings,
            Arc::clone(loaded),
            Arc::clone(host),
            host.limits.hook_memory,
            host.limits.hook_cpu,
        );
        let mut store = instance::store(&host.wasm, state);
        let mut cpu = Duration::ZERO;
        let guest = async {
            let instance = lifecycle.instantiate_async(&mut store).await?;
            instance.jackfield_hooks_lifecycle().call_validate_settings(&mut store, &loaded.settings).await
        };
        let answer =
            instance::within(host.limits.settings_wall, instance::metered(&host.wasm.heart, &mut cpu, guest)).await;
        match answer {
            Some(Ok(Ok(()))) => Ok(Vec::new()),
            Some(Ok(Err(errors))) => {
                Ok(errors.into_iter().take(50).map(|e| FieldError { path: e.path, message: e.message }).collect())
            }
            Some(Err(error)) => Err(store.data_mut().fault(&error).to_string()),
            None => Err(instance::Fault::Wall(host.limits.settings_wall).to_string()),
        }
    }
}

impl Permission {
    /// What a package needs. `settings` are those that an administrator has set so far.
    pub(crate) fn of(body: &Body, grants: &[String], settings: &Value) -> Vec<Self> {
        let manifest = &body.package.manifest;
        let effective = body.package.schema.effective(settings);
        let hosts = AllowedHost::of(manifest, settings, &effective);
        let origins = AllowedOrigin::of(manifest, settings, &effective);
        let permission = |needed: String| {
            // What is said about events holds for each topic, and about HTTP for each service.
            let asked = needed.split(':').next().unwrap_or(&needed);
            let used = manifest.capabilities.get(asked);
            Self {
                granted: grants.contains(&needed),
                reason: used.map_or_else(String::new, |used| used.reason.clone()),
                hosts: match needed.as_str() {
                    grants::TCP => hosts.iter().map(AllowedHost::text).collect(),
                    grants::HTTP => origins.iter().map(AllowedOrigin::text).collect(),
                    _ => Vec::new(),
                },
                capability: needed,
            }
        };
        body.compiled.needs().into_iter().map(permission).collect()
    }

    /// What it allows, as a sentence for the admin.
    pub fn sentence(&self, language: Language) -> String {
        grants::sentence_for(&self.capability, &self.hosts, language)
    }
}
