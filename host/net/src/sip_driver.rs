//! The SIP driver: one task that owns the endpoint and its sockets, and the handles by which calls speak to it.

use crate::{
    bans::Bans,
    connections::{Connections, FromStream, Ground, Hosts, Places},
    source_address, stream, stun,
    tls::{Tls, TlsConfig, TlsError},
    udp::UdpListener,
};
use bytes::Bytes;
use jackfield_sip::{
    ClientTransactionId, Config, Counters, Endpoint, Event, Flow, IncomingInvite, IncomingRequest, LegCommand,
    LegEvent, LegId, Message, NewInvite, OutOfDialog, Reason, Replaces, Reply, RequestFailure, ServerTransactionId,
    SubscriptionCommand, SubscriptionEvent, SubscriptionId, Transmit, Transport,
};
use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, info, trace, warn};

/// Commands of all calls that may wait for the driver; calls wait when it is full.
const COMMANDS: usize = 4_096;
/// New calls and requests that may wait for the call logic; beyond that they are answered 503 with Retry-After.
const INCOMING: usize = 1_024;
/// Events that may wait for one call; a call that lets more pile up is ended.
const LEG_EVENTS: usize = 32;
/// Messages from all connections that may wait; connections are not read on while it is full.
const FROM_STREAMS: usize = 1_024;
/// Datagrams taken from one socket before the others have their turn.
const BATCH: usize = 64;
/// Largest UDP datagram.
const DATAGRAM: usize = 65_535;
/// Seconds after which a caller may try again when we are overloaded.
const RETRY_AFTER: &str = "5";

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
    /// Our certificates; needed for `tls` and `wss`.
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
}

/// One leg: commands go down, events come up. Dropping it hangs up.
pub struct Leg {
    id: LegId,
    sip: Sip,
    events: mpsc::Receiver<LegEvent>,
    /// Goes to the driver with the INVITE; a leg without one is known there.
    listener: Option<mpsc::Sender<LegEvent>>,
    over: bool,
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
        let speaks_tls = !config.tls.is_empty() || !config.wss.is_empty();
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
        let id = LegId(self.next_id());
        let (sender, events) = mpsc::channel(LEG_EVENTS);
        Leg { id, sip: self.clone(), events, listener: Some(sender), over: false }
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

    fn next_id(&self) -> u64 {
        self.shared.next_id.fetch_add(1, Ordering::Relaxed)
    }

    async fn send(&self, command: Command) {
        if self.commands.send(command).await.is_err() {
            debug!("the SIP driver has ended");
        }
    }
}

impl Leg {
    /// Its id, for logs.
    pub fn id(&self) -> LegId {
        self.id
    }

    /// Tell it what to do.
    pub async fn command(&mut self, command: LegCommand) {
        let command = match (command, self.listener.take()) {
            (LegCommand::Invite(invite), Some(listener)) => Command::Invite(self.id, invite, listener),
            (command, _) => Command::Leg(self.id, command),
        };
        self.sip.send(command).await;
    }

    /// What happens next; `None` once the leg is over.
    pub async fn event(&mut self) -> Option<LegEvent> {
        if self.over {
            return None;
        }
        let event = self.events.recv().await;
        self.over = match &event {
            Some(LegEvent::Rejected { .. } | LegEvent::Cancelled { .. } | LegEvent::Ended { .. }) | None => true,
            Some(_) => false,
        };
        event
    }

    /// Whether its last event has been seen.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Hang up by whatever fits its state and let it go.
    pub async fn hang_up(mut self, reason: Option<Reason>) {
        if !std::mem::replace(&mut self.over, true) {
            self.command(LegCommand::HangUp { reason }).await;
        }
    }
}

impl Drop for Leg {
    fn drop(&mut self) {
        if !self.over && self.listener.is_none() {
            // A call task that ended without hanging up; when even this does not fit into the channel, the driver
            // notices with the leg's next event that nobody listens.
            let _ = self.sip.commands.try_send(Command::Leg(self.id, LegCommand::HangUp { reason: None }));
        }
    }
}

struct Driver {
    endpoint: Endpoint,
    udp: Vec<UdpListener>,
    connections: Connections,
    ground: Arc<Ground>,
    incoming: mpsc::Sender<Incoming>,
    legs: HashMap<LegId, mpsc::Sender<LegEvent>>,
    requests: HashMap<ClientTransactionId, oneshot::Sender<Result<Box<Message>, RequestFailure>>>,
    commands: mpsc::WeakSender<Command>,
    shared: Arc<Shared>,
    datagram: Box<[u8]>,
}

impl Driver {
    async fn run(mut self, mut inbox: mpsc::Receiver<Command>, mut streams: mpsc::Receiver<FromStream>) {
        loop {
            let timer = self.endpoint.poll_timeout().map(tokio::time::Instant::from_std);
            tokio::select! {
                command = inbox.recv() => match command {
                    Some(command) => self.obey(Instant::now(), command),
                    None => return,
                },
                listener = readable(&self.udp) => self.receive(listener),
                Some(event) = streams.recv() => self.handle_stream(event),
                () = sleep_until(timer) => self.endpoint.handle_timeout(Instant::now()),
            }
            // Whatever else is there is done in the same turn: waking up costs more than the work itself.
            let now = Instant::now();
            while let Ok(command) = inbox.try_recv() {
                self.obey(now, command);
            }
            self.flush(now);
        }
    }

    fn obey(&mut self, now: Instant, command: Command) {
        match command {
            Command::Invite(id, invite, events) => {
                self.legs.insert(id, events);
                self.endpoint.command(now, id, LegCommand::Invite(invite));
            }
            Command::Leg(id, command) => self.endpoint.command(now, id, command),
            Command::Respond(id, reply) => self.endpoint.respond(now, id, reply),
            Command::Subscription(id, command) => self.endpoint.subscription(now, id, command),
            Command::FindLeg(dialog, reply) => {
                // Whoever asked may have gone meanwhile.
                let _ = reply.send(self.endpoint.find_leg(&dialog));
            }
            Command::Request(request, reply) => {
                let id = ClientTransactionId(self.shared.next_id.fetch_add(1, Ordering::Relaxed));
                self.requests.insert(id, reply);
                self.endpoint.request(now, id, *request);
            }
        }
        self.transmit(now);
    }

    fn receive(&mut self, listener: usize) {
        let now = Instant::now();
        for _ in 0..BATCH {
            let Some(socket) = self.udp.get(listener) else { return };
            match socket.try_receive(&mut self.datagram) {
                Ok((_, flow)) if self.shared.bans.meet(now, flow.remote) => {}
                Ok((len, flow)) if stun::is_stun(&self.datagram[..len]) => {
                    let answered = stun::answer(&self.datagram[..len], flow.remote);
                    let sent = answered.is_some_and(|answer| socket.send(&answer, flow.remote).is_ok());
                    let count = if sent { &self.shared.stun_answered } else { &self.shared.stun_dropped };
                    count.fetch_add(1, Ordering::Relaxed);
                }
                Ok((len, flow)) => {
                    let bytes = Bytes::copy_from_slice(&self.datagram[..len]);
                    self.endpoint.handle_datagram(now, flow, bytes);
                    self.transmit(now);
                }
                // Nothing more; an ICMP error belongs to a datagram that its transaction repeats.
                Err(_) => return,
            }
        }
    }

    fn handle_stream(&mut self, event: FromStream) {
        match event {
            // Banned since it connected.
            FromStream::Message { now, flow, .. } if self.shared.bans.meet(now, flow.remote) => {
                self.connections.closed(&flow);
            }
            FromStream::Open { flow, outbox, shown } => self.connections.opened(flow, outbox, shown),
            FromStream::Message { now, flow, message } => {
                self.connections.heard(&flow, &message, &self.ground);
                self.endpoint.handle_message(now, flow, *message);
            }
            FromStream::Closed { flow } => {
                if self.connections.closed(&flow) {
                    self.disconnected(Instant::now(), flow);
                }
            }
        }
    }

    fn disconnected(&mut self, now: Instant, flow: Flow) {
        self.endpoint.handle_transport_failure(now, flow);
        if flow.connection.is_some()
            && let Err(lost) = self.incoming.try_send(Incoming::Disconnected(flow))
        {
            debug!(%lost, "news of a connection is lost");
        }
    }

    fn flush(&mut self, now: Instant) {
        // Events may answer at once, which makes transmits and events again.
        loop {
            self.transmit(now);
            let Some(event) = self.endpoint.poll_event() else { break };
            self.deliver(now, event);
        }
        *self.shared.counters.lock().unwrap_or_else(PoisonError::into_inner) = self.endpoint.counters();
    }

    fn transmit(&mut self, now: Instant) {
        while let Some(Transmit { flow, bytes }) = self.endpoint.poll_transmit() {
            let sent = match flow.transport {
                Transport::Udp => self.send_udp(&flow, &bytes),
                _ => self.connections.send(&flow, bytes, &self.ground),
            };
            if !sent {
                self.disconnected(now, flow);
            }
        }
    }

    fn send_udp(&self, flow: &Flow, bytes: &[u8]) -> bool {
        let fits = |l: &&UdpListener| {
            l.bound().port() == flow.local.port()
                && (l.bound().ip() == flow.local.ip() || l.bound().ip().is_unspecified())
        };
        let same_family = |l: &&UdpListener| l.bound().is_ipv4() == flow.remote.is_ipv4();
        let Some(listener) = self.udp.iter().filter(same_family).find(fits) else {
            warn!(local = %flow.local, remote = %flow.remote, "no UDP listener to send from");
            return false;
        };
        match listener.send(bytes, flow.remote) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => true,
            Err(error) => {
                trace!(%error, remote = %flow.remote, "datagram not sent");
                // A refusal is of an earlier datagram; only what can never be sent fails the transaction.
                error.kind() == io::ErrorKind::ConnectionRefused
            }
        }
    }

    fn deliver(&mut self, now: Instant, event: Event) {
        match event {
            Event::Invite(id, invite) => self.deliver_invite(now, id, invite),
            Event::Leg(id, event) => self.deliver_leg(now, id, event),
            Event::Request(id, request) => {
                if let Err(refused) = self.incoming.try_send(Incoming::Request(id, request)) {
                    debug!(%refused, "request refused");
                    self.endpoint.respond(now, id, overloaded());
                }
            }
            Event::Subscribe(id, request) => {
                if let Err(refused) = self.incoming.try_send(Incoming::Subscribe(id, request)) {
                    debug!(%refused, "subscription refused");
                    let headers = vec![("Retry-After".into(), RETRY_AFTER.into())];
                    self.endpoint.subscription(now, id, SubscriptionCommand::Refuse { status: 503, headers });
                }
            }
            Event::Subscription(id, event) => {
                if let Err(lost) = self.incoming.try_send(Incoming::Subscription(id, event)) {
                    debug!(%lost, "news of a subscription is lost");
                }
            }
            Event::Response(id, response) => {
                if let Some(reply) = self.requests.remove(&id) {
                    let _ = reply.send(response);
                }
            }
        }
    }

    fn deliver_invite(&mut self, now: Instant, id: LegId, invite: Box<IncomingInvite>) {
        let Some(commands) = self.commands.upgrade() else { return };
        let (sender, events) = mpsc::channel(LEG_EVENTS);
        let sip = Sip { commands, shared: Arc::clone(&self.shared) };
        let leg = Leg { id, sip, events, listener: None, over: false };
        match self.incoming.try_send(Incoming::Invite(leg, invite)) {
            Ok(()) => {
                self.legs.insert(id, sender);
            }
            Err(refused) => {
                info!("call refused: {refused}");
                // The refusal below ends the leg; its handle must not hang up as well.
                if let mpsc::error::TrySendError::Full(Incoming::Invite(mut leg, _)) = refused {
                    leg.over = true;
                }
                let headers = vec![("Retry-After".into(), RETRY_AFTER.into())];
                self.endpoint.command(now, id, LegCommand::Reject { status: 503, headers });
            }
        }
    }

    fn deliver_leg(&mut self, now: Instant, id: LegId, event: LegEvent) {
        let last = matches!(event, LegEvent::Rejected { .. } | LegEvent::Cancelled { .. } | LegEvent::Ended { .. });
        let Some(sender) = self.legs.get(&id) else { return };
        let heard = sender.try_send(event);
        if last || heard.is_err() {
            self.legs.remove(&id);
        }
        if heard.is_err() && !last {
            // Nobody listens, or the call is stuck: either way the other party must not be left hanging.
            debug!(leg = id.0, "hanging up a leg that nobody listens to");
            self.endpoint.command(now, id, LegCommand::HangUp { reason: None });
        }
    }
}

fn overloaded() -> Reply {
    Reply { status: 503, headers: vec![("Retry-After".into(), RETRY_AFTER.into())], ..Reply::default() }
}

/// The index of a listener that may have something to receive.
async fn readable(listeners: &[UdpListener]) -> usize {
    match listeners {
        [] => std::future::pending().await,
        [only] => {
            let _ = only.readable().await;
            0
        }
        many => {
            let waits = many.iter().enumerate().map(|(index, listener)| {
                Box::pin(async move {
                    let _ = listener.readable().await;
                    index
                })
            });
            first_of(waits.collect()).await
        }
    }
}

/// The result of whichever future is ready first.
async fn first_of<F: Future<Output = usize> + Unpin>(mut futures: Vec<F>) -> usize {
    std::future::poll_fn(|context| {
        for future in &mut futures {
            if let std::task::Poll::Ready(index) = std::pin::Pin::new(future).poll(context) {
                return std::task::Poll::Ready(index);
            }
        }
        std::task::Poll::Pending
    })
    .await
}

async fn sleep_until(due: Option<tokio::time::Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
