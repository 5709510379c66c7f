//! Dialling: targets become contacts, contacts ring, the first that answers wins and the rest are cancelled.

use crate::{
    alert,
    availability::holder_of,
    call::Caller,
    desk::{Entrant, Place},
    exchange::Exchange,
    party::{NoSound, Party, PartyEvent, next_of},
    registrar::gruu::of_target,
    router::RingTarget,
    trace::clipped,
    trunks::{ANONYMOUS, Presentation, Trunk},
    ways::is_of_flow,
};
use bytes::Bytes;
use jackfield_media::{Item, Tone, sdp::Encryption};
use jackfield_model::{AvailabilityState, CallState, Direction, Number, Party as Who, TraceEvent};
use jackfield_sip::{Flow, LegCommand, NewInvite, Party as SipParty, Reason, SessionPolicy, Uri};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep_until};
use tracing::{debug, info, warn};

/// Phones that one call may ring at once; what a decision asks beyond that is not rung.
const MAX_LEGS: usize = 32;
/// Why a call fails for which nothing has rung.
pub(crate) const NOBODY: &str = "no phone is registered";
/// A whole period of the tone, repeated while a phone rings.
const RINGBACK: Duration = Duration::from_secs(5);

/// A phone that can be rung.
#[derive(Clone, Debug)]
pub(crate) struct Contact {
    /// Request-URI.
    pub target: String,
    /// The way to it.
    pub flow: Flow,
    /// Whose it is.
    pub extension: Option<Number>,
    /// The trunk that it is a server of.
    pub trunk: Option<Arc<Trunk>>,
    /// The proxies on the way, as values of Route (RFC 3327 §5.4).
    pub route: Arc<[String]>,
    /// What to try when this one fails: other flows of the same phone (RFC 5626 §7), further servers of a trunk and further
    /// trunks (RFC 3263 §4.3).
    pub others: Vec<Contact>,
    /// How it has its sound travel, where that was found out: it has refused another way.
    pub encryption: Option<Encryption>,
}

/// What came of dialling.
pub(crate) enum Dialled {
    /// This phone has answered; its description is taken note of, nothing is connected yet.
    Answered(Box<Party>, Contact),
    /// Nobody has: the SIP status that says it best, and a word for the record.
    Failed(u16, String),
    /// The caller has gone.
    CallerGone { cancelled: bool, why: String },
}

impl Contact {
    /// That of a party who came in from another call.
    pub(crate) fn of(party: &Party, who: &Who) -> Self {
        Self::new(who.number.clone(), party.flow(), who.extension.clone())
    }
}

struct Ringing {
    party: Party,
    contact: Contact,
    target: RingTarget,
    until: Instant,
    /// It has said that it rings, or more: it has the call, and nobody else is tried.
    heard: bool,
}

/// What a caller hears who is answered already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meanwhile {
    Ringing,
    /// What it hears already; that goes on when nobody answers.
    TheSame,
}

/// Ring groups one after the other, each group in parallel.
pub(crate) async fn dial(caller: &mut Caller, groups: &[Vec<RingTarget>]) -> Dialled {
    dial_hearing(caller, groups, Meanwhile::Ringing).await
}

/// The same; what a caller hears meanwhile.
pub(crate) async fn dial_hearing(caller: &mut Caller, groups: &[Vec<RingTarget>], meanwhile: Meanwhile) -> Dialled {
    let mut worst = (480, String::from(NOBODY));
    for group in groups {
        let mut ringing = ring_group(caller, group, &mut worst).await;
        if ringing.is_empty() {
            continue;
        }
        caller.facts.state(CallState::Ringing);
        let tone = meanwhile == Meanwhile::Ringing && start_ringback(caller);
        let outcome = wait_for_answer(caller, &mut ringing, &mut worst).await;
        if tone && let Some(stream) = caller.party.stream() {
            stream.stop_playing();
        }
        let won = matches!(outcome, Some(Dialled::Answered(..)));
        for other in ringing {
            other.party.hang_up(won.then(Reason::completed_elsewhere)).await;
        }
        if let Some(outcome) = outcome {
            return outcome;
        }
    }
    Dialled::Failed(worst.0, worst.1)
}

async fn ring_group(caller: &mut Caller, group: &[RingTarget], worst: &mut (u16, String)) -> Vec<Ringing> {
    let mut ringing = Vec::new();
    for target in group {
        if wants_silence(caller, &target.to) {
            if worst.1 == NOBODY {
                *worst = (486, format!("{} does not want to be disturbed", target.to));
            }
            continue;
        }
        if is_engaged(caller, &target.to) {
            if worst.1 == NOBODY {
                *worst = (486, format!("{} has a call and takes no other", target.to));
            }
            continue;
        }
        for way in ways_to(caller, &target.to, worst) {
            if ringing.len() == MAX_LEGS {
                debug!(call = %caller.id, "more phones than may ring at once");
                return ringing;
            }
            ringing.extend(ring_first(caller, target.clone(), way, worst).await);
        }
    }
    ringing
}

/// Ring by the first way that can be rung.
async fn ring_first(
    caller: &mut Caller,
    target: RingTarget,
    mut contact: Contact,
    worst: &mut (u16, String),
) -> Option<Ringing> {
    loop {
        match ring(caller, &target, &contact).await {
            Ok(party) => {
                note_ringing(caller, &target, &contact);
                let until = Instant::now() + target.ring;
                return Some(Ringing { party, contact, target, until, heard: false });
            }
            Err(refused) => {
                debug!(call = %caller.id, why = refused.why, "a phone or trunk could not be rung");
                if contact.trunk.is_some() {
                    *worst = (refused.status, refused.why);
                }
                contact = contact.next_way()?;
            }
        }
    }
}

fn note_ringing(caller: &Caller, target: &RingTarget, contact: &Contact) {
    caller.facts.trace().note(|| TraceEvent::Rings {
        target: clipped(&target.to),
        at: format!("{} {}", contact.flow.transport.as_str(), contact.flow.remote),
        trunk: contact.trunk.as_ref().map(|trunk| trunk.config.name.clone()),
    });
}

/// The ways to a target: its phones, each by itself, or the first server of the trunks that can carry the call.
fn ways_to(caller: &mut Caller, to: &str, worst: &mut (u16, String)) -> Vec<Contact> {
    let exchange = Arc::clone(&caller.exchange);
    let (named, number) = match to.strip_prefix("trunk:") {
        Some(named) => match named.split_once('/') {
            Some((name, number)) => (Some(name), number),
            None => return Vec::new(),
        },
        None => (None, to),
    };
    let inside = contacts(&exchange, to);
    if named.is_none() && (!inside.is_empty() || exchange.directory().extension(of_target(number).0).is_some()) {
        return inside;
    }
    if to.starts_with("ext:") || to.contains("sip:") || (named.is_none() && !exchange.trunks.serve(number)) {
        return Vec::new();
    }
    // Whoever comes from outside calls the outside only where a plugin has said by which trunk.
    let payer = caller.payer().or_else(|| named.map(|name| format!("trunk:{name}")));
    let Some(payer) = payer else {
        *worst = (403, String::from("a caller from outside may not call the outside"));
        return Vec::new();
    };
    if caller.diverted_by.as_ref().is_some_and(|by| caller.diversions.name(by)) {
        *worst = (482, String::from("it is sent outside in a circle"));
        return Vec::new();
    }
    let way = exchange.trunks.way_to(number, named.filter(|name| !name.is_empty()));
    let Some(first) = way.as_ref().and_then(|contact| contact.trunk.as_ref()) else {
        *worst = (503, String::from("no trunk is up"));
        return Vec::new();
    };
    let numbering = &first.config.numbering;
    let admitted = exchange.tolls.admit(
        std::time::Instant::now(),
        &payer,
        number,
        &numbering.normalised(number),
        &numbering.country,
    );
    match admitted {
        Err(barred) if !caller.emergency => {
            warn!(call = %caller.id, payer, number, why = %barred, "a call to the outside does not go");
            *worst = (403, barred.to_string());
            Vec::new()
        }
        _ => way.into_iter().collect(),
    }
}

/// Whether the person at a target does not want to be disturbed. Their own phones ring them all the same, and so does a
/// call that they have parked and that comes back.
fn wants_silence(caller: &Caller, to: &str) -> bool {
    let (number, _) = of_target(to);
    let exchange = &caller.exchange;
    let directory = exchange.directory();
    let Some(called) = directory.extension(number).map(|extension| holder_of(extension)) else { return false };
    if exchange.availability.of(&called).state != AvailabilityState::DoNotDisturb || caller.recall_to.is_some() {
        return false;
    }
    let calling = caller.party.who().extension.as_ref().and_then(|own| directory.extension(own.as_str()));
    calling.is_none_or(|own| holder_of(own) != called)
}

/// Whether an extension that takes one call at a time has one. A call that it has parked comes back all the same.
fn is_engaged(caller: &Caller, to: &str) -> bool {
    let (number, _) = of_target(to);
    let exchange = &caller.exchange;
    let takes_others = exchange.directory().extension(number).is_none_or(|extension| extension.call_waiting);
    if takes_others || caller.recall_to.is_some() {
        return false;
    }
    // Whoever calls their own number has this call and no other.
    let own = caller.party.leg.id();
    exchange.lines.uses(number).iter().any(|used| used.leg != own)
}

/// The phones behind a target: `ext:100`, a bare number of the house, one phone of it, or a SIP URI with an IP address.
pub(crate) fn contacts(exchange: &Exchange, to: &str) -> Vec<Contact> {
    if to.starts_with("sip:") || to.starts_with("sips:") {
        return uri_contact(exchange, to, None).into_iter().collect();
    }
    let (number, instance) = of_target(to);
    let directory = exchange.directory();
    let Some(extension) = directory.extension(number) else { return Vec::new() };
    if let Some(instance) = instance {
        return exchange.registrar.phone(number, instance).into_iter().collect();
    }
    match &extension.static_contact {
        Some(uri) => uri_contact(exchange, uri, Some(extension.number.clone())).into_iter().collect(),
        None => exchange.registrar.contacts(number),
    }
}

/// A URI whose host is an address; a name would need a look-up, which has no place on the call path.
fn uri_contact(exchange: &Exchange, uri: &str, extension: Option<Number>) -> Option<Contact> {
    let parsed = Uri::parse(uri.as_bytes())?;
    let remote = parsed.socket_addr()?;
    let flow = exchange.sip.flow_to(parsed.transport()?, remote)?;
    Some(Contact::new(uri.to_owned(), flow, extension))
}

async fn ring(caller: &mut Caller, target: &RingTarget, contact: &Contact) -> Result<Party, NoSound> {
    if let Some(trunk) = &contact.trunk {
        return ring_trunk(caller, target, contact, trunk).await;
    }
    let call = caller.facts.call();
    let anonymous = Who { number: String::from(ANONYMOUS), name: String::from("Anonymous"), extension: None };
    let shown = if caller.hidden { &anonymous } else { target.caller_id.as_ref().unwrap_or(&call.caller) };
    let host = contact.house();
    let called = contact.extension.as_ref().map_or(call.callee.number.as_str(), |n| n.as_str());
    // RFC 3892: the phone can show who has transferred the call.
    let referred_by = caller.referred_by.as_ref().map(|by| format!("<sip:{}@{host}>", user_part(by)));
    let outside = call.direction == Direction::Inbound;
    let alert = alert::headers(target.style, outside, &host);
    let referred_by = referred_by.map(|by| (String::from("Referred-By"), by));
    let by = caller.diverted_by.as_ref().map(|by| format!("sip:{}@{host}", user_part(by)));
    let diverted = caller.diversions.onward(by.as_deref(), &contact.target);
    let headers = contact.routes().chain(referred_by).chain(alert).chain(diverted).collect();
    let invite = NewInvite {
        target: contact.target.clone(),
        flow: contact.flow,
        from: SipParty {
            display: (!shown.name.is_empty()).then(|| shown.name.clone()),
            uri: format!("sip:{}@{host}", user_part(&shown.number)),
        },
        to: SipParty { display: None, uri: format!("sip:{}@{host}", user_part(called)) },
        sdp: None,
        headers,
        max_forwards: caller.max_forwards,
        call_id: None,
        account: None,
        patience: contact.patience(),
        session_timer: SessionPolicy::AsConfigured,
    };
    let who = caller.exchange.directory().party(called, "");
    let mut party = Party::to_invite(Arc::clone(&caller.exchange), contact.flow, caller.count, who, shown.clone());
    if let Some(encryption) = contact.encryption {
        party.encrypt(encryption);
    }
    send(caller, party, invite).await
}

/// Call somebody outside.
async fn ring_trunk(
    caller: &mut Caller,
    target: &RingTarget,
    contact: &Contact,
    trunk: &Arc<Trunk>,
) -> Result<Party, NoSound> {
    let name = &trunk.config.name;
    let in_use = |_| NoSound { status: 503, why: format!("all channels of trunk {name} are in use") };
    let channel = trunk.open_channel(caller.emergency).map_err(in_use)?;
    let call = caller.facts.call();
    let shown = target.caller_id.as_ref().unwrap_or(&call.caller);
    let payer = caller.payer().and_then(|payer| payer.parse().ok());
    let hidden = caller.hidden && !caller.emergency;
    let Presentation { from, mut headers } = trunk.config.present(shown, payer.as_ref(), hidden);
    headers.extend(trunk.route().map(|route| (String::from("Route"), route)));
    let by = caller.diverted_by.as_ref().and_then(|by| trunk.config.address_of(by));
    headers.extend(caller.diversions.onward(by.as_deref(), &contact.target));
    let invite = NewInvite {
        target: contact.target.clone(),
        flow: contact.flow,
        from,
        to: SipParty { display: None, uri: contact.target.clone() },
        sdp: None,
        headers,
        max_forwards: caller.max_forwards,
        call_id: None,
        account: trunk.config.account.clone(),
        patience: contact.patience(),
        session_timer: trunk.config.session_timer,
    };
    let who = Who { number: call.callee.number.clone(), ..Who::default() };
    let mut party = Party::to_invite(Arc::clone(&caller.exchange), contact.flow, caller.count, who, shown.clone());
    party.keys = channel.keys();
    party.channel = Some(channel);
    party.hold_to_codecs(&trunk.config.codecs);
    let said = contact.encryption.or(trunk.config.encryption);
    party.encrypt(said.unwrap_or(caller.exchange.config.encryption));
    caller.facts.by_trunk(name);
    send(caller, party, invite).await
}

/// Send the INVITE with an offer. The ports exist before it leaves, so that early sound is heard.
async fn send(caller: &mut Caller, mut party: Party, invite: NewInvite) -> Result<Party, NoSound> {
    party.keys.meet(&caller.party.keys);
    caller.party.keys.meet(&party.keys);
    let offer = match caller.party.theirs() {
        Some(theirs) if !caller.party.answered => party.describe(&theirs.clone(), caller.party.may_see())?,
        Some(_) => party.offer(caller.party.speaks())?,
        None => party.offer(None)?,
    };
    party.invite(NewInvite { sdp: Some(offer), ..invite }).await;
    party.is_traced(&caller.facts);
    Ok(party)
}

async fn wait_for_answer(
    caller: &mut Caller,
    ringing: &mut Vec<Ringing>,
    worst: &mut (u16, String),
) -> Option<Dialled> {
    let mut early: Option<Bytes> = None;
    let mut told_ringing = false;
    while let Some(until) = ringing.iter().map(|r| r.until).min() {
        tokio::select! {
            biased;
            event = caller.party.next() => match event {
                PartyEvent::Gone { cancelled, why } => return Some(Dialled::CallerGone { cancelled, why }),
                PartyEvent::Refer(_) => caller.party.leg.command(LegCommand::RejectRefer { status: 491 }).await,
                // An UPDATE before the answer, or a hold while a script dials: not now (RFC 3261 §14.2).
                PartyEvent::Reoffer { .. } => caller.party.leg.command(LegCommand::RejectReoffer { status: 491 }).await,
                other => caller.note(other),
            },
            entrant = caller.desk.next() => {
                if let Some(answered) = take_in(caller, ringing, entrant).await {
                    return Some(answered);
                }
            }
            (index, event) = next_of(ringing, |ringing| &mut ringing.party) => match event {
                PartyEvent::Progress { status, sdp } => {
                    ringing[index].heard = true;
                    let first = sdp.filter(|_| early.is_none() && !caller.party.answered);
                    if let Some(sdp) = first {
                        let party = &mut ringing[index].party;
                        if early_sound(caller, party, status, sdp.clone()).await {
                            early = Some(sdp);
                        }
                    } else if !caller.party.answered && !told_ringing && early.is_none() {
                        told_ringing = true;
                        caller.party.leg.command(LegCommand::Progress { status: 180, sdp: None, headers: Vec::new() }).await;
                    }
                }
                PartyEvent::Answered { sdp } => {
                    let Ringing { mut party, contact, .. } = ringing.swap_remove(index);
                    party.answered = true;
                    if let Some(sdp) = sdp {
                        party.set_theirs(sdp);
                    }
                    return Some(Dialled::Answered(Box::new(party), contact));
                }
                PartyEvent::Rejected { status, made_here, retry_after } => {
                    let failed = ringing.swap_remove(index);
                    let refused = || TraceEvent::Refused { target: clipped(&failed.target.to), status };
                    caller.facts.trace().note(refused);
                    let failure = Failure { status, made_here, retry_after };
                    match Box::pin(ring_by_next_way(caller, failed, failure, worst)).await {
                        Some(again) => ringing.push(again),
                        None => remember(worst, status),
                    }
                }
                PartyEvent::Gone { why, .. } => {
                    debug!(call = %caller.id, why, "a ringing phone is gone");
                    ringing.swap_remove(index);
                }
                _ => {}
            },
            () = sleep_until(until) => {
                let now = Instant::now();
                while let Some(index) = ringing.iter().position(|r| r.until <= now) {
                    ringing.swap_remove(index).party.hang_up(None).await;
                }
                remember(worst, 408);
            }
        }
    }
    None
}

/// Why a way has failed.
struct Failure {
    status: u16,
    made_here: bool,
    retry_after: Option<Duration>,
}

/// What a phone is offered that has refused an offer as unacceptable (488, 606): one that must have keys refuses sound in the
/// clear, and may want them by DTLS and not by signalling. Only where nothing is said of it.
fn next_encryption(contact: &Contact, offered: Encryption, status: u16) -> Option<Encryption> {
    let said = contact.trunk.as_ref().is_some_and(|trunk| trunk.config.encryption.is_some());
    match (matches!(status, 488 | 606) && !said, offered) {
        (true, Encryption::Offered) => Some(Encryption::Required),
        (true, Encryption::Required) if contact.encryption.is_some() => Some(Encryption::Dtls),
        _ => None,
    }
}

/// A way has failed: the next one is tried, if there is one and this was not the answer of whoever is called.
async fn ring_by_next_way(
    caller: &mut Caller,
    failed: Ringing,
    failure: Failure,
    worst: &mut (u16, String),
) -> Option<Ringing> {
    let Ringing { party, mut contact, target, heard, .. } = failed;
    let Failure { status, made_here, retry_after } = failure;
    if let Some(encryption) = next_encryption(&contact, party.encryption(), status).filter(|_| !heard && !made_here) {
        info!(call = %caller.id, ?encryption, "a phone that refuses sound in the clear is offered keys");
        contact.encryption = Some(encryption);
        drop(party);
        return ring_first(caller, target, contact, worst).await;
    }
    let of_way = match &contact.trunk {
        // A network that cannot now, or refuses our password (RFC 3263 §4.3, RFC 3261 §21.5.4).
        Some(trunk) => {
            if made_here || status == 503 {
                trunk.call_failed(contact.flow, retry_after);
            }
            made_here || matches!(status, 401 | 407 | 408 | 500 | 502..=504)
        }
        None => is_of_flow(status, made_here),
    };
    let next = contact.next_way().filter(|_| of_way && !heard)?;
    info!(call = %caller.id, status, by = ?next.flow, "a call is tried by the next way");
    // The channel of a trunk is free before its next server is asked.
    drop(party);
    ring_first(caller, target, next, worst).await
}

/// A party of another call takes the place of the caller, or picks the call up.
async fn take_in(caller: &mut Caller, ringing: &mut Vec<Ringing>, entrant: Entrant) -> Option<Dialled> {
    let Place::Of(leg) = entrant.place else {
        entrant.refuse();
        return None;
    };
    if leg == caller.party.leg.id() {
        caller.change_party(entrant).await;
        start_ringback(caller);
        return None;
    }
    let Some(index) = ringing.iter().position(|r| r.party.leg.id() == leg) else {
        entrant.refuse();
        return None;
    };
    let Entrant { mut party, who, taken, .. } = entrant;
    ringing.swap_remove(index).party.hang_up(Some(Reason::completed_elsewhere())).await;
    party.enter(caller.count);
    let _ = taken.send(Ok(()));
    let contact = Contact::of(&party, &who);
    Some(Dialled::Answered(party, contact))
}

/// Let the caller hear what a phone or trunk says before the answer.
async fn early_sound(caller: &mut Caller, party: &mut Party, status: u16, sdp: Bytes) -> bool {
    party.set_theirs(sdp.clone());
    let described = caller.party.describe_answer(&sdp);
    let opened = described.and_then(|described| {
        party.open()?;
        caller.party.open()?;
        Ok(described)
    });
    match opened {
        Ok(described) => {
            if let (Some(one), Some(other)) = (caller.party.stream(), party.stream()) {
                one.connect(other);
            }
            let progress = LegCommand::Progress { status, sdp: Some(described), headers: Vec::new() };
            caller.party.leg.command(progress).await;
            true
        }
        Err(refused) => {
            debug!(call = %caller.id, why = refused.why, "early sound cannot be used");
            false
        }
    }
}

/// A caller who is already answered hears that it rings.
fn start_ringback(caller: &Caller) -> bool {
    let stream = caller.party.stream().filter(|_| caller.party.answered);
    if let Some(stream) = stream {
        stream.play(vec![Item::Tone(Tone::Ringback, RINGBACK)], true);
    }
    stream.is_some()
}

/// Keep the failure that says most: a refusal by a person before busy, busy before no answer (after RFC 3261 §16.7).
fn remember(worst: &mut (u16, String), status: u16) {
    let weight = |status: u16| match status {
        600..=699 => 5,
        486 => 4,
        408 | 480 => 2,
        404 | 410 | 484 => 3,
        500..=599 => 1,
        _ => 3,
    };
    let first = worst.1 == NOBODY;
    if first || weight(status) > weight(worst.0) {
        // 408 from a phone means that nobody answered; to the caller that is 480 (RFC 3261 §21.4.18).
        let told = if status == 408 { 480 } else { status };
        let why = if status == 408 {
            String::from("nobody answered in time")
        } else {
            format!("the called phone said {status}")
        };
        *worst = (told, why);
    }
}

/// A number as the user part of a SIP URI: what is not allowed there is escaped (RFC 3261 §25.1 `user`).
pub(crate) fn user_part(number: &str) -> String {
    let mut user = String::with_capacity(number.len());
    for byte in number.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&byte);
        if plain {
            user.push(char::from(byte));
        } else {
            user.push_str(&format!("%{byte:02X}"));
        }
    }
    if user.is_empty() { String::from("anonymous") } else { user }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_failure_that_says_most_is_told() {
        let mut worst = (480, String::from(NOBODY));
        for (status, told) in [(503, 503), (408, 480), (486, 486), (500, 486), (603, 603), (486, 603)] {
            remember(&mut worst, status);
            assert_eq!(worst.0, told, "after {status}");
        }
    }

    #[test]
    fn user_parts_are_escaped() {
        assert_eq!(user_part("*72#"), "*72%23");
        assert_eq!(user_part("a b@c"), "a%20b%40c");
        assert_eq!(user_part(""), "anonymous");
    }
}
