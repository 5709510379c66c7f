//! Path (RFC 3327): the proxies that stand between a phone and the house, and that requests to it must pass.
//!
//! No name in it is ever looked up: the next hop is the flow that the REGISTER came by, which is that of the last proxy.

use super::refused;
use jackfield_sip::{HeaderName, Message, NameAddr, Reply, Uri};
use std::{net::SocketAddr, sync::Arc};

/// Proxies on the way to one phone.
const MOST_VALUES: usize = 8;
/// Bytes of all of them together.
const MOST_BYTES: usize = 1_024;

/// The proxies on the way to a phone, the nearest to the house first; none for most phones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Path(Arc<[String]>);

impl Path {
    /// The Path of a REGISTER. It counts when the phone or a proxy says that it knows what it is, which is the policy that
    /// RFC 3327 §5.3 leaves to the registrar: otherwise it is passed over and the phone is called without it. Outbound
    /// cannot do without Path, so who knows the one knows the other (RFC 5626 §4.2.1).
    ///
    /// # Errors
    /// 400 for one that cannot be read, or is longer than is kept.
    pub(super) fn read(request: &Message) -> Result<Self, Reply> {
        if !["path", "outbound"].iter().any(|tag| super::wish::knows(request, tag)) {
            return Ok(Self::default());
        }
        let values: Vec<&[u8]> = request.values(HeaderName::Path).take(MOST_VALUES + 1).collect();
        if values.len() > MOST_VALUES || values.iter().map(|value| value.len()).sum::<usize>() > MOST_BYTES {
            return Err(refused(400, "Path Too Long"));
        }
        let read: Option<Vec<String>> = values.into_iter().map(route).collect();
        read.map(|values| Self(values.into())).ok_or_else(|| refused(400, "Malformed Path"))
    }

    /// The values as the answer repeats them.
    pub(super) fn values(&self) -> &[String] {
        &self.0
    }

    /// Whether the proxy that the phone itself talks to keeps its flow open (RFC 5626 §5.1): it was the first to add a
    /// value, so its own is the last.
    pub(super) fn keeps_flow(&self) -> bool {
        self.0.last().and_then(|value| uri(value)).is_some_and(|uri| uri.params().has("ob"))
    }

    /// Request-URI and Route of a request to this contact (RFC 3327 §5.4). A first proxy without `lr` is a strict router:
    /// it wants to stand in the Request-URI itself, and the contact at the end (RFC 3261 §12.2.1.1, §16.12.1.2).
    pub(super) fn towards(&self, contact: &str) -> (String, Arc<[String]>) {
        match self.0.first().and_then(|value| uri(value)).filter(|first| !first.params().has("lr")) {
            None => (contact.to_owned(), Arc::clone(&self.0)),
            Some(strict) => {
                let rest = self.0.iter().skip(1).cloned();
                let route = rest.chain([format!("<{contact}>")]).collect();
                (String::from_utf8_lossy(strict.as_bytes()).into_owned(), route)
            }
        }
    }

    /// The address of the proxy next to the house, if it is written as one.
    pub(super) fn next_hop(&self) -> Option<SocketAddr> {
        uri(self.0.first()?)?.socket_addr()
    }

    /// Whether there is no proxy on the way.
    pub(super) fn is_direct(&self) -> bool {
        self.0.is_empty()
    }
}

/// A value as it can stand in a Route: a SIP URI in angle brackets, without header fields in it.
fn route(value: &[u8]) -> Option<String> {
    let parsed = NameAddr::parse(value)?;
    let uri = parsed.uri().filter(|uri| uri.is_sip() && uri.headers().is_empty())?;
    let brackets = value.contains(&b'<');
    let written = [b"<", uri.as_bytes(), b">", parsed.params.as_bytes()].concat();
    brackets.then(|| jackfield_sip::headers::text(&written).into_owned())
}

fn uri(value: &str) -> Option<Uri<'_>> {
    NameAddr::parse(value.as_bytes())?.uri()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(values: &[&str]) -> Path {
        Path(values.iter().map(|value| route(value.as_bytes()).expect("a route")).collect())
    }

    #[test]
    fn the_first_proxy_decides_whether_the_route_is_loose_or_strict() {
        let direct = path(&[]);
        assert_eq!(direct.towards("sip:100@192.0.2.9"), ("sip:100@192.0.2.9".into(), Arc::from([])));
        let loose = path(&["<sip:p1.example;lr>", "<sip:p2.example;lr;ob>"]);
        let (target, route) = loose.towards("sip:100@192.0.2.9;ob");
        assert_eq!((target.as_str(), &*route), ("sip:100@192.0.2.9;ob", loose.values()));
        let strict = path(&["\"Edge\" <sip:p1.example;x=1>", "<sip:p2.example;lr>;y=2"]);
        let (target, route) = strict.towards("sip:100@192.0.2.9");
        assert_eq!(target, "sip:p1.example;x=1");
        assert_eq!(&*route, ["<sip:p2.example;lr>;y=2", "<sip:100@192.0.2.9>"]);
    }

    #[test]
    fn the_last_proxy_says_whether_it_keeps_the_flow() {
        assert!(path(&["<sip:p1.example;lr>", "<sip:p2.example;lr;ob>"]).keeps_flow());
        assert!(!path(&["<sip:p1.example;lr;ob>", "<sip:p2.example;lr>"]).keeps_flow());
        assert!(!path(&["<sip:p1.example;lr>;ob"]).keeps_flow() && !Path::default().keeps_flow());
    }

    #[test]
    fn what_is_no_route_is_malformed() {
        for bad in
            ["", "sip:p.example;lr", "<tel:+33>", "<sip:p.example?Route=x>", "<sip:>", "<sip:p;lr> junk", "<sip:p"]
        {
            assert_eq!(route(bad.as_bytes()), None, "{bad}");
        }
    }
}
