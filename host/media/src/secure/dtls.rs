//! DTLS-SRTP (RFC 5763, RFC 5764): the two ends agree on keys in the stream itself, and each knows the other by the
//! fingerprint that signalling has carried.

use super::keys::Suite;
use dimpl::{Config, Dtls, DtlsCertificate, Output, SrtpProfile};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use std::{
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

/// Longest datagram of a handshake.
const DATAGRAM: usize = 1_500;
/// A handshake that has not ended by then never will: its call has no sound.
const PATIENCE: Duration = Duration::from_secs(20);

/// Shared by all handshakes: a client must show its certificate, which is the library's default.
static CONFIG: LazyLock<Option<Arc<Config>>> =
    LazyLock::new(|| Config::builder().use_server_cookie(false).build().ok().map(Arc::new));

/// The host's certificate for sound, made anew at each start.
pub struct Identity {
    certificate: Vec<u8>,
    key: Vec<u8>,
    fingerprint: Fingerprint,
}

/// The hash of a certificate as SDP carries it (RFC 8122 §5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// `sha-256`, in lower case.
    pub hash: String,
    /// The octets.
    pub value: Vec<u8>,
}

/// What is agreed.
pub(super) struct Agreed {
    pub(super) suite: Suite,
    /// Master key and salt for what leaves, and for what comes.
    pub(super) ours: Vec<u8>,
    pub(super) theirs: Vec<u8>,
}

/// Why no keys could be agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DtlsError {
    /// The peer's certificate is not the one that signalling has announced.
    #[error("the certificate in the stream is not the one that was announced")]
    Fingerprint,
    /// The handshake failed.
    #[error("the handshake failed")]
    Handshake,
    /// It did not end in time.
    #[error("the handshake did not end in time")]
    TimedOut,
}

/// One association.
pub(super) struct Association {
    dtls: Dtls,
    active: bool,
    fingerprint: Fingerprint,
    known: bool,
    began: Instant,
    due: Option<Instant>,
    agreed: Option<Agreed>,
    pub(super) established: bool,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({})", self.fingerprint)
    }
}

impl std::fmt::Debug for Association {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Association(established: {})", self.established)
    }
}

impl Identity {
    /// From a certificate and its private key (PKCS #8, P-256), both DER.
    pub fn new(certificate: Vec<u8>, key: Vec<u8>) -> Self {
        let fingerprint =
            Fingerprint { hash: String::from("sha-256"), value: Sha256::digest(&certificate).to_vec() };
        Self { certificate, key, fingerprint }
    }

    /// What signalling announces.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

impl Fingerprint {
    /// From the value of an attribute: `sha-256 12:AB:…`. `None` when it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let (hash, octets) = text.trim().split_once(' ')?;
        let value = octets.trim().split(':').map(|octet| u8::from_str_radix(octet, 16).ok()).collect::<Option<Vec<_>>>()?;
        (16..=64).contains(&value.len()).then(|| Self { hash: hash.to_ascii_lowercase(), value })
    }

    fn is_of(&self, certificate: &[u8]) -> bool {
        let value = match self.hash.as_str() {
            "sha-256" => Sha256::digest(certificate).to_vec(),
            "sha-384" => Sha384::digest(certificate).to_vec(),
            "sha-512" => Sha512::digest(certificate).to_vec(),
            "sha-1" => Sha1::digest(certificate).to_vec(),
            _ => return false,
        };
        value == self.value
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ", self.hash)?;
        for (at, octet) in self.value.iter().enumerate() {
            if at > 0 {
                f.write_str(":")?;
            }
            write!(f, "{octet:02X}")?;
        }
        Ok(())
    }
}

impl Association {
    /// With a peer of that fingerprint; who is active begins.
    pub(super) fn new(identity: &Identity, active: bool, fingerprint: Fingerprint, now: Instant) -> Option<Self> {
        let certificate =
            DtlsCertificate { certificate: identity.certificate.clone(), private_key: identity.key.clone() };
        let mut dtls = Dtls::new_auto(Arc::clone(CONFIG.as_ref()?), certificate, now);
        dtls.set_active(active);
        Some(Self {
            dtls,
            active,
            fingerprint,
            known: false,
            began: now,
            due: Some(now),
            agreed: None,
            established: false,
        })
    }

    pub(super) fn is_with(&self, active: bool, fingerprint: &Fingerprint) -> bool {
        self.active == active && self.fingerprint == *fingerprint
    }

    /// A datagram came.
    pub(super) fn handle(&mut self, now: Instant, datagram: &[u8]) -> Result<(), DtlsError> {
        // The library wants to know the time before it reads.
        self.dtls.handle_timeout(now).map_err(|_| DtlsError::Handshake)?;
        self.dtls.handle_packet(datagram).map_err(|_| DtlsError::Handshake)?;
        self.due = Some(now);
        Ok(())
    }

    /// What is due: datagrams go to `send`; gives the keys once.
    pub(super) fn poll(&mut self, now: Instant, mut send: impl FnMut(&[u8])) -> Result<Option<Agreed>, DtlsError> {
        if self.due.is_none_or(|due| due > now) {
            return Ok(None);
        }
        if !self.established && now.saturating_duration_since(self.began) > PATIENCE {
            return Err(DtlsError::TimedOut);
        }
        self.dtls.handle_timeout(now).map_err(|_| DtlsError::Handshake)?;
        let mut place = [0; DATAGRAM];
        self.due = None;
        loop {
            match self.dtls.poll_output(&mut place) {
                Output::Packet(packet) => send(packet),
                Output::Timeout(at) => {
                    self.due = Some(at);
                    break;
                }
                Output::PeerCert(certificate) => {
                    self.known = self.fingerprint.is_of(certificate);
                    if !self.known {
                        return Err(DtlsError::Fingerprint);
                    }
                }
                Output::KeyingMaterial(material, profile) => self.agreed = split(&material, profile, self.active),
                Output::Connected => self.established = true,
                Output::BufferTooSmall { .. } => return Err(DtlsError::Handshake),
                // Nobody speaks but the handshake.
                _ => {}
            }
        }
        // Keys of somebody unknown are never used.
        Ok(if self.established && self.known { self.agreed.take() } else { None })
    }
}

/// RFC 5764 §4.2: client's key, server's key, client's salt, server's salt.
fn split(material: &[u8], profile: SrtpProfile, active: bool) -> Option<Agreed> {
    let suite = match profile {
        SrtpProfile::AES128_CM_SHA1_80 => Suite::Aes128Sha80,
        SrtpProfile::AEAD_AES_128_GCM => Suite::Aead128,
        SrtpProfile::AEAD_AES_256_GCM => Suite::Aead256,
        _ => return None,
    };
    let (key, salt) = (suite.key(), suite.salt());
    let keys = material.get(..2 * key)?;
    let salts = material.get(2 * key..2 * (key + salt))?;
    let client = [&keys[..key], &salts[..salt]].concat();
    let server = [&keys[key..], &salts[salt..]].concat();
    let (ours, theirs) = if active { (client, server) } else { (server, client) };
    Some(Agreed { suite, ours, theirs })
}
