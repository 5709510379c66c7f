//! What a carrier is started with, and the configuration files of `tests/src/kamailio` with it filled in.

use crate::{Loopback, certificate};
use anyhow::{Result, ensure};
use std::{fmt::Write, net::SocketAddr, path::Path};

/// The socket on which it takes commands, in its folder.
pub(super) const CONTROL: &str = "control";
/// Seconds that a refusal asks to wait.
const RETRY_AFTER: &str = "2";

const COMMON: &str = include_str!("common.cfg");
const CARRIER: &str = include_str!("carrier.cfg");
const PROXY: &str = include_str!("proxy.cfg");

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
    /// A further address at which it speaks UDP, such as one of IPv6.
    pub also: Option<SocketAddr>,
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
            also: None,
        }
    }
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

/// The configuration file of a carrier.
pub(super) fn carrier(folder: &Path, home: Loopback, config: &CarrierConfig) -> Result<String> {
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
    if let Some(also) = config.also {
        writeln!(text, "listen=udp:{also}")?;
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
        rows.push(("peers", peer(*address), "1".to_owned()));
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

/// The configuration file of an outbound proxy.
pub(super) fn proxy(folder: &Path, home: Loopback, next: SocketAddr) -> Result<String> {
    let words = [("NEXT_IP", next.ip().to_string()), ("NEXT_HOP", next.to_string())];
    Ok(head(folder, home, &words, &[])? + COMMON + PROXY)
}

/// How a peer stands in its table: an address of IPv6 is without brackets.
pub(super) fn peer(address: SocketAddr) -> String {
    format!("{}:{}", address.ip(), address.port())
}

/// Whether a text means itself inside quotation marks, a table's key and a substitution.
fn plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-_.:/@#* []".contains(c))
}
