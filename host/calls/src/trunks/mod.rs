//! Ways to the outside: who they are, which of them a call can take, and which one a call has come by.
//!
//! Names are looked up and registrations kept by a task of each trunk ([`keeper`]); a call only reads what it left.

mod config;
mod identity;
mod keeper;
mod numbering;
mod upkeep;

pub use config::{Identity, TrunkConfig};
pub use numbering::{NumberRange, Numbering};

pub(crate) use identity::{ANONYMOUS, Presentation};

use crate::{
    dial::{Contact, user_part},
    events::EventBus,
};
use arc_swap::ArcSwap;
use jackfield_model::{EventKind, NumberFormat, TrunkServer, TrunkState, TrunkStatus, TrunkTrouble};
use jackfield_sip::{Flow, Message};
use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::sync::{mpsc, watch};
use upkeep::Way;

/// Fewest digits of a number of the outside, as 11833.
const OF_THE_NETWORK: usize = 5;
/// Failed calls that a trunk may have to hear of; more of them say nothing new.
const NEWS: usize = 64;

/// All trunks, in the order in which they are tried.
pub struct Trunks {
    all: Vec<Arc<Trunk>>,
    stop: watch::Sender<bool>,
}

/// One trunk.
pub(crate) struct Trunk {
    pub(crate) config: TrunkConfig,
    /// Stands in the contact that is registered, and so in what comes back by it. Nobody else knows it.
    line: String,
    ways: ArcSwap<Vec<Way>>,
    status: Mutex<TrunkStatus>,
    calls: AtomicU32,
    failed: mpsc::Sender<Failure>,
    /// For the keeper, which takes it.
    failures: Mutex<Option<mpsc::Receiver<Failure>>>,
    bus: EventBus,
}

/// A call by a trunk has failed.
struct Failure {
    way: Flow,
    retry_after: Option<Duration>,
}

/// A call that goes by a trunk; dropping it frees the channel.
pub(crate) struct Channel(Arc<Trunk>);

/// All channels of a trunk are in use.
pub(crate) struct AllInUse;

impl Trunks {
    pub(crate) fn new(configs: Vec<TrunkConfig>, bus: &EventBus) -> Self {
        let all = configs.into_iter().map(|config| Arc::new(Trunk::new(config, bus.clone()))).collect();
        Self { all, stop: watch::channel(false).0 }
    }

    /// How each of them stands, in the order in which they are tried.
    pub fn list(&self) -> Vec<TrunkStatus> {
        self.all.iter().map(|trunk| trunk.status().clone()).collect()
    }

    /// Whether a number may be one of the outside. A short one that is nobody's is rather a slip or an extension that is no
    /// more, and must not leave the house.
    pub(crate) fn serve(&self, number: &str) -> bool {
        let digits = number.strip_prefix('+').unwrap_or(number);
        let dialable = (OF_THE_NETWORK..=32).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit());
        dialable && !self.all.is_empty()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether messages from there may be a trunk's: who makes such addresses up must not have them banned.
    pub(crate) fn knows(&self, address: IpAddr) -> bool {
        self.all.iter().any(|trunk| trunk.is_at(address))
    }

    /// The trunk that a call comes by: by the contact that was registered with it, or by where it comes from. Of several at
    /// one address it is the one whose number or user is called.
    pub(crate) fn of_call(&self, invite: &Message, remote: SocketAddr) -> Option<&Arc<Trunk>> {
        if self.all.is_empty() {
            return None;
        }
        let line = invite.request_uri().and_then(|uri| uri.params().value("line").map(|line| line.into_owned()));
        if let Some(line) = line
            && let Some(trunk) = self.all.iter().find(|trunk| trunk.line == line)
        {
            return Some(trunk);
        }
        let there = || self.all.iter().filter(|trunk| trunk.is_at(remote.ip()));
        let user = invite.request_uri().and_then(|uri| uri.user().map(|user| user.into_owned()));
        let is_called = |trunk: &&Arc<Trunk>| {
            let called = trunk.config.called(invite).unwrap_or_default();
            user.as_ref() == Some(&trunk.config.user)
                || trunk.config.numbers.iter().any(|range| range.contains(&called))
        };
        there().find(is_called).or_else(|| there().next())
    }

    /// The way by which to call a number, as it is dialled: the trunk of that name or, without one, the first that stands well.
    /// Further servers and trunks are those to try when it fails.
    pub(crate) fn way_to(&self, number: &str, only: Option<&str>) -> Option<Contact> {
        let mut trunks: Vec<_> =
            self.all.iter().filter(|trunk| only.is_none_or(|name| trunk.config.name == name)).collect();
        trunks.sort_by_key(|trunk| trunk.status().state != TrunkState::Up);
        let mut ways = trunks.into_iter().flat_map(|trunk| trunk.ways_to(number));
        let first = ways.next()?;
        Some(Contact { others: ways.collect(), ..first })
    }

    /// Whether a number is one of a trunk's, and where calls to it go.
    pub(crate) fn own_number(&self, number: &str) -> Option<String> {
        self.all.iter().find_map(|trunk| trunk.inside(&trunk.config.numbering.normalised(number)))
    }

    /// End the registrations. Returns when they are ended, or soon.
    pub async fn stop(&self) {
        self.stop.send_replace(true);
        // Each keeper lets go of its receiver when it is done.
        let _ = tokio::time::timeout(Duration::from_secs(1), self.stop.closed()).await;
    }
}

impl Trunk {
    fn new(config: TrunkConfig, bus: EventBus) -> Self {
        let (failed, failures) = mpsc::channel(NEWS);
        let status = TrunkStatus {
            name: config.name.clone(),
            state: TrunkState::Starting,
            trouble: None,
            since: crate::exchange::now_ms(),
            registered_until: None,
            servers: Vec::new(),
            calls: 0,
            channels: config.channels,
        };
        Self {
            config,
            line: format!("{:016x}", rand::random::<u64>()),
            ways: ArcSwap::default(),
            status: Mutex::new(status),
            calls: AtomicU32::new(0),
            failed,
            failures: Mutex::new(Some(failures)),
            bus,
        }
    }

    /// Where calls to one of its numbers go.
    pub(crate) fn inside(&self, number: &str) -> Option<String> {
        self.config.numbers.iter().find_map(|range| range.inside(number))
    }

    /// A call begins to use it. `must` for one that nothing may keep back.
    pub(crate) fn open_channel(self: &Arc<Self>, must: bool) -> Result<Channel, AllInUse> {
        let most = if must { u32::MAX } else { self.config.channels.unwrap_or(u32::MAX) };
        let more = |calls: u32| (calls < most).then(|| calls + 1);
        self.calls.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).map_err(|_| AllInUse)?;
        self.tell_calls();
        Ok(Channel(Arc::clone(self)))
    }

    /// A call by that way has failed; what cannot be told now is told by the next one.
    pub(crate) fn call_failed(&self, way: Flow, retry_after: Option<Duration>) {
        let _ = self.failed.try_send(Failure { way, retry_after });
    }

    fn ways_to(self: &Arc<Self>, number: &str) -> Vec<Contact> {
        let numbering = &self.config.numbering;
        let number = match numbering.format {
            NumberFormat::AsDialled => number.to_owned(),
            _ => numbering.written(&numbering.normalised(number)),
        };
        let ways = self.ways.load();
        let target = format!("sip:{}@{}", user_part(&number), self.config.domain);
        let contact =
            |way: &Way| Contact { trunk: Some(Arc::clone(self)), ..Contact::new(target.clone(), way.flow, None) };
        ways.iter().map(contact).collect()
    }

    fn is_at(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.config.sources.iter().any(|network| network.contains(&address))
            || self.ways.load().iter().any(|way| way.flow.remote.ip().to_canonical() == address)
    }

    fn status(&self) -> MutexGuard<'_, TrunkStatus> {
        // Held for a few assignments, never across an await.
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell_calls(&self) {
        let mut status = self.status();
        status.calls = self.calls.load(Ordering::Relaxed);
        self.bus.publish(crate::exchange::now_ms(), EventKind::Trunk(status.clone()));
    }

    /// Take note of how it stands; tells when that has changed.
    fn stands(
        &self,
        state: TrunkState,
        trouble: Option<TrunkTrouble>,
        registered_until: Option<u64>,
        servers: Vec<TrunkServer>,
    ) {
        let now = crate::exchange::now_ms();
        let mut status = self.status();
        let mut new = TrunkStatus { state, trouble, registered_until, servers, ..status.clone() };
        if *status == new {
            return;
        }
        if status.state != state {
            new.since = now;
            match state {
                TrunkState::Down => {
                    let why = trouble.map(|trouble| trouble.to_string());
                    tracing::warn!(trunk = new.name, why, "trunk is down");
                }
                TrunkState::Up | TrunkState::Starting => tracing::info!(trunk = new.name, ?state, "trunk"),
            }
        }
        *status = new.clone();
        self.bus.publish(now, EventKind::Trunk(new));
    }
}

impl std::fmt::Debug for Trunk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trunk").field("name", &self.config.name).finish_non_exhaustive()
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.0.calls.fetch_sub(1, Ordering::Relaxed);
        self.0.tell_calls();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_model::{CalledIn, TrunkRegistration};

    /// A carrier with the numbers +493012300 to 49 for the extensions from 100 on.
    pub(super) fn config(name: &str) -> TrunkConfig {
        let number = |text: &str| text.parse().unwrap();
        let block = NumberRange::new(&number("+493012300"), Some(&number("+493012349")), Some(&number("100")), true);
        TrunkConfig {
            name: name.into(),
            servers: vec!["sip:carrier.example".into()],
            outbound_proxy: None,
            domain: "carrier.example".into(),
            user: "acme".into(),
            account: None,
            register: TrunkRegistration::No,
            expires: Duration::from_secs(600),
            called_in: CalledIn::RequestUri,
            sources: vec!["203.0.113.0/28".parse().unwrap()],
            channels: Some(2),
            numbering: Numbering { country: "49".into(), area: "30".into(), ..Numbering::default() },
            numbers: vec![block.unwrap()],
            identity: Identity { default: Some("+493012300".into()), ..Identity::default() },
            ping: None,
            patience: Duration::from_secs(4),
            codecs: Vec::new(),
        }
    }

    fn invite(uri: &str) -> Message {
        let text = format!(
            "INVITE {uri} SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nMax-Forwards: 70\r\nFrom: <sip:a@h>;tag=1\r\n\
             To: <sip:b@h>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContact: <sip:h>\r\n\r\n"
        );
        Message::parse(text.into_bytes().into(), jackfield_sip::Framing::Datagram, &jackfield_sip::Limits::default())
            .unwrap()
    }

    #[test]
    fn a_call_belongs_to_the_trunk_it_came_by() {
        let mut second = config("b");
        (second.user, second.numbers) = ("branch".into(), Vec::new());
        let trunks = Trunks::new(vec![config("a"), second], &EventBus::new());
        let there: SocketAddr = "203.0.113.5:5060".parse().unwrap();
        let by =
            |uri: &str, from: SocketAddr| trunks.of_call(&invite(uri), from).map(|trunk| trunk.config.name.clone());
        assert_eq!(by("sip:+493012301@h", there).as_deref(), Some("a"));
        assert_eq!(by("sip:branch@h", there).as_deref(), Some("b"));
        assert_eq!(by("sip:whoever@h", there).as_deref(), Some("a"));
        let elsewhere = "203.0.113.77:5060".parse().unwrap();
        assert_eq!(by("sip:+493012301@h", elsewhere), None);
        let line = format!("sip:branch@h;line={}", trunks.all[1].line);
        assert_eq!(by(&line, elsewhere).as_deref(), Some("b"), "what was registered comes back");
        assert!(trunks.knows("::ffff:203.0.113.5".parse().unwrap()) && !trunks.knows(elsewhere.ip()));
    }

    #[test]
    fn channels_are_counted_and_an_emergency_finds_one() {
        let trunks = Trunks::new(vec![config("a")], &EventBus::new());
        let trunk = &trunks.all[0];
        let first = trunk.open_channel(false).ok().unwrap();
        let second = trunk.open_channel(false).ok().unwrap();
        assert!(trunk.open_channel(false).is_err());
        let emergency = trunk.open_channel(true).ok().unwrap();
        assert_eq!(trunks.list()[0].calls, 3);
        drop((first, second, emergency));
        assert_eq!(trunks.list()[0].calls, 0);
    }
}
