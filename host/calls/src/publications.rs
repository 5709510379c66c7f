//! What phones publish about their users (RFC 3903), package `presence`: soft state that each phone keeps alive.

use crate::{
    availability::holder_of,
    exchange::{Exchange, now_ms},
    packages::{
        presence::PIDF,
        presence_reader::{self, MAX_BYTES, Published},
    },
};
use jackfield_model::{Availability, Extension, Holder};
use jackfield_sip::{HeaderName, Message, Reply};
use std::{
    borrow::Cow,
    collections::HashMap,
    time::{Duration, Instant},
};

/// Shortest and longest publication, in seconds; the longest is also what a PUBLISH without Expires gets.
const EXPIRES: (u32, u32) = (60, 3_600);
/// Publications of one extension: one for each of its phones, and some that were left behind.
const MOST_PER_EXTENSION: usize = 16;
/// Publications in all.
const MOST: usize = 20_000;

/// Every publication that is alive.
#[derive(Default)]
pub(crate) struct Publications {
    /// By the number in its entity tag.
    by_tag: HashMap<u64, Publication>,
}

struct Publication {
    /// By which it is known to [`Availabilities`](crate::availability::Availabilities); tags change with each PUBLISH.
    id: u64,
    number: String,
    holder: Holder,
    published: Published,
    ends: Instant,
}

impl Publications {
    /// Carry out a PUBLISH that is proven to come from this extension.
    pub(crate) fn publish(&mut self, now: Instant, exchange: &Exchange, own: &Extension, request: &Message) -> Reply {
        match self.carry_out(now, exchange, own, request) {
            Ok((tag, expires)) => {
                let headers = vec![("SIP-ETag".into(), format!("{tag:016x}")), ("Expires".into(), expires.to_string())];
                Reply { status: 200, headers, ..Reply::default() }
            }
            Err(refused) => refused,
        }
    }

    /// When the next one ends.
    pub(crate) fn next_end(&self) -> Option<Instant> {
        self.by_tag.values().map(|publication| publication.ends).min()
    }

    /// Forget those that have ended.
    pub(crate) fn expire(&mut self, now: Instant, exchange: &Exchange) {
        self.by_tag.retain(|_, publication| {
            let ended = publication.ends <= now;
            if ended {
                exchange.availability.publish(&publication.holder, publication.id, None);
            }
            !ended
        });
    }

    /// The table of RFC 3903 §6: with a tag it refreshes, changes or removes, without one it begins.
    fn carry_out(
        &mut self,
        now: Instant,
        exchange: &Exchange,
        own: &Extension,
        request: &Message,
    ) -> Result<(u64, u32), Reply> {
        let number = own.number.as_str();
        let event = request.text(HeaderName::Event).unwrap_or_default();
        if event.split(';').next().unwrap_or_default().trim() != "presence" {
            return Err(refusal(489, "Allow-Events", "presence"));
        }
        // One may speak for oneself only.
        let user = request.request_uri().and_then(|uri| uri.user().map(|user| user.into_owned()));
        if user.as_deref() != Some(number) {
            return Err(status(403));
        }
        let asked = request.expires().unwrap_or(EXPIRES.1);
        if asked > 0 && asked < EXPIRES.0 {
            return Err(refusal(423, "Min-Expires", &EXPIRES.0.to_string()));
        }
        let expires = asked.min(EXPIRES.1);
        let old = match request.header_named("SIP-If-Match") {
            None => None,
            Some(tag) => {
                let tag = std::str::from_utf8(tag).ok().and_then(|tag| u64::from_str_radix(tag.trim(), 16).ok());
                let known =
                    tag.filter(|tag| self.by_tag.get(tag).is_some_and(|of| of.number == number && of.ends > now));
                Some(known.ok_or_else(|| status(412))?)
            }
        };
        let published = body(request)?;
        if old.is_none() && published.is_none() {
            return Err(status(400));
        }
        if old.is_none() && expires > 0 {
            let of_extension = self.by_tag.values().filter(|other| other.number == number).count();
            if self.by_tag.len() >= MOST || of_extension >= MOST_PER_EXTENSION {
                return Err(refusal(503, "Retry-After", "60"));
            }
        }
        let tag = self.fresh_tag();
        let kept = old.and_then(|old| self.by_tag.remove(&old));
        if expires == 0 {
            if let Some(kept) = kept {
                exchange.availability.publish(&kept.holder, kept.id, None);
            }
            return Ok((tag, 0));
        }
        let (holder, ends) = (holder_of(own), now + Duration::from_secs(expires.into()));
        let (id, before) = kept.map_or((tag, None), |kept| (kept.id, Some((kept.holder, kept.published))));
        // What is only refreshed stays as old as it is: something said since goes on to count.
        let says_same = |known: &Published| published.as_ref().is_none_or(|published| published == known);
        let published = match before {
            Some((known_at, known)) if known_at == holder && says_same(&known) => known,
            before => {
                if let Some((other, _)) = before.as_ref().filter(|(other, _)| *other != holder) {
                    exchange.availability.publish(other, id, None);
                }
                let published = published.or(before.map(|(_, known)| known)).unwrap_or_default();
                exchange.availability.publish(&holder, id, availability(&published));
                published
            }
        };
        self.by_tag.insert(tag, Publication { id, number: number.to_owned(), holder, published, ends });
        Ok((tag, expires))
    }

    fn fresh_tag(&self) -> u64 {
        loop {
            let tag = rand::random();
            if !self.by_tag.contains_key(&tag) {
                return tag;
            }
        }
    }
}

/// What the body says; `None` when there is none.
fn body(request: &Message) -> Result<Option<Published>, Reply> {
    if request.body().is_empty() {
        return Ok(None);
    }
    let encoded = request.values(HeaderName::ContentEncoding).any(|coding| !coding.eq_ignore_ascii_case(b"identity"));
    if encoded || !request.content_type().is_some_and(|kind| kind.is(PIDF)) {
        return Err(refusal(415, "Accept", PIDF));
    }
    if request.body().len() > MAX_BYTES {
        return Err(status(413));
    }
    presence_reader::read(request.body()).map(Some).ok_or_else(|| status(400))
}

/// What it means; a phone that says nothing of its user means nothing.
fn availability(published: &Published) -> Option<Availability> {
    let state = published.state?;
    let Published { note, until, .. } = published;
    Some(Availability { state, note: note.clone(), until: *until, hide_detail: false, since: now_ms() })
}

fn status(status: u16) -> Reply {
    Reply { status, ..Reply::default() }
}

fn refusal(status: u16, name: &'static str, value: &str) -> Reply {
    Reply { status, headers: vec![(Cow::Borrowed(name), value.to_owned())], ..Reply::default() }
}
