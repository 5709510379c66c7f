//! Short messages between extensions (RFC 3428): taken from one phone, given to every phone of the other, not kept.
//!
//! The sender waits for the answer, so a 200 means that a phone has it. Nothing is sent on by numbers of plugins, trunks or
//! a rule, and Max-Forwards falls with each pass: a message cannot go round.

use crate::{
    dial::{Contact, contacts},
    exchange::Exchange,
    inbound::Watcher,
    ways,
};
use bytes::Bytes;
use jackfield_sip::{HeaderName, IncomingRequest, Method, OutOfDialog, Party as SipParty, Reply, ServerTransactionId};
use std::{
    borrow::Cow,
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::Semaphore, task::JoinSet};

/// Most bytes of a message: with its head it still fits a datagram (RFC 3428 §8).
const MAX_BYTES: usize = 1_300;
/// Messages of one sender in [`PERIOD`].
const MOST_PER_PERIOD: u32 = 30;
/// The time in which they are counted.
const PERIOD: Duration = Duration::from_secs(30);
/// Messages under way at once.
const UNDER_WAY: usize = 256;
/// Senders remembered; those whose period is over are forgotten first.
const SENDERS: usize = 10_000;

/// Who sends how much, and what is under way.
pub(crate) struct Messenger {
    senders: HashMap<String, (Instant, u32)>,
    under_way: Arc<Semaphore>,
}

/// A message on its way to the phones of an extension.
struct Delivery {
    contacts: Vec<Contact>,
    number: String,
    /// Name and user part of who sends it.
    display: Option<String>,
    user: String,
    hops: u8,
    kind: String,
    body: Bytes,
}

impl Default for Messenger {
    fn default() -> Self {
        Self { senders: HashMap::new(), under_way: Arc::new(Semaphore::new(UNDER_WAY)) }
    }
}

impl Messenger {
    /// Deliver a MESSAGE of somebody who is known, and answer it when a phone has taken it or none will.
    pub(crate) async fn deliver(
        &mut self,
        now: Instant,
        exchange: &Arc<Exchange>,
        id: ServerTransactionId,
        sender: Watcher,
        incoming: &IncomingRequest,
    ) {
        let refused = match self.accept(now, exchange, &sender, incoming) {
            Ok((delivery, turn)) => {
                let exchange = Arc::clone(exchange);
                tokio::spawn(async move {
                    let _turn = turn;
                    let status = send(&exchange, delivery).await;
                    exchange.sip.respond(id, Reply { status, ..Reply::default() }).await;
                });
                return;
            }
            Err(refused) => refused,
        };
        exchange.sip.respond(id, refused).await;
    }

    fn accept(
        &mut self,
        now: Instant,
        exchange: &Exchange,
        sender: &Watcher,
        incoming: &IncomingRequest,
    ) -> Result<(Delivery, tokio::sync::OwnedSemaphorePermit), Reply> {
        let request = &incoming.request;
        if !self.admits(now, &sender.account) {
            return Err(refusal(503, "Retry-After", "30"));
        }
        if !request.content_type().is_some_and(|kind| kind.is("text/plain")) {
            return Err(refusal(415, "Accept", "text/plain"));
        }
        if request.body().len() > MAX_BYTES {
            return Err(status(413));
        }
        let uri = request.request_uri();
        let addressee = uri.map_or(Err(404), |uri| exchange.registrar.addressee(&uri)).map_err(status)?;
        let number = addressee.number().to_owned();
        if exchange.directory().extension(&number).is_none() {
            return Err(status(404));
        }
        let contacts = contacts(exchange, &addressee.target().unwrap_or_else(|| format!("ext:{number}")));
        if contacts.is_empty() {
            return Err(status(480));
        }
        let turn = Arc::clone(&self.under_way).try_acquire_owned();
        let turn = turn.map_err(|_| refusal(503, "Retry-After", "5"))?;
        let kind = request.text(HeaderName::ContentType).unwrap_or_default().into_owned();
        let body = Bytes::copy_from_slice(request.body());
        let hops = request.max_forwards().unwrap_or(70).saturating_sub(1);
        let display = Some(sender.name.clone()).filter(|name| !name.is_empty());
        let user = crate::dial::user_part(&sender.user);
        Ok((Delivery { contacts, number, display, user, hops, kind, body }, turn))
    }

    fn admits(&mut self, now: Instant, account: &str) -> bool {
        if self.senders.len() >= SENDERS {
            self.senders.retain(|_, (since, _)| now - *since < PERIOD);
        }
        if self.senders.len() >= SENDERS && !self.senders.contains_key(account) {
            return false;
        }
        let (since, count) = self.senders.entry(account.to_owned()).or_insert((now, 0));
        if now - *since >= PERIOD {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        *count <= MOST_PER_PERIOD
    }
}

impl Delivery {
    /// The MESSAGE for one phone.
    fn request(&self, contact: &Contact) -> OutOfDialog {
        let host = contact.house();
        OutOfDialog {
            method: Method::Message,
            target: contact.target.clone(),
            flow: contact.flow,
            from: SipParty { display: self.display.clone(), uri: format!("sip:{}@{host}", self.user) },
            to: SipParty { display: None, uri: format!("sip:{}@{host}", self.number) },
            headers: vec![(String::from("Max-Forwards"), self.hops.to_string())],
            body: Some((self.kind.clone(), self.body.clone())),
            call_id: None,
            cseq: None,
            account: None,
        }
    }
}

/// Send to all phones at once: 200 as soon as one has taken it, else the answer that says most.
async fn send(exchange: &Arc<Exchange>, mut delivery: Delivery) -> u16 {
    let mut asked = JoinSet::new();
    let contacts = std::mem::take(&mut delivery.contacts);
    let delivery = Arc::new(delivery);
    for contact in contacts {
        let (exchange, delivery) = (Arc::clone(exchange), Arc::clone(&delivery));
        asked.spawn(async move {
            let answer = ways::request(&exchange, contact, |contact| delivery.request(contact)).await;
            answer.ok().and_then(|answer| answer.status())
        });
    }
    let mut worst = 480;
    let mut taken = false;
    while let Some(answered) = asked.join_next().await {
        match answered.ok().flatten() {
            Some(200..=299) => {
                taken = true;
                break;
            }
            // The phone does not want this one, whoever asks again.
            Some(status @ (413 | 415 | 486 | 488 | 600..=699)) => worst = status,
            _ => {}
        }
    }
    // The others get it too; nobody waits for their answers.
    asked.detach_all();
    if taken { 200 } else { worst }
}

fn status(status: u16) -> Reply {
    Reply { status, ..Reply::default() }
}

fn refusal(status: u16, name: &'static str, value: &str) -> Reply {
    Reply { status, headers: vec![(Cow::Borrowed(name), value.to_owned())], ..Reply::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_sends_too_much_waits_and_others_do_not() {
        let mut messenger = Messenger::default();
        let begin = Instant::now();
        for _ in 0..MOST_PER_PERIOD {
            assert!(messenger.admits(begin, "100"));
        }
        assert!(!messenger.admits(begin, "100"));
        assert!(messenger.admits(begin, "101"));
        assert!(messenger.admits(begin + PERIOD, "100"));
    }
}
