//! Via (RFC 3261 §20.42, RFC 3581).

use super::{Params, is_lws, is_token, trim, values::find_outside_quotes};
use crate::uri::{Host, parse_host_port};

/// One Via value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Via<'a> {
    /// `UDP`, `TCP`, `TLS`, `WS` … as sent.
    pub transport: &'a str,
    /// The sent-by host.
    pub host: Host<'a>,
    /// The sent-by port, if given.
    pub port: Option<u16>,
    /// branch, rport, received, maddr, ttl and others.
    pub params: Params<'a>,
    is_version_2: bool,
}

/// The rport parameter (RFC 3581).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rport {
    /// Not there: responses go to the sent-by port.
    Absent,
    /// There without a value: the sender wants responses at the port it sent from.
    Requested,
    /// Filled in by the receiver.
    Is(u16),
}

impl<'a> Via<'a> {
    /// Read one value (already split at commas); `None` if it breaks the grammar.
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let via = Self::parse_lenient(value)?;
        (via.params.is_well_formed() && via.is_version_2).then_some(via)
    }

    /// As [`parse`](Self::parse), but parameters may be malformed and the version any: enough to send an error response.
    pub(crate) fn parse_lenient(value: &'a [u8]) -> Option<Self> {
        let (protocol, rest) = token_before(value, b'/')?;
        let (version, rest) = token_before(rest, b'/')?;
        if !protocol.eq_ignore_ascii_case(b"SIP") {
            return None;
        }
        let rest = trim(rest);
        let (transport, rest) = rest.split_at(rest.iter().position(|&byte| is_lws(byte))?);
        if !is_token(transport) {
            return None;
        }
        let params = find_outside_quotes(rest, b';').unwrap_or(rest.len());
        let (host, port) = parse_host_port(trim(&rest[..params]))?;
        let transport = std::str::from_utf8(transport).ok()?;
        Some(Self { transport, host, port, params: Params(&rest[params..]), is_version_2: version == b"2.0" })
    }

    /// The branch parameter as it stands.
    pub fn branch(&self) -> Option<&'a [u8]> {
        self.params.find("branch").flatten()
    }

    /// The rport parameter; a malformed number counts as requested.
    pub fn rport(&self) -> Rport {
        match self.params.find("rport") {
            None => Rport::Absent,
            Some(value) => value
                .and_then(super::number)
                .and_then(|port| u16::try_from(port).ok())
                .map_or(Rport::Requested, Rport::Is),
        }
    }
}

/// A token and what follows the separator after it, white space around both allowed.
fn token_before(bytes: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(separator, bytes)?;
    let token = trim(&bytes[..end]);
    is_token(token).then_some((token, &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_may_stand_around_every_separator() {
        let via = Via::parse(b"SIP  /   2.0\r\n /UDP\r\n    192.0.2.2 : 5070;branch=390skdjuw ; rport").unwrap();
        assert_eq!(via.transport, "UDP");
        assert_eq!(via.host, Host::V4([192, 0, 2, 2].into()));
        assert_eq!(via.port, Some(5070));
        assert_eq!(via.branch(), Some(&b"390skdjuw"[..]));
        assert_eq!(via.rport(), Rport::Requested);
    }

    #[test]
    fn stray_separators_are_malformed_but_lenient_enough_to_answer() {
        let bad = b"SIP/2.0/UDP 192.0.2.15;;branch=z9hG4bK1";
        assert_eq!(Via::parse(bad), None);
        assert_eq!(Via::parse_lenient(bad).unwrap().branch(), Some(&b"z9hG4bK1"[..]));
        let version = b"SIP/7.0/UDP h";
        assert!(Via::parse(version).is_none() && Via::parse_lenient(version).is_some());
        for hopeless in [&b""[..], b"SIP/2.0/UDP", b"SIP/2.0/UDP [2001:db8:::1]", b"UDP host"] {
            assert_eq!(Via::parse_lenient(hopeless), None);
        }
    }
}
