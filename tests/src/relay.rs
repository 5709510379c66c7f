//! coturn, by which a browser's sound can go (TURN).

use crate::{Loopback, Process, needs, within};
use anyhow::{Context, Result};
use std::{net::SocketAddr, process::Command, time::Duration};

/// A running relay at a loopback address of its own. Dropping it ends it.
pub struct Relay {
    process: Process,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Relay {
    /// One that believes credentials made of this secret.
    ///
    /// # Errors
    /// When coturn is not installed or does not start.
    pub fn start(secret: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let address = Loopback::new().port(3478);
        let ip = address.ip().to_string();
        let mut command = Command::new(needs("turnserver")?);
        command.current_dir(folder.path()).args(["-n", "-v", "--log-file", "stdout", "--simple-log", "--no-cli"]);
        command.args(["--no-tls", "--no-dtls", "--realm", "test", "--use-auth-secret"]);
        command.arg(format!("--static-auth-secret={secret}"));
        // Both the host and the browser are on this very machine.
        command.args(["--allow-loopback-peers", "--listening-ip", &ip, "--relay-ip", &ip, "--listening-port", "3478"]);
        command.args(["--userdb", "users", "--pidfile", "pid"]);
        let process = Process::start(&mut command, &folder.path().join("log"))?;
        let relay = Self { process, address, _folder: folder };
        let listens = || relay.log().contains(&format!("UDP listener opened on: {address}")).then_some(());
        within(Duration::from_secs(20), listens).with_context(|| format!("coturn does not start:\n{}", relay.log()))?;
        Ok(relay)
    }

    /// How browsers name it.
    pub fn url(&self) -> String {
        format!("turn:{}?transport=udp", self.address)
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        self.process.said()
    }
}
