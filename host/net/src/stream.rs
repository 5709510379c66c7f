//! SIP over TCP and TLS: connections accepted and opened, framed, and closed when they misbehave.

use crate::{
    connections::{FromStream, Ground, Place, outbox},
    tls::Secured,
    udp::TOS_SIGNALLING,
    websocket,
};
use bytes::Bytes;
use jackfield_sip::{
    Flow, Transport,
    framing::{Frame, StreamFramer},
};
use rustls::pki_types::CertificateDer;
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::mpsc,
    time::timeout,
};
use tracing::{debug, info};

/// How long opening a connection may take, its handshake included.
const CONNECT: Duration = Duration::from_secs(5);
/// How long somebody who connects may take over the handshakes of TLS and WebSocket together.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a message may take to arrive once its first byte has, and the first one once the connection is up.
const PARTIAL: Duration = Duration::from_secs(30);
/// How long a connection may be silent. Phones refresh their registration or send keep-alives well within it.
const IDLE: Duration = Duration::from_secs(2 * 3_600);
/// How long one write may take.
pub(crate) const WRITE: Duration = Duration::from_secs(30);
/// The kernel asks a silent peer whether it is still there after this time, and then this often.
const PROBE: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(15));
/// Probes without an answer after which the connection is gone.
const PROBES: u32 = 4;

/// How a connection of ours is opened.
pub(crate) enum Way {
    /// TCP as it is.
    Clear,
    /// TLS, with the peer's certificate checked.
    Secured(Box<Secured>),
}

/// Bind a listener.
pub(crate) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM.nonblocking(), Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    // What answers a newcomer bears the mark from its first packet on.
    mark(&SockRef::from(&socket), address.is_ipv4());
    socket.bind(&address.into())?;
    socket.listen(1_024)?;
    TcpListener::from_std(socket.into())
}

/// Accept connections until the driver is gone.
pub(crate) async fn accept(listener: TcpListener, transport: Transport, ground: Arc<Ground>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = ground.driver.closed() => return,
        };
        let (stream, remote, local) = match accepted.and_then(|(stream, remote)| {
            let local = stream.local_addr()?;
            Ok((stream, remote, local))
        }) {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: retrying at once would only spin.
                info!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        if ground.bans.meet(Instant::now(), remote) {
            continue;
        }
        let Some(place) = ground.places.take(remote.ip()) else {
            debug!(peer = %remote, "too many connections");
            continue;
        };
        let flow = Flow { transport, local, remote, connection: Some(ground.places.number()) };
        tokio::spawn(welcome(stream, flow, place, Arc::clone(&ground)));
    }
}

/// Go through the handshakes of a transport with somebody who has connected, and serve the connection until it ends.
async fn welcome(stream: TcpStream, flow: Flow, place: Place, ground: Arc<Ground>) {
    prepare(&stream, flow.remote);
    match flow.transport {
        Transport::Tls | Transport::Wss => {
            let Some(tls) = &ground.tls else { return };
            let begun = Instant::now();
            let acceptor = tls.acceptor(flow.transport);
            match timeout(HANDSHAKE, acceptor.accept(stream)).await {
                Ok(Ok(secured)) if flow.transport == Transport::Wss => {
                    let left = HANDSHAKE.saturating_sub(begun.elapsed());
                    websocket::welcome(secured, flow, left, &ground).await;
                }
                Ok(Ok(secured)) => {
                    // Whoever shows a certificate that nobody we believe has signed does not get this far.
                    let shown = secured.get_ref().1.peer_certificates().unwrap_or_default();
                    let shown = shown.iter().map(|certificate| certificate.clone().into_owned()).collect();
                    welcome_stream(secured, flow, shown, &ground).await;
                }
                Ok(Err(error)) => {
                    ground.places.note_failure();
                    debug!(peer = %flow.remote, %error, "TLS handshake failed");
                }
                Err(_) => {
                    ground.places.note_failure();
                    debug!(peer = %flow.remote, "TLS handshake not ended in time");
                }
            }
        }
        Transport::Ws => websocket::welcome(stream, flow, HANDSHAKE, &ground).await,
        _ => welcome_stream(stream, flow, Vec::new(), &ground).await,
    }
    drop(place);
}

async fn welcome_stream(
    stream: impl AsyncRead + AsyncWrite,
    flow: Flow,
    shown: Vec<CertificateDer<'static>>,
    ground: &Ground,
) {
    let (outbox, inbox) = outbox();
    if ground.driver.send(FromStream::Open { flow, outbox, shown }).await.is_ok() {
        serve(stream, flow, inbox, PARTIAL, ground).await;
    }
}

/// Open a connection and serve it until it ends.
pub(crate) async fn open(flow: Flow, way: Way, inbox: mpsc::Receiver<Bytes>, place: Place, ground: Arc<Ground>) {
    let begun = Instant::now();
    let connected = timeout(CONNECT, connect(flow.local.ip(), flow.remote))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    let failure = match (connected, way) {
        (Err(error), _) => error,
        (Ok(stream), Way::Clear) => return serve(stream, flow, inbox, IDLE, &ground).await,
        (Ok(stream), Way::Secured(secured)) => {
            let left = CONNECT.saturating_sub(begun.elapsed());
            match timeout(left, secured.connect(stream)).await {
                Ok(Ok(stream)) => return serve(stream, flow, inbox, IDLE, &ground).await,
                Ok(Err(error)) => error,
                Err(_) => io::ErrorKind::TimedOut.into(),
            }
        }
    };
    info!(peer = %flow.remote, transport = flow.transport.as_str(), error = %failure, "a connection could not be opened");
    drop(place);
    let _ = ground.driver.send(FromStream::Closed { flow }).await;
}

/// Connect from the address of the listener that the flow names: a peer that knows us by our address would not know another.
async fn connect(local: IpAddr, remote: SocketAddr) -> io::Result<TcpStream> {
    let socket = if remote.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.bind(SocketAddr::new(local, 0))?;
    mark(&SockRef::from(&socket), remote.is_ipv4());
    let stream = socket.connect(remote).await?;
    prepare(&stream, remote);
    Ok(stream)
}

fn prepare(stream: &TcpStream, remote: SocketAddr) {
    // None of this is needed for messages to pass.
    let socket = SockRef::from(stream);
    mark(&socket, remote.is_ipv4());
    let _ = stream.set_nodelay(true);
    let probes = TcpKeepalive::new().with_time(PROBE.0).with_interval(PROBE.1).with_retries(PROBES);
    let _ = socket.set_tcp_keepalive(&probes);
}

/// DSCP CS3 on what leaves.
fn mark(socket: &SockRef<'_>, is_ipv4: bool) {
    let _ = if is_ipv4 { socket.set_tos_v4(TOS_SIGNALLING) } else { socket.set_tclass_v6(TOS_SIGNALLING) };
}

/// Read and write one connection until it ends, and say so. The first message has `patience` to come.
async fn serve(
    stream: impl AsyncRead + AsyncWrite,
    flow: Flow,
    inbox: mpsc::Receiver<Bytes>,
    patience: Duration,
    ground: &Ground,
) {
    let (mut reader, mut writer) = split(stream);
    let (urgent, extra) = mpsc::channel(4);
    let reading = read(&mut reader, flow, patience, ground, urgent);
    let writing = write(&mut writer, inbox, extra);
    let reason = tokio::select! {
        reason = reading => reason,
        reason = writing => reason,
    };
    debug!(peer = %flow.remote, transport = flow.transport.as_str(), reason, "connection closed");
    let _ = timeout(Duration::from_secs(1), writer.shutdown()).await;
    let _ = ground.driver.send(FromStream::Closed { flow }).await;
}

async fn read(
    reader: &mut (impl AsyncRead + Unpin),
    flow: Flow,
    first: Duration,
    ground: &Ground,
    urgent: mpsc::Sender<Bytes>,
) -> &'static str {
    let mut framer = StreamFramer::new(ground.limits);
    let mut buffer = vec![0; 16 * 1_024];
    let (begun, mut heard) = (Instant::now(), false);
    let mut partial_since: Option<Instant> = None;
    loop {
        let patience = match partial_since {
            Some(since) => PARTIAL.saturating_sub(since.elapsed()),
            None if heard => IDLE,
            None => first.saturating_sub(begun.elapsed()),
        };
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
                    heard = true;
                    let message = Box::new(message);
                    if ground.driver.send(FromStream::Message { now, flow, message }).await.is_err() {
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
    writer: &mut (impl AsyncWrite + Unpin),
    mut inbox: mpsc::Receiver<Bytes>,
    mut urgent: mpsc::Receiver<Bytes>,
) -> &'static str {
    loop {
        let bytes = tokio::select! {
            bytes = inbox.recv() => bytes,
            Some(bytes) = urgent.recv() => Some(bytes),
        };
        let Some(bytes) = bytes else { return "closed here" };
        let writing = async {
            writer.write_all(&bytes).await?;
            // TLS may keep what is written until it is told to send.
            writer.flush().await
        };
        if !matches!(timeout(WRITE, writing).await, Ok(Ok(()))) {
            return "cannot be written to";
        }
    }
}
