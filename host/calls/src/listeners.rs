//! What listeners take: from whom, and for whom.
//!
//! A listener is for the house, for the outside (`sip.external`) or for a network of administrators (`sip.admin`). At the
//! outside a request must be for one of our own names: whoever asks for another domain looks for a relay.

use crate::exchange::{CallsConfig, Exchange};
use jackfield_model::Offence;
use jackfield_sip::{Flow, Host, Message, Method, Uri};
use std::{net::SocketAddr, time::Instant};
use tracing::{debug, info};

impl CallsConfig {
    /// Whether phones may register at the listener that a message came to.
    pub(crate) fn takes_registrations(&self, local: SocketAddr) -> bool {
        self.external_registration || !self.is_external(local)
    }

    /// Whether what comes from there is listened to at all at this listener.
    fn listens_to(&self, remote: SocketAddr, local: SocketAddr) -> bool {
        let address = remote.ip().to_canonical();
        !self.admin.iter().any(|listener| is_at(listener, local))
            || self.admin_networks.iter().any(|network| network.contains(&address))
    }

    fn is_external(&self, local: SocketAddr) -> bool {
        self.external.iter().any(|listener| is_at(listener, local))
    }

    /// Whether a host is one of our names that do not hang on addresses.
    fn is_named(&self, host: &Host<'_>) -> bool {
        // A name with the dot of the root is the same name.
        let name = match *host {
            Host::Name(name) => Host::Name(name.strip_suffix('.').unwrap_or(name)),
            address => address,
        };
        let named = |own: &String| match own.parse() {
            Ok(address) => name.ip() == Some(address),
            Err(_) => name.same_as(&Host::Name(own)),
        };
        self.domains.iter().chain([&self.realm]).any(named)
    }
}

impl Exchange {
    /// The status that refuses a request before anybody is asked for a password: 403 at a listener that is for others, 404
    /// where the Request-URI is of a domain that is not ours (RFC 3261 §8.2.2.1, §10.3, §16.3).
    pub(crate) fn refusal(&self, request: &Message, flow: Flow) -> Option<u16> {
        if !self.config.listens_to(flow.remote, flow.local) {
            debug!(source = %flow.remote, "asks at a listener that is for administrators");
            return Some(403);
        }
        // A page calls the house by the name in its address bar.
        if self.browsers.number(&flow).is_some() {
            return None;
        }
        // In the house any name will do as long as nobody has said which ones there are.
        let checked = self.config.is_external(flow.local) || !self.config.domains.is_empty();
        if !checked || self.is_for_us(request, flow) {
            return None;
        }
        info!(source = %flow.remote, "asks for a domain that is not of the house");
        // Monitors ask with OPTIONS and mean no harm. Addresses of trunks and peers are easily made up.
        let harmless = request.method() == Some(Method::Options)
            || self.config.trusted_peers.contains(&flow.remote)
            || self.trunks.knows(flow.remote.ip());
        if !harmless {
            let proven = || self.registrar.peers_at(flow.remote.ip());
            self.guard.note(Instant::now(), flow.remote, Offence::UnknownName, proven);
        }
        Some(404)
    }

    fn is_for_us(&self, request: &Message, flow: Flow) -> bool {
        // What has no host, like `tel:` and `urn:`, names somebody of the house or nobody.
        let Some(host) = request.request_uri().as_ref().and_then(Uri::host) else { return true };
        let is_own_address = |address: std::net::IpAddr| {
            let listens = || self.sip.listeners().any(|(_, listener)| listener.ip() == address);
            address == flow.local.ip().to_canonical() || self.config.public_address == Some(address) || listens()
        };
        host.ip().is_some_and(|address| !address.is_unspecified() && is_own_address(address.to_canonical()))
            || self.config.is_named(&host)
            || self.trunks.is_addressed(request, flow.remote, &host)
    }
}

/// Whether a message that came to a local address came to this listener.
fn is_at(listener: &SocketAddr, local: SocketAddr) -> bool {
    let any = listener.ip().is_unspecified() && listener.is_ipv4() == local.is_ipv4();
    listener.port() == local.port() && (any || listener.ip() == local.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_registers_at_a_listener_that_faces_the_outside() {
        let external = ["192.0.2.1:5060", "0.0.0.0:5070"].map(|address| address.parse().unwrap()).to_vec();
        let config = CallsConfig { external, ..CallsConfig::default() };
        let addresses = ["192.0.2.1:5060", "192.0.2.2:5060", "192.0.2.2:5070", "[::1]:5070", "192.0.2.1:5061"];
        let taken = addresses.map(|address| config.takes_registrations(address.parse().unwrap()));
        assert_eq!(taken, [false, true, false, true, true]);
        let config = CallsConfig { external_registration: true, ..config };
        assert!(addresses.iter().all(|address| config.takes_registrations(address.parse().unwrap())));
    }

    #[test]
    fn a_listener_of_administrators_is_for_their_networks_alone() {
        let admin = vec!["192.0.2.1:5062".parse().unwrap()];
        let admin_networks = ["10.9.0.0/24", "2001:db8::/64"].map(|network| network.parse().unwrap()).to_vec();
        let config = CallsConfig { admin, admin_networks, ..CallsConfig::default() };
        for (remote, local, heard) in [
            ("10.9.0.7:5060", "192.0.2.1:5062", true),
            ("[::ffff:10.9.0.7]:5060", "192.0.2.1:5062", true),
            ("10.9.1.7:5060", "192.0.2.1:5062", false),
            ("[2001:db8:1::7]:5060", "192.0.2.1:5062", false),
            ("10.9.1.7:5060", "192.0.2.1:5060", true),
        ] {
            assert_eq!(
                config.listens_to(remote.parse().unwrap(), local.parse().unwrap()),
                heard,
                "{remote} at {local}"
            );
        }
    }

    #[test]
    fn names_are_the_same_in_capitals_and_with_the_dot_of_the_root() {
        let domains = ["pbx.example.org", "198.51.100.7", "2001:db8::7"].map(String::from).to_vec();
        let config = CallsConfig { domains, ..CallsConfig::default() };
        let named = |uri: &str| config.is_named(&Uri::parse(uri.as_bytes()).unwrap().host().unwrap());
        for own in [
            "sip:100@PBX.Example.org",
            "sips:pbx.example.org.:5061",
            "sip:a@198.51.100.7:5070",
            "sip:[2001:db8:0::7]",
            "sip:1@jackfield",
        ] {
            assert!(named(own), "{own}");
        }
        for other in
            ["sip:100@example.org", "sip:100@sub.pbx.example.org", "sip:1@198.51.100.8", "sip:pbx.example.org@x"]
        {
            assert!(!named(other), "{other}");
        }
    }
}
