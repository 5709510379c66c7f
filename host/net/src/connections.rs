//! The connections of all stream transports: which there are, how many there may be, and when one is opened.

mod aliases;

use crate::{
    bans::Bans,
    stream::{self, Way},
    tls::Tls,
};
use aliases::Aliases;
use bytes::Bytes;
use jackfield_sip::{ConnectionId, Flow, Framed, Limits, Transport};
use rustls::pki_types::CertificateDer;
use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};
use tokio::sync::mpsc;
use tracing::info;

/// Messages that may wait to be written to one connection; a peer that reads slower than that is cut off.
const OUTBOX: usize = 256;
/// Hosts that are called by name; each stays known, so that its certificate is checked against the same name again.
const MAX_HOSTS: usize = 4_096;

/// What the connections tell the driver.
pub(crate) enum FromStream {
    /// Somebody connected.
    Open {
        flow: Flow,
        outbox: mpsc::Sender<Bytes>,
        /// The certificates that the peer has shown and that somebody we believe has signed; its own first.
        shown: Vec<CertificateDer<'static>>,
    },
    /// A message arrived.
    Message { now: Instant, flow: Flow, message: Box<Framed> },
    /// The connection is gone, or could not be opened.
    Closed { flow: Flow },
}

/// What everything that makes connections shares.
pub(crate) struct Ground {
    pub limits: Limits,
    pub tls: Option<Arc<Tls>>,
    /// Values of Origin that a WebSocket may come with; any when empty.
    pub origins: Vec<String>,
    /// Who is not let in.
    pub bans: Bans,
    pub places: Arc<Places>,
    pub hosts: Arc<Hosts>,
    pub driver: mpsc::Sender<FromStream>,
}

/// How many connections there may be, and how many there are.
pub(crate) struct Places {
    next: AtomicU64,
    most: usize,
    most_of_one: usize,
    taken: Mutex<Taken>,
    refused: AtomicU64,
    failed: AtomicU64,
}

#[derive(Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Room for one connection, given back when it is dropped.
pub(crate) struct Place {
    of: Arc<Places>,
    address: IpAddr,
}

impl Places {
    pub(crate) fn new(most: usize, most_of_one: usize) -> Arc<Self> {
        let (refused, failed) = (AtomicU64::new(0), AtomicU64::new(0));
        Arc::new(Self { next: AtomicU64::new(1), most, most_of_one, taken: Mutex::default(), refused, failed })
    }

    /// Room for one more connection with this address; none when there are too many, with it or in all.
    pub(crate) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        // One IPv6 customer has a whole /64 to come from.
        let address = match address.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & (!0 << 64)).into()),
            v4 => v4,
        };
        let mut taken = self.taken();
        let Taken { all, by_address } = &mut *taken;
        let of_one = by_address.get(&address).copied().unwrap_or(0);
        if *all >= self.most || of_one >= self.most_of_one {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        *all += 1;
        by_address.insert(address, of_one + 1);
        Some(Place { of: Arc::clone(self), address })
    }

    /// A number for a connection; each is another.
    pub(crate) fn number(&self) -> ConnectionId {
        ConnectionId(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// A handshake came to nothing.
    pub(crate) fn note_failure(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    /// Connections now, connections refused, handshakes that failed.
    pub(crate) fn figures(&self) -> (usize, u64, u64) {
        (self.taken().all, self.refused.load(Ordering::Relaxed), self.failed.load(Ordering::Relaxed))
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.of.taken();
        taken.all = taken.all.saturating_sub(1);
        if let Some(count) = taken.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                taken.by_address.remove(&self.address);
            }
        }
    }
}

/// Peers that are known by name, each with the number of the one connection to it (RFC 5922 §7: the certificate is checked
/// against the name that was asked for, not against the address that it led to).
#[derive(Default)]
pub(crate) struct Hosts(Mutex<HostTable>);

#[derive(Default)]
struct HostTable {
    numbers: HashMap<(Transport, SocketAddr, String), ConnectionId>,
    names: HashMap<ConnectionId, String>,
}

impl Hosts {
    /// The number of the connection to this host at this address; `None` when too many are known.
    pub(crate) fn number(
        &self,
        transport: Transport,
        remote: SocketAddr,
        name: &str,
        places: &Places,
    ) -> Option<ConnectionId> {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (transport, remote, name.to_ascii_lowercase());
        if let Some(id) = table.numbers.get(&key) {
            return Some(*id);
        }
        if table.numbers.len() >= MAX_HOSTS {
            return None;
        }
        let id = places.number();
        table.names.insert(id, key.2.clone());
        table.numbers.insert(key, id);
        Some(id)
    }

    fn name(&self, id: ConnectionId) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).names.get(&id).cloned()
    }
}

/// The connections that are up, by number and by peer.
#[derive(Default)]
pub(crate) struct Connections {
    by_id: HashMap<ConnectionId, Connection>,
    by_peer: HashMap<(Transport, SocketAddr), ConnectionId>,
    aliases: Aliases,
}

struct Connection {
    flow: Flow,
    outbox: mpsc::Sender<Bytes>,
}

impl Connections {
    /// Take note of a connection that somebody has opened to us.
    pub(crate) fn opened(&mut self, flow: Flow, outbox: mpsc::Sender<Bytes>, shown: Vec<CertificateDer<'static>>) {
        let Some(id) = flow.connection else { return };
        // Whoever connects by TLS has not shown that it is the host at that address: what is meant for that host opens a
        // connection of its own, where it has to, unless it asks for this one and shows a certificate that is the host's.
        // Messages to a phone name the phone's connection.
        if flow.transport == Transport::Tls && !shown.is_empty() {
            self.aliases.may_ask(id, shown);
        }
        if flow.transport == Transport::Tcp {
            self.by_peer.insert((flow.transport, flow.remote), id);
        }
        self.by_id.insert(id, Connection { flow, outbox });
    }

    /// Forget a connection; false when it was forgotten before.
    pub(crate) fn closed(&mut self, flow: &Flow) -> bool {
        let Some(connection) = flow.connection.and_then(|id| self.by_id.remove(&id)) else { return false };
        if let Some(id) = flow.connection {
            self.aliases.forget(id);
        }
        let peer = (connection.flow.transport, connection.flow.remote);
        if self.by_peer.get(&peer) == flow.connection.as_ref() {
            self.by_peer.remove(&peer);
        }
        true
    }

    /// Take note of the host that a message has its sender be (RFC 5923).
    pub(crate) fn heard(&mut self, flow: &Flow, message: &Framed, ground: &Ground) {
        if let (Some(id), Some(tls)) = (flow.connection, &ground.tls)
            && self.aliases.awaits(id)
            && let Some((host, port)) = message.alias()
        {
            self.aliases.ask(id, flow.remote.ip(), &host, port, |shown| tls.would_be_believed(&host, shown));
        }
    }

    /// Send a message by the connection of a flow, or by one to the same peer, opened if there is none. False when that
    /// cannot be.
    pub(crate) fn send(&mut self, flow: &Flow, bytes: Bytes, ground: &Arc<Ground>) -> bool {
        let named = flow.connection.filter(|id| self.by_id.contains_key(id));
        let host = || flow.connection.and_then(|id| Some((id, ground.hosts.name(id)?)));
        let id = match (named, flow.transport) {
            (Some(id), _) => id,
            // A browser cannot be called back, and behind the address of a phone that was connected by TLS there may be
            // another one by now.
            (None, Transport::Ws | Transport::Wss) => return false,
            (None, Transport::Tls) if flow.connection.is_some() => match host() {
                Some((id, name)) => match self.aliases.of(flow.remote, &name) {
                    Some(alias) => alias,
                    None => return self.open(flow, id, Some(name), bytes, ground),
                },
                None => return false,
            },
            (None, transport) => match self.by_peer.get(&(transport, flow.remote)) {
                Some(id) => *id,
                None if transport == Transport::Tls
                    && let Some(alias) = self.aliases.of_address(flow.remote) =>
                {
                    alias
                }
                None => return self.open(flow, ground.places.number(), None, bytes, ground),
            },
        };
        let Some(connection) = self.by_id.get(&id) else { return false };
        if connection.outbox.try_send(bytes).is_ok() {
            return true;
        }
        info!(peer = %flow.remote, "closing a connection whose peer does not read");
        let flow = connection.flow;
        self.closed(&flow);
        false
    }

    fn open(
        &mut self,
        flow: &Flow,
        id: ConnectionId,
        name: Option<String>,
        bytes: Bytes,
        ground: &Arc<Ground>,
    ) -> bool {
        let way = match (flow.transport, &ground.tls) {
            (Transport::Tcp, _) => Way::Clear,
            (Transport::Tls, Some(tls)) => match tls.to_peer(name.as_deref(), flow.remote.ip()) {
                Some(secured) => Way::Secured(Box::new(secured)),
                None => return false,
            },
            _ => return false,
        };
        let Some(place) = ground.places.take(flow.remote.ip()) else { return false };
        let flow = Flow { connection: Some(id), ..*flow };
        let (outbox, inbox) = mpsc::channel(OUTBOX);
        // Registered at once, so that what follows waits for the same connection.
        let first = outbox.try_send(bytes).is_ok();
        if name.is_none() {
            self.by_peer.insert((flow.transport, flow.remote), id);
        }
        self.by_id.insert(id, Connection { flow, outbox });
        tokio::spawn(stream::open(flow, way, inbox, place, Arc::clone(ground)));
        first
    }
}

/// A channel for what is to be written to one connection.
pub(crate) fn outbox() -> (mpsc::Sender<Bytes>, mpsc::Receiver<Bytes>) {
    mpsc::channel(OUTBOX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_takes_its_share_of_places_and_gives_them_back() {
        let places = Places::new(3, 2);
        let (one, other): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let first = places.take(one).unwrap();
        let _second = places.take(one).unwrap();
        assert!(places.take(one).is_none(), "more than its share");
        let third = places.take(other).unwrap();
        assert!(places.take(other).is_none(), "more than there are");
        drop(third);
        drop(first);
        assert!(places.take("::ffff:192.0.2.1".parse().unwrap()).is_some());
        assert_eq!((places.figures().0, places.figures().1), (1, 2));
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one() {
        let places = Places::new(9, 1);
        let _one = places.take("2001:db8::1".parse().unwrap()).unwrap();
        assert!(places.take("2001:db8::ffff:2".parse().unwrap()).is_none());
        assert!(places.take("2001:db8:0:1::1".parse().unwrap()).is_some());
    }
}
