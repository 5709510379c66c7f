//! Scans and guessed passwords: sources that collect too many offences are banned for a while.
//!
//! Asking for a name that nobody has is an offence, and so is a wrong password. A challenge is none: every phone's first
//! request gets one; only many that nobody answers count. What is answered does not depend on the score, so a scan learns
//! nothing from it.

use crate::{events::EventBus, exchange::now_ms};
use ipnet::IpNet;
use jackfield_model::{Ban, EventKind, Offence};
use jackfield_net::bans::{self, Bans, source_of};
use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tracing::warn;

/// Most sources whose offences are remembered.
const MAX_SOURCES: usize = 10_000;
/// An offence is forgotten after this time: a phone with an old password that tries twice a minute is never banned.
const FORGOTTEN: Duration = Duration::from_secs(20);
/// Each ban of a source is twice as long as the one before, up to this.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);
/// What a challenge that nobody has answered weighs: fifty phones behind one address may start at the same time.
const UNANSWERED: f64 = 0.2;
/// A source that has been quiet for so long after its ban begins anew.
const FORGIVEN: Duration = Duration::from_secs(24 * 3_600);

/// Who is banned, when and for how long.
#[derive(Clone, Debug)]
pub struct GuardConfig {
    /// Offences that lead to a ban, unless they are more than 20 s apart; 0 switches bans off.
    pub ban_after: u32,
    /// How long the first ban of a source lasts.
    pub ban_time: Duration,
    /// Networks that are never banned: the house's own, its trunks.
    pub never_ban: Vec<IpNet>,
}

impl Default for GuardConfig {
    fn default() -> Self {
        let local = ["127.0.0.0/8", "::1/128"].iter().filter_map(|net| net.parse().ok()).collect();
        Self { ban_after: 15, ban_time: Duration::from_secs(600), never_ban: local }
    }
}

/// Keeps the score of sources and the list of bans.
///
/// Written by the task that takes requests and by an administrator who lifts a ban. The lock is held for one look-up.
pub struct Guard {
    config: GuardConfig,
    sources: Mutex<HashMap<IpAddr, Source>>,
    bans: Bans,
    bus: EventBus,
}

#[derive(Debug)]
struct Source {
    points: f64,
    at: Instant,
    offences: u64,
    last: Offence,
    ban: Option<Banned>,
    /// How often it has been banned.
    times: u32,
}

#[derive(Clone, Debug)]
struct Banned {
    until: Instant,
    since_ms: u64,
    until_ms: u64,
    spared: Vec<SocketAddr>,
}

impl Guard {
    pub(crate) fn new(config: GuardConfig, bans: Bans, bus: EventBus) -> Self {
        Self { config, sources: Mutex::default(), bans, bus }
    }

    /// Take note of an offence. `proven` gives the peers behind the same source that have proven themselves: a ban does
    /// not meet them, until they offend as well.
    pub(crate) fn note(
        &self,
        now: Instant,
        remote: SocketAddr,
        offence: Offence,
        proven: impl FnOnce() -> Vec<SocketAddr>,
    ) {
        let address = remote.ip().to_canonical();
        if self.config.ban_after == 0 || self.config.never_ban.iter().any(|net| net.contains(&address)) {
            return;
        }
        let key = source_of(address);
        let mut sources = self.sources();
        if sources.len() >= MAX_SOURCES && !sources.contains_key(&key) {
            make_room(&mut sources, now);
            if sources.len() >= MAX_SOURCES {
                return;
            }
        }
        let fresh = || Source { points: 0.0, at: now, offences: 0, last: offence, ban: None, times: 0 };
        let source = sources.entry(key).or_insert_with(fresh);
        source.add(now, offence);
        if source.points < f64::from(self.config.ban_after) {
            return;
        }
        source.points = 0.0;
        source.times += 1;
        let time = self.config.ban_time.saturating_mul(1 << (source.times - 1).min(16)).min(LONGEST);
        let mut spared: Vec<_> = proven().into_iter().filter(|peer| source_of(peer.ip()) == key).collect();
        if source.ban.as_ref().is_some_and(|ban| now < ban.until) {
            // Only who was spared gets as far as this.
            spared.retain(|peer| *peer != remote);
        }
        let since_ms = now_ms();
        let until_ms = since_ms.saturating_add(time.as_millis() as u64);
        warn!(source = %key, ?offence, offences = source.offences, seconds = time.as_secs(), spared = spared.len(), "banned");
        source.ban = Some(Banned { until: now + time, since_ms, until_ms, spared });
        self.publish(now, &sources);
    }

    /// Who was challenged has proven itself.
    pub(crate) fn proven(&self, remote: SocketAddr) {
        if let Some(source) = self.sources().get_mut(&source_of(remote.ip())) {
            source.points = (source.points - UNANSWERED).max(0.0);
            source.offences = source.offences.saturating_sub(1);
        }
    }

    /// The bans in force, the newest first.
    pub fn list(&self) -> Vec<Ban> {
        let now = Instant::now();
        let sources = self.sources();
        let banned = sources.iter().filter_map(|(address, source)| {
            let ban = source.ban.as_ref().filter(|ban| now < ban.until)?;
            Some(Ban {
                source: *address,
                since: ban.since_ms,
                until: ban.until_ms,
                offences: source.offences,
                last: source.last,
                spared: ban.spared.len() as u64,
            })
        });
        let mut list: Vec<_> = banned.collect();
        list.sort_by_key(|ban| (std::cmp::Reverse(ban.since), ban.source));
        list
    }

    /// End the ban of a source and forget its offences; false when it is not banned.
    pub fn lift(&self, source: IpAddr) -> bool {
        let now = Instant::now();
        let mut sources = self.sources();
        let key = source_of(source);
        let banned = sources.get(&key).is_some_and(|s| s.ban.as_ref().is_some_and(|ban| now < ban.until));
        if banned {
            sources.remove(&key);
            self.publish(now, &sources);
        }
        banned
    }

    fn publish(&self, now: Instant, sources: &HashMap<IpAddr, Source>) {
        let in_force = sources.iter().filter_map(|(address, source)| {
            let ban = source.ban.as_ref().filter(|ban| now < ban.until)?;
            Some((*address, bans::Ban { until: ban.until, spared: ban.spared.clone() }))
        });
        self.bans.replace(in_force.collect());
        self.bus.publish(now_ms(), EventKind::BansChanged);
    }

    fn sources(&self) -> MutexGuard<'_, HashMap<IpAddr, Source>> {
        // Nothing under this lock can panic half-way.
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source {
    fn add(&mut self, now: Instant, offence: Offence) {
        let quiet = now.saturating_duration_since(self.at);
        self.points = (self.points - quiet.as_secs_f64() / FORGOTTEN.as_secs_f64()).max(0.0) + offence_weight(offence);
        if self.ban.as_ref().is_none_or(|ban| now.saturating_duration_since(ban.until) > FORGIVEN) {
            self.times = 0;
        }
        self.at = now;
        // A challenge is soon answered, mostly; it does not hide what was worse.
        if offence != Offence::NoPassword || self.offences == 0 {
            self.last = offence;
        }
        self.offences += 1;
    }

    /// Whether nothing is lost when it is forgotten.
    fn is_void(&self, now: Instant) -> bool {
        let forgotten = now.saturating_duration_since(self.at).as_secs_f64() / FORGOTTEN.as_secs_f64() >= self.points;
        forgotten && self.ban.as_ref().is_none_or(|ban| ban.until <= now)
    }
}

fn offence_weight(offence: Offence) -> f64 {
    match offence {
        Offence::UnknownName | Offence::WrongPassword => 1.0,
        Offence::NoPassword => UNANSWERED,
    }
}

/// Forget what no longer counts; under a flood from made-up addresses, also the sources that have offended least.
fn make_room(sources: &mut HashMap<IpAddr, Source>, now: Instant) {
    sources.retain(|_, source| !source.is_void(now));
    if sources.len() >= MAX_SOURCES {
        sources.retain(|_, source| source.ban.is_some() || source.points > 2.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(never_ban: &str) -> (Guard, Bans) {
        let bans = Bans::default();
        let never_ban = never_ban.parse().into_iter().collect();
        let config = GuardConfig { ban_after: 5, ban_time: Duration::from_secs(60), never_ban };
        (Guard::new(config, bans.clone(), EventBus::new()), bans)
    }

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn who_asks_for_names_in_quick_succession_is_banned_and_a_proven_phone_beside_it_is_not() {
        let (guard, bans) = guard("10.0.0.0/8");
        let (now, scan, phone) = (Instant::now(), at("192.0.2.1:5999"), at("192.0.2.1:5062"));
        for _ in 0..4 {
            guard.note(now, scan, Offence::UnknownName, || vec![phone]);
        }
        assert!(!bans.meet(now, scan) && guard.list().is_empty());
        guard.note(now, scan, Offence::UnknownName, || vec![phone, at("192.0.2.7:5060")]);
        assert!(bans.meet(now, scan) && !bans.meet(now, phone));
        let ban = &guard.list()[0];
        assert_eq!((ban.source, ban.offences, ban.last, ban.spared), (scan.ip(), 5, Offence::UnknownName, 1));
        assert!(!bans.meet(now + Duration::from_secs(60), scan), "it ends by itself");
        // The proven one begins to guess.
        for _ in 0..5 {
            guard.note(now, phone, Offence::WrongPassword, || vec![phone]);
        }
        assert!(bans.meet(now, phone));
        assert!(bans.meet(now + Duration::from_secs(119), phone), "the second time is twice as long");
        assert!(guard.lift(scan.ip()) && !bans.meet(now, scan) && !guard.lift(scan.ip()));
    }

    #[test]
    fn challenges_count_when_nobody_answers_them() {
        let (guard, bans) = guard("10.0.0.0/8");
        let (now, source) = (Instant::now(), at("192.0.2.1:5060"));
        for _ in 0..200 {
            guard.note(now, source, Offence::NoPassword, Vec::new);
            guard.proven(source);
        }
        assert!(!bans.meet(now, source));
        for _ in 0..26 {
            guard.note(now, source, Offence::NoPassword, Vec::new);
        }
        assert!(bans.meet(now, source));
    }

    #[test]
    fn slow_mistakes_and_friends_are_not_banned() {
        let (guard, bans) = guard("10.0.0.0/8");
        let now = Instant::now();
        for n in 0..100 {
            guard.note(now, at("10.1.2.3:5060"), Offence::WrongPassword, Vec::new);
            let later = now + n * Duration::from_secs(20);
            guard.note(later, at("192.0.2.1:5060"), Offence::WrongPassword, Vec::new);
            assert!(!bans.meet(later, at("192.0.2.1:5060")) && !bans.meet(now, at("10.1.2.3:5060")));
        }
    }

    #[test]
    fn a_flood_from_made_up_addresses_does_not_fill_the_memory() {
        let (guard, _) = guard("10.0.0.0/8");
        let now = Instant::now();
        for n in 0..3 * MAX_SOURCES as u32 {
            guard.note(now, SocketAddr::from((n.to_be_bytes(), 5060)), Offence::UnknownName, Vec::new);
        }
        assert!(guard.sources().len() <= MAX_SOURCES);
    }
}
