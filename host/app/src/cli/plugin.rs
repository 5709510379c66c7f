//! `jackfield plugin …`

use super::{House, Reread, Table, say};
use crate::wire::{self, contacts::PluginContacts};
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use jackfield_calls::events::EventBus;
use jackfield_model::{Language, PluginState};
use jackfield_runtime::{NoNetwork, Plugins};
use std::{path::PathBuf, sync::Arc};

#[derive(Subcommand)]
pub(super) enum Command {
    /// List what is installed, routing plugins first in the order in which they are asked
    List,
    /// Install a package, in place of an installed version of the same plugin
    Install(Install),
    /// Switch a plugin on
    Enable(Named),
    /// Switch a plugin off; its settings and data stay
    Disable(Named),
    /// Remove a plugin
    Remove(Remove),
}

#[derive(Args)]
pub(super) struct Install {
    /// The package, a file that ends in .jackfield
    package: PathBuf,
    /// Approve everything it asks for; without this a package that asks for more than was approved is only described
    #[arg(long)]
    approve: bool,
}

#[derive(Args)]
pub(super) struct Named {
    /// Its id, such as org.jackfield.dialplan
    id: String,
}

#[derive(Args)]
pub(super) struct Remove {
    /// Its id, such as org.jackfield.dialplan
    id: String,
    /// Erase what it has stored too
    #[arg(long)]
    erase_data: bool,
}

pub(super) async fn run(command: Command, house: &House) -> Result<()> {
    let (bus, network) = (EventBus::new(), Arc::new(NoNetwork));
    let contacts = Arc::new(PluginContacts::new(house.store.clone(), bus.clone()));
    let plugins = wire::plugins::start(&house.config, &house.data, &house.store, bus, network, contacts).await?;
    match command {
        Command::List => return list(&plugins),
        Command::Install(install) => {
            if !self::install(&plugins, &install).await? {
                return Ok(());
            }
        }
        Command::Enable(named) => drop(plugins.enable(&named.id).await?),
        Command::Disable(named) => drop(plugins.disable(&named.id).await?),
        Command::Remove(remove) => plugins.remove(&remove.id, remove.erase_data).await?,
    }
    house.tell_running_host(Reread::OnStart)
}

fn list(plugins: &Plugins) -> Result<()> {
    let mut table = Table::new(["ID", "VERSION", "STATE", "NAME"]);
    for plugin in plugins.list() {
        table.row([plugin.id, plugin.version, state(&plugin.state), plugin.name]);
    }
    say(table)
}

/// Whether it was installed; if not, what it asks for has been said.
async fn install(plugins: &Plugins, install: &Install) -> Result<bool> {
    let file = install.package.display();
    let archive = std::fs::read(&install.package).with_context(|| format!("cannot read {file}"))?;
    let preview = plugins.inspect(&archive).await.with_context(|| format!("{file} cannot be installed"))?;
    say(format_args!("{} {} by {}: {}", preview.name, preview.version, preview.publisher, preview.description))?;
    for permission in &preview.permissions {
        let news = if permission.granted { "" } else { " (new)" };
        say(format_args!("  It {}{news}", permission.sentence(Language::En)))?;
    }
    if !install.approve && preview.permissions.iter().any(|permission| !permission.granted) {
        bail!("nothing is installed: run the command again with --approve if it may do all that");
    }
    let status =
        plugins.install(&archive, install.approve).await.with_context(|| format!("{file} cannot be installed"))?;
    say(format_args!("{} {} is installed: {}.", status.id, status.version, state(&status.state)))?;
    Ok(true)
}

fn state(state: &PluginState) -> String {
    match state {
        PluginState::Running => "on".into(),
        PluginState::Disabled { .. } => "off".into(),
        PluginState::Resting { reason, .. } => format!("resting: {reason}"),
        PluginState::Quarantined { reason } => format!("quarantined: {reason}"),
        PluginState::NeedsPermission { missing } => format!("needs permission for {}", missing.join(", ")),
        PluginState::Failed { reason } => format!("failed: {reason}"),
    }
}
