//! A child process that ends with the value that stands for it, and what it has said.

use anyhow::{Context, Result};
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

/// When this variable is set, everything that a process has said is shown at its end.
const SHOW_LOGS: &str = "JACKFIELD_TEST_LOGS";
/// What is shown of it when a test panics.
const LAST_LINES: usize = 60;

/// A running program. Dropping it kills it, by its own process id and nobody else's.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Start it with both outputs in the file `log`.
    ///
    /// # Errors
    /// When the program is not there or the file cannot be made.
    pub fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let out = File::create(log).with_context(|| format!("cannot make {}", log.display()))?;
        let err = out.try_clone()?;
        let program = command.get_program().to_owned();
        let child = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn();
        let child = child.with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self { child, log: log.to_owned() })
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has said so far.
    pub fn said(&self) -> String {
        std::fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Wait for its end.
    pub fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        crate::within(limit, || self.ended())
    }

    /// Send it a signal by name, such as `TERM`.
    ///
    /// # Errors
    /// When there is no `kill`, or it refuses.
    pub fn signal(&self, name: &str) -> Result<()> {
        let done = Command::new("kill").arg(format!("-{name}")).arg(self.id().to_string()).status()?;
        anyhow::ensure!(done.success(), "kill -{name} {} failed", self.id());
        Ok(())
    }

    /// Kill it at once, as a power cut would.
    pub fn kill(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        let all = std::env::var_os(SHOW_LOGS).is_some();
        if all || std::thread::panicking() {
            let said = self.said();
            let tail: Vec<_> = said.lines().rev().take(if all { usize::MAX } else { LAST_LINES }).collect();
            eprintln!("--- the last lines of {}:", self.log.display());
            tail.iter().rev().for_each(|line| eprintln!("{line}"));
        }
    }
}
