//! One call from its INVITE to its record, in the order in which things happen.

use crate::{
    bridge::{BridgeEnd, bridge, connect},
    completion,
    desk::{CallEntry, Entrant, Place},
    dial::{Contact, Dialled, NOBODY, dial},
    diversion::Diversions,
    encryption,
    exchange::{Exchange, now_ms},
    facts::Facts,
    guests,
    lines::Role,
    park,
    party::{NewParty, Party, PartyEvent},
    router::{Decision, RingTarget, RouteRequest, Routed, ScriptRef, Unreached},
    script_call::{After, LegCall},
    scripts::ScriptEnd,
    trace::clipped,
    transfer::{Referrer, transfer},
    trunks::{ANONYMOUS, Channel},
};
use jackfield_media::sdp::Encryption;
use jackfield_model::{
    CallId, CallState, Direction, EndCause, HouseRule, LegSide, LiveCall, Party as Who, RecordingState, TraceEvent,
};
use jackfield_net::Leg;
use jackfield_sip::{HeaderName, IncomingInvite, LegCommand, Message};
use std::{collections::VecDeque, sync::Arc, time::Instant};
use tokio::sync::oneshot;
use tracing::{Instrument, info, info_span, warn};

/// How often one call may be routed: redirects and transfers included.
const MAX_HOPS: u8 = 10;
/// Key presses kept for a script that has not asked for them yet.
const TYPED_AHEAD: usize = 32;

/// The calling side of a call, which scripts borrow and give back. It goes from hand to hand in a box: a future keeps room
/// for each place that it hands a value to.
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
    /// Where parties of other calls come in.
    pub desk: CallEntry,
    /// Who has transferred the call and waits for what comes of it.
    pub referrer: Option<Referrer>,
    /// The number of who transferred the call last.
    pub referred_by: Option<String>,
    /// The extension whose calls a router sends elsewhere.
    pub diverted_by: Option<String>,
    /// Who had sent it on before it came to the house.
    pub diversions: Diversions,
    /// Why the call can have no sound, for who calls.
    pub no_sound: Option<String>,
    /// The number of who has parked the call.
    pub parked_by: Option<String>,
    /// It rings back from this parking place.
    pub recall_to: Option<String>,
    /// Its number is not shown outside.
    pub hidden: bool,
    /// It goes to the emergency services.
    pub emergency: bool,
    /// The one phone of the callee that was asked for by a GRUU, as a target to ring.
    pub phone: Option<String>,
}

/// A new call whose caller is known.
pub(crate) struct NewCall {
    pub leg: Leg,
    pub invite: Box<IncomingInvite>,
    pub caller: Who,
    pub callee: Who,
    /// The one phone of the callee that is asked for, as a target to ring.
    pub phone: Option<String>,
    pub headers: Vec<(String, String)>,
    pub max_forwards: u8,
    /// Who has sent it on.
    pub diversions: Diversions,
    /// What it came in by.
    pub by: Option<Inbound>,
}

/// How a call came in from outside.
pub(crate) struct Inbound {
    pub trunk: String,
    /// The number that was called there.
    pub number: String,
    pub channel: Channel,
    /// How sound travels there, where something is said of it.
    pub encryption: Option<Encryption>,
}

/// Where the call goes next.
pub(crate) enum Next {
    /// To whoever the routers say.
    Route,
    /// This was decided, by this plugin.
    Do(Decision, Option<String>),
    /// The caller and this party are connected.
    Talk(Box<Party>),
}

impl Caller {
    /// A caller who has been nowhere yet.
    pub(crate) fn new(id: CallId, count: u64, exchange: Arc<Exchange>, mut party: Party, facts: Facts) -> Self {
        party.belongs_to(&facts, LegSide::Caller);
        Self {
            id,
            count,
            desk: exchange.desk.open_call(count),
            exchange,
            party,
            facts,
            headers: Vec::new(),
            max_forwards: 70,
            hop: 0,
            typed: VecDeque::new(),
            referrer: None,
            referred_by: None,
            diverted_by: None,
            diversions: Diversions::default(),
            parked_by: None,
            no_sound: None,
            recall_to: None,
            hidden: false,
            emergency: false,
            phone: None,
        }
    }

    /// Take note of what a party did while something else was waited for.
    pub(crate) fn note(&mut self, event: PartyEvent) {
        match event {
            PartyEvent::Digit { digit, .. } if self.typed.len() < TYPED_AHEAD => self.typed.push_back(digit),
            PartyEvent::Confirmed { sdp: Some(answer) } | PartyEvent::Reanswered { sdp: Some(answer) } => {
                self.party.take_answer(answer);
            }
            _ => {}
        }
    }

    /// Another party takes the caller's place, who is hung up.
    pub(crate) async fn change_party(&mut self, entrant: Entrant) {
        let Entrant { party, who, taken, .. } = entrant;
        let mut leaves = std::mem::replace(&mut self.party, *party);
        self.party.enter(self.count);
        self.party.belongs_to(&self.facts, LegSide::Caller);
        self.facts.replaced(true, who);
        let _ = taken.send(Ok(()));
        leaves.leg.command(LegCommand::HangUp { reason: None }).await;
        if !self.party.answered
            && let Err(refused) = self.party.accept().await
        {
            info!(call = %self.id, why = refused.why, "a party that was transferred here has no sound");
        }
        self.party.resume().await;
        let _ = self.party.open();
    }

    /// Give the caller to another call, which ends this one; `status` says that it cannot be had.
    pub(crate) async fn hand_over(
        mut self: Box<Self>,
        call: u64,
        place: Place,
        status: u16,
        what: &str,
    ) -> Option<(Box<Self>, Next)> {
        let who = self.party.who().clone();
        let stay = match self.exchange.desk.hand_over(call, place, Box::new(self.party), who).await {
            Err(Some(back)) => {
                self.party = *back;
                return refuse(self, status, format!("another call does not take it ({what})")).await;
            }
            Ok(stay) => Some(stay),
            Err(None) => None,
        };
        self.facts.ends(EndCause::Answered, what);
        if let Some(referrer) = self.referrer {
            referrer.succeeded().await;
        }
        if let Some(stay) = stay {
            // The call of a guest is over when the guest leaves.
            stay.ends().await;
        }
        None
    }

    /// Refuse the call, or hang up if it is answered.
    pub(crate) async fn refuse(&mut self, status: u16) {
        let command = if self.party.answered {
            LegCommand::HangUp { reason: None }
        } else {
            let headers = self.no_sound.as_deref().map(encryption::warning).into_iter().collect();
            LegCommand::Reject { status, headers }
        };
        self.party.leg.command(command).await;
    }

    /// Ask the routers once.
    async fn ask(&self, request: RouteRequest) -> Routed {
        let (began, unreached) = (Instant::now(), request.unreached.is_some());
        let routed = self.exchange.router.route(request).await;
        self.facts.trace().decided(&routed, began.elapsed(), unreached);
        routed
    }

    fn by_rule(&self, rule: HouseRule, number: &str) {
        self.facts.trace().note(|| TraceEvent::Rule { rule, number: clipped(number) });
    }

    /// Ask the routers, and follow redirects until somebody decides something else.
    pub(crate) async fn route(&mut self) -> (Decision, Option<String>) {
        if let Some(decision) = self.emergency_call() {
            return (decision, None);
        }
        // For whom the call is now; not for whoever it may be redirected to.
        let mut phone = self.phone.take();
        loop {
            let request = self.facts.request(&self.headers, self.hop);
            let (known, callee) = (request.callee.extension.is_some(), request.callee.number.clone());
            let routed = self.ask(request).await;
            for (name, value) in &routed.set_vars {
                self.facts.set_var(name, value);
            }
            self.hop += 1;
            match routed.decision {
                Decision::Redirect(to) if self.hop < MAX_HOPS => {
                    phone = None;
                    let number = to.strip_prefix("ext:").unwrap_or(&to);
                    if known {
                        self.diverted_by = Some(callee);
                    }
                    self.facts.redirected(self.exchange.party(number, ""));
                }
                Decision::Redirect(to) => {
                    self.by_rule(HouseRule::Circle, &to);
                    return (Decision::Reject(482), Some(String::from("redirected in a circle")));
                }
                // The built-in dialling rule: an extension's number rings its phones, anything else is unknown.
                Decision::Pass if known => {
                    self.by_rule(HouseRule::Extension, &callee);
                    let to = phone.unwrap_or_else(|| format!("ext:{}", self.facts.call().callee.number));
                    let target = RingTarget::new(to, self.exchange.config.ring);
                    return (Decision::Ring(vec![vec![target]]), None);
                }
                // A number of ours as it is known outside is called inside.
                Decision::Pass if self.hop < MAX_HOPS && self.own_number(&callee).is_some() => {
                    let inside = self.own_number(&callee).unwrap_or_default();
                    self.by_rule(HouseRule::OwnNumber, &callee);
                    self.facts.redirected(self.exchange.directory().party(&inside, ""));
                }
                // Whoever of the house dials a number that is not of the house calls the outside.
                Decision::Pass if self.payer().is_some() && self.exchange.trunks.serve(&callee) => {
                    self.by_rule(HouseRule::Outside, &callee);
                    let target = RingTarget::new(callee, self.exchange.config.ring);
                    return (Decision::Ring(vec![vec![target]]), None);
                }
                Decision::Pass => {
                    self.by_rule(HouseRule::Unknown, &callee);
                    return (Decision::Reject(404), None);
                }
                decided => return (decided, routed.by),
            }
        }
    }

    /// Nobody took the call to an extension: what the routers that deal with such calls make of it.
    async fn unreached(&mut self, status: u16, why: &str) -> Option<Next> {
        let unreached = if why == NOBODY { Unreached::Unavailable } else { Unreached::of(status)? };
        let callee = self.facts.call().callee;
        // A parked call that rings back goes back to its place.
        if callee.extension.is_none() || self.recall_to.is_some() || self.hop >= MAX_HOPS {
            return None;
        }
        let request = RouteRequest { unreached: Some(unreached), ..self.facts.request(&self.headers, self.hop) };
        let routed = self.ask(request).await;
        for (name, value) in &routed.set_vars {
            self.facts.set_var(name, value);
        }
        self.hop += 1;
        Some(match routed.decision {
            Decision::Pass => return None,
            Decision::Redirect(to) => {
                let number = to.strip_prefix("ext:").unwrap_or(&to);
                self.diverted_by = Some(callee.number);
                self.facts.redirected(self.exchange.directory().party(number, ""));
                Next::Route
            }
            decided => Next::Do(decided, routed.by),
        })
    }
}

impl Caller {
    /// Who answers for a call to the outside: whoever of the house calls, or has sent the caller there, or whose calls the
    /// routers send there. A script is nobody of the house: what its caller types must not lead outside, whoever has sent
    /// them to the script.
    pub(crate) fn payer(&self) -> Option<String> {
        let own = self.party.who().extension.as_ref().map(|number| number.as_str().to_owned());
        let of_house = |number: &String| self.exchange.directory().extension(number).is_some();
        let sent_by = self.referred_by.clone().filter(of_house);
        let called = || {
            let call = self.facts.call();
            call.callee.extension.filter(|_| call.script.is_none()).map(|number| number.as_str().to_owned())
        };
        own.or(sent_by).or_else(|| self.diverted_by.clone()).or_else(called)
    }

    /// Remember who was not reached, for who wants to be called back.
    fn note_missed(&self, status: u16) {
        let callee = self.facts.call().callee.extension;
        if let (480 | 486 | 600, Some(own), Some(callee)) = (status, &self.party.who().extension, callee) {
            self.exchange.completions.missed(own.as_str(), callee.as_str());
        }
    }

    fn own_number(&self, number: &str) -> Option<String> {
        self.exchange.trunks.own_number(number).filter(|inside| inside != number)
    }

    /// A call to the emergency services goes there, whatever plugins and limits say.
    fn emergency_call(&mut self) -> Option<Decision> {
        let exchange = &self.exchange;
        if exchange.config.emergency.is_empty() {
            return None;
        }
        let callee = self.facts.call().callee.number;
        let is_one =
            self.payer().is_some() && exchange.config.emergency.contains(&callee) && !exchange.trunks.is_empty();
        if !is_one {
            return None;
        }
        warn!(call = %self.id, by = self.party.who().number, number = callee, "emergency call");
        self.emergency = true;
        self.by_rule(HouseRule::Emergency, &callee);
        let target = RingTarget::new(format!("trunk:/{callee}"), exchange.config.ring);
        Some(Decision::Ring(vec![vec![target]]))
    }
}

/// Have somebody look up who calls from outside, when that is not known. The call goes on meanwhile: the name is shown wherever
/// it comes in time for.
fn follow_name(exchange: &Exchange, facts: &Facts) {
    let caller = facts.call().caller;
    if caller.extension.is_some() || exchange.names.know_nobody() {
        return;
    }
    if let Some(answer) = exchange.names.ask(&exchange.trunks.normalised(&caller.number)) {
        let facts = facts.clone();
        tokio::spawn(async move {
            if let Some(name) = answer.await {
                facts.name_caller(&caller.number, name);
            }
        });
    }
}

/// Whether a phone asks that its number be not shown (RFC 3323 §4.1).
fn hides_number(invite: &Message) -> bool {
    let asks = |value: &[u8]| value.split(|b| *b == b';').any(|kind| !kind.trim_ascii().eq_ignore_ascii_case(b"none"));
    let anonymous =
        invite.from().and_then(|from| from.uri()).is_some_and(|uri| uri.user().as_deref() == Some(ANONYMOUS));
    anonymous || invite.values(HeaderName::Privacy).any(asks)
}

/// Take a call through to its record.
pub(crate) async fn run(exchange: Arc<Exchange>, new: NewCall) {
    let (id, count) = exchange.next_call();
    let NewCall { leg, invite, caller: who, callee, phone, headers, max_forwards, diversions, by } = new;
    let span = info_span!("call", %id);
    let entry = exchange.live.add(LiveCall {
        id: id.clone(),
        direction: if by.is_some() { Direction::Inbound } else { Direction::Internal },
        trunk: by.as_ref().map(|by| by.trunk.clone()),
        caller: who.clone(),
        callee: callee.clone(),
        state: CallState::Routing,
        script: None,
        started: now_ms(),
        answered: None,
        recording: RecordingState::Off,
    });
    let hang_up_asked = entry.hang_up_asked();
    let facts = Facts::new(entry);
    let (flow, theirs) = (invite.flow, invite.sdp.clone());
    let of = NewParty { who, remote: callee, role: Role::Initiator, flow, call: count, theirs };
    let hidden = hides_number(&invite.request);
    let mut party = Party::new(Arc::clone(&exchange), leg, of);
    party.came_by(invite.request.call_id());
    if let Some(encryption) = by.as_ref().and_then(|by| by.encryption) {
        party.encrypt(encryption);
    }
    // Nobody is rung for a call that could have no sound.
    let (first, no_sound) = match party.review() {
        Ok(()) => (Next::Route, None),
        Err(refused) => {
            let by = format!("the host ({})", refused.why);
            (Next::Do(Decision::Reject(refused.status), Some(by)), Some(refused.why))
        }
    };
    if let Some(Inbound { number, channel, .. }) = by {
        facts.set_var("called-number", &number);
        party.keys = channel.keys();
        party.channel = Some(channel);
    }
    if let Some(last) = diversions.last() {
        facts.diverted_by(last);
    }
    follow_name(&exchange, &facts);
    // The datagram of the INVITE is not kept for the whole call.
    drop(invite);
    let caller = Caller {
        headers,
        max_forwards,
        diversions,
        hidden,
        phone,
        no_sound,
        ..Caller::new(id, count, Arc::clone(&exchange), party, facts.clone())
    };
    tokio::select! {
        () = Box::pin(drive(Box::new(caller), first)).instrument(span) => {}
        // Dropping the call task's legs hangs them up.
        () = hang_up_asked.notified() => facts.ends(end_cause(&facts), "ended by an administrator"),
    }
    exchange.keep(&facts).await;
}

/// Take a call from here to its end.
pub(crate) async fn drive(mut caller: Box<Caller>, mut next: Next) {
    loop {
        let went_on = match next {
            Next::Route => {
                let (decision, by) = caller.route().await;
                Some((caller, Next::Do(decision, by)))
            }
            Next::Talk(party) => talk(caller, party).await,
            Next::Do(Decision::Ring(groups), _) => ring(caller, &groups).await,
            Next::Do(Decision::Run(script), _) => {
                caller.transfer_succeeded().await;
                run_script(caller, script).await
            }
            Next::Do(Decision::PickUp(number), _) => pick_up(caller, &number).await,
            Next::Do(Decision::Park(number), _) => park::park_or_retrieve(caller, &number).await,
            Next::Do(Decision::Join(number, part), _) => guests::join(caller, &number, part).await,
            Next::Do(Decision::CallBack(number), _) => completion::call_back(caller, &number).await,
            Next::Do(Decision::Reject(status), by) => {
                let by = by.unwrap_or_else(|| String::from("the built-in rule"));
                refuse(caller, status, format!("{by} refused with {status}")).await
            }
            // `route` resolves these two.
            Next::Do(Decision::Pass | Decision::Redirect(_), _) => None,
        };
        let Some((back, then)) = went_on else { return };
        (caller, next) = (back, then);
    }
}

/// Nothing came of it: who transferred the call has it back, a parked call goes back to its place, else it is refused.
pub(crate) async fn refuse(mut caller: Box<Caller>, status: u16, why: String) -> Option<(Box<Caller>, Next)> {
    if let Some(next) = caller.transfer_failed(status).await {
        return Some((caller, next));
    }
    if let Some(number) = caller.recall_to.take() {
        return Some((caller, Next::Do(Decision::Park(number), None)));
    }
    caller.facts.ends(cause_of(status), why);
    caller.refuse(status).await;
    None
}

/// Ring and connect.
async fn ring(mut caller: Box<Caller>, groups: &[Vec<RingTarget>]) -> Option<(Box<Caller>, Next)> {
    // In a box, which a call that talks no longer needs.
    match Box::pin(dial(&mut caller, groups)).await {
        Dialled::Answered(mut callee, contact) => {
            caller.transfer_succeeded().await;
            (caller.recall_to, caller.parked_by) = (None, None);
            if let Err(refused) = connect(&mut caller.party, &mut callee).await {
                caller.facts.ends(EndCause::Failed, refused.why.as_str());
                caller.no_sound = Some(refused.why);
                callee.hang_up(None).await;
                caller.refuse(refused.status).await;
                return None;
            }
            note_answer(&caller, &contact);
            Some((caller, Next::Talk(callee)))
        }
        Dialled::Failed(status, why) => {
            caller.facts.trace().note(|| TraceEvent::NotReached { status, why: clipped(&why) });
            caller.note_missed(status);
            match caller.unreached(status, &why).await {
                Some(next) => Some((caller, next)),
                None => refuse(caller, status, why).await,
            }
        }
        Dialled::CallerGone { cancelled, why } => {
            let answered = caller.facts.was_answered();
            caller.facts.ends(if cancelled || !answered { EndCause::Cancelled } else { EndCause::Answered }, why);
            None
        }
    }
}

/// Take the call that rings at a number.
async fn pick_up(caller: Box<Caller>, number: &str) -> Option<(Box<Caller>, Next)> {
    let number = number.strip_prefix("ext:").unwrap_or(number);
    let exchange = &caller.exchange;
    let rings = exchange.lines.ringing(number).and_then(|leg| Some((leg, exchange.desk.call_of(leg)?)));
    match rings {
        Some((leg, call)) if call != caller.count => {
            caller.hand_over(call, Place::Of(leg), 480, "picked up another call").await
        }
        _ => refuse(caller, 404, format!("no call rings at {number}")).await,
    }
}

/// Write down who answered.
pub(crate) fn note_answer(caller: &Caller, contact: &Contact) {
    let outside = || match &contact.trunk {
        // What was dialled says more than how the carrier writes it.
        Some(_) => caller.facts.call().callee.number,
        None => contact.target.clone(),
    };
    let number = contact.extension.as_ref().map_or_else(outside, |own| own.as_str().to_owned());
    let who = caller.exchange.party(&number, "");
    let number = &number;
    caller.facts.answered(number, Some(who));
}

async fn talk(mut caller: Box<Caller>, mut callee: Box<Party>) -> Option<(Box<Caller>, Next)> {
    match bridge(&mut caller, &mut callee).await {
        BridgeEnd::HungUp { by_first, why } => {
            let who = if by_first { "the caller" } else { "the called party" };
            caller.facts.ends(EndCause::Answered, format!("{who} hung up ({why})"));
            if by_first {
                callee.hang_up(None).await;
            } else {
                caller.party.hang_up(None).await;
            }
            None
        }
        BridgeEnd::FaxCalls(number) => {
            info!(call = %caller.id, to = number.as_str(), "a fax machine has called; it goes to the fax box");
            callee.hang_up(None).await;
            if let Some(stream) = caller.party.stream() {
                stream.disconnect();
            }
            caller.facts.redirected(caller.exchange.party(number.as_str(), ""));
            (caller.phone, caller.diverted_by) = (None, None);
            Some((caller, Next::Route))
        }
        BridgeEnd::Referred { by_first, refer } => {
            // Who stays is the caller from now on.
            if by_first {
                std::mem::swap(&mut caller.party, &mut *callee);
            }
            transfer(caller, callee, refer).await
        }
    }
}

/// Lend the caller to a script. Gives the caller back when there is something left to do.
async fn run_script(mut caller: Box<Caller>, script: ScriptRef) -> Option<(Box<Caller>, Next)> {
    // Whoever has sent the caller here does not answer for what they type here.
    (caller.referred_by, caller.diverted_by) = (None, None);
    let name = format!("{}/{}", script.plugin, script.entry);
    let exchange = Arc::clone(&caller.exchange);
    caller.facts.in_script(Some(name.clone()));
    caller.facts.trace().note(|| TraceEvent::ScriptBegan { script: name.clone() });
    let (give_back, given_back) = oneshot::channel();
    let call = LegCall::new(caller, name.clone(), give_back);
    let end = exchange.scripts.run(script, Box::new(call)).await;
    // The runtime drops the call before it says how the script ended.
    let Ok((mut caller, after)) = given_back.await else { return None };
    caller.facts.in_script(None);
    caller.facts.trace().note(|| {
        let failed = match &end {
            ScriptEnd::Returned => None,
            ScriptEnd::Failed(why) | ScriptEnd::Unavailable(why) => Some(clipped(why)),
        };
        TraceEvent::ScriptEnded { script: name.clone(), failed }
    });
    if caller.party.leg.is_over() {
        let cause = if caller.facts.was_answered() { EndCause::Answered } else { EndCause::Cancelled };
        caller.facts.ends(cause, format!("the caller hung up in {name}"));
        return None;
    }
    match after {
        After::Talking(callee) => return Some((caller, Next::Talk(callee))),
        After::Decided(decision) => return Some((caller, Next::Do(decision, Some(name)))),
        After::HungUp(cause) => {
            caller.facts.ends(cause, format!("{name} ended the call"));
            return None;
        }
        After::Nothing => {}
    }
    let trouble = match end {
        ScriptEnd::Returned => {
            caller.facts.ends(end_cause(&caller.facts), format!("{name} ended"));
            caller.refuse(480).await;
            return None;
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
            let target = RingTarget::new(to, exchange.config.ring);
            Some((caller, Next::Do(Decision::Ring(vec![vec![target]]), None)))
        }
        None => {
            caller.facts.ends(EndCause::Failed, format!("{name}: {trouble}"));
            caller.refuse(503).await;
            None
        }
    }
}

pub(crate) fn end_cause(facts: &Facts) -> EndCause {
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
