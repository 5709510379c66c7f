//! The signalling thread: SIP, calls and the plugins' part of a call run on one thread of their own, so that a call
//! waits for no other core and the web page for no call.

use super::records::Records;
use crate::config::{
    Config, Encryption, Monitoring, RecordingFormat, RecordingPolicy, RecordingQuality, RecordingTracks,
};
use anyhow::{Context, Result, anyhow};
use jackfield_calls::{
    CallsConfig, Directory, Exchange, FaxConfig, GuardConfig, List, Parts, TollConfig, TrunkConfig, Trunks,
    events::EventBus,
    recording::{Policy, Recorder, RecordingConfig},
};
use jackfield_fax::Program;
use jackfield_media::{TakeFormat, codec::Codec, read_wav};
use jackfield_model::{Availability, Holder};
use jackfield_net::{Container, Media, MediaConfig, Resolver, Sip, SipConfig, TapeFormat, TlsConfig};
use jackfield_runtime::Plugins;
use std::{
    io::ErrorKind,
    net::SocketAddr,
    num::NonZeroU32,
    sync::Arc,
    thread::{Builder, JoinHandle},
    time::Duration,
};
use tokio::{
    runtime::Handle,
    sync::oneshot,
    time::{Instant, sleep},
};

/// How long calls may take to end when the host is asked to.
const FAREWELL: Duration = Duration::from_secs(3);
/// How long the last BYEs have to leave and to be answered.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// The running thread.
pub struct Signalling {
    /// What its calls share.
    pub exchange: Arc<Exchange>,
    /// Where tasks of calls run.
    pub runtime: Handle,
    /// Resolves when signalling has ended without being asked.
    pub broken: oneshot::Receiver<()>,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

/// What the thread needs of the rest of the house.
pub struct Surroundings {
    /// Who decides and runs scripts.
    pub plugins: Plugins,
    /// What happens.
    pub bus: EventBus,
    /// Where finished calls go.
    pub records: Records,
    /// What records calls, if something does.
    pub recorder: Option<Recorder>,
    /// Who can be called.
    pub directory: Directory,
    /// Ways to the outside.
    pub trunks: Vec<TrunkConfig>,
    /// What TLS is spoken with.
    pub certificates: TlsConfig,
    /// Name servers in place of those of the system.
    pub dns: Vec<SocketAddr>,
    /// Where people are, as it was kept.
    pub availability: Vec<(Holder, Availability)>,
}

impl Signalling {
    /// Start it; returns when SIP is listened for.
    ///
    /// # Errors
    /// When a listener cannot be opened or a thread cannot be started.
    pub async fn start(config: &Config, surroundings: Surroundings) -> Result<Self> {
        let media = MediaConfig {
            ports: (config.media.ports.first, config.media.ports.last),
            threads: config.media.threads.count(),
        };
        let media = Media::start(&media).context("cannot start the threads that carry sound")?;
        let (sip, calls) = (
            sip(config, surroundings.certificates.clone()),
            CallsConfig {
                trunks: surroundings.trunks.clone(),
                recording: recording(&config.recording)?,
                fax: fax(config),
                ..calls(config)
            },
        );
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
        let handle = runtime.handle().clone();
        let (ready, started) = oneshot::channel();
        let (stop, asked) = oneshot::channel();
        let (alive, broken) = oneshot::channel();
        let work = move || runtime.block_on(run(sip, calls, media, surroundings, ready, asked, alive));
        let thread =
            Builder::new().name("signalling".into()).spawn(work).context("cannot start the signalling thread")?;
        let exchange = started.await.map_err(|_| anyhow!("the signalling thread has broken off"))??;
        Ok(Self { exchange, runtime: handle, broken, stop, thread })
    }

    /// Take no more calls, end those that there are, and wait until they are over.
    pub async fn end(self) {
        // When nobody listens any more, the thread has ended already.
        let _ = self.stop.send(());
        drop(self.exchange);
        let joined = tokio::task::spawn_blocking(move || self.thread.join()).await;
        if !matches!(joined, Ok(Ok(()))) {
            tracing::error!("the signalling thread has broken off");
        }
    }
}

async fn run(
    sip: SipConfig,
    calls: CallsConfig,
    media: Media,
    surroundings: Surroundings,
    ready: oneshot::Sender<Result<Arc<Exchange>>>,
    asked: oneshot::Receiver<()>,
    alive: oneshot::Sender<()>,
) {
    let (sip, incoming) = match Sip::start(sip, rand::random()) {
        Ok(started) => started,
        Err(error) => {
            // Nobody is left to tell when the receiver is gone.
            let _ = ready.send(Err(explained(error)));
            return;
        }
    };
    let Surroundings { plugins, bus, records, recorder, directory, trunks: _, certificates: _, dns, availability } =
        surroundings;
    let router = Arc::new(plugins);
    let parts = Parts {
        sip,
        media,
        scripts: Arc::clone(&router) as _,
        router,
        bus,
        records: records.calls,
        reports: records.reports,
        recorder,
        directory,
        nonce_key: rand::random(),
    };
    let exchange = Exchange::new(calls, parts);
    exchange.availability.restore(availability);
    match Resolver::new(&dns) {
        Ok(resolver) => Trunks::keep(&exchange, &resolver),
        Err(error) if exchange.trunks.is_empty() => {
            tracing::warn!(%error, "names cannot be looked up: trunks would stay down; name servers under [dns] would help");
        }
        Err(error) => tracing::error!(%error, "trunks stay down; name servers under [dns] would help"),
    }
    let serving = tokio::spawn(jackfield_calls::serve(Arc::clone(&exchange), incoming));
    let serving_ends = serving.abort_handle();
    if ready.send(Ok(Arc::clone(&exchange))).is_err() {
        return;
    }
    tokio::select! {
        _ = asked => {}
        _ = serving => {
            tracing::error!("signalling has broken off");
            drop(alive);
            return;
        }
    }
    // With nobody to take them, new calls are answered 503.
    serving_ends.abort();
    let end = Instant::now() + FAREWELL;
    for call in exchange.live.list() {
        exchange.live.hang_up(&call.id);
    }
    while exchange.live.count() > 0 && Instant::now() < end {
        sleep(Duration::from_millis(20)).await;
    }
    exchange.trunks.stop().await;
    let left = exchange.live.count();
    if left > 0 {
        tracing::warn!(left, "calls are cut off");
    }
    sleep(LAST_WORDS).await;
}

fn sip(config: &Config, certificates: TlsConfig) -> SipConfig {
    let mut endpoint =
        jackfield_sip::Config { user_agent: config.sip.user_agent.clone(), ..jackfield_sip::Config::default() };
    endpoint.methods.extend([jackfield_sip::Method::Subscribe, jackfield_sip::Method::Publish]);
    endpoint.extensions.extend(jackfield_calls::EXTENSIONS.map(String::from));
    endpoint.max_legs = config.limits.legs.count();
    endpoint.max_transactions = config.limits.transactions.count();
    SipConfig {
        udp: config.sip.udp.clone(),
        tcp: config.sip.tcp.clone(),
        tls: config.sip.tls.clone(),
        ws: config.sip.ws.clone(),
        wss: config.sip.wss.clone(),
        certificates,
        origins: config.sip.ws_origins.clone(),
        connections: config.limits.connections.count(),
        connections_per_address: config.limits.connections_per_address.count(),
        remember: config.calls.explain && config.calls.records,
        endpoint,
    }
}

fn calls(config: &Config) -> CallsConfig {
    let calls = &config.calls;
    CallsConfig {
        realm: config.sip.realm.as_str().to_owned(),
        trusted_peers: config.sip.trusted_peers.clone(),
        external: config.sip.external.clone(),
        external_registration: config.sip.external_registration,
        domains: config.sip.domains.iter().map(|domain| domain.as_str().to_owned()).collect(),
        admin: config.sip.admin.clone(),
        admin_networks: config.sip.admin_networks.clone(),
        digest: config.sip.digest.iter().map(|name| name.0).collect(),
        public_address: config.media.public_address,
        ring: calls.ring.seconds(),
        max_contacts: calls.max_contacts.count(),
        expires: (calls.expires_shortest.seconds(), calls.expires_default.seconds(), calls.expires_longest.seconds()),
        codecs: calls.codecs.iter().map(|name| -> Codec { name.0 }).collect(),
        encryption: match config.media.encryption {
            Encryption::Off => jackfield_media::sdp::Encryption::Off,
            Encryption::Offered => jackfield_media::sdp::Encryption::Offered,
            Encryption::Required => jackfield_media::sdp::Encryption::Required,
            Encryption::Dtls => jackfield_media::sdp::Encryption::Dtls,
        },
        explain: calls.explain,
        park_recall: calls.park_recall.seconds(),
        monitoring: match calls.monitoring {
            Monitoring::Off => jackfield_calls::Monitoring::Off,
            Monitoring::Announced => jackfield_calls::Monitoring::Announced,
            Monitoring::Silent => jackfield_calls::Monitoring::Silent,
        },
        guard: GuardConfig {
            ban_after: config.security.ban_after.0.try_into().unwrap_or(u32::MAX),
            ban_time: config.security.ban_time.seconds(),
            never_ban: config.security.never_ban.clone(),
        },
        lists: config.lists.iter().map(list).collect(),
        profile_url: config.phones.settings_url.clone(),
        trunks: Vec::new(),
        recording: RecordingConfig::default(),
        fax: None,
        fax_box: config.fax.catch_to.clone(),
        emergency: calls.emergency.iter().map(|number| number.as_str().to_owned()).collect(),
        tolls: TollConfig {
            per_hour: config.security.outside_per_hour.0.try_into().unwrap_or(u32::MAX),
            abroad_per_hour: config.security.abroad_per_hour.0.try_into().unwrap_or(u32::MAX),
            barred: config.security.barred.clone(),
        },
        failover: calls.failover.as_ref().map(|number| number.as_str().to_owned()),
    }
}

/// This program again, as the engine of one fax; no faxes where it cannot be found.
fn fax(config: &Config) -> Option<FaxConfig> {
    let path = std::env::current_exe().inspect_err(|error| tracing::error!(%error, "faxes cannot be carried")).ok()?;
    // A relative data folder is one of where the host runs, and an engine runs elsewhere.
    let folder = std::path::absolute(config.data_dir.join("fax")).ok()?;
    let program = Program { path, arguments: vec!["fax-engine".into()], folder };
    let pace = u32::try_from(config.fax.pace.0).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
    let most = config.fax.most.count();
    (most > 0).then_some(FaxConfig { program, most, pace })
}

/// # Errors
/// When the announcement cannot be played.
fn recording(recording: &crate::config::Recording) -> Result<RecordingConfig> {
    let announcement = recording.announcement.as_ref().map(|path| {
        let name = || format!("cannot play recording.announcement, {}", path.display());
        let file = std::fs::File::open(path).with_context(name)?;
        read_wav(std::io::BufReader::new(file)).with_context(name).map(Arc::from)
    });
    let own = recording.announce_in.and_then(|language| {
        let language = jackfield_prompts::Language::of(language.as_str())?;
        jackfield_prompts::samples(language, "call-recorded")
    });
    Ok(RecordingConfig {
        policy: match recording.policy {
            RecordingPolicy::Off => Policy::Off,
            RecordingPolicy::OnDemand => Policy::OnDemand,
            RecordingPolicy::Always => Policy::Always,
        },
        extensions: recording.extensions.iter().map(|number| number.as_str().to_owned()).collect(),
        directions: recording.directions.clone(),
        format: TapeFormat {
            take: TakeFormat {
                wide: recording.quality == RecordingQuality::Wide,
                stereo: recording.tracks == RecordingTracks::Stereo,
            },
            container: match recording.format {
                RecordingFormat::Wav => Container::Wav,
                RecordingFormat::Opus => Container::OggOpus,
            },
        },
        announcement: announcement.transpose()?.or(own),
        beep: recording.beep.seconds(),
        start_key: recording.start_key.0.clone(),
        pause_key: recording.pause_key.0.clone(),
    })
}

fn list(list: &crate::config::List) -> List {
    let members = list.members.iter().map(|number| number.as_str().to_owned()).collect();
    List { name: list.name.clone(), members }
}

/// With what to do about it.
fn explained(error: jackfield_net::StartError) -> anyhow::Error {
    let advice = match &error {
        jackfield_net::StartError::Listen { source, .. } => match source.kind() {
            ErrorKind::AddrInUse => "another program has this port: end it, or change [sip] in the configuration file",
            ErrorKind::AddrNotAvailable => "this machine has no such address: change [sip] in the configuration file",
            ErrorKind::PermissionDenied => "this user may not use that port: take one of 1024 or above",
            _ => return error.into(),
        },
        jackfield_net::StartError::Tls(_) => "look at [tls] in the configuration file",
        jackfield_net::StartError::NoListener => return error.into(),
    };
    anyhow!("{error}; {advice}")
}
