//! TLS (RFC 3261 §26.3.1): our certificates, read again while connections stay up, and whose certificates we believe.

use arc_swap::ArcSwap;
use jackfield_sip::Transport;
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier, verify_server_name},
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
    server::{ClientHello, ParsedCertificate, ResolvesServerCert, WebPkiClientVerifier},
    sign::CertifiedKey,
};
use std::{
    io,
    net::IpAddr,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    time::{Duration, SystemTime},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector, client::TlsStream};
use tracing::{info, warn};

/// How often the files are looked at for a change.
const LOOK: Duration = Duration::from_secs(5);

/// Our certificates, and whom we believe.
#[derive(Clone, Debug, Default)]
pub struct TlsConfig {
    /// Our certificates. A peer that asks for a name gets the first one that is made out to it, all others the first.
    pub certificates: Vec<CertificateFiles>,
    /// Who signs the certificates of phones, a PEM file; without it phones are asked for none.
    pub client_ca: Option<PathBuf>,
    /// Whether a phone without such a certificate is refused. One with a wrong certificate always is.
    pub client_required: bool,
    /// Who, besides the authorities that browsers trust, may sign the certificates of servers that we call; a PEM file.
    pub peer_ca: Option<PathBuf>,
}

/// A certificate and its key, as PEM files.
#[derive(Clone, Debug)]
pub struct CertificateFiles {
    /// The certificate, and after it those that lead up to its authority.
    pub chain: PathBuf,
    /// The private key: PKCS #8, PKCS #1 or SEC 1, without a passphrase.
    pub key: PathBuf,
}

/// Certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is nothing of use in a file.
    #[error("{}: there is no {what} in PEM form in it", path.display())]
    Empty {
        /// Which.
        path: PathBuf,
        /// What there should be.
        what: &'static str,
    },
    /// A file holds what cannot be used.
    #[error("{}: {source}", path.display())]
    Unusable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: rustls::Error,
    },
    /// TLS is to be spoken without a certificate.
    #[error("no certificate is configured")]
    NoCertificate,
    /// What the configuration says does not fit together.
    #[error("{0}")]
    Conflict(String),
}

/// What connections are secured with, as the files say now.
pub struct Tls {
    config: TlsConfig,
    kept: ArcSwap<Kept>,
}

struct Kept {
    phones: Arc<ServerConfig>,
    browsers: Arc<ServerConfig>,
    pages: Arc<ServerConfig>,
    peers: Arc<ClientConfig>,
    /// Who is believed to be a host of some name, without a connection of ours to it.
    hosts: Arc<WebPkiServerVerifier>,
    seen: Vec<Option<Stamp>>,
}

/// What tells that a file is another: when it was written, its size and its place on the disk.
type Stamp = (SystemTime, u64, u64);

/// A connection to be secured as the client.
pub(crate) struct Secured {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Secured {
    /// Make the handshake; the peer's certificate must be made out to its name and signed by somebody we believe.
    pub(crate) async fn connect(self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.connector.connect(self.name, stream).await
    }
}

impl Tls {
    /// Read the files.
    pub(crate) fn new(config: TlsConfig) -> Result<Arc<Self>, TlsError> {
        let kept = ArcSwap::from_pointee(read(&config)?);
        Ok(Arc::new(Self { config, kept }))
    }

    /// Who takes the next connection from a phone or a browser.
    pub(crate) fn acceptor(&self, transport: Transport) -> TlsAcceptor {
        let kept = self.kept.load();
        // Browsers would ask people which certificate to show.
        let config = if transport == Transport::Wss { &kept.browsers } else { &kept.phones };
        TlsAcceptor::from(Arc::clone(config))
    }

    /// How the next connection to a web server is to be taken (HTTP/2 or HTTP/1.1, RFC 7301).
    pub fn pages(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.kept.load().pages)
    }

    /// How to secure a connection to a host of this name, or to whoever has this address. `None` for what is no name.
    pub(crate) fn to_peer(&self, name: Option<&str>, address: IpAddr) -> Option<Secured> {
        let name = match name {
            Some(name) => ServerName::try_from(name.to_owned()).ok()?,
            None => ServerName::from(address.to_canonical()),
        };
        Some(Secured { connector: TlsConnector::from(Arc::clone(&self.kept.load().peers)), name })
    }

    /// Whether these certificates, the peer's own first, would do if we had connected to a host of this name or address.
    pub(crate) fn would_be_believed(&self, host: &str, shown: &[CertificateDer<'_>]) -> bool {
        let (Ok(name), Some((own, others))) = (ServerName::try_from(host), shown.split_first()) else { return false };
        self.kept.load().hosts.verify_server_cert(own, others, &name, &[], UnixTime::now()).is_ok()
    }

    /// Read the files again. When they cannot be used, what was read before stays in use. Connections that are up are not
    /// touched.
    pub(crate) fn reload(&self) -> Result<(), TlsError> {
        let read = read(&self.config)?;
        self.kept.store(Arc::new(read));
        Ok(())
    }

    /// Read the files again and log how that went.
    pub(crate) fn reload_and_tell(&self) {
        match self.reload() {
            Ok(()) => info!("certificates are read again: new TLS connections get them"),
            Err(error) => warn!(%error, "the certificates in use stay in use: the new ones cannot be"),
        }
    }

    /// Read the files again whenever they change, for as long as somebody uses them.
    pub(crate) async fn watch(this: Weak<Self>) {
        let mut tried = this.upgrade().map(|tls| tls.kept.load().seen.clone());
        loop {
            tokio::time::sleep(LOOK).await;
            let Some(tls) = this.upgrade() else { return };
            let looked = tokio::task::spawn_blocking(move || {
                let now = stamps(&tls.config);
                // A file that cannot be used is told of once.
                if tried.as_ref() != Some(&now) && tls.kept.load().seen != now {
                    tls.reload_and_tell();
                }
                now
            });
            let Ok(now) = looked.await else { return };
            tried = Some(now);
        }
    }
}

fn files(config: &TlsConfig) -> impl Iterator<Item = &Path> {
    let own = config.certificates.iter().flat_map(|files| [files.chain.as_path(), files.key.as_path()]);
    own.chain(config.client_ca.as_deref()).chain(config.peer_ca.as_deref())
}

fn stamps(config: &TlsConfig) -> Vec<Option<Stamp>> {
    let stamp = |path| {
        let file = std::fs::metadata(path).ok()?;
        Some((file.modified().ok()?, file.len(), file.ino()))
    };
    files(config).map(stamp).collect()
}

fn read(config: &TlsConfig) -> Result<Kept, TlsError> {
    // Before the files themselves: what changes while they are read is then read again.
    let seen = stamps(config);
    let provider = Arc::new(ring::default_provider());
    let own = config.certificates.iter().map(|files| certified(files, &provider)).collect::<Result<Vec<_>, _>>()?;
    if own.is_empty() {
        return Err(TlsError::NoCertificate);
    }
    let own = Arc::new(ByName(own));
    let conflict = |error: rustls::Error| TlsError::Conflict(error.to_string());
    let server = || {
        ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(conflict)
    };
    let browsers = server()?.with_no_client_auth().with_cert_resolver(Arc::clone(&own) as _);
    let mut pages = browsers.clone();
    pages.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let phones = match &config.client_ca {
        None => browsers.clone(),
        Some(path) => {
            let believed = Arc::new(authorities(path, RootCertStore::empty())?);
            let verifier = WebPkiClientVerifier::builder_with_provider(believed, Arc::clone(&provider));
            let verifier = if config.client_required { verifier } else { verifier.allow_unauthenticated() };
            let verifier = verifier.build().map_err(|error| TlsError::Conflict(error.to_string()))?;
            server()?.with_client_cert_verifier(verifier).with_cert_resolver(own)
        }
    };
    let mut believed = RootCertStore::empty();
    believed.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let believed = match &config.peer_ca {
        Some(path) => authorities(path, believed)?,
        None => believed,
    };
    let believed = Arc::new(believed);
    let hosts = WebPkiServerVerifier::builder_with_provider(Arc::clone(&believed), Arc::clone(&provider))
        .build()
        .map_err(|error| TlsError::Conflict(error.to_string()))?;
    let peers = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(conflict)?
        .with_root_certificates(believed)
        .with_no_client_auth();
    let [phones, browsers, pages] = [phones, browsers, pages].map(Arc::new);
    Ok(Kept { phones, browsers, pages, peers: Arc::new(peers), hosts, seen })
}

fn certified(files: &CertificateFiles, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, TlsError> {
    let chain = certificates(&files.chain)?;
    let key = PrivateKeyDer::from_pem_slice(&contents(&files.key)?)
        .map_err(|_| TlsError::Empty { path: files.key.clone(), what: "private key" })?;
    let unusable = |source| TlsError::Unusable { path: files.key.clone(), source };
    // This also sees that the key is the certificate's.
    CertifiedKey::from_der(chain, key, provider).map(Arc::new).map_err(unusable)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let empty = || TlsError::Empty { path: path.to_owned(), what: "certificate" };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&contents(path)?).collect();
    chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(empty)
}

fn authorities(path: &Path, mut store: RootCertStore) -> Result<RootCertStore, TlsError> {
    for certificate in certificates(path)? {
        store.add(certificate).map_err(|source| TlsError::Unusable { path: path.to_owned(), source })?;
    }
    Ok(store)
}

fn contents(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Unreadable { path: path.to_owned(), source })
}

/// Our certificates, chosen by the name that a peer asks for (RFC 6066 §3).
#[derive(Debug)]
struct ByName(Vec<Arc<CertifiedKey>>);

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let asked = hello.server_name().and_then(|name| ServerName::try_from(name).ok());
        let made_out_to = |key: &&Arc<CertifiedKey>, name: &ServerName<'_>| {
            let certificate = key.end_entity_cert().and_then(ParsedCertificate::try_from);
            certificate.is_ok_and(|certificate| verify_server_name(&certificate, name).is_ok())
        };
        let found = asked.and_then(|name| self.0.iter().find(|key| made_out_to(key, &name)));
        found.or_else(|| self.0.first()).cloned()
    }
}

/// A certificate that signs itself, for a house that has none yet, and its key; both as PEM. `names` are host names and IP
/// addresses.
///
/// # Errors
/// When a name is none.
pub fn self_made_certificate(names: Vec<String>) -> Result<(String, String), TlsError> {
    let conflict = |error: rcgen::Error| TlsError::Conflict(error.to_string());
    let mut params = rcgen::CertificateParams::new(names).map_err(conflict)?;
    params.distinguished_name.push(rcgen::DnType::CommonName, "Jackfield");
    let key = rcgen::KeyPair::generate().map_err(conflict)?;
    let certificate = params.self_signed(&key).map_err(conflict)?;
    Ok((certificate.pem(), key.serialize_pem()))
}
