//! Replaces and Join: naming a dialog in a request outside it (RFC 3891, RFC 3911).

use super::{Params, trim};

/// A dialog named by its three identifiers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaces {
    /// Call-ID.
    pub call_id: Box<[u8]>,
    /// The tag of the party that is asked.
    pub to_tag: Box<[u8]>,
    /// The tag of its peer.
    pub from_tag: Box<[u8]>,
    /// Only as long as nobody has answered (RFC 3891 §6.1).
    pub early_only: bool,
}

impl Replaces {
    /// Read a Replaces or Join value; `None` unless it has a Call-ID and both tags.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let value = trim(value);
        let end = memchr::memchr(b';', value)?;
        let (call_id, params) = (trim(&value[..end]), Params(&value[end..]));
        let tag = |name| params.find(name).flatten().filter(|tag| !tag.is_empty()).map(Box::from);
        (!call_id.is_empty()).then_some(Self {
            call_id: call_id.into(),
            to_tag: tag("to-tag")?,
            from_tag: tag("from-tag")?,
            early_only: params.has("early-only"),
        })
    }

    /// The Replaces among the header fields of a URI, as in Refer-To (RFC 3891 §3, escaped by RFC 3261 §19.1.1).
    pub fn of_uri_headers(headers: &[u8]) -> Option<Self> {
        let mut fields = headers.split(|&byte| byte == b'&').filter_map(|field| {
            let equals = memchr::memchr(b'=', field)?;
            Some((&field[..equals], &field[equals + 1..]))
        });
        let (_, value) = fields.find(|(name, _)| name.eq_ignore_ascii_case(b"Replaces"))?;
        Self::parse(&unescape(value))
    }
}

/// Undo `%HH`; a stray percent sign stays.
fn unescape(text: &[u8]) -> Vec<u8> {
    let digit = |at: usize| text.get(at).and_then(|&byte| char::from(byte).to_digit(16)).map(|digit| digit as u8);
    let mut plain = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                plain.push(high << 4 | low);
                at += 3;
            }
            _ => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dialog_is_named_by_call_id_and_both_tags() {
        let replaces =
            Replaces::parse(b" 98732@sip.example.com ; from-tag=r33th4x0r;to-tag=ff87ff;early-only").unwrap();
        assert_eq!((&*replaces.call_id, replaces.early_only), (&b"98732@sip.example.com"[..], true));
        assert_eq!((&*replaces.to_tag, &*replaces.from_tag), (&b"ff87ff"[..], &b"r33th4x0r"[..]));
        for bad in [&b""[..], b"id", b"id;to-tag=1", b";to-tag=1;from-tag=2", b"id;to-tag=;from-tag=2"] {
            assert_eq!(Replaces::parse(bad), None, "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn a_uri_carries_it_escaped() {
        let headers = b"Subject=x&replaces=425928%40bobster.example.org%3Bto-tag%3D7743%3Bfrom-tag%3D6472";
        let replaces = Replaces::of_uri_headers(headers).unwrap();
        assert_eq!(&*replaces.call_id, b"425928@bobster.example.org");
        assert_eq!((&*replaces.to_tag, &*replaces.from_tag), (&b"7743"[..], &b"6472"[..]));
        assert_eq!(Replaces::of_uri_headers(b"Replaces=%"), None);
        assert_eq!(unescape(b"100%"), b"100%");
    }
}
