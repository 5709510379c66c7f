//! GRUU (RFC 5627): an address that reaches one phone of an extension and no other.
//!
//! The public one says whose it is: `sip:100@host;gr=urn:uuid:…`. A temporary one does not: its user part is the number of
//! a registration, hidden and authenticated under keys of this process (after RFC 5627 appendix A.2). Two of them cannot be
//! told to belong together, and nothing is kept of those that were handed out.

use crate::dial::user_part;
use hmac::{Hmac, KeyInit, Mac};
use jackfield_sip::Uri;
use sha2::Sha256;

/// What the user part of a temporary GRUU begins with.
const TEMPORARY: &str = "tgruu.";
/// Bytes of the number that stands in the clear, of the hidden one, and of the proof.
const PARTS: (usize, usize, usize) = (8, 8, 10);

/// Whom a URI of the house names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Addressee {
    /// A number, whatever it leads to.
    Number(String),
    /// This phone of an extension alone.
    Phone {
        /// The extension.
        number: String,
        /// The phone's `+sip.instance`.
        instance: String,
    },
}

/// What the GRUUs of one registration are made of.
#[derive(Clone, Debug)]
pub(super) struct Gruu {
    /// `sip` or `sips`, as in the phone's own address of record.
    pub(super) scheme: &'static str,
    /// Host and port of that address.
    pub(super) host: String,
    /// The number that temporary ones hide: theirs for as long as the phone stays registered without a restart.
    pub(super) id: u64,
}

/// What temporary GRUUs are sealed with.
pub(super) struct Seal {
    hide: [u8; 32],
    prove: [u8; 32],
}

impl Addressee {
    /// The number.
    pub(crate) fn number(&self) -> &str {
        match self {
            Self::Number(number) | Self::Phone { number, .. } => number,
        }
    }

    /// The phone as a target to ring, for [`of_target`]; nothing when all phones are meant.
    pub(crate) fn target(&self) -> Option<String> {
        match self {
            Self::Number(_) => None,
            Self::Phone { number, instance } => Some(format!("ext:{number};gr={instance}")),
        }
    }
}

/// The number of a target to ring, and the one phone of it that is meant.
pub(crate) fn of_target(to: &str) -> (&str, Option<&str>) {
    let number = to.strip_prefix("ext:").unwrap_or(to);
    number.split_once(";gr=").map_or((number, None), |(number, instance)| (number, Some(instance)))
}

/// The same phone. Instances are URNs, nearly always UUIDs, whose digits may be written either way (RFC 4122 §3).
pub(super) fn same_instance(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

impl Gruu {
    /// For a phone whose address of record this is.
    pub(super) fn at(aor: &Uri<'_>) -> Option<Self> {
        let port = aor.port().map(|port| format!(":{port}")).unwrap_or_default();
        let host = format!("{}{port}", aor.host()?);
        Some(Self { scheme: if aor.is_sips() { "sips" } else { "sip" }, host, id: rand::random() })
    }

    /// The public one: the same for as long as the phone keeps its instance.
    pub(super) fn public(&self, number: &str, instance: &str) -> String {
        let Self { scheme, host, .. } = self;
        format!("{scheme}:{}@{host};gr={}", user_part(number), escaped(instance))
    }

    /// A temporary one, new at each call.
    pub(super) fn temporary(&self, seal: &Seal) -> String {
        let Self { scheme, host, id } = self;
        format!("{scheme}:{}@{host};gr", seal.close(rand::random(), *id))
    }
}

impl Seal {
    /// With keys made of a secret of this process.
    pub(super) fn new(secret: &[u8; 32]) -> Self {
        Self { hide: digest(secret, &[b"temporary GRUU, hidden"]), prove: digest(secret, &[b"temporary GRUU, proven"]) }
    }

    /// The user part that hides `id`; `salt` must not come twice.
    fn close(&self, salt: u64, id: u64) -> String {
        let salt = salt.to_be_bytes();
        let hidden = (id ^ self.mask(&salt)).to_be_bytes();
        let proof = digest(&self.prove, &[&salt, &hidden]);
        format!("{TEMPORARY}{}{}{}", hex::encode(salt), hex::encode(hidden), hex::encode(&proof[..PARTS.2]))
    }

    /// What a user part hides; nothing when it was not made here.
    pub(super) fn open(&self, user: &str) -> Option<u64> {
        let digits = user.strip_prefix(TEMPORARY)?;
        let mut sealed = [0; PARTS.0 + PARTS.1 + PARTS.2];
        hex::decode_to_slice(digits, &mut sealed).ok()?;
        let (salt, rest) = sealed.split_at(PARTS.0);
        let (hidden, proof) = rest.split_at(PARTS.1);
        mac(&self.prove, &[salt, hidden]).verify_truncated_left(proof).ok()?;
        let hidden = hidden.try_into().map(u64::from_be_bytes).ok()?;
        Some(hidden ^ self.mask(salt))
    }

    fn mask(&self, salt: &[u8]) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = digest(&self.hide, &[salt]);
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

fn mac(key: &[u8; 32], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac
}

fn digest(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    mac(key, parts).finalize().into_bytes().into()
}

/// As the value of a URI parameter (RFC 3261 §25.1 `paramchar`).
fn escaped(instance: &str) -> String {
    let mut value = String::with_capacity(instance.len());
    for byte in instance.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()[]/:&+$".contains(&byte) {
            value.push(char::from(byte));
        } else {
            value.push_str(&format!("%{byte:02X}"));
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_gruu_opens_here_and_nowhere_else() {
        let (seal, other) = (Seal::new(&[7; 32]), Seal::new(&[8; 32]));
        let (one, two) = (seal.close(1, 0x1234), seal.close(2, 0x1234));
        assert_eq!((seal.open(&one), seal.open(&two)), (Some(0x1234), Some(0x1234)));
        assert_eq!(one.len(), TEMPORARY.len() + 52);
        // Nothing of what they hide is seen in both.
        let digits = |gruu: &str| gruu.as_bytes()[TEMPORARY.len()..].chunks(4).map(Vec::from).collect::<Vec<_>>();
        assert!(digits(&one).iter().zip(&digits(&two)).skip(4).all(|(a, b)| a != b));
        assert_eq!(other.open(&one), None);
    }

    #[test]
    fn a_changed_temporary_gruu_does_not_open() {
        let seal = Seal::new(&[7; 32]);
        let good = seal.close(99, 5);
        for at in TEMPORARY.len()..good.len() {
            let mut forged = good.clone().into_bytes();
            forged[at] = if forged[at] == b'0' { b'1' } else { b'0' };
            assert_eq!(seal.open(&String::from_utf8(forged).expect("ASCII")), None, "digit {at}");
        }
        for bad in
            ["", "tgruu.", "100", "tgruu.zz", &good[..good.len() - 2], &format!("{good}00"), &"tgruu.é".repeat(9)]
        {
            assert_eq!(seal.open(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_public_gruu_names_extension_and_phone_whatever_stands_in_them() {
        let gruu = Gruu::at(&Uri::parse(b"sips:*72#@[2001:db8::1]:5071;x").expect("a URI")).expect("a host");
        let public = gruu.public("*72#", "urn:x:a=b@c");
        assert_eq!(public, "sips:*72%23@[2001:db8::1]:5071;gr=urn:x:a%3Db%40c");
        let read = Uri::parse(public.as_bytes()).expect("a URI");
        assert_eq!((read.user().as_deref(), read.gr().as_deref()), (Some("*72#"), Some("urn:x:a=b@c")));
    }

    #[test]
    fn a_target_may_mean_one_phone() {
        let phone = Addressee::Phone { number: "100".into(), instance: "urn:uuid:1".into() };
        assert_eq!(of_target(&phone.target().expect("a target")), ("100", Some("urn:uuid:1")));
        assert_eq!((of_target("ext:100"), of_target("100")), (("100", None), ("100", None)));
    }
}
