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
use std::{io::Write, sync::Arc, time::Instant};

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
        let key = std::mem::take(&mut self.scratch);
        let key = server_key(key, request, if is_ack { Method::Invite } else { method });
        let found = self.servers.get(&key[..]).copied();
        self.scratch = key;
        if let Some(slot) = found {
            return if is_ack { self.on_ack(now, slot) } else { self.on_repetition(slot) };
        }
        if !is_ack && method != Method::Cancel && !has_to_tag(request) {
            let key = merged_key(std::mem::take(&mut self.scratch), request);
            let merged = self.merged.contains_key(&key[..]);
            self.scratch = key;
            if merged {
                return Matched::Merged;
            }
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
        let key: Arc<[u8]> = server_key(Vec::new(), request, method).into();
        let merged_key: Option<Arc<[u8]>> = (!has_to_tag(request)).then(|| merged_key(Vec::new(), request).into());
        let part = ServerPart {
            request: Some(Box::new(request.clone())),
            source: flow.remote,
            tag,
            leg,
            key: key.clone(),
            merged_key: merged_key.clone(),
        };
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
        let key = server_key(Vec::new(), cancel, Method::Invite);
        let slot = *self.servers.get(&key[..])?;
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

/// Branch, sent-by and method; for a branch without the magic cookie, or with nothing after it, what RFC 3261 §17.2.3
/// takes from RFC 2543. The To tag is left out there: an ACK bears the one we added.
fn server_key(mut key: Vec<u8>, request: &Message, method: Method<'_>) -> Vec<u8> {
    key.clear();
    let via = request.via();
    let branch = via.and_then(|via| via.branch()).filter(|branch| {
        branch.len() > Branch::COOKIE.len() && branch[..Branch::COOKIE.len()].eq_ignore_ascii_case(Branch::COOKIE)
    });
    match (via, branch) {
        (Some(via), Some(branch)) => {
            key.extend_from_slice(branch);
            key.push(0);
            // Writing into a Vec cannot fail.
            let _ = match via.host {
                crate::Host::Name(name) => key.write_all(name.to_ascii_lowercase().as_bytes()),
                crate::Host::V4(_) | crate::Host::V6(_) => write!(key, "{}", via.host),
            };
            let _ = write!(key, "\0{}", via.port.unwrap_or(0));
        }
        _ => {
            key.push(0);
            key.extend_from_slice(request.request_uri_bytes().unwrap_or(b""));
            key.push(0);
            push_origin(&mut key, request);
            key.extend_from_slice(request.values(HeaderName::Via).next().unwrap_or(b""));
        }
    }
    key.push(0);
    key.extend_from_slice(method.as_str().as_bytes());
    key
}

/// From tag, Call-ID, CSeq.
fn merged_key(mut key: Vec<u8>, request: &Message) -> Vec<u8> {
    key.clear();
    push_origin(&mut key, request);
    key.extend_from_slice(request.method().unwrap_or(Method::Other("")).as_str().as_bytes());
    key
}

fn push_origin(key: &mut Vec<u8>, request: &Message) {
    key.extend_from_slice(request.from().and_then(|from| from.tag()).unwrap_or(b""));
    key.push(0);
    key.extend_from_slice(request.call_id().unwrap_or(b""));
    key.push(0);
    let _ = write!(key, "{}\0", request.cseq().map_or(0, |cseq| cseq.number));
}
