//! Ways to the outside: who they are, which of them a call can take, and which one a call has come by.
//!
//! Names are looked up and registrations kept by a task of each trunk ([`keeper`]); a call only reads what it left. The list
//! is swapped whole when an admin changes it ([`change`]); calls keep the trunk that they have begun with.

mod change;
mod config;
mod identity;
mod keeper;
mod numbering;
mod settings;
mod upkeep;

pub use config::{Identity, TrunkConfig};
pub use numbering::{NumberRange, Numbering};
pub use settings::WrongSetting;

pub(crate) use identity::{ANONYMOUS, Presentation};

use crate::{
    dial::{Contact, user_part},
    events::EventBus,
    keys::Keys,
};
use arc_swap::ArcSwap;
use jackfield_model::{EventKind, NumberFormat, TimestampMs, TrunkServer, TrunkState, TrunkStatus, TrunkTrouble};
use jackfield_net::Resolver;
use jackfield_sip::{Flow, Host, Message};
use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::sync::{mpsc, oneshot, watch};
use upkeep::Way;

/// Fewest digits of a number of the outside, as 11833.
const OF_THE_NETWORK: usize = 5;
/// Failed calls and questions that a keeper may have to hear of; more of them say nothing new.
const NEWS: usize = 64;

/// All trunks, in the order in which they are tried.
pub struct Trunks {
    all: ArcSwap<Vec<Arc<Trunk>>>,
    /// How their names are looked up, once somebody looks after them.
    resolver: OnceLock<Resolver>,
    bus: EventBus,
}

/// One trunk with the settings of one time.
pub(crate) struct Trunk {
    pub(crate) config: TrunkConfig,
    /// Stands in the contact that is registered, and so in what comes back by it. Nobody else knows it.
    line: String,
    ways: ArcSwap<Vec<Way>>,
    shown: Arc<Shown>,
    news: mpsc::Sender<News>,
    /// For the keeper, which takes it.
    for_keeper: Mutex<Option<mpsc::Receiver<News>>>,
    ending: watch::Sender<Ending>,
}

/// What is shown of the trunk of one name. It outlives a change of settings: calls that have begun before count all the same.
struct Shown {
    status: Mutex<TrunkStatus>,
    calls: AtomicU32,
    gone: AtomicBool,
    bus: EventBus,
}

/// How a keeper ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Not yet.
    NotYet,
    /// The registration is ended.
    Unregister,
    /// Another keeper goes on with the registration.
    HandOver,
}

/// What a keeper may have to hear of.
enum News {
    /// A call by this way has failed.
    CallFailed { way: Flow, retry_after: Option<Duration> },
    /// Somebody wants to know how the trunk stands now; told when that is known.
    Check(oneshot::Sender<()>),
}

/// A call that goes by a trunk; dropping it frees the channel.
pub(crate) struct Channel(Arc<Trunk>);

/// All channels of a trunk are in use.
pub(crate) struct AllInUse;

impl Trunks {
    pub(crate) fn new(configs: Vec<TrunkConfig>, bus: &EventBus) -> Self {
        let all: Vec<_> = configs.into_iter().map(|config| Arc::new(Trunk::new(config, bus.clone()))).collect();
        Self { all: ArcSwap::from_pointee(all), resolver: OnceLock::new(), bus: bus.clone() }
    }

    /// How each of them stands, in the order in which they are tried.
    pub fn list(&self) -> Vec<TrunkStatus> {
        self.all.load().iter().map(|trunk| trunk.status().clone()).collect()
    }

    /// Whether a number may be one of the outside. A short one that is nobody's is rather a slip or an extension that is no
    /// more, and must not leave the house.
    pub(crate) fn serve(&self, number: &str) -> bool {
        let digits = number.strip_prefix('+').unwrap_or(number);
        let dialable = (OF_THE_NETWORK..=32).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit());
        dialable && !self.is_empty()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.load().is_empty()
    }

    /// Whether messages from there may be a trunk's: who makes such addresses up must not have them banned.
    pub(crate) fn knows(&self, address: IpAddr) -> bool {
        self.all.load().iter().any(|trunk| trunk.is_at(address))
    }

    /// Whether a request is for us in the words of the trunk that it comes by: by the contact that was registered there,
    /// whatever a NAT has made of its host, or by the domain of our address there.
    pub(crate) fn is_addressed(&self, request: &Message, remote: SocketAddr, host: &Host<'_>) -> bool {
        let all = self.all.load();
        let uri = request.request_uri();
        let line = uri.as_ref().and_then(|uri| uri.params().value("line"));
        all.iter().any(|trunk| {
            let is_line = line.as_deref() == Some(trunk.line.as_str());
            is_line || (trunk.is_at(remote.ip()) && host.to_string().eq_ignore_ascii_case(&trunk.config.domain))
        })
    }

    /// The trunk that a call comes by: by the contact that was registered with it, or by where it comes from. Of several at
    /// one address it is the one whose number or user is called.
    pub(crate) fn of_call(&self, invite: &Message, remote: SocketAddr) -> Option<Arc<Trunk>> {
        let all = self.all.load();
        if all.is_empty() {
            return None;
        }
        let line = invite.request_uri().and_then(|uri| uri.params().value("line").map(|line| line.into_owned()));
        if let Some(line) = line
            && let Some(trunk) = all.iter().find(|trunk| trunk.line == line)
        {
            return Some(Arc::clone(trunk));
        }
        let there = || all.iter().filter(|trunk| trunk.is_at(remote.ip()));
        let user = invite.request_uri().and_then(|uri| uri.user().map(|user| user.into_owned()));
        let is_called = |trunk: &&Arc<Trunk>| {
            let called = trunk.config.called(invite).unwrap_or_default();
            user.as_ref() == Some(&trunk.config.user)
                || trunk.config.numbers.iter().any(|range| range.contains(&called))
        };
        there().find(is_called).or_else(|| there().next()).map(Arc::clone)
    }

    /// The way by which to call a number, as it is dialled: the trunk of that name or, without one, the first that stands well.
    /// Further servers and trunks are those to try when it fails.
    pub(crate) fn way_to(&self, number: &str, only: Option<&str>) -> Option<Contact> {
        let all = self.all.load();
        let mut trunks: Vec<_> = all.iter().filter(|trunk| only.is_none_or(|name| trunk.config.name == name)).collect();
        trunks.sort_by_key(|trunk| trunk.status().state != TrunkState::Up);
        let mut ways = trunks.into_iter().flat_map(|trunk| trunk.ways_to(number));
        let first = ways.next()?;
        Some(Contact { others: ways.collect(), ..first })
    }

    /// A number as it is dialled in E.164, by the plan of the first trunk; as it is when there is none.
    pub(crate) fn normalised(&self, number: &str) -> String {
        let all = self.all.load();
        all.first().map_or_else(|| number.to_owned(), |trunk| trunk.config.numbering.normalised(number))
    }

    /// Where calls to a number that is called at this trunk go inside.
    pub(crate) fn inside_of(&self, trunk: &str, number: &str) -> Option<String> {
        let all = self.all.load();
        let trunk = all.iter().find(|one| one.config.name == trunk)?;
        trunk.inside(&trunk.config.numbering.normalised(number))
    }

    /// Whether a number is one of a trunk's, and where calls to it go.
    pub(crate) fn own_number(&self, number: &str) -> Option<String> {
        self.all.load().iter().find_map(|trunk| trunk.inside(&trunk.config.numbering.normalised(number)))
    }
}

impl Trunk {
    fn new(config: TrunkConfig, bus: EventBus) -> Self {
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
        let (calls, gone) = (AtomicU32::new(0), AtomicBool::new(false));
        let shown = Arc::new(Shown { status: Mutex::new(status), calls, gone, bus });
        Self::with(config, format!("{:016x}", rand::random::<u64>()), Arc::default(), shown)
    }

    fn with(config: TrunkConfig, line: String, ways: Arc<Vec<Way>>, shown: Arc<Shown>) -> Self {
        let (news, for_keeper) = mpsc::channel(NEWS);
        Self {
            config,
            line,
            ways: ArcSwap::new(ways),
            shown,
            news,
            for_keeper: Mutex::new(Some(for_keeper)),
            ending: watch::channel(Ending::NotYet).0,
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
        self.shown.calls.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).map_err(|_| AllInUse)?;
        self.shown.tell_calls();
        Ok(Channel(Arc::clone(self)))
    }

    /// A call by that way has failed; what cannot be told now is told by the next one.
    pub(crate) fn call_failed(&self, way: Flow, retry_after: Option<Duration>) {
        let _ = self.news.try_send(News::CallFailed { way, retry_after });
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
        self.shown.status()
    }
}

impl Shown {
    fn status(&self) -> MutexGuard<'_, TrunkStatus> {
        // Held for a few assignments, never across an await.
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell_calls(&self) {
        let mut status = self.status();
        status.calls = self.calls.load(Ordering::Relaxed);
        self.tell(crate::exchange::now_ms(), &status);
    }

    fn tell(&self, now: TimestampMs, status: &TrunkStatus) {
        // Nobody lists a trunk that is gone, though calls by it may still end.
        if !self.gone.load(Ordering::Relaxed) {
            self.bus.publish(now, EventKind::Trunk(status.clone()));
        }
    }

    /// Take note of how it stands; tells when that has changed.
    fn stands(
        &self,
        state: TrunkState,
        trouble: Option<TrunkTrouble>,
        registered_until: Option<TimestampMs>,
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
        *status = new;
        self.tell(now, &status);
    }
}

impl Channel {
    /// How the trunk tells keys and takes them.
    pub(crate) fn keys(&self) -> Keys {
        Keys::of_trunk(self.0.config.dtmf)
    }
}

impl std::fmt::Debug for Trunk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trunk").field("name", &self.config.name).finish_non_exhaustive()
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.0.shown.calls.fetch_sub(1, Ordering::Relaxed);
        self.0.shown.tell_calls();
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
            encryption: None,
            dtmf: jackfield_model::TrunkDtmf::default(),
            session_timer: jackfield_sip::SessionPolicy::AsConfigured,
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
        let line = format!("sip:branch@h;line={}", trunks.all.load()[1].line);
        assert_eq!(by(&line, elsewhere).as_deref(), Some("b"), "what was registered comes back");
        assert!(trunks.knows("::ffff:203.0.113.5".parse().unwrap()) && !trunks.knows(elsewhere.ip()));
        let addressed = |uri: &str, from: SocketAddr| {
            trunks.is_addressed(&invite(uri), from, &jackfield_sip::Uri::parse(uri.as_bytes()).unwrap().host().unwrap())
        };
        assert!(addressed("sip:1@Carrier.example", there) && !addressed("sip:1@carrier.example", elsewhere));
        assert!(addressed(&line, elsewhere) && !addressed("sip:1@h", there));
    }

    #[test]
    fn channels_are_counted_and_an_emergency_finds_one() {
        let trunks = Trunks::new(vec![config("a")], &EventBus::new());
        let trunk = &Arc::clone(&trunks.all.load()[0]);
        let first = trunk.open_channel(false).ok().unwrap();
        let second = trunk.open_channel(false).ok().unwrap();
        assert!(trunk.open_channel(false).is_err());
        let emergency = trunk.open_channel(true).ok().unwrap();
        assert_eq!(trunks.list()[0].calls, 3);
        // Calls count on when the settings change.
        let changed = Arc::new(trunk.changed(TrunkConfig { channels: Some(4), ..config("a") }));
        assert_eq!(changed.line, trunk.line, "what was registered comes back");
        let fourth = changed.open_channel(false).ok().unwrap();
        assert!(changed.open_channel(false).is_err());
        drop((first, second, emergency, fourth));
        assert_eq!((trunks.list()[0].calls, changed.status().calls), (0, 0));
    }
}
