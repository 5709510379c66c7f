//! A mail server that keeps what it takes: Debian's aiosmtpd.

use crate::{Loopback, Process, within};
use anyhow::{Context, Result, bail};
use std::{
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    process::Command,
    time::Duration,
};
use tempfile::TempDir;

/// How long it may take to start.
const START: Duration = Duration::from_secs(20);
const PYTHON: &str = "/usr/bin/python3";

/// A mail server at a loopback address of its own. Dropping it ends it, with the letters that it has taken.
pub struct MailServer {
    address: SocketAddr,
    process: Option<Process>,
    folder: TempDir,
}

impl MailServer {
    /// One that is not started yet.
    ///
    /// # Errors
    /// When there is no room for its letters.
    pub fn stopped() -> Result<Self> {
        Ok(Self { address: Loopback::new().port(2525), process: None, folder: tempfile::tempdir()? })
    }

    /// One that takes letters.
    ///
    /// # Errors
    /// When it does not start.
    pub fn started() -> Result<Self> {
        let mut server = Self::stopped()?;
        server.start()?;
        Ok(server)
    }

    /// Start it.
    ///
    /// # Errors
    /// When it is not installed, or does not start; the error holds what it said.
    pub fn start(&mut self) -> Result<()> {
        let mut command = Command::new(PYTHON);
        let address = self.address.to_string();
        command.args(["-m", "aiosmtpd", "-n", "-l", &address, "-c", "aiosmtpd.handlers.Mailbox"]).arg(self.letterbox());
        let process = Process::start(&mut command, &self.folder.path().join("log"))?;
        let answers = within(START, || TcpStream::connect(self.address).is_ok().then_some(()));
        if answers.is_none() {
            bail!("no mail server (apt-get install python3-aiosmtpd): {}", process.said());
        }
        self.process = Some(process);
        Ok(())
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The letters that it has taken, each as it came, with lines that end in `\n`.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn letters(&self) -> Result<Vec<String>> {
        let folder = self.letterbox().join("new");
        if !folder.exists() {
            return Ok(Vec::new());
        }
        let read = |entry: std::io::Result<std::fs::DirEntry>| {
            let bytes = std::fs::read(entry?.path())?;
            Ok(String::from_utf8_lossy(&bytes).replace("\r\n", "\n"))
        };
        std::fs::read_dir(folder)?.map(read).collect()
    }

    fn letterbox(&self) -> PathBuf {
        self.folder.path().join("box")
    }
}

/// The bytes of the first part of a letter that has this media type and is written in base64.
///
/// # Errors
/// When there is none.
pub fn attached(letter: &str, kind: &str) -> Result<Vec<u8>> {
    let at = letter.find(&format!("Content-Type: {kind}")).with_context(|| format!("no {kind} in {letter:.2000}"))?;
    let (_, body) = letter[at..].split_once("\n\n").context("a part without a body")?;
    let text = body.split("\n--").next().unwrap_or_default();
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0, 0_u32);
    for c in text.bytes().filter(|c| !c.is_ascii_whitespace() && *c != b'=') {
        let digit = digits.iter().position(|known| *known == c).context("what is attached is no base64")?;
        (held, bits) = (held << 6 | digit as u32, bits + 6);
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_attached_is_read() {
        let letter =
            "Subject: x\n\n--b\nContent-Type: audio/wav\nContent-Transfer-Encoding: base64\n\nAAEC\n/w==\n--b--\n";
        assert_eq!(attached(letter, "audio/wav").unwrap(), [0, 1, 2, 255]);
        assert!(attached(letter, "text/csv").is_err());
    }
}
