//! The client side: sending requests, taking responses.

use super::{
    Acknowledged, Client, ClientPart, InviteClient, Notice, Outcome, Side, Step, Transaction, TransactionRef, User,
};
use crate::{
    Flow, Message, Method, Reason, Transport, build::Draft, headers::HeaderName, ids::Branch, message::Framing,
    stack::Stack,
};
use bytes::Bytes;
use memchr::memmem;
use std::time::Instant;

/// Requests larger than this go by a transport that controls congestion (RFC 3261 §18.1.1).
const LARGEST_DATAGRAM: usize = 1_300;

/// Forked 2xx whose ACK is remembered; beyond that a fork is acknowledged and hung up each time it repeats itself.
const MOST_FORKS: usize = 16;

impl Stack {
    /// Send a request that was begun with this flow and branch.
    pub(crate) fn send_request(
        &mut self,
        now: Instant,
        mut flow: Flow,
        branch: Branch,
        method: Method<'_>,
        mut bytes: Bytes,
        user: User,
    ) -> TransactionRef {
        let may_fall_back = flow.transport == Transport::Udp && bytes.len() > LARGEST_DATAGRAM;
        if may_fall_back {
            flow.transport = Transport::Tcp;
            bytes = with_via_transport(&bytes, Transport::Tcp);
        }
        let is_cancel = method == Method::Cancel;
        let part = ClientPart { user, branch, is_cancel, may_fall_back, acks: Vec::new() };
        let side = if method == Method::Invite {
            Side::InviteClient(InviteClient::new(now, flow.transport.is_reliable(), &self.config.timers), part)
        } else {
            Side::Client(Client::new(now, flow.transport.is_reliable(), &self.config.timers), part)
        };
        self.transmit(flow, bytes.clone());
        let reference = self.insert(now, flow, bytes, side);
        self.clients.insert((branch, is_cancel), reference.slot as usize);
        reference
    }

    /// A response arrived: RFC 3261 §17.1.3.
    pub(crate) fn on_response(&mut self, now: Instant, flow: Flow, response: Message) -> Option<Notice> {
        let Some(slot) = self.client_of(&response) else {
            self.counters.stray += 1;
            return None;
        };
        let timers = self.config.timers;
        let status = response.status()?;
        let transaction = self.transactions.get_mut(slot)?;
        let reliable = transaction.flow.transport.is_reliable();
        let step = match &mut transaction.side {
            Side::InviteClient(machine, _) => machine.on_response(now, status, reliable, &timers),
            Side::Client(machine, _) => machine.on_response(now, status, reliable, &timers),
            Side::InviteServer(..) | Side::Server(..) => Step::Absorb,
        };
        let notice = match step {
            Step::Deliver => self.deliver(slot, response, flow),
            Step::DeliverAndAcknowledge => {
                self.acknowledge_failure(slot, &response);
                self.deliver(slot, response, flow)
            }
            Step::Acknowledge => {
                self.counters.retransmissions_received += 1;
                self.retransmit(slot);
                None
            }
            Step::Absorb | Step::Retransmit | Step::TimedOut | Step::Terminate => {
                self.counters.retransmissions_received += 1;
                None
            }
        };
        self.settle(now, slot);
        notice
    }

    /// Tell the user, unless it is a 2xx that was acknowledged before: then send that ACK again.
    fn deliver(&mut self, slot: usize, response: Message, from: Flow) -> Option<Notice> {
        let reference = self.reference(slot)?;
        let transaction = self.transactions.get_mut(slot)?;
        let (Side::InviteClient(_, part) | Side::Client(_, part)) = &transaction.side else { return None };
        let to_tag = response.to().and_then(|to| to.tag()).unwrap_or(b"");
        let is_success = response.status().is_some_and(|status| (200..300).contains(&status));
        if let Some(ack) = part.acks.iter().find(|ack| is_success && *ack.to_tag == *to_tag) {
            let (flow, bytes) = (ack.flow, ack.bytes.clone());
            self.counters.retransmissions_received += 1;
            self.counters.retransmissions_sent += 1;
            self.transmit(flow, bytes);
            return None;
        }
        let user = part.user;
        if matches!(&transaction.side, Side::InviteClient(machine, _) if machine.is_accepted()) {
            // It will not be repeated any more.
            transaction.sent = Bytes::new();
        }
        Some(Notice { user, transaction: reference, outcome: Outcome::Response(Box::new(response), from) })
    }

    /// Send the ACK of a 2xx, and remember it for when the 2xx comes again (RFC 3261 §13.2.2.4).
    pub(crate) fn acknowledge(&mut self, invite: TransactionRef, to_tag: &[u8], flow: Flow, bytes: Bytes) {
        if let Some(Transaction { side: Side::InviteClient(_, part), .. }) = self.find_mut(invite)
            && part.acks.len() < MOST_FORKS
        {
            part.acks.push(Acknowledged { to_tag: to_tag.into(), flow, bytes: bytes.clone() });
        }
        self.transmit(flow, bytes);
    }

    /// Make and send the ACK of a final response that is no 2xx (RFC 3261 §17.1.1.3).
    fn acknowledge_failure(&mut self, slot: usize, response: &Message) {
        let Some(transaction) = self.transactions.get_mut(slot) else { return };
        let Side::InviteClient(_, part) = &transaction.side else { return };
        let invite = Message::parse(transaction.sent.clone(), Framing::Datagram, &self.config.limits);
        let Some((invite, uri)) =
            invite.ok().and_then(|invite| Some((invite.clone(), invite.request_uri_bytes()?.to_vec())))
        else {
            return;
        };
        let mut ack = Draft::request(Method::Ack, &uri, &transaction.flow, part.branch);
        ack.copy(&invite, HeaderName::Route).header("Max-Forwards", "70").copy(&invite, HeaderName::From);
        ack.copy(response, HeaderName::To).copy(&invite, HeaderName::CallId);
        ack.field("CSeq", format_args!("{} ACK", invite.cseq().map_or(0, |cseq| cseq.number)));
        transaction.sent = ack.finish(None);
        let (flow, bytes) = (transaction.flow, transaction.sent.clone());
        self.transmit(flow, bytes);
    }

    /// Whether a CANCEL may be sent for this INVITE now (RFC 3261 §9.1).
    pub(crate) fn may_cancel(&self, invite: TransactionRef) -> bool {
        matches!(self.find(invite), Some(Transaction { side: Side::InviteClient(machine, _), .. }) if machine.is_proceeding())
    }

    /// Send CANCEL for an INVITE (RFC 3261 §9.1).
    pub(crate) fn cancel(&mut self, now: Instant, invite: TransactionRef, reason: Option<&Reason>) {
        let Some(Transaction { side: Side::InviteClient(_, part), flow, sent, .. }) = self.find(invite) else { return };
        let (branch, flow) = (part.branch, *flow);
        let Ok(invite) = Message::parse(sent.clone(), Framing::Datagram, &self.config.limits) else { return };
        let mut cancel = Draft::request(Method::Cancel, invite.request_uri_bytes().unwrap_or(b""), &flow, branch);
        cancel.copy(&invite, HeaderName::Route).header("Max-Forwards", "70").copy(&invite, HeaderName::From);
        cancel.copy(&invite, HeaderName::To).copy(&invite, HeaderName::CallId);
        cancel.field("CSeq", format_args!("{} CANCEL", invite.cseq().map_or(0, |cseq| cseq.number)));
        cancel.reason(reason).product("User-Agent", &self.config.user_agent);
        self.send_request(now, flow, branch, Method::Cancel, cancel.finish(None), User::Nobody);
    }

    /// Give an INVITE 64*T1 from now for its final response.
    pub(crate) fn limit(&mut self, now: Instant, invite: TransactionRef) {
        let at = now + self.config.timers.give_up();
        if let Some(Transaction { side: Side::InviteClient(machine, _), .. }) = self.find_mut(invite) {
            machine.limit(at);
            self.settle(now, invite.slot as usize);
        }
    }

    /// Give an INVITE until this time to be answered with anything at all.
    pub(crate) fn be_impatient(&mut self, now: Instant, invite: TransactionRef, until: Instant) {
        if let Some(Transaction { side: Side::InviteClient(machine, _), .. }) = self.find_mut(invite) {
            machine.hear_by(until);
            self.settle(now, invite.slot as usize);
        }
    }

    /// Forget a client transaction without a word to its user, as after a CANCEL that nobody answered.
    pub(crate) fn drop_transaction(&mut self, reference: TransactionRef) {
        if self.find(reference).is_some() {
            self.forget(reference.slot as usize);
        }
    }

    /// The transport failed: requests in flight there are repeated by UDP if size alone sent them by TCP (RFC 3261
    /// §18.1.1), and given up otherwise (§17.1.4).
    pub(crate) fn on_transport_failure(&mut self, now: Instant, failed: &Flow) -> Vec<Notice> {
        let slots: Vec<usize> =
            self.clients.values().copied().filter(|&slot| self.is_waiting_on(slot, failed)).collect();
        slots.into_iter().filter_map(|slot| self.fail(now, slot)).collect()
    }

    fn is_waiting_on(&self, slot: usize, failed: &Flow) -> bool {
        let Some(transaction) = self.transactions.get(slot) else { return false };
        let waiting = match &transaction.side {
            Side::InviteClient(machine, _) => !machine.is_final(),
            Side::Client(machine, _) => !machine.is_final(),
            Side::InviteServer(..) | Side::Server(..) => false,
        };
        let flow = &transaction.flow;
        let same_connection = match (flow.connection, failed.connection) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => flow.remote == failed.remote,
        };
        waiting && flow.transport == failed.transport && same_connection
    }

    fn fail(&mut self, now: Instant, slot: usize) -> Option<Notice> {
        let timers = self.config.timers;
        let transaction = self.transactions.get_mut(slot)?;
        let (Side::InviteClient(_, part) | Side::Client(_, part)) = &mut transaction.side else { return None };
        if !std::mem::take(&mut part.may_fall_back) {
            return self.abandon(slot, Outcome::TransportFailed);
        }
        transaction.flow = Flow { transport: Transport::Udp, ..transaction.flow.unconnected() };
        transaction.sent = with_via_transport(&transaction.sent, Transport::Udp);
        match &mut transaction.side {
            Side::InviteClient(machine, _) => *machine = InviteClient::new(now, false, &timers),
            Side::Client(machine, _) => *machine = Client::new(now, false, &timers),
            Side::InviteServer(..) | Side::Server(..) => {}
        }
        let (flow, bytes) = (transaction.flow, transaction.sent.clone());
        self.transmit(flow, bytes);
        self.settle(now, slot);
        None
    }

    /// The client transaction of a response: the branch of its only Via and the method in CSeq.
    fn client_of(&self, response: &Message) -> Option<usize> {
        let via = response.via()?;
        let cseq = response.cseq()?;
        // More than one Via: it was meant for somebody else (RFC 3261 §8.1.3.3).
        if response.values(HeaderName::Via).nth(1).is_some() {
            return None;
        }
        let slot = *self.clients.get(&(Branch::parse(via.branch()?)?, cseq.method == Method::Cancel))?;
        let is_invite = matches!(self.transactions.get(slot)?.side, Side::InviteClient(..));
        (is_invite == (cseq.method == Method::Invite)).then_some(slot)
    }
}

/// The same request with another transport in the Via that [`Draft::request`] wrote. All names have three letters.
fn with_via_transport(bytes: &Bytes, transport: Transport) -> Bytes {
    const VIA: &[u8] = b"\r\nVia: SIP/2.0/";
    let Some(at) = memmem::find(bytes, VIA).map(|at| at + VIA.len()) else { return bytes.clone() };
    let mut copy = bytes.to_vec();
    copy[at..at + 3].copy_from_slice(transport.as_str().as_bytes());
    copy.into()
}
