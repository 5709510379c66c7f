//! Carrying out a REGISTER: bindings come, change and go.

use super::{
    News, Registrar, State,
    binding::{self, Binding},
    status,
    wish::{Asked, Wish},
};
use crate::exchange::now_ms;
use jackfield_model::Extension;
use jackfield_sip::{HeaderName, IncomingRequest, Reply};
use std::{cmp::Reverse, time::Instant};

impl Registrar {
    /// All wishes or none (RFC 3261 §10.3 step 7).
    pub(super) fn apply(
        &self,
        now: Instant,
        extension: &Extension,
        incoming: &IncomingRequest,
        asked: &Asked,
    ) -> Result<(), Reply> {
        let wishes = asked.wishes.as_deref().unwrap_or_default();
        let call_id = incoming.request.call_id().unwrap_or_default();
        let cseq = incoming.request.cseq().map_or(0, |cseq| cseq.number);
        let number = extension.number.as_str();
        let mut news = News::default();
        let mut state = self.state();
        let State { bindings, ends, by_connection, count } = &mut *state;
        let of_number = bindings.entry(number.to_owned()).or_default();
        let is_late = |b: &Binding| {
            *b.call_id == *call_id && b.cseq >= cseq && wishes.iter().any(|wish| b.is_meant_by(wish, wishes))
        };
        // A request overtaken by a later one changes nothing.
        if of_number.iter().any(is_late) {
            return Err(status(500));
        }
        *count -= of_number.len();
        for wish in wishes {
            let known: Vec<Binding> = of_number.extract_if(.., |b| b.is_meant_by(wish, wishes)).collect();
            news.gone.extend(known.iter().map(|b| (b.number.clone(), b.contact.clone())));
            if wish.expires.is_zero() {
                continue;
            }
            let binding = bind(now, extension, incoming, asked, wish, &known, of_number);
            ends.push(Reverse((binding.ends, number.to_owned())));
            // A refresh that changes nothing but the time is no news.
            let same = |b: &Binding| {
                (b.flow, &b.user_agent, &b.contact) == (binding.flow, &binding.user_agent, &binding.contact)
            };
            if !known.iter().any(same) {
                news.added.push(binding.registration());
            }
            of_number.push(binding);
            let out = binding::crowd_out(of_number, self.limits.phones);
            news.gone.extend(out.into_iter().map(|b| (b.number, b.contact)));
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
        self.tell(news);
        Ok(())
    }
}

/// The binding that a wish makes in place of those `known`; `others` are the rest of the extension's.
fn bind(
    now: Instant,
    extension: &Extension,
    incoming: &IncomingRequest,
    asked: &Asked,
    wish: &Wish,
    known: &[Binding],
    others: &mut [Binding],
) -> Binding {
    let request = &incoming.request;
    let call_id = request.call_id().unwrap_or_default();
    let mut binding = Binding {
        number: extension.number.clone(),
        contact: wish.contact.clone(),
        flow: incoming.flow,
        path: asked.path.clone(),
        instance: wish.instance.clone(),
        reg_id: wish.reg_id,
        gruu: asked.gruu.clone().filter(|_| wish.instance.is_some()),
        call_id: call_id.into(),
        cseq: request.cseq().map_or(0, |cseq| cseq.number),
        user_agent: request.text(HeaderName::UserAgent).unwrap_or_default().chars().take(128).collect(),
        since: known.iter().map(|b| b.since).min().unwrap_or_else(now_ms),
        ends: now + wish.expires,
        ends_ms: now_ms() + wish.expires.as_millis() as u64,
    };
    // A phone that comes back with another Call-ID has started anew: its temporary GRUUs are void, and its other flows get new
    // ones when they register again. Else it goes on with those it has, whichever flow has brought them (RFC 5627 §3.1.2).
    let id_of = |b: &Binding| b.gruu.as_ref().map(|gruu| gruu.id);
    let mut siblings: Vec<&mut Binding> = others.iter_mut().filter(|b| b.is_of_phone(&binding)).collect();
    let restarted = known.iter().any(|b| id_of(b).is_some() && *b.call_id != *call_id)
        && siblings.iter().all(|b| *b.call_id != *call_id);
    let known_id = known.iter().find_map(id_of).or_else(|| siblings.iter().find_map(|b| id_of(b)));
    if restarted {
        siblings.iter_mut().for_each(|b| b.gruu = None);
    } else if let (Some(gruu), Some(id)) = (&mut binding.gruu, known_id) {
        gruu.id = id;
    }
    binding
}
