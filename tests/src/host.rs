//! The real binary on a loopback address of its own, with a data folder that lives as long as it does.

use crate::{Api, Loopback, Phone, Process, Transport, certificate, jackfield};
use anyhow::{Context, Result, bail};
use std::{
    fmt::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

/// How long a debug build may take to start: it compiles its plugins.
const START: Duration = Duration::from_secs(60);
/// How long it may take to end in order.
const END: Duration = Duration::from_secs(30);

/// Who [`Host::admin`] signs in as, the same as `tests/web/support.mjs`.
const ADMIN: &str = "admin";

/// What a host is started with.
#[derive(Clone, Debug, Default)]
pub struct HostConfig {
    /// Extensions with these numbers; the password of each is `pw` and the number.
    pub extensions: Vec<&'static str>,
    /// Plugin packages to install, files that end in `.jackfield`.
    pub packages: Vec<PathBuf>,
    /// Peers whose calls are taken without a password.
    pub trusted: Vec<SocketAddr>,
    /// Whether it speaks TLS, WebSocket and HTTPS too, with a certificate for its address.
    pub secure: bool,
    /// Further addresses at which it speaks SIP by UDP.
    pub also: Vec<SocketAddr>,
    /// Which of those face the outside.
    pub external: Vec<SocketAddr>,
    /// Domains of the house.
    pub domains: Vec<&'static str>,
    /// Whether plugins are installed only when somebody has signed them. The packages of tests are not signed.
    pub signed_only: bool,
    /// Registries of plugins: folders and addresses.
    pub catalogues: Vec<String>,
    /// Text appended to the configuration file: further tables.
    pub more: String,
}

/// A running host. Dropping it kills it.
pub struct Host {
    process: Process,
    folder: tempfile::TempDir,
    home: Loopback,
}

impl Host {
    /// The password of the administrator once [`Host::admin`] has signed in.
    pub const ADMIN_PASSWORD: &str = "seven brass sockets";

    /// Start one with these extensions and no plugin.
    ///
    /// # Errors
    /// When it is not built or does not start.
    pub fn with_extensions(numbers: &[&'static str]) -> Result<Self> {
        Self::start(&HostConfig { extensions: numbers.to_vec(), ..HostConfig::default() })
    }

    /// Start one.
    ///
    /// # Errors
    /// When it is not built or does not start; the error holds what it said.
    pub fn start(config: &HostConfig) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let home = Loopback::new();
        if config.secure {
            certificate::make(folder.path(), home.ip(), "first certificate")?;
        }
        write_config(folder.path(), home, config)?;
        let process = launch(folder.path())?;
        Ok(Self { process, folder, home })
    }

    /// Kill it without a warning and start it again on the same data, as after a power cut.
    ///
    /// # Errors
    /// When it does not start again.
    pub fn restart_after_kill(&mut self) -> Result<()> {
        self.process.kill();
        self.process = launch(self.folder.path())?;
        Ok(())
    }

    /// Start it again after it has ended.
    ///
    /// # Errors
    /// When it does not start again.
    pub fn start_again(&mut self) -> Result<()> {
        self.process = launch(self.folder.path())?;
        Ok(())
    }

    /// Ask it to end and wait for that.
    ///
    /// # Errors
    /// When it does not end in time or not in order; the error holds what it said.
    pub fn end(&mut self) -> Result<()> {
        self.process.signal("TERM")?;
        match self.process.wait(END) {
            Some(status) if status.success() => Ok(()),
            Some(status) => bail!("the host ended with {status}:\n{}", self.log()),
            None => bail!("the host has not ended after {END:?}:\n{}", self.log()),
        }
    }

    /// Send it a signal by name.
    ///
    /// # Errors
    /// When it is gone.
    pub fn signal(&self, name: &str) -> Result<()> {
        self.process.signal(name)
    }

    /// Where it speaks SIP by UDP and TCP.
    pub fn sip(&self) -> SocketAddr {
        self.home.port(5060)
    }

    /// Where it speaks SIP by TLS, if it does.
    pub fn tls(&self) -> SocketAddr {
        self.home.port(5061)
    }

    /// Where it speaks SIP by WebSocket in clear, if it does.
    pub fn ws(&self) -> SocketAddr {
        self.home.port(5080)
    }

    /// Where it speaks SIP by WebSocket inside TLS, if it does.
    pub fn wss(&self) -> SocketAddr {
        self.home.port(5443)
    }

    /// Its web page and API inside TLS, if it serves them so.
    pub fn https(&self) -> SocketAddr {
        self.home.port(8443)
    }

    /// Its certificate's file.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join(certificate::CHAIN)
    }

    /// Put a new certificate in place of its own, as a renewal does.
    ///
    /// # Errors
    /// When none can be made.
    pub fn renew_certificate(&self, name: &str) -> Result<()> {
        certificate::make(self.folder.path(), self.home.ip(), name)
    }

    /// Its web page and API.
    pub fn api(&self) -> Api {
        Api::new(self.home.port(8080))
    }

    /// An administrator, signed in at the web page.
    ///
    /// # Errors
    /// When the account cannot be made, or signing in is refused.
    pub fn admin(&self) -> Result<Api> {
        let added = self.command(&["user", "add", ADMIN, "--role", "admin"])?;
        let said = String::from_utf8_lossy(&added.stdout).into_owned();
        let one_time = said.split_whitespace().skip_while(|word| *word != "password").nth(1);
        let one_time = one_time.with_context(|| format!("no password for {ADMIN}: {added:?}"))?;
        let mut api = self.api();
        api.sign_in_first(ADMIN, one_time, Self::ADMIN_PASSWORD)?;
        Ok(api)
    }

    /// A phone for one of the extensions that it was started with.
    pub fn phone(&self, number: &str) -> Phone {
        Phone::new(number, &format!("pw{number}"), self.sip())
    }

    /// The same phone by TLS; it believes no certificate but the host's.
    pub fn secure_phone(&self, number: &str) -> Phone {
        let registrar = Some(self.tls());
        Phone { registrar, transport: Transport::Tls, trusts: Some(self.certificate()), ..self.phone(number) }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it has said so far.
    pub fn log(&self) -> String {
        self.process.said()
    }

    /// Whether one of its threads has panicked. A panic in a plugin is none.
    pub fn has_panicked(&self) -> bool {
        self.log().lines().any(|line| line.starts_with("thread '") && line.contains("panicked at"))
    }

    /// Run a command of the binary on the same configuration.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn command(&self, arguments: &[&str]) -> Result<Output> {
        let mut command = Command::new(jackfield()?);
        command.arg("--config").arg(self.folder.path().join("jackfield.toml")).args(arguments);
        command.output().context("cannot start the command")
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

fn launch(folder: &Path) -> Result<Process> {
    let mut command = Command::new(jackfield()?);
    command.arg("serve").arg("--config").arg(folder.join("jackfield.toml"));
    let mut process = Process::start(&mut command, &folder.join("host.log"))?;
    let ready = crate::within(START, || match process.ended() {
        Some(_) => Some(false),
        None => process.said().contains("is ready.").then_some(true),
    });
    match ready {
        Some(true) => Ok(process),
        _ => bail!("the host does not start:\n{}", process.said()),
    }
}

fn write_config(folder: &Path, home: Loopback, config: &HostConfig) -> Result<()> {
    let packages = folder.join("packages");
    std::fs::create_dir(&packages)?;
    for package in &config.packages {
        let name = package.file_name().context("a package is a file")?;
        std::fs::copy(package, packages.join(name)).with_context(|| format!("cannot copy {}", package.display()))?;
    }
    let trusted: Vec<_> = config.trusted.iter().map(SocketAddr::to_string).collect();
    let udp: Vec<_> = std::iter::once(&home.port(5060)).chain(&config.also).map(SocketAddr::to_string).collect();
    let external: Vec<_> = config.external.iter().map(SocketAddr::to_string).collect();
    let mut text = format!(
        "data_dir = \"data\"\n[sip]\nudp = {udp:?}\ntcp = [\"{sip}\"]\ntrusted_peers = {trusted:?}\n\
         external = {external:?}\ndomains = {:?}\n[http]\nlisten = \"{}\"\n\
         [plugins]\npackages = \"packages\"\nallow_unsigned = {}\ncatalogues = {:?}\n[log]\nlevel = \"info,jackfield=debug\"\n",
        config.domains,
        home.port(8080),
        !config.signed_only,
        config.catalogues,
        sip = home.port(5060),
    );
    if config.secure {
        let listeners = format!(
            "[sip]\ntls = [\"{}\"]\nws = [\"{}\"]\nwss = [\"{}\"]\n",
            home.port(5061),
            home.port(5080),
            home.port(5443)
        );
        text = text.replace("[sip]\n", &listeners);
        text = text.replace("[http]\n", &format!("[http]\ntls = [\"{}\"]\n", home.port(8443)));
        write!(text, "[[tls.certificates]]\nchain = \"{}\"\nkey = \"{}\"\n", certificate::CHAIN, certificate::KEY)?;
    }
    for number in &config.extensions {
        write!(text, "[[extensions]]\nnumber = \"{number}\"\nname = \"Desk {number}\"\npassword = \"pw%u\"\n")?;
    }
    text.push_str(&config.more);
    Ok(std::fs::write(folder.join("jackfield.toml"), text)?)
}
