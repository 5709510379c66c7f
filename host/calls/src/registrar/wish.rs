//! What a REGISTER asks for, read and checked before anything is changed.

use super::{Limits, gruu::Gruu, path::Path, refused, status};
use jackfield_sip::{HeaderName, Message, NameAddr, Reply, Uri};
use std::time::Duration;

/// Contacts that one REGISTER may name.
const MAX_PER_REQUEST: usize = 16;
/// Longest contact URI kept, in bytes.
const MAX_CONTACT: usize = 512;
/// Longest instance kept, in bytes; a UUID has 45.
const MAX_INSTANCE: usize = 128;
/// The largest reg-id (RFC 5626 §4.2).
const MAX_REG_ID: u32 = (1 << 31) - 1;

/// What one REGISTER asks.
pub(super) struct Asked {
    /// The contacts; `None` for `Contact: *` (RFC 3261 §10.2.2).
    pub(super) wishes: Option<Vec<Wish>>,
    /// The proxies that it came through.
    pub(super) path: Path,
    /// What GRUUs are to be made of, if the phone knows what they are.
    pub(super) gruu: Option<Gruu>,
    /// No proxy has passed it on.
    pub(super) is_direct: bool,
}

/// What it asks of one contact.
pub(super) struct Wish {
    pub(super) contact: String,
    /// Nothing removes it.
    pub(super) expires: Duration,
    /// Which phone it is, whatever its address (RFC 5626 §4.1).
    pub(super) instance: Option<String>,
    /// Which of its flows this is; only with an instance, and with both sides knowing outbound.
    pub(super) reg_id: Option<u32>,
}

/// Whether the sender, or a proxy on the way, knows an extension.
pub(super) fn knows(request: &Message, tag: &str) -> bool {
    request.lists(HeaderName::Supported, tag) || request.lists(HeaderName::Require, tag)
}

impl Asked {
    /// Read a REGISTER.
    ///
    /// # Errors
    /// The answer: 400 for what cannot be read or must not stand together, 403 for a contact that leads back to the house,
    /// 423 for too short a time, 439 when the phone counts on a flow that the first proxy does not keep (RFC 5626 §6).
    pub(super) fn read(request: &Message, secure: bool, limits: &Limits) -> Result<Self, Reply> {
        let path = Path::read(request)?;
        let is_direct = request.values(HeaderName::Via).nth(1).is_none();
        let aor = request.to().and_then(|to| to.uri());
        let gruu = aor.filter(|_| knows(request, "gruu")).and_then(|aor| Gruu::at(&aor));
        let header = request.expires().map(|seconds| Duration::from_secs(seconds.into()));
        let values: Vec<&[u8]> = request.values(HeaderName::Contact).take(MAX_PER_REQUEST + 1).collect();
        if values.len() > MAX_PER_REQUEST {
            return Err(status(400));
        }
        if values.contains(&&b"*"[..]) {
            let alone = values.len() == 1 && header == Some(Duration::ZERO);
            return if alone { Ok(Self { wishes: None, path, gruu, is_direct }) } else { Err(status(400)) };
        }
        let outbound = knows(request, "outbound");
        let read = |value| Wish::read(value, header, aor.as_ref(), secure, outbound, limits);
        let wishes = values.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        if wishes.iter().any(|wish| wish.reg_id.is_some()) {
            // One flow is one contact (RFC 5626 §4.2.1, §6).
            if wishes.iter().filter(|wish| !wish.expires.is_zero()).count() > 1 {
                return Err(refused(400, "Several Contacts With reg-id"));
            }
            if !is_direct && !path.keeps_flow() {
                return Err(status(439));
            }
        }
        Ok(Self { wishes: Some(wishes), path, gruu, is_direct })
    }

    /// Whether it registers a flow of its own (RFC 5626 §6).
    pub(super) fn uses_outbound(&self) -> bool {
        self.wishes.iter().flatten().any(|wish| wish.reg_id.is_some())
    }
}

impl Wish {
    fn read(
        value: &[u8],
        header: Option<Duration>,
        aor: Option<&Uri<'_>>,
        secure: bool,
        outbound: bool,
        limits: &Limits,
    ) -> Result<Self, Reply> {
        let contact = NameAddr::parse(value).ok_or_else(|| status(400))?;
        let uri = std::str::from_utf8(contact.uri_bytes()).ok().filter(|uri| uri.len() <= MAX_CONTACT);
        let parsed = contact.uri().ok_or_else(|| status(400))?;
        let uri = uri.ok_or_else(|| status(400))?;
        // Calls take the way that the REGISTER came: they could not keep what the URI promises.
        if parsed.is_sips() && !secure {
            return Err(refused(400, "SIPS Contact By An Insecure Way"));
        }
        let own = contact.params.value("expires").and_then(|e| e.parse().ok()).map(Duration::from_secs);
        let expires = own.or(header).unwrap_or(limits.default).min(limits.longest);
        if !expires.is_zero() && expires < limits.shortest {
            let headers = vec![("Min-Expires".into(), limits.shortest.as_secs().to_string())];
            return Err(Reply { status: 423, headers, ..Reply::default() });
        }
        let instance = contact.params.value("+sip.instance").and_then(|value| instance(&value));
        if instance.is_some() && aor.is_some_and(|aor| leads_back(&parsed, aor)) {
            return Err(refused(403, "Contact Leads Back"));
        }
        let reg_id = match contact.params.find("reg-id").filter(|_| outbound && instance.is_some()) {
            Some(value) => Some(value.and_then(reg_id).ok_or_else(|| refused(400, "Malformed reg-id"))?),
            None => None,
        };
        Ok(Self { contact: uri.to_owned(), expires, instance, reg_id })
    }
}

/// The URN in a `+sip.instance`. One that is malformed counts as none: the phone can be called all the same.
fn instance(value: &str) -> Option<String> {
    let urn = value.trim().strip_prefix('<')?.strip_suffix('>')?;
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\;,?".contains(&byte);
    let is_urn = urn.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("urn:"));
    (is_urn && urn.len() <= MAX_INSTANCE && urn.bytes().all(plain)).then(|| urn.to_owned())
}

fn reg_id(digits: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
    digits.parse().ok().filter(|id| (1..=MAX_REG_ID).contains(id))
}

/// Whether a contact is the address of record itself or a GRUU of it: a request to it would come back to the house for ever
/// (RFC 5627 §5.1).
fn leads_back(contact: &Uri<'_>, aor: &Uri<'_>) -> bool {
    let at_home = match (contact.host(), aor.host()) {
        (Some(host), Some(home)) => host.same_as(&home) && contact.port() == aor.port(),
        _ => false,
    };
    contact.equivalent(aor) || (at_home && contact.gr().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_a_short_urn_in_brackets() {
        let uuid = "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
        assert_eq!(instance(&format!("<{uuid}>")).as_deref(), Some(uuid));
        assert!(instance("<URN:IMEI:90420156-025763-0>").is_some());
        let huge = format!("<urn:x:{}>", "y".repeat(MAX_INSTANCE));
        for bad in [uuid, "", "<>", "<uuid:1>", "<urn:a b>", "<urn:a\r\nVia: x>", "<urn:a;b>", "<urn:é>", "<é>", &huge]
        {
            assert_eq!(instance(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_reg_id_is_a_small_number_from_one_on() {
        assert_eq!((reg_id(b"1"), reg_id(b"2147483647")), (Some(1), Some(MAX_REG_ID)));
        for bad in [&b"0"[..], b"", b"-1", b"+1", b"2147483648", b"99999999999999999999", b"1x", b"\xff"] {
            assert_eq!(reg_id(bad), None, "{}", String::from_utf8_lossy(bad));
        }
    }
}
