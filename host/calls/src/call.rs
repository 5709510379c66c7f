//! One call from its INVITE to its record, in the order in which things happen.

use crate::{
    bridge::{bridge, connect},
    dial::{Contact, Dialled, dial},
    exchange::{Exchange, now_ms},
    facts::Facts,
    party::{Party, PartyEvent},
    router::{Decision, RingTarget, ScriptRef},
    script_call::{After, LegCall},
    scripts::ScriptEnd,
};
use jackfield_model::{CallId, CallState, Direction, EndCause, LiveCall, Party as Who};
use jackfield_net::Leg;
use jackfield_sip::{IncomingInvite, LegCommand};
use std::{collections::VecDeque, sync::Arc};
use tokio::sync::oneshot;
use tracing::{Instrument, info, info_span, warn};

/// How often one call may be routed: redirects and transfers included.
const MAX_HOPS: u8 = 10;
/// Key presses kept for a script that has not asked for them yet.
const TYPED_AHEAD: usize = 32;

/// The calling side of a call, which scripts borrow and give back.
pub(crate) struct Caller {
    pub id: CallId,
    pub count: u64,
    pub exchange: Arc<Exchange>,
    pub party: Party,
    pub facts: Facts,
    pub headers: Vec<(String, String)>,
    pub max_forwards: u8,
    pub hop: u8,
    /// Keys pressed that nobody has asked for yet.
    pub typed: VecDeque<char>,
}

/// A new call whose caller is known.
pub(crate) struct NewCall {
    pub leg: Leg,
    pub invite: Box<IncomingInvite>,
    pub caller: Who,
    pub callee: Who,
    pub headers: Vec<(String, String)>,
    pub max_forwards: u8,
}

/// Where the call goes next.
enum Next {
    Route,
    Do(Decision, Option<String>),
    Over,
}

impl Caller {
    /// Take note of what a party did while something else was waited for.
    pub(crate) fn note(&mut self, event: PartyEvent) {
        match event {
            PartyEvent::Digit { digit, .. } if self.typed.len() < TYPED_AHEAD => self.typed.push_back(digit),
            PartyEvent::Confirmed { sdp: Some(answer) } => {
                self.party.set_theirs(answer);
                if let Err(refused) = self.party.open() {
                    info!(call = %self.id, why = refused.why, "the caller's answer cannot be used");
                }
            }
            _ => {}
        }
    }

    /// Refuse the call, or hang up if it is answered.
    pub(crate) async fn refuse(&mut self, status: u16) {
        let command = if self.party.answered {
            LegCommand::HangUp { reason: None }
        } else {
            LegCommand::Reject { status, headers: Vec::new() }
        };
        self.party.leg.command(command).await;
    }

    /// Ask the routers, and follow redirects until somebody decides something else.
    pub(crate) async fn route(&mut self) -> (Decision, Option<String>) {
        loop {
            let request = self.facts.request(&self.headers, self.hop);
            let known = request.callee.extension.is_some();
            let routed = self.exchange.router.route(request).await;
            for (name, value) in &routed.set_vars {
                self.facts.set_var(name, value);
            }
            self.hop += 1;
            match routed.decision {
                Decision::Redirect(to) if self.hop < MAX_HOPS => {
                    let number = to.strip_prefix("ext:").unwrap_or(&to);
                    self.facts.redirected(self.exchange.directory().party(number, ""));
                }
                Decision::Redirect(_) => return (Decision::Reject(482), Some(String::from("redirected in a circle"))),
                // The built-in dialling rule: an extension's number rings its phones, anything else is unknown.
                Decision::Pass if known => {
                    let to = format!("ext:{}", self.facts.call().callee.number);
                    let target = RingTarget { to, ring: self.exchange.config.ring, caller_id: None };
                    return (Decision::Ring(vec![vec![target]]), None);
                }
                Decision::Pass => return (Decision::Reject(404), None),
                decided => return (decided, routed.by),
            }
        }
    }
}

/// Take a call through to its record.
pub(crate) async fn run(exchange: Arc<Exchange>, new: NewCall) {
    let (id, count) = exchange.next_call();
    let NewCall { leg, invite, caller: who, callee, headers, max_forwards } = new;
    let span = info_span!("call", %id);
    let entry = exchange.live.add(LiveCall {
        id: id.clone(),
        direction: Direction::Internal,
        caller: who,
        callee,
        state: CallState::Routing,
        script: None,
        started: now_ms(),
        answered: None,
    });
    let hang_up_asked = entry.hang_up_asked();
    let facts = Facts::new(entry);
    let party = Party::new(Arc::clone(&exchange), leg, invite.flow, count, invite.sdp.clone());
    // The datagram of the INVITE is not kept for the whole call.
    drop(invite);
    let caller = Caller {
        id,
        count,
        exchange: Arc::clone(&exchange),
        party,
        facts: facts.clone(),
        headers,
        max_forwards,
        hop: 0,
        typed: VecDeque::new(),
    };
    tokio::select! {
        () = Box::pin(drive(caller)).instrument(span) => {}
        // Dropping the call task's legs hangs them up.
        () = hang_up_asked.notified() => facts.ends(end_cause(&facts), "ended by an administrator"),
    }
    exchange.keep(facts.finish()).await;
}

async fn drive(mut caller: Caller) {
    let mut next = Next::Route;
    loop {
        next = match next {
            Next::Over => return,
            Next::Route => {
                let (decision, by) = caller.route().await;
                Next::Do(decision, by)
            }
            Next::Do(Decision::Ring(groups), _) => {
                ring(caller, &groups).await;
                return;
            }
            Next::Do(Decision::Run(script), _) => {
                let (back, then) = run_script(caller, script).await;
                let Some(back) = back else { return };
                caller = back;
                then
            }
            Next::Do(Decision::Reject(status), by) => {
                let by = by.unwrap_or_else(|| String::from("the built-in rule"));
                caller.facts.ends(cause_of(status), format!("{by} refused with {status}"));
                caller.refuse(status).await;
                Next::Over
            }
            // `route` resolves these two.
            Next::Do(Decision::Pass | Decision::Redirect(_), _) => Next::Over,
        };
    }
}

/// Ring, connect, talk.
async fn ring(mut caller: Caller, groups: &[Vec<RingTarget>]) {
    match dial(&mut caller, groups).await {
        Dialled::Answered(party, contact) => talk(caller, *party, &contact).await,
        Dialled::Failed(status, why) => {
            caller.facts.ends(cause_of(status), why);
            caller.refuse(status).await;
        }
        Dialled::CallerGone { cancelled, why } => {
            let answered = caller.facts.was_answered();
            caller.facts.ends(if cancelled || !answered { EndCause::Cancelled } else { EndCause::Answered }, why);
        }
    }
}

async fn talk(mut caller: Caller, mut callee: Party, contact: &Contact) {
    if let Err(refused) = connect(&mut caller.party, &mut callee).await {
        caller.facts.ends(EndCause::Failed, refused.why);
        callee.hang_up(None).await;
        caller.refuse(refused.status).await;
        return;
    }
    note_answer(&caller, contact);
    converse(caller, callee).await;
}

/// Write down who answered.
pub(crate) fn note_answer(caller: &Caller, contact: &Contact) {
    let number = contact.extension.as_ref().map_or(contact.target.as_str(), |n| n.as_str());
    let who = caller.exchange.directory().party(number, "");
    caller.facts.answered(number, Some(who));
}

async fn converse(mut caller: Caller, mut callee: Party) {
    let end = bridge(&mut caller.party, &mut callee, &caller.facts).await;
    let who = if end.by_first { "the caller" } else { "the called party" };
    caller.facts.ends(EndCause::Answered, format!("{who} hung up ({})", end.why));
    if end.by_first {
        callee.hang_up(None).await;
    } else {
        caller.party.hang_up(None).await;
    }
}

/// Lend the caller to a script. Gives the caller back when there is something left to do.
async fn run_script(caller: Caller, script: ScriptRef) -> (Option<Caller>, Next) {
    let name = format!("{}/{}", script.plugin, script.entry);
    let exchange = Arc::clone(&caller.exchange);
    caller.facts.in_script(Some(name.clone()));
    let (give_back, given_back) = oneshot::channel();
    let call = LegCall::new(caller, name.clone(), give_back);
    let end = exchange.scripts.run(script, Box::new(call)).await;
    // The runtime drops the call before it says how the script ended.
    let Ok((mut caller, after)) = given_back.await else { return (None, Next::Over) };
    caller.facts.in_script(None);
    if caller.party.leg.is_over() {
        let cause = if caller.facts.was_answered() { EndCause::Answered } else { EndCause::Cancelled };
        caller.facts.ends(cause, format!("the caller hung up in {name}"));
        return (None, Next::Over);
    }
    match after {
        After::Talking(callee) => {
            converse(caller, *callee).await;
            return (None, Next::Over);
        }
        After::Decided(decision) => return (Some(caller), Next::Do(decision, Some(name))),
        After::HungUp(cause) => {
            caller.facts.ends(cause, format!("{name} ended the call"));
            return (None, Next::Over);
        }
        After::Nothing => {}
    }
    let trouble = match end {
        ScriptEnd::Returned => {
            caller.facts.ends(end_cause(&caller.facts), format!("{name} ended"));
            caller.refuse(480).await;
            return (None, Next::Over);
        }
        ScriptEnd::Failed(reason) | ScriptEnd::Unavailable(reason) => reason,
    };
    warn!(script = name, reason = trouble, "a script failed; the call takes its failover destination");
    // The built-in rule first: a number of the house that a plugin had claimed still rings its phones.
    let called = caller.facts.call().callee.extension.map(|number| format!("ext:{number}"));
    let failover = called.or_else(|| exchange.config.failover.clone()).filter(|_| caller.hop < MAX_HOPS);
    match failover {
        Some(to) => {
            let number = to.strip_prefix("ext:").unwrap_or(&to);
            caller.facts.redirected(exchange.directory().party(number, ""));
            let target = RingTarget { to, ring: exchange.config.ring, caller_id: None };
            (Some(caller), Next::Do(Decision::Ring(vec![vec![target]]), None))
        }
        None => {
            caller.facts.ends(EndCause::Failed, format!("{name}: {trouble}"));
            caller.refuse(480).await;
            (None, Next::Over)
        }
    }
}

fn end_cause(facts: &Facts) -> EndCause {
    if facts.was_answered() { EndCause::Answered } else { EndCause::NoAnswer }
}

/// A SIP status in the words of the call history.
pub(crate) fn cause_of(status: u16) -> EndCause {
    match status {
        486 | 600 => EndCause::Busy,
        603 | 403 | 401 | 407 => EndCause::Rejected,
        404 | 410 | 484 | 604 => EndCause::NotFound,
        408 | 480 => EndCause::NoAnswer,
        487 => EndCause::Cancelled,
        _ => EndCause::Failed,
    }
}
