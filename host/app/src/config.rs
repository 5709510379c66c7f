//! The configuration file: what it may say, what holds when it says nothing, and what is wrong with it.
//!
//! `jackfield.example.toml` beside this crate documents every key; a test keeps the two together.

mod acme;
mod defaults;
mod fault;
mod fax;
mod provision;
mod recording;
mod trunk;
mod turn;
mod value;

pub use acme::Acme;
pub use fault::ConfigError;
pub use fax::Fax;
pub use provision::{Provisioned, Provisions};
pub use recording::{Recording, RecordingFormat, RecordingPolicy, RecordingQuality, RecordingTracks};
pub use turn::Turn;
pub use value::{Bounded, CodecName, DigestName, Domain, Encryption, LogFormat, Monitoring, PortRange, Text, Token};

use ipnet::IpNet;
use jackfield_calls::TrunkConfig;
use jackfield_model::TrunkSettings;
use jackfield_registry::Place;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

/// Everything that a configuration file can say.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the database, plugins and recordings live. Relative to the configuration file.
    pub data_dir: PathBuf,
    /// Signalling.
    pub sip: Sip,
    /// Certificates of signalling.
    pub tls: Tls,
    /// Certificates from an authority.
    pub acme: Acme,
    /// Sound.
    pub media: Media,
    /// How calls are handled.
    pub calls: Calls,
    /// Which calls are recorded.
    pub recording: Recording,
    /// How many faxes are carried.
    pub fax: Fax,
    /// Who is kept out.
    pub security: Security,
    /// The web page and the API.
    pub http: Http,
    /// Relays for telephones in browsers.
    pub turn: Turn,
    /// Plugins.
    pub plugins: Plugins,
    /// What is logged.
    pub log: Log,
    /// How much is taken on.
    pub limits: Limits,
    /// What phones are told.
    pub phones: Phones,
    /// Lists that phones can subscribe to (RFC 4662).
    pub lists: Vec<List>,
    /// How names are looked up.
    pub dns: Dns,
    /// Ways to the outside, in the order in which they are tried.
    pub trunks: Vec<TrunkSettings>,
    /// Extensions that come from this file, besides those in the database.
    pub extensions: Vec<Provisioned>,
}

/// `[sip]`
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Sip {
    /// UDP listeners.
    pub udp: Vec<SocketAddr>,
    /// TCP listeners.
    pub tcp: Vec<SocketAddr>,
    /// TLS listeners.
    pub tls: Vec<SocketAddr>,
    /// WebSocket listeners in clear (RFC 7118).
    pub ws: Vec<SocketAddr>,
    /// Listeners for WebSocket inside TLS.
    pub wss: Vec<SocketAddr>,
    /// Pages that may open a WebSocket, by the value of Origin; any when empty.
    pub ws_origins: Vec<String>,
    /// Which of these listeners face the outside.
    pub external: Vec<SocketAddr>,
    /// Whether phones may register there.
    pub external_registration: bool,
    /// Domains and addresses that requests may be for, besides the realm and the addresses of the listeners.
    pub domains: Vec<Domain>,
    /// Which of these listeners are for the networks of administrators alone.
    pub admin: Vec<SocketAddr>,
    /// The networks of administrators.
    pub admin_networks: Vec<IpNet>,
    /// The realm of digest authentication (RFC 8760 §2.2).
    pub realm: Text,
    /// Peers whose calls are taken without a challenge, by exact address and port.
    pub trusted_peers: Vec<SocketAddr>,
    /// Digest algorithms on offer, best first (RFC 8760 §2.4).
    pub digest: Vec<DigestName>,
    /// What the host calls itself in `Server` and `User-Agent`; empty leaves both out.
    pub user_agent: String,
}

/// `[tls]`
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// Certificates, the first one for those who ask by no name that is in one; none has the host make one.
    pub certificates: Vec<Certificate>,
    /// Who signs the certificates of phones. Relative to the configuration file.
    pub client_ca: Option<PathBuf>,
    /// Whether a phone without such a certificate is refused.
    pub client_required: bool,
    /// Who may sign the certificates of servers that are called, besides what browsers trust. Relative to the file.
    pub peer_ca: Option<PathBuf>,
}

/// `[[tls.certificates]]`
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// The certificate and those that lead up to its authority, PEM. Relative to the configuration file.
    pub chain: PathBuf,
    /// Its key, PEM. Relative to the configuration file.
    pub key: PathBuf,
}

/// `[media]`
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Media {
    /// UDP ports for RTP and RTCP.
    pub ports: PortRange,
    /// Threads that carry sound.
    pub threads: Bounded<1, 64>,
    /// The address that phones send sound to, where it differs from the one they reach the host at.
    pub public_address: Option<IpAddr>,
    /// Whether sound is encrypted.
    pub encryption: Encryption,
}

/// `[calls]`
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Calls {
    /// Seconds that a phone rings when no plugin says otherwise.
    pub ring: Bounded<1, 600>,
    /// Phones that one extension may register.
    pub max_contacts: Bounded<1, 100>,
    /// Seconds of the shortest registration that a phone gets.
    pub expires_shortest: Bounded<1, 86_400>,
    /// Seconds of a registration for which the phone asks no time.
    pub expires_default: Bounded<1, 86_400>,
    /// Seconds of the longest registration that a phone gets.
    pub expires_longest: Bounded<1, 604_800>,
    /// Codecs that the host speaks, best first.
    pub codecs: Vec<CodecName>,
    /// Numbers of the emergency services, the one for all of them first.
    pub emergency: Vec<jackfield_model::Number>,
    /// Where a caller goes whose script could not be run.
    pub failover: Option<jackfield_model::Number>,
    /// Seconds after which a parked call rings back to who parked it.
    pub park_recall: Bounded<5, 3_600>,
    /// Whether conversations may be listened to, and whether those who talk hear of it.
    pub monitoring: Monitoring,
    /// Whether a record of each finished call is kept.
    pub records: bool,
    /// Whether calls remember what happened in them.
    pub explain: bool,
    /// Days that this is kept.
    pub explain_days: Bounded<1, 3_650>,
    /// Room that it may take, in MiB.
    pub explain_megabytes: Bounded<1, 1_000_000>,
}

/// `[security]`
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Security {
    /// Offences in quick succession that get a source banned; 0 for never.
    pub ban_after: Bounded<0, 1_000>,
    /// Seconds that the first ban of a source lasts.
    pub ban_time: Bounded<1, 86_400>,
    /// Networks that are never banned.
    pub never_ban: Vec<IpNet>,
    /// Calls of one extension to the outside in an hour; 0 for no limit.
    pub outside_per_hour: Bounded<0, 100_000>,
    /// Those of them that go abroad; 0 for no limit.
    pub abroad_per_hour: Bounded<0, 100_000>,
    /// Beginnings of numbers that nobody may call.
    pub barred: Vec<String>,
}

/// `[dns]`
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Dns {
    /// Name servers in place of those of the system.
    pub servers: Vec<SocketAddr>,
}

/// `[http]`
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// Where the web page and the API are served.
    pub listen: SocketAddr,
    /// Where they are served inside TLS.
    pub tls: Vec<SocketAddr>,
    /// Whether browsers reach it by HTTPS through a proxy.
    pub https: bool,
    /// A folder with a built web page in place of the embedded one. Relative to the configuration file.
    pub web_dir: Option<PathBuf>,
    /// Who has it may collect figures at `/metrics`.
    pub metrics_token: Option<Token>,
}

/// `[plugins]`
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Plugins {
    /// A folder of packages that are installed at start unless this version or a later one is. Relative to the file.
    pub packages: Option<PathBuf>,
    /// Registries of plugins: folders, relative to the file, and addresses that begin with `https://`.
    pub catalogues: Vec<Place>,
    /// Whether packages are installed that nobody has signed.
    pub allow_unsigned: bool,
    /// Plugins that are off whatever the web page says.
    pub disabled: Vec<String>,
    /// Settings of plugins, by id, that are put in place at each start.
    pub settings: BTreeMap<String, toml::Table>,
}

/// `[log]`
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// A level, or a level per part.
    pub level: String,
    /// Lines for people or JSON.
    pub format: LogFormat,
}

/// `[limits]`
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// SIP legs alive at once.
    pub legs: Bounded<2, 1_000_000>,
    /// SIP transactions alive at once.
    pub transactions: Bounded<10, 1_000_000>,
    /// Connections of SIP by TCP, TLS and WebSocket at once.
    pub connections: Bounded<1, 1_000_000>,
    /// Such connections with one address.
    pub connections_per_address: Bounded<1, 1_000_000>,
    /// Plugin instances alive at once; without it as many as the system's `vm.max_map_count` bears.
    pub plugin_instances: Option<Bounded<10, 100_000>>,
    /// Seconds of processor time for compiling a plugin.
    pub compile_seconds: Bounded<1, 600>,
    /// MiB of memory for compiling a plugin.
    pub compile_mib: Bounded<128, 65_536>,
}

/// `[phones]`
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Phones {
    /// Where phones find their settings (RFC 6080).
    pub settings_url: Option<String>,
}

/// `[[lists]]`
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct List {
    /// The user part of its URI.
    pub name: String,
    /// The numbers in it.
    pub members: Vec<jackfield_model::Number>,
}

/// Most lists, and most members of one.
const LISTS: (usize, usize) = (64, 100);

impl Config {
    /// Read a configuration file. Paths in it become relative to its folder.
    ///
    /// # Errors
    /// When it cannot be read, or the first thing that is wrong in it, with its line.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::unreadable(path, &error))?;
        let mut config = Self::parse(&text).map_err(|fault| fault.in_file(path))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        config.data_dir = folder.join(&config.data_dir);
        let Tls { certificates, client_ca, peer_ca, .. } = &mut config.tls;
        let certificates = certificates.iter_mut().flat_map(|files| [&mut files.chain, &mut files.key]);
        let announcement = &mut config.recording.announcement;
        let directory_ca = &mut config.acme.directory_ca;
        let others =
            [client_ca, peer_ca, directory_ca, announcement, &mut config.http.web_dir, &mut config.plugins.packages];
        for place in &mut config.plugins.catalogues {
            *place = place.clone().below(folder);
        }
        for inner in others.into_iter().flatten().chain(certificates) {
            *inner = folder.join(&*inner);
        }
        Ok(config)
    }

    /// Read the text of a configuration file.
    ///
    /// # Errors
    /// The first thing that is wrong in it, with its line.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|error| ConfigError::invalid(text, &error))?;
        config.check().map_err(ConfigError::conflict)?;
        Ok(config)
    }

    /// What no single key can know about itself.
    fn check(&self) -> Result<(), String> {
        let Sip { udp, tcp, tls, ws, wss, .. } = &self.sip;
        if [udp, tcp, tls, ws, wss].iter().all(|listeners| listeners.is_empty()) {
            return Err("no SIP listener: give sip.udp or another one of [sip] at least one address".into());
        }
        let listeners = || [udp, tcp, tls, ws, wss].into_iter().flatten();
        if let Some(stranger) = self.sip.external.iter().find(|external| !listeners().any(|known| known == *external)) {
            return Err(format!("sip.external names {stranger}, which is none of the listeners of [sip]"));
        }
        if let Some(stranger) = self.sip.admin.iter().find(|admin| !listeners().any(|known| known == *admin)) {
            return Err(format!("sip.admin names {stranger}, which is none of the listeners of [sip]"));
        }
        if let Some(both) = self.sip.admin.iter().find(|admin| self.sip.external.contains(admin)) {
            return Err(format!("{both} is in sip.admin and in sip.external: a listener is for one of them"));
        }
        if self.sip.admin.is_empty() != self.sip.admin_networks.is_empty() {
            return Err("sip.admin and sip.admin_networks go together: listeners, and who is taken there".into());
        }
        self.acme.check()?;
        let Calls { expires_shortest: shortest, expires_default: default, expires_longest: longest, .. } = &self.calls;
        if shortest.0 > default.0 || default.0 > longest.0 {
            return Err(format!(
                "calls.expires_shortest ({}), expires_default ({}) and expires_longest ({}) must not fall",
                shortest.0, default.0, longest.0
            ));
        }
        if self.sip.digest.is_empty() {
            return Err("sip.digest is empty: no phone could prove itself; name SHA-256, MD5 or both".into());
        }
        if self.calls.codecs.is_empty() {
            return Err("calls.codecs is empty: scripts could not speak; name opus, G722, PCMA or PCMU".into());
        }
        self.check_lists()?;
        self.trunks()?;
        let dialable = |start: &String| !start.is_empty() && start.chars().all(|c| c.is_ascii_digit() || c == '+');
        if let Some(wrong) = self.security.barred.iter().find(|start| !dialable(start)) {
            return Err(format!("security.barred names “{wrong}”: write beginnings of numbers like +882 or 0900"));
        }
        self.provisions().map(drop)
    }

    fn check_lists(&self) -> Result<(), String> {
        if self.lists.len() > LISTS.0 {
            return Err(format!("{} lists: at most {} are taken", self.lists.len(), LISTS.0));
        }
        for (place, List { name, members }) in self.lists.iter().enumerate() {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
                return Err(format!("list “{name}”: use 1 to 64 letters, digits, “-”, “_” or “.” for its name"));
            }
            if members.is_empty() || members.len() > LISTS.1 {
                return Err(format!("list “{name}” has {} members: use 1 to {}", members.len(), LISTS.1));
            }
            if self.lists[..place].iter().any(|other| other.name == *name) {
                return Err(format!("two lists are called “{name}”"));
            }
        }
        Ok(())
    }

    /// The trunks of this file that are switched on.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn trunks(&self) -> Result<Vec<TrunkConfig>, String> {
        trunk::expand(&self.trunks)
    }

    /// The extensions of this file, each by itself.
    ///
    /// # Errors
    /// When two entries claim a number, or one counts on to what is no number.
    pub fn provisions(&self) -> Result<Provisions, String> {
        Provisions::expand(&self.extensions, self.sip.realm.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../jackfield.example.toml");

    /// The example with every key that is commented out (`#key` without a space after `#`) switched on.
    fn example_in_full() -> String {
        let switched_on = |line: &str| match line.strip_prefix('#') {
            Some(rest) if rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '[') => rest.to_owned(),
            _ => line.to_owned(),
        };
        EXAMPLE.lines().map(switched_on).collect::<Vec<_>>().join("\n")
    }

    fn keys(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(map) => {
                for (key, value) in map {
                    found.push(key.clone());
                    keys(value, found);
                }
            }
            serde_json::Value::Array(list) => list.iter().for_each(|value| keys(value, found)),
            _ => {}
        }
    }

    #[test]
    fn the_example_says_what_holds_by_default() {
        let example = Config::parse(EXAMPLE).unwrap();
        let plain = |config: &Config| serde_json::to_value(config).unwrap();
        assert_eq!(plain(&example), plain(&Config::default()));
    }

    #[test]
    fn the_example_documents_every_key_and_each_documented_key_is_taken() {
        let full = example_in_full();
        let config = Config::parse(&full).unwrap();
        assert!(config.media.public_address.is_some() && !config.extensions.is_empty(), "keys are not switched on");
        assert_eq!(config.tls.certificates.len(), 1);
        let (mut known, mut documented) = (Vec::new(), Vec::new());
        keys(&serde_json::to_value(&config).unwrap(), &mut known);
        // The password of a trunk is read and never written.
        assert!(config.trunks[0].password.is_some());
        known.push(String::from("password"));
        let table: toml::Table = full.parse().unwrap();
        keys(&serde_json::to_value(table).unwrap(), &mut documented);
        known.sort_unstable();
        documented.sort_unstable();
        assert_eq!(known, documented);
        assert!(known.len() > 35, "{known:?}");
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_nearest_known_one_and_its_line() {
        let error = Config::parse("[sip]\nrealm = \"a\"\ntrusted_peer = []\n").unwrap_err().to_string();
        assert_eq!(error, "line 3: unknown key “trusted_peer”; did you mean “trusted_peers”?");
        let error = Config::parse("[htpp]\n").unwrap_err().to_string();
        assert_eq!(error, "line 1: unknown key “htpp”; did you mean “http”?");
        let error = Config::parse("[sip]\ncolour = 1\n").unwrap_err().to_string();
        assert_eq!(
            error,
            "line 2: unknown key “colour”; known here are admin, admin_networks, digest, domains, external, external_registration, realm, tcp, tls, trusted_peers, udp, user_agent, ws, ws_origins, \
             wss"
        );
    }

    #[test]
    fn a_value_that_cannot_be_is_refused_with_its_line() {
        let wrong = |text: &str| Config::parse(text).unwrap_err().to_string();
        assert_eq!(wrong("[calls]\n\nring = 0\n"), "line 3: 0 is out of range: use 1 to 600");
        assert_eq!(
            wrong("[media]\nports = \"20000\"\n"),
            "line 2: “20000” is no port range: write two ports like 20000-29999"
        );
        assert_eq!(
            wrong("[calls]\ncodecs = [\"G729\"]\n"),
            "line 2: codec “G729” is not known here: use opus, G722, PCMA or PCMU"
        );
        assert_eq!(wrong("[calls]\nfailover = \"front desk\"\n").split(':').next(), Some("line 2"));
        assert_eq!(wrong("[sip]\nudp = [\"localhost\"]\n"), "line 2: invalid socket address syntax");
        assert_eq!(
            wrong("[sip]\ndomains = [\"a b\"]\n"),
            "line 2: “a b” is no domain: write a name like pbx.example.org or an address, without a port"
        );
        assert!(wrong("[sip\n").starts_with("line 1: "));
        let token = |token: &str| Config::parse(&format!("[http]\nmetrics_token = \"{token}\"\n"));
        assert!(token("short").unwrap_err().to_string().contains("use 20 to 200 letters"));
        let config = token("a-token-that-is-long-enough").unwrap();
        assert!(!format!("{config:?}").contains("long-enough"), "it would be in a log");
    }

    #[test]
    fn what_no_key_can_know_alone_is_checked() {
        let wrong = |text: &str| Config::parse(text).unwrap_err().to_string();
        assert!(wrong("[sip]\nudp = []\ntcp = []\n").starts_with("no SIP listener"));
        assert!(wrong("[sip]\nexternal = [\"192.0.2.1:5060\"]\n").contains("none of the listeners"));
        let here = "[sip]\nadmin = [\"0.0.0.0:5060\"]\n";
        assert!(wrong("[sip]\nadmin = [\"192.0.2.1:5060\"]\n").contains("sip.admin names 192.0.2.1:5060"));
        assert!(wrong(here).contains("go together"));
        let both = format!("{here}external = [\"0.0.0.0:5060\"]\nadmin_networks = [\"10.9.0.0/24\"]\n");
        assert!(wrong(&both).contains("for one of them"));
        assert!(Config::parse(&format!("{here}admin_networks = [\"10.9.0.0/24\"]\n")).is_ok());
        assert!(wrong("[calls]\nexpires_default = 50\n").contains("must not fall"));
        assert!(wrong("[calls]\ncodecs = []\n").starts_with("calls.codecs is empty"));
        assert!(wrong("[[lists]]\nname = \"a b\"\nmembers = [\"1\"]\n").starts_with("list “a b”: use 1 to 64"));
        assert!(wrong("[[lists]]\nname = \"a\"\nmembers = []\n").ends_with("use 1 to 100"));
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        std::fs::write(
            &path,
            "data_dir = \"d\"\n[http]\nweb_dir = \"/w\"\n\
                    [[tls.certificates]]\nchain = \"c.pem\"\nkey = \"/k.pem\"\n",
        )
        .unwrap();
        let config = Config::load(&path).unwrap();
        let files = &config.tls.certificates[0];
        assert_eq!((&files.chain, files.key.as_path()), (&folder.path().join("c.pem"), Path::new("/k.pem")));
        assert_eq!(config.data_dir, folder.path().join("d"));
        assert_eq!(config.http.web_dir.as_deref(), Some(Path::new("/w")));
        let error = Config::load(&folder.path().join("none.toml")).unwrap_err().to_string();
        assert!(error.contains("none.toml") && error.contains("cannot be read"), "{error}");
    }
}
