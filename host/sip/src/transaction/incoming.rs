//! The server side: recognising requests that come again, sending responses.

use super::{InviteServer, Server, ServerPart, Side, Step, Transaction, TransactionRef};
use crate::{
    Flow, LegId, Message, Method,
    build::{Draft, response_flow},
    headers::HeaderName,
    ids::{Branch, Tag},
    stack::Stack,
};
use bytes::Bytes;
use std::time::Instant;

/// What a request turned out to be.
#[derive(Debug)]
pub(crate) enum Matched {
    /// Not seen before.
    New,
    /// A repetition or the ACK of a non-2xx; it is dealt with.
    Absorbed,
    /// The ACK of a 2xx that bears the INVITE's branch.
    Acknowledged(LegId),
    /// The same request by another path (RFC 3261 §8.2.2.2): to be answered 482.
    Merged,
}

impl Stack {
    /// Find the transaction of a request and let it absorb a repetition (RFC 3261 §17.2.3).
    pub(crate) fn match_request(&mut self, now: Instant, request: &Message) -> Matched {
        let method = request.method().unwrap_or(Method::Other(""));
        let is_ack = method == Method::Ack;
        let key = self.request_keys.of_transaction(request, if is_ack { Method::Invite } else { method });
        let found = self.servers.get(&key).copied();
        if let Some(slot) = found {
            return if is_ack { self.on_ack(now, slot) } else { self.on_repetition(slot) };
        }
        let may_merge = !is_ack && method != Method::Cancel && !has_to_tag(request);
        if may_merge && self.merged.contains_key(&self.request_keys.of_merged(request)) {
            return Matched::Merged;
        }
        Matched::New
    }

    fn on_ack(&mut self, now: Instant, slot: usize) -> Matched {
        let timers = self.config.timers;
        let Some(Transaction { side: Side::InviteServer(machine, part), flow, .. }) = self.transactions.get_mut(slot)
        else {
            return Matched::Absorbed;
        };
        let (step, leg) = (machine.on_ack(now, flow.transport.is_reliable(), &timers), part.leg);
        self.settle(now, slot);
        match leg.filter(|_| step == Step::Deliver) {
            Some(leg) => Matched::Acknowledged(leg),
            None => Matched::Absorbed,
        }
    }

    fn on_repetition(&mut self, slot: usize) -> Matched {
        self.counters.retransmissions_received += 1;
        let step = match self.transactions.get(slot).map(|transaction| &transaction.side) {
            Some(Side::InviteServer(machine, _)) => machine.on_retransmission(),
            Some(Side::Server(machine, _)) => machine.on_retransmission(),
            Some(Side::InviteClient(..) | Side::Client(..)) | None => Step::Absorb,
        };
        if step == Step::Retransmit {
            self.retransmit(slot);
        }
        Matched::Absorbed
    }

    /// Make the transaction of a new request. `tag` is what its responses add to To.
    pub(crate) fn open_server(
        &mut self,
        now: Instant,
        flow: &Flow,
        request: &Message,
        tag: Tag,
        leg: Option<LegId>,
    ) -> TransactionRef {
        let method = request.method().unwrap_or(Method::Other(""));
        let key = self.request_keys.of_transaction(request, method);
        let merged_key = (!has_to_tag(request)).then(|| self.request_keys.of_merged(request));
        let part =
            ServerPart { request: Some(Box::new(request.clone())), source: flow.remote, tag, leg, key, merged_key };
        let timers = self.config.timers;
        let side = if method == Method::Invite {
            Side::InviteServer(InviteServer::new(&timers), part)
        } else {
            Side::Server(Server::new(now, &timers), part)
        };
        let reference = self.insert(now, response_flow(request, flow), Bytes::new(), side);
        let slot = reference.slot as usize;
        self.servers.insert(key, slot);
        if let Some(key) = merged_key {
            self.merged.insert(key, slot);
        }
        reference
    }

    /// Begin a response in a transaction; `None` if a final one was already sent.
    pub(crate) fn draft(&self, reference: TransactionRef, status: u16, reason: Option<&str>) -> Option<Draft> {
        let Transaction { side: Side::InviteServer(_, part) | Side::Server(_, part), .. } = self.find(reference)?
        else {
            return None;
        };
        let tag = (status > 100).then_some(part.tag);
        Some(Draft::response(part.request.as_ref()?, Some(part.source), status, reason, tag))
    }

    /// The request of a transaction that is not yet finally answered.
    pub(crate) fn request_of(&self, reference: TransactionRef) -> Option<&Message> {
        match &self.find(reference)?.side {
            Side::InviteServer(_, part) | Side::Server(_, part) => part.request.as_deref(),
            Side::InviteClient(..) | Side::Client(..) => None,
        }
    }

    /// Send a response in a transaction. False if a final one was already sent.
    pub(crate) fn respond_in(&mut self, now: Instant, reference: TransactionRef, status: u16, bytes: Bytes) -> bool {
        let timers = self.config.timers;
        let Some(transaction) = self.find_mut(reference) else { return false };
        let flow = transaction.flow;
        let reliable = flow.transport.is_reliable();
        let (accepted, part) = match &mut transaction.side {
            Side::InviteServer(machine, part) => (machine.on_respond(now, status, reliable, &timers), part),
            Side::Server(machine, part) => (machine.on_respond(now, status, reliable, &timers), part),
            Side::InviteClient(..) | Side::Client(..) => return false,
        };
        if !accepted {
            return false;
        }
        if status >= 200 {
            part.request = None;
        }
        // The 2xx to an INVITE is repeated by the leg (RFC 3261 §13.3.1.4), all else from here.
        let is_invite = matches!(transaction.side, Side::InviteServer(..));
        transaction.sent = if is_invite && (200..300).contains(&status) { Bytes::new() } else { bytes.clone() };
        self.transmit(flow, bytes);
        self.settle(now, reference.slot as usize);
        true
    }

    /// Send a response and forget the transaction: a repetition of the request is answered anew (RFC 3261 §8.2.7).
    pub(crate) fn respond_stateless(&mut self, now: Instant, reference: TransactionRef, status: u16, bytes: Bytes) {
        if self.respond_in(now, reference, status, bytes) && self.find(reference).is_some() {
            self.forget(reference.slot as usize);
        }
    }

    /// Respond with nothing but a status and the header fields that `more` adds.
    pub(crate) fn respond_status(
        &mut self,
        now: Instant,
        reference: TransactionRef,
        status: u16,
        more: impl FnOnce(&mut Draft),
    ) {
        let Some(mut draft) = self.draft(reference, status, None) else { return };
        more(&mut draft);
        draft.product("Server", &self.config.user_agent);
        self.respond_in(now, reference, status, draft.finish(None));
    }

    /// Where the responses of a transaction go.
    pub(crate) fn flow_of(&self, reference: TransactionRef) -> Option<Flow> {
        Some(self.find(reference)?.flow)
    }

    /// The INVITE transaction that a CANCEL names: same branch and sent-by (RFC 3261 §9.2).
    pub(crate) fn cancelled_by(&self, cancel: &Message) -> Option<(TransactionRef, Option<LegId>)> {
        let slot = *self.servers.get(&self.request_keys.of_transaction(cancel, Method::Invite))?;
        let Side::InviteServer(_, part) = &self.transactions.get(slot)?.side else { return None };
        Some((self.reference(slot)?, part.leg))
    }

    /// Whether a request passed through here before: a branch of ours stands in one of its Vias (RFC 3261 §16.6).
    pub(crate) fn is_loop(&self, request: &Message) -> bool {
        request.values(HeaderName::Via).filter_map(crate::Via::parse).any(|via| {
            via.branch().and_then(Branch::parse).is_some_and(|branch| self.clients.contains_key(&(branch, false)))
        })
    }
}

fn has_to_tag(request: &Message) -> bool {
    request.to().is_some_and(|to| to.tag().is_some())
}
