//! `jackfield plugin …`

use super::{House, Reread, Table, say};
use crate::wire::{self, contacts::PluginContacts, plugins::Around};
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use jackfield_calls::events::EventBus;
use jackfield_model::{Language, PluginState};
use jackfield_runtime::{
    Consent, NoNetwork, NoSchedules, Plugins, SignedBy, Signer, Trust,
    signature::{PublicKey, grouped, plain_fingerprint},
};
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
    /// Go back to the version before
    RollBack(Named),
    /// Release a plugin from its publisher's key, so that its next package may be signed with another one
    Unpin(Named),
    /// List the keys of publishers that are trusted or revoked
    Keys,
    /// Trust a publisher's key
    Trust(TrustKey),
    /// Take nothing any more that a key signs
    Revoke(RevokeKey),
}

#[derive(Args)]
pub(super) struct TrustKey {
    /// The key, 64 hexadecimal digits as “jackfield-plugin key show” prints them
    key: PublicKey,
    /// Whose it is
    name: String,
}

#[derive(Args)]
pub(super) struct RevokeKey {
    /// The key's fingerprint
    fingerprint: String,
}

#[derive(Args)]
pub(super) struct Install {
    /// The package, a file that ends in .jackfield
    package: PathBuf,
    /// Approve everything it asks for; without this a package that asks for more than was approved is only described
    #[arg(long)]
    approve: bool,
    /// Trust whoever has signed it from now on: the fingerprint of the key, as the publisher tells it
    #[arg(long, value_name = "FINGERPRINT")]
    trust_key: Option<String>,
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
    let schedules = Arc::new(NoSchedules::default());
    let around = Around { network, contacts, schedules };
    let plugins = wire::plugins::start(&house.config, &house.data, &house.store, bus, around).await?;
    match command {
        Command::List => return list(&plugins),
        Command::Install(install) => {
            if !self::install(&plugins, &install).await? {
                return Ok(());
            }
        }
        Command::Enable(named) => drop(plugins.enable(&named.id).await?),
        Command::Disable(named) => drop(plugins.disable(&named.id).await?),
        Command::RollBack(named) => {
            let versions = plugins.kept_versions(&named.id).await;
            let before = versions.iter().find(|kept| !kept.current);
            let before = before.with_context(|| format!("no other version of {} is kept", named.id))?;
            let status = plugins.roll_back(&named.id, &before.version).await?;
            say(format_args!("{} {} is in use again: {}.", status.id, status.version, state(&status.state)))?;
        }
        Command::Unpin(named) => drop(plugins.unpin(&named.id).await?),
        Command::Keys => return keys(&plugins),
        Command::Trust(TrustKey { key, name }) => drop(plugins.trust_key(key, &name).await?),
        Command::Revoke(RevokeKey { fingerprint }) => drop(plugins.revoke_key(&fingerprint).await?),
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

fn keys(plugins: &Plugins) -> Result<()> {
    let mut table = Table::new(["FINGERPRINT", "STATE", "PLUGINS", "NAME"]);
    for known in plugins.publisher_keys() {
        let state = if known.revoked.is_some() { "revoked" } else { "trusted" };
        let bound = plugins.plugins_of(&known.key).join(" ");
        table.row([grouped(&known.key.fingerprint()), state.to_owned(), bound, known.name]);
    }
    say(table)
}

/// Whether it was installed; if not, what it asks for has been said.
async fn install(plugins: &Plugins, install: &Install) -> Result<bool> {
    let file = install.package.display();
    let archive = std::fs::read(&install.package).with_context(|| format!("cannot read {file}"))?;
    let preview = plugins.inspect(&archive).await.with_context(|| format!("{file} cannot be installed"))?;
    say(format_args!("{} {} by {}: {}", preview.name, preview.version, preview.publisher, preview.description))?;
    let Signer { key, name, trust, refusal } = &preview.signer;
    if let Some(why) = refusal {
        bail!("{file} cannot be installed: {why}");
    }
    match key {
        Some(key) => {
            let whose = name.as_deref().unwrap_or("unknown here");
            say(format_args!("  It is signed with the key {} ({whose})", grouped(&key.fingerprint())))?;
        }
        None => say("  It is not signed: nobody can tell who has made it")?,
    }
    if *trust == Trust::Unknown && install.trust_key.is_none() {
        bail!(
            "nothing is installed: compare the fingerprint with the publisher's, then run the command again with --trust-key"
        );
    }
    for permission in &preview.permissions {
        let news = if permission.granted { "" } else { " (new)" };
        say(format_args!("  It {}{news}", permission.sentence(Language::En)))?;
    }
    if !install.approve && preview.permissions.iter().any(|permission| !permission.granted) {
        bail!("nothing is installed: run the command again with --approve if it may do all that");
    }
    let signed_by = install
        .trust_key
        .as_deref()
        .map_or(SignedBy::Trusted, |fingerprint| SignedBy::Fingerprint(plain_fingerprint(fingerprint)));
    let consent = Consent { permissions: install.approve, signed_by };
    let status = plugins.install(&archive, consent).await.with_context(|| format!("{file} cannot be installed"))?;
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
