//! SIP over TCP: connections accepted and opened, framed, and closed when they misbehave.

use crate::udp::TOS_SIGNALLING;
use bytes::Bytes;
use jackfield_sip::{
    ConnectionId, Flow, Limits, Transport,
    framing::{Frame, Framed, StreamFramer},
};
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};
use tracing::{debug, info};

/// Messages that may wait to be written to one connection; a peer that reads slower than that is cut off.
const OUTBOX: usize = 256;
/// How long opening a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a message may take to arrive once its first byte has.
const PARTIAL: Duration = Duration::from_secs(30);
/// How long a connection may be silent. Phones refresh their registration or send keep-alives well within it.
const IDLE: Duration = Duration::from_secs(2 * 3_600);
/// How long one write may take.
const WRITE: Duration = Duration::from_secs(30);
/// Most connections held at once.
const MAX_CONNECTIONS: usize = 8_192;

/// What the connections tell the driver.
pub(crate) enum FromTcp {
    /// Somebody connected, or a connection of ours is up.
    Open { flow: Flow, outbox: mpsc::Sender<Bytes> },
    /// A message arrived.
    Message { now: Instant, flow: Flow, message: Box<Framed> },
    /// The connection is gone, or could not be opened.
    Closed { flow: Flow },
}

/// The connections that are up, by number and by peer.
#[derive(Default)]
pub(crate) struct Connections {
    by_id: HashMap<ConnectionId, Connection>,
    by_peer: HashMap<SocketAddr, ConnectionId>,
    next: u64,
}

struct Connection {
    flow: Flow,
    outbox: mpsc::Sender<Bytes>,
}

impl Connections {
    pub(crate) fn opened(&mut self, flow: Flow, outbox: mpsc::Sender<Bytes>) {
        let Some(id) = flow.connection else { return };
        self.by_peer.insert(flow.remote, id);
        self.by_id.insert(id, Connection { flow, outbox });
    }

    /// Forget a connection; false when it was forgotten before.
    pub(crate) fn closed(&mut self, flow: &Flow) -> bool {
        let Some(connection) = flow.connection.and_then(|id| self.by_id.remove(&id)) else { return false };
        if self.by_peer.get(&connection.flow.remote) == flow.connection.as_ref() {
            self.by_peer.remove(&connection.flow.remote);
        }
        true
    }

    /// Send on the named connection, else on one to the same peer, else on a new one. False when it cannot be sent.
    pub(crate) fn send(&mut self, flow: &Flow, bytes: Bytes, limits: Limits, driver: &mpsc::Sender<FromTcp>) -> bool {
        let id = flow.connection.or_else(|| self.by_peer.get(&flow.remote).copied());
        if let Some(connection) = id.and_then(|id| self.by_id.get(&id)) {
            if connection.outbox.try_send(bytes).is_ok() {
                return true;
            }
            info!(peer = %flow.remote, "closing a TCP connection whose peer does not read");
            let flow = connection.flow;
            self.closed(&flow);
            return false;
        }
        if self.by_id.len() >= MAX_CONNECTIONS {
            return false;
        }
        let flow = Flow { connection: Some(self.new_id()), ..*flow };
        let (outbox, inbox) = mpsc::channel(OUTBOX);
        // Registered at once, so that what follows waits for the same connection.
        let first = outbox.try_send(bytes).is_ok();
        self.opened(flow, outbox);
        tokio::spawn(open(flow, inbox, limits, driver.clone()));
        first
    }

    fn new_id(&mut self) -> ConnectionId {
        // Even numbers for our own, odd ones for accepted connections: the two count apart.
        self.next += 2;
        ConnectionId(self.next)
    }
}

/// Bind a listener.
pub(crate) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM.nonblocking(), Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(1_024)?;
    TcpListener::from_std(socket.into())
}

/// Accept connections until the driver is gone.
pub(crate) async fn accept(listener: TcpListener, limits: Limits, driver: mpsc::Sender<FromTcp>) {
    let places = std::sync::Arc::new(tokio::sync::Semaphore::new(MAX_CONNECTIONS));
    let mut next = 1;
    loop {
        // Waiting for a place leaves newcomers in the kernel's queue.
        let Ok(place) = std::sync::Arc::clone(&places).acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = driver.closed() => return,
        };
        let (stream, local) = match accepted.and_then(|(stream, _)| stream.local_addr().map(|local| (stream, local))) {
            Ok(pair) => pair,
            Err(error) => {
                // Out of file descriptors, most likely: retrying at once would only spin.
                info!(%error, "a TCP connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Ok(remote) = stream.peer_addr() else { continue };
        let flow = Flow { transport: Transport::Tcp, local, remote, connection: Some(ConnectionId(next)) };
        next += 2;
        let (outbox, inbox) = mpsc::channel(OUTBOX);
        if driver.send(FromTcp::Open { flow, outbox }).await.is_err() {
            return;
        }
        let driver = driver.clone();
        tokio::spawn(async move {
            serve(stream, flow, inbox, limits, &driver).await;
            drop(place);
        });
    }
}

async fn open(flow: Flow, inbox: mpsc::Receiver<Bytes>, limits: Limits, driver: mpsc::Sender<FromTcp>) {
    match timeout(CONNECT, TcpStream::connect(flow.remote)).await {
        Ok(Ok(stream)) => serve(stream, flow, inbox, limits, &driver).await,
        failed => {
            let reason = failed
                .map_or_else(|_| String::from("time-out"), |r| r.err().map(|e| e.to_string()).unwrap_or_default());
            info!(peer = %flow.remote, reason, "a TCP connection could not be opened");
            let _ = driver.send(FromTcp::Closed { flow }).await;
        }
    }
}

/// Read and write one connection until it ends, and say so.
async fn serve(
    stream: TcpStream,
    flow: Flow,
    inbox: mpsc::Receiver<Bytes>,
    limits: Limits,
    driver: &mpsc::Sender<FromTcp>,
) {
    let socket = SockRef::from(&stream);
    let _ = stream.set_nodelay(true);
    let _ =
        if flow.remote.is_ipv4() { socket.set_tos_v4(TOS_SIGNALLING) } else { socket.set_tclass_v6(TOS_SIGNALLING) };
    let (mut reader, mut writer) = stream.into_split();
    let (pongs, extra) = mpsc::channel(4);
    let reading = read(&mut reader, flow, limits, driver, pongs);
    let writing = write(&mut writer, inbox, extra);
    let reason = tokio::select! {
        reason = reading => reason,
        reason = writing => reason,
    };
    debug!(peer = %flow.remote, reason, "TCP connection closed");
    let _ = driver.send(FromTcp::Closed { flow }).await;
}

async fn read(
    reader: &mut (impl AsyncReadExt + Unpin),
    flow: Flow,
    limits: Limits,
    driver: &mpsc::Sender<FromTcp>,
    urgent: mpsc::Sender<Bytes>,
) -> &'static str {
    let mut framer = StreamFramer::new(limits);
    let mut buffer = vec![0; 16 * 1_024];
    let mut partial_since: Option<Instant> = None;
    loop {
        let patience = partial_since.map_or(IDLE, |since| PARTIAL.saturating_sub(since.elapsed()));
        let count = match timeout(patience, reader.read(&mut buffer)).await {
            Ok(Ok(0)) => return "closed by the peer",
            Ok(Ok(count)) => count,
            Ok(Err(_)) => return "reset by the peer",
            Err(_) => return "silent for too long",
        };
        framer.push(&buffer[..count]);
        let now = Instant::now();
        loop {
            match framer.next() {
                Ok(Some(Frame::Ping)) => {
                    // RFC 5626 §3.5.1: a double CRLF is answered by a single one.
                    let _ = urgent.try_send(Bytes::from_static(b"\r\n"));
                }
                Ok(Some(Frame::Message(message))) => {
                    let message = Box::new(message);
                    if driver.send(FromTcp::Message { now, flow, message }).await.is_err() {
                        return "the driver is gone";
                    }
                }
                Ok(None) => break,
                Err(fatal) => {
                    if let Some(answer) = fatal.answer {
                        let _ = urgent.send(answer).await;
                        // Give the answer time to leave before the connection goes.
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                    return "not SIP";
                }
            }
        }
        partial_since = if framer.is_empty() { None } else { partial_since.or(Some(now)) };
    }
}

async fn write(
    writer: &mut (impl AsyncWriteExt + Unpin),
    mut inbox: mpsc::Receiver<Bytes>,
    mut urgent: mpsc::Receiver<Bytes>,
) -> &'static str {
    loop {
        let bytes = tokio::select! {
            bytes = inbox.recv() => bytes,
            Some(bytes) = urgent.recv() => Some(bytes),
        };
        let Some(bytes) = bytes else { return "closed here" };
        if !matches!(timeout(WRITE, writer.write_all(&bytes)).await, Ok(Ok(()))) {
            return "cannot be written to";
        }
    }
}
