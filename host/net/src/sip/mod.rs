//! Signalling: the handles by which calls speak to the driver ([`Sip`], [`Leg`]), and the driver itself.

mod driver;
mod leg;

use crate::{
    bans::Bans,
    connections::{Connections, Ground, Hosts, Places},
    source_address, stream,
    tls::{Tls, TlsConfig, TlsError},
    udp::UdpListener,
};
use driver::Driver;
use jackfield_sip::{
    Config, Counters, Endpoint, Flow, IncomingInvite, IncomingRequest, LegCommand, LegEvent, LegId, Message, NewInvite,
    OutOfDialog, Replaces, Reply, RequestFailure, ServerTransactionId, SubscriptionCommand, SubscriptionEvent,
    SubscriptionId, Transport,
};
use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::{mpsc, oneshot};
use tracing::debug;

pub use leg::Leg;

/// Commands of all calls that may wait for the driver; calls wait when it is full.
const COMMANDS: usize = 4_096;
/// New calls and requests that may wait for the call logic; beyond that they are answered 503 with Retry-After.
const INCOMING: usize = 1_024;
/// Messages from all connections that may wait; connections are not read on while it is full.
const FROM_STREAMS: usize = 1_024;
/// Largest UDP datagram.
const DATAGRAM: usize = 65_535;

/// Where SIP is spoken.
#[derive(Clone, Debug)]
pub struct SipConfig {
    /// UDP listeners; port 0 takes any.
    pub udp: Vec<SocketAddr>,
    /// TCP listeners.
    pub tcp: Vec<SocketAddr>,
    /// TLS listeners.
    pub tls: Vec<SocketAddr>,
    /// WebSocket listeners (RFC 7118), in clear: for a proxy on the same machine that speaks TLS, or for a test.
    pub ws: Vec<SocketAddr>,
    /// Listeners for WebSocket inside TLS.
    pub wss: Vec<SocketAddr>,
    /// Our certificates; needed for `tls` and `wss`. Read without these too, for [`Sip::tls`].
    pub certificates: TlsConfig,
    /// Pages that may open a WebSocket, by the value of Origin, such as `https://pbx.example`; any when empty.
    pub origins: Vec<String>,
    /// Connections of all stream transports at once.
    pub connections: usize,
    /// Connections with one address, or with one IPv6 network of 64 bits.
    pub connections_per_address: usize,
    /// Settings of the endpoint.
    pub endpoint: Config,
}

impl Default for SipConfig {
    /// No listener, and room for 8,192 connections.
    fn default() -> Self {
        Self {
            udp: Vec::new(),
            tcp: Vec::new(),
            tls: Vec::new(),
            ws: Vec::new(),
            wss: Vec::new(),
            certificates: TlsConfig::default(),
            origins: Vec::new(),
            connections: 8_192,
            connections_per_address: 1_024,
            endpoint: Config::default(),
        }
    }
}

/// Signalling could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A listener could not be opened.
    #[error("cannot listen for SIP on {transport} {address}: {source}")]
    Listen {
        /// `UDP`, `TCP`, `TLS`, `WS` or `WSS`.
        transport: &'static str,
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// No listener is configured.
    #[error("no SIP listener is configured: set sip.udp or another one of [sip]")]
    NoListener,
    /// TLS cannot be spoken.
    #[error("cannot speak TLS: {0}")]
    Tls(#[from] TlsError),
}

/// What comes in from outside any call that exists.
pub enum Incoming {
    /// A new call.
    Invite(Leg, Box<IncomingInvite>),
    /// REGISTER, OPTIONS, MESSAGE …; to be answered with [`Sip::respond`].
    Request(ServerTransactionId, Box<IncomingRequest>),
    /// Somebody wants to be told what happens; to be answered with [`Sip::subscription`].
    Subscribe(SubscriptionId, Box<IncomingRequest>),
    /// Something happened to a subscription. Lost when nobody takes what comes in fast enough: whoever waits for one must
    /// not wait for ever.
    Subscription(SubscriptionId, SubscriptionEvent),
    /// A connection is gone: whoever registered by it cannot be reached that way any more. Lost when nobody takes what comes
    /// in fast enough; what is sent by the connection fails in any case.
    Disconnected(Flow),
}

/// Figures of the endpoint, refreshed by the driver.
pub type SipCounters = Counters;

/// Figures of the sockets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SocketCounters {
    /// Connections now, those in a handshake included.
    pub connections: usize,
    /// Connections refused because there were too many, in all or with one address.
    pub connections_refused: u64,
    /// Handshakes of TLS or WebSocket that failed or took too long.
    pub handshakes_failed: u64,
    /// Binding requests answered (RFC 8489).
    pub stun_answered: u64,
    /// Datagrams of STUN without an answer: malformed, or something other than a binding request.
    pub stun_dropped: u64,
}

/// The way to the SIP driver; cheap to clone. The driver ends when the last handle is dropped.
#[derive(Clone)]
pub struct Sip {
    commands: mpsc::Sender<Command>,
    shared: Arc<Shared>,
}

struct Shared {
    next_id: AtomicU64,
    /// Where each transport is listened for, in the order of [`TRANSPORTS`].
    listeners: Vec<(Transport, SocketAddr)>,
    places: Arc<Places>,
    hosts: Arc<Hosts>,
    tls: Option<Arc<Tls>>,
    counters: Mutex<Counters>,
    bans: Bans,
    stun_answered: AtomicU64,
    stun_dropped: AtomicU64,
    ground: Arc<Ground>,
}

enum Command {
    Invite(LegId, Box<NewInvite>, mpsc::Sender<LegEvent>),
    Leg(LegId, LegCommand),
    Respond(ServerTransactionId, Reply),
    Request(Box<OutOfDialog>, oneshot::Sender<Result<Box<Message>, RequestFailure>>),
    Subscription(SubscriptionId, SubscriptionCommand),
    FindLeg(Replaces, oneshot::Sender<Option<(LegId, bool)>>),
}

impl Sip {
    /// Open the listeners and start the driver on the current tokio runtime. `seed` must be unguessable: tags,
    /// branches and nonces come from it.
    pub fn start(config: SipConfig, seed: [u8; 32]) -> Result<(Self, mpsc::Receiver<Incoming>), StartError> {
        let listen = |transport, address| move |source| StartError::Listen { transport, address, source };
        let bind_udp = |address: &SocketAddr| UdpListener::bind(*address).map_err(listen("UDP", *address));
        let udp: Vec<_> = config.udp.iter().map(bind_udp).collect::<Result<_, _>>()?;
        let mut streams = Vec::new();
        for (transport, addresses) in [
            (Transport::Tcp, &config.tcp),
            (Transport::Tls, &config.tls),
            (Transport::Ws, &config.ws),
            (Transport::Wss, &config.wss),
        ] {
            for address in addresses {
                let listener = stream::bind(*address).map_err(listen(transport.as_str(), *address))?;
                let bound = listener.local_addr().map_err(listen(transport.as_str(), *address))?;
                streams.push((transport, bound, listener));
            }
        }
        if udp.is_empty() && streams.is_empty() {
            return Err(StartError::NoListener);
        }
        let certificates = !config.certificates.certificates.is_empty();
        let speaks_tls = certificates || !config.tls.is_empty() || !config.wss.is_empty();
        let tls = speaks_tls.then(|| Tls::new(config.certificates)).transpose()?;
        let (commands, inbox) = mpsc::channel(COMMANDS);
        let (incoming, outside) = mpsc::channel(INCOMING);
        let (from_streams, stream_inbox) = mpsc::channel(FROM_STREAMS);
        let bans = Bans::default();
        let (places, hosts) = (Places::new(config.connections, config.connections_per_address), Arc::default());
        let ground = Arc::new(Ground {
            limits: config.endpoint.limits,
            tls: tls.clone(),
            origins: config.origins,
            bans: bans.clone(),
            places: Arc::clone(&places),
            hosts: Arc::clone(&hosts),
            driver: from_streams,
        });
        let udp_listeners = udp.iter().map(|listener| (Transport::Udp, listener.bound()));
        let listeners = udp_listeners.chain(streams.iter().map(|(transport, bound, _)| (*transport, *bound))).collect();
        for (transport, _, listener) in streams {
            tokio::spawn(stream::accept(listener, transport, Arc::clone(&ground)));
        }
        if let Some(tls) = &tls {
            tokio::spawn(Tls::watch(Arc::downgrade(tls)));
        }
        let shared = Arc::new(Shared {
            next_id: AtomicU64::new(1),
            listeners,
            places,
            hosts,
            tls,
            counters: Mutex::default(),
            bans,
            stun_answered: AtomicU64::new(0),
            stun_dropped: AtomicU64::new(0),
            ground: Arc::clone(&ground),
        });
        let sip = Self { commands, shared: Arc::clone(&shared) };
        let driver = Driver {
            endpoint: Endpoint::new(config.endpoint, seed),
            udp,
            connections: Connections::default(),
            ground,
            incoming,
            legs: HashMap::new(),
            requests: HashMap::new(),
            commands: sip.commands.downgrade(),
            shared,
            datagram: vec![0; DATAGRAM].into(),
        };
        tokio::spawn(driver.run(inbox, stream_inbox));
        Ok((sip, outside))
    }

    /// A leg to call somebody with: its first command is [`LegCommand::Invite`].
    pub fn new_leg(&self) -> Leg {
        Leg::to_invite(self.clone(), LegId(self.next_id()))
    }

    /// Answer a request outside dialogs.
    pub async fn respond(&self, id: ServerTransactionId, reply: Reply) {
        self.send(Command::Respond(id, reply)).await;
    }

    /// Make a request outside dialogs and wait for its final response.
    pub async fn request(&self, request: OutOfDialog) -> Result<Box<Message>, RequestFailure> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Request(Box::new(request), reply)).await;
        answer.await.unwrap_or(Err(RequestFailure::Transport))
    }

    /// Tell a subscription what to do.
    pub async fn subscription(&self, id: SubscriptionId, command: SubscriptionCommand) {
        self.send(Command::Subscription(id, command)).await;
    }

    /// The leg of a dialog that a request names, and whether it is answered (RFC 3891).
    pub async fn find_leg(&self, dialog: Replaces) -> Option<(LegId, bool)> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::FindLeg(dialog, reply)).await;
        answer.await.ok().flatten()
    }

    /// End a leg by whatever fits its state, whoever holds it; they hear of it.
    pub async fn hang_up(&self, leg: LegId) {
        self.send(Command::Leg(leg, LegCommand::HangUp { reason: None })).await;
    }

    /// The flow to a peer we have not heard from: through a listener of the same family and transport, with the
    /// address that the routing table chooses. `None` when there is no such listener or no route, and for WebSocket, which
    /// browsers open and nobody else. By TLS the peer's certificate must be made out to its address.
    pub fn flow_to(&self, transport: Transport, remote: SocketAddr) -> Option<Flow> {
        if matches!(transport, Transport::Ws | Transport::Wss) {
            return None;
        }
        // Never in clear under another name: each transport has listeners of its own.
        let listeners = || self.listeners().filter(|(of, _)| *of == transport).map(|(_, address)| address);
        let mut same_family = listeners().filter(|l| l.is_ipv4() == remote.is_ipv4());
        let first = same_family.next()?;
        let exact = |ip| listeners().find(|l| l.ip() == ip || l.ip().is_unspecified());
        let local = if same_family.next().is_none() && !first.ip().is_unspecified() {
            first
        } else {
            let ip = source_address(remote.ip()).ok()?;
            SocketAddr::new(ip, exact(ip).unwrap_or(first).port())
        };
        Some(Flow { transport, local, remote, connection: None })
    }

    /// As [`flow_to`](Self::flow_to), to a host whose name has led to that address: by TLS its certificate must be made out
    /// to the name (RFC 5922 §7). The same name and address give the same flow, and so one connection, which is opened
    /// again when it is gone.
    pub fn flow_to_host(&self, transport: Transport, remote: SocketAddr, host: &str) -> Option<Flow> {
        let flow = self.flow_to(transport, remote)?;
        if transport != Transport::Tls {
            return Some(flow);
        }
        let connection = self.shared.hosts.number(transport, remote, host, &self.shared.places)?;
        Some(Flow { connection: Some(connection), ..flow })
    }

    /// Read the certificates again. What cannot be used is logged and changes nothing; connections that are up stay up.
    pub fn reload_certificates(&self) {
        if let Some(tls) = self.shared.tls.clone() {
            tokio::task::spawn_blocking(move || tls.reload_and_tell());
        }
    }

    /// The certificates, for others who serve the same peers; `None` when there are none.
    pub fn tls(&self) -> Option<Arc<Tls>> {
        self.shared.tls.clone()
    }

    /// Where SIP is listened for: UDP first, then TCP, TLS, WS and WSS.
    pub fn listeners(&self) -> impl Iterator<Item = (Transport, SocketAddr)> + '_ {
        self.shared.listeners.iter().copied()
    }

    /// Figures of the sockets.
    pub fn socket_counters(&self) -> SocketCounters {
        let (connections, connections_refused, handshakes_failed) = self.shared.places.figures();
        let stun = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let (stun_answered, stun_dropped) = (stun(&self.shared.stun_answered), stun(&self.shared.stun_dropped));
        SocketCounters { connections, connections_refused, handshakes_failed, stun_answered, stun_dropped }
    }

    /// Whose messages are dropped unread.
    pub fn bans(&self) -> &Bans {
        &self.shared.bans
    }

    /// Figures as of the driver's last turn.
    pub fn counters(&self) -> SipCounters {
        *self.shared.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn ground(&self) -> &Arc<Ground> {
        &self.shared.ground
    }

    fn next_id(&self) -> u64 {
        self.shared.next_id.fetch_add(1, Ordering::Relaxed)
    }

    async fn send(&self, command: Command) {
        if self.commands.send(command).await.is_err() {
            debug!("the SIP driver has ended");
        }
    }
}
