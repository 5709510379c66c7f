//! Running a plugin's own tests against the component that was just built.

use crate::pack::Packed;
use anyhow::{Context, Result, bail};
use std::{fs, path::Path, process::Command};

/// The variable by which the test kit is told which archive to test, so that it does not build it again.
const PACKAGE: &str = "JACKFIELD_PACKAGE";

/// Run `cargo test` in the plugin's folder, on this archive.
///
/// # Errors
/// When a test fails.
pub fn test(folder: &Path, packed: &Packed) -> Result<()> {
    let place = tempfile::tempdir().context("no temporary folder")?;
    let archive = place.path().join(packed.file_name());
    fs::write(&archive, &packed.archive).context("the archive cannot be written")?;
    let status = Command::new("cargo")
        .args(["test", "--manifest-path"])
        .arg(folder.join("Cargo.toml"))
        .env(PACKAGE, &archive)
        .status()
        .context("cargo cannot be started")?;
    if !status.success() {
        bail!("the tests of {} {} failed", packed.manifest.name, packed.manifest.version);
    }
    Ok(())
}
