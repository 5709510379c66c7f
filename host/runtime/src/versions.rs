//! The versions of a plugin that lie on the disk: the one in use and the one before it.

use crate::{
    admin::{Consent, InstallError},
    plugins::{Plugins, archive_name, off_the_call_path},
    trust::SignedBy,
};
use cap_std::fs::Dir;
use jackfield_model::PluginStatus;
use semver::Version;
use std::{io::Write, sync::Arc};

/// A version of a plugin that lies on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptVersion {
    /// The version.
    pub version: String,
    /// Whether it is the one in use.
    pub current: bool,
}

impl Plugins {
    /// Go back to another version that is kept on the disk. What it asks for and is not approved any more waits for
    /// [`Plugins::approve`].
    ///
    /// # Errors
    /// When that version is not kept, is not by whom it would have to be, or does not start.
    pub async fn roll_back(&self, id: &str, version: &str) -> Result<PluginStatus, InstallError> {
        let _only = self.0.admin.lock().await;
        let unknown = || InstallError::Trust(format!("version {version} of “{id}” is not kept here any more"));
        let version = Version::parse(version).map_err(|_| unknown())?.to_string();
        if !self.0.roster.load().all.contains_key(id) {
            return Err(unknown());
        }
        let (packages, name) = (Arc::clone(&self.0.packages), archive_name(id, &version));
        let archive = off_the_call_path(move || packages.read(name)).await.map_err(|_| unknown())?;
        let signer = self.read(&archive).await?.package.signer;
        let pinned = self.0.host.trusted.pinned(id).map(|(key, _)| key);
        if pinned.is_some() && pinned != signer {
            let text =
                "that version bears another signature than the plugin is bound to now: install it from its package";
            return Err(InstallError::Trust(text.into()));
        }
        self.put(&archive, Consent { permissions: false, signed_by: SignedBy::Anybody }).await
    }

    /// The versions of a plugin that lie on the disk, newest first.
    pub async fn kept_versions(&self, id: &str) -> Vec<KeptVersion> {
        let Some(current) = self.0.roster.load().all.get(id).map(|p| p.record.version.clone()) else {
            return Vec::new();
        };
        let (packages, id) = (Arc::clone(&self.0.packages), id.to_owned());
        let names = off_the_call_path(move || versions_of(&packages, &id)).await;
        let mut versions: Vec<Version> =
            names.unwrap_or_default().iter().filter_map(|v| Version::parse(v).ok()).collect();
        versions.sort_unstable_by(|a, b| b.cmp(a));
        let kept =
            |version: Version| KeptVersion { current: version.to_string() == current, version: version.to_string() };
        versions.into_iter().map(kept).collect()
    }
}

/// Keep an archive, and forget versions before the previous one.
pub(crate) fn keep(
    packages: &Dir,
    id: &str,
    version: &str,
    previous: Option<&str>,
    archive: &[u8],
) -> std::io::Result<()> {
    write_whole(packages, &archive_name(id, version), archive)?;
    match previous {
        // The same version once more: the one before it is still the one to go back to.
        Some(previous) if previous == version => Ok(()),
        previous => keep_only(packages, id, &[Some(version), previous].into_iter().flatten().collect::<Vec<_>>()),
    }
}

/// Write a file so that it is there whole or not at all.
pub(crate) fn write_whole(packages: &Dir, name: &str, archive: &[u8]) -> std::io::Result<()> {
    let temporary = format!(".{name}.incoming");
    let mut file = packages.create(&temporary)?;
    file.write_all(archive)?;
    file.sync_all()?;
    packages.rename(&temporary, packages, name)
}

/// Remove the archives of every other version of a plugin.
pub(crate) fn keep_only(packages: &Dir, id: &str, versions: &[&str]) -> std::io::Result<()> {
    for version in versions_of(packages, id)? {
        if !versions.contains(&version.as_str()) {
            packages.remove_file(archive_name(id, &version))?;
        }
    }
    Ok(())
}

/// The versions of a plugin whose archives are there, in no order.
fn versions_of(packages: &Dir, id: &str) -> std::io::Result<Vec<String>> {
    let mut versions = Vec::new();
    for entry in packages.entries()? {
        let Ok(name) = entry?.file_name().into_string() else { continue };
        let version = name.strip_prefix(id).and_then(|rest| rest.strip_prefix('-')?.strip_suffix(".jackfield"));
        // What follows the id must be a version: another plugin's id may begin with this one.
        versions.extend(version.filter(|version| Version::parse(version).is_ok()).map(str::to_owned));
    }
    Ok(versions)
}
