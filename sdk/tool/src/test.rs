//! Running a plugin's scenarios and its own tests against the component that was just built.

use anyhow::{Context, Result, bail};
use jackfield_pack::Packed;
use jackfield_sdk_test::scenarios::{Outcome, ScenarioFile, repeat};
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

/// The variable by which the test kit is told which archive to test, so that it does not build it again.
const PACKAGE: &str = "JACKFIELD_PACKAGE";
/// The folder of a plugin in which its scenarios are.
const SCENARIOS: &str = "scenarios";
/// Lines of a plugin's log that are shown with a scenario that failed.
const MOST_LOG_LINES: usize = 20;

/// What is tested, and what is said about it.
#[derive(Clone, Copy, Debug, Default)]
pub struct TestOptions {
    /// Afterwards make so many calls of the scenarios in a row, twice, and compare.
    pub calls: Option<usize>,
    /// Show what happened in scenarios that pass, too.
    pub trace: bool,
    /// Leave the plugin's own tests by cargo out.
    pub scenarios_only: bool,
}

/// Run the scenarios in the plugin's folder, and when it is written in Rust `cargo test` there, on this archive.
///
/// # Errors
/// When a scenario or a test fails, a scenario file makes no sense, or there is nothing to run.
pub fn test(folder: &Path, packed: &Packed, options: TestOptions) -> Result<()> {
    let files = ScenarioFile::all_in(&folder.join(SCENARIOS))?;
    let in_rust = folder.join("Cargo.toml").is_file() && !options.scenarios_only;
    if files.is_empty() && !in_rust {
        bail!("there is nothing to test: write scenarios into {}", folder.join(SCENARIOS).display());
    }
    play(&files, packed, options.trace)?;
    if let Some(calls) = options.calls {
        compare(&files, packed, calls)?;
    }
    if in_rust { cargo_test(folder, packed) } else { Ok(()) }
}

#[expect(clippy::print_stdout, reason = "its author reads what came of each scenario")]
fn play(files: &[ScenarioFile], packed: &Packed, trace: bool) -> Result<()> {
    let (mut passed, mut failed, began) = (0, 0, Instant::now());
    for file in files {
        println!("{}", file.path);
        file.run(&packed.archive, |outcome| {
            let ok = outcome.faults.is_empty();
            *(if ok { &mut passed } else { &mut failed }) += 1;
            println!("  {}  {}", if ok { "ok  " } else { "FAIL" }, outcome.name);
            if !ok {
                print!("{}", told(file, outcome));
            }
            if trace || !ok {
                print!("{}", indented(&outcome.trace));
            }
        });
    }
    if passed + failed > 0 {
        println!("{passed} scenarios passed, {failed} failed, in {}", seconds(began.elapsed()));
    }
    if failed > 0 {
        bail!("{failed} of {} scenarios failed", passed + failed);
    }
    Ok(())
}

/// What was wrong, where, and what the plugin's log has to say.
fn told(file: &ScenarioFile, outcome: &Outcome) -> String {
    let faults = outcome
        .faults
        .iter()
        .map(|fault| format!("{}:{}: {}\n    | {}\n", file.path, fault.line, fault.what, file.line(fault.line)));
    let log = outcome.log.iter().rev().take(MOST_LOG_LINES).rev();
    let log = log.map(|line| format!("log: {line}\n"));
    indented(&faults.chain(log).collect::<String>())
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("        {line}\n")).collect()
}

/// The same calls twice: byte for byte the same, or it is said where they part.
#[expect(clippy::print_stdout, reason = "this is where the figures go")]
fn compare(files: &[ScenarioFile], packed: &Packed, calls: usize) -> Result<()> {
    let pass = || repeat(files, &packed.archive, calls).map_err(anyhow::Error::msg);
    let (first, second) = (pass()?, pass()?);
    println!(
        "{} calls took {}, and once more {}; installing before that {} and {}",
        first.calls,
        seconds(first.took),
        seconds(second.took),
        seconds(first.installing),
        seconds(second.installing)
    );
    if first.trace != second.trace {
        let both = || first.trace.lines().zip(second.trace.lines()).enumerate();
        let parted = both().find(|(_, (one, other))| one != other);
        let (at, (one, other)) = parted.unwrap_or((0, ("more lines in one", "than in the other")));
        bail!("the two traces differ from line {} on: “{one}” and “{other}”", at + 1);
    }
    let digest: String = Sha256::digest(&first.trace).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    println!("the two traces are the same: {} bytes, SHA-256 {digest}…", first.trace.len());
    Ok(())
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f32())
}

fn cargo_test(folder: &Path, packed: &Packed) -> Result<()> {
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
