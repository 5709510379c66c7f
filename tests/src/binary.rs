//! Where the programs are that tests start.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate lies in a folder of the repository")
}

/// The host's binary: `JACKFIELD_BIN`, or the one built beside this test.
///
/// # Errors
/// When it is not built.
pub fn jackfield() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("JACKFIELD_BIN") {
        let path = PathBuf::from(path);
        anyhow::ensure!(path.is_file(), "JACKFIELD_BIN names {}, which is no file", path.display());
        return Ok(path);
    }
    // target/debug/deps/<test> → target/debug/jackfield
    let test = std::env::current_exe().context("cannot tell where this test lies")?;
    let beside = test.parent().and_then(Path::parent).map(|folder| folder.join("jackfield"));
    match beside {
        Some(path) if path.is_file() => Ok(path),
        _ => bail!("the host is not built: run “cargo build -p jackfield” first, or set JACKFIELD_BIN"),
    }
}

/// A program of the system.
///
/// # Errors
/// When it is not installed.
pub fn needs(program: &str) -> Result<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file());
    found.with_context(|| format!("{program} is not installed: run tests/setup.sh"))
}
