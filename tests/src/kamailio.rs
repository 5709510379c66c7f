//! A carrier in small, and the proxy in front of one: Kamailio with the configurations of `tests/src/kamailio`.

use crate::{Loopback, Process, certificate, needs, within};
use anyhow::{Context, Result, ensure};
use std::{
    fmt::Write,
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
/// The socket on which it takes commands, in its folder.
const CONTROL: &str = "control";
/// Seconds that a refusal asks to wait.
const RETRY_AFTER: &str = "2";

/// What the requests are called that find out whether it has started.
const READY: &str = "has-it-started";

const COMMON: &str = include_str!("kamailio/common.cfg");
const CARRIER: &str = include_str!("kamailio/carrier.cfg");
const PROXY: &str = include_str!("kamailio/proxy.cfg");

/// A trunk account of a carrier.
#[derive(Clone, Debug)]
pub struct Account {
    /// The user part of its address of record.
    pub user: String,
    /// The user name of its digest, which some carriers make another.
    pub login: String,
    /// Its password.
    pub password: String,
    /// Its numbers, or what they begin with, as the outside dials them.
    pub numbers: Vec<String>,
}

impl Account {
    /// An account that signs in as who it is.
    pub fn new(user: &str, password: &str, numbers: &[&str]) -> Self {
        Self {
            user: user.to_owned(),
            login: user.to_owned(),
            password: password.to_owned(),
            numbers: numbers.iter().map(|&number| number.to_owned()).collect(),
        }
    }
}

/// What a carrier is started with.
#[derive(Clone, Debug)]
pub struct CarrierConfig {
    /// Who may register and call out.
    pub accounts: Vec<Account>,
    /// Phones and gateways outside: what the numbers that lead there begin with (an empty one: all that lead nowhere
    /// else), and where they are. Their calls are taken without a password. [`Kamailio::outside`] adds further ones.
    pub outside: Vec<(String, SocketAddr)>,
    /// The name that it has besides its address, and its realm.
    pub domain: String,
    /// Whether the number dialled stands in the Request-URI of an incoming call, where else the registered contact
    /// stands as it is and the number in To alone. A bulk registration always has it there.
    pub number_in_request_uri: bool,
    /// Whether an incoming call has a P-Called-Party-ID (RFC 7315 §4.2).
    pub called_party: bool,
    /// Whether it takes bulk registrations (RFC 6140); else it answers them with 420.
    pub bulk: bool,
    /// Whether it calls an account where its REGISTER came from, over the same connection; else at its contact.
    pub along_the_flow: bool,
    /// Whether a registration is answered with a Service-Route (RFC 3608), which is the carrier itself.
    pub service_route: bool,
    /// Whether its digest is SHA-256 (RFC 8760); else MD5.
    pub sha256: bool,
    /// Seconds that a nonce is good for; a request with an older one is challenged with `stale=true`.
    pub nonce_seconds: u32,
    /// The shortest registration in seconds; a shorter one is answered with 423.
    pub min_expires: u32,
    /// The longest in seconds, to which a longer one is cut.
    pub max_expires: u32,
    /// Whether it speaks TLS too, with a certificate for its address.
    pub tls: bool,
}

impl Default for CarrierConfig {
    fn default() -> Self {
        Self {
            accounts: Vec::new(),
            outside: Vec::new(),
            domain: "carrier.example".to_owned(),
            number_in_request_uri: false,
            called_party: false,
            bulk: true,
            along_the_flow: true,
            service_route: false,
            sha256: false,
            nonce_seconds: 300,
            min_expires: 1,
            max_expires: 600,
            tls: false,
        }
    }
}

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
        Self::start(config.tls, |folder, home| carrier_config(folder, home, config))
    }

    /// Start an outbound proxy. What comes from elsewhere than `next` goes to `next`, with a Record-Route or, for REGISTER,
    /// a Path (RFC 3327); what comes from `next` goes where its Route or Request-URI says.
    ///
    /// # Errors
    /// When Kamailio is not installed or does not start; the error holds what it said.
    pub fn proxy(next: SocketAddr) -> Result<Self> {
        Self::start(false, |folder, home| proxy_config(folder, home, next))
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
        self.command(&["htable.sets", "peers", &format!("s:{address}"), "s:1"]).map(drop)
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
        let text = carrier_config(self.folder.path(), self.home, config)?;
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
        let socket = self.folder.path().join(CONTROL);
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

/// Where it listens, and the words in capitals of the files.
fn head(folder: &Path, home: Loopback, words: &[(&str, String)], defined: &[(&str, bool)]) -> Result<String> {
    // Without the last line it would connect from 127.0.0.1, which is nobody that a peer knows.
    let mut text = format!("#!KAMAILIO\nlisten=udp:{home}:5060\nlisten=tcp:{home}:5060\ntcp_source_ipv4={home}\n");
    let control = ("CONTROL_SOCKET", folder.join(CONTROL).display().to_string());
    let retry = ("RETRY_AFTER", RETRY_AFTER.to_owned());
    for (word, value) in words.iter().chain([&control, &retry]) {
        ensure!(plain(value), "{value:?} cannot stand in a configuration");
        writeln!(text, "#!substdef \"!{word}!{value}!g\"")?;
    }
    for (word, _) in defined.iter().filter(|(_, holds)| *holds) {
        writeln!(text, "#!define {word}")?;
    }
    Ok(text)
}

fn carrier_config(folder: &Path, home: Loopback, config: &CarrierConfig) -> Result<String> {
    let words = [
        ("TLS_CERTIFICATE", folder.join(certificate::CHAIN).display().to_string()),
        ("TLS_KEY", folder.join(certificate::KEY).display().to_string()),
        ("DOMAIN", config.domain.clone()),
        ("REALM", config.domain.clone()),
        ("NONCE_SECONDS", config.nonce_seconds.to_string()),
        ("MIN_EXPIRES", config.min_expires.to_string()),
        ("MAX_EXPIRES", config.max_expires.to_string()),
    ];
    let defined = [
        ("WITH_TLS", config.tls),
        ("WITH_BULK", config.bulk),
        ("WITH_SHA256", config.sha256),
        ("WITH_SERVICE_ROUTE", config.service_route),
        ("WITH_CALLED_PARTY", config.called_party),
        ("NUMBER_IN_REQUEST_URI", config.number_in_request_uri),
        ("ALONG_THE_FLOW", config.along_the_flow),
    ];
    let mut text = head(folder, home, &words, &defined)?;
    writeln!(text, "alias=\"{}\"", config.domain)?;
    if config.tls {
        writeln!(text, "enable_tls=yes\nlisten=tls:{home}:5061")?;
    }
    let mut rows = Vec::new();
    for account in &config.accounts {
        rows.push(("passwords", account.login.clone(), account.password.clone()));
        rows.push(("owners", account.login.clone(), account.user.clone()));
        rows.extend(account.numbers.iter().map(|number| ("numbers", number.clone(), account.user.clone())));
    }
    for (begins, address) in &config.outside {
        let begins = if begins.is_empty() { "any" } else { begins };
        rows.push(("outside", begins.to_owned(), address.to_string()));
        rows.push(("peers", address.to_string(), "1".to_owned()));
    }
    text = format!("{text}{COMMON}{CARRIER}\nevent_route[htable:mod-init] {{\n");
    for (table, key, value) in rows {
        ensure!(plain(&key) && plain(&value), "{key:?} and {value:?} cannot stand in a configuration");
        writeln!(text, "    $sht({table}=>{key}) = \"{value}\";")?;
    }
    // A route may not be empty.
    text.push_str("    return;\n}\n");
    Ok(text)
}

fn proxy_config(folder: &Path, home: Loopback, next: SocketAddr) -> Result<String> {
    let words = [("NEXT_IP", next.ip().to_string()), ("NEXT_HOP", next.to_string())];
    Ok(head(folder, home, &words, &[])? + COMMON + PROXY)
}

/// Whether a text means itself inside quotation marks, a table's key and a substitution.
fn plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-_.:/@#* ".contains(c))
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
