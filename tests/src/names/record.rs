//! What a name has, and how it is written (RFC 1035 §4).

use std::net::{Ipv4Addr, Ipv6Addr};

/// The class IN (RFC 1035 §3.2.4).
pub(super) const INTERNET: u16 = 1;

/// What a name has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// A server (RFC 2782).
    Srv {
        /// The lowest is tried first.
        priority: u16,
        /// The share among equals.
        weight: u16,
        /// Its port.
        port: u16,
        /// Its name.
        target: String,
    },
    /// A rule (RFC 3403), as RFC 3263 §4.1 has them: no flag but `s` or `a`, no expression.
    Naptr {
        /// The lowest is tried first.
        order: u16,
        /// The lowest first among equals.
        preference: u16,
        /// What the replacement is: `s` for SRV, `a` for addresses.
        flags: String,
        /// Such as `SIP+D2U`.
        service: String,
        /// The name to go on with.
        replacement: String,
    },
}

impl Record {
    /// An SRV record.
    pub fn srv(priority: u16, weight: u16, port: u16, target: &str) -> Self {
        Self::Srv { priority, weight, port, target: target.to_owned() }
    }

    /// A NAPTR record that leads to SRV records.
    pub fn naptr(order: u16, preference: u16, service: &str, replacement: &str) -> Self {
        let (flags, service, replacement) = ("s".to_owned(), service.to_owned(), replacement.to_owned());
        Self::Naptr { order, preference, flags, service, replacement }
    }

    /// Its type (RFC 1035 §3.2.2 and the RFCs above).
    pub(super) fn kind(&self) -> u16 {
        match self {
            Self::A(_) => 1,
            Self::Aaaa(_) => 28,
            Self::Srv { .. } => 33,
            Self::Naptr { .. } => 35,
        }
    }

    /// What stands behind the type, the class and the seconds.
    pub(super) fn data(&self) -> Vec<u8> {
        match self {
            Self::A(address) => address.octets().to_vec(),
            Self::Aaaa(address) => address.octets().to_vec(),
            Self::Srv { priority, weight, port, target } => {
                let numbers = [priority, weight, port].map(|number| number.to_be_bytes()).concat();
                [numbers, labels(target)].concat()
            }
            Self::Naptr { order, preference, flags, service, replacement } => {
                let numbers = [order, preference].map(|number| number.to_be_bytes()).concat();
                [numbers, string(flags), string(service), string(""), labels(replacement)].concat()
            }
        }
    }
}

/// A resource record (RFC 1035 §4.1.3).
pub(super) fn resource(name: &[u8], kind: u16, ttl: u32, data: &[u8]) -> Vec<u8> {
    let length = data.len() as u16;
    [name, &kind.to_be_bytes(), &INTERNET.to_be_bytes(), &ttl.to_be_bytes(), &length.to_be_bytes(), data].concat()
}

/// A name, label by label (RFC 1035 §3.1).
pub(super) fn labels(name: &str) -> Vec<u8> {
    let labels = name.split('.').filter(|label| !label.is_empty()).flat_map(string);
    labels.chain([0]).collect()
}

/// A text with its length before it (RFC 1035 §3.3).
fn string(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).expect("a label or a string of DNS is short");
    [&[length], text.as_bytes()].concat()
}

/// A type as people write it.
pub(super) fn kind_name(kind: u16) -> String {
    match kind {
        1 => "A".to_owned(),
        28 => "AAAA".to_owned(),
        33 => "SRV".to_owned(),
        35 => "NAPTR".to_owned(),
        _ => format!("TYPE{kind}"),
    }
}
