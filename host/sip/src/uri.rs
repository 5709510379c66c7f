//! URIs: SIP and SIPS in full, every other scheme as an opaque string (RFC 3261 §19.1, RFC 3966).

use crate::{
    Transport,
    headers::{Params, is_lws, number},
};
use std::{
    borrow::Cow,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

/// A URI, borrowed from where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uri<'a> {
    bytes: &'a [u8],
    scheme: &'a str,
    user: Option<&'a [u8]>,
    password: Option<&'a [u8]>,
    host: Option<Host<'a>>,
    port: Option<u16>,
    params: &'a [u8],
    headers: &'a [u8],
}

/// The host of a SIP URI or a Via.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host<'a> {
    /// A domain name; compare without regard to case.
    Name(&'a str),
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 address, written in square brackets.
    V6(Ipv6Addr),
}

impl Host<'_> {
    /// The address if it is one.
    pub fn ip(&self) -> Option<IpAddr> {
        match *self {
            Self::Name(_) => None,
            Self::V4(ip) => Some(ip.into()),
            Self::V6(ip) => Some(ip.into()),
        }
    }

    /// The same host: names without regard to case (RFC 3261 §19.1.4).
    pub fn same_as(&self, other: &Host<'_>) -> bool {
        match (self, other) {
            (Self::Name(a), Host::Name(b)) => a.eq_ignore_ascii_case(b),
            _ => self.ip() == other.ip() && self.ip().is_some(),
        }
    }
}

impl std::fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::V4(ip) => ip.fmt(f),
            Self::V6(ip) => write!(f, "[{ip}]"),
        }
    }
}

impl<'a> Uri<'a> {
    /// Read a URI; `None` without a scheme, with white space or control characters in it, or, for `sip:` and `sips:`,
    /// with a malformed host or port. The user part may hold any other character (`*72#100` is dialled in the field).
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        if bytes.iter().any(|&byte| is_lws(byte) || byte.is_ascii_control() || matches!(byte, b'<' | b'>')) {
            return None;
        }
        let colon = memchr::memchr(b':', bytes)?;
        let scheme = std::str::from_utf8(&bytes[..colon]).ok()?;
        let is_scheme_char = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        if !scheme.starts_with(|first: char| first.is_ascii_alphabetic()) || !scheme.bytes().all(is_scheme_char) {
            return None;
        }
        let rest = &bytes[colon + 1..];
        let mut uri =
            Self { bytes, scheme, user: None, password: None, host: None, port: None, params: b"", headers: b"" };
        if uri.is_sip() {
            uri.split_sip(rest)?;
        } else if uri.is_tel() {
            let end = memchr::memchr(b';', rest).unwrap_or(rest.len());
            uri.user = Some(&rest[..end]).filter(|number| !number.is_empty());
            uri.user?;
            uri.params = &rest[end..];
        } else if rest.is_empty() {
            return None;
        }
        Some(uri)
    }

    fn split_sip(&mut self, rest: &'a [u8]) -> Option<()> {
        let host_part = match memchr::memchr(b'@', rest) {
            Some(0) => return None,
            Some(at) => {
                let userinfo = &rest[..at];
                let end = memchr::memchr(b':', userinfo).unwrap_or(at);
                self.user = Some(&userinfo[..end]).filter(|user| !user.is_empty());
                self.user?;
                self.password = userinfo.get(end + 1..);
                &rest[at + 1..]
            }
            None => rest,
        };
        let question = memchr::memchr(b'?', host_part).unwrap_or(host_part.len());
        self.headers = host_part.get(question + 1..).unwrap_or(b"");
        let host_part = &host_part[..question];
        let semicolon = memchr::memchr(b';', host_part).unwrap_or(host_part.len());
        self.params = &host_part[semicolon..];
        let (host, port) = parse_host_port(&host_part[..semicolon])?;
        (self.host, self.port) = (Some(host), port);
        Some(())
    }

    /// The bytes as they stand.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The scheme as sent; compare without regard to case.
    pub fn scheme(&self) -> &'a str {
        self.scheme
    }

    /// Whether it is a `sip:` or `sips:` URI.
    pub fn is_sip(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("sip") || self.scheme.eq_ignore_ascii_case("sips")
    }

    /// Whether it is a `tel:` URI.
    pub fn is_tel(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("tel")
    }

    /// The user part with escapes resolved, without password; the number of a `tel:` URI.
    pub fn user(&self) -> Option<Cow<'a, str>> {
        self.user.map(unescape)
    }

    /// The user part as it stands.
    pub fn user_bytes(&self) -> Option<&'a [u8]> {
        self.user
    }

    /// The host of a SIP URI; `None` for other schemes.
    pub fn host(&self) -> Option<Host<'a>> {
        self.host
    }

    /// The port, if one is written.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Parameters of the URI, such as `transport`, `lr`, `user`.
    pub fn params(&self) -> Params<'a> {
        Params(self.params)
    }

    /// The `gr` parameter, escapes resolved, by which a URI is a GRUU (RFC 5627 §4.1): empty where it bears no value, as in a
    /// temporary one.
    pub fn gr(&self) -> Option<Cow<'a, str>> {
        self.params().find("gr").map(|value| value.map_or(Cow::Borrowed(""), unescape))
    }

    /// What follows the question mark, without it.
    pub fn headers(&self) -> &'a [u8] {
        self.headers
    }

    /// Whether it is a `sips:` URI: every hop to its host is to be secured (RFC 3261 §26.2.2).
    pub fn is_sips(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("sips")
    }

    /// The transport protocol that it asks for, UDP (or, for `sips:`, TLS) where it does not say (RFC 3261 §19.1.1,
    /// §26.2.2; RFC 3263 §4.1; RFC 7118 §5.2.3). `None` for one that is not known, and for `sips:` one that cannot be
    /// secured.
    pub fn transport(&self) -> Option<Transport> {
        let named = self.params().value("transport").map(|name| Transport::from_name(&name));
        match (self.is_sips(), named) {
            (false, None) => Some(Transport::Udp),
            (false, Some(transport)) => transport,
            (true, None) => Some(Transport::Tls),
            (true, Some(transport)) => match transport? {
                Transport::Tcp | Transport::Tls => Some(Transport::Tls),
                Transport::Ws | Transport::Wss => Some(Transport::Wss),
                Transport::Udp => None,
            },
        }
    }

    /// Address and port if the host is an address; if no port is written, 5061 for TLS and 5060 for all else.
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        let usual = if self.transport() == Some(Transport::Tls) { 5061 } else { 5060 };
        Some(SocketAddr::new(self.host?.ip()?, self.port.unwrap_or(usual)))
    }

    /// Equivalent in the sense of RFC 3261 §19.1.4: escapes resolved, host and scheme without regard to case, the
    /// order of parameters of no matter. Other schemes are equal byte for byte.
    pub fn equivalent(&self, other: &Uri<'_>) -> bool {
        if self.bytes == other.bytes {
            return true;
        }
        if !self.scheme.eq_ignore_ascii_case(other.scheme) {
            return false;
        }
        let (Some(host), Some(other_host)) = (self.host, other.host) else { return false };
        self.user() == other.user()
            && self.password.map(unescape) == other.password.map(unescape)
            && host.same_as(&other_host)
            && self.port == other.port
            && params_match(self.params(), other.params())
            && params_match(other.params(), self.params())
            && headers_match(self.headers, other.headers)
    }
}

/// A parameter in both must agree; one of the named few in only one makes the URIs different.
fn params_match(ours: Params<'_>, theirs: Params<'_>) -> bool {
    ours.iter().all(|(name, value)| {
        let Ok(name) = std::str::from_utf8(name) else { return false };
        match theirs.find(name) {
            Some(other) => match (value.map(unescape), other.map(unescape)) {
                (Some(a), Some(b)) => a.eq_ignore_ascii_case(&b),
                (a, b) => a == b,
            },
            None => !["user", "ttl", "method", "maddr", "transport"].iter().any(|key| name.eq_ignore_ascii_case(key)),
        }
    })
}

fn headers_match(ours: &[u8], theirs: &[u8]) -> bool {
    let sorted = |headers: &[u8]| {
        let mut fields: Vec<Vec<u8>> = headers.split(|&byte| byte == b'&').map(<[u8]>::to_ascii_lowercase).collect();
        fields.sort_unstable();
        fields
    };
    (ours.is_empty() && theirs.is_empty()) || sorted(ours) == sorted(theirs)
}

/// Host and optional port, white space around the colon allowed (as in Via).
pub(crate) fn parse_host_port(bytes: &[u8]) -> Option<(Host<'_>, Option<u16>)> {
    let (host, rest) = if let [b'[', inner @ ..] = bytes {
        let close = memchr::memchr(b']', inner)?;
        let ip: Ipv6Addr = std::str::from_utf8(&inner[..close]).ok()?.parse().ok()?;
        (Host::V6(ip), &inner[close + 1..])
    } else {
        let end = memchr::memchr(b':', bytes).unwrap_or(bytes.len());
        (parse_name(crate::headers::trim(&bytes[..end]))?, &bytes[end..])
    };
    match crate::headers::trim(rest) {
        [] => Some((host, None)),
        [b':', port @ ..] => {
            let port = u16::try_from(number(crate::headers::trim(port))?).ok()?;
            Some((host, Some(port)))
        }
        _ => None,
    }
}

fn parse_name(bytes: &[u8]) -> Option<Host<'_>> {
    let name = std::str::from_utf8(bytes).ok()?;
    let is_host_char = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if name.is_empty() || !name.bytes().all(is_host_char) {
        return None;
    }
    // Only a name that begins with a digit can be an address.
    if name.as_bytes()[0].is_ascii_digit()
        && let Ok(ip) = name.parse::<Ipv4Addr>()
    {
        return Some(Host::V4(ip));
    }
    Some(Host::Name(name))
}

/// Resolve `%41` escapes; a percent sign that begins none stands for itself.
fn unescape(bytes: &[u8]) -> Cow<'_, str> {
    if memchr::memchr(b'%', bytes).is_none() {
        return crate::headers::text(bytes);
    }
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = match (byte, bytes.get(at + 1), bytes.get(at + 2)) {
            (b'%', Some(&high), Some(&low)) => hex_digit(high).zip(hex_digit(low)),
            _ => None,
        };
        match escaped {
            Some((high, low)) => {
                plain.push(high << 4 | low);
                at += 3;
            }
            None => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    Cow::Owned(crate::headers::text(&plain).into_owned())
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sips_uri_never_asks_for_what_is_not_secured() {
        let asks = |text: &str| {
            let uri = Uri::parse(text.as_bytes()).unwrap();
            uri.transport().map(|transport| (transport, uri.socket_addr().unwrap().port()))
        };
        assert_eq!(asks("sip:192.0.2.1"), Some((Transport::Udp, 5060)));
        assert_eq!(asks("sip:a@192.0.2.1;transport=TLS"), Some((Transport::Tls, 5061)));
        assert_eq!(asks("sip:a@192.0.2.1:5080;transport=ws"), Some((Transport::Ws, 5080)));
        assert_eq!(asks("sip:a@192.0.2.1;transport=carrier-pigeon"), None);
        for secured in ["sips:192.0.2.1", "SIPS:a@192.0.2.1;transport=tcp", "sips:192.0.2.1;transport=tls"] {
            assert_eq!(asks(secured), Some((Transport::Tls, 5061)), "{secured}");
        }
        assert_eq!(asks("sips:a@192.0.2.1;transport=ws"), Some((Transport::Wss, 5060)));
        assert_eq!(asks("sips:a@192.0.2.1;transport=udp"), None);
    }

    #[test]
    fn a_gruu_is_known_by_its_gr_parameter() {
        let gr = |text: &str| uri(text).gr().map(Cow::into_owned);
        assert_eq!(gr("sip:100@h;gr=urn:uuid:1").as_deref(), Some("urn:uuid:1"));
        assert_eq!(gr("sip:100@h;lr;GR=urn:x%3Ay").as_deref(), Some("urn:x:y"));
        assert_eq!(gr("sip:tgruu.1@h;gr").as_deref(), Some(""));
        assert_eq!((gr("sip:100@h;grr=1"), gr("sip:100;gr=1@h")), (None, None));
    }

    fn uri(text: &str) -> Uri<'_> {
        Uri::parse(text.as_bytes()).unwrap_or_else(|| panic!("{text} is a URI"))
    }

    #[test]
    fn the_user_part_may_hold_semicolons_stars_and_hashes() {
        let semi = uri("sip:user;par=u%40example.net@example.com");
        assert_eq!(semi.user().as_deref(), Some("user;par=u@example.net"));
        assert_eq!(semi.host(), Some(Host::Name("example.com")));
        assert_eq!(uri("sip:*72#100@pbx").user().as_deref(), Some("*72#100"));
        assert_eq!(uri("sip:+1;npdi;rn=2@x;user=phone").params().value("user").as_deref(), Some("phone"));
    }

    #[test]
    fn addresses_ports_and_headers_come_apart() {
        let six = uri("sips:a:pw@[2001:db8::10]:5070;transport=tcp?Subject=x");
        assert_eq!(six.socket_addr(), Some("[2001:db8::10]:5070".parse().unwrap()));
        assert_eq!((six.user().as_deref(), six.headers()), (Some("a"), &b"Subject=x"[..]));
        assert_eq!(uri("tel:+1-201-555;phone-context=x").user().as_deref(), Some("+1-201-555"));
        assert_eq!(uri("urn:service:sos").host(), None);
    }

    #[test]
    fn malformed_uris_are_refused() {
        for bad in [
            "",
            "sip",
            "sip:",
            ":x",
            "sip:@h",
            "sip:a@",
            "sip:2001:db8::10",
            "sip:h:99999",
            "sip:h:",
            "sip:a b@c",
            "1x:y",
        ] {
            assert_eq!(Uri::parse(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(Uri::parse(b"<sip:a@b>"), None);
    }

    #[test]
    fn equivalence_follows_the_table_of_the_rfc() {
        for (a, b) in [
            ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
            // A parameter must not stand twice; if it does, the URI still equals itself.
            ("sip:a@b;l;l=", "sip:a@b;l;l="),
            (
                "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
            ),
        ] {
            assert!(uri(a).equivalent(&uri(b)), "{a} {b}");
        }
        for (a, b) in [
            ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
            ("sip:carol@chicago.com", "sips:carol@chicago.com"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
        ] {
            assert!(!uri(a).equivalent(&uri(b)), "{a} {b}");
        }
    }
}
