//! The driver: one task that owns the endpoint and its sockets.

use super::{Command, Incoming, Leg, Shared, Sip, wire::WireLog};
use crate::{
    connections::{Connections, FromStream, Ground},
    udp::UdpListener,
};
use bytes::Bytes;
use jackfield_sip::{
    ClientTransactionId, Endpoint, Event, Flow, IncomingInvite, LegCommand, LegEvent, LegId, Message, Reply,
    RequestFailure, SubscriptionCommand, Transmit, Transport,
};
use std::{
    collections::HashMap,
    io,
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Instant,
};
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, info, trace, warn};

/// Datagrams taken from one socket before the others have their turn.
const BATCH: usize = 64;
/// Seconds after which a caller may try again when we are overloaded.
const RETRY_AFTER: &str = "5";

pub(super) struct Driver {
    pub(super) endpoint: Endpoint,
    pub(super) udp: Vec<UdpListener>,
    pub(super) connections: Connections,
    pub(super) ground: Arc<Ground>,
    pub(super) incoming: mpsc::Sender<Incoming>,
    pub(super) legs: HashMap<LegId, mpsc::Sender<LegEvent>>,
    pub(super) requests: HashMap<ClientTransactionId, oneshot::Sender<Result<Box<Message>, RequestFailure>>>,
    pub(super) commands: mpsc::WeakSender<Command>,
    pub(super) shared: Arc<Shared>,
    /// What passes, where it is to be remembered.
    pub(super) wire: Option<WireLog>,
    pub(super) datagram: Box<[u8]>,
}

impl Driver {
    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Command>, mut streams: mpsc::Receiver<FromStream>) {
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
            Command::Dialogs(call_ids, take, reply) => {
                let dialogs = self.wire.as_mut().map(|wire| {
                    call_ids.iter().map(|call_id| wire.dialog(call_id.as_bytes(), take)).collect::<Vec<_>>()
                });
                let _ = reply.send(dialogs.unwrap_or_default());
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
                Ok((len, flow)) if jackfield_media::stun::is_stun(&self.datagram[..len]) => {
                    let answered = jackfield_media::stun::answer(&self.datagram[..len], flow.remote);
                    let sent = answered.is_some_and(|answer| socket.send(&answer, flow.remote).is_ok());
                    let count = if sent { &self.shared.stun_answered } else { &self.shared.stun_dropped };
                    count.fetch_add(1, Ordering::Relaxed);
                }
                Ok((len, flow)) => {
                    if let Some(wire) = &mut self.wire {
                        wire.note(false, &flow, &self.datagram[..len]);
                    }
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
                if let (Some(wire), Some(bytes)) = (&mut self.wire, message.bytes()) {
                    wire.note(false, &flow, bytes);
                }
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
            if let Some(wire) = &mut self.wire {
                wire.note(true, &flow, &bytes);
            }
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
        let (leg, sender) = Leg::invited(Sip { commands, shared: Arc::clone(&self.shared) }, id);
        match self.incoming.try_send(Incoming::Invite(leg, invite)) {
            Ok(()) => {
                self.legs.insert(id, sender);
            }
            Err(refused) => {
                info!("call refused: {refused}");
                // The refusal below ends the leg; its handle must not hang up as well.
                if let mpsc::error::TrySendError::Full(Incoming::Invite(mut leg, _)) = refused {
                    leg.set_over();
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
