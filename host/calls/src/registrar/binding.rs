//! One binding: where a phone is, by one of its flows.

use super::{
    gruu::{Gruu, Seal, same_instance},
    path::Path,
    wish::Wish,
};
use crate::dial::Contact;
use jackfield_model::{Number, Registration};
use jackfield_sip::{Flow, Transport, Uri};
use std::{fmt::Write, time::Instant};

/// Flows kept of one phone; the oldest goes first (RFC 5626 §4.2 has phones use two).
const MOST_FLOWS: usize = 8;

/// A contact of an extension, and the way to it.
pub(super) struct Binding {
    pub(super) number: Number,
    pub(super) contact: String,
    pub(super) flow: Flow,
    pub(super) path: Path,
    pub(super) instance: Option<String>,
    pub(super) reg_id: Option<u32>,
    pub(super) gruu: Option<Gruu>,
    pub(super) call_id: Box<[u8]>,
    pub(super) cseq: u32,
    pub(super) user_agent: String,
    pub(super) since: u64,
    pub(super) ends: Instant,
    pub(super) ends_ms: u64,
}

impl Binding {
    /// Whether a wish is about this binding. With an instance that is what counts, together with the reg-id if there is one,
    /// wherever the phone is now (RFC 5626 §6); without one it is the URI (RFC 3261 §10.3). `named` are all the contacts of
    /// the request: a phone without reg-ids may name several, which do not replace each other.
    pub(super) fn is_meant_by(&self, wish: &Wish, named: &[Wish]) -> bool {
        let same_phone = match (&self.instance, &wish.instance) {
            (Some(ours), Some(theirs)) => Some(same_instance(ours, theirs)),
            _ => None,
        };
        // Two phones behind two NATs may have the same address.
        let is_there = same_phone != Some(false) && same_contact(&self.contact, &wish.contact);
        let same_phone = same_phone == Some(true);
        match wish.reg_id {
            Some(id) => (same_phone && self.reg_id == Some(id)) || (is_there && self.reg_id.is_none()),
            None => {
                let has_own_wish = || named.iter().any(|other| same_contact(&self.contact, &other.contact));
                is_there || (same_phone && self.reg_id.is_none() && !has_own_wish())
            }
        }
    }

    /// Another flow of the same phone.
    pub(super) fn is_of_phone(&self, other: &Self) -> bool {
        match (&self.instance, &other.instance) {
            (Some(one), Some(two)) => same_instance(one, two),
            _ => std::ptr::eq(self, other),
        }
    }

    /// A phone to ring.
    pub(super) fn contact(&self) -> Contact {
        let (target, route) = self.path.towards(&self.contact);
        Contact { route, ..Contact::new(target, self.flow, Some(self.number.clone())) }
    }

    /// The way to the phone once the connection is gone that it has registered by, if there is one: by TCP to the address in
    /// its Contact, or to the proxy next to the house, if that is where it was seen. A flow of outbound is the only way to
    /// whoever has it (RFC 5626 §5.3).
    pub(super) fn without_connection(&self) -> Option<Flow> {
        let contact = Uri::parse(self.contact.as_bytes())?;
        let next = if self.path.is_direct() { contact.socket_addr() } else { self.path.next_hop() }?;
        let only_by_flow = self.path.is_direct() && (self.reg_id.is_some() || contact.params().has("ob"));
        let plain = self.flow.transport == Transport::Tcp && next.ip() == self.flow.remote.ip();
        (plain && !only_by_flow).then_some(Flow { remote: next, connection: None, ..self.flow })
    }

    /// The Contact of the answer to a REGISTER; GRUUs are for those who know what they are (RFC 5627 §5.2).
    pub(super) fn listed(&self, now: Instant, seal: Option<&Seal>) -> String {
        let left = self.ends.saturating_duration_since(now).as_secs();
        let mut value = format!("<{}>;expires={left}", self.contact);
        // Writing into a String cannot fail.
        if let Some(instance) = &self.instance {
            let _ = write!(value, ";+sip.instance=\"<{instance}>\"");
            if let (Some(seal), Some(gruu)) = (seal, &self.gruu) {
                let (public, temporary) = (gruu.public(self.number.as_str(), instance), gruu.temporary(seal));
                let _ = write!(value, ";pub-gruu=\"{public}\";temp-gruu=\"{temporary}\"");
            }
        }
        if let Some(id) = self.reg_id {
            let _ = write!(value, ";reg-id={id}");
        }
        value
    }

    /// As screens see it.
    pub(super) fn registration(&self) -> Registration {
        Registration {
            extension: self.number.clone(),
            contact: self.contact.clone(),
            source: self.flow.remote.to_string(),
            transport: self.flow.transport.as_str().to_ascii_lowercase(),
            user_agent: self.user_agent.clone(),
            since: self.since,
            expires: self.ends_ms,
        }
    }
}

/// The phones behind some bindings, the one registered last first; each with its newest flow, and the others for when that
/// one fails: a phone is rung once, however many flows it has (RFC 5626 §7).
pub(super) fn phones<'a>(bindings: impl DoubleEndedIterator<Item = &'a Binding>) -> Vec<Contact> {
    let mut phones: Vec<(&Binding, Contact)> = Vec::new();
    for binding in bindings.rev() {
        match phones.iter_mut().find(|(newest, _)| newest.is_of_phone(binding)) {
            Some((_, contact)) => contact.others.push(binding.contact()),
            None => phones.push((binding, binding.contact())),
        }
    }
    phones.into_iter().map(|(_, contact)| contact).collect()
}

/// Take out what is too much: flows of one phone, the oldest first, then whole phones, the one registered longest ago first.
pub(super) fn crowd_out(bindings: &mut Vec<Binding>, most_phones: usize) -> Vec<Binding> {
    let is_newest = |bindings: &[Binding], at: usize| !bindings[at + 1..].iter().any(|b| b.is_of_phone(&bindings[at]));
    let newer_flows = |bindings: &[Binding], at: usize| {
        bindings[at + 1..].iter().filter(|newer| newer.is_of_phone(&bindings[at])).count()
    };
    let mut out = Vec::new();
    while let Some(at) = (0..bindings.len()).find(|at| newer_flows(bindings, *at) >= MOST_FLOWS) {
        out.push(bindings.remove(at));
    }
    loop {
        let mut newest = (0..bindings.len()).filter(|at| is_newest(bindings, *at));
        let Some(oldest) = newest.next().filter(|_| newest.count() >= most_phones) else { return out };
        let gone: Vec<bool> = bindings.iter().map(|b| b.is_of_phone(&bindings[oldest])).collect();
        let mut gone = gone.into_iter();
        out.extend(bindings.extract_if(.., |_| gone.next().unwrap_or_default()));
    }
}

/// The same by RFC 3261 §19.1.4.
fn same_contact(one: &str, other: &str) -> bool {
    one == other
        || match (Uri::parse(one.as_bytes()), Uri::parse(other.as_bytes())) {
            (Some(one), Some(other)) => one.equivalent(&other),
            _ => false,
        }
}
