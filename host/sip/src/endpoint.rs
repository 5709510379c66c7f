//! The endpoint: everything SIP behind one door.

use crate::{
    ClientTransactionId, Config, Counters, Event, Flow, Framed, IncomingInvite, IncomingRequest, LegCommand, LegId,
    Message, Method, OutOfDialog, ParseError, Replaces, Reply, RequestFailure, ServerTransactionId,
    SubscriptionCommand, SubscriptionId, Transmit,
    build::{Draft, Refusal, party},
    challenge::Answerer,
    check,
    headers::HeaderName,
    ids::Tag,
    leg::{self, Leg},
    message::Framing,
    parse::Fault,
    stack::{KeyedMap, Stack},
    subscription::{self, Subscription},
    timer::Alarm,
    transaction::{Matched, Notice, Outcome, Purpose, TransactionRef, User},
};
use bytes::Bytes;
use slab::Slab;
use std::time::Instant;

/// All transactions and legs of one SIP element. See the [crate documentation](crate) for the loop around it.
#[derive(Debug)]
pub struct Endpoint {
    stack: Stack,
    legs: Slab<Leg>,
    leg_ids: KeyedMap<LegId, usize>,
    leg_tags: KeyedMap<Tag, usize>,
    incoming_legs: u64,
    subscriptions: Slab<Subscription>,
    subscription_ids: KeyedMap<SubscriptionId, usize>,
    subscription_tags: KeyedMap<Tag, usize>,
    last_subscription: u64,
    /// Requests outside dialogs whose challenge we can answer.
    attempts: KeyedMap<ClientTransactionId, Box<Attempt>>,
}

/// A request outside dialogs as it was sent, to be sent once more after a challenge.
#[derive(Debug)]
struct Attempt {
    bytes: Bytes,
    flow: Flow,
    answerer: Answerer,
}

impl Endpoint {
    /// An endpoint; all its randomness (tags, branches, Call-IDs) comes from the seed, which must be secret.
    pub fn new(config: Config, seed: [u8; 32]) -> Self {
        let stack = Stack::new(config, seed);
        Self {
            legs: Slab::new(),
            leg_ids: stack.keyed_map(),
            leg_tags: stack.keyed_map(),
            incoming_legs: 0,
            subscriptions: Slab::new(),
            subscription_ids: stack.keyed_map(),
            subscription_tags: stack.keyed_map(),
            last_subscription: 0,
            attempts: stack.keyed_map(),
            stack,
        }
    }

    /// Take one UDP datagram. Keep-alives of line breaks (or nothing) are ignored.
    pub fn handle_datagram(&mut self, now: Instant, flow: Flow, bytes: Bytes) {
        if bytes.iter().all(|&byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return;
        }
        let parsed = Message::parse(bytes, Framing::Datagram, &self.stack.config.limits);
        self.handle_parsed(now, flow, parsed);
    }

    /// Take one message out of a stream or a WebSocket.
    pub fn handle_message(&mut self, now: Instant, flow: Flow, framed: Framed) {
        self.handle_parsed(now, flow, *framed.0);
    }

    /// A connection closed or was refused, or the network reported a peer unreachable.
    pub fn handle_transport_failure(&mut self, now: Instant, flow: Flow) {
        for notice in self.stack.on_transport_failure(now, &flow) {
            self.notify(now, notice);
        }
        if flow.connection.is_some() {
            for (_, leg) in &mut self.legs {
                leg.on_disconnect(&flow);
            }
            for (_, subscription) in &mut self.subscriptions {
                subscription.on_disconnect(&flow);
            }
        }
    }

    /// Time has passed [`poll_timeout`](Self::poll_timeout).
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(alarm) = self.stack.timers.pop_due(now) {
            match alarm {
                Alarm::Transaction(slot) => {
                    if let Some(notice) = self.stack.on_transaction_timeout(now, slot) {
                        self.notify(now, notice);
                    }
                }
                Alarm::Leg(slot) => {
                    if let Some(leg) = self.legs.get_mut(slot) {
                        leg.on_timeout(now, &mut self.stack);
                        self.settle(slot);
                    }
                }
                Alarm::Subscription(slot) => {
                    if let Some(subscription) = self.subscriptions.get_mut(slot) {
                        subscription.on_timeout(now, &mut self.stack);
                        self.settle_subscription(slot);
                    }
                }
            }
        }
    }

    /// The next message to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.stack.poll_transmit()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.stack.poll_event()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout).
    pub fn poll_timeout(&mut self) -> Option<Instant> {
        self.stack.timers.next()
    }

    /// Tell a leg what to do. A leg that ended meanwhile ignores it, and so does [`LegCommand::Invite`] with the id of
    /// a leg that is alive or one of the ids reserved for incoming legs.
    pub fn command(&mut self, now: Instant, leg: LegId, command: LegCommand) {
        let slot = self.leg_ids.get(&leg).copied();
        match (slot, command) {
            (None, LegCommand::Invite(invite)) if !leg.is_incoming() => {
                if self.legs.len() >= self.stack.config.max_legs {
                    self.stack.leg_event(leg, crate::LegEvent::Rejected { status: 503, message: None });
                    return;
                }
                let made = leg::invite(now, &mut self.stack, leg, *invite);
                self.adopt(leg, made);
            }
            (Some(slot), command) => {
                if let Some(found) = self.legs.get_mut(slot) {
                    found.command(now, &mut self.stack, command);
                    self.settle(slot);
                }
            }
            (None, _) => self.stack.counters.commands_ignored += 1,
        }
    }

    /// Tell a subscription what to do. One that ended meanwhile ignores it.
    pub fn subscription(&mut self, now: Instant, id: SubscriptionId, command: SubscriptionCommand) {
        let Some(slot) = self.subscription_ids.get(&id).copied() else { return };
        if let Some(subscription) = self.subscriptions.get_mut(slot) {
            subscription.command(now, &mut self.stack, command);
            self.settle_subscription(slot);
        }
    }

    /// The leg of a dialog that another request names (RFC 3891 §3), and whether it is answered. A phone that was told of
    /// the dialog by its peer names the tags the other way round, which is as good.
    pub fn find_leg(&self, dialog: &Replaces) -> Option<(LegId, bool)> {
        let Replaces { call_id, to_tag, from_tag, .. } = dialog;
        [(to_tag, from_tag), (from_tag, to_tag)].into_iter().find_map(|(ours, theirs)| {
            let leg = self.legs.get(*self.leg_tags.get(&Tag::parse(ours)?)?)?;
            leg.is_dialog(call_id, theirs).then(|| (leg.id(), leg.is_up()))
        })
    }

    /// Answer a request outside dialogs. A second answer is ignored.
    pub fn respond(&mut self, now: Instant, id: ServerTransactionId, reply: Reply) {
        let transaction = TransactionRef::from_bits(id.0);
        let status = if (200..=699).contains(&reply.status) { reply.status } else { 500 };
        let Some(mut draft) = self.stack.draft(transaction, status, reply.reason.as_deref()) else { return };
        draft.extra(&reply.headers);
        let method_is_options =
            self.stack.request_of(transaction).is_some_and(|request| request.method() == Some(Method::Options));
        if method_is_options && status < 300 {
            let given = |name| reply.headers.iter().any(|(given, _)| HeaderName::from_bytes(given.as_bytes()) == name);
            if !given(HeaderName::Allow) {
                draft.header("Allow", &self.stack.allow);
            }
            if !given(HeaderName::Accept) {
                draft.header("Accept", "application/sdp");
            }
            if !given(HeaderName::Supported) {
                draft.header("Supported", &self.stack.supported);
            }
        }
        draft.product("Server", &self.stack.config.user_agent);
        let body = reply.body.as_ref().map(|(kind, content)| (kind.as_str(), content.as_ref()));
        let bytes = draft.finish(body);
        match status {
            // A challenge costs whoever asks without credentials nothing, and so must keep nothing here (RFC 3261 §8.2.7).
            401 | 407 => self.stack.respond_stateless(now, transaction, status, bytes),
            _ => drop(self.stack.respond_in(now, transaction, status, bytes)),
        }
    }

    /// Send a request outside dialogs; its response comes as [`Event::Response`].
    pub fn request(&mut self, now: Instant, id: ClientTransactionId, request: OutOfDialog) {
        let is_dialog_method = matches!(request.method, Method::Invite | Method::Ack | Method::Bye | Method::Cancel);
        if is_dialog_method || !crate::headers::is_token(request.method.as_str().as_bytes()) || !self.stack.has_room() {
            self.stack.event(Event::Response(id, Err(RequestFailure::Refused)));
            return;
        }
        let branch = self.stack.new_branch();
        let mut draft = Draft::request(request.method, request.target.as_bytes(), &request.flow, branch);
        let hops = |(name, value): &(String, String)| {
            let known = HeaderName::from_bytes(name.as_bytes()) == HeaderName::MaxForwards;
            known.then(|| value.parse::<u8>().ok()).flatten()
        };
        let hops = request.headers.iter().find_map(hops).unwrap_or(70);
        draft.field("Max-Forwards", format_args!("{hops}"));
        draft.header("From", [&*party(&request.from), b";tag=", self.stack.new_tag().to_string().as_bytes()].concat());
        draft.header("To", party(&request.to));
        draft.header("Call-ID", request.call_id.unwrap_or_else(|| self.stack.new_call_id()));
        draft.field("CSeq", format_args!("{} {}", request.cseq.unwrap_or(1), request.method));
        draft.product("User-Agent", &self.stack.config.user_agent).extra(&request.headers);
        let body = request.body.as_ref().map(|(kind, content)| (kind.as_str(), content.as_ref()));
        let bytes = draft.finish(body);
        if let Some(account) = request.account {
            let attempt = Attempt { bytes: bytes.clone(), flow: request.flow, answerer: Answerer::new(account) };
            self.attempts.insert(id, Box::new(attempt));
        }
        self.stack.send_request(now, request.flow, branch, request.method, bytes, User::Outside(id));
    }

    /// Send a challenged request once more with credentials; false when it has none or they were refused.
    fn try_again(&mut self, now: Instant, id: ClientTransactionId, response: &Message) -> bool {
        let Some(attempt) = self.attempts.get_mut(&id) else { return false };
        let (Some(401 | 407), Some(cseq)) = (response.status(), response.cseq()) else { return false };
        if !attempt.answerer.take_challenge(response) {
            return false;
        }
        let Attempt { bytes, flow, answerer } = &mut **attempt;
        let replaced = [HeaderName::Authorization, HeaderName::ProxyAuthorization];
        let again = self.stack.once_more(bytes, flow, cseq.number + 1, &replaced, |stack, draft, method, uri| {
            answerer.authorize(stack, draft, method, uri);
        });
        let Some((branch, again)) = again else { return false };
        *bytes = again.clone();
        self.stack.send_request(now, *flow, branch, cseq.method, again, User::Outside(id));
        true
    }

    /// Figures since the start, and what is alive now.
    pub fn counters(&self) -> Counters {
        Counters {
            transactions: self.stack.transactions.len(),
            legs: self.legs.len(),
            subscriptions: self.subscriptions.len(),
            ..self.stack.counters
        }
    }

    fn handle_parsed(&mut self, now: Instant, flow: Flow, parsed: Result<Message, ParseError>) {
        self.stack.counters.received += 1;
        match parsed {
            Ok(message) if message.is_request() => self.handle_request(now, flow, message),
            Ok(response) => {
                if let Some(notice) = self.stack.on_response(now, flow, response) {
                    self.notify(now, notice);
                }
            }
            Err(ParseError::Answer { status, reason, message }) => {
                self.stack.counters.malformed_answered += 1;
                self.stack.refuse(&flow, &message, status, reason, |_, _| {});
            }
            Err(ParseError::Drop(reason)) => {
                tracing::trace!(remote = %flow.remote, reason, "malformed message dropped");
                self.stack.counters.malformed_dropped += 1;
            }
        }
    }

    fn handle_request(&mut self, now: Instant, flow: Flow, request: Message) {
        if let Err(fault) = check::well_formed(&request) {
            return match crate::parse::refusal(request, fault) {
                ParseError::Answer { status, reason, message } => {
                    self.stack.counters.malformed_answered += 1;
                    self.stack.refuse(&flow, &message, status, reason, |_, _| {});
                }
                ParseError::Drop(_) => self.stack.counters.malformed_dropped += 1,
            };
        }
        match self.stack.match_request(now, &request) {
            Matched::Absorbed => {}
            Matched::Acknowledged(leg) => self.with_leg(leg, |leg, stack| {
                if leg.owns(&request) {
                    leg.on_ack(now, stack, &flow, &request);
                }
            }),
            Matched::Merged => self.refuse(&flow, &request, 482),
            Matched::New => self.handle_new(now, flow, request),
        }
    }

    fn handle_new(&mut self, now: Instant, flow: Flow, request: Message) {
        let method = request.method().unwrap_or(Method::Other(""));
        if method == Method::Cancel {
            return self.handle_cancel(now, &flow, &request);
        }
        let to_tag = request.to().and_then(|to| to.tag());
        if let Some(tag) = to_tag.filter(|_| method != Method::Register) {
            let slot = Tag::parse(tag).and_then(|tag| self.leg_tags.get(&tag).copied());
            if let Some(slot) = slot
                && let Some(leg) = self.legs.get_mut(slot).filter(|leg| leg.owns(&request))
            {
                leg.on_request(now, &mut self.stack, &flow, &request);
                self.settle(slot);
            } else if method == Method::Ack {
                self.stack.counters.stray += 1;
            } else if !self.in_subscription(now, &flow, &request) {
                self.refuse(&flow, &request, 481);
            }
            return;
        }
        if method == Method::Ack {
            self.stack.counters.stray += 1;
            return;
        }
        if let Err(Fault { status, .. }) = check::acceptable(&request, &self.stack.config) {
            return self.refuse(&flow, &request, status);
        }
        if self.stack.is_loop(&request) {
            return self.refuse(&flow, &request, 482);
        }
        if method == Method::Invite && leg::session_timer::too_short(&request, &self.stack) {
            return self.refuse(&flow, &request, 422);
        }
        if !self.stack.has_room() || (method == Method::Invite && self.legs.len() >= self.stack.config.max_legs) {
            return self.refuse(&flow, &request, 503);
        }
        if method == Method::Subscribe {
            return self.handle_subscribe(now, &flow, request);
        }
        if method == Method::Invite {
            self.incoming_legs += 1;
            let id = LegId(LegId::INCOMING | self.incoming_legs);
            let made = leg::invited(now, &mut self.stack, id, &flow, &request);
            self.adopt(id, made);
            let sdp = request.sdp();
            self.stack.event(Event::Invite(id, Box::new(IncomingInvite { request, flow, sdp })));
        } else {
            let transaction = self.stack.open_server(now, &flow, &request, Refusal::tag(&request), None);
            let id = ServerTransactionId(transaction.to_bits());
            self.stack.event(Event::Request(id, Box::new(IncomingRequest { request, flow })));
        }
    }

    fn handle_subscribe(&mut self, now: Instant, flow: &Flow, request: Message) {
        if self.subscriptions.len() >= self.stack.config.max_subscriptions {
            return self.refuse(flow, &request, 503);
        }
        if request.header(HeaderName::Event).is_none() {
            return self.refuse(flow, &request, 489);
        }
        self.last_subscription += 1;
        let id = SubscriptionId(self.last_subscription);
        let subscription = subscription::subscribed(now, &mut self.stack, id, flow, request);
        let tag = subscription.local().tag;
        let slot = self.subscriptions.insert(subscription);
        self.subscription_ids.insert(id, slot);
        self.subscription_tags.insert(tag, slot);
        self.settle_subscription(slot);
    }

    /// A request with a tag of ours that no leg has; false if it belongs to no subscription either.
    fn in_subscription(&mut self, now: Instant, flow: &Flow, request: &Message) -> bool {
        let tag = request.to().and_then(|to| to.tag()).and_then(Tag::parse);
        let Some(slot) = tag.and_then(|tag| self.subscription_tags.get(&tag).copied()) else { return false };
        let Some(subscription) = self.subscriptions.get_mut(slot).filter(|found| found.owns(request)) else {
            return false;
        };
        subscription.on_request(now, &mut self.stack, flow, request);
        self.settle_subscription(slot);
        true
    }

    /// After a subscription did something: set its alarm, or forget it.
    fn settle_subscription(&mut self, slot: usize) {
        let Some(subscription) = self.subscriptions.get(slot) else { return };
        if subscription.is_gone() {
            let gone = self.subscriptions.remove(slot);
            self.subscription_ids.remove(&gone.id());
            self.subscription_tags.remove(&gone.local().tag);
            self.stack.timers.set(Alarm::Subscription(slot), None);
        } else {
            let at = subscription.next_timeout();
            self.stack.timers.set(Alarm::Subscription(slot), at);
        }
    }

    /// CANCEL (RFC 3261 §9.2): 200 if it names a transaction, whatever comes of it.
    fn handle_cancel(&mut self, now: Instant, flow: &Flow, cancel: &Message) {
        let Some((invite, leg)) = self.stack.cancelled_by(cancel) else { return self.refuse(flow, cancel, 481) };
        let slot = leg.and_then(|leg| self.leg_ids.get(&leg).copied());
        let tag = slot.and_then(|slot| self.legs.get(slot)).map(|leg| leg.local().tag);
        let tag = tag.unwrap_or_else(|| self.stack.new_tag());
        let transaction = self.stack.open_server(now, flow, cancel, tag, None);
        self.stack.respond_status(now, transaction, 200, |_| {});
        if let Some(leg) = leg {
            self.with_leg(leg, |leg, stack| leg.on_cancel(now, stack, invite, cancel));
        }
    }

    /// Refuse a well-formed request without a transaction, with the header fields that belong to the status.
    fn refuse(&mut self, flow: &Flow, request: &Message, status: u16) {
        self.stack.counters.refused += 1;
        let allow = matches!(status, 405 | 501).then(|| self.stack.allow.clone());
        let retry_after = (status == 503).then(|| self.stack.random_delay(1_000, 10_000).as_secs());
        self.stack.refuse(flow, request, status, "", |draft, config| {
            if let Some(allow) = allow {
                draft.header("Allow", allow);
            }
            if let Some(seconds) = retry_after {
                draft.field("Retry-After", format_args!("{seconds}"));
            }
            match status {
                415 => {
                    draft.header("Accept", "application/sdp").header("Accept-Encoding", "identity");
                }
                422 => {
                    draft.field("Min-SE", format_args!("{}", config.min_session.as_secs()));
                }
                420 => {
                    for tag in check::unsupported(request, config) {
                        draft.header("Unsupported", tag);
                    }
                }
                _ => {}
            }
        });
    }

    fn notify(&mut self, now: Instant, notice: Notice) {
        match notice.user {
            User::Nobody => {}
            User::Outside(id) => {
                let result = match notice.outcome {
                    Outcome::Response(response, _) if response.status().is_some_and(|status| status < 200) => return,
                    Outcome::Response(response, _) if self.try_again(now, id, &response) => return,
                    Outcome::Response(response, _) => Ok(response),
                    Outcome::TimedOut => Err(RequestFailure::Timeout),
                    Outcome::TransportFailed => Err(RequestFailure::Transport),
                };
                self.attempts.remove(&id);
                self.stack.event(Event::Response(id, result));
            }
            User::Subscription(id) => {
                let Some(slot) = self.subscription_ids.get(&id).copied() else { return };
                if let Some(subscription) = self.subscriptions.get_mut(slot) {
                    subscription.on_notice(&mut self.stack, &notice.outcome);
                    self.settle_subscription(slot);
                }
            }
            User::Leg(id, purpose) => match (self.leg_ids.get(&id).copied(), &notice.outcome) {
                (Some(slot), _) => {
                    if let Some(leg) = self.legs.get_mut(slot) {
                        leg.on_notice(now, &mut self.stack, purpose, notice);
                        self.settle(slot);
                    }
                }
                (None, Outcome::Response(response, flow))
                    if matches!(purpose, Purpose::Invite | Purpose::Reoffer)
                        && response.status().is_some_and(|status| (200..300).contains(&status)) =>
                {
                    leg::turn_down(now, &mut self.stack, notice.transaction, response, flow);
                }
                (None, _) => {}
            },
        }
    }

    fn with_leg(&mut self, id: LegId, act: impl FnOnce(&mut Leg, &mut Stack)) {
        let Some(slot) = self.leg_ids.get(&id).copied() else { return };
        if let Some(leg) = self.legs.get_mut(slot) {
            act(leg, &mut self.stack);
            self.settle(slot);
        }
    }

    fn adopt(&mut self, id: LegId, leg: Leg) {
        let tag = leg.local().tag;
        let slot = self.legs.insert(leg);
        self.leg_ids.insert(id, slot);
        self.leg_tags.insert(tag, slot);
        self.settle(slot);
    }

    /// After a leg did something: set its alarm, or forget it.
    fn settle(&mut self, slot: usize) {
        let Some(leg) = self.legs.get(slot) else { return };
        if leg.is_gone() {
            let leg = self.legs.remove(slot);
            self.leg_ids.remove(&leg.id());
            self.leg_tags.remove(&leg.local().tag);
            self.stack.timers.set(Alarm::Leg(slot), None);
        } else {
            let at = leg.next_timeout();
            self.stack.timers.set(Alarm::Leg(slot), at);
        }
    }
}
