//! Digest authentication (RFC 7616, RFC 8760): challenges by SHA-256 and MD5, proofs checked without keeping state per
//! challenge, and the answers that a client makes.

use crate::{
    Message,
    headers::{AuthParams, HeaderName},
};
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha2::Sha256;
use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

/// How long a nonce may be used; afterwards the client is told `stale=true` and tries again without asking its user.
const LIFETIME: Duration = Duration::from_secs(300);
/// Nonces whose use is remembered in one lifetime. Beyond that further ones count as stale, which only costs a round
/// trip.
const MAX_REMEMBERED: usize = 200_000;
/// Octets of the HMAC that go into a nonce.
const MAC_LEN: usize = 12;

/// A digest algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// SHA-256, preferred.
    Sha256,
    /// MD5, for phones that know nothing else.
    Md5,
}

/// H(user:realm:password) by both algorithms, as lower-case hexadecimal digits. One that is empty cannot be used.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Ha1 {
    /// 32 digits.
    pub md5: String,
    /// 64 digits.
    pub sha256: String,
}

/// What a request proves about its sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// This user knows the password.
    Ok {
        /// The user name.
        username: String,
    },
    /// No credentials for our realm: challenge.
    Missing,
    /// The proof is right or not, but its nonce is too old or used up: challenge with `stale`.
    Stale,
    /// Wrong, forged or replayed: challenge anew. Unknown users get the same.
    Bad,
}

/// Makes challenges and checks the answers.
///
/// A nonce is a time and a count under an HMAC, so that a flood of requests costs no memory. Only nonces that were used
/// with a right proof are remembered, with the highest nonce count seen, until they end.
pub struct Authenticator {
    realm: String,
    /// Keyed, to be cloned for each nonce.
    mac: Hmac<Sha256>,
    epoch: Instant,
    count: AtomicU32,
    used: Mutex<Used>,
}

/// Highest nonce count by nonce, in two generations so that forgetting is cheap.
#[derive(Default)]
struct Used {
    generation: u64,
    current: BTreeMap<u64, u32>,
    previous: BTreeMap<u64, u32>,
}

impl Authenticator {
    /// For this realm; `key` must be secret and new at each start, `now` is the zero of its clock.
    pub fn new(realm: String, key: [u8; 32], now: Instant) -> Self {
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).expect("HMAC takes keys of any length");
        Self { realm, mac, epoch: now, count: AtomicU32::new(1), used: Mutex::default() }
    }

    /// The values of two challenge header fields, in the order of preference that RFC 8760 §2.4 asks for.
    pub fn challenge(&self, now: Instant, stale: bool) -> [String; 2] {
        let nonce = self.nonce(now);
        [Algorithm::Sha256, Algorithm::Md5].map(|algorithm| {
            let stale = if stale { ", stale=true" } else { "" };
            let realm = self.realm.replace('\\', "\\\\").replace('"', "\\\"");
            let name = algorithm.as_str();
            format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm={name}, qop=\"auth\"{stale}")
        })
    }

    /// Check the credentials of a request. `lookup` gives a user's secrets.
    pub fn verify(&self, now: Instant, request: &Message, lookup: impl FnOnce(&str) -> Option<Ha1>) -> Verdict {
        let proxy = request.auth(HeaderName::ProxyAuthorization);
        let ours = |auth: &AuthParams<'_>| auth.is_digest() && auth.value("realm").as_deref() == Some(&self.realm);
        let Some(auth) = request.auth(HeaderName::Authorization).chain(proxy).find(ours) else {
            return Verdict::Missing;
        };
        let Some(proof) = Proof::read(&auth) else { return Verdict::Bad };
        let Some((id, issued)) = self.open_nonce(&proof.nonce) else { return Verdict::Bad };
        // The work is the same for a user who does not exist.
        let known = lookup(&proof.username).filter(|known| proof.algorithm.is_stored_in(known));
        let exists = known.is_some();
        let ha1 = known.unwrap_or_else(|| Ha1 { md5: "0".repeat(32), sha256: "0".repeat(64) });
        let method = request.method().map_or("", |m| m.as_str());
        let expected = proof.expected(&ha1, method);
        if !same(expected.as_bytes(), proof.response.to_ascii_lowercase().as_bytes()) || !exists {
            return Verdict::Bad;
        }
        let age = now.saturating_duration_since(self.epoch).saturating_sub(issued);
        if age > LIFETIME {
            return Verdict::Stale;
        }
        match self.use_up(now, id, proof.count) {
            true => Verdict::Ok { username: proof.username },
            false => Verdict::Stale,
        }
    }

    fn nonce(&self, now: Instant) -> String {
        // Wraps after 136 years.
        let seconds = now.saturating_duration_since(self.epoch).as_secs() as u32;
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let mut plain = [0; 8];
        plain[..4].copy_from_slice(&seconds.to_be_bytes());
        plain[4..].copy_from_slice(&count.to_be_bytes());
        let mut nonce = hex::encode(plain);
        nonce.push_str(&hex::encode(self.mac(&plain)));
        nonce
    }

    /// The nonce's id and when it was issued, if it is one of ours.
    fn open_nonce(&self, nonce: &str) -> Option<(u64, Duration)> {
        let bytes: [u8; 8 + MAC_LEN] = hex::decode(nonce).ok()?.try_into().ok()?;
        let (plain, mac) = bytes.split_first_chunk::<8>()?;
        if !same(&self.mac(plain), mac) {
            return None;
        }
        let id = u64::from_be_bytes(*plain);
        Some((id, Duration::from_secs(id >> 32)))
    }

    fn mac(&self, plain: &[u8; 8]) -> [u8; MAC_LEN] {
        let full = self.mac.clone().chain_update(plain).finalize().into_bytes();
        let mut short = [0; MAC_LEN];
        short.copy_from_slice(&full[..MAC_LEN]);
        short
    }

    /// Note that a nonce was used with this count; false when it was used so before (RFC 7616 §3.4.5), or when too
    /// many are remembered.
    fn use_up(&self, now: Instant, id: u64, count: u32) -> bool {
        let generation = now.saturating_duration_since(self.epoch).as_secs() / LIFETIME.as_secs();
        // Only maps are touched under this lock, which cannot panic half-way.
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.generation != generation {
            let old = std::mem::take(&mut used.current);
            used.previous = if generation == used.generation + 1 { old } else { BTreeMap::new() };
            used.generation = generation;
        }
        let highest = used.current.get(&id).or_else(|| used.previous.get(&id)).copied().unwrap_or(0);
        if count <= highest || (used.current.len() >= MAX_REMEMBERED && !used.current.contains_key(&id)) {
            return false;
        }
        used.current.insert(id, count);
        true
    }
}

/// The parts of an Authorization that a proof is made of.
struct Proof {
    username: String,
    algorithm: Algorithm,
    nonce: String,
    uri: String,
    cnonce: String,
    count_text: String,
    count: u32,
    response: String,
}

impl Proof {
    /// `None` when a part is missing, the algorithm was not offered or `qop` is not `auth`.
    fn read(auth: &AuthParams<'_>) -> Option<Self> {
        let text = |name| auth.value(name).map(|v| v.into_owned());
        let algorithm = match auth.value("algorithm") {
            None => Algorithm::Md5,
            Some(name) => Algorithm::from_name(&name)?,
        };
        if auth.value("qop")? != "auth" {
            return None;
        }
        let count_text = text("nc").filter(|nc| nc.len() == 8)?;
        let count = u32::from_str_radix(&count_text, 16).ok()?;
        Some(Self {
            username: text("username")?,
            algorithm,
            nonce: text("nonce")?,
            uri: text("uri")?,
            cnonce: text("cnonce")?,
            count_text,
            count,
            response: text("response")?,
        })
    }

    fn expected(&self, ha1: &Ha1, method: &str) -> String {
        let algorithm = self.algorithm;
        let ha1 = match algorithm {
            Algorithm::Sha256 => &ha1.sha256,
            Algorithm::Md5 => &ha1.md5,
        };
        let ha2 = algorithm.hash(&[method, &self.uri]);
        algorithm.hash(&[ha1, &self.nonce, &self.count_text, &self.cnonce, "auth", &ha2])
    }
}

impl Algorithm {
    /// The token in header fields (RFC 8760 §2.2).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Md5 => "MD5",
        }
    }

    /// The algorithm of this token, without regard to case.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Sha256, Self::Md5].into_iter().find(|a| a.as_str().eq_ignore_ascii_case(name))
    }

    /// Whether this user can be checked by this algorithm: an empty secret is none.
    fn is_stored_in(self, secrets: &Ha1) -> bool {
        match self {
            Self::Sha256 => secrets.sha256.len() == 64,
            Self::Md5 => secrets.md5.len() == 32,
        }
    }

    /// The hash of parts joined by colons, in hexadecimal digits.
    fn hash(self, parts: &[&str]) -> String {
        fn run<D: Digest>(parts: &[&str]) -> String {
            let mut digest = D::new();
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    digest.update(b":");
                }
                digest.update(part.as_bytes());
            }
            hex::encode(digest.finalize())
        }
        match self {
            Self::Sha256 => run::<Sha256>(parts),
            Self::Md5 => run::<Md5>(parts),
        }
    }
}

impl Ha1 {
    /// From a password, which need not be kept afterwards.
    pub fn new(user: &str, realm: &str, password: &str) -> Self {
        let parts = [user, realm, password];
        Self { md5: Algorithm::Md5.hash(&parts), sha256: Algorithm::Sha256.hash(&parts) }
    }
}

impl std::fmt::Debug for Ha1 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ha1(…)")
    }
}

/// Who answers a challenge.
#[derive(Clone, Copy)]
pub struct Login<'a> {
    /// User name.
    pub user: &'a str,
    /// Password.
    pub password: &'a str,
    /// What takes the place of the password.
    pub ha1: Option<&'a Ha1>,
    /// Client nonce: new and unguessable for each answer.
    pub cnonce: &'a str,
    /// How often this nonce has been answered, this time included: from 1.
    pub count: u32,
}

/// The value of an Authorization header field that answers a challenge; `None` when the challenge is no digest, or one
/// by an algorithm or a quality of protection that we do not know (try the next one).
pub fn answer(challenge: &AuthParams<'_>, method: &str, uri: &str, login: &Login<'_>) -> Option<String> {
    let algorithm = match challenge.value("algorithm") {
        None => Algorithm::Md5,
        Some(name) => Algorithm::from_name(&name)?,
    };
    let (realm, nonce) = (challenge.value("realm")?, challenge.value("nonce")?);
    if !challenge.is_digest() {
        return None;
    }
    let Login { user, password, ha1, cnonce, count } = *login;
    let ha1 = match ha1 {
        Some(known) if !algorithm.is_stored_in(known) => return None,
        Some(Ha1 { md5, sha256 }) => String::from(if algorithm == Algorithm::Md5 { md5 } else { sha256 }),
        None => algorithm.hash(&[user, &realm, password]),
    };
    let ha2 = algorithm.hash(&[method, uri]);
    let count = format!("{count:08x}");
    let qop = challenge.value("qop");
    let response = match &qop {
        Some(offered) if offered.split(',').any(|q| q.trim() == "auth") => {
            algorithm.hash(&[&ha1, &nonce, &count, cnonce, "auth", &ha2])
        }
        Some(_) => return None,
        None => algorithm.hash(&[&ha1, &nonce, &ha2]),
    };
    let name = algorithm.as_str();
    let mut value = format!(
        "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{response}\", \
         algorithm={name}"
    );
    // Writing to a String cannot fail.
    if qop.is_some() {
        let _ = write!(value, ", qop=auth, nc={count}, cnonce=\"{cnonce}\"");
    }
    if let Some(opaque) = challenge.value("opaque") {
        let _ = write!(value, ", opaque=\"{opaque}\"");
    }
    Some(value)
}

/// Equality in a time that does not tell where the first difference is.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |diff, (a, b)| diff | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Framing, Limits};
    use bytes::Bytes;

    const URI: &str = "sip:example.com";

    #[expect(clippy::disallowed_methods, reason = "any instant will do as a base")]
    fn now() -> Instant {
        Instant::now()
    }

    fn request(authorization: &str) -> Message {
        let text = format!(
            "REGISTER {URI} SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:100@example.com>;tag=1\r\n\
             To: <sip:100@example.com>\r\nCall-ID: a\r\nCSeq: 1 REGISTER\r\n{authorization}Content-Length: 0\r\n\r\n"
        );
        Message::parse(Bytes::from(text), Framing::Datagram, &Limits::default()).unwrap()
    }

    fn answered(challenge: &str, password: &str, count: u32) -> Message {
        let challenge = AuthParams::parse(challenge.as_bytes()).unwrap();
        let login = Login { user: "100", password, ha1: None, cnonce: "xyz", count };
        request(&format!("Authorization: {}\r\n", answer(&challenge, "REGISTER", URI, &login).unwrap()))
    }

    fn secrets(user: &str) -> Option<Ha1> {
        (user == "100").then(|| Ha1::new("100", "jackfield", "secret"))
    }

    #[test]
    fn both_algorithms_are_offered_the_better_first_and_both_are_taken() {
        let start = now();
        let server = Authenticator::new("jackfield".into(), [7; 32], start);
        let challenges = server.challenge(start, false);
        assert!(challenges[0].contains("SHA-256") && challenges[1].contains("MD5"));
        assert_eq!(server.verify(start, &request(""), secrets), Verdict::Missing);
        for (count, challenge) in challenges.iter().enumerate() {
            let good = answered(challenge, "secret", count as u32 + 1);
            assert_eq!(server.verify(start, &good, secrets), Verdict::Ok { username: "100".into() });
            assert_eq!(server.verify(start, &good, secrets), Verdict::Stale, "replayed");
            assert_eq!(server.verify(start, &answered(challenge, "guess", 9), secrets), Verdict::Bad);
            assert_eq!(server.verify(start, &answered(challenge, "secret", 9), |_| None), Verdict::Bad, "unknown user");
        }
    }

    #[test]
    fn a_secret_that_is_not_stored_lets_nobody_in() {
        let start = now();
        let server = Authenticator::new("jackfield".into(), [7; 32], start);
        let [_, md5] = server.challenge(start, false);
        let challenge = AuthParams::parse(md5.as_bytes()).unwrap();
        let nonce = challenge.value("nonce").unwrap();
        let ha2 = Algorithm::Md5.hash(&["REGISTER", URI]);
        let forged = Algorithm::Md5.hash(&["", &nonce, "00000001", "xyz", "auth", &ha2]);
        let request = request(&format!(
            "Authorization: Digest username=\"100\", realm=\"jackfield\", nonce=\"{nonce}\", uri=\"{URI}\", \
             response=\"{forged}\", algorithm=MD5, qop=auth, nc=00000001, cnonce=\"xyz\"\r\n"
        ));
        let only_sha256 = Ha1 { md5: String::new(), ..secrets("100").unwrap() };
        assert_eq!(server.verify(start, &request, |_| Some(only_sha256)), Verdict::Bad);
    }

    #[test]
    fn old_nonces_are_stale_and_forged_ones_bad() {
        let start = now();
        let server = Authenticator::new("jackfield".into(), [7; 32], start);
        let [challenge, _] = server.challenge(start, false);
        let later = start + LIFETIME + Duration::from_secs(1);
        assert_eq!(server.verify(later, &answered(&challenge, "secret", 1), secrets), Verdict::Stale);
        assert!(server.challenge(later, true)[0].contains("stale=true"));
        let other = Authenticator::new("jackfield".into(), [8; 32], start);
        let [foreign, _] = other.challenge(start, false);
        assert_eq!(server.verify(start, &answered(&foreign, "secret", 1), secrets), Verdict::Bad);
    }

    #[test]
    fn the_example_of_rfc_7616_comes_out_right() {
        // RFC 7616 §3.9.1, both algorithms.
        for (algorithm, expected) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let challenge = format!(
                "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, \
                 nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
            );
            let challenge = AuthParams::parse(challenge.as_bytes()).unwrap();
            let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
            let login = Login { user: "Mufasa", password: "Circle of Life", ha1: None, cnonce, count: 1 };
            let value = answer(&challenge, "GET", "/dir/index.html", &login).unwrap();
            assert!(value.contains(expected), "{value}");
        }
    }
}
