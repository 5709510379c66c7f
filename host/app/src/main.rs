//! The Jackfield binary: the command line, the configuration file, and the one place where all parts are put together.
//!
//! This crate decides nothing about calls. Read first: `serve.rs` (the boot script, top to bottom), `config.rs` (what a
//! configuration file can say), `cli.rs` (the commands).

mod cli;
mod config;
mod data_dir;
mod demo;
mod log;
mod serve;
mod wire;

use std::process::ExitCode;

/// A call makes and drops some hundreds of small objects on one thread; this allocator takes half the time for them and
/// gives memory back after a rush.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One sentence with its causes; nobody else may be listening to the log.
            eprintln!("jackfield: {error:#}");
            ExitCode::FAILURE
        }
    }
}
