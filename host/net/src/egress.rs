//! Connections to other computers on behalf of plugins: an address is looked at before it is connected to, and nothing but
//! that address is connected to, whatever a name server says next.

use crate::source_address;
use rustls::{
    CertificateError, ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use std::{
    collections::HashSet,
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// Asking for the addresses of a name.
const LOOK_UP: Duration = Duration::from_secs(4);
/// Connecting to one of several addresses, so that the next gets its chance.
const ONE_ADDRESS: Duration = Duration::from_secs(3);
/// Addresses of a name that are tried.
const MOST_ADDRESSES: usize = 4;

/// Connects to other computers. One for the whole process.
#[derive(Default)]
pub struct Egress {
    own_ports: OnceLock<HashSet<u16>>,
    believed: OnceLock<Arc<RootCertStore>>,
    /// Asked for the addresses of names, in place of the system.
    resolver: Option<Resolver>,
}

type Addresses = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;
type Resolver = Box<dyn Fn(&str) -> Addresses + Send + Sync>;

/// Which addresses a host may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those of the Internet.
    Public,
    /// Private ones too, and addresses of this machine and of its link when the host is written as one of them or as
    /// `localhost`.
    Named,
}

/// Why there is no connection; the text is a sentence with the next step.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
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
    /// None of its addresses may be reached.
    #[error("{0}")]
    Denied(String),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

/// Where an address lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Internet,
    /// A private network.
    Private,
    /// This machine, or the link that it is on, where hosts of clouds hand out their secrets.
    Near,
    /// No single computer.
    Nowhere,
}

impl Egress {
    /// These ports are this system's own: nobody is connected to them on this machine. Counts the first time.
    pub fn keep_from(&self, ports: impl IntoIterator<Item = u16>) {
        let _ = self.own_ports.set(ports.into_iter().collect());
    }

    /// Connect to a host by its name or address.
    ///
    /// # Errors
    /// When there is no such host, none of its addresses may be reached, or none answers.
    pub async fn connect(&self, host: &str, port: u16, reach: Reach) -> Result<TcpStream, EgressError> {
        let mut failure = None;
        for ip in self.addresses(host, port, reach).await? {
            match timeout(ONE_ADDRESS, TcpStream::connect(SocketAddr::new(ip, port))).await {
                Ok(Ok(stream)) => {
                    // Questions and answers are short, and each waits for the other.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Err(error)) => failure = Some(no_connection(host, port, ip, &error)),
                Err(_) => {
                    let text = format!("{host} port {port} ({ip}) does not answer: is a firewall in between?");
                    failure = Some(EgressError::TimedOut(text));
                }
            }
        }
        Err(failure.unwrap_or_else(|| EgressError::UnknownHost(format!("there is no address for {host}"))))
    }

    /// Secure a connection by TLS as the client: the certificate must be made out to `host`, and signed by an authority that
    /// this machine believes or by one of `authorities`, which are certificates in PEM form, perhaps none.
    ///
    /// # Errors
    /// When the certificate is not believed, or the other side speaks no TLS.
    pub async fn secure<S>(&self, stream: S, host: &str, authorities: &str) -> Result<TlsStream<S>, EgressError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut believed = self.believed().await.as_ref().clone();
        if !authorities.trim().is_empty() {
            add(&mut believed, authorities)?;
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| EgressError::Failed(format!("TLS cannot be used here: {error}")))?
            .with_root_certificates(believed)
            .with_no_client_auth();
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| EgressError::Failed(format!("no certificate can be made out to “{host}”")))?;
        let connector = TlsConnector::from(Arc::new(config));
        connector.connect(name, stream).await.map_err(|error| no_handshake(host, &error))
    }

    /// The addresses of a host that may be connected to.
    async fn addresses(&self, host: &str, port: u16, reach: Reach) -> Result<Vec<IpAddr>, EgressError> {
        let literal = host.parse::<IpAddr>().ok();
        let found: Vec<IpAddr> = match literal {
            Some(ip) => vec![ip],
            None => match timeout(LOOK_UP, self.look_up(host)).await {
                Ok(Ok(found)) => found,
                Ok(Err(error)) => {
                    return Err(EgressError::UnknownHost(format!("the name {host} leads to no address: {error}")));
                }
                Err(_) => {
                    return Err(EgressError::UnknownHost(format!("the name server does not answer for {host}")));
                }
            },
        };
        let written_so = literal.is_some() || host.eq_ignore_ascii_case("localhost");
        let mut why_not = None;
        let mut open = Vec::new();
        for ip in found.into_iter().take(MOST_ADDRESSES) {
            match self.look_at(ip.to_canonical(), port, reach, written_so) {
                Ok(()) => open.push(ip),
                Err(why) => why_not = why_not.or(Some(format!("{host} port {port} is {ip}: {why}"))),
            }
        }
        match why_not {
            Some(why) if open.is_empty() => Err(EgressError::Denied(why)),
            _ => Ok(open),
        }
    }

    async fn look_up(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        match &self.resolver {
            Some(resolver) => resolver(host).await,
            None => Ok(lookup_host((host, 0)).await?.map(|address| address.ip()).collect()),
        }
    }

    /// Whether an address may be connected to; if not, why.
    fn look_at(&self, ip: IpAddr, port: u16, reach: Reach, written_so: bool) -> Result<(), &'static str> {
        match place(ip) {
            Place::Internet => {}
            Place::Private if reach == Reach::Named => {}
            Place::Private => return Err("private addresses are for hosts that an administrator has set"),
            Place::Near if reach == Reach::Named && written_so => {}
            Place::Near => {
                return Err("addresses of this machine and its link are for hosts that an administrator has set so");
            }
            Place::Nowhere => return Err("that is no address of a computer"),
        }
        let own = self.own_ports.get().is_some_and(|own| own.contains(&port));
        if own && is_here(ip) {
            return Err("that is a port of this telephone system itself");
        }
        Ok(())
    }

    /// Whom this machine believes; where it has no list of its own, those whom browsers believe.
    async fn believed(&self) -> Arc<RootCertStore> {
        if let Some(believed) = self.believed.get() {
            return Arc::clone(believed);
        }
        // Files are read.
        let read = tokio::task::spawn_blocking(|| {
            let mut believed = RootCertStore::empty();
            believed.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if believed.is_empty() {
                believed.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
            }
            Arc::new(believed)
        });
        let believed = read.await.unwrap_or_else(|_| Arc::new(RootCertStore::empty()));
        Arc::clone(self.believed.get_or_init(|| believed))
    }
}

fn add(believed: &mut RootCertStore, authorities: &str) -> Result<(), EgressError> {
    let unreadable = || {
        let text = "the certificate of the authority that is set is none in PEM form: it begins with";
        EgressError::Untrusted(format!("{text} “-----BEGIN CERTIFICATE-----”"))
    };
    let mut some = false;
    for certificate in CertificateDer::pem_slice_iter(authorities.as_bytes()) {
        believed.add(certificate.map_err(|_| unreadable())?).map_err(|_| unreadable())?;
        some = true;
    }
    if some { Ok(()) } else { Err(unreadable()) }
}

fn no_connection(host: &str, port: u16, ip: IpAddr, error: &io::Error) -> EgressError {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            let text = format!(
                "{host} ({ip}) takes no connections on port {port}: is that the port, and does the server run?"
            );
            EgressError::Refused(text)
        }
        io::ErrorKind::TimedOut => EgressError::TimedOut(format!("{host} port {port} ({ip}) does not answer")),
        _ => EgressError::Failed(format!("{host} port {port} ({ip}) cannot be reached: {error}")),
    }
}

fn no_handshake(host: &str, error: &io::Error) -> EgressError {
    let reason = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let Some(rustls::Error::InvalidCertificate(reason)) = reason else {
        return EgressError::Failed(match reason {
            Some(rustls::Error::InvalidMessage(_)) => format!("{host} does not speak TLS on this port"),
            Some(reason) => format!("{host} and we could not agree on TLS: {reason}"),
            None => format!("{host} ended the connection in place of speaking TLS: {error}"),
        });
    };
    let why = match reason {
        CertificateError::UnknownIssuer => {
            "is signed by an authority that is not believed here: set the authority’s certificate".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("is made out to another name ({reason}): set the name that it is made out to")
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => format!("has expired ({reason})"),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("is not valid yet ({reason}): is the clock right?")
        }
        other => format!("is not believed: {other}"),
    };
    EgressError::Untrusted(format!("the certificate of {host} {why}"))
}

/// Whether this is an address of this machine.
fn is_here(ip: IpAddr) -> bool {
    ip.is_loopback() || source_address(ip).is_ok_and(|source| source == ip)
}

fn place(ip: IpAddr) -> Place {
    match ip.to_canonical() {
        IpAddr::V4(ip) => place_v4(ip),
        IpAddr::V6(ip) => place_v6(ip),
    }
}

fn place_v4(ip: Ipv4Addr) -> Place {
    let [a, b, ..] = ip.octets();
    if ip.is_loopback() || ip.is_link_local() {
        Place::Near
    } else if a == 0 || a >= 224 {
        Place::Nowhere
    } else if ip.is_private() || (a == 100 && b & 0xc0 == 64) || (a == 198 && b & 0xfe == 18) || ip.is_documentation() {
        // RFC 1918, RFC 6598, RFC 2544, RFC 5737; and 192.0.0.0/24 below.
        Place::Private
    } else if ip.octets()[..3] == [192, 0, 0] {
        Place::Private
    } else {
        Place::Internet
    }
}

fn place_v6(ip: Ipv6Addr) -> Place {
    let s = ip.segments();
    let embedded = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    if ip.is_loopback() || s[0] & 0xffc0 == 0xfe80 {
        Place::Near
    } else if ip.is_unspecified() || ip.is_multicast() {
        Place::Nowhere
    } else if s[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        // RFC 6052: an IPv4 address behind a translator.
        place_v4(embedded(s[6], s[7]))
    } else if s[0] == 0x2002 {
        // RFC 3056.
        place_v4(embedded(s[1], s[2]))
    } else if s[0] & 0xfe00 == 0xfc00 || s[0] & 0xffc0 == 0xfec0 || s[0] & 0xe000 != 0x2000 || s[..2] == [0x2001, 0xdb8]
    {
        Place::Private
    } else {
        Place::Internet
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    use tokio::net::TcpListener;

    #[test]
    fn addresses_lie_where_the_registries_say() {
        for (ip, expected) in [
            ("1.1.1.1", Place::Internet),
            ("10.1.2.3", Place::Private),
            ("172.31.0.1", Place::Private),
            ("172.32.0.1", Place::Internet),
            ("100.64.0.1", Place::Private),
            ("127.8.8.8", Place::Near),
            ("169.254.169.254", Place::Near),
            ("0.0.0.0", Place::Nowhere),
            ("255.255.255.255", Place::Nowhere),
            ("224.0.0.1", Place::Nowhere),
            ("::1", Place::Near),
            ("::", Place::Nowhere),
            ("::ffff:127.0.0.1", Place::Near),
            ("64:ff9b::7f00:1", Place::Near),
            ("2002:a00:1::", Place::Private),
            ("fd00::1", Place::Private),
            ("fe80::1", Place::Near),
            ("ff02::1", Place::Nowhere),
            ("2606:4700::1111", Place::Internet),
        ] {
            assert_eq!(place(ip.parse().unwrap()), expected, "{ip}");
        }
    }

    #[tokio::test]
    async fn this_machine_is_reached_only_when_it_is_written_so_and_never_at_its_own_ports() {
        let (server, own) = (listener().await, listener().await);
        let (open, closed) = (server.local_addr().unwrap().port(), own.local_addr().unwrap().port());
        let egress = Egress::default();
        egress.keep_from([closed]);
        assert!(egress.connect("127.0.0.1", open, Reach::Named).await.is_ok());
        for (host, port, reach, expected) in [
            ("127.0.0.1", open, Reach::Public, "administrator has set"),
            ("127.0.0.1", closed, Reach::Named, "telephone system itself"),
            ("::ffff:127.0.0.1", closed, Reach::Named, "telephone system itself"),
            ("0.0.0.0", open, Reach::Named, "no address of a computer"),
        ] {
            let refused = egress.connect(host, port, reach).await.unwrap_err();
            let EgressError::Denied(why) = &refused else { panic!("{host}: {refused:?}") };
            assert!(why.contains(expected), "{why}");
        }
        drop(server);
        let refused = egress.connect("127.0.0.1", open, Reach::Named).await.unwrap_err();
        assert!(matches!(refused, EgressError::Refused(_)), "{refused:?}");
        let unknown = egress.connect("no-such-host.invalid", 389, Reach::Named).await.unwrap_err();
        assert!(matches!(unknown, EgressError::UnknownHost(_)), "{unknown:?}");
    }

    #[tokio::test]
    async fn a_name_server_that_changes_its_mind_does_not_lead_here() {
        let server = listener().await;
        let port = server.local_addr().unwrap().port();
        let (public, here) = (IpAddr::from([1, 1, 1, 1]), IpAddr::from([127, 0, 0, 1]));
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let resolver: Resolver = Box::new(move |_| {
            let first = counted.fetch_add(1, Relaxed) == 0;
            // Both at once, and then only the one that it was all about.
            Box::pin(async move { Ok(if first { vec![here, public] } else { vec![here] }) })
        });
        let egress = Egress { resolver: Some(resolver), ..Egress::default() };
        let first = egress.addresses("rebinding.example", port, Reach::Named).await.unwrap();
        assert_eq!(first, [public], "what is connected to is what was looked at");
        for (look_ups, reach) in [(2, Reach::Public), (3, Reach::Named)] {
            let refused = egress.connect("rebinding.example", port, reach).await.unwrap_err();
            assert!(matches!(&refused, EgressError::Denied(why) if why.contains("127.0.0.1")), "{refused:?}");
            assert_eq!(asked.load(Relaxed), look_ups, "a name is looked up once for each connection");
        }
        assert!(timeout(Duration::from_millis(50), server.accept()).await.is_err(), "somebody has connected");
    }

    async fn listener() -> TcpListener {
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap()
    }
}
