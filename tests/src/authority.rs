//! An authority that gives certificates by ACME: Debian's Pebble, with a name server that says each name is where the authority is.

use crate::{Loopback, Process, certificate, needs, within};
use anyhow::{Result, bail};
use serde_json::json;
use std::{
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    process::Command,
    time::Duration,
};
use tempfile::TempDir;

/// How long it may take to start.
const START: Duration = Duration::from_secs(20);

/// An authority at a loopback address of its own. Dropping it ends it.
pub struct Authority {
    home: Loopback,
    folder: TempDir,
    pebble: Process,
    _names: Process,
}

impl Authority {
    /// One that takes orders.
    ///
    /// # Errors
    /// When it is not installed, or does not start; the error holds what it said.
    pub fn started() -> Result<Self> {
        let (home, folder) = (Loopback::new(), tempfile::tempdir()?);
        certificate::make(folder.path(), home.ip(), "authority")?;
        let names = home.port(8053).to_string();
        let mut command = Command::new(needs("pebble-challtestsrv")?);
        command.args(["-dns01", &names, "-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""]);
        command.args(["-defaultIPv4", &home.to_string(), "-management", &home.port(8055).to_string()]);
        let name_server = Process::start(&mut command, &folder.path().join("names.log"))?;
        let config = json!({ "pebble": {
            "listenAddress": home.port(14_000), "managementListenAddress": home.port(15_000),
            "certificate": folder.path().join(certificate::CHAIN), "privateKey": folder.path().join(certificate::KEY),
            "httpPort": Self::DOOR, "tlsPort": 5_001, "ocspResponderURL": "", "externalAccountBindingRequired": false,
        }});
        let file = folder.path().join("pebble.json");
        std::fs::write(&file, config.to_string())?;
        let mut command = Command::new(needs("pebble")?);
        command.arg("-config").arg(file).args(["-dnsserver", &names]);
        // It would wait some seconds, and forget some numbers on purpose.
        command.env("PEBBLE_VA_NOSLEEP", "1").env("PEBBLE_WFE_NONCEREJECT", "0");
        let pebble = Process::start(&mut command, &folder.path().join("pebble.log"))?;
        if within(START, || TcpStream::connect(home.port(14_000)).is_ok().then_some(())).is_none() {
            bail!("no authority (apt-get install pebble): {}", pebble.said());
        }
        Ok(Self { home, folder, pebble, _names: name_server })
    }

    /// The port at which it asks a name for its proof.
    const DOOR: u16 = 5_002;

    /// Where a host must listen for it.
    pub fn door(&self) -> SocketAddr {
        self.home.port(Self::DOOR)
    }

    /// Its directory.
    pub fn directory(&self) -> String {
        format!("https://{}/dir", self.home.port(14_000))
    }

    /// Who signs the certificate of the directory, a PEM file.
    pub fn ca(&self) -> PathBuf {
        self.folder.path().join(certificate::CHAIN)
    }

    /// What it has said.
    pub fn log(&self) -> String {
        self.pebble.said()
    }
}
