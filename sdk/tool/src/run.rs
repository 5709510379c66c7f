//! A host with the plugin that one is writing, which takes each saved change.

use anyhow::{Context, Result, bail};
use jackfield_pack::{Packed, Speed, pack_at};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{sleep, spawn},
    time::{Duration, Instant, SystemTime},
};

/// How often the plugin's files are looked at.
const PERIOD: Duration = Duration::from_millis(100);
/// Folders in which nothing of the plugin's own is.
const NOT_OURS: [&str; 6] = ["target", "dist", "node_modules", ".git", ".venv", "__pycache__"];
/// The configuration that a first run makes.
const CONFIG: &str = "\
# The host of “jackfield-plugin run”: yours to change. Every key is explained in jackfield.example.toml.
data_dir = \"data\"

[sip]
udp = [\"127.0.0.1:5060\"]
tcp = [\"127.0.0.1:5060\"]

[http]
listen = \"127.0.0.1:8080\"
";

/// Start a host with the plugin in `folder`, and build and install the plugin again whenever one of its files is saved, until
/// the host ends or somebody ends it with Ctrl-C. The host, a demonstration company, lives in the plugin's `dist/run`.
///
/// # Errors
/// When there is no host, it does not start, or the plugin cannot be built for the first time.
#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it tells whoever writes the plugin what it does meanwhile"
)]
pub fn run(folder: &Path, host: Option<&Path>) -> Result<()> {
    let host = host.map_or_else(find_host, |host| Ok(host.to_owned()))?;
    let home = folder.join("dist/run");
    let began = Instant::now();
    let mut state = state_of(folder);
    let package = put(&home, &pack_at(folder, None, Speed::Quick)?)?;
    println!("Built in {}. Save a file, and the host has it a moment later; Ctrl-C ends it.", seconds(began));
    let config = home.join("jackfield.toml");
    if !config.exists() {
        fs::write(&config, CONFIG).with_context(|| format!("{} cannot be written", config.display()))?;
    }
    let ended = watch_for_ctrl_c()?;
    let mut host = start(&host, &config, &package)?;
    loop {
        if let Some(status) = host.try_wait().context("the host is lost")? {
            if status.success() || ended.load(Ordering::Relaxed) {
                return Ok(());
            }
            bail!("the host has ended ({status}); what it has said is above");
        }
        // The terminal has told the host too.
        if !ended.load(Ordering::Relaxed) {
            let now = state_of(folder);
            if now != state {
                state = now;
                let began = Instant::now();
                match pack_at(folder, None, Speed::Quick).and_then(|packed| put(&home, &packed)) {
                    Ok(_) => println!("Built in {}.", seconds(began)),
                    Err(error) => eprintln!("Not built: {error:#}. The host goes on with what it has."),
                }
            }
        }
        sleep(PERIOD);
    }
}

fn seconds(since: Instant) -> String {
    format!("{:.1} s", since.elapsed().as_secs_f32())
}

/// The host's program: beside this one, where it is when both are installed or built together, else on the path.
fn find_host() -> Result<PathBuf> {
    let beside = std::env::current_exe().ok().and_then(|tool| Some(tool.parent()?.join("jackfield")));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let others = std::env::split_paths(&path).map(|folder| folder.join("jackfield"));
    let found = beside.into_iter().chain(others).find(|path| path.is_file());
    found.context("there is no program “jackfield” beside this one or on the path: name it with --host")
}

fn start(host: &Path, config: &Path, package: &Path) -> Result<Child> {
    let mut host = Command::new(host);
    host.args(["serve", "--demo", "--config"]).arg(config).arg("--develop").arg(package);
    host.spawn().context("the host cannot be started")
}

/// Put the package where the host looks for it, so that it is there whole or not at all.
fn put(home: &Path, packed: &Packed) -> Result<PathBuf> {
    let (path, incoming) = (home.join("plugin.jackfield"), home.join("plugin.incoming"));
    fs::create_dir_all(home).with_context(|| format!("{} cannot be made", home.display()))?;
    fs::write(&incoming, &packed.archive)
        .and_then(|()| fs::rename(&incoming, &path))
        .with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(path)
}

fn watch_for_ctrl_c() -> Result<Arc<AtomicBool>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let asked = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&asked);
    spawn(move || {
        if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
            told.store(true, Ordering::Relaxed);
        }
    });
    Ok(asked)
}

/// What changes when a file of the plugin is saved, added or removed: how many there are, and when the last one was saved.
fn state_of(folder: &Path) -> (usize, Option<SystemTime>) {
    let mut state = (0, None);
    let Ok(entries) = fs::read_dir(folder) else { return state };
    for entry in entries.flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        let Ok(kind) = entry.file_type() else { continue };
        let (count, saved) = if kind.is_dir() && !NOT_OURS.iter().any(|other| name == *other) {
            state_of(&path)
        } else if kind.is_file() && name != "Cargo.lock" {
            (1, entry.metadata().and_then(|metadata| metadata.modified()).ok())
        } else {
            continue;
        };
        state = (state.0 + count, state.1.max(saved));
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_file_is_noticed_and_one_that_a_build_writes_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir_all(at("src")).unwrap();
        fs::create_dir_all(at("target/debug")).unwrap();
        fs::write(at("src/lib.rs"), "1").unwrap();
        let before = state_of(folder.path());
        assert_eq!(before.0, 1);
        fs::write(at("target/debug/x"), "1").unwrap();
        fs::write(at("Cargo.lock"), "1").unwrap();
        assert_eq!(state_of(folder.path()), before);
        let later = SystemTime::now() + Duration::from_secs(5);
        fs::File::options().write(true).open(at("src/lib.rs")).unwrap().set_modified(later).unwrap();
        assert_ne!(state_of(folder.path()), before);
        fs::remove_file(at("src/lib.rs")).unwrap();
        assert_eq!(state_of(folder.path()), (0, None));
    }
}
