//! Putting packages into a registry.

use crate::check::look_at;
use anyhow::{Context, Result};
use jackfield_registry::{Listing, Published, Release};
use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

/// Put a signed package into the registry in `registry`, a folder that is made when it is not there.
///
/// # Errors
/// When a host would refuse the package, nobody has signed it, or this version is published with other content.
pub fn publish(registry: &Path, archive: &[u8]) -> Result<(String, Published)> {
    let preview = look_at(archive)?;
    let key = preview
        .signer
        .key
        .context("nobody has signed it, and hosts refuse such packages: “jackfield-plugin sign” does")?;
    let what = format!("{} {}", preview.id, preview.version);
    let name = preview.id.rsplit('.').next().unwrap_or(&preview.id);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?;
    let release = Release {
        file: format!("{name}-{}.jackfield", preview.version),
        version: preview.version.parse().context("the version is none")?,
        size: 0,
        sha256: String::new(),
        key: key.fingerprint(),
        published: u64::try_from(now.as_millis())?,
        changes: preview.changes,
    };
    let listing = Listing {
        id: preview.id,
        name: preview.name,
        publisher: preview.publisher,
        description: preview.description,
        license: preview.license,
        releases: vec![release],
    };
    let outcome = jackfield_registry::publish(registry, listing, archive).with_context(|| what.clone())?;
    Ok((what, outcome))
}
