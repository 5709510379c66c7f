//! Sources whose datagrams and connections are dropped unread.

use arc_swap::ArcSwap;
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Instant,
};

/// A banned source: until when, and whom it does not meet.
#[derive(Clone, Debug)]
pub struct Ban {
    /// When it ends.
    pub until: Instant,
    /// Peers behind the same address that have proven themselves and go on.
    pub spared: Vec<SocketAddr>,
}

/// The bans in force, by [`source_of`] an address. Read with every datagram, so reading takes no lock; cheap to clone.
#[derive(Clone, Default)]
pub struct Bans(Arc<ArcSwap<HashMap<IpAddr, Ban>>>);

/// What counts as one source: an IPv4 address, or the /64 that an IPv6 address is in, since one machine has all of it.
pub fn source_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from(u128::from(v6) & !u128::from(u64::MAX)).into(),
        v4 => v4,
    }
}

impl Bans {
    /// Put these bans in the place of those before.
    pub fn replace(&self, bans: HashMap<IpAddr, Ban>) {
        self.0.store(Arc::new(bans));
    }

    /// Whether what comes from there is to be dropped.
    pub fn meet(&self, now: Instant, remote: SocketAddr) -> bool {
        let bans = self.0.load();
        !bans.is_empty()
            && bans.get(&source_of(remote.ip())).is_some_and(|ban| now < ban.until && !ban.spared.contains(&remote))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_ban_meets_a_source_but_for_the_spared_and_until_it_ends() {
        let now = Instant::now();
        let at = |text: &str| -> SocketAddr { text.parse().unwrap() };
        let ban = Ban { until: now + Duration::from_secs(1), spared: vec![at("192.0.2.1:5062")] };
        let bans = Bans::default();
        assert!(!bans.meet(now, at("192.0.2.1:5060")));
        bans.replace(HashMap::from([(source_of(at("192.0.2.1:1").ip()), ban.clone())]));
        assert!(bans.meet(now, at("192.0.2.1:5060")));
        assert!(bans.meet(now, at("[::ffff:192.0.2.1]:5060")));
        assert!(!bans.meet(now, at("192.0.2.1:5062")));
        assert!(!bans.meet(now, at("192.0.2.2:5060")));
        assert!(!bans.meet(now + Duration::from_secs(1), at("192.0.2.1:5060")));
        bans.replace(HashMap::from([(source_of(at("[2001:db8::1]:1").ip()), ban)]));
        assert!(bans.meet(now, at("[2001:db8::2]:5060")), "the same /64");
        assert!(!bans.meet(now, at("[2001:db8:0:1::2]:5060")));
    }
}
