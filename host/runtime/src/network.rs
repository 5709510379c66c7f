//! The network as plugins may use it: the trait that the host's sockets implement, and which hosts a plugin may reach.

use crate::{filter::Pattern, manifest::Manifest};
use async_trait::async_trait;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use url::Url;

/// Connects to other computers for plugins. What implements it looks names up, and never connects to an address that it
/// has not looked at.
#[async_trait]
pub trait Network: Send + Sync + 'static {
    /// Connect to a host by its name or address.
    ///
    /// # Errors
    /// When there is no such host, it has no address that may be reached so, or it does not answer.
    async fn connect(&self, host: &str, port: u16, reach: Reach) -> Result<Box<dyn Stream>, NetworkFailure>;

    /// Secure a connection by TLS as the client. The certificate must be made out to `host` and signed by an authority that
    /// this machine believes or by one of `authorities`: certificates in PEM form, perhaps none.
    ///
    /// # Errors
    /// When the certificate is not believed, or the other side speaks no TLS.
    async fn secure(
        &self,
        stream: Box<dyn Stream>,
        host: &str,
        authorities: &str,
    ) -> Result<Box<dyn Stream>, NetworkFailure>;

    /// Ask a web service one question, at `host`: connected to as [`Network::connect`] does, and for `https:` secured as
    /// [`Network::secure`] does. Redirections are not followed.
    ///
    /// # Errors
    /// When there is no connection, or no answer that is HTTP and not larger than it may be.
    async fn ask(&self, host: &str, question: Question, reach: Reach) -> Result<Answer, NetworkFailure>;
}

/// A question to a web service, ready to go. It shows itself nowhere, since secrets have been put in.
pub struct Question {
    /// `GET`, `POST` …
    pub method: String,
    /// What is asked for.
    pub url: Url,
    /// The value of `Host`.
    pub authority: String,
    /// The other header fields.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, perhaps empty.
    pub body: Vec<u8>,
    /// Whom to believe besides the authorities of this machine: certificates in PEM form, perhaps none.
    pub authorities: String,
    /// Largest body that is taken, in bytes.
    pub most: usize,
}

/// What a web service has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// 100 to 999.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
    /// Where the service points in place of answering.
    pub elsewhere: Option<Url>,
}

/// Both directions of a connection.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Which addresses a host may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those of the Internet: a plugin's author has named the host.
    Public,
    /// Private ones too, and this machine's own when the host is written as one: an administrator has named the host.
    Named,
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkFailure {
    /// There is no such host.
    #[error("{0}")]
    UnknownHost(String),
    /// Nobody takes connections there.
    #[error("{0}")]
    Refused(String),
    /// It took too long.
    #[error("{0}")]
    TimedOut(String),
    /// The certificate is not believed.
    #[error("{0}")]
    Untrusted(String),
    /// The address may not be reached.
    #[error("{0}")]
    Denied(String),
    /// The answer is larger than it may be.
    #[error("{0}")]
    TooLarge(String),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

/// No network at all: for tools and tests.
pub struct NoNetwork;

#[async_trait]
impl Network for NoNetwork {
    async fn connect(&self, _: &str, _: u16, _: Reach) -> Result<Box<dyn Stream>, NetworkFailure> {
        Err(NetworkFailure::Denied("there is no network here".into()))
    }

    async fn secure(&self, _: Box<dyn Stream>, _: &str, _: &str) -> Result<Box<dyn Stream>, NetworkFailure> {
        Err(NetworkFailure::Denied("there is no network here".into()))
    }

    async fn ask(&self, _: &str, _: Question, _: Reach) -> Result<Answer, NetworkFailure> {
        Err(NetworkFailure::Denied("there is no network here".into()))
    }
}

/// A host that a plugin may reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AllowedHost {
    host: String,
    /// All ports when there is none.
    port: Option<u16>,
    reach: Reach,
}

impl AllowedHost {
    /// The hosts that a plugin may reach: those of its manifest, with its settings put in. `set` is what an administrator has
    /// set, `effective` the same with the defaults of the schema, which are its author's.
    pub(crate) fn of(manifest: &Manifest, set: &Value, effective: &Value) -> Vec<Self> {
        let named = named(manifest, crate::grants::TCP, set, effective);
        named.filter_map(|(text, reach)| parse(&text).map(|(host, port)| Self { host, port, reach })).collect()
    }

    /// As an administrator wrote it.
    pub(crate) fn text(&self) -> String {
        match self.port {
            None => self.host.clone(),
            Some(port) if self.host.contains(':') => format!("[{}]:{port}", self.host),
            Some(port) => format!("{}:{port}", self.host),
        }
    }
}

/// The hosts that a manifest names for a capability, with the settings put in: an administrator's, where these have `set` them, and
/// the author's.
pub(crate) fn named(
    manifest: &Manifest,
    capability: &str,
    set: &Value,
    effective: &Value,
) -> impl Iterator<Item = (String, Reach)> {
    let sources = manifest.capabilities.get(capability).map_or(&[][..], |used| &used.hosts);
    sources.iter().flat_map(move |source| {
        let own: Vec<String> = match source {
            Pattern::Given(_) => Vec::new(),
            Pattern::Setting { .. } => source.resolve(set),
        };
        let reach = move |text: &String| if own.contains(text) { Reach::Named } else { Reach::Public };
        source.resolve(effective).into_iter().map(move |text| (text.clone(), reach(&text)))
    })
}

/// How far a plugin may reach for this host; `None`: not at all.
pub(crate) fn reach(allowed: &[AllowedHost], host: &str, port: u16) -> Option<Reach> {
    let host = plain(host);
    let matching = allowed.iter().filter(|a| a.host == host && a.port.is_none_or(|allowed| allowed == port));
    // Both may have named it: what the administrator says counts.
    matching.map(|allowed| allowed.reach).max_by_key(|reach| *reach == Reach::Named)
}

/// Read `host`, `host:port`, `[address]:port` or an IPv6 address.
pub(crate) fn parse(text: &str) -> Option<(String, Option<u16>)> {
    let text = text.trim();
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, port) = rest.split_once(']')?;
        (host, port.strip_prefix(':'))
    } else if text.matches(':').count() == 1 {
        let (host, port) = text.split_once(':')?;
        (host, Some(port))
    } else {
        (text, None)
    };
    let port = match port {
        Some(port) => Some(port.parse().ok().filter(|port| *port != 0)?),
        None => None,
    };
    let sound = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
    ((1..=253).contains(&host.len()) && host.chars().all(sound)).then(|| (plain(host), port))
}

/// A host as it is compared: names know no case, and a dot at the end adds nothing.
pub(crate) fn plain(host: &str) -> String {
    host.trim().trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const MANIFEST: &str = "id = 'org.example.x'\nname = 'X'\nversion = '1.0.0'\npublisher = 'Example'\n\
        description = 'A test.'\nlicense = 'MIT'\napi = '^0.1'\n[capabilities]\n\
        tcp = { reason = 'x', hosts = ['api.example.org:443', { setting = 'server' }] }\n";

    #[test]
    fn hosts_are_read_with_and_without_a_port() {
        for (text, host, port) in [
            ("LDAP.example.org.", "ldap.example.org", None),
            ("ldap.example.org:636", "ldap.example.org", Some(636)),
            ("192.0.2.7:389", "192.0.2.7", Some(389)),
            ("[2001:db8::7]:389", "2001:db8::7", Some(389)),
            ("2001:db8::7", "2001:db8::7", None),
        ] {
            assert_eq!(parse(text), Some((host.to_owned(), port)), "{text}");
        }
        for text in ["", "ldap://x", "x:0", "x:99999", "x y", "[::1", "münchen.example"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_an_administrator_names_may_be_private_and_what_the_author_names_may_not() {
        let manifest = Manifest::parse(MANIFEST).unwrap();
        let effective = json!({ "server": "ldap.house:636" });
        let by_default = AllowedHost::of(&manifest, &json!({}), &effective);
        assert_eq!(reach(&by_default, "ldap.house", 636), Some(Reach::Public), "a default is the author's");
        let set = AllowedHost::of(&manifest, &effective, &effective);
        assert_eq!(reach(&set, "LDAP.house.", 636), Some(Reach::Named));
        assert_eq!(reach(&set, "ldap.house", 389), None, "another port");
        assert_eq!(reach(&set, "api.example.org", 443), Some(Reach::Public));
        assert_eq!(reach(&set, "evil.example.org", 443), None);
        let listed: Vec<_> = set.iter().map(AllowedHost::text).collect();
        assert_eq!(listed, ["api.example.org:443", "ldap.house:636"]);
    }
}
