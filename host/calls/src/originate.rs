//! Click-to-dial: the host calls somebody's own phone and, once they have picked up, whom they want to speak to, as if the
//! phone had dialled (RFC 3725 §4.1, flow I: the phone is asked for its offer, so that it can name all its codecs).
//!
//! Unlike in that flow the phone is answered at once and hears ringing: the host carries the sound anyway, and a called
//! person who takes long to answer does not leave the phone without an ACK.

use crate::{
    alert,
    call::{self, Caller, Next},
    dial::{contacts, user_part},
    exchange::{Exchange, now_ms},
    facts::Facts,
    house::{CallOrder, OrderEnd},
    lines::Role,
    party::{NewParty, Party, PartyEvent, next_of},
    reach::{reach, standing_in},
    router::{Decision, RingStyle, ScriptRef},
};
use jackfield_model::{CallId, CallState, Direction, EndCause, Extension, LiveCall, Party as Who, RecordingState};
use jackfield_sip::{LegCommand, NewInvite, Party as SipParty, Reason, SessionPolicy};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until, timeout},
};
use tracing::{Instrument, info_span};

/// Phones of one extension that are called at once.
const MAX_PHONES: usize = 10;

/// Why no call is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotCall {
    /// The extension is not one of the house.
    #[error("there is no such extension")]
    NoSuchExtension,
    /// None of its phones is registered.
    #[error("no phone of the extension is registered")]
    NoPhone,
}

impl Exchange {
    /// Call the phones of an extension and connect whoever answers there with `to`, a number as they would dial it. With
    /// `by_itself` a phone that can answers at once, on its loudspeaker. Returns when the phones are about to ring.
    ///
    /// # Errors
    /// When there is nobody to call.
    pub fn originate(self: &Arc<Self>, from: &str, to: &str, by_itself: bool) -> Result<CallId, CannotCall> {
        let directory = self.directory();
        let own = directory.extension(from).ok_or(CannotCall::NoSuchExtension)?;
        if contacts(self, own.number.as_str()).is_empty() {
            return Err(CannotCall::NoPhone);
        }
        let (id, count) = self.next_call();
        let callee = self.party(to, "");
        let style = if by_itself { RingStyle::AutoAnswer } else { RingStyle::Internal };
        let patience = self.config.ring;
        let origination = Origination { own: Arc::clone(own), callee, style, patience, next: Next::Route };
        tokio::spawn(run(Arc::clone(self), id.clone(), count, origination));
        Ok(id)
    }

    /// Call the phones of an extension and give whoever answers there to a script; resolves when that is over.
    pub(crate) async fn call_for_script(self: &Arc<Self>, order: CallOrder) -> OrderEnd {
        if order.sponsor.is_some() {
            return match tokio::spawn(run_as(Arc::clone(self), order)).await {
                Ok(end) => ended(end),
                Err(_) => OrderEnd::Failed,
            };
        }
        let CallOrder { extension, shown, patience, plugin, entry, args, sponsor: _ } = order;
        let directory = self.directory();
        let Some(own) = directory.extension(&extension).map(Arc::clone) else { return OrderEnd::Unavailable };
        if contacts(self, own.number.as_str()).is_empty() {
            return OrderEnd::Unavailable;
        }
        let (id, count) = self.next_call();
        let next = Next::Do(Decision::Run(ScriptRef { plugin, entry, args }), None);
        let origination = Origination { own, callee: shown, style: RingStyle::Usual, patience, next };
        // A task of its own, so that whoever wanted the call cannot end it by losing interest.
        match tokio::spawn(run(Arc::clone(self), id, count, origination)).await {
            Ok(end) => ended(end),
            Err(_) => OrderEnd::Failed,
        }
    }
}

fn ended(end: Result<(), EndCause>) -> OrderEnd {
    match end {
        Ok(()) => OrderEnd::Done,
        Err(EndCause::Busy) => OrderEnd::Busy,
        Err(EndCause::NoAnswer) => OrderEnd::NoAnswer,
        Err(EndCause::Rejected) => OrderEnd::Rejected,
        Err(EndCause::Unavailable | EndCause::NotFound) => OrderEnd::Unavailable,
        Err(_) => OrderEnd::Failed,
    }
}

/// Reach a number as an extension of the house would, and give whoever answers there to a script.
async fn run_as(exchange: Arc<Exchange>, order: CallOrder) -> Result<(), EndCause> {
    let CallOrder { extension: to, sponsor, shown, patience, plugin, entry, args } = order;
    let directory = exchange.directory();
    let sponsor = sponsor.filter(|own| directory.extension(own).is_some()).ok_or(EndCause::NotFound)?;
    let (id, count) = exchange.next_call();
    let span = info_span!("call", %id);
    // Routing, and what is shown outside, are those of the extension; a name of the plugin's may stand beside it.
    let own = directory.party(&sponsor, "");
    let caller = if shown.name.is_empty() { own } else { Who { name: shown.name, ..own } };
    let call = exchange.live.add(LiveCall {
        id: id.clone(),
        direction: Direction::Internal,
        trunk: None,
        caller,
        callee: exchange.party(&to, ""),
        state: CallState::Routing,
        script: None,
        started: now_ms(),
        answered: None,
        recording: RecordingState::Off,
    });
    let hang_up_asked = call.hang_up_asked();
    let facts = Facts::new(call);
    let conduct = async {
        let caller = standing_in(&exchange, &id, count, &facts, Some(sponsor));
        let found = timeout(patience, reach(caller)).await.unwrap_or_else(|_| {
            facts.ends(EndCause::NoAnswer, "nobody has answered");
            Err(EndCause::NoAnswer)
        });
        let script = ScriptRef { plugin, entry, args };
        call::drive(found?, Next::Do(Decision::Run(script), None)).await;
        Ok(())
    };
    see_through(&exchange, &facts, &hang_up_asked, Box::pin(conduct).instrument(span)).await
}

/// Whose phones are called, what they show, and what becomes of whoever answers.
struct Origination {
    own: Arc<Extension>,
    callee: Who,
    style: RingStyle,
    patience: Duration,
    next: Next,
}

/// To the end of the call; the error says why nobody has answered.
async fn run(exchange: Arc<Exchange>, id: CallId, count: u64, origination: Origination) -> Result<(), EndCause> {
    let Origination { own, callee, style, patience, next } = origination;
    let span = info_span!("call", %id);
    let who = exchange.directory().party(own.number.as_str(), &own.name);
    let entry = exchange.live.add(LiveCall {
        id: id.clone(),
        direction: Direction::Internal,
        trunk: None,
        caller: who.clone(),
        callee: callee.clone(),
        state: CallState::Ringing,
        script: None,
        started: now_ms(),
        answered: None,
        recording: RecordingState::Off,
    });
    let hang_up_asked = entry.hang_up_asked();
    let facts = Facts::new(entry);
    let conduct = async {
        let phones = call_phones(&exchange, count, &who, &callee, style).await;
        let party = match first_answer(phones, patience).await {
            Ok(party) => party,
            Err((cause, why)) => {
                facts.ends(cause, why);
                return Err(cause);
            }
        };
        facts.state(CallState::Routing);
        let caller = Caller::new(id.clone(), count, Arc::clone(&exchange), party, facts.clone());
        call::drive(Box::new(caller), next).await;
        Ok(())
    };
    see_through(&exchange, &facts, &hang_up_asked, Box::pin(conduct).instrument(span)).await
}

/// To the end of the call, or until an administrator ends it; then its record is kept.
async fn see_through(
    exchange: &Exchange,
    facts: &Facts,
    hang_up_asked: &Notify,
    conduct: impl Future<Output = Result<(), EndCause>>,
) -> Result<(), EndCause> {
    let end = tokio::select! {
        end = conduct => end,
        // Dropping the legs hangs them up.
        () = hang_up_asked.notified() => {
            let cause = call::end_cause(facts);
            facts.ends(cause, "ended by an administrator");
            Err(cause)
        }
    };
    exchange.keep(facts).await;
    end
}

async fn call_phones(exchange: &Arc<Exchange>, count: u64, who: &Who, callee: &Who, style: RingStyle) -> Vec<Party> {
    let mut phones = Vec::new();
    for contact in contacts(exchange, &who.number).into_iter().take(MAX_PHONES) {
        let host = contact.house();
        let invite = NewInvite {
            target: contact.target.clone(),
            flow: contact.flow,
            from: SipParty {
                display: Some(callee.name.clone()).filter(|name| !name.is_empty()),
                uri: format!("sip:{}@{host}", user_part(&callee.number)),
            },
            to: SipParty { display: None, uri: format!("sip:{}@{host}", user_part(&who.number)) },
            sdp: None,
            headers: contact.routes().chain(alert::headers(style, false, &host)).collect(),
            max_forwards: 70,
            call_id: None,
            account: None,
            patience: None,
            session_timer: SessionPolicy::AsConfigured,
        };
        let leg = exchange.sip.new_leg();
        let of = NewParty {
            who: who.clone(),
            remote: callee.clone(),
            role: Role::Recipient,
            flow: contact.flow,
            call: count,
            theirs: None,
        };
        let mut party = Party::new(Arc::clone(exchange), leg, of);
        party.invite(invite).await;
        phones.push(party);
    }
    phones
}

/// Wait for the first phone that answers, answer its offer, and let the others go.
async fn first_answer(mut phones: Vec<Party>, patience: Duration) -> Result<Party, (EndCause, String)> {
    let until = Instant::now() + patience;
    let mut end = (EndCause::Unavailable, String::from("none of the caller's own phones could be called"));
    let mut answered = None;
    while answered.is_none() && !phones.is_empty() {
        let (index, event) = tokio::select! {
            next = next_of(&mut phones, |phone| phone) => next,
            () = sleep_until(until) => {
                end = (EndCause::NoAnswer, String::from("the caller's own phone was not picked up"));
                break;
            }
        };
        match event {
            PartyEvent::Answered { sdp } => {
                let mut party = phones.swap_remove(index);
                party.answered = true;
                if let Some(offer) = sdp {
                    party.set_theirs(offer);
                }
                answered = Some(party);
            }
            PartyEvent::Rejected { status, .. } => {
                phones.swap_remove(index);
                let cause = if status == 486 { EndCause::Busy } else { EndCause::Rejected };
                end = (cause, format!("the caller's own phone said {status}"));
            }
            PartyEvent::Gone { why, .. } => {
                phones.swap_remove(index);
                end = (EndCause::Unavailable, why);
            }
            _ => {}
        }
    }
    let won = answered.is_some();
    for other in phones {
        other.hang_up(won.then(Reason::completed_elsewhere)).await;
    }
    let Some(mut party) = answered else { return Err(end) };
    match party.answer_offer() {
        Ok(sdp) => {
            party.leg.command(LegCommand::AnswerReoffer { sdp: Some(sdp) }).await;
            Ok(party)
        }
        Err(refused) => {
            party.hang_up(None).await;
            Err((EndCause::Failed, refused.why))
        }
    }
}
