//! Plugins from the packages, rows and settings that say what they are.

use super::trust::StoredTrust;
use crate::{cli::workshop, config::Config, data_dir::DataDir};
use anyhow::{Context, Result};
use async_trait::async_trait;
use jackfield_calls::events::EventBus;
use jackfield_model::{
    Fact, TimestampMs,
    analytics::{Dataset, Query, Table},
};
use jackfield_runtime::{
    Compilation, Consent, ContactBook, Held, InputKind, InstalledPlugin, Kept, KeptEvent, KeptInput, Network,
    PluginStore, Plugins, QueryFailure, RuntimeConfig, ScheduleBook, SettingsError, StoreFailure, SystemClock, Timer,
    Trust, Write,
};
use jackfield_store::{
    PluginEvent, PluginInput, PluginRow, PluginStateRow, PluginTimer, PluginValue, PluginWrite, QueryError, Store,
    StoreError, catalogue,
};
use semver::Version;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// What plugins reach besides calls.
pub struct Around {
    /// Other computers.
    pub network: Arc<dyn Network>,
    /// Contacts.
    pub contacts: Arc<dyn ContactBook>,
    /// When the house is open.
    pub schedules: Arc<dyn ScheduleBook>,
}

/// Start the plugin runtime with everything that is installed.
///
/// # Errors
/// When WebAssembly cannot run here, or what is installed cannot be read.
pub async fn start(config: &Config, data: &DataDir, store: &Store, bus: EventBus, around: Around) -> Result<Plugins> {
    let mut runtime = RuntimeConfig::new(data.join("plugins"));
    runtime.slots = config.limits.plugin_instances.and_then(|slots| u32::try_from(slots.0).ok());
    (runtime.network, runtime.contacts, runtime.schedules) = (around.network, around.contacts, around.schedules);
    runtime.compilation = Compilation::Apart(workshop(&config.limits));
    runtime.allow_unsigned = config.plugins.allow_unsigned;
    runtime.trust = Arc::new(StoredTrust(store.clone()));
    let store = Arc::new(StoredPlugins(store.clone()));
    Ok(Plugins::start(runtime, store, bus, Arc::new(SystemClock)).await?)
}

/// Install the bundled packages that are newer than what is installed, then do what the configuration file says about
/// plugins.
///
/// # Errors
/// When the folder of packages cannot be read, one of them cannot be installed, or a setting is refused.
pub async fn provision(config: &Config, plugins: &Plugins) -> Result<()> {
    if let Some(folder) = &config.plugins.packages {
        for package in packages(folder)? {
            install_if_newer(plugins, &package)
                .await
                .with_context(|| format!("cannot install {}", package.display()))?;
        }
    }
    for id in &config.plugins.disabled {
        match plugins.status(id) {
            Some(status) if status.enabled => drop(plugins.disable(id).await?),
            Some(_) => {}
            None => tracing::warn!(plugin = id, "plugins.disabled names a plugin that is not installed"),
        }
    }
    for (id, given) in &config.plugins.settings {
        set(plugins, id, given).await?;
    }
    Ok(())
}

async fn set(plugins: &Plugins, id: &str, given: &toml::Table) -> Result<()> {
    let given = serde_json::to_value(given)?.as_object().cloned().unwrap_or_default();
    plugins.set_some_settings(id, given).await.or_else(|error| match error {
        SettingsError::Unknown(_) => {
            tracing::warn!(plugin = id, "plugins.settings names a plugin that is not installed");
            Ok(())
        }
        SettingsError::Invalid { fields } => {
            let said: Vec<_> = fields.iter().map(|f| format!("{} {}", f.path, f.message)).collect();
            Err(anyhow::anyhow!("plugins.settings.\"{id}\" is refused: {}", said.join("; ")))
        }
        other => Err(anyhow::Error::from(other).context(format!("plugins.settings.\"{id}\" cannot be set"))),
    })
}

/// The packages in a folder, by name so that every start does the same.
fn packages(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = || format!("plugins.packages: cannot read {}", folder.display());
    let entries = std::fs::read_dir(folder).with_context(unreadable)?;
    let mut packages =
        entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>().with_context(unreadable)?;
    packages.retain(|path| path.extension().is_some_and(|ending| ending == "jackfield"));
    packages.sort();
    Ok(packages)
}

async fn install_if_newer(plugins: &Plugins, package: &Path) -> Result<()> {
    let archive = std::fs::read(package)?;
    let preview = plugins.inspect(&archive).await?;
    let ours = Version::parse(&preview.version)?;
    let installed = preview.replaces.as_deref().and_then(|version| Version::parse(version).ok());
    if installed.is_some_and(|installed| installed >= ours) {
        return Ok(());
    }
    if preview.signer.trust == Trust::Revoked {
        let why = preview.signer.refusal.unwrap_or_default();
        tracing::error!(package = %package.display(), "a bundled plugin is not installed: {why}");
        return Ok(());
    }
    if preview.signer.trust == Trust::OtherKey {
        // Whoever can put packages into that folder can also change this program.
        tracing::warn!(
            plugin = preview.id,
            "a bundled plugin is signed with another key than before: its own key changes"
        );
    }
    let status = plugins.install(&archive, Consent::everything()).await?;
    tracing::info!(plugin = status.id, version = status.version, "installed a bundled plugin");
    Ok(())
}

/// The store's plugin rows as the runtime knows them.
struct StoredPlugins(Store);

#[async_trait]
impl PluginStore for StoredPlugins {
    async fn load(&self) -> Result<Vec<InstalledPlugin>, StoreFailure> {
        Ok(self.0.plugins().await.map_err(failure)?.into_iter().map(from_row).collect())
    }

    async fn save(&self, plugin: &InstalledPlugin) -> Result<(), StoreFailure> {
        self.0.save_plugin(&to_row(plugin)).await.map_err(failure)
    }

    async fn remove(&self, id: &str) -> Result<(), StoreFailure> {
        self.0.remove_plugin(id).await.map_err(failure)
    }

    async fn kept(&self, id: &str) -> Result<Vec<Kept>, StoreFailure> {
        let kept = |PluginValue { key, value, version }| Kept { key, value, version };
        Ok(self.0.plugin_values(id).await.map_err(failure)?.into_iter().map(kept).collect())
    }

    async fn write(&self, changes: &[Write]) -> Result<(), StoreFailure> {
        let changes: Vec<_> = changes
            .iter()
            .map(|change| match change {
                Write::Put { plugin, kept } => PluginWrite::Put(plugin, &kept.key, &kept.value, kept.version),
                Write::Delete { plugin, key } => PluginWrite::Delete(plugin, key),
                Write::SetTimer(timer) => PluginWrite::SetTimer(&timer.plugin, &timer.name, timer.due, &timer.payload),
                Write::CancelTimer { plugin, name } => PluginWrite::CancelTimer(plugin, name),
                Write::Hold { plugin, held } => PluginWrite::Hold(plugin, &held.key, held.seq, held.layout, &held.data),
                Write::Release { plugin, key } => PluginWrite::Release(plugin, key),
                Write::KeepInput(KeptInput { plugin, key, kind, name, due, payload, reason }) => {
                    PluginWrite::KeepInput(plugin, key, kind.word(), name, *due, payload, reason)
                }
                Write::KeepEvent(event) => PluginWrite::KeepEvent(event_row(event)),
                Write::DropEvent { plugin, seq } => PluginWrite::DropEvent(plugin, *seq),
                Write::DropInput { plugin, key, kind, name } => PluginWrite::DropInput(plugin, key, kind.word(), name),
            })
            .collect();
        self.0.write_plugin_data(&changes).await.map_err(failure)
    }

    async fn erase(&self, id: &str) -> Result<(), StoreFailure> {
        self.0.erase_plugin_data(id).await.map_err(failure)
    }

    async fn timers(&self) -> Result<Vec<Timer>, StoreFailure> {
        let timer = |PluginTimer { plugin, name, due, payload }| Timer { plugin, name, due, payload };
        Ok(self.0.plugin_timers().await.map_err(failure)?.into_iter().map(timer).collect())
    }

    async fn record_facts(&self, facts: &[(&str, &Fact)]) -> Result<(), StoreFailure> {
        self.0.record_facts(facts).await.map_err(failure)
    }

    fn catalogue(&self) -> Vec<Dataset> {
        catalogue()
    }

    async fn ask(&self, query: &Query, now: TimestampMs) -> Result<Table, QueryFailure> {
        self.0.ask(query, now).await.map_err(|error| match error {
            QueryError::Invalid(text) => QueryFailure::Invalid(text),
            other => QueryFailure::Failed(other.to_string()),
        })
    }

    async fn held(&self, id: &str) -> Result<Vec<Held>, StoreFailure> {
        let held = |PluginStateRow { key, seq, layout, data }| Held { key, seq, layout, data };
        Ok(self.0.plugin_states(id).await.map_err(failure)?.into_iter().map(held).collect())
    }

    async fn events(&self) -> Result<Vec<KeptEvent>, StoreFailure> {
        let event = |row: PluginEvent| {
            let PluginEvent { plugin, seq, topic, publisher, at, payload, recordings, failed, reason } = row;
            KeptEvent { plugin, seq, topic, publisher, at, payload, recordings, failed, reason }
        };
        Ok(self.0.plugin_events().await.map_err(failure)?.into_iter().map(event).collect())
    }

    async fn inputs(&self) -> Result<Vec<KeptInput>, StoreFailure> {
        let input = |PluginInput { plugin, key, kind, name, due, payload, reason }| {
            let known = InputKind::ALL.into_iter().find(|known| known.word() == kind);
            let kind = known.ok_or_else(|| StoreFailure(format!("an input of the unknown kind “{kind}” is kept")))?;
            Ok(KeptInput { plugin, key, kind, name, due, payload, reason })
        };
        self.0.plugin_inputs().await.map_err(failure)?.into_iter().map(input).collect()
    }
}

fn event_row(event: &KeptEvent) -> PluginEvent {
    let KeptEvent { plugin, seq, topic, publisher, at, payload, recordings, failed, reason } = event.clone();
    PluginEvent { plugin, seq, topic, publisher, at, payload, recordings, failed, reason }
}

pub(super) fn failure(error: StoreError) -> StoreFailure {
    StoreFailure(error.to_string())
}

fn from_row(row: PluginRow) -> InstalledPlugin {
    let PluginRow { id, version, enabled, order, grants, settings, installed, trial } = row;
    // Terms that a newer version of the host has kept and this one does not understand are no trial here.
    let trial = serde_json::from_value(trial).unwrap_or_default();
    InstalledPlugin { id, version, enabled, order, grants, settings, installed, trial }
}

fn to_row(plugin: &InstalledPlugin) -> PluginRow {
    let InstalledPlugin { id, version, enabled, order, grants, settings, installed, trial } = plugin.clone();
    let trial = serde_json::to_value(trial).unwrap_or_default();
    PluginRow { id, version, enabled, order, grants, settings, installed, trial }
}
