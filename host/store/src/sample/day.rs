//! One day: who comes when, and what becomes of them.

use super::{
    Chance, DAY, HOUR, MINUTE, Office, SECOND,
    desk::{Desk, device},
    people::{self, AGENTS, Contact, QUEUES, Queue, SUPERVISORS},
};
use jackfield_model::{
    AcwEnd, AlarmState, CallId, CallRecord, CallbackStep, Direction, EndCause, EndedBy, ExitReason, Fact, Happening,
    IvrResult, Media, MonitorMode, OfferResult, Party, TransferKind,
};
use std::{cmp::Reverse, collections::BinaryHeap};

/// Callers by the hour, from 7 to 19: how many of a thousand of the day.
const BY_HOUR: [u64; 12] = [10, 70, 130, 150, 120, 70, 80, 130, 120, 80, 30, 10];
const FIRST_HOUR: u64 = 7;
/// When the queues for callers are open.
const OPEN: std::ops::Range<u64> = 8 * HOUR..18 * HOUR;
/// How long callers wait at most, by the house's rule.
const PATIENCE_OF_THE_HOUSE: u64 = 5 * MINUTE;

pub(super) struct Day {
    /// Days since 1970.
    number: u64,
    chance: Chance,
    /// Calls and visits so far.
    calls: u64,
    visits: u64,
}

/// Somebody who comes into a queue.
struct Visit {
    queue: &'static Queue,
    contact: Contact,
    call: Option<CallId>,
    /// The caller's way so far: began, was answered by the menu.
    record: Option<(u64, u64)>,
    /// How often it has been passed on.
    turn: u32,
}

/// Takes facts down.
pub(super) struct Told<'a> {
    day: u64,
    office: &'a mut Office,
}

impl Told<'_> {
    pub(super) fn tell(&mut self, at: u64, visit: Option<&(String, Option<CallId>)>, what: Happening) {
        let key = format!("{}-{}", self.day, self.office.facts.len());
        let (visit, call) = visit.cloned().map_or((None, None), |(visit, call)| (Some(visit), call));
        self.office.facts.push(Fact { key, at, call, visit, what });
    }
}

impl Day {
    pub(super) fn new(number: u64, chance: Chance) -> Self {
        Self { number, chance, calls: 0, visits: 0 }
    }

    pub(super) fn run(mut self, calls: u64, office: &mut Office) {
        let midnight = self.number * DAY;
        // 1970-01-01 was a Thursday.
        let quiet = matches!(self.number % 7, 2 | 3);
        let mut told = Told { day: self.number, office };
        let mut desks = Vec::new();
        if !quiet {
            // As many as so many callers keep busy, in turn.
            let every = AGENTS / (calls / 50).clamp(4, AGENTS);
            let here = (0..AGENTS).filter(|n| (n + self.number).is_multiple_of(every));
            desks.extend(here.filter_map(|n| Desk::open(n, midnight, &mut self.chance, &mut told)));
        }
        let contacts = if quiet { calls / 12 } else { calls * self.chance.between(85, 115) / 100 };
        let mut coming = BinaryHeap::new();
        let mut visits = Vec::new();
        for _ in 0..contacts {
            let at = midnight + self.moment();
            self.arrive(at, &mut coming, &mut visits, &mut told);
        }
        let mut alarmed = [0_u64; QUEUES.len()];
        while let Some(Reverse((at, index))) = coming.pop() {
            let Some(visit) = visits.get_mut(index).and_then(Option::take) else { continue };
            let again = self.wait(at, visit, &mut desks, &mut alarmed, &mut told);
            if let Some((at, visit)) = again {
                visits.push(Some(visit));
                coming.push(Reverse((at, visits.len() - 1)));
            }
        }
        if !quiet {
            self.own_calls(midnight, calls / 2, &mut told);
        }
        for desk in desks {
            desk.close(&mut told);
        }
    }

    /// A moment of the day.
    fn moment(&mut self) -> u64 {
        let mut left = self.chance.below(BY_HOUR.iter().sum());
        for (hour, share) in (FIRST_HOUR..).zip(BY_HOUR) {
            if left < share {
                return hour * HOUR + self.chance.below(HOUR);
            }
            left -= share;
        }
        12 * HOUR
    }

    /// Somebody comes: through the menu, when they call.
    fn arrive(
        &mut self,
        at: u64,
        coming: &mut BinaryHeap<Reverse<(u64, usize)>>,
        visits: &mut Vec<Option<Visit>>,
        told: &mut Told<'_>,
    ) {
        let contact = people::contact(&mut self.chance);
        let mut wanted = self.chance.below(100);
        let queue = QUEUES.iter().find(|queue| {
            let hit = wanted < queue.share;
            wanted = wanted.saturating_sub(queue.share);
            hit
        });
        let Some(queue) = queue else { return };
        if queue.media != Media::Voice {
            visits.push(Some(Visit { queue, contact, call: None, record: None, turn: 0 }));
            coming.push(Reverse((at, visits.len() - 1)));
            return;
        }
        let call = self.next_call();
        let step = |told: &mut Told<'_>, at: u64, key: &str, outcome, took: u64| {
            let (menu, key) = ("main".to_owned(), key.to_owned());
            told.tell(at, None, Happening::IvrStep { menu, key, outcome, took: took as u32 });
            if let Some(fact) = told.office.facts.last_mut() {
                fact.call = Some(call.clone());
            }
        };
        let mut menu_end = at + SECOND + self.chance.between(4, 14) * SECOND;
        if self.chance.percent(5) {
            step(told, menu_end, "", IvrResult::HangUp, menu_end - at);
            let record =
                Outcome { queue, contact: &contact, agent: None, answered: Some(at + SECOND), ended: menu_end };
            told.office.calls.push(record.record(call, at, EndCause::Answered, &mut self.chance));
            return;
        }
        if self.chance.percent(9) {
            let wrong = if self.chance.percent(60) { ("", IvrResult::Timeout) } else { ("9", IvrResult::Invalid) };
            step(told, menu_end, wrong.0, wrong.1, menu_end - at);
            menu_end += self.chance.between(5, 10) * SECOND;
        }
        step(told, menu_end, queue.key, IvrResult::Chosen, self.chance.between(3, 9) * SECOND);
        visits.push(Some(Visit { queue, contact, call: Some(call), record: Some((at, at + SECOND)), turn: 0 }));
        coming.push(Reverse((menu_end, visits.len() - 1)));
    }

    fn next_call(&mut self) -> CallId {
        self.calls += 1;
        CallId::new(self.number * DAY, self.calls)
    }

    /// One stay in a queue, to its end; who goes on to which queue when.
    fn wait(
        &mut self,
        at: u64,
        visit: Visit,
        desks: &mut [Desk],
        alarmed: &mut [u64; QUEUES.len()],
        told: &mut Told<'_>,
    ) -> Option<(u64, Visit)> {
        self.visits += 1;
        let queue = visit.queue;
        let index = QUEUES.iter().position(|one| one.name == queue.name).unwrap_or(0);
        let name = (format!("{}-v{}", self.number, self.visits), visit.call.clone());
        let of = Some(&name);
        let voice = queue.media == Media::Voice;
        let chance = &mut self.chance;
        let preferred = (queue.name == "sales" && chance.percent(15)).then(|| {
            let (first, size) = queue.agents;
            people::agent(first + chance.below(size))
        });
        let range = queue.agents.0..queue.agents.0 + queue.agents.1;
        let mut free: Vec<(u64, usize)> = Vec::new();
        for (index, desk) in desks.iter_mut().enumerate() {
            let ours = range.clone().any(|number| people::agent(number) == desk.agent);
            if let Some(ready) = ours.then(|| desk.ready(at, told)).flatten() {
                free.push((ready, index));
            }
        }
        free.sort_unstable();
        let first = free.first().map_or(at, |(ready, _)| *ready);
        // Who would be served later than now waits behind about so many.
        let position = 1 + u32::try_from((first - at) / (40 * SECOND)).unwrap_or(0);
        let enter = Happening::QueueEnter {
            queue: queue.name.into(),
            media: queue.media,
            contact: if voice { visit.contact.number.clone() } else { visit.contact.address.clone() },
            name: visit.contact.name.clone(),
            priority: if visit.contact.vip { 10 } else { 0 },
            vip: visit.contact.vip,
            position,
            skills: vec![visit.contact.language.into(), queue.name.into()],
            preferred: preferred.clone(),
            goal: queue.goal,
        };
        told.tell(at, of, enter);
        let exit = |told: &mut Told<'_>, at: u64, reason, to: &str, ewt: Option<u64>| {
            let what = Happening::QueueExit { reason, to: to.into(), told: ewt.map(|ms| ms as u32) };
            told.tell(at, of, what);
        };
        if voice && (!OPEN.contains(&(at % DAY)) || free.is_empty()) {
            exit(told, at, ExitReason::Closed, "announcement", None);
            self.hung_up(at + 12 * SECOND, &visit, told);
            return None;
        }
        let ewt = (voice && first > at + 30 * SECOND).then(|| (first - at) / (30 * SECOND) * 30 * SECOND + 30 * SECOND);
        if voice && first > at + 20 * SECOND {
            let skills = vec![queue.name.to_owned()];
            told.tell(at + 20 * SECOND, of, Happening::QueueLevel { level: 1, skills });
        }
        let patience = if voice { chance.about(150 * SECOND, SECOND) } else { 40 * HOUR };
        if voice && first > at + 3 * MINUTE && alarmed[index] < at {
            alarmed[index] = at + HOUR;
            let alarm = |state, by: &str| Happening::Alarm {
                name: "longest wait".into(),
                queue: Some(queue.name.into()),
                state,
                by: by.into(),
            };
            told.tell(at + 3 * MINUTE, None, alarm(AlarmState::Raised, ""));
            told.tell(at + 3 * MINUTE + 20 * SECOND, None, alarm(AlarmState::Acknowledged, SUPERVISORS[0]));
            told.tell(at + 9 * MINUTE, None, alarm(AlarmState::Cleared, ""));
        }
        if voice && first > at + MINUTE && patience > 50 * SECOND && chance.percent(30) {
            exit(told, at + 45 * SECOND, ExitReason::Callback, "", ewt);
            self.hung_up(at + 45 * SECOND, &visit, told);
            self.call_back(at + 45 * SECOND, &visit, &name, desks, told);
            return None;
        }
        // The agents in turn: the first to be free is offered the contact, and may not answer.
        let mut offered = Vec::new();
        for (ready, desk) in free {
            let ready = ready.max(offered.last().map_or(0, |(_, _, until)| *until));
            if ready > at + patience.min(PATIENCE_OF_THE_HOUSE) && voice {
                break;
            }
            if voice && self.chance.percent(7) {
                let until = ready + 20 * SECOND;
                if until < at + patience {
                    offered.push((ready, desk, until));
                    let outcome = if self.chance.percent(80) { OfferResult::Rona } else { OfferResult::Rejected };
                    let desk = &mut desks[desk];
                    told.tell(until, of, offer(&desk.agent, 20 * SECOND, outcome));
                    desk.away(ready, until, told);
                    continue;
                }
            }
            let ring = if voice { self.chance.between(2, 11) * SECOND } else { 2 * SECOND };
            if voice && ready + ring > at + patience {
                let gone = (at + patience).max(ready);
                told.tell(gone, of, offer(&desks[desk].agent, gone - ready, OfferResult::CallerLeft));
                exit(told, gone, ExitReason::Abandoned, "", ewt);
                self.hung_up(gone, &visit, told);
                return None;
            }
            return self.talk(ready, ring, visit, &name, &mut desks[desk], ewt, told);
        }
        if !voice {
            // Nobody today: tomorrow's morning sees it.
            exit(told, at.max(self.number * DAY + 18 * HOUR), ExitReason::Timeout, "tomorrow", None);
            return None;
        }
        let gone = at + patience.min(PATIENCE_OF_THE_HOUSE);
        if patience < PATIENCE_OF_THE_HOUSE {
            let (reason, to) =
                if self.chance.percent(12) { (ExitReason::Key, "0") } else { (ExitReason::Abandoned, "") };
            exit(told, gone, reason, to, ewt);
            self.hung_up(gone, &visit, told);
            return None;
        }
        if visit.turn == 0 && queue.name != "orders" {
            exit(told, gone, ExitReason::Overflow, "orders", ewt);
            return Some((gone, Visit { queue: &QUEUES[3], turn: 1, ..visit }));
        }
        exit(told, gone, ExitReason::Timeout, "voicemail", ewt);
        self.hung_up(gone + 30 * SECOND, &visit, told);
        None
    }

    /// An agent takes the contact.
    #[expect(clippy::too_many_arguments, reason = "the whole situation at a desk")]
    fn talk(
        &mut self,
        ready: u64,
        ring: u64,
        visit: Visit,
        name: &(String, Option<CallId>),
        desk: &mut Desk,
        ewt: Option<u64>,
        told: &mut Told<'_>,
    ) -> Option<(u64, Visit)> {
        let (queue, of, chance) = (visit.queue, Some(name), &mut self.chance);
        let agent = desk.agent.clone();
        let voice = queue.media == Media::Voice;
        let answered = ready + ring;
        told.tell(answered, of, offer(&agent, ring, OfferResult::Answered));
        told.tell(answered, of, Happening::Answer { agent: agent.clone(), device: device(&agent) });
        let told_ewt = ewt.map(|ms| ms as u32);
        let exit = Happening::QueueExit { reason: ExitReason::Answered, to: agent.clone(), told: told_ewt };
        told.tell(answered, of, exit);
        let mut end = answered + chance.about(queue.talk, 15 * SECOND).min(25 * MINUTE);
        if voice && chance.percent(16) {
            let from = answered + (end - answered) / 3;
            let until = from + chance.between(10, 90) * SECOND;
            told.tell(from, of, Happening::HoldStart);
            told.tell(until, of, Happening::HoldStop);
            end = end.max(until + 10 * SECOND);
        }
        if voice && chance.percent(2) {
            let came = chance.percent(85);
            let supervisor = came.then(|| (*chance.one(&SUPERVISORS)).to_owned());
            let what =
                Happening::HelpRequest { agent: agent.clone(), supervisor, response: chance.below(40_000) as u32 };
            told.tell(answered + 10 * SECOND, of, what);
        }
        if voice && chance.percent(2) {
            let mode = *chance.one(MonitorMode::ALL);
            let what = Happening::Monitor {
                supervisor: (*chance.one(&SUPERVISORS)).to_owned(),
                agent: agent.clone(),
                mode,
                lasted: (end - answered) as u32 / 2,
                basis: "training, with consent".into(),
            };
            told.tell(answered + 15 * SECOND, of, what);
        }
        let mut again = None;
        let mut by = if chance.percent(70) { EndedBy::Contact } else { EndedBy::Agent };
        if voice && visit.turn == 0 && chance.percent(7) {
            by = EndedBy::Transfer;
            let kind = *chance.one(TransferKind::ALL);
            let (to, back) = if chance.percent(50) {
                (chance.one(&QUEUES[..4]).name.to_owned(), true)
            } else {
                (people::agent(chance.below(AGENTS)), false)
            };
            let done = chance.percent(92);
            told.tell(end, of, Happening::Transfer { kind, agent: agent.clone(), to: to.clone(), done });
            again = QUEUES.iter().find(|queue| back && done && queue.name == to);
        }
        told.tell(end, of, Happening::AnswerEnd { agent: agent.clone(), by });
        let allowed = queue.acw * 2;
        told.tell(end, of, Happening::AcwStart { agent: agent.clone(), allowed: Some(allowed as u32) });
        let acw = chance.about(queue.acw, 4 * SECOND);
        let (acw, why) = match acw {
            acw if acw <= allowed => (acw, AcwEnd::Done),
            _ if chance.percent(60) => (allowed, AcwEnd::Timeout),
            acw => (acw.min(3 * allowed), AcwEnd::Extended),
        };
        if chance.percent(93) {
            let code = (*chance.one(queue.codes)).to_owned();
            told.tell(end + acw / 2, of, Happening::WrapupCode { agent: agent.clone(), code });
        }
        told.tell(end + acw, of, Happening::AcwStop { agent: agent.clone(), why });
        desk.busy(ready, answered, end, end + acw, told);
        if voice && again.is_none() && chance.percent(24) {
            let score = 5 - [0, 0, 0, 1, 1, 1, 2, 3, 4][chance.below(9) as usize];
            let comment = if score < 3 { "had to wait too long" } else { "" };
            let survey = |question: &str, score| Happening::Survey {
                question: question.into(),
                score,
                comment: comment.into(),
                agent: Some(agent.clone()),
            };
            told.tell(end + 20 * SECOND, of, survey("satisfaction", score));
            told.tell(end + 30 * SECOND, of, survey("recommend", score * 2));
        }
        match again {
            Some(queue) => Some((end + 2 * SECOND, Visit { queue, turn: visit.turn + 1, ..visit })),
            None => {
                self.over(end, Some(agent), &visit, told);
                None
            }
        }
    }

    /// Somebody is called back, by an agent of the queue, when one is free.
    fn call_back(
        &mut self,
        asked: u64,
        visit: &Visit,
        name: &(String, Option<CallId>),
        desks: &mut [Desk],
        told: &mut Told<'_>,
    ) {
        let number = visit.contact.number.clone();
        let step = |told: &mut Told<'_>, at, step, attempt, agent: Option<&str>| {
            let agent = agent.map(str::to_owned);
            told.tell(at, Some(name), Happening::Callback { step, number: number.clone(), attempt, agent });
        };
        step(told, asked, CallbackStep::Requested, 0, None);
        let (first, size) = visit.queue.agents;
        let mut at = asked + 4 * MINUTE;
        for attempt in 1..=3 {
            let ours = (first..first + size).map(people::agent);
            let free = ours.filter_map(|agent| {
                let desk = desks.iter_mut().find(|desk| desk.agent == agent)?;
                Some((desk.ready(at, told)?, agent))
            });
            let Some((ready, agent)) = free.min() else { break };
            step(told, ready, CallbackStep::Offered, attempt, Some(&agent));
            let Some(desk) = desks.iter_mut().find(|desk| desk.agent == agent) else { break };
            let reached = self.chance.percent(70);
            let talk = if reached { self.chance.about(visit.queue.talk, 20 * SECOND) } else { 25 * SECOND };
            let over = ready + 15 * SECOND + talk;
            desk.busy(ready, ready + 15 * SECOND, over, over + 10 * SECOND, told);
            let cause = if reached { EndCause::Answered } else { EndCause::NoAnswer };
            self.dial_out(ready, over, cause, &agent, &number, told);
            if reached {
                step(told, ready + 15 * SECOND, CallbackStep::Done, attempt, Some(&agent));
                return;
            }
            step(told, over, CallbackStep::Attempt, attempt, Some(&agent));
            at = over + 20 * MINUTE;
        }
        if at % DAY < 17 * HOUR {
            step(told, at, CallbackStep::Expired, 3, None);
        }
    }

    /// Calls of the house's people to the outside and among themselves.
    fn own_calls(&mut self, midnight: u64, calls: u64, told: &mut Told<'_>) {
        for _ in 0..calls {
            let at = midnight + self.moment();
            let agent = people::agent(self.chance.below(AGENTS));
            let cause = match self.chance.below(100) {
                0..74 => EndCause::Answered,
                74..86 => EndCause::NoAnswer,
                86..93 => EndCause::Busy,
                93..97 => EndCause::Cancelled,
                97..99 => EndCause::Rejected,
                _ => EndCause::NotFound,
            };
            let length = match cause {
                EndCause::Answered => self.chance.about(130 * SECOND, 8 * SECOND),
                EndCause::NoAnswer => 25 * SECOND,
                _ => 6 * SECOND,
            };
            let over = at + 6 * SECOND + length;
            if self.chance.percent(60) {
                let mut number = people::contact(&mut self.chance).number;
                if number == "anonymous" {
                    number = "+33155500190".to_owned();
                }
                self.dial_out(at, over, cause, &agent, &number, told);
            } else {
                let other = people::agent(self.chance.below(AGENTS));
                if other == agent {
                    continue;
                }
                let id = self.next_call();
                let answered = (cause == EndCause::Answered).then_some(at + 6 * SECOND);
                told.office.calls.push(CallRecord {
                    direction: Direction::Internal,
                    caller: own(&agent),
                    callee: own(&other),
                    answered_by: answered.map(|_| other),
                    answered,
                    ..bare(id, at, over, cause)
                });
            }
        }
    }

    fn dial_out(&mut self, at: u64, over: u64, cause: EndCause, agent: &str, number: &str, told: &mut Told<'_>) {
        let id = self.next_call();
        let answered = (cause == EndCause::Answered).then_some(at + 6 * SECOND);
        told.office.calls.push(CallRecord {
            direction: Direction::Outbound,
            caller: own(agent),
            callee: Party { number: number.to_owned(), ..Party::default() },
            trunk: Some(people::trunk(&mut self.chance)),
            answered_by: answered.map(|_| number.to_owned()),
            answered,
            ..bare(id, at, over, cause)
        });
    }

    /// The caller has hung up without having been served.
    fn hung_up(&mut self, at: u64, visit: &Visit, told: &mut Told<'_>) {
        self.over(at, None, visit, told);
    }

    /// The call is over, if there was one.
    fn over(&mut self, ended: u64, agent: Option<String>, visit: &Visit, told: &mut Told<'_>) {
        let (Some(call), Some((began, answered))) = (visit.call.clone(), visit.record) else { return };
        let outcome = Outcome { queue: visit.queue, contact: &visit.contact, agent, answered: Some(answered), ended };
        told.office.calls.push(outcome.record(call, began, EndCause::Answered, &mut self.chance));
    }
}

/// How a call to the house ended.
struct Outcome<'a> {
    queue: &'static Queue,
    contact: &'a Contact,
    agent: Option<String>,
    answered: Option<u64>,
    ended: u64,
}

impl Outcome<'_> {
    fn record(self, call: CallId, began: u64, cause: EndCause, chance: &mut Chance) -> CallRecord {
        let by = self.agent.unwrap_or_else(|| "org.jackfield.sample/menu".to_owned());
        CallRecord {
            direction: Direction::Inbound,
            caller: Party { number: self.contact.number.clone(), name: self.contact.name.clone(), extension: None },
            callee: Party { number: self.queue.number.to_owned(), ..Party::default() },
            trunk: Some(people::trunk(chance)),
            answered_by: self.answered.map(|_| by),
            answered: self.answered,
            ..bare(call, began, self.ended, cause)
        }
    }
}

fn bare(id: CallId, started: u64, ended: u64, cause: EndCause) -> CallRecord {
    CallRecord {
        id,
        direction: Direction::Internal,
        caller: Party::default(),
        callee: Party::default(),
        trunk: None,
        diverted_by: None,
        answered_by: None,
        started,
        answered: None,
        ended,
        cause,
        detail: "sample data".into(),
        recordings: 0,
        quality: None,
    }
}

fn own(extension: &str) -> Party {
    let number = extension.parse().ok();
    Party { number: extension.to_owned(), name: format!("Agent {extension}"), extension: number }
}

fn offer(agent: &str, ring: u64, outcome: OfferResult) -> Happening {
    Happening::Offer { agent: agent.to_owned(), device: device(agent), ring: ring as u32, outcome }
}
