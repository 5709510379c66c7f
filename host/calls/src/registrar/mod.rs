//! The registrar (RFC 3261 §10.3): which phone is where, in memory, one writer.
//!
//! A binding is one flow of one phone. Phones that say which instance they are (RFC 5626) are known by that, wherever they
//! are and by however many flows; all others by their contact. `wish` reads a REGISTER, `binding` is what is kept of it,
//! `path` the proxies on the way (RFC 3327), `gruu` the addresses of single phones (RFC 5627).

mod answer;
mod binding;
pub(crate) mod gruu;
mod path;
#[cfg(test)]
mod tests;
mod update;
mod wish;

use crate::{dial::Contact, events::EventBus, exchange::now_ms, lines::Lines};
use binding::Binding;
use gruu::{Addressee, Seal, same_instance};
use jackfield_model::{EventKind, Extension, Number, Registration};
use jackfield_net::bans::source_of;
use jackfield_sip::{ConnectionId, Flow, IncomingRequest, Reply, Uri};
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    net::{IpAddr, SocketAddr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use wish::Asked;

/// Who is where.
///
/// Written by the task that takes REGISTER requests, read by call tasks and screens. The lock is held for one look-up
/// or one update and never across an await.
pub struct Registrar {
    state: Mutex<State>,
    bus: EventBus,
    lines: Lines,
    limits: Limits,
    seal: Seal,
}

/// How many and how long.
struct Limits {
    /// Phones of one extension.
    phones: usize,
    shortest: Duration,
    default: Duration,
    longest: Duration,
}

#[derive(Default)]
struct State {
    /// By extension, the one registered last at the end.
    bindings: HashMap<String, Vec<Binding>>,
    /// When bindings end, soonest first; an entry whose binding was refreshed meanwhile is void.
    ends: BinaryHeap<Reverse<(Instant, String)>>,
    /// Which extensions have registered by a connection, until it is gone.
    by_connection: HashMap<ConnectionId, Vec<String>>,
    count: usize,
}

/// Bindings that have come or changed, and contacts that may have gone.
#[derive(Default)]
struct News {
    added: Vec<Registration>,
    gone: Vec<(Number, String)>,
}

impl Registrar {
    /// `secret` is new at each start: no temporary GRUU outlives the registrations, which are in memory.
    pub(crate) fn new(
        bus: EventBus,
        lines: Lines,
        max_contacts: usize,
        expires: (Duration, Duration, Duration),
        secret: &[u8; 32],
    ) -> Self {
        let (shortest, default, longest) = expires;
        let limits = Limits { phones: max_contacts, shortest, default, longest };
        Self { state: Mutex::default(), bus, lines, limits, seal: Seal::new(secret) }
    }

    /// Carry out a REGISTER that is authenticated for this extension.
    pub(crate) fn register(&self, now: Instant, extension: &Extension, incoming: &IncomingRequest) -> Reply {
        let number = extension.number.as_str();
        let asked = match Asked::read(&incoming.request, incoming.flow.transport.is_secure(), &self.limits) {
            Ok(asked) => asked,
            Err(refused) => return refused,
        };
        match &asked.wishes {
            None => self.remove_all(number),
            Some(_) => {
                if let Err(refused) = self.apply(now, extension, incoming, &asked) {
                    return refused;
                }
            }
        }
        self.accepted(now, number, incoming, &asked)
    }

    /// The phones of an extension, the one registered last first.
    pub(crate) fn contacts(&self, number: &str) -> Vec<Contact> {
        let state = self.state();
        state.bindings.get(number).map(|bindings| binding::phones(bindings.iter())).unwrap_or_default()
    }

    /// One phone of an extension, if it is registered.
    pub(crate) fn phone(&self, number: &str, instance: &str) -> Option<Contact> {
        let state = self.state();
        let is_it = |b: &&Binding| b.instance.as_deref().is_some_and(|own| same_instance(own, instance));
        binding::phones(state.bindings.get(number)?.iter().filter(is_it)).pop()
    }

    /// Whom a URI of the house names: a number, or by a GRUU one phone. A public GRUU stays one while its phone is not
    /// registered.
    ///
    /// # Errors
    /// 404 for a URI that names nobody, and for a temporary GRUU that was not made here or has ended with its registration
    /// (RFC 5627 §5.3).
    pub(crate) fn addressee(&self, uri: &Uri<'_>) -> Result<Addressee, u16> {
        let user = uri.user().filter(|user| !user.is_empty()).ok_or(404_u16)?;
        match uri.gr() {
            // The separators of a `tel:` URI are for the eye (RFC 3966 §5.1.1).
            None if uri.is_tel() => Ok(Addressee::Number(user.replace(['-', '.', '(', ')'], ""))),
            None => Ok(Addressee::Number(user.into_owned())),
            Some(instance) if !instance.is_empty() => {
                Ok(Addressee::Phone { number: user.into_owned(), instance: instance.into_owned() })
            }
            Some(_) => {
                let id = self.seal.open(&user).ok_or(404_u16)?;
                let state = self.state();
                let is_it = |b: &&Binding| b.gruu.as_ref().is_some_and(|gruu| gruu.id == id);
                // Only what was made here comes as far as this search.
                let found = state.bindings.values().flatten().find(is_it).ok_or(404_u16)?;
                let instance = found.instance.clone().unwrap_or_default();
                Ok(Addressee::Phone { number: found.number.as_str().to_owned(), instance })
            }
        }
    }

    /// Where the phones are that have registered from this address.
    pub(crate) fn peers_at(&self, address: IpAddr) -> Vec<SocketAddr> {
        let state = self.state();
        let peers = state.bindings.values().flatten().map(|binding| binding.flow.remote);
        peers.filter(|peer| source_of(peer.ip()) == source_of(address)).collect()
    }

    /// Whether an extension has a phone.
    pub fn is_registered(&self, number: &str) -> bool {
        self.state().bindings.contains_key(number)
    }

    /// Every registration, by extension.
    pub fn list(&self) -> Vec<Registration> {
        let state = self.state();
        let mut list: Vec<_> = state.bindings.values().flatten().map(Binding::registration).collect();
        list.sort_by(|a, b| (&a.extension, a.since).cmp(&(&b.extension, b.since)));
        list
    }

    /// The registrations of one extension.
    pub fn of(&self, number: &str) -> Vec<Registration> {
        self.state().bindings.get(number).into_iter().flatten().map(Binding::registration).collect()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.state().count
    }

    /// Forget the phones of an extension that is gone or has a new password.
    pub fn forget(&self, number: &str) {
        self.remove_all(number);
    }

    /// Forget what has ended. Says when the next one ends.
    pub(crate) fn expire(&self, now: Instant) -> Option<Instant> {
        let mut gone = Vec::new();
        let mut state = self.state();
        while let Some(Reverse((due, _))) = state.ends.peek()
            && *due <= now
        {
            let Some(Reverse((_, number))) = state.ends.pop() else { break };
            let State { bindings, count, .. } = &mut *state;
            let Some(of_number) = bindings.get_mut(&number) else { continue };
            let before = of_number.len();
            of_number.retain(|b| {
                let ended = b.ends <= now;
                if ended {
                    gone.push((b.number.clone(), b.contact.clone()));
                }
                !ended
            });
            *count -= before - of_number.len();
            if of_number.is_empty() {
                bindings.remove(&number);
            }
        }
        let next = state.ends.peek().map(|Reverse((due, _))| *due);
        drop(state);
        self.tell_gone(gone);
        next
    }

    /// A connection is gone. Whoever registered by it cannot be called by it any more, other than by TCP at an address of its
    /// own if that is where it was seen: a browser cannot be called back at all, a phone has no certificate of a server,
    /// and behind a NAT it cannot be connected to (RFC 5626 §1). Its other flows stay.
    pub(crate) fn disconnected(&self, flow: &Flow) {
        let Some(connection) = flow.connection else { return };
        let mut gone = Vec::new();
        let mut state = self.state();
        let State { bindings, by_connection, count, .. } = &mut *state;
        for number in by_connection.remove(&connection).unwrap_or_default() {
            let Some(of_number) = bindings.get_mut(&number) else { continue };
            let before = of_number.len();
            of_number.retain_mut(|binding| {
                if binding.flow.connection != Some(connection) {
                    return true;
                }
                let reachable = binding.without_connection();
                match reachable {
                    Some(flow) => binding.flow = flow,
                    None => gone.push((binding.number.clone(), binding.contact.clone())),
                }
                reachable.is_some()
            });
            *count -= before - of_number.len();
            if of_number.is_empty() {
                bindings.remove(&number);
            }
        }
        drop(state);
        self.tell_gone(gone);
    }

    fn remove_all(&self, number: &str) {
        let mut state = self.state();
        let removed = state.bindings.remove(number).unwrap_or_default();
        state.count -= removed.len();
        drop(state);
        self.tell_gone(removed.into_iter().map(|b| (b.number, b.contact)).collect());
    }

    fn tell(&self, News { added, gone }: News) {
        for registration in added {
            tracing::info!(extension = %registration.extension, contact = registration.contact, "registered");
            self.lines.reach(registration.extension.as_str(), true);
            self.lines.touch(registration.extension.as_str());
            self.bus.publish(now_ms(), EventKind::Registered(registration));
        }
        self.tell_gone(gone);
    }

    /// Tell of contacts that have gone, unless there is another flow to the same one.
    fn tell_gone(&self, gone: Vec<(Number, String)>) {
        for (extension, contact) in gone {
            let state = self.state();
            let left = state.bindings.get(extension.as_str());
            let (reachable, is_there) = (left.is_some(), left.into_iter().flatten().any(|b| b.contact == contact));
            drop(state);
            if is_there {
                continue;
            }
            tracing::info!(%extension, contact, "unregistered");
            self.lines.reach(extension.as_str(), reachable);
            self.lines.touch(extension.as_str());
            self.bus.publish(now_ms(), EventKind::Unregistered { extension, contact });
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn status(status: u16) -> Reply {
    Reply { status, ..Reply::default() }
}

fn refused(status: u16, reason: &str) -> Reply {
    Reply { status, reason: Some(reason.into()), ..Reply::default() }
}
