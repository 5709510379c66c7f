//! What keeps a trunk usable: locating its servers, registering, asking whether they are there. It is told what happened
//! and when, and says what to do next; it neither sends nor sleeps, so that every failure can be played in virtual time.

use super::TrunkConfig;
use jackfield_model::{TrunkFault, TrunkRegistration, TrunkState, TrunkTrouble};
use jackfield_sip::Flow;
use std::time::{Duration, Instant};

/// Pause after the first failure of all ways; it doubles up to the longest (after RFC 5626 §4.5).
const PAUSE: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(1_800));
/// Pause after a look-up that failed.
const LOOK_UP_PAUSE: Duration = Duration::from_secs(30);
/// What a Retry-After is taken for, whatever it says.
const RETRY_AFTER: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3_600));
/// For how long a server that failed a call is tried after the others.
const AFTER_CALL: Duration = Duration::from_secs(60);
/// Longest registration that a registrar may make us ask for.
const LONGEST: Duration = Duration::from_secs(86_400);

/// A way to a trunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    pub flow: Flow,
    /// The name that has led to it.
    pub host: String,
}

/// What to do now; the outcome is told to [`Upkeep`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Locate the servers.
    LookUp,
    /// Register for so long.
    Register(Way, Duration),
    /// Send OPTIONS.
    Ping(Way),
}

/// What came of a REGISTER.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Registered {
    /// Granted for so long.
    For(Duration),
    /// 423: so long at least.
    TooBrief(Duration),
    /// The server cannot now: 5xx, with its Retry-After.
    Busy(u16, Option<Duration>),
    /// Refused.
    Refused(u16),
    /// No answer, or it could not be sent.
    Silent,
}

/// The state of a trunk's upkeep.
#[derive(Debug)]
pub(crate) struct Upkeep {
    ways: Vec<Health>,
    looking_up: bool,
    look_up_at: Instant,
    looked_up_once: bool,
    /// Why the last look-up failed.
    lost: Option<TrunkFault>,
    registration: Option<Registration>,
    ping: Option<Duration>,
    /// From 0.5 to 1: spreads the retries of many hosts.
    spread: f64,
}

#[derive(Debug)]
struct Health {
    way: Way,
    answers: bool,
    /// Not before then: it has asked for a pause, or has failed.
    rests_until: Option<Instant>,
    asking: bool,
    ping_at: Instant,
}

#[derive(Debug)]
struct Registration {
    expires: Duration,
    asking: bool,
    at: Instant,
    /// By which way, and until when.
    held: Option<(Way, Instant)>,
    failures: u32,
    trouble: Option<TrunkTrouble>,
}

impl Upkeep {
    pub(crate) fn new(now: Instant, config: &TrunkConfig, spread: f64) -> Self {
        let registration = (config.register != TrunkRegistration::No).then_some(Registration {
            expires: config.expires,
            asking: false,
            at: now,
            held: None,
            failures: 0,
            trouble: None,
        });
        Self {
            ways: Vec::new(),
            looking_up: false,
            look_up_at: now,
            looked_up_once: false,
            lost: None,
            registration,
            ping: config.ping,
            spread: spread.clamp(0.5, 1.0),
        }
    }

    /// The next thing to do now, until there is none.
    pub(crate) fn next(&mut self, now: Instant) -> Option<Work> {
        if !self.looking_up && self.look_up_at <= now {
            self.looking_up = true;
            return Some(Work::LookUp);
        }
        if let Some(work) = self.next_registration(now) {
            return Some(work);
        }
        self.ping?;
        let health = self.ways.iter_mut().find(|health| !health.asking && health.ping_at <= now)?;
        health.asking = true;
        Some(Work::Ping(health.way.clone()))
    }

    fn next_registration(&mut self, now: Instant) -> Option<Work> {
        let registration = self.registration.as_mut()?;
        if registration.held.as_ref().is_some_and(|(_, until)| *until <= now) {
            registration.held = None;
        }
        if registration.asking || registration.at > now {
            return None;
        }
        let awake = |health: &&Health| health.rests_until.is_none_or(|until| until <= now);
        let held = registration.held.as_ref().map(|(way, _)| way);
        let kept = self.ways.iter().filter(awake).find(|health| health.answers && Some(&health.way) == held);
        let chosen = kept.or_else(|| self.ways.iter().filter(awake).find(|health| health.answers));
        match chosen.or_else(|| self.ways.iter().find(awake)) {
            Some(health) => {
                registration.asking = true;
                Some(Work::Register(health.way.clone(), registration.expires))
            }
            None => {
                // All of them rest, or there are none: the look-up will tell.
                let soonest = self.ways.iter().filter_map(|health| health.rests_until).min();
                registration.at = soonest.unwrap_or(now + PAUSE.0);
                None
            }
        }
    }

    /// When to ask for work again, whatever happens until then.
    pub(crate) fn due(&self) -> Option<Instant> {
        let look_up = (!self.looking_up).then_some(self.look_up_at);
        let register = self.registration.as_ref().filter(|registration| !registration.asking);
        let ends = self.registration.as_ref().and_then(|r| r.held.as_ref().map(|(_, until)| *until));
        let ping = self.ways.iter().filter(|health| self.ping.is_some() && !health.asking).map(|health| health.ping_at);
        look_up.into_iter().chain(register.map(|registration| registration.at)).chain(ends).chain(ping).min()
    }

    /// The servers were located, for so long; or why not. What is known already is kept when they were not.
    pub(crate) fn looked_up(&mut self, now: Instant, found: Result<(Vec<Way>, Duration), TrunkFault>) {
        (self.looking_up, self.looked_up_once) = (false, true);
        let (ways, valid) = match found {
            Ok((ways, valid)) if !ways.is_empty() => (ways, valid),
            Ok(_) => return self.not_found(now, TrunkFault::UnusableAddress),
            Err(why) => return self.not_found(now, why),
        };
        (self.lost, self.look_up_at) = (None, now + valid);
        let mut old = std::mem::take(&mut self.ways);
        let health = |way: Way| match old.iter().position(|health| health.way == way) {
            Some(place) => old.swap_remove(place),
            None => Health { way, answers: true, rests_until: None, asking: false, ping_at: now },
        };
        self.ways = ways.into_iter().map(health).collect();
        if let Some(registration) = &mut self.registration {
            let held = registration.held.as_ref();
            if held.is_none_or(|(way, _)| !self.ways.iter().any(|health| health.way == *way))
                && registration.failures == 0
            {
                registration.at = registration.at.min(now);
            }
        }
    }

    fn not_found(&mut self, now: Instant, why: TrunkFault) {
        (self.lost, self.look_up_at) = (Some(why), now + LOOK_UP_PAUSE);
    }

    /// A REGISTER by that way has come to its end.
    pub(crate) fn registered(&mut self, now: Instant, way: &Way, outcome: Registered) {
        let spread = self.spread;
        let Some(registration) = &mut self.registration else { return };
        registration.asking = false;
        let health = self.ways.iter_mut().find(|health| health.way == *way);
        match outcome {
            Registered::For(granted) => {
                (registration.failures, registration.trouble) = (0, None);
                registration.held = Some((way.clone(), now + granted));
                registration.at = now + renewal(granted);
                if let Some(health) = health {
                    (health.answers, health.rests_until) = (true, None);
                }
                return;
            }
            Registered::TooBrief(least) if least > registration.expires && least <= LONGEST => {
                registration.expires = least;
                registration.at = now;
                return;
            }
            Registered::TooBrief(_) => registration.refused(now, 423, spread),
            Registered::Refused(status) => return registration.refused(now, status, spread),
            Registered::Busy(status, after) => {
                registration.trouble = Some(TrunkTrouble { fault: TrunkFault::RegistrarBusy, status: Some(status) });
                if let Some(health) = health {
                    let pause = after.map_or(PAUSE.0, |after| after.clamp(RETRY_AFTER.0, RETRY_AFTER.1));
                    (health.answers, health.rests_until) = (true, Some(now + pause));
                }
            }
            Registered::Silent => {
                registration.trouble = Some(TrunkFault::RegistrarSilent.into());
                if let Some(health) = health {
                    (health.answers, health.rests_until) = (false, Some(now + pause_after(1, spread)));
                }
            }
        }
        // The next way at once, and a pause when all have been tried.
        let awake = self.ways.iter().any(|health| health.rests_until.is_none_or(|until| until <= now));
        registration.at = if awake {
            now
        } else {
            registration.failures += 1;
            let soonest = self.ways.iter().filter_map(|health| health.rests_until).min();
            let pause = now + pause_after(registration.failures, spread);
            // A server that has said when it is back is believed.
            if matches!(outcome, Registered::Busy(_, Some(_))) { soonest.unwrap_or(pause) } else { pause }
        };
    }

    /// OPTIONS by that way was answered, or was not.
    pub(crate) fn pinged(&mut self, now: Instant, way: &Way, answers: bool) {
        let ping = self.ping.unwrap_or(PAUSE.0);
        let Some(health) = self.ways.iter_mut().find(|health| health.way == *way) else { return };
        let was = std::mem::replace(&mut health.answers, answers);
        (health.asking, health.ping_at) = (false, now + ping);
        if was == answers {
            return;
        }
        let other = self.ways.iter().any(|health| health.answers);
        if let Some(registration) = &mut self.registration {
            let held_there = registration.held.as_ref().is_none_or(|(held, _)| held == way);
            // Where we are registered is gone, or somebody is back whom we can register with.
            if held_there && other && !registration.asking && (registration.failures > 0 || !answers) {
                registration.at = registration.at.min(now);
            }
        }
    }

    /// Somebody wants to know how it stands: everything is asked now that would be asked some time.
    pub(crate) fn check(&mut self, now: Instant) {
        self.look_up_at = self.look_up_at.min(now);
        if let Some(registration) = &mut self.registration {
            registration.at = registration.at.min(now);
        }
        for health in &mut self.ways {
            (health.rests_until, health.ping_at) = (None, health.ping_at.min(now));
        }
    }

    /// A call by that way has failed: others go first for a while, or for as long as it has asked for.
    pub(crate) fn call_failed(&mut self, now: Instant, way: &Flow, retry_after: Option<Duration>) {
        let Some(health) = self.ways.iter_mut().find(|health| health.way.flow == *way) else { return };
        let pause = retry_after.map_or(AFTER_CALL, |after| after.clamp(RETRY_AFTER.0, RETRY_AFTER.1));
        health.rests_until = Some(now + pause);
        if retry_after.is_none() {
            health.ping_at = now;
        }
    }

    /// The ways for calls, best first: where we are registered, those that answer, and then the others.
    pub(crate) fn ways(&self, now: Instant) -> Vec<Way> {
        let held = self.registration.as_ref().and_then(|registration| registration.held.as_ref());
        let rank = |health: &&Health| {
            let rests = health.rests_until.is_some_and(|until| until > now);
            let here = held.is_some_and(|(way, _)| *way == health.way);
            (rests || !health.answers, !here)
        };
        let mut ranked: Vec<_> = self.ways.iter().collect();
        ranked.sort_by_key(rank);
        ranked.into_iter().map(|health| health.way.clone()).collect()
    }

    /// Every server and whether it answers.
    pub(crate) fn servers(&self) -> impl Iterator<Item = (&Way, bool)> {
        self.ways.iter().map(|health| (&health.way, health.answers))
    }

    /// By which way we are registered, and until when.
    pub(crate) fn held(&self, now: Instant) -> Option<&(Way, Instant)> {
        self.registration.as_ref()?.held.as_ref().filter(|(_, until)| *until > now)
    }

    /// Whether calls can go, and why not.
    pub(crate) fn state(&self, now: Instant) -> (TrunkState, Option<TrunkTrouble>) {
        let lost = self.lost.map(TrunkTrouble::from);
        if self.ways.is_empty() {
            return if self.looked_up_once { (TrunkState::Down, lost) } else { (TrunkState::Starting, None) };
        }
        let trouble = self.registration.as_ref().and_then(|registration| registration.trouble);
        if self.registration.is_some() && self.held(now).is_none() {
            let state = if trouble.is_some() { TrunkState::Down } else { TrunkState::Starting };
            return (state, trouble);
        }
        if !self.ways.iter().any(|health| health.answers) {
            return (TrunkState::Down, trouble.or(Some(TrunkFault::ServersSilent.into())));
        }
        (TrunkState::Up, trouble.or(lost))
    }
}

impl Registration {
    /// Another way would not help: the account itself is refused.
    fn refused(&mut self, now: Instant, status: u16, spread: f64) {
        self.failures += 1;
        self.held = None;
        let fault = match status {
            401 | 403 | 407 => TrunkFault::WrongPassword,
            404 => TrunkFault::UnknownUser,
            420 | 421 => TrunkFault::KindRefused,
            _ => TrunkFault::Refused,
        };
        self.trouble = Some(TrunkTrouble { fault, status: Some(status) });
        self.at = now + pause_after(self.failures + 1, spread);
    }
}

/// When to renew: early enough for one more try, and not at the last moment.
fn renewal(granted: Duration) -> Duration {
    granted - (granted / 4).min(Duration::from_secs(60))
}

fn pause_after(failures: u32, spread: f64) -> Duration {
    let doubled = PAUSE.0.saturating_mul(1 << failures.saturating_sub(1).min(16));
    doubled.min(PAUSE.1).mul_f64(spread)
}

#[cfg(test)]
mod tests {
    use super::super::tests::config;
    use super::*;
    use jackfield_sip::Transport;

    const SECOND: Duration = Duration::from_secs(1);

    fn way(n: u8) -> Way {
        let flow = Flow {
            transport: Transport::Udp,
            local: "192.0.2.9:5060".parse().unwrap(),
            remote: std::net::SocketAddr::from(([198, 51, 100, n], 5060)),
            connection: None,
        };
        Way { flow, host: "carrier.example".into() }
    }

    fn upkeep(now: Instant) -> Upkeep {
        let config = TrunkConfig { register: TrunkRegistration::Single, ping: None, ..config("a") };
        let mut upkeep = Upkeep::new(now, &config, 1.0);
        assert_eq!(upkeep.next(now), Some(Work::LookUp));
        assert_eq!((upkeep.next(now), upkeep.state(now).0), (None, TrunkState::Starting));
        upkeep
    }

    /// Go through time and say what is done when.
    fn asked(upkeep: &mut Upkeep, now: Instant) -> Option<(Way, Duration)> {
        match upkeep.next(now)? {
            Work::Register(way, expires) => Some((way, expires)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_registration_is_renewed_before_it_ends_and_lost_when_nobody_renews_it() {
        let mut now = Instant::now();
        let mut upkeep = upkeep(now);
        upkeep.looked_up(now, Ok((vec![way(1)], 3_600 * SECOND)));
        assert_eq!(asked(&mut upkeep, now), Some((way(1), 600 * SECOND)));
        upkeep.registered(now, &way(1), Registered::TooBrief(900 * SECOND));
        assert_eq!(asked(&mut upkeep, now), Some((way(1), 900 * SECOND)));
        upkeep.registered(now, &way(1), Registered::For(120 * SECOND));
        assert_eq!(upkeep.state(now), (TrunkState::Up, None));
        assert_eq!(upkeep.due(), Some(now + 90 * SECOND));
        assert_eq!(upkeep.next(now + 89 * SECOND), None);
        now += 90 * SECOND;
        assert!(asked(&mut upkeep, now).is_some());
        upkeep.registered(now, &way(1), Registered::Silent);
        assert!(upkeep.held(now).is_some(), "it still holds, though nobody answers");
        assert_eq!(upkeep.next(now + 29 * SECOND), None);
        assert!(asked(&mut upkeep, now + 30 * SECOND).is_some(), "and is tried again");
        assert_eq!(upkeep.state(now + 30 * SECOND), (TrunkState::Down, Some(TrunkFault::RegistrarSilent.into())));
    }

    #[test]
    fn a_registrar_that_says_when_it_is_back_is_left_alone_until_then() {
        let now = Instant::now();
        let mut upkeep = upkeep(now);
        upkeep.looked_up(now, Ok((vec![way(1), way(2)], 3_600 * SECOND)));
        assert_eq!(asked(&mut upkeep, now).unwrap().0, way(1));
        upkeep.registered(now, &way(1), Registered::Busy(503, Some(300 * SECOND)));
        assert_eq!(asked(&mut upkeep, now).unwrap().0, way(2), "the second one at once");
        upkeep.registered(now, &way(2), Registered::Busy(503, Some(100 * SECOND)));
        let busy = TrunkTrouble { fault: TrunkFault::RegistrarBusy, status: Some(503) };
        assert_eq!(upkeep.state(now), (TrunkState::Down, Some(busy)));
        assert_eq!((upkeep.next(now + 99 * SECOND), upkeep.due()), (None, Some(now + 100 * SECOND)));
        assert_eq!(asked(&mut upkeep, now + 100 * SECOND).unwrap().0, way(2));
        upkeep.registered(now + 100 * SECOND, &way(2), Registered::For(600 * SECOND));
        assert_eq!(upkeep.ways(now + 101 * SECOND), [way(2), way(1)], "calls go where we are registered");
        // An absurd pause is cut short.
        upkeep.call_failed(now, &way(2).flow, Some(1_000_000 * SECOND));
        assert_eq!(upkeep.ways(now + 3_601 * SECOND)[0], way(2));
    }

    #[test]
    fn a_refused_password_is_not_hammered() {
        let mut now = Instant::now();
        let mut upkeep = upkeep(now);
        upkeep.looked_up(now, Ok((vec![way(1), way(2)], 86_400 * SECOND)));
        let mut tries = 0;
        let end = now + 3_600 * SECOND;
        while now < end {
            while let Some(work) = upkeep.next(now) {
                let Work::Register(way, _) = work else { panic!("{work:?}") };
                upkeep.registered(now, &way, Registered::Refused(403));
                tries += 1;
            }
            now = upkeep.due().unwrap();
        }
        assert_eq!(tries, 6, "with pauses of 1, 2, 4, 8, 16 and 30 minutes");
        assert_eq!(upkeep.state(now).1.map(|trouble| trouble.fault), Some(TrunkFault::WrongPassword));
    }

    #[test]
    fn dns_that_times_out_leaves_what_is_known_and_is_asked_again() {
        let now = Instant::now();
        let mut upkeep = upkeep(now);
        upkeep.looked_up(now, Err(TrunkFault::NameServerSilent));
        assert_eq!(upkeep.state(now), (TrunkState::Down, Some(TrunkFault::NameServerSilent.into())));
        assert_eq!(upkeep.next(now + 29 * SECOND), None);
        assert_eq!(upkeep.next(now + 30 * SECOND), Some(Work::LookUp));
        let later = now + 31 * SECOND;
        upkeep.looked_up(later, Ok((vec![way(1)], 60 * SECOND)));
        assert!(asked(&mut upkeep, later).is_some());
        upkeep.registered(later, &way(1), Registered::For(600 * SECOND));
        assert_eq!(upkeep.next(later + 60 * SECOND), Some(Work::LookUp));
        upkeep.looked_up(later + 60 * SECOND, Err(TrunkFault::NoAddress));
        assert_eq!(upkeep.state(later + 60 * SECOND), (TrunkState::Up, Some(TrunkFault::NoAddress.into())));
        // The server has moved.
        assert_eq!(upkeep.next(later + 90 * SECOND), Some(Work::LookUp));
        upkeep.looked_up(later + 90 * SECOND, Ok((vec![way(7)], 600 * SECOND)));
        assert_eq!(asked(&mut upkeep, later + 90 * SECOND).unwrap().0, way(7));
    }

    #[test]
    fn who_wants_to_know_has_a_registration_tried_that_would_wait() {
        let now = Instant::now();
        let mut upkeep = upkeep(now);
        upkeep.looked_up(now, Ok((vec![way(1)], 3_600 * SECOND)));
        assert!(asked(&mut upkeep, now).is_some());
        upkeep.registered(now, &way(1), Registered::Refused(403));
        assert_eq!(upkeep.next(now + SECOND), None);
        upkeep.check(now + SECOND);
        assert_eq!(upkeep.next(now + SECOND), Some(Work::LookUp));
        assert_eq!(asked(&mut upkeep, now + SECOND).unwrap().0, way(1));
        upkeep.registered(now + SECOND, &way(1), Registered::For(600 * SECOND));
        upkeep.looked_up(now + SECOND, Ok((vec![way(1)], 3_600 * SECOND)));
        assert_eq!(upkeep.state(now + SECOND), (TrunkState::Up, None));
    }

    #[test]
    fn servers_that_do_not_answer_are_tried_last_and_come_back() {
        let now = Instant::now();
        let config = TrunkConfig { ping: Some(20 * SECOND), ..config("a") };
        let mut upkeep = Upkeep::new(now, &config, 1.0);
        assert_eq!(upkeep.next(now), Some(Work::LookUp));
        upkeep.looked_up(now, Ok((vec![way(1), way(2)], 3_600 * SECOND)));
        for n in [1, 2] {
            assert_eq!(upkeep.next(now), Some(Work::Ping(way(n))));
        }
        upkeep.pinged(now, &way(1), false);
        upkeep.pinged(now, &way(2), true);
        assert_eq!((upkeep.ways(now), upkeep.state(now).0), (vec![way(2), way(1)], TrunkState::Up));
        assert_eq!(upkeep.next(now + 20 * SECOND), Some(Work::Ping(way(1))));
        upkeep.pinged(now + 20 * SECOND, &way(1), true);
        assert_eq!(upkeep.ways(now + 20 * SECOND), [way(1), way(2)]);
        upkeep.call_failed(now + 20 * SECOND, &way(1).flow, None);
        assert_eq!(upkeep.ways(now + 21 * SECOND), [way(2), way(1)]);
        assert_eq!(upkeep.ways(now + 80 * SECOND), [way(1), way(2)]);
    }
}
