//! The process that compiles plugins: it limits itself, reads a component and writes machine code.

use crate::config::Limits;
use anyhow::{Context, Result, anyhow};
use clap::Args;
use jackfield_runtime::{Workshop, compile_for_host};
use nix::sys::resource::{Resource, setrlimit};
use std::{
    io::{Read, Write},
    time::Duration,
};

/// The name of the command.
pub(super) const COMMAND: &str = "compile-component";
/// Address space that is set aside and never touched: allocators and threads ask for much more than they use.
const SET_ASIDE: u64 = 2 << 30;
/// Files that it may have open: its three pipes and what the system's libraries open.
const FILES: u64 = 64;

#[derive(Args)]
pub(super) struct Bounds {
    /// Seconds of processor time
    #[arg(long)]
    seconds: u64,
    /// Bytes of memory
    #[arg(long)]
    memory: u64,
}

/// How the host starts it.
pub fn workshop(limits: &Limits) -> Workshop {
    let (seconds, memory) = (limits.compile_seconds.0, limits.compile_mib.0 << 20);
    let arguments =
        [COMMAND, "--seconds", &seconds.to_string(), "--memory", &memory.to_string()].map(std::ffi::OsString::from);
    Workshop {
        // The program that runs now, even when a newer one was installed in its place.
        program: "/proc/self/exe".into(),
        arguments: arguments.into(),
        time: Duration::from_secs(seconds),
        memory,
    }
}

pub(super) fn run(bounds: &Bounds) -> Result<()> {
    let limit = |resource, most| setrlimit(resource, most, most).context("this process cannot be limited");
    // It writes no file, leaves no core behind, and has nobody to talk to.
    limit(Resource::RLIMIT_FSIZE, 0)?;
    limit(Resource::RLIMIT_CORE, 0)?;
    limit(Resource::RLIMIT_NOFILE, FILES)?;
    limit(Resource::RLIMIT_CPU, bounds.seconds)?;
    limit(Resource::RLIMIT_DATA, bounds.memory)?;
    limit(Resource::RLIMIT_AS, bounds.memory + SET_ASIDE)?;
    let mut wasm = Vec::new();
    std::io::stdin().lock().read_to_end(&mut wasm)?;
    let code = compile_for_host(&wasm).map_err(|error| anyhow!(error))?;
    let mut out = std::io::stdout().lock();
    out.write_all(&code)?;
    Ok(out.flush()?)
}
