//! Which web services a plugin may ask: origins (RFC 6454), compared whole before any name is looked up.

use crate::{
    grants,
    manifest::Manifest,
    network::{Reach, named, plain},
};
use serde_json::Value;
use std::fmt;
use url::{Host, Url};

/// Scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) secure: bool,
    /// In lower case, without a dot at its end; an IPv6 address without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// A service that a plugin may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AllowedOrigin {
    origin: Origin,
    reach: Reach,
}

impl Origin {
    /// The origin of a URL; the error says what is wrong with it and repeats neither path nor query.
    pub(crate) fn of(url: &Url) -> Result<Self, &'static str> {
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err("it begins with neither https:// nor http://"),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("user and password do not belong into an address: use a header field with a secret");
        }
        let host = match url.host() {
            Some(Host::Domain(name)) => plain(name),
            Some(Host::Ipv4(ip)) => ip.to_string(),
            Some(Host::Ipv6(ip)) => ip.to_string(),
            None => return Err("it names no host"),
        };
        // A browser would take more of them; none is in a name that somebody has.
        let sound = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
        match url.port_or_known_default() {
            Some(port @ 1..) if !host.is_empty() && host.chars().all(sound) => Ok(Self { secure, host, port }),
            _ => Err("it names no host with a port"),
        }
    }

    /// Read an entry of the list: an origin, a URL whose path does not count, or a host that is asked by HTTPS.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        Self::of(&whole.parse().ok()?).ok()
    }

    /// The value of `Host` (RFC 9110 section 7.2).
    pub(crate) fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let usual = if self.secure { 443 } else { 80 };
        if self.port == usual { host } else { format!("{host}:{}", self.port) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.secure { "https" } else { "http" }, self.authority())
    }
}

impl AllowedOrigin {
    /// The services that a plugin may ask: those of its manifest, with its settings put in. `set` is what an administrator has
    /// set, `effective` the same with the defaults of the schema, which are its author's.
    pub(crate) fn of(manifest: &Manifest, set: &Value, effective: &Value) -> Vec<Self> {
        let mut origins: Vec<Self> = Vec::new();
        for (text, reach) in named(manifest, grants::HTTP, set, effective) {
            let Some(origin) = Origin::parse(&text) else { continue };
            match origins.iter_mut().find(|known| known.origin == origin) {
                // Both may have named it: what the administrator says counts.
                Some(known) if reach == Reach::Named => known.reach = reach,
                Some(_) => {}
                None => origins.push(Self { origin, reach }),
            }
        }
        origins
    }

    /// How far a plugin may reach for this origin; `None`: not at all.
    pub(crate) fn reach(allowed: &[Self], origin: &Origin) -> Option<Reach> {
        allowed.iter().find(|allowed| allowed.origin == *origin).map(|allowed| allowed.reach)
    }

    /// As an administrator reads it.
    pub(crate) fn text(&self) -> String {
        self.origin.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_origin_is_read_from_a_host_an_origin_and_a_whole_url() {
        for (text, shown, authority) in [
            ("API.example.org.", "https://api.example.org", "api.example.org"),
            ("api.example.org:8443", "https://api.example.org:8443", "api.example.org:8443"),
            ("https://api.example.org:443/v1/send?to={to}", "https://api.example.org", "api.example.org"),
            ("http://10.0.0.7:8080/{to}", "http://10.0.0.7:8080", "10.0.0.7:8080"),
            ("http://[2001:db8::7]", "http://[2001:db8::7]", "[2001:db8::7]"),
            // What looks like a name is an address all the same.
            ("http://0x7f.1/", "http://127.0.0.1", "127.0.0.1"),
            ("http://2130706433:81", "http://127.0.0.1:81", "127.0.0.1:81"),
        ] {
            let origin = Origin::parse(text).unwrap();
            assert_eq!((origin.to_string().as_str(), origin.authority().as_str()), (shown, authority), "{text}");
        }
        for text in ["", "ftp://a.example", "https://me:secret@a.example", "a b", "https://a.{x}.example", "a:0", "//"]
        {
            assert_eq!(Origin::parse(text), None, "{text}");
        }
    }

    #[test]
    fn scheme_host_and_port_count_and_an_administrators_word_counts_more() {
        let manifest = Manifest::parse(
            "id = 'org.example.x'\nname = 'X'\nversion = '1.0.0'\npublisher = 'Example'\ndescription = 'A test.'\n\
             license = 'MIT'\napi = '^0.1'\n[capabilities]\n\
             http = { reason = 'x', hosts = ['api.example.org', { setting = 'url' }] }\n",
        );
        let manifest = manifest.unwrap();
        let reach = |set: Value, url: &str| {
            let effective = if set.is_null() { json!({ "url": "http://gateway.house/send" }) } else { set.clone() };
            let allowed = AllowedOrigin::of(&manifest, &set, &effective);
            AllowedOrigin::reach(&allowed, &Origin::parse(url).unwrap())
        };
        let gateway = || json!({ "url": "http://gateway.house/send" });
        assert_eq!(reach(Value::Null, "http://gateway.house"), Some(Reach::Public), "a default is the author's");
        assert_eq!(reach(gateway(), "http://gateway.house/other"), Some(Reach::Named));
        assert_eq!(reach(gateway(), "https://gateway.house"), None);
        assert_eq!(reach(gateway(), "http://gateway.house:81"), None);
        assert_eq!(reach(gateway(), "http://gateway.house.evil.example"), None);
        assert_eq!(reach(gateway(), "https://api.example.org/x"), Some(Reach::Public));
        assert_eq!(reach(json!({ "url": "https://api.example.org" }), "https://api.example.org"), Some(Reach::Named));
    }
}
