//! Connections that count as connections to a host, since the host has opened them to us and asked for it (RFC 5923).

use jackfield_sip::ConnectionId;
use rustls::pki_types::CertificateDer;
use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
};

/// Names under which one connection may ask to be used; each costs the check of a certificate.
const MOST: u8 = 4;

/// Which connection is to be used for which host.
#[derive(Default)]
pub(crate) struct Aliases {
    /// By the address and the name of the host.
    by_host: HashMap<(SocketAddr, String), ConnectionId>,
    /// Connections that may still ask.
    asking: HashMap<ConnectionId, Asking>,
}

struct Asking {
    shown: Vec<CertificateDer<'static>>,
    asked: Vec<(String, u16)>,
    left: u8,
}

impl Aliases {
    /// The peer of this connection has shown certificates.
    pub(crate) fn may_ask(&mut self, id: ConnectionId, shown: Vec<CertificateDer<'static>>) {
        self.asking.insert(id, Asking { shown, asked: Vec::new(), left: MOST });
    }

    /// Whether it matters what the peer of this connection asks.
    pub(crate) fn awaits(&self, id: ConnectionId) -> bool {
        self.asking.contains_key(&id)
    }

    /// The peer asks that requests to this host, which is at its address, take this connection; `is_it` says whether its
    /// certificates are those of the host. The newest connection of a host counts.
    pub(crate) fn ask(
        &mut self,
        id: ConnectionId,
        address: IpAddr,
        host: &str,
        port: u16,
        is_it: impl FnOnce(&[CertificateDer<'static>]) -> bool,
    ) {
        let Some(asking) = self.asking.get_mut(&id) else { return };
        if asking.left == 0 || asking.asked.iter().any(|(name, at)| name == host && *at == port) {
            return;
        }
        asking.left -= 1;
        asking.asked.push((host.to_owned(), port));
        // Who says to be at another address would have us send there what is meant for whoever is.
        let is_there = host.parse().is_ok_and(|ip: IpAddr| ip.to_canonical() == address.to_canonical());
        if (host.parse::<IpAddr>().is_err() || is_there) && is_it(&asking.shown) {
            self.by_host.insert((SocketAddr::new(address.to_canonical(), port), host.to_owned()), id);
        }
    }

    /// The connection for a host of this name, in small letters, at this address.
    pub(crate) fn of(&self, remote: SocketAddr, name: &str) -> Option<ConnectionId> {
        let remote = SocketAddr::new(remote.ip().to_canonical(), remote.port());
        self.by_host.get(&(remote, name.to_owned())).copied()
    }

    /// The connection for a host that is known by its address alone.
    pub(crate) fn of_address(&self, remote: SocketAddr) -> Option<ConnectionId> {
        self.of(remote, &remote.ip().to_canonical().to_string())
    }

    /// A connection is gone.
    pub(crate) fn forget(&mut self, id: ConnectionId) {
        if self.asking.remove(&id).is_some() {
            self.by_host.retain(|_, connection| *connection != id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: ConnectionId = ConnectionId(1);
    const TWO: ConnectionId = ConnectionId(2);

    #[test]
    fn a_host_is_reached_by_its_newest_connection_while_that_is_up() {
        let mut aliases = Aliases::default();
        let at: SocketAddr = "192.0.2.1:5061".parse().unwrap();
        for id in [ONE, TWO] {
            aliases.may_ask(id, Vec::new());
            aliases.ask(id, "::ffff:192.0.2.1".parse().unwrap(), "pbx.example", 5_061, |_| true);
            assert_eq!(aliases.of(at, "pbx.example"), Some(id));
        }
        assert_eq!((aliases.of(at, "other.example"), aliases.of_address(at)), (None, None));
        aliases.forget(ONE);
        assert_eq!(aliases.of(at, "pbx.example"), Some(TWO));
        aliases.forget(TWO);
        assert_eq!(aliases.of(at, "pbx.example"), None);
    }

    #[test]
    fn certificates_are_checked_for_few_names_and_once_for_each() {
        let mut aliases = Aliases::default();
        aliases.may_ask(ONE, Vec::new());
        let mut checked = 0;
        for name in ["a", "a", "b", "c", "d", "e", "f", "a"] {
            aliases.ask(ONE, "192.0.2.1".parse().unwrap(), name, 5_061, |_| {
                checked += 1;
                false
            });
        }
        assert_eq!(checked, u32::from(MOST));
        // An address that is not the peer's is not asked about at all.
        aliases.may_ask(TWO, Vec::new());
        aliases.ask(TWO, "192.0.2.1".parse().unwrap(), "192.0.2.2", 5_061, |_| true);
        assert_eq!(aliases.of_address("192.0.2.2:5061".parse().unwrap()), None);
    }
}
