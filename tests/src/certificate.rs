//! Certificates for tests, made and looked at with the openssl command.

use crate::{Process, needs};
use anyhow::{Context, Result, ensure};
use std::{
    io::Write,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// The certificate's file.
pub(crate) const CHAIN: &str = "certificate.pem";
/// Its key's.
pub(crate) const KEY: &str = "key.pem";

/// Make a certificate that signs itself, made out to an address, or put one in place of the one that is there.
pub(crate) fn make(folder: &Path, ip: IpAddr, name: &str) -> Result<()> {
    let (chain, key) = (folder.join("new-certificate.pem"), folder.join("new-key.pem"));
    let mut command = Command::new(needs("openssl")?);
    command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]);
    command.args(["-subj", &format!("/CN={name}"), "-addext", &format!("subjectAltName=IP:{ip}")]);
    // Else it would be one of an authority, which no server may show.
    command.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    let made = command.arg("-keyout").arg(&key).arg("-out").arg(&chain).output().context("openssl does not start")?;
    ensure!(made.status.success(), "openssl makes no certificate: {}", String::from_utf8_lossy(&made.stderr));
    std::fs::rename(key, folder.join(KEY))?;
    std::fs::rename(chain, folder.join(CHAIN))?;
    Ok(())
}

/// A server on loopback that speaks TLS with a certificate that nobody but itself has signed.
pub struct UntrustedServer {
    /// Its port at 127.0.0.1.
    pub port: u16,
    _process: Process,
    _folder: TempDir,
}

impl UntrustedServer {
    /// Start it.
    ///
    /// # Errors
    /// When openssl is not there, or no port is free.
    pub fn start() -> Result<Self> {
        let (folder, ip) = (tempfile::tempdir()?, Ipv4Addr::LOCALHOST);
        make(folder.path(), ip.into(), "x")?;
        let port = TcpListener::bind((ip, 0))?.local_addr()?.port();
        let mut serve = Command::new(needs("openssl")?);
        serve.args(["s_server", "-www", "-key", KEY, "-cert", CHAIN, "-accept", &format!("{ip}:{port}")]);
        let process = Process::start(serve.current_dir(folder.path()), &folder.path().join("log"))?;
        Ok(Self { port, _process: process, _folder: folder })
    }
}

/// Make a TLS handshake with a server by this name, send it this, and tell all that openssl and the server have to say.
///
/// # Errors
/// When openssl is not there, or has no answer for too long.
pub fn converse(with: SocketAddr, name: &str, send: &str) -> Result<String> {
    let mut command = Command::new("timeout");
    command.arg("20").arg(needs("openssl")?).args(["s_client", "-servername", name, "-connect", &with.to_string()]);
    // Else it would go as soon as all is sent.
    command.args((!send.is_empty()).then_some("-ign_eof"));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    child.stdin.take().context("openssl takes no input")?.write_all(send.as_bytes())?;
    Ok(String::from_utf8_lossy(&child.wait_with_output()?.stdout).into_owned())
}

/// Make a TLS handshake and tell all that openssl has to say about it, the subject of the certificate among it.
///
/// # Errors
/// When openssl is not there.
pub fn handshake(with: SocketAddr) -> Result<String> {
    let mut command = Command::new(needs("openssl")?);
    command.args(["s_client", "-connect", &with.to_string()]).stdin(Stdio::null());
    let done = command.output().context("openssl does not start")?;
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}
