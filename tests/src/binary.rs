//! Where the programs are that tests start.

use anyhow::{Context, Result, bail};
use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

/// The root of the repository.
pub fn repository() -> &'static Path {
    static REPOSITORY: LazyLock<PathBuf> = LazyLock::new(|| {
        // Where the tests run, which need not be where they were built: checkouts share one target folder.
        let folder = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        Path::new(&folder).parent().expect("this crate lies in a folder of the repository").to_owned()
    });
    &REPOSITORY
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

/// The authors' tool `jackfield-plugin`, built beside this test.
///
/// # Errors
/// When it is not built.
pub fn plugin_tool() -> Result<Command> {
    let path = jackfield()?.with_file_name("jackfield-plugin");
    anyhow::ensure!(path.is_file(), "{} is not built: run “cargo build --workspace” first", path.display());
    Ok(Command::new(path))
}

/// The package of a plugin that comes with the house, by the last part of its id: `auto-attendant`.
///
/// # Errors
/// When it is not packed.
pub fn package(name: &str) -> Result<PathBuf> {
    packed("data/packages", name, "make packages")
}

/// The package of one of `examples`.
///
/// # Errors
/// When it is not packed.
pub fn example(name: &str) -> Result<PathBuf> {
    packed("data/example-packages", name, "make example-packages")
}

/// The package of one of `tests/hostile-plugins`.
///
/// # Errors
/// When it is not packed.
pub fn hostile(name: &str) -> Result<PathBuf> {
    packed("data/hostile-packages", name, "make hostile-packages")
}

fn packed(folder: &str, name: &str, command: &str) -> Result<PathBuf> {
    let is_it = |path: &PathBuf| {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        // A version follows: hello-ivr is not hello.
        let version = file.strip_suffix(".jackfield").and_then(|file| file.strip_prefix(name)?.strip_prefix('-'));
        version.is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()))
    };
    let files = std::fs::read_dir(repository().join(folder)).into_iter().flatten();
    let found = files.filter_map(|entry| Some(entry.ok()?.path())).filter(is_it).max();
    found.with_context(|| format!("{name} is not packed in {folder}: run “{command}” first"))
}

/// A program of the system.
///
/// # Errors
/// When it is not installed.
pub fn needs(program: &str) -> Result<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    // Debian keeps servers where only root's PATH leads.
    let folders = std::env::split_paths(&folders).chain([PathBuf::from("/usr/sbin")]);
    let found = folders.map(|folder| folder.join(program)).find(|path| path.is_file());
    found.with_context(|| format!("{program} is not installed: run tests/setup.sh"))
}
