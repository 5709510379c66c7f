//! Where log lines go.

use crate::config::{Log, LogFormat};
use anyhow::{Context, Result};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Goes before the configuration file.
const VARIABLE: &str = "JACKFIELD_LOG";

/// Log to standard error from now on.
///
/// # Errors
/// When the level is not understood.
pub fn start(config: &Log) -> Result<()> {
    let filter = filter(config)?;
    let to_error = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match config.format {
        LogFormat::Text => to_error.with_ansi(std::io::stderr().is_terminal()).with_target(false).init(),
        LogFormat::Json => to_error.json().init(),
    }
    Ok(())
}

/// Whether the level is understood.
///
/// # Errors
/// When it is not.
pub fn check(config: &Log) -> Result<()> {
    filter(config).map(drop)
}

fn filter(config: &Log) -> Result<EnvFilter> {
    let (text, name) = match std::env::var(VARIABLE) {
        Ok(text) => (text, VARIABLE),
        Err(_) => (config.level.clone(), "log.level"),
    };
    EnvFilter::try_new(&text).with_context(|| {
        format!("{name} “{text}” is not understood: use a level like info, or warn,jackfield_sip=debug")
    })
}
