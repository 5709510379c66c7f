//! The registrar (RFC 3261 §10.3): which phone is where, in memory, one writer.

use crate::{calendar::Civil, dial::Contact, events::EventBus, exchange::now_ms, lines::Lines};
use jackfield_model::{EventKind, Extension, Number, Registration};
use jackfield_net::bans::source_of;
use jackfield_sip::{ConnectionId, Flow, HeaderName, IncomingRequest, Message, NameAddr, Reply, Transport, Uri};
use std::{
    borrow::Cow,
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    net::{IpAddr, SocketAddr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Contacts that one REGISTER may name.
const MAX_PER_REQUEST: usize = 16;
/// Longest contact URI kept, in bytes.
const MAX_CONTACT: usize = 512;

/// Who is where.
///
/// Written by the task that takes REGISTER requests, read by call tasks and screens. The lock is held for one look-up
/// or one update and never across an await.
pub struct Registrar {
    state: Mutex<State>,
    bus: EventBus,
    lines: Lines,
    max_contacts: usize,
    shortest: Duration,
    default: Duration,
    longest: Duration,
}

#[derive(Default)]
struct State {
    bindings: HashMap<String, Vec<Binding>>,
    /// When bindings end, soonest first; an entry whose binding was refreshed meanwhile is void.
    ends: BinaryHeap<Reverse<(Instant, String)>>,
    /// Which extensions have registered by a connection, until it is gone.
    by_connection: HashMap<ConnectionId, Vec<String>>,
    count: usize,
}

struct Binding {
    number: Number,
    contact: String,
    flow: Flow,
    call_id: Box<[u8]>,
    cseq: u32,
    user_agent: String,
    since: u64,
    ends: Instant,
    ends_ms: u64,
}

/// What one REGISTER asks of one contact.
struct Wish {
    contact: String,
    expires: Duration,
}

impl Registrar {
    pub(crate) fn new(
        bus: EventBus,
        lines: Lines,
        max_contacts: usize,
        expires: (Duration, Duration, Duration),
    ) -> Self {
        let (shortest, default, longest) = expires;
        Self { state: Mutex::default(), bus, lines, max_contacts, shortest, default, longest }
    }

    /// Carry out a REGISTER that is authenticated for this extension.
    pub(crate) fn register(&self, now: Instant, extension: &Extension, incoming: &IncomingRequest) -> Reply {
        let request = &incoming.request;
        let number = extension.number.as_str();
        match self.wishes(request, incoming.flow.transport.is_secure()) {
            Ok(None) => self.remove_all(number),
            Ok(Some(wishes)) => {
                if let Err(refused) = self.apply(now, extension, incoming, wishes) {
                    return refused;
                }
            }
            Err(refused) => return refused,
        }
        self.listing(now, number)
    }

    /// The phones of an extension, the one registered last first.
    pub(crate) fn contacts(&self, number: &str) -> Vec<Contact> {
        let state = self.state();
        let Some(bindings) = state.bindings.get(number) else { return Vec::new() };
        let contact = |b: &Binding| Contact {
            target: b.contact.clone(),
            flow: b.flow,
            extension: Some(b.number.clone()),
            trunk: None,
        };
        bindings.iter().rev().map(contact).collect()
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

    /// A connection is gone. Whoever registered by it cannot be called any more, other than by TCP at the address in its
    /// Contact if that is where it was seen: a browser cannot be called back at all, a phone has no certificate of a server,
    /// and behind a NAT it cannot be connected to (RFC 5626 §1).
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

    /// What the Contact and Expires fields ask; `None` for `Contact: *` (RFC 3261 §10.2.2).
    fn wishes(&self, request: &Message, secure: bool) -> Result<Option<Vec<Wish>>, Reply> {
        let header = request.expires().map(|seconds| Duration::from_secs(seconds.into()));
        let values: Vec<&[u8]> = request.values(HeaderName::Contact).take(MAX_PER_REQUEST + 1).collect();
        if values.len() > MAX_PER_REQUEST {
            return Err(status(400));
        }
        if values.contains(&&b"*"[..]) {
            let alone = values.len() == 1 && header == Some(Duration::ZERO);
            return if alone { Ok(None) } else { Err(status(400)) };
        }
        let mut wishes = Vec::with_capacity(values.len());
        for value in values {
            let contact = NameAddr::parse(value).ok_or_else(|| status(400))?;
            let uri = std::str::from_utf8(contact.uri_bytes()).ok().filter(|u| u.len() <= MAX_CONTACT);
            let parsed = contact.uri().ok_or_else(|| status(400))?;
            let uri = uri.ok_or_else(|| status(400))?;
            // Calls take the way that the REGISTER came: they could not keep what the URI promises.
            if parsed.is_sips() && !secure {
                return Err(Reply { reason: Some("SIPS Contact By An Insecure Way".into()), ..status(400) });
            }
            let own = contact.params.value("expires").and_then(|e| e.parse().ok()).map(Duration::from_secs);
            let expires = own.or(header).unwrap_or(self.default).min(self.longest);
            if !expires.is_zero() && expires < self.shortest {
                let headers = vec![("Min-Expires".into(), self.shortest.as_secs().to_string())];
                return Err(Reply { status: 423, headers, ..Reply::default() });
            }
            wishes.push(Wish { contact: uri.to_owned(), expires });
        }
        Ok(Some(wishes))
    }

    /// All wishes or none (RFC 3261 §10.3 step 7).
    fn apply(
        &self,
        now: Instant,
        extension: &Extension,
        incoming: &IncomingRequest,
        wishes: Vec<Wish>,
    ) -> Result<(), Reply> {
        let request = &incoming.request;
        let call_id: Box<[u8]> = request.call_id().unwrap_or_default().into();
        let cseq = request.cseq().map_or(0, |cseq| cseq.number);
        let user_agent: String = request.text(HeaderName::UserAgent).unwrap_or_default().chars().take(128).collect();
        let number = extension.number.as_str();
        let (mut added, mut gone) = (Vec::new(), Vec::new());
        let mut state = self.state();
        let State { bindings, ends, by_connection, count } = &mut *state;
        let of_number = bindings.entry(number.to_owned()).or_default();
        let outdated =
            |wish: &Wish| of_number.iter().any(|b| b.contact == wish.contact && b.call_id == call_id && b.cseq >= cseq);
        // A request overtaken by a later one changes nothing.
        if wishes.iter().any(outdated) {
            return Err(status(500));
        }
        *count -= of_number.len();
        for Wish { contact, expires } in wishes {
            let known = of_number.iter().position(|b| b.contact == contact).map(|at| of_number.remove(at));
            if expires.is_zero() {
                gone.extend(known.map(|b| (b.number, b.contact)));
                continue;
            }
            let binding = Binding {
                number: extension.number.clone(),
                contact,
                flow: incoming.flow,
                call_id: call_id.clone(),
                cseq,
                user_agent: user_agent.clone(),
                since: known.as_ref().map_or_else(now_ms, |b| b.since),
                ends: now + expires,
                ends_ms: now_ms() + expires.as_millis() as u64,
            };
            ends.push(Reverse((binding.ends, number.to_owned())));
            // A refresh that changes nothing but the time is no news.
            if known.is_none_or(|b| b.flow != binding.flow || b.user_agent != binding.user_agent) {
                added.push(binding.registration());
            }
            of_number.push(binding);
            if of_number.len() > self.max_contacts {
                let oldest = of_number.remove(0);
                gone.push((oldest.number, oldest.contact));
            }
        }
        *count += of_number.len();
        if let Some(connection) = incoming.flow.connection.filter(|_| !of_number.is_empty()) {
            let of_connection = by_connection.entry(connection).or_default();
            if !of_connection.iter().any(|known| known == number) {
                of_connection.push(number.to_owned());
            }
        }
        if of_number.is_empty() {
            bindings.remove(number);
        }
        // Refreshes leave void entries behind; when they outnumber the real ones by far, start the heap afresh.
        if ends.len() > 64 + 4 * *count {
            *ends = bindings.iter().flat_map(|(n, bs)| bs.iter().map(|b| Reverse((b.ends, n.clone())))).collect();
        }
        drop(state);
        for registration in added {
            tracing::info!(extension = %registration.extension, contact = registration.contact, "registered");
            self.lines.reach(registration.extension.as_str(), true);
            self.lines.touch(registration.extension.as_str());
            self.bus.publish(now_ms(), EventKind::Registered(registration));
        }
        self.tell_gone(gone);
        Ok(())
    }

    fn remove_all(&self, number: &str) {
        let mut state = self.state();
        let removed = state.bindings.remove(number).unwrap_or_default();
        state.count -= removed.len();
        drop(state);
        self.tell_gone(removed.into_iter().map(|b| (b.number, b.contact)).collect());
    }

    /// 200 with every contact and how long each has left (RFC 3261 §10.3 step 8).
    fn listing(&self, now: Instant, number: &str) -> Reply {
        let state = self.state();
        let bindings = state.bindings.get(number).map(Vec::as_slice).unwrap_or_default();
        let contact = |b: &Binding| {
            let left = b.ends.saturating_duration_since(now).as_secs();
            (Cow::Borrowed("Contact"), format!("<{}>;expires={left}", b.contact))
        };
        let mut headers: Vec<_> = bindings.iter().map(contact).collect();
        headers.push((Cow::Borrowed("Date"), http_date(now_ms())));
        Reply { status: 200, headers, ..Reply::default() }
    }

    fn tell_gone(&self, gone: Vec<(Number, String)>) {
        for (extension, contact) in gone {
            tracing::info!(%extension, contact, "unregistered");
            self.lines.reach(extension.as_str(), self.is_registered(extension.as_str()));
            self.lines.touch(extension.as_str());
            self.bus.publish(now_ms(), EventKind::Unregistered { extension, contact });
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Binding {
    /// The way to the phone once the connection is gone that it has registered by, if there is one.
    fn without_connection(&self) -> Option<Flow> {
        let contact = Uri::parse(self.contact.as_bytes())?.socket_addr()?;
        let plain = self.flow.transport == Transport::Tcp && contact.ip() == self.flow.remote.ip();
        plain.then_some(Flow { remote: contact, connection: None, ..self.flow })
    }

    fn registration(&self) -> Registration {
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

fn status(status: u16) -> Reply {
    Reply { status, ..Reply::default() }
}

/// The Date header field (RFC 3261 §20.17): RFC 1123 in GMT.
fn http_date(ms: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let Civil { year, month, day, hour, minute, second, weekday } = Civil::of(ms);
    let (weekday, month) = (DAYS[weekday as usize % 7], MONTHS[(month as usize + 11) % 12]);
    format!("{weekday}, {day:02} {month} {year} {hour:02}:{minute:02}:{second:02} GMT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(http_date(951_782_399_000), "Mon, 28 Feb 2000 23:59:59 GMT");
        assert_eq!(http_date(951_782_400_000), "Tue, 29 Feb 2000 00:00:00 GMT");
        assert_eq!(http_date(4_107_542_400_000), "Mon, 01 Mar 2100 00:00:00 GMT");
        assert_eq!(http_date(1_289_656_169_000), "Sat, 13 Nov 2010 13:49:29 GMT");
    }
}
