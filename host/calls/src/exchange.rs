//! What every call task shares.

use crate::fax::{FaxConfig, FaxLines};
use crate::{
    Router, Scripts,
    availability::Availabilities,
    browsers::Browsers,
    completion::Completions,
    conference::Conferences,
    desk::Desk,
    directory::Directory,
    events::EventBus,
    facts::Facts,
    guard::{Guard, GuardConfig},
    guests::Monitoring,
    key_lamps::KeyLamps,
    lines::Lines,
    live::LiveCalls,
    mailboxes::Mailboxes,
    music::HoldMusic,
    names::OutsideNames,
    packages::list::List,
    park::Lot,
    recording::{Recorder, RecordingConfig},
    registrar::Registrar,
    reporter::{self, CallReport, Finished},
    tolls::{TollConfig, Tolls},
    trunks::{TrunkConfig, Trunks},
};
use arc_swap::ArcSwap;
use ipnet::IpNet;
use jackfield_media::{codec::Codec, sdp::Encryption};
use jackfield_model::{CallId, CallRecord, CallTrace, Number, Party, TimestampMs};
use jackfield_net::{Media, Sip};
use jackfield_sip::digest::{Algorithm, Authenticator};
use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::sync::mpsc;

/// Option tags of what this crate does, for [`jackfield_sip::Config::extensions`]: lists (RFC 4662), GRUU (RFC 5627),
/// outbound (RFC 5626) and Path (RFC 3327).
pub const EXTENSIONS: [&str; 4] = ["eventlist", "gruu", "outbound", "path"];

/// How calls are handled.
#[derive(Clone, Debug)]
pub struct CallsConfig {
    /// The realm of digest authentication; every HA1 is bound to it.
    pub realm: String,
    /// Peers whose calls are taken without a challenge, by exact address and port: a gateway, a load generator.
    pub trusted_peers: Vec<SocketAddr>,
    /// Listeners, by exact address or “any” and port, that face the outside.
    pub external: Vec<SocketAddr>,
    /// Whether phones may register there.
    pub external_registration: bool,
    /// Our names besides the realm and the addresses that we listen at: domains and addresses.
    pub domains: Vec<String>,
    /// Listeners, named in the same way, that are for the networks of administrators alone.
    pub admin: Vec<SocketAddr>,
    /// The networks of administrators.
    pub admin_networks: Vec<IpNet>,
    /// Digest algorithms on offer, best first (RFC 8760 §2.4).
    pub digest: Vec<Algorithm>,
    /// What the host says of itself in SDP instead of the address the peer reached it at: the public side of a NAT.
    pub public_address: Option<IpAddr>,
    /// How long a phone rings when no plugin says otherwise.
    pub ring: Duration,
    /// How many phones one extension may register, each by as many flows as it has.
    pub max_contacts: usize,
    /// Shortest, default and longest registration.
    pub expires: (Duration, Duration, Duration),
    /// Codecs that the host speaks, and turns into each other, best first.
    pub codecs: Vec<Codec>,
    /// How sound travels to phones and trunks of which nothing else is said.
    pub encryption: Encryption,
    /// Where a caller goes whose script could not be run.
    pub failover: Option<String>,
    /// How long a parked call waits before it rings back to who parked it.
    pub park_recall: Duration,
    /// Who may take part in conversations of others.
    pub monitoring: Monitoring,
    /// Who is banned.
    pub guard: GuardConfig,
    /// Lists that phones can subscribe to (RFC 4662).
    pub lists: Vec<List>,
    /// Where phones find their settings (RFC 6080); without it they are not told.
    pub profile_url: Option<String>,
    /// Ways to the outside, in the order in which they are tried.
    pub trunks: Vec<TrunkConfig>,
    /// Numbers of the emergency services, as they are dialled: nothing keeps a call to them back.
    pub emergency: Vec<String>,
    /// What calls to the outside are held to.
    pub tolls: TollConfig,
    /// Which calls are recorded, and how.
    pub recording: RecordingConfig,
    /// Whether calls remember their course, so that they can be explained; their SIP messages where
    /// [`jackfield_net::SipConfig::remember`] says so too.
    pub explain: bool,
    /// How faxes are sent and received, if they are.
    pub fax: Option<FaxConfig>,
    /// Where a fax machine goes that has called somebody who talks; nowhere when there is none.
    pub fax_box: Option<Number>,
}

impl Default for CallsConfig {
    fn default() -> Self {
        Self {
            realm: String::from("jackfield"),
            trusted_peers: Vec::new(),
            external: Vec::new(),
            external_registration: false,
            domains: Vec::new(),
            admin: Vec::new(),
            admin_networks: Vec::new(),
            digest: vec![Algorithm::Sha256, Algorithm::Md5],
            public_address: None,
            ring: Duration::from_secs(60),
            max_contacts: 10,
            expires: (Duration::from_secs(60), Duration::from_secs(3_600), Duration::from_secs(7_200)),
            codecs: vec![Codec::Opus, Codec::G722, Codec::Pcma, Codec::Pcmu],
            encryption: Encryption::default(),
            failover: None,
            park_recall: Duration::from_secs(120),
            monitoring: Monitoring::default(),
            guard: GuardConfig::default(),
            lists: Vec::new(),
            profile_url: None,
            trunks: Vec::new(),
            emergency: Vec::new(),
            tolls: TollConfig::default(),
            recording: RecordingConfig::default(),
            explain: true,
            fax: None,
            fax_box: None,
        }
    }
}

/// What every call task shares: the way down to SIP and media, the way up to plugins, and what is known.
pub struct Exchange {
    /// Signalling.
    pub sip: Sip,
    /// Sound.
    pub media: Media,
    /// Who decides.
    pub router: Arc<dyn Router>,
    /// Who runs scripts.
    pub scripts: Arc<dyn Scripts>,
    /// Who is where.
    pub registrar: Registrar,
    /// Calls in progress.
    pub live: LiveCalls,
    /// What happens.
    pub bus: EventBus,
    /// Who is on the telephone.
    pub lines: Lines,
    /// Who is kept out.
    pub guard: Guard,
    /// Where people are.
    pub availability: Availabilities,
    /// Messages that wait.
    pub mailboxes: Mailboxes,
    /// Lamps of keys that dial codes.
    pub key_lamps: KeyLamps,
    /// Who is who outside the house.
    pub names: Arc<OutsideNames>,
    /// What whoever waits hears.
    pub music: HoldMusic,
    /// Ways to the outside.
    pub trunks: Trunks,
    /// Rooms in which somebody is.
    pub conferences: Conferences,
    /// How calls are handled.
    pub config: CallsConfig,
    pub(crate) browsers: Browsers,
    pub(crate) recorder: Option<Recorder>,
    pub(crate) desk: Desk,
    pub(crate) lot: Lot,
    pub(crate) tolls: Tolls,
    pub(crate) fax: FaxLines,
    pub(crate) completions: Completions,
    pub(crate) directory: ArcSwap<Directory>,
    pub(crate) authenticator: Authenticator,
    records: Option<mpsc::Sender<CallRecord>>,
    finished: Option<mpsc::Sender<Finished>>,
    started: TimestampMs,
    next_call: AtomicU64,
}

/// The parts of an [`Exchange`] that are made elsewhere.
pub struct Parts {
    /// Signalling.
    pub sip: Sip,
    /// Sound.
    pub media: Media,
    /// Who decides.
    pub router: Arc<dyn Router>,
    /// Who runs scripts.
    pub scripts: Arc<dyn Scripts>,
    /// What happens.
    pub bus: EventBus,
    /// Where finished calls go, if their records are kept; a full channel makes the finished call wait, not a live one.
    pub records: Option<mpsc::Sender<CallRecord>>,
    /// Where goes what is to be told of finished calls besides; lost when the channel is full.
    pub reports: Option<mpsc::Sender<CallReport>>,
    /// What records calls, if something does.
    pub recorder: Option<Recorder>,
    /// Who can be called.
    pub directory: Directory,
    /// Key of the digest nonces and of temporary GRUUs; a new one at each start.
    pub nonce_key: [u8; 32],
}

impl Exchange {
    /// Put the parts together.
    pub fn new(config: CallsConfig, parts: Parts) -> Arc<Self> {
        let Parts { sip, media, router, scripts, bus, records, reports, recorder, directory, nonce_key } = parts;
        let lines = Lines::new(bus.clone());
        let tracing = config.explain && reports.is_some();
        let finished = reports.map(|reports| {
            let (finished, inbox) = mpsc::channel(reporter::WAITING);
            tokio::spawn(reporter::run(sip.clone(), inbox, reports));
            finished
        });
        let exchange = Arc::new(Self {
            guard: Guard::new(config.guard.clone(), sip.bans().clone(), bus.clone()),
            sip,
            media,
            router,
            scripts,
            registrar: Registrar::new(bus.clone(), lines.clone(), config.max_contacts, config.expires, &nonce_key),
            live: LiveCalls::new(bus.clone()).tracing(tracing),
            conferences: Conferences::new(bus.clone()),
            mailboxes: Mailboxes::new(lines.clone()),
            key_lamps: KeyLamps::new(lines.clone()),
            music: HoldMusic::default(),
            names: Arc::default(),
            availability: Availabilities::default(),
            lines,
            browsers: Browsers::default(),
            desk: Desk::default(),
            lot: Lot::default(),
            trunks: Trunks::new(config.trunks.clone(), &bus),
            tolls: Tolls::new(config.tolls.clone()),
            fax: FaxLines::new(config.fax.as_ref()),
            completions: Completions::default(),
            directory: ArcSwap::default(),
            authenticator: Authenticator::new(config.realm.clone(), nonce_key, std::time::Instant::now()),
            bus,
            config,
            records,
            finished,
            recorder,
            started: now_ms(),
            next_call: AtomicU64::new(1),
        });
        exchange.set_directory(directory);
        exchange
    }

    /// The directory as it is now.
    pub fn directory(&self) -> Arc<Directory> {
        self.directory.load_full()
    }

    /// A number as a party: with name and extension when it is one of ours, with the name that it has among contacts when it
    /// is one of the outside.
    pub(crate) fn party(&self, number: &str, name: &str) -> Party {
        self.known(self.directory().party(number, name))
    }

    /// The same party with the name that its number has among contacts, when it is one of the outside.
    pub(crate) fn known(&self, party: Party) -> Party {
        if party.extension.is_some() || self.names.know_nobody() {
            return party;
        }
        let e164 = self.trunks.normalised(&party.number);
        self.names.named(party, &e164)
    }

    /// Swap the directory. Calls in progress keep what they have read.
    pub fn set_directory(&self, directory: Directory) {
        for extension in directory.extensions() {
            let number = extension.number.as_str();
            self.lines.reach(number, extension.static_contact.is_some() || self.registrar.is_registered(number));
        }
        self.availability.retain(&directory);
        self.directory.store(Arc::new(directory));
        // A number may show somebody else now.
        self.lines.touch_all();
    }

    /// A call is finished: hand it over to whoever keeps records.
    pub(crate) async fn keep(&self, facts: &Facts) {
        let record = facts.finish();
        let finished = Finished {
            call: record.id.clone(),
            ended: record.ended,
            sound: facts.sound().close(record.answered.is_some()),
            course: facts.trace().take(),
        };
        if let Some(records) = &self.records
            && records.send(record).await.is_err()
        {
            tracing::error!("a call record could not be kept: the store is gone");
        }
        if let Some(reporter) = &self.finished
            && (!finished.sound.is_empty() || finished.course.is_some())
            && reporter.try_send(finished).is_err()
        {
            tracing::debug!("a call will not be explained: too many end at once");
        }
    }

    /// What has happened so far in a call in progress; `None` when there is none, or its course is not remembered.
    pub async fn trace(&self, call: &CallId) -> Option<CallTrace> {
        let course = self.live.course(call)?;
        Some(course.with_messages(&self.sip, false).await)
    }

    pub(crate) fn next_call(&self) -> (CallId, u64) {
        let count = self.next_call.fetch_add(1, Ordering::Relaxed);
        (CallId::new(self.started, count), count)
    }
}

/// Unix milliseconds.
pub fn now_ms() -> TimestampMs {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64
}
