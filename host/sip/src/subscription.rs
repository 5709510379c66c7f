//! Subscriptions to us (RFC 6665): a dialog of its own in which we tell what happens, one NOTIFY at a time.
//!
//! The user of the endpoint is told when a NOTIFY has arrived and sends the next one then, with whatever is true at that
//! moment: notifications stay in order and none is stale.

use crate::{
    Flow, IncomingRequest, Message, Method, SubscriptionCommand, SubscriptionEvent, SubscriptionId,
    dialog::{Dialog, LocalEnd},
    event::Event,
    headers::HeaderName,
    stack::Stack,
    transaction::{Outcome, TransactionRef, User},
};
use bytes::Bytes;
use std::time::{Duration, Instant};

/// What a SUBSCRIBE without Expires asks for.
const DEFAULT_EXPIRES: u32 = 3_600;

#[derive(Debug)]
pub(crate) struct Subscription {
    id: SubscriptionId,
    local: LocalEnd,
    dialog: Dialog,
    /// The Event header field, its `id` included: each NOTIFY repeats it.
    event: Box<[u8]>,
    /// The first SUBSCRIBE, until the user has answered it.
    asked: Option<TransactionRef>,
    /// The longest time granted.
    granted: u32,
    /// What the user wants to stand in each answer.
    headers: Vec<(String, String)>,
    ends: Instant,
    in_flight: bool,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Live,
    /// The last NOTIFY is out.
    Closing,
    Gone,
}

/// A new SUBSCRIBE: its dialog, and the event for the user.
pub(crate) fn subscribed(
    now: Instant,
    stack: &mut Stack,
    id: SubscriptionId,
    flow: &Flow,
    request: Message,
) -> Subscription {
    let local = LocalEnd {
        call_id: request.call_id().unwrap_or(b"").into(),
        tag: stack.new_tag(),
        party: request.header(HeaderName::To).unwrap_or(b"").into(),
        cseq: stack.new_cseq(),
    };
    let transaction = stack.open_server(now, flow, &request, local.tag, None);
    let subscription = Subscription {
        id,
        local,
        dialog: Dialog::of_request(&request, flow),
        event: request.header(HeaderName::Event).unwrap_or(b"").into(),
        asked: Some(transaction),
        granted: 0,
        headers: Vec::new(),
        ends: now + stack.config.timers.give_up(),
        in_flight: false,
        state: State::Live,
    };
    stack.event(Event::Subscribe(id, Box::new(IncomingRequest { request, flow: *flow })));
    subscription
}

impl Subscription {
    pub(crate) fn id(&self) -> SubscriptionId {
        self.id
    }

    pub(crate) fn local(&self) -> &LocalEnd {
        &self.local
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.state == State::Gone
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        (self.state == State::Live).then_some(self.ends)
    }

    /// Whether a request bears this dialog's identifiers; its To tag was compared already.
    pub(crate) fn owns(&self, request: &Message) -> bool {
        request.call_id() == Some(&*self.local.call_id)
            && request.from().and_then(|from| from.tag()).unwrap_or(b"") == &*self.dialog.remote_tag
    }

    pub(crate) fn command(&mut self, now: Instant, stack: &mut Stack, command: SubscriptionCommand) {
        match command {
            SubscriptionCommand::Accept { expires, headers } => {
                self.headers = headers;
                self.accept(now, stack, expires);
            }
            SubscriptionCommand::Refuse { status, headers } => self.refuse(now, stack, status, &headers),
            SubscriptionCommand::Notify { body, headers } => self.notify(now, stack, None, body, &headers),
            SubscriptionCommand::End { reason, body } => self.notify(now, stack, Some(reason), body, &[]),
        }
    }

    /// SUBSCRIBE again: more time, or none (RFC 6665 §4.2.1.2).
    pub(crate) fn on_request(&mut self, now: Instant, stack: &mut Stack, flow: &Flow, request: &Message) {
        let transaction = stack.open_server(now, flow, request, self.local.tag, None);
        if request.method() != Some(Method::Subscribe) || self.state != State::Live || self.asked.is_some() {
            return stack.respond_status(now, transaction, 481, |_| {});
        }
        if !self.dialog.advance(request.cseq().map_or(0, |cseq| cseq.number)) {
            return stack.respond_status(now, transaction, 500, |draft| {
                draft.header("Retry-After", "0");
            });
        }
        self.dialog.heard(request, flow);
        self.dialog.refresh(request);
        let expires = asked_for(request).min(self.granted);
        self.ends = now + Duration::from_secs(expires.into());
        self.confirm(now, stack, transaction, expires);
        stack.event(Event::Subscription(self.id, SubscriptionEvent::Refreshed));
    }

    pub(crate) fn on_timeout(&mut self, now: Instant, stack: &mut Stack) {
        if self.state != State::Live || self.ends > now {
            return;
        }
        if self.asked.is_some() {
            // The user never answered; whoever asked has given up.
            self.state = State::Gone;
        } else if !self.in_flight {
            self.notify(now, stack, Some("timeout"), None, &[]);
            stack.event(Event::Subscription(self.id, SubscriptionEvent::Ended));
        } else {
            // The NOTIFY that is out ends first, in at most 64*T1.
            self.ends = now + stack.config.timers.t2;
        }
    }

    /// News of a NOTIFY.
    pub(crate) fn on_notice(&mut self, stack: &mut Stack, outcome: &Outcome) {
        let status = match outcome {
            Outcome::Response(response, _) => response.status().unwrap_or(0),
            Outcome::TimedOut => 408,
            Outcome::TransportFailed => 410,
        };
        if status < 200 {
            return;
        }
        self.in_flight = false;
        match (self.state, status) {
            (State::Closing, _) => self.state = State::Gone,
            // It may come back; the subscription ends by its own time if it does not (RFC 6665 §4.2.2).
            (State::Live, 200..=299 | 491 | 500 | 503) => {
                stack.event(Event::Subscription(self.id, SubscriptionEvent::Notified));
            }
            (State::Live, _) => {
                self.state = State::Gone;
                stack.event(Event::Subscription(self.id, SubscriptionEvent::Ended));
            }
            (State::Gone, _) => {}
        }
    }

    /// A connection closed.
    pub(crate) fn on_disconnect(&mut self, failed: &Flow) {
        if self.dialog.flow.connection == failed.connection {
            self.dialog.disconnect();
        }
    }

    fn accept(&mut self, now: Instant, stack: &mut Stack, expires: u32) {
        let Some(transaction) = self.asked.take() else { return };
        self.granted = expires;
        let asked = stack.request_of(transaction).map_or(0, asked_for);
        let expires = expires.min(asked);
        self.ends = now + Duration::from_secs(expires.into());
        self.confirm(now, stack, transaction, expires);
    }

    fn refuse(&mut self, now: Instant, stack: &mut Stack, status: u16, headers: &[(String, String)]) {
        let Some(transaction) = self.asked.take() else { return };
        let status = if (300..=699).contains(&status) { status } else { 500 };
        stack.respond_status(now, transaction, status, |draft| {
            draft.extra(headers);
        });
        self.state = State::Gone;
    }

    fn confirm(&self, now: Instant, stack: &mut Stack, transaction: TransactionRef, expires: u32) {
        let Some(mut draft) = stack.draft(transaction, 200, None) else { return };
        if let Some(request) = stack.request_of(transaction) {
            draft.copy(request, HeaderName::RecordRoute);
        }
        draft.contact(&self.dialog.flow).field("Expires", format_args!("{expires}"));
        draft.product("Server", &stack.config.user_agent).extra_in_dialog(&self.headers);
        stack.respond_in(now, transaction, 200, draft.finish(None));
    }

    /// Send a NOTIFY unless one is out; it is the last one when there is a reason or no time left.
    fn notify(
        &mut self,
        now: Instant,
        stack: &mut Stack,
        reason: Option<&'static str>,
        body: Option<(String, Bytes)>,
        headers: &[(String, String)],
    ) {
        if self.state != State::Live || self.asked.is_some() || (self.in_flight && reason.is_none()) {
            return;
        }
        let left = self.ends.saturating_duration_since(now).as_secs();
        let reason = reason.or((left == 0).then_some("timeout"));
        self.local.cseq += 1;
        let branch = stack.new_branch();
        let mut draft = self.dialog.draft(&self.local, Method::Notify, self.local.cseq, branch);
        draft.contact(&self.dialog.flow).header("Event", &self.event);
        match reason {
            Some(reason) => draft.field("Subscription-State", format_args!("terminated;reason={reason}")),
            None => draft.field("Subscription-State", format_args!("active;expires={left}")),
        };
        draft.product("User-Agent", &stack.config.user_agent).extra_in_dialog(headers);
        let bytes = draft.finish(body.as_ref().map(|(kind, content)| (kind.as_str(), content.as_ref())));
        let user = User::Subscription(self.id);
        stack.send_request(now, self.dialog.flow, branch, Method::Notify, bytes, user);
        self.in_flight = true;
        if reason.is_some() {
            self.state = State::Closing;
        }
    }
}

fn asked_for(request: &Message) -> u32 {
    request.expires().unwrap_or(DEFAULT_EXPIRES)
}
