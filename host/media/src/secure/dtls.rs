//! DTLS-SRTP (RFC 5763, RFC 5764): the two ends agree on keys in the stream itself, and each knows the other by the
//! fingerprint that signalling has carried.

use super::keys::Suite;
use bytes::BytesMut;
use rtc_crypto::{RTCCryptoProvider, SignatureScheme};
use rtc_dtls::{
    config::{ClientAuthType, ConfigBuilder, HandshakeConfig},
    crypto::Certificate,
    endpoint::{Endpoint, EndpointEvent},
    extension::extension_use_srtp::SrtpProtectionProfile,
};
use rustls_pki_types::CertificateDer;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};
use tracing::debug;

/// What is offered, best first.
const PROFILES: [SrtpProtectionProfile; 3] = [
    SrtpProtectionProfile::Srtp_Aead_Aes_256_Gcm,
    SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
    SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80,
];
/// The library knows peers by their addresses. An association has one peer, whose address is looked after elsewhere.
const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 1);
/// Label of the keys (RFC 5764 §4.2).
const LABEL: &str = "EXTRACTOR-dtls_srtp";
/// How long an answer is waited for before something is said again.
const PATIENCE_OF_FLIGHT: Duration = Duration::from_millis(400);
/// A handshake that has not ended by then never will: its call has no sound.
const PATIENCE: Duration = Duration::from_secs(20);

/// The host's certificate for sound, made anew at each start.
pub struct Identity {
    server: Arc<HandshakeConfig>,
    client: Arc<HandshakeConfig>,
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

/// The host has no certificate for sound.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no certificate for sound: {0}")]
pub struct IdentityError(String);

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
    endpoint: Endpoint,
    active: bool,
    fingerprint: Fingerprint,
    began: Instant,
    /// The handshake is over, and its keys were not asked for yet.
    completed: bool,
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
    ///
    /// # Errors
    /// When the key is no such key.
    pub fn new(certificate: Vec<u8>, key: &[u8]) -> Result<Self, IdentityError> {
        let wrong = |error: &dyn std::fmt::Display| IdentityError(error.to_string());
        let provider = rtc_crypto::default_provider().map_err(|error| wrong(&error))?;
        let value = Sha256::digest(&certificate).to_vec();
        let fingerprint = Fingerprint { hash: String::from("sha-256"), value };
        let key = provider.crypto().import_signing_key(SignatureScheme::EcdsaP256Sha256, key);
        let key = key.map_err(|error| wrong(&error))?;
        let certificate = Certificate::from_signing_key(vec![CertificateDer::from(certificate)], key);
        let config = |is_client: bool| {
            settings(&provider, certificate.clone()).build(is_client, None).map(Arc::new).map_err(|error| wrong(&error))
        };
        Ok(Self { server: config(false)?, client: config(true)?, fingerprint })
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
        let value =
            octets.trim().split(':').map(|octet| u8::from_str_radix(octet, 16).ok()).collect::<Option<Vec<_>>>()?;
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

/// Each shows a certificate, which is known by its fingerprint and not by who has signed it.
fn settings(provider: &Arc<dyn RTCCryptoProvider>, certificate: Certificate) -> ConfigBuilder {
    ConfigBuilder::default()
        .with_crypto_provider(Arc::clone(provider))
        .with_certificates(vec![certificate])
        .with_client_auth(ClientAuthType::RequireAnyClientCert)
        .with_insecure_skip_verify(true)
        .with_server_name(String::from("jackfield"))
        .with_srtp_protection_profiles(PROFILES.to_vec())
        .with_flight_interval(PATIENCE_OF_FLIGHT)
}

impl Association {
    /// With a peer of that fingerprint; who is active begins.
    pub(super) fn new(identity: &Identity, active: bool, fingerprint: Fingerprint, now: Instant) -> Self {
        let server = Some(Arc::clone(&identity.server)).filter(|_| !active);
        let mut endpoint = Endpoint::new(PEER, rtc_shared::TransportProtocol::UDP, server);
        if active && let Err(error) = endpoint.connect(now, PEER, Arc::clone(&identity.client), None) {
            debug!(%error, "a handshake cannot begin");
        }
        Self { endpoint, active, fingerprint, began: now, completed: false, established: false }
    }

    /// A datagram came.
    pub(super) fn handle(&mut self, now: Instant, datagram: &[u8]) -> Result<(), DtlsError> {
        match self.endpoint.read(now, PEER, None, BytesMut::from(datagram)) {
            Ok(events) => {
                self.completed |= events.iter().any(|event| matches!(event, EndpointEvent::HandshakeComplete));
                Ok(())
            }
            // What comes after the keys are agreed cannot change them.
            Err(error) if self.established => {
                debug!(%error, "a datagram of a handshake that is over");
                Ok(())
            }
            Err(error) => {
                debug!(%error, "a handshake failed");
                Err(DtlsError::Handshake)
            }
        }
    }

    /// What is due: datagrams go to `send`; gives the keys once.
    pub(super) fn poll(&mut self, now: Instant, mut send: impl FnMut(&[u8])) -> Result<Option<Agreed>, DtlsError> {
        if !self.established && now.saturating_duration_since(self.began) > PATIENCE {
            return Err(DtlsError::TimedOut);
        }
        if self.endpoint.poll_timeout(&PEER).is_some_and(|due| due <= now)
            && let Err(error) = self.endpoint.handle_timeout(PEER, now)
        {
            debug!(%error, "a handshake got no answer");
            return Err(DtlsError::TimedOut);
        }
        while let Some(transmit) = self.endpoint.poll_transmit() {
            send(&transmit.message);
        }
        if !std::mem::take(&mut self.completed) || self.established {
            return Ok(None);
        }
        let state = self.endpoint.get_connection_state(PEER).ok_or(DtlsError::Handshake)?;
        // Keys of somebody unknown are never used.
        if !state.peer_certificates.first().is_some_and(|certificate| self.fingerprint.is_of(certificate)) {
            return Err(DtlsError::Fingerprint);
        }
        let suite = match state.srtp_protection_profile() {
            SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80 => Suite::Aes128Sha80,
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm => Suite::Aead128,
            SrtpProtectionProfile::Srtp_Aead_Aes_256_Gcm => Suite::Aead256,
            _ => return Err(DtlsError::Handshake),
        };
        let material = state.export_keying_material(LABEL, &[], 2 * suite.material());
        let material = material.map_err(|_| DtlsError::Handshake)?;
        self.established = true;
        Ok(Some(split(material.as_ref(), suite, self.active).ok_or(DtlsError::Handshake)?))
    }
}

/// RFC 5764 §4.2: client's key, server's key, client's salt, server's salt.
fn split(material: &[u8], suite: Suite, active: bool) -> Option<Agreed> {
    let (key, salt) = (suite.key(), suite.salt());
    let keys = material.get(..2 * key)?;
    let salts = material.get(2 * key..2 * (key + salt))?;
    let client = [&keys[..key], &salts[..salt]].concat();
    let server = [&keys[key..], &salts[salt..]].concat();
    let (ours, theirs) = if active { (client, server) } else { (server, client) };
    Some(Agreed { suite, ours, theirs })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
        Identity::new(certificate.der().to_vec(), &key.serialize_der()).unwrap()
    }

    /// Datagrams go to and fro until nobody says anything any more.
    fn run(one: &mut Association, other: &mut Association) -> [Result<Option<Agreed>, DtlsError>; 2] {
        let mut ends = [Ok(None), Ok(None)];
        let now = Instant::now();
        for _ in 0..20 {
            for at in 0..2 {
                let (from, to) = if at == 0 { (&mut *one, &mut *other) } else { (&mut *other, &mut *one) };
                let mut sent = Vec::new();
                match from.poll(now, |datagram| sent.push(datagram.to_vec())) {
                    Ok(None) => {}
                    end => ends[at] = end,
                }
                for datagram in sent {
                    if let Err(error) = to.handle(now, &datagram) {
                        ends[1 - at] = Err(error);
                    }
                }
            }
        }
        ends
    }

    #[test]
    fn two_ends_agree_on_the_same_keys_the_other_way_round() {
        let (host, peer, now) = (identity(), identity(), Instant::now());
        let mut active = Association::new(&host, true, peer.fingerprint.clone(), now);
        let mut passive = Association::new(&peer, false, host.fingerprint.clone(), now);
        let [Ok(Some(one)), Ok(Some(other))] = run(&mut active, &mut passive) else { panic!("no keys") };
        assert_eq!((one.suite, &one.ours, &one.theirs), (other.suite, &other.theirs, &other.ours));
        assert_eq!((one.suite, one.ours.len()), (Suite::Aead256, Suite::Aead256.material()));
        assert_ne!(one.ours, one.theirs);
        // Noise does not undo it.
        assert_eq!(passive.handle(now, &[22, 254, 253, 0, 0, 9, 9, 9]), Ok(()));
    }

    #[test]
    fn somebody_in_between_with_another_certificate_gets_no_keys() {
        let (host, peer, thief, now) = (identity(), identity(), identity(), Instant::now());
        let mut active = Association::new(&host, true, peer.fingerprint.clone(), now);
        let mut between = Association::new(&thief, false, host.fingerprint.clone(), now);
        let [Err(error), _] = run(&mut active, &mut between) else { panic!("keys with a stranger") };
        assert_eq!(error, DtlsError::Fingerprint);
    }

    #[test]
    fn a_handshake_without_an_answer_is_said_again_and_given_up() {
        let (host, start) = (identity(), Instant::now());
        let mut active = Association::new(&host, true, host.fingerprint.clone(), start);
        let mut sent = 0;
        for step in 0..600 {
            let now = start + Duration::from_millis(50) * step;
            match active.poll(now, |_| sent += 1) {
                Ok(_) => {}
                Err(error) => {
                    assert_eq!(error, DtlsError::TimedOut);
                    assert!(sent >= 3, "said {sent} times");
                    return;
                }
            }
        }
        panic!("never given up");
    }

    #[test]
    fn fingerprints_are_read_as_they_are_written() {
        let fingerprint = identity().fingerprint.clone();
        assert_eq!(Fingerprint::parse(&fingerprint.to_string()), Some(fingerprint.clone()));
        let upper = fingerprint.to_string().replace("sha-256", "SHA-256");
        assert_eq!(Fingerprint::parse(&upper), Some(fingerprint));
        for wrong in ["", "sha-256", "sha-256 12", "sha-256 XX:12", "sha-256 1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16x"] {
            assert_eq!(Fingerprint::parse(wrong), None, "{wrong}");
        }
    }
}
