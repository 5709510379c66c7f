//! A carrier in small, and the proxy in front of one: Kamailio with the configurations of `tests/src/kamailio`.

mod config;

pub use config::{Account, CarrierConfig};

use crate::{Loopback, Process, certificate, needs, within};
use anyhow::{Context, Result, ensure};
use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// How long one step may take: to start, to take a command, to be gone.
const STEP: Duration = Duration::from_secs(15);
/// How long it may take to end before it is killed.
const END: Duration = Duration::from_secs(2);
/// Seconds after which a forgotten one ends by itself.
const LIFE: &str = "300";
/// What the requests are called that find out whether it has started.
const READY: &str = "has-it-started";

/// How it treats whatever comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// As it should.
    Works,
    /// With 503 and a Retry-After of two seconds.
    Refuses,
    /// With nothing at all, as when the line is cut, though TCP connections stay open. A transaction that it is in the
    /// middle of may still see its time-outs.
    Silent,
}

/// A running Kamailio. Dropping it kills it with all its children, which are the process group that it started.
pub struct Kamailio {
    process: Option<Process>,
    folder: tempfile::TempDir,
    home: Loopback,
}

impl Kamailio {
    /// Start a carrier.
    ///
    /// # Errors
    /// When Kamailio is not installed or does not start; the error holds what it said.
    pub fn carrier(config: &CarrierConfig) -> Result<Self> {
        Self::start(config.tls, |folder, home| config::carrier(folder, home, config))
    }

    /// Start an outbound proxy. What comes from elsewhere than `next` goes to `next`, with a Record-Route or, for REGISTER,
    /// a Path (RFC 3327); what comes from `next` goes where its Route or Request-URI says.
    ///
    /// # Errors
    /// When Kamailio is not installed or does not start; the error holds what it said.
    pub fn proxy(next: SocketAddr) -> Result<Self> {
        Self::start(false, |folder, home| config::proxy(folder, home, next))
    }

    fn start(tls: bool, text: impl FnOnce(&Path, Loopback) -> Result<String>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let home = Loopback::new();
        if tls {
            certificate::make(folder.path(), home.ip(), "carrier")?;
        }
        std::fs::write(folder.path().join("kamailio.cfg"), text(folder.path(), home)?)?;
        let mut kamailio = Self { process: None, folder, home };
        kamailio.launch()?;
        Ok(kamailio)
    }

    /// Where it speaks SIP by UDP and TCP.
    pub fn sip(&self) -> SocketAddr {
        self.home.port(5060)
    }

    /// Where it speaks SIP by TLS, if it does.
    pub fn tls(&self) -> SocketAddr {
        self.home.port(5061)
    }

    /// Its certificate's file, if it speaks TLS.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join(certificate::CHAIN)
    }

    /// Change how it treats whatever comes from now on.
    ///
    /// # Errors
    /// When it takes no command.
    pub fn set_mood(&self, mood: Mood) -> Result<()> {
        let word = match mood {
            Mood::Works => "works",
            Mood::Refuses => "refuses",
            Mood::Silent => "silent",
        };
        self.command(&["pv.shvSet", "mood", "str", word]).map(drop)
    }

    /// Connect a phone or a gateway to a carrier: numbers that begin so lead there, and its calls are taken.
    ///
    /// # Errors
    /// When it takes no command.
    pub fn outside(&self, begins: &str, address: SocketAddr) -> Result<()> {
        // "s:" has kamcmd take a number for text.
        let key = format!("s:{}", if begins.is_empty() { "any" } else { begins });
        self.command(&["htable.sets", "outside", &key, &format!("s:{address}")])?;
        self.command(&["htable.sets", "peers", &format!("s:{}", config::peer(address)), "s:1"]).map(drop)
    }

    /// Where a carrier would call an account: its contact, or what a bulk registration has in its place; nothing while
    /// it is not registered.
    ///
    /// # Errors
    /// When it takes no command.
    pub fn contact(&self, user: &str) -> Result<Option<String>> {
        let bulk = self.command(&["htable.get", "bulk", &format!("s:{user}")])?;
        let single = self.command(&["ul.lookup", "location", &format!("s:{user}")])?;
        let value = |text: &str, name: &str| {
            let (_, rest) = text.split_once(name)?;
            rest.lines().next().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        Ok(value(&bulk, "value:").or_else(|| value(&single, "Address:")))
    }

    /// Every message that it has received, oldest first, head and body, with line ends as on the wire. What has come
    /// before [`Kamailio::restart`] is gone.
    pub fn heard(&self) -> Vec<String> {
        let log = self.log();
        // "… >>> udp:127.0.0.1:5060", the message, "<<<".
        let after = |part: &str| part.split_once('\n').map(|(_, message)| message.to_owned());
        let messages = log.split("\n<<<\n").filter_map(|part| after(part.rsplit_once(">>> ")?.1));
        messages.filter(|message| !message.contains(READY)).collect()
    }

    /// What it has said so far.
    pub fn log(&self) -> String {
        self.process.as_ref().map(Process::said).unwrap_or_default()
    }

    /// Kill it without a warning, as a power cut would; its address then answers with “port unreachable”.
    ///
    /// # Errors
    /// When it does not go away.
    pub fn kill(&mut self) -> Result<()> {
        self.kill_group();
        let (sip, tls) = (self.sip(), self.tls());
        let gone = || Some((UdpSocket::bind(sip).ok()?, TcpListener::bind(sip).ok()?, TcpListener::bind(tls).ok()?));
        within(STEP, gone).map(drop).with_context(|| format!("{sip} is still in use"))
    }

    /// Kill it and start it again: it has forgotten every registration, call, [`Mood`] and [`Kamailio::outside`].
    ///
    /// # Errors
    /// When it does not start again.
    pub fn restart(&mut self) -> Result<()> {
        self.kill()?;
        self.launch()
    }

    /// The same with another configuration.
    ///
    /// # Errors
    /// When it does not start again.
    pub fn restart_with(&mut self, config: &CarrierConfig) -> Result<()> {
        self.kill()?;
        if config.tls && !self.certificate().is_file() {
            certificate::make(self.folder.path(), self.home.ip(), "carrier")?;
        }
        let text = config::carrier(self.folder.path(), self.home, config)?;
        std::fs::write(self.folder.path().join("kamailio.cfg"), text)?;
        self.launch()
    }

    fn launch(&mut self) -> Result<()> {
        let folder = self.folder.path();
        let mut command = Command::new(needs("timeout")?);
        command.args(["--signal=KILL", LIFE]).arg(needs("kamailio")?);
        // -DD stays in the foreground with its children, -E logs there; megabytes shared and of each child.
        command.args(["-DD", "-E", "-m", "16", "-M", "4", "-f"]).arg(folder.join("kamailio.cfg"));
        command.arg("-Y").arg(folder).arg("-w").arg(folder);
        command.process_group(0);
        let process = self.process.insert(Process::start(&mut command, &folder.join("log"))?);
        let sip = self.home.port(5060);
        let ready = within(STEP, || match process.ended() {
            Some(_) => Some(false),
            None => answers(sip).then_some(true),
        });
        ensure!(ready == Some(true), "Kamailio does not start:\n{}", process.said());
        // The process that takes commands is there last.
        self.command(&["core.version"]).map(drop)
    }

    fn command(&self, words: &[&str]) -> Result<String> {
        let socket = self.folder.path().join(config::CONTROL);
        let mut last = String::new();
        let done = within(STEP, || {
            let mut command = Command::new(needs("kamcmd").ok()?);
            command.arg("-s").arg(format!("unix:{}", socket.display())).args(words);
            let output = command.output().ok()?;
            last = String::from_utf8_lossy(&output.stderr).into_owned();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            // It says "error: 404 - …" for what is not there, which is an answer as well.
            output.status.success().then_some(said)
        });
        done.with_context(|| format!("Kamailio does not take {words:?}: {last}\n{}", self.log()))
    }

    fn kill_group(&mut self) {
        let Some(process) = &mut self.process else { return };
        let group = format!("-{}", process.id());
        // An error means that it has ended already.
        let send = |signal: &str| drop(Command::new("kill").args([signal, "--", &group]).output());
        // It takes its children with it, which would otherwise wait for somebody to bury them.
        send("-TERM");
        if process.wait(END).is_none() {
            send("-KILL");
            let _ = process.wait(STEP);
        }
    }
}

impl Drop for Kamailio {
    fn drop(&mut self) {
        self.kill_group();
    }
}

/// Whether an OPTIONS is answered, with whatever.
fn answers(sip: SocketAddr) -> bool {
    let ask = || -> std::io::Result<usize> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let at = socket.local_addr()?;
        let options = format!(
            "OPTIONS sip:{sip} SIP/2.0\r\nVia: SIP/2.0/UDP {at};branch=z9hG4bKready\r\nMax-Forwards: 70\r\n\
             From: <sip:test@{at}>;tag=ready\r\nTo: <sip:{sip}>\r\nCall-ID: {READY}@{at}\r\nCSeq: 1 OPTIONS\r\n\
             Content-Length: 0\r\n\r\n"
        );
        socket.set_read_timeout(Some(Duration::from_millis(100)))?;
        socket.connect(sip)?;
        socket.send(options.as_bytes())?;
        socket.recv(&mut [0; 2_048])
    };
    ask().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Baresip, Phone, eventually};

    #[test]
    fn calls_go_both_ways_and_only_while_it_works() {
        let mut outside = Phone::new("33100", "", SocketAddr::from((Ipv4Addr::LOCALHOST, 5_060)));
        outside.registrar = None;
        let mut outside = Baresip::start(&outside).unwrap();
        let accounts = vec![Account::new("trunk", "secret", &["4930"])];
        let mut carrier = Kamailio::carrier(&CarrierConfig { accounts, ..CarrierConfig::default() }).unwrap();
        carrier.outside("", outside.address()).unwrap();
        let mut pbx = Baresip::registered(&Phone::new("trunk", "secret", carrier.sip())).unwrap();
        assert!(carrier.contact("trunk").unwrap().unwrap().contains(&pbx.address().to_string()));

        outside.dial(&format!("sip:493012@{}", carrier.sip())).unwrap();
        pbx.wait_for("CALL_INCOMING").unwrap();
        pbx.accept().unwrap();
        outside.wait_for("CALL_ESTABLISHED").unwrap();
        assert!(pbx.log().contains("P-Asserted-Identity: <sip:33100@carrier.example>"), "{}", pbx.log());
        pbx.hang_up().unwrap();
        outside.wait_for("CALL_CLOSED").unwrap();

        pbx.dial("33100").unwrap();
        outside.wait_for("CALL_INCOMING").unwrap();
        assert!(!outside.log().contains("Proxy-Authorization"), "the digest is the carrier's alone");
        outside.accept().unwrap();
        pbx.wait_for("CALL_ESTABLISHED").unwrap();
        outside.hang_up().unwrap();
        pbx.wait_for("CALL_CLOSED").unwrap();
        assert!(carrier.heard().iter().any(|m| m.starts_with("BYE ")), "what it relays is heard");

        carrier.set_mood(Mood::Refuses).unwrap();
        pbx.dial("33100").unwrap();
        eventually("503", || pbx.log().contains("503 Service Unavailable"));
        carrier.kill().unwrap();
        assert!(!answers(carrier.sip()));
        carrier.restart().unwrap();
        assert_eq!(carrier.contact("trunk").unwrap(), None, "all is forgotten");
    }
}
