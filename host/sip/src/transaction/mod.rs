//! The transaction layer (RFC 3261 §17): four state machines, and the table they live in.
//!
//! A machine knows states and timers and nothing else: it is told what happened and says in a [`Step`] what is to be
//! done. The table keeps for each the bytes it repeats, so that a retransmission costs no building.

mod client;
mod incoming;
mod invite_client;
mod invite_server;
mod outgoing;
mod request_key;
mod server;

use crate::{
    ClientTransactionId, Flow, LegId, Message, SubscriptionId,
    ids::{Branch, Tag},
    stack::Stack,
    timer::Alarm,
};
use bytes::Bytes;
use client::Client;
use invite_client::InviteClient;
use invite_server::InviteServer;
use server::Server;
use std::{net::SocketAddr, time::Instant};

pub(crate) use incoming::Matched;
pub(crate) use request_key::{RequestKey, RequestKeys};

/// What a machine wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing: a repetition, or something late.
    Absorb,
    /// Send the last message again.
    Retransmit,
    /// Tell the transaction's user.
    Deliver,
    /// Send the ACK of a non-2xx again.
    Acknowledge,
    /// Tell the user, and make and send the ACK of a non-2xx.
    DeliverAndAcknowledge,
    /// Timer B or F: tell the user, then forget the transaction.
    TimedOut,
    /// Forget the transaction.
    Terminate,
}

/// A transaction that may have ended meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TransactionRef {
    slot: u32,
    serial: u32,
}

impl TransactionRef {
    pub(crate) fn to_bits(self) -> u64 {
        u64::from(self.serial) << 32 | u64::from(self.slot)
    }

    #[expect(clippy::cast_possible_truncation, reason = "the two halves are meant")]
    pub(crate) fn from_bits(bits: u64) -> Self {
        Self { slot: bits as u32, serial: (bits >> 32) as u32 }
    }
}

/// Who made a request of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum User {
    /// A leg, for this purpose.
    Leg(LegId, Purpose),
    /// The user of the endpoint.
    Outside(ClientTransactionId),
    /// A subscription, for its NOTIFY.
    Subscription(SubscriptionId),
    /// Nobody waits for the response.
    Nobody,
}

/// What a leg made a request for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Invite,
    Reoffer,
    Refresh,
    Refer,
    Bye,
}

/// News of a request of ours.
#[derive(Debug)]
pub(crate) struct Notice {
    pub user: User,
    pub transaction: TransactionRef,
    pub outcome: Outcome,
}

#[derive(Debug)]
pub(crate) enum Outcome {
    /// A response, and where it came from.
    Response(Box<Message>, Flow),
    TimedOut,
    TransportFailed,
}

#[derive(Debug)]
pub(crate) struct Transaction {
    serial: u32,
    /// Where this transaction sends.
    flow: Flow,
    /// What it repeats: the last request, response, or ACK.
    sent: Bytes,
    side: Side,
}

#[derive(Debug)]
enum Side {
    InviteClient(InviteClient, ClientPart),
    Client(Client, ClientPart),
    InviteServer(InviteServer, ServerPart),
    Server(Server, ServerPart),
}

#[derive(Debug)]
struct ClientPart {
    user: User,
    branch: Branch,
    is_cancel: bool,
    /// Went by TCP for its size only: repeat it by UDP if that fails (RFC 3261 §18.1.1).
    may_fall_back: bool,
    /// The ACKs of the 2xx that came, one per fork.
    acks: Vec<Acknowledged>,
}

#[derive(Debug)]
struct Acknowledged {
    to_tag: Box<[u8]>,
    flow: Flow,
    bytes: Bytes,
}

#[derive(Debug)]
struct ServerPart {
    /// The request, until the final response is sent.
    request: Option<Box<Message>>,
    source: SocketAddr,
    /// The tag that our responses add to To.
    tag: Tag,
    leg: Option<LegId>,
    /// What the tables find it by.
    key: RequestKey,
    merged_key: Option<RequestKey>,
}

impl Transaction {
    fn next_timeout(&self) -> Option<Instant> {
        match &self.side {
            Side::InviteClient(machine, _) => machine.next_timeout(),
            Side::Client(machine, _) => machine.next_timeout(),
            Side::InviteServer(machine, _) => machine.next_timeout(),
            Side::Server(machine, _) => machine.next_timeout(),
        }
    }

    /// Finished, and no timer keeps it (a reliable transport needs none).
    fn is_over(&self, now: Instant) -> bool {
        let is_final = match &self.side {
            Side::InviteClient(machine, _) => machine.is_final(),
            Side::Client(machine, _) => machine.is_final(),
            Side::InviteServer(machine, _) => !machine.is_open(),
            Side::Server(machine, _) => !machine.is_open(),
        };
        is_final && self.next_timeout().is_some_and(|at| at <= now)
    }
}

impl Stack {
    /// Whether another transaction may be made for somebody new.
    pub(crate) fn has_room(&self) -> bool {
        self.transactions.len() < self.config.max_transactions
    }

    /// A transaction's alarm went off.
    pub(crate) fn on_transaction_timeout(&mut self, now: Instant, slot: usize) -> Option<Notice> {
        let timers = self.config.timers;
        let transaction = self.transactions.get_mut(slot)?;
        let step = match &mut transaction.side {
            Side::InviteClient(machine, _) => machine.on_timeout(now),
            Side::Client(machine, _) => machine.on_timeout(now, &timers),
            Side::InviteServer(machine, _) => machine.on_timeout(now, &timers),
            Side::Server(machine, _) => machine.on_timeout(now),
        };
        match step {
            Step::Retransmit => self.retransmit(slot),
            Step::Terminate => return self.forget(slot).and(None),
            Step::TimedOut => {
                self.counters.timeouts += 1;
                return self.abandon(slot, Outcome::TimedOut);
            }
            Step::Absorb | Step::Deliver | Step::Acknowledge | Step::DeliverAndAcknowledge => {}
        }
        self.settle(now, slot);
        None
    }

    /// Forget a client transaction and tell its user why.
    fn abandon(&mut self, slot: usize, outcome: Outcome) -> Option<Notice> {
        let transaction = self.reference(slot)?;
        match self.forget(slot)?.side {
            Side::InviteClient(_, part) | Side::Client(_, part) => {
                Some(Notice { user: part.user, transaction, outcome })
            }
            Side::InviteServer(..) | Side::Server(..) => None,
        }
    }

    fn retransmit(&mut self, slot: usize) {
        let Some(Transaction { flow, sent, .. }) = self.transactions.get(slot) else { return };
        if !sent.is_empty() {
            let (flow, bytes) = (*flow, sent.clone());
            self.counters.retransmissions_sent += 1;
            self.transmit(flow, bytes);
        }
    }

    /// Set the alarm after a change, or forget a transaction that is over.
    fn settle(&mut self, now: Instant, slot: usize) {
        let Some(transaction) = self.transactions.get(slot) else { return };
        if transaction.is_over(now) {
            self.forget(slot);
        } else {
            self.timers.set(Alarm::Transaction(slot), transaction.next_timeout());
        }
    }

    fn insert(&mut self, now: Instant, flow: Flow, sent: Bytes, side: Side) -> TransactionRef {
        self.serial = self.serial.wrapping_add(1);
        let slot = self.transactions.insert(Transaction { serial: self.serial, flow, sent, side });
        self.settle(now, slot);
        // The table cannot hold 2^32 transactions; a reference that finds none is ignored.
        TransactionRef { slot: u32::try_from(slot).unwrap_or(u32::MAX), serial: self.serial }
    }

    fn forget(&mut self, slot: usize) -> Option<Transaction> {
        let transaction = self.transactions.try_remove(slot)?;
        self.timers.set(Alarm::Transaction(slot), None);
        match &transaction.side {
            Side::InviteClient(_, part) | Side::Client(_, part) => {
                self.clients.remove(&(part.branch, part.is_cancel));
            }
            Side::InviteServer(_, part) | Side::Server(_, part) => {
                self.servers.remove(&part.key);
                if let Some(key) = &part.merged_key {
                    self.merged.remove(key);
                }
            }
        }
        Some(transaction)
    }

    fn reference(&self, slot: usize) -> Option<TransactionRef> {
        let serial = self.transactions.get(slot)?.serial;
        Some(TransactionRef { slot: u32::try_from(slot).ok()?, serial })
    }

    fn find(&self, reference: TransactionRef) -> Option<&Transaction> {
        self.transactions.get(reference.slot as usize).filter(|found| found.serial == reference.serial)
    }

    fn find_mut(&mut self, reference: TransactionRef) -> Option<&mut Transaction> {
        self.transactions.get_mut(reference.slot as usize).filter(|found| found.serial == reference.serial)
    }
}

/// The earlier of two alarms.
fn earliest<const N: usize>(times: [Option<Instant>; N]) -> Option<Instant> {
    times.into_iter().flatten().min()
}
