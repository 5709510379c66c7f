//! `jackfield serve`: the boot script, from the data folder to the last record.

use crate::{
    cli::say,
    config::{Config, RecordingPolicy},
    data_dir::DataDir,
    demo,
    wire::{
        certificates,
        contacts::{AskPlugins, PluginContacts},
        develop,
        directory::Sources,
        mail::Letters,
        network::PluginNetwork,
        plugin_admin::Administration,
        plugin_pages::Pages,
        plugins::{self, Around},
        recordings, records,
        schedules::HouseSchedules,
        signalling::{Signalling, Surroundings},
        sounds::SoundSources,
        telephony::Switchboard,
        trunks::TrunkSources,
        web::Listeners,
    },
};
use anyhow::{Context, Result, anyhow, bail};
use jackfield_api::{ApiParts, ApiState, RecordingAccess, Telephony};
use jackfield_calls::{events::EventBus, now_ms};
use jackfield_mail::Mail;
use jackfield_model::EventKind;
use jackfield_net::source_address;
use jackfield_registry::Catalogue;
use jackfield_runtime::ScheduleBook;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::Mutex,
    time::timeout,
};

/// Threads for the API, the database and everything else that is not a call.
const WORKERS: usize = 2;
/// How long the last call records have to reach the disk.
const LAST_RECORDS: Duration = Duration::from_secs(15);

/// Run the host until it is asked to end.
///
/// # Errors
/// What it lacks to start: one sentence, with its causes.
pub fn serve(config: Config, demo: bool, develop: Vec<PathBuf>) -> Result<()> {
    crate::log::start(&config.log)?;
    raise_file_limit();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).thread_name("house").enable_all().build();
    runtime.context("cannot start threads")?.block_on(run(config, demo, develop))
}

async fn run(config: Config, demo: bool, develop: Vec<PathBuf>) -> Result<()> {
    // Signals first: one that comes while starting ends the host in order too.
    let mut signals = Signals::new()?;

    let data = DataDir::open(&config.data_dir)?;
    let _occupied = data.occupy()?;
    let store = data.store(&config).await?;
    let company = if demo { Some(demo::found(&data, &store).await?) } else { None };
    let provisioned = config.provisions().map_err(|why| anyhow!(why))?.into_extensions();
    let sources = Sources::new(store.clone(), provisioned);
    let directory = sources.read().await?;
    let trunk_sources = TrunkSources::new(store.clone(), config.trunks.clone());
    let trunks = trunk_sources.read().await?;

    let bus = EventBus::new();
    let mail = Mail::start(store.clone(), now_ms);
    let network = Arc::new(PluginNetwork::default());
    let contacts = PluginContacts::new(store.clone(), bus.clone());
    let schedules = Arc::new(HouseSchedules::open(store.clone(), bus.clone()).await?);
    let around = Around {
        network: Arc::clone(&network) as _,
        contacts: Arc::new(contacts.clone()),
        schedules: Arc::clone(&schedules) as _,
    };
    let plugins = plugins::start(&config, &data, &store, bus.clone(), around).await?;
    plugins::provision(&config, &plugins).await?;
    let web = Listeners::open(&config).await?;
    let web_address = web.clear();

    let (records, recorded) = records::start(store.clone(), bus.clone(), &config.calls);
    let recordings_folder = data.join("recordings");
    let (recorder, recordings) = recordings::start(&config, recordings_folder.clone(), &store).await?;
    let issued = certificates::issued(&config, &data)?;
    let certificates = certificates::of(&config, &data, issued.as_ref())?;
    let availability = store.availabilities().await?;
    let surroundings = Surroundings {
        plugins: plugins.clone(),
        bus: bus.clone(),
        records,
        recorder,
        directory,
        trunks,
        certificates,
        dns: config.dns.servers.clone(),
        availability,
    };
    let mut signalling = Signalling::start(&config, surroundings).await?;
    let own_ports = signalling.exchange.sip.listeners().map(|(_, at)| at.port()).chain(web.ports());
    network.keep_from(own_ports);
    let post = Arc::new(Letters { mail: mail.clone(), store: store.clone() });
    let telephony = Arc::new(Switchboard {
        exchange: Arc::clone(&signalling.exchange),
        signalling: signalling.runtime.clone(),
        sources,
        trunks: trunk_sources,
        https: config.http.https,
        sounds: SoundSources { store: store.clone(), folder: data.join("sounds"), plugins: plugins.clone() },
        turn: Mutex::new(()),
    });

    telephony.reload_sounds().await;
    telephony.reload_contacts().await;
    contacts.tell(&telephony);
    let elsewhere = AskPlugins { plugins: plugins.clone(), house: tokio::runtime::Handle::current() };
    signalling.exchange.names.ask_at(Arc::new(elsewhere));
    plugins.open(Arc::new(Arc::downgrade(&signalling.exchange)), post);

    for package in develop {
        tokio::spawn(develop::follow(package, plugins.clone()));
    }
    let catalogue = Catalogue::new(config.plugins.catalogues.clone(), data.join("catalogue"), now_ms);
    tokio::spawn(catalogue.clone().keep_up());
    let api = jackfield_api::app(ApiState::new(ApiParts {
        store: store.clone(),
        bus: bus.clone(),
        telephony: Arc::clone(&telephony) as _,
        pages: Arc::new(Pages(plugins.clone())),
        mail: mail.clone(),
        schedules: schedules.schedules().clone(),
        catalogue,
        plugins: Arc::new(Administration { plugins, kept_off: config.plugins.disabled.clone() }),
        clock: Arc::new(now_ms),
        https: config.http.https,
        web_dir: config.http.web_dir.clone(),
        metrics_token: config.http.metrics_token.clone().map(Into::into),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        recordings: RecordingAccess {
            folder: recordings_folder,
            on: config.recording.policy != RecordingPolicy::Off,
            users_listen: config.recording.users_listen,
        },
        sounds: data.join("sounds"),
        relays: config.turn.relays(),
    }));
    let (keeper, challenges) = issued.map(|files| certificates::keeper(&config, files)).unzip();
    let secured: Vec<_> = web.secured().map(|at| format!("https://{}/", reachable(at))).collect();
    let web = web.serve(api, signalling.exchange.sip.tls(), challenges)?;
    if let Some(keeper) = keeper {
        tokio::spawn(keeper.run());
    }

    let sip: Vec<_> = signalling.exchange.sip.listeners().map(|(t, at)| format!("{} {at}", t.as_str())).collect();
    say(format_args!("Jackfield {} is ready.", env!("CARGO_PKG_VERSION")))?;
    let pages: Vec<_> = secured.into_iter().chain([format!("http://{}/", reachable(web_address))]).collect();
    say(format_args!("  Web page   {}", pages.join(", ")))?;
    say(format_args!("  SIP        {}", sip.join(", ")))?;
    say(format_args!("  Data       {}", data.path().display()))?;
    if let Some(company) = company {
        if company.is_new {
            let store = store.clone();
            // Beside the work of the day: a newcomer need not wait for the past.
            tokio::spawn(async move {
                if let Err(error) = demo::remember(&store).await {
                    tracing::warn!(%error, "the demonstration company has no past, so its reports are empty");
                }
            });
        }
        let server = signalling.exchange.sip.listeners().next().map_or(web_address, |(_, at)| at);
        say(company.introduce(reachable(server)))?;
    }

    let broken = loop {
        tokio::select! {
            asked = signals.next() => match asked {
                Asked::ToEnd => break false,
                Asked::ToReread => {
                    telephony.reload_directory().await;
                    telephony.reload_trunks().await;
                    signalling.exchange.sip.reload_certificates();
                    bus.publish(now_ms(), EventKind::DirectoryChanged);
                    tracing::info!("users, extensions and trunks are read again");
                }
            },
            _ = &mut signalling.broken => break true,
        }
    };

    tracing::info!("the host ends: no new calls, those in progress are hung up");
    web.end();
    drop(telephony);
    signalling.end().await;
    web.ended().await;
    if timeout(LAST_RECORDS, recorded).await.is_err() {
        tracing::error!("call records were still not written: the last ones may be lost");
    }
    if timeout(LAST_RECORDS, recordings).await.is_err() {
        tracing::error!("recordings of calls were still not closed: the next start does it");
    }
    drop(mail);
    store.close().await;
    if broken {
        bail!("signalling has broken off; the log says why");
    }
    Ok(())
}

/// SIGTERM and SIGINT end the host, SIGHUP has it read the directory and the certificates again.
struct Signals {
    term: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

enum Asked {
    ToEnd,
    ToReread,
}

impl Signals {
    fn new() -> Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self {
            term: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }

    /// What the system asks for next.
    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.term.recv() => Asked::ToEnd,
            _ = self.interrupt.recv() => Asked::ToEnd,
            _ = self.hang_up.recv() => Asked::ToReread,
        }
    }
}

/// An address that somebody else can use, in place of “any”.
pub fn reachable(address: SocketAddr) -> SocketAddr {
    if !address.ip().is_unspecified() {
        return address;
    }
    // RFC 5737: a documentation address, so the route asked for is the one that leads out. Nothing is sent.
    let outside = source_address(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
    SocketAddr::new(outside.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)), address.port())
}

/// A call takes four sockets; the usual soft limit of 1,024 files would end at 250 calls.
fn raise_file_limit() {
    match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok((soft, hard)) if soft < hard => {
            if let Err(error) = setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
                tracing::warn!(%error, soft, "the limit of open files stays low: a call takes four");
            }
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the limit of open files cannot be read"),
    }
}
