//! Locating SIP servers (RFC 3263): a URI becomes the addresses to try, in order. Never asked while a call waits: trunks
//! ask ahead and again when the answers grow old.

use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolverConfig},
    net::{DnsError, NetError, runtime::TokioRuntimeProvider},
    proto::rr::{RData, RecordType},
};
use jackfield_sip::{Host, Transport, Uri};
use std::{
    collections::HashSet,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

/// All the look-ups for one URI together.
const TIME_OUT: Duration = Duration::from_secs(10);
/// How long one server is waited for, and how often it is asked.
const ONE_ANSWER: (Duration, usize) = (Duration::from_secs(2), 2);
/// Answers are good for at least and at most this long, whatever their time to live says.
const VALID: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(3_600));
/// Most addresses that one URI leads to.
const MOST: usize = 32;

/// Asks DNS.
#[derive(Clone)]
pub struct Resolver(TokioResolver);

/// Where a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// What to speak.
    pub transport: Transport,
    /// Where.
    pub remote: SocketAddr,
    /// The host of the URI: by TLS the certificate must be made out to it, whatever SRV and NAPTR say (RFC 5922 §7.1).
    pub host: String,
}

/// A server that cannot be located.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocateError {
    /// Not a SIP URI, or one by a transport that cannot be opened from here.
    #[error("“{0}” is no address of a SIP server that can be called from here")]
    NotAServer(String),
    /// DNS knows the name, or knows that there is none, and there is no address.
    #[error("there is no address for “{0}”")]
    NoAddress(String),
    /// DNS does not answer.
    #[error("the name server does not answer for “{0}”")]
    NoAnswer(String),
}

/// DNS could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("cannot use DNS: {0}")]
pub struct ResolverError(#[from] NetError);

/// An SRV record (RFC 2782).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Srv {
    priority: u16,
    weight: u16,
    port: u16,
    target: String,
}

/// The answers to one URI, and how long they are good for.
struct Lookup<'a> {
    resolver: &'a TokioResolver,
    host: String,
    until: Instant,
    found: Vec<Located>,
    unanswered: bool,
}

impl Resolver {
    /// Ask these servers, or those of the system when there are none.
    ///
    /// # Errors
    /// When the system's configuration cannot be read.
    pub fn new(servers: &[SocketAddr]) -> Result<Self, ResolverError> {
        let provider = TokioRuntimeProvider::default();
        let mut builder = if servers.is_empty() {
            TokioResolver::builder(provider)?
        } else {
            let servers = servers.iter().map(name_server).collect();
            TokioResolver::builder_with_config(ResolverConfig::from_parts(None, Vec::new(), servers), provider)
        };
        let options = builder.options_mut();
        (options.timeout, options.attempts) = ONE_ANSWER;
        Ok(Self(builder.build()?))
    }

    /// The servers behind a URI in the order in which to try them, and how long that is good for. `speaks` are the
    /// transports that can be used from here.
    ///
    /// # Errors
    /// When there is nothing to try.
    pub async fn locate(&self, uri: &str, speaks: &[Transport]) -> Result<(Vec<Located>, Duration), LocateError> {
        let not_a_server = || LocateError::NotAServer(uri.to_owned());
        let parsed = Uri::parse(uri.as_bytes()).ok_or_else(not_a_server)?;
        let (host, secure) = (parsed.host().ok_or_else(not_a_server)?, parsed.is_sips());
        let named = parsed.params().has("transport");
        let usual = parsed.transport().ok_or_else(not_a_server)?;
        let may = |transport: Transport| {
            speaks.contains(&transport)
                && !matches!(transport, Transport::Ws | Transport::Wss)
                && (!secure || transport == Transport::Tls)
        };
        let mut lookup = Lookup {
            resolver: &self.0,
            host: host.to_string(),
            until: Instant::now() + VALID.1,
            found: Vec::new(),
            unanswered: false,
        };
        let port = |transport| parsed.port().unwrap_or(if transport == Transport::Tls { 5_061 } else { 5_060 });
        let Host::Name(name) = host else {
            // RFC 3263 §4.1, §4.2: a numeric address is taken as it is.
            let remote = SocketAddr::new(host.ip().ok_or_else(not_a_server)?, port(usual));
            let located = Located { transport: usual, remote, host: lookup.host };
            return if may(usual) { Ok((vec![located], VALID.1)) } else { Err(not_a_server()) };
        };
        let name = name.trim_end_matches('.').to_owned();
        let searched = async {
            if parsed.port().is_none() {
                if named {
                    if may(usual) {
                        lookup.by_service(usual, &service(usual, &name)).await;
                    }
                } else {
                    lookup.by_naptr(&name, &may).await;
                    for transport in [Transport::Udp, Transport::Tcp, Transport::Tls] {
                        if lookup.found.is_empty() && may(transport) {
                            lookup.by_service(transport, &service(transport, &name)).await;
                        }
                    }
                }
            }
            if lookup.found.is_empty() && may(usual) {
                lookup.by_address(usual, &name, port(usual)).await;
            }
        };
        if tokio::time::timeout(TIME_OUT, searched).await.is_err() {
            lookup.unanswered = true;
        }
        if lookup.found.is_empty() {
            return Err(if lookup.unanswered { LocateError::NoAnswer(name) } else { LocateError::NoAddress(name) });
        }
        let valid = lookup.until.saturating_duration_since(Instant::now()).clamp(VALID.0, VALID.1);
        Ok((lookup.found, valid))
    }
}

impl Lookup<'_> {
    /// NAPTR (RFC 3263 §4.1): which transports there are, best first.
    async fn by_naptr(&mut self, name: &str, may: &impl Fn(Transport) -> bool) {
        let mut rules = Vec::new();
        for data in self.ask(name, RecordType::NAPTR).await {
            let RData::NAPTR(rule) = data else { continue };
            let services: &[u8] = &rule.services;
            let transport = match services.to_ascii_uppercase().as_slice() {
                b"SIP+D2U" => Transport::Udp,
                b"SIP+D2T" => Transport::Tcp,
                b"SIPS+D2T" => Transport::Tls,
                _ => continue,
            };
            if rule.flags.eq_ignore_ascii_case(b"s") && may(transport) {
                rules.push((rule.order, rule.preference, transport, rule.replacement.to_ascii()));
            }
        }
        rules.sort_by_key(|(order, preference, ..)| (*order, *preference));
        for (_, _, transport, replacement) in rules {
            self.by_service(transport, replacement.trim_end_matches('.')).await;
        }
    }

    /// SRV (RFC 2782).
    async fn by_service(&mut self, transport: Transport, service: &str) {
        let mut records = Vec::new();
        for data in self.ask(service, RecordType::SRV).await {
            let RData::SRV(srv) = data else { continue };
            let target = srv.target.to_ascii().trim_end_matches('.').to_owned();
            // “.” says that the service is decidedly not available.
            if !target.is_empty() {
                records.push(Srv { priority: srv.priority, weight: srv.weight, port: srv.port, target });
            }
        }
        for srv in in_order(records, |below| rand::random_range(0..=below)) {
            self.by_address(transport, &srv.target, srv.port).await;
        }
    }

    /// A and AAAA. Which family can be used is known to those who send.
    async fn by_address(&mut self, transport: Transport, name: &str, port: u16) {
        for family in [RecordType::A, RecordType::AAAA] {
            for data in self.ask(name, family).await {
                let ip = match data {
                    RData::A(a) => IpAddr::V4(*a),
                    RData::AAAA(aaaa) => IpAddr::V6(*aaaa),
                    _ => continue,
                };
                let located = Located { transport, remote: SocketAddr::new(ip, port), host: self.host.clone() };
                if self.found.len() < MOST && !self.found.contains(&located) {
                    self.found.push(located);
                }
            }
        }
    }

    async fn ask(&mut self, name: &str, kind: RecordType) -> Vec<RData> {
        // With the dot the search domains of the system are left out.
        match self.resolver.lookup(format!("{name}."), kind).await {
            Ok(answer) => {
                self.until = self.until.min(answer.valid_until());
                answer.answers().iter().map(|record| record.data.clone()).collect()
            }
            Err(NetError::Dns(DnsError::NoRecordsFound(_))) => Vec::new(),
            Err(error) => {
                tracing::debug!(name, %kind, %error, "no answer from DNS");
                self.unanswered = true;
                Vec::new()
            }
        }
    }
}

fn name_server(at: &SocketAddr) -> NameServerConfig {
    let with_port = |mut connection: ConnectionConfig| {
        connection.port = at.port();
        connection
    };
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(with_port).to_vec();
    NameServerConfig::new(at.ip(), true, connections)
}

fn service(transport: Transport, name: &str) -> String {
    let prefix = match transport {
        Transport::Tcp => "_sip._tcp",
        Transport::Tls => "_sips._tcp",
        _ => "_sip._udp",
    };
    format!("{prefix}.{name}")
}

/// Lowest priority first; among equals by lot, in proportion to their weights (RFC 2782 “Weight”). `draw` gives a number
/// from 0 to what it is asked, both included.
fn in_order(mut records: Vec<Srv>, mut draw: impl FnMut(u32) -> u32) -> Vec<Srv> {
    // Weight 0 first, so that it has the small chance that the RFC wants.
    records.sort_by_key(|srv| (srv.priority, srv.weight));
    let mut unique = HashSet::new();
    records.retain(|srv| unique.insert((srv.target.clone(), srv.port)));
    let mut ordered = Vec::with_capacity(records.len());
    while let Some(first) = records.first() {
        let priority = first.priority;
        let equals = records.iter().take_while(|srv| srv.priority == priority);
        let total = equals.clone().map(|srv| u32::from(srv.weight)).sum();
        let lot = draw(total);
        let mut sum = 0;
        let chosen = equals.clone().position(|srv| {
            sum += u32::from(srv.weight);
            sum >= lot
        });
        ordered.push(records.remove(chosen.unwrap_or(0)));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn srv(priority: u16, weight: u16, target: &str) -> Srv {
        Srv { priority, weight, port: 5060, target: target.to_owned() }
    }

    #[test]
    fn servers_are_drawn_by_weight_within_a_priority() {
        let records = vec![srv(2, 1, "c"), srv(1, 60, "a"), srv(1, 0, "z"), srv(1, 40, "b")];
        let order = |lots: &[u32]| {
            let mut lots = lots.iter().copied();
            let drawn = in_order(records.clone(), |below| lots.next().unwrap_or(0).min(below));
            drawn.into_iter().map(|srv| srv.target).collect::<String>()
        };
        assert_eq!(order(&[100, 100, 100]), "abzc");
        assert_eq!(order(&[40, 60, 0]), "bazc");
        assert_eq!(order(&[0, 1, 1]), "zbac");
    }

    #[tokio::test]
    async fn an_address_needs_no_name_server_and_what_is_no_server_is_refused() {
        let nobody = Resolver::new(&["127.0.0.1:9".parse().unwrap()]).unwrap();
        let speaks = [Transport::Udp, Transport::Tcp, Transport::Tls];
        let located = |uri: &'static str| nobody.locate(uri, &speaks);
        let (found, _) = located("sip:192.0.2.1;transport=tcp").await.unwrap();
        assert_eq!((found[0].transport, found[0].remote), (Transport::Tcp, "192.0.2.1:5060".parse().unwrap()));
        let (found, _) = located("sips:[2001:db8::1]").await.unwrap();
        assert_eq!((found[0].transport, found[0].remote), (Transport::Tls, "[2001:db8::1]:5061".parse().unwrap()));
        for wrong in ["tel:+49301234", "sip:192.0.2.1;transport=ws", "sips:192.0.2.1;transport=udp"] {
            assert!(matches!(located(wrong).await, Err(LocateError::NotAServer(_))), "{wrong}");
        }
        assert!(matches!(nobody.locate("sips:192.0.2.1", &[Transport::Udp]).await, Err(LocateError::NotAServer(_))));
    }
}
