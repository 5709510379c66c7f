//! How a stream travels: in the clear, by SRTP with keys in the description (RFC 4568) or by DTLS-SRTP (RFC 5763), with ICE
//! (RFC 8839) and one port for both kinds of packets (RFC 5761). One [`Transport`] per dialog remembers our side of it.

use super::parse::{Media, Sdp};
use crate::secure::{Fingerprint, IceCredentials, Identity, Keying, Security, Suite};
use base64::{Engine, engine::general_purpose::STANDARD};
use smallvec::SmallVec;
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

/// What is offered with keys in the description: the best, and what everybody has.
const OFFERED: [Suite; 2] = [Suite::Aead256, Suite::Aes128Sha80];
/// Most keys of an offer that are looked at.
const MOST_KEYS: usize = 8;

/// What a side may be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encryption {
    /// Sound is never encrypted: a peer that insists is refused.
    Off,
    /// Encrypted when the peer asks for it, and offered where keys would not travel in the clear.
    #[default]
    Offered,
    /// A peer that does not encrypt is refused.
    Required,
    /// The same, by DTLS.
    Dtls,
    /// As browsers must have it (RFC 8834, RFC 8835): DTLS, ICE and one port.
    Browser,
}

/// The sound of a party cannot travel as its policy has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// It is in the clear and must not be.
    #[error("sound must be encrypted here and is not: switch SRTP on in the telephone, or allow calls without it")]
    NotEncrypted,
    /// It is encrypted and must not be.
    #[error("sound may not be encrypted here and is: make SRTP optional in the telephone, or allow it")]
    Encrypted,
    /// None of its keys is of a kind that the host knows.
    #[error("no key is of a kind that the host knows")]
    NoCommonKeys,
    /// The answer is not one to the offer.
    #[error("the answer does not fit the offer")]
    Mismatch,
}

/// What a description says of how its sound travels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remote {
    /// `RTP/AVP` and the like.
    pub protocol: String,
    crypto: SmallVec<[Crypto; 2]>,
    fingerprint: Option<Fingerprint>,
    setup: Option<Setup>,
    ice: Option<IceCredentials>,
    rtcp_mux: bool,
    mid: Option<String>,
    bundled: bool,
}

/// One `crypto` attribute.
#[derive(Clone, PartialEq, Eq)]
struct Crypto {
    tag: u32,
    suite: Suite,
    material: Vec<u8>,
}

impl std::fmt::Debug for Crypto {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Keys stay out of logs.
        write!(f, "Crypto({} {})", self.tag, self.suite.name())
    }
}

/// Who begins the handshake (RFC 4145 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Setup {
    Active,
    Passive,
    ActPass,
}

/// Our side, for the life of a dialog: keys and names stay, so that a description repeated changes nothing.
#[derive(Debug)]
pub struct Transport {
    encryption: Encryption,
    /// Whether signalling is encrypted, so that keys may be offered in it.
    private: bool,
    identity: Option<Arc<Identity>>,
    credentials: IceCredentials,
    keys: [Vec<u8>; Suite::ALL.len()],
    form: Form,
    agreed: Security,
}

/// How our next description says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Form {
    protocol: &'static str,
    /// Tags and suites of the keys that are named.
    crypto: SmallVec<[(u32, Suite); 2]>,
    setup: Option<Setup>,
    ice: bool,
    rtcp_mux: bool,
    mid: Option<String>,
    bundled: bool,
}

impl Remote {
    pub(super) fn read(sdp: &Sdp<'_>, media: &Media<'_>) -> Self {
        let mut remote = Remote { protocol: media.protocol.to_owned(), ..Remote::default() };
        let (mut ufrag, mut pwd, mut group) = (None, None, None);
        // What a section says counts before what the session says.
        for line in sdp.session.iter().chain(&media.lines).filter(|line| line.kind == b'a') {
            let Ok(text) = std::str::from_utf8(line.value) else { continue };
            let (name, value) = text.split_once(':').unwrap_or((text, ""));
            match name {
                "crypto" if remote.crypto.len() < MOST_KEYS => remote.crypto.extend(Crypto::parse(value)),
                "fingerprint" => remote.fingerprint = Fingerprint::parse(value).or(remote.fingerprint),
                "setup" => {
                    remote.setup = match value.trim() {
                        "active" => Some(Setup::Active),
                        "passive" => Some(Setup::Passive),
                        "actpass" => Some(Setup::ActPass),
                        _ => None,
                    };
                }
                "ice-ufrag" => ufrag = Some(value.trim().to_owned()),
                "ice-pwd" => pwd = Some(value.trim().to_owned()),
                "rtcp-mux" => remote.rtcp_mux = true,
                "mid" => remote.mid = Some(value.trim().to_owned()),
                "group" => group = value.trim().strip_prefix("BUNDLE").map(str::to_owned).or(group),
                _ => {}
            }
        }
        remote.ice = ufrag.zip(pwd).map(|(ufrag, pwd)| IceCredentials { ufrag, pwd });
        let mid = remote.mid.as_deref();
        remote.bundled = group.is_some_and(|group| group.split_ascii_whitespace().any(|one| Some(one) == mid));
        remote
    }

    /// Whether the way is found by ICE, so that the address in the description means nothing by itself.
    pub fn has_ice(&self) -> bool {
        self.ice.is_some()
    }

    fn is_secure(&self) -> bool {
        self.protocol.contains("SAVP")
    }
}

impl Crypto {
    /// `1 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^31|1:1 …` (RFC 4568 §9.1). A key with an identifier (MKI) of its own is
    /// left out: it would change the form of packets.
    fn parse(value: &str) -> Option<Self> {
        let mut parts = value.split_ascii_whitespace();
        let (tag, suite, key) = (parts.next()?.parse().ok()?, Suite::from_name(parts.next()?)?, parts.next()?);
        // Session parameters change how packets look, but for those that only allow something.
        if parts.any(|parameter| parameter.starts_with("UNENCRYPTED") || parameter.starts_with("UNAUTHENTICATED")) {
            return None;
        }
        let mut fields = key.strip_prefix("inline:")?.split('|');
        let material = STANDARD.decode(fields.next()?.trim_end_matches(';')).ok()?;
        let has_mki = fields.any(|field| field.contains(':'));
        (material.len() == suite.material() && !has_mki).then_some(Self { tag, suite, material })
    }
}

impl Transport {
    /// A side that is to travel like this. `random` fills what must not be guessable; `private` says whether its signalling
    /// is encrypted.
    pub fn new(
        encryption: Encryption,
        private: bool,
        identity: Option<Arc<Identity>>,
        mut random: impl FnMut(&mut [u8]),
    ) -> Self {
        let mut text = |octets: usize| {
            let mut bytes = vec![0; octets];
            random(&mut bytes);
            STANDARD.encode(bytes)
        };
        let credentials = IceCredentials { ufrag: text(6), pwd: text(18) };
        let keys = Suite::ALL.map(|suite| {
            let mut key = vec![0; suite.material()];
            random(&mut key);
            key
        });
        let form = Form { protocol: "RTP/AVP", ..Form::default() };
        Self { encryption, private, identity, credentials, keys, form, agreed: Security::default() }
    }

    /// A side that never encrypts.
    pub fn clear() -> Self {
        Self::new(Encryption::Off, false, None, |_| ())
    }

    /// What it was made for.
    pub fn encryption(&self) -> Encryption {
        self.encryption
    }

    /// What was agreed last.
    pub fn security(&self) -> &Security {
        &self.agreed
    }

    /// Prepare an offer: what was agreed once more, or what the policy has.
    pub fn offer(&mut self) {
        if self.agreed != Security::default() {
            if self.form.setup.is_some() {
                // Who begins stays as it is, but an offer leaves it open (RFC 5763 §5).
                self.form.setup = Some(Setup::ActPass);
            }
            return;
        }
        let named = || OFFERED.into_iter().enumerate().map(|(at, suite)| (at as u32 + 1, suite)).collect();
        let clear = Form { protocol: "RTP/AVP", ..Form::default() };
        self.form = match self.encryption {
            Encryption::Off => clear,
            // RFC 8643: keys in an offer that can also be answered in the clear.
            Encryption::Offered if self.private => Form { crypto: named(), ..clear },
            Encryption::Offered => clear,
            // Keys both ways: there are phones that answer the one with the other.
            Encryption::Required => {
                Form { protocol: "RTP/SAVP", crypto: named(), setup: Some(Setup::ActPass), ..clear }
            }
            Encryption::Dtls => {
                Form { protocol: "UDP/TLS/RTP/SAVP", setup: Some(Setup::ActPass), rtcp_mux: true, ..clear }
            }
            Encryption::Browser => Form {
                protocol: "UDP/TLS/RTP/SAVPF",
                setup: Some(Setup::ActPass),
                ice: true,
                rtcp_mux: true,
                mid: Some(String::from("0")),
                bundled: true,
                ..clear
            },
        };
    }

    /// Prepare an offer of a stream that the other end has described with this protocol: with feedback (RFC 4585) where that one
    /// has it.
    pub fn offer_as(&mut self, protocol: &str) {
        self.offer();
        if is_feedback(protocol) {
            let with = PROTOCOLS.into_iter().find(|one| one.strip_suffix('F') == Some(self.form.protocol));
            self.form.protocol = with.unwrap_or(self.form.protocol);
        }
    }

    /// Take the peer's offer and prepare the answer.
    ///
    /// # Errors
    /// When the policy does not allow it, or no key is understood. Then nothing has changed.
    pub fn accept(&mut self, offer: &Remote) -> Result<(), TransportError> {
        let allowed = self.encryption != Encryption::Off;
        // The peer's order counts (RFC 4568 §5.1.2).
        let key = offer.crypto.first().filter(|_| allowed);
        let dtls = offer.fingerprint.as_ref().filter(|_| allowed).zip(self.identity.clone());
        let mut form = Form {
            protocol: answered(&offer.protocol),
            rtcp_mux: offer.rtcp_mux,
            ice: offer.ice.is_some(),
            mid: offer.mid.clone(),
            bundled: offer.bundled,
            ..Form::default()
        };
        let keying = match (dtls, key) {
            (Some((fingerprint, identity)), _) => {
                let active = offer.setup == Some(Setup::Passive);
                form.setup = Some(if active { Setup::Active } else { Setup::Passive });
                Keying::Dtls { identity, active, fingerprint: fingerprint.clone() }
            }
            (None, Some(key)) => {
                form.crypto.push((key.tag, key.suite));
                Keying::Sdes {
                    suite: key.suite,
                    ours: self.keys[place(key.suite)].clone(),
                    theirs: key.material.clone(),
                }
            }
            (None, None) if offer.is_secure() => {
                return Err(if allowed { TransportError::NoCommonKeys } else { TransportError::Encrypted });
            }
            (None, None) => Keying::Clear,
        };
        self.settle(form, keying, offer)
    }

    /// Take the peer's answer to our offer.
    ///
    /// # Errors
    /// As for [`Transport::accept`], and when it does not fit the offer.
    pub fn conclude(&mut self, answer: &Remote) -> Result<(), TransportError> {
        let mut form = self.form.clone();
        let keying = match (form.setup, &answer.fingerprint, &self.identity) {
            (Some(_), Some(fingerprint), Some(identity)) => {
                let active = answer.setup == Some(Setup::Passive);
                form.setup = Some(if active { Setup::Active } else { Setup::Passive });
                form.crypto.clear();
                Keying::Dtls { identity: Arc::clone(identity), active, fingerprint: fingerprint.clone() }
            }
            _ => {
                let chosen = answer.crypto.iter().find(|key| form.crypto.contains(&(key.tag, key.suite)));
                match chosen {
                    Some(key) => {
                        form.crypto = SmallVec::from_iter([(key.tag, key.suite)]);
                        form.setup = None;
                        let ours = self.keys[place(key.suite)].clone();
                        Keying::Sdes { suite: key.suite, ours, theirs: key.material.clone() }
                    }
                    None if answer.is_secure() || form.protocol.contains("SAVP") => {
                        return Err(TransportError::Mismatch);
                    }
                    None => {
                        form.crypto.clear();
                        Keying::Clear
                    }
                }
            }
        };
        form.rtcp_mux &= answer.rtcp_mux;
        form.ice &= answer.ice.is_some();
        self.settle(form, keying, answer)
    }

    fn settle(&mut self, form: Form, keying: Keying, remote: &Remote) -> Result<(), TransportError> {
        let must = matches!(self.encryption, Encryption::Required | Encryption::Dtls | Encryption::Browser);
        if must && keying == Keying::Clear {
            return Err(TransportError::NotEncrypted);
        }
        let ice = remote.ice.clone().filter(|_| form.ice).map(|peer| (self.credentials.clone(), peer));
        self.agreed = Security { rtcp_mux: form.rtcp_mux, ice, keying };
        self.form = form;
        Ok(())
    }

    /// The protocol of our `m=` line.
    pub(super) fn protocol(&self) -> &'static str {
        self.form.protocol
    }

    /// Attributes of the session.
    pub(super) fn session_lines(&self) -> impl Iterator<Item = String> {
        let group = self.form.mid.as_ref().filter(|_| self.form.bundled).map(|mid| format!("group:BUNDLE {mid}"));
        group.into_iter().chain(self.form.ice.then(|| String::from("ice-lite")))
    }

    /// Attributes of the stream, which the host hears there.
    pub(super) fn media_lines(&self, address: IpAddr, port: u16) -> Vec<String> {
        let form = &self.form;
        let mut lines = Vec::new();
        lines.extend(form.mid.as_ref().map(|mid| format!("mid:{mid}")));
        if form.rtcp_mux {
            lines.push(String::from("rtcp-mux"));
        }
        for (tag, suite) in &form.crypto {
            lines.push(format!("crypto:{tag} {} inline:{}", suite.name(), STANDARD.encode(&self.keys[place(*suite)])));
        }
        if let (Some(setup), Some(identity)) = (form.setup, &self.identity) {
            let setup = match setup {
                Setup::Active => "active",
                Setup::Passive => "passive",
                Setup::ActPass => "actpass",
            };
            lines.push(format!("setup:{setup}"));
            lines.push(format!("fingerprint:{}", identity.fingerprint()));
        }
        if form.ice {
            lines.push(format!("ice-ufrag:{}", self.credentials.ufrag));
            lines.push(format!("ice-pwd:{}", self.credentials.pwd));
            // RFC 8839 §5.1: one address, which is the best there is.
            lines.push(format!("candidate:1 1 UDP 2130706431 {address} {port} typ host"));
            if !form.rtcp_mux {
                lines.push(format!("candidate:1 2 UDP 2130706430 {address} {} typ host", port.wrapping_add(1)));
            }
            lines.push(String::from("end-of-candidates"));
        }
        lines
    }
}

fn place(suite: Suite) -> usize {
    Suite::ALL.into_iter().position(|one| one == suite).unwrap_or(0)
}

/// The protocol of the answer is that of the offer (RFC 3264 §6).
fn answered(protocol: &str) -> &'static str {
    PROTOCOLS.into_iter().find(|one| one.eq_ignore_ascii_case(protocol)).unwrap_or("RTP/AVP")
}

/// The protocols of streams that the host can carry.
pub(super) const PROTOCOLS: [&str; 6] =
    ["RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF", "UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF"];

/// Whether a protocol is one of those with feedback (RFC 4585, RFC 5124).
fn is_feedback(protocol: &str) -> bool {
    protocol.ends_with("AVPF")
}

/// Whether an address that says nowhere is a hold in the style of RFC 2543, and not that of a browser that has yet to find
/// its own.
pub(super) fn is_old_hold(rtp: SocketAddr, remote: &Remote) -> bool {
    rtp.ip().is_unspecified() && !remote.has_ice()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(encryption: Encryption) -> Transport {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
        let identity = Arc::new(Identity::new(certificate.der().to_vec(), &key.serialize_der()).unwrap());
        let mut next = 0;
        Transport::new(encryption, true, Some(identity), |bytes| {
            for byte in bytes {
                next += 1;
                *byte = next as u8;
            }
        })
    }

    /// What the other side reads of it.
    fn said(transport: &Transport) -> Remote {
        let mut text = String::from("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n");
        for line in transport.session_lines() {
            text += &format!("a={line}\r\n");
        }
        text += &format!("m=audio 4000 {} 0\r\n", transport.protocol());
        for line in transport.media_lines("192.0.2.1".parse().unwrap(), 4_000) {
            text += &format!("a={line}\r\n");
        }
        let sdp = Sdp::parse(text.as_bytes()).unwrap();
        Remote::read(&sdp, &sdp.media[0])
    }

    fn agree(one: &mut Transport, other: &mut Transport) -> Result<(), TransportError> {
        one.offer();
        other.accept(&said(one))?;
        one.conclude(&said(other))
    }

    #[test]
    fn two_sides_agree_on_keys_by_their_policies() {
        use Encryption::{Browser, Dtls, Off, Offered, Required};
        for (one, other, kind) in [
            (Off, Off, "Clear"),
            (Off, Offered, "Clear"),
            (Offered, Off, "Clear"),
            (Offered, Offered, "Sdes"),
            (Required, Offered, "Dtls"),
            (Dtls, Offered, "Dtls"),
            (Browser, Offered, "Dtls"),
            (Offered, Required, "Sdes"),
        ] {
            let (mut first, mut second) = (side(one), side(other));
            agree(&mut first, &mut second).unwrap_or_else(|error| panic!("{one:?} with {other:?}: {error}"));
            let said = format!("{:?}", first.security().keying);
            assert!(said.starts_with(kind), "{one:?} with {other:?}: {said}");
            match (&first.security().keying, &second.security().keying) {
                (Keying::Sdes { ours, theirs, .. }, Keying::Sdes { ours: others, theirs: of_first, .. }) => {
                    assert_eq!((ours, theirs), (of_first, others));
                }
                // The one who offers leaves it to the other, which waits.
                (Keying::Dtls { active, .. }, Keying::Dtls { active: other, .. }) => assert!(*active && !other),
                (first, second) => assert_eq!(first, second),
            }
            assert_eq!(first.security().rtcp_mux, matches!(one, Dtls | Browser));
            assert_eq!(first.security().ice.is_some(), one == Browser);
        }
    }

    #[test]
    fn a_side_that_must_encrypt_or_must_not_refuses_what_does_not_fit() {
        use Encryption::{Off, Offered, Required};
        assert_eq!(agree(&mut side(Required), &mut side(Off)), Err(TransportError::Encrypted));
        assert_eq!(agree(&mut side(Off), &mut side(Required)), Err(TransportError::NotEncrypted));
        let mut strange = side(Required);
        strange.offer();
        let mut said = said(&strange);
        said.crypto.clear();
        said.fingerprint = None;
        assert_eq!(side(Offered).accept(&said), Err(TransportError::NoCommonKeys));
        strange.offer();
        assert_eq!(
            strange.conclude(&Remote { protocol: "RTP/AVP".into(), ..Remote::default() }),
            Err(TransportError::Mismatch)
        );
    }

    #[test]
    fn a_description_repeated_changes_nothing_and_another_key_is_taken() {
        let (mut one, mut other) = (side(Encryption::Browser), side(Encryption::Offered));
        agree(&mut one, &mut other).unwrap();
        let (first, second) = (one.security().clone(), other.security().clone());
        agree(&mut one, &mut other).unwrap();
        assert_eq!((one.security(), other.security()), (&first, &second));
        let mut new = side(Encryption::Browser);
        new.credentials.ufrag = String::from("anew");
        new.offer();
        other.accept(&said(&new)).unwrap();
        assert_ne!(other.security(), &second);
    }

    #[test]
    fn attributes_of_the_wild_are_read() {
        let key = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
        let parsed = Crypto::parse(&format!("1 AES_CM_128_HMAC_SHA1_80 inline:{key}|2^20 FEC_ORDER=FEC_SRTP")).unwrap();
        assert_eq!((parsed.tag, parsed.suite, parsed.material.len()), (1, Suite::Aes128Sha80, 30));
        assert!(Crypto::parse(&format!("1 AES_CM_128_HMAC_SHA1_80 inline:{key}|2^20|1:4")).is_none(), "an MKI");
        assert!(Crypto::parse(&format!("1 AES_CM_128_HMAC_SHA1_80 inline:{key} UNENCRYPTED_SRTP")).is_none());
        assert!(Crypto::parse("1 AES_CM_128_HMAC_SHA1_80 inline:AAAA").is_none());
        assert!(Crypto::parse("1 F8_128_HMAC_SHA1_80 inline:AAAA").is_none());
    }
}
