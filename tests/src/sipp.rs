//! sipp, which makes and takes many calls at once (Debian's `sip-tester`).

use crate::{Process, needs};
use anyhow::Result;
use std::{net::SocketAddr, path::Path, process::Command};

/// Start one that has this address, in a folder, where its output has this name. It gives up after half an hour.
///
/// # Errors
/// When it is not installed or does not start.
pub fn sipp(folder: &Path, name: &str, at: SocketAddr, arguments: &[&str]) -> Result<Process> {
    let (ip, port) = (at.ip().to_string(), at.port().to_string());
    let mut command = Command::new(needs("sipp")?);
    // Its control port and its files are in nobody's way.
    command.current_dir(folder).args(["-i", &ip, "-p", &port, "-mi", &ip, "-nostdin", "-timeout", "1800"]);
    Process::start(command.args(arguments), &folder.join(name))
}
