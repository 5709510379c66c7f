//! What has happened, and what follows from it. Everything here is arithmetic on the state: no clock, no house, no chance.

use crate::{
    centre::{Agent, AgentState, Alarm, Callback, CallbackEnd, Centre, Contact, DoneCallback, Place, Wrap},
    record::{Record, came_of},
    routing::{expected_wait, next_look, next_match},
    settings::{Queue, Settings},
    words::{Ask, Entry, Missed, Order, Standing, ToCall, Wish, Word},
};
use jackfield_sdk::facts::{CallbackStep, EndedBy, ExitReason, Fact, OfferResult};
use serde::Serialize;

/// An agent who was busy or cannot be reached is not offered the same contact again for so long.
const COOL: u64 = 10_000;
/// The name of the timer that looks at what changes by time alone.
pub const LOOK: &str = "look";
/// Those of agents whose time for notes is over begin like this.
pub const WRAP: &str = "wrap/";
/// New contacts count so much in what is usual: about the last ten.
const WEIGHT: u64 = 10;
/// Longest that notes may be extended by at once.
const LONGEST_EXTENSION: u64 = 600;

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    Reply(serde_json::Value),
    Send(String, Word),
    SetTimer(String, u64),
    CancelTimer(String),
    /// Ring an agent's telephone for a call back: the contact, the telephone, how long, and what it shows.
    Ring {
        contact: String,
        phone: String,
        seconds: u64,
        number: String,
        name: String,
    },
}

/// One thing that has happened.
pub enum Happened {
    /// With the call that joins by it.
    Asked(Ask, Option<String>),
    TimerDue(String),
    CallOver(String),
    /// A call to an agent for a call back is over; nothing: the agent had picked up.
    Rung(String, Option<Missed>),
    Started,
}

/// The centre while something happens.
pub struct Work<'a> {
    pub centre: &'a mut Centre,
    pub settings: &'a Settings,
    pub now: u64,
    pub acts: Vec<Act>,
    record: Record,
}

/// What follows: what is to be done, and what is told for reports.
pub struct Outcome {
    pub acts: Vec<Act>,
    pub facts: Vec<Fact>,
}

/// Take what has happened, and see who gets whom now.
pub fn take(centre: &mut Centre, settings: &Settings, today: &str, now: u64, happened: Happened) -> Outcome {
    let before = centre.agents.clone();
    if centre.day != today {
        centre.new_day(today);
    }
    let mut work = Work { centre, settings, now, acts: Vec::new(), record: Record::new(now) };
    match happened {
        Happened::Asked(ask, joins) => work.asked(ask, joins),
        Happened::TimerDue(name) => work.timer(&name),
        Happened::CallOver(call) => work.call_over(&call),
        Happened::Rung(contact, missed) => work.rung(&contact, missed),
        Happened::Started => {}
    }
    work.settle();
    let Work { centre, acts, mut record, .. } = work;
    record.agents(&before, centre, settings);
    Outcome { acts, facts: record.facts }
}

impl Centre {
    /// What is counted by the day begins anew; what is known of lengths stays.
    fn new_day(&mut self, today: &str) {
        today.clone_into(&mut self.day);
        self.worked.clear();
        for tally in self.tallies.values_mut() {
            *tally = crate::centre::Tally { usual: tally.usual, samples: tally.samples, ..Default::default() };
        }
    }
}

impl Work<'_> {
    fn asked(&mut self, ask: Ask, joins: Option<String>) {
        match ask {
            Ask::Enter { queue, number, name } => {
                let Some(call) = joins else { return };
                let entry = self.enter(call, &queue, number, name);
                self.reply(&entry);
            }
            Ask::Where { contact } => {
                let standing = self.standing(&contact);
                self.reply(&standing);
            }
            Ask::Answered { contact } => {
                let is_theirs = self.answered(&contact);
                self.reply(&is_theirs);
            }
            Ask::NotAnswered { contact, why } => self.missed(&contact, why),
            Ask::Ended { contact } => self.ended(&contact, EndedBy::Agent, None),
            Ask::Leaves { contact } => self.leaves(&contact),
            Ask::CallBack { contact, number, recording } => {
                let taken = self.call_back(&contact, number, recording);
                self.reply(&taken);
            }
            Ask::CallBackBegins { contact } => {
                let to_call = self.call_back_begins(&contact);
                self.reply(&to_call);
            }
            Ask::CallBackDials { contact } => {
                if let Some(callback) = self.centre.contacts.get_mut(&contact).and_then(|c| c.callback.as_mut()) {
                    callback.dialling = true;
                    callback.tries += 1;
                }
            }
            Ask::CallBackFails { contact } => self.call_back_fails(&contact),
            Ask::Agent { agent, wish } => {
                let granted = self.wish(&agent, wish);
                self.reply(&granted);
            }
            Ask::Supervisor { by, wish } => {
                let granted = self.order(&by, wish);
                self.reply(&granted);
            }
        }
    }

    fn reply(&mut self, reply: &impl Serialize) {
        // These are numbers, texts and lists.
        self.acts.push(Act::Reply(serde_json::to_value(reply).unwrap_or_default()));
    }

    // Callers.

    fn enter(&mut self, call: String, number: &str, caller: String, name: String) -> Entry {
        let Some(queue) = self.settings.queue(number) else { return Entry::GoesTo(String::new()) };
        if self.centre.contacts.contains_key(&call) {
            return Entry::Waits(self.standing(&call));
        }
        let full = queue.most_waiting > 0 && self.centre.waiting(number).len() >= queue.most_waiting;
        let nobody = self.centre.logged_in(self.settings, number).next().is_none();
        let known = self.centre.known.get(&caller);
        let lately = |at: u64| self.now.saturating_sub(at) <= queue.preferred_days * 86_400_000;
        let preferred = known.filter(|(_, at)| queue.preferred_days > 0 && lately(*at)).map(|(agent, _)| agent.clone());
        let contact = Contact {
            visit: format!("{call}@{}", self.now),
            call: call.clone(),
            queue: number.to_owned(),
            advance: queue.advance(&caller),
            number: caller,
            name,
            entered: self.now,
            preferred,
            place: Place::Waiting,
            callback: None,
            passed: Default::default(),
        };
        self.centre.tally(number).offered += 1;
        if full || (nobody && !queue.wait_without_agents) {
            self.centre.tally(number).overflowed += 1;
            self.record.enters(&contact, queue, 1);
            let reason = if full { ExitReason::Overflow } else { ExitReason::Closed };
            self.record.exits(&contact, reason, &queue.overflow);
            return Entry::GoesTo(queue.overflow.clone());
        }
        self.centre.contacts.insert(call.clone(), contact);
        let standing = self.standing(&call);
        self.record.enters(&self.centre.contacts[&call], queue, standing.position);
        Entry::Waits(standing)
    }

    fn standing(&self, contact: &str) -> Standing {
        let Some(position) = self.centre.position(contact) else { return Standing::default() };
        let queue = &self.centre.contacts[contact].queue;
        let wait = expected_wait(self.centre, self.settings, queue, position);
        Standing { position, minutes: wait.map(|wait| wait.div_ceil(60_000).max(1)) }
    }

    /// The caller goes elsewhere by itself.
    fn leaves(&mut self, id: &str) {
        if let Some(contact) = self.centre.contacts.remove(id) {
            self.free(id, &contact, OfferResult::CallerLeft, AgentState::Ready);
            self.record.exits(&contact, ExitReason::Key, "");
            self.centre.tally(&contact.queue).overflowed += 1;
        }
    }

    fn call_over(&mut self, id: &str) {
        let Some(contact) = self.centre.contacts.get(id).cloned() else { return };
        if let Place::Talking(..) = contact.place {
            return self.ended(id, EndedBy::Contact, None);
        }
        self.centre.contacts.remove(id);
        self.free(id, &contact, OfferResult::CallerLeft, AgentState::Ready);
        self.record.exits(&contact, ExitReason::Abandoned, "");
        let short = self.settings.queue(&contact.queue).map_or(0, |queue| queue.short_seconds * 1_000);
        let waited = contact.waited(self.now);
        let tally = self.centre.tally(&contact.queue);
        tally.abandoned += 1;
        tally.abandoned_short += u64::from(waited <= short);
        tally.longest = tally.longest.max(waited);
    }

    // Offers.

    /// The agent at whom a contact is; no longer.
    fn free(&mut self, id: &str, contact: &Contact, outcome: OfferResult, state: AgentState) {
        let Place::Offered(extension, since) = &contact.place else { return };
        let phone = self.centre.agents.get(extension).map_or("", |agent| &agent.phone);
        self.record.offered(contact, extension, phone, *since, outcome);
        let Some(agent) = self.centre.agents.get_mut(extension) else { return };
        if agent.state == AgentState::Offered(id.to_owned()) {
            match agent.then.take() {
                Some(then) => agent.is(then, self.now),
                // Who was offered something in vain has been idle all the while.
                None if state == AgentState::Ready => agent.state = state,
                None => agent.is(state, self.now),
            }
        }
    }

    fn answered(&mut self, id: &str) -> bool {
        let Some(contact) = self.centre.contacts.get_mut(id) else { return false };
        let (extension, since) = match contact.place.clone() {
            Place::Offered(extension, since) => (extension, since),
            // It was asked before, and the answer was lost.
            Place::Talking(..) => return true,
            Place::Waiting => return false,
        };
        let Some(agent) = self.centre.agents.get_mut(&extension) else { return false };
        if agent.state != AgentState::Offered(id.to_owned()) {
            return false;
        }
        contact.place = Place::Talking(extension.clone(), self.now);
        agent.is(AgentState::Talking(id.to_owned()), self.now);
        let (waited, queue, number) = (contact.waited(self.now), contact.queue.clone(), contact.number.clone());
        let goal = self.settings.queue(&queue).map_or(0, |queue| queue.goal_seconds * 1_000);
        let is_callback = contact.callback.is_some();
        self.record.offered(contact, &extension, &agent.phone, since, OfferResult::Answered);
        if !is_callback {
            self.record.answered(contact, &extension, &agent.phone);
            self.record.exits(contact, ExitReason::Answered, &extension);
        }
        self.centre.worked(&extension).answered += 1;
        self.centre.remember(&number, &extension, self.now);
        if !is_callback {
            let tally = self.centre.tally(&queue);
            tally.answered += 1;
            tally.answered_in_time += u64::from(waited <= goal);
            tally.waited += waited;
            tally.longest = tally.longest.max(waited);
        }
        true
    }

    /// The contact goes back to its place with its age. Who let it ring is not ready any more.
    fn missed(&mut self, id: &str, why: Missed) {
        let Some(contact) = self.centre.contacts.get(id).cloned() else { return };
        let Place::Offered(agent, _) = contact.place.clone() else { return };
        let state = match why {
            Missed::NoAnswer | Missed::Rejected | Missed::Unavailable => AgentState::NotReady,
            Missed::Busy => AgentState::Ready,
        };
        self.free(id, &contact, came_of(why), state);
        self.centre.worked(&agent).missed += 1;
        if let Some(contact) = self.centre.contacts.get_mut(id) {
            contact.place = Place::Waiting;
            contact.passed.insert(agent, self.now + COOL);
        }
    }

    /// The conversation is over: notes are written, then the agent is ready.
    fn ended(&mut self, id: &str, by: EndedBy, end: Option<CallbackEnd>) {
        let Some(contact) = self.centre.contacts.remove(id) else { return };
        let Place::Talking(extension, since) = &contact.place else {
            self.centre.contacts.insert(id.to_owned(), contact);
            return;
        };
        let talked = self.now.saturating_sub(*since);
        if contact.callback.is_none() {
            self.record.ended(&contact, extension, by);
        }
        if let Some(callback) = &contact.callback {
            let step = if end.is_none() { CallbackStep::Done } else { CallbackStep::Expired };
            self.record.calls_back(&contact, callback, step, Some(extension));
            self.centre.call_back_done(DoneCallback {
                id: id.to_owned(),
                queue: contact.queue.clone(),
                number: contact.number.clone(),
                at: self.now,
                agent: Some(extension.clone()),
                end: end.unwrap_or(CallbackEnd::Answered),
            });
        }
        let wrap_up = self.settings.queue(&contact.queue).map_or(0, |queue| queue.wrap_up_seconds * 1_000);
        let tally = self.centre.tally(&contact.queue);
        tally.talked += talked;
        tally.ended += 1;
        // What one contact takes of an agent's time, the latest counting most.
        let took = talked + wrap_up;
        tally.samples = tally.samples.saturating_add(1);
        let weight = WEIGHT.min(u64::from(tally.samples));
        tally.usual = (tally.usual * (weight - 1) + took) / weight;
        self.centre.worked(extension).talked += talked;
        let now = self.now;
        let Some(agent) = self.centre.agents.get_mut(extension) else { return };
        agent.help = None;
        let code_required = self.settings.queue(&contact.queue).is_some_and(|queue| queue.code_required);
        if wrap_up == 0 && !code_required {
            let then = agent.then.take().unwrap_or(AgentState::Ready);
            return agent.is(then, now);
        }
        let until = now + wrap_up;
        agent.is(AgentState::WrapUp, now);
        self.record.notes_begin(&contact, extension, wrap_up);
        agent.wrap = Some(Wrap {
            contact: id.to_owned(),
            call: contact.call,
            visit: contact.visit,
            queue: contact.queue,
            number: contact.number,
            until,
            code: None,
        });
        self.acts.push(Act::SetTimer(format!("{WRAP}{extension}"), until));
    }

    // Call-backs.

    /// The contact keeps its age; its caller hangs up. A second wish of the same number in the same queue is the same wish.
    fn call_back(&mut self, id: &str, number: String, recording: Option<String>) -> bool {
        let Some(contact) = self.centre.contacts.get(id).cloned() else {
            return self.centre.contacts.values().any(|other| other.callback.is_some() && other.call == id);
        };
        let Some(queue) = self.settings.queue(&contact.queue).filter(|queue| queue.callback) else { return false };
        if contact.place != Place::Waiting || !queue.may_call_back(&number) {
            return false;
        }
        self.centre.contacts.remove(id);
        self.centre.tally(&queue.number).callbacks += 1;
        self.record.exits(&contact, ExitReason::Callback, &number);
        let same = |other: &Contact| other.callback.is_some() && other.queue == contact.queue && other.number == number;
        if self.centre.contacts.values().any(same) {
            return true;
        }
        self.centre.count += 1;
        let callback = Callback { recording, tries: 0, not_before: 0, dialling: false };
        let name = format!("callback-{}", self.centre.count);
        self.record.calls_back(&contact, &callback, CallbackStep::Requested, None);
        self.centre.contacts.insert(name, Contact { number, callback: Some(callback), ..contact });
        true
    }

    fn call_back_begins(&mut self, id: &str) -> Option<ToCall> {
        if !self.answered(id) {
            return None;
        }
        let contact = self.centre.contacts.get(id)?;
        let recording = contact.callback.as_ref().and_then(|callback| callback.recording.clone());
        Some(ToCall { number: contact.number.clone(), recording })
    }

    /// The caller has not answered: another try later, with the same age, or none.
    fn call_back_fails(&mut self, id: &str) {
        let Some(contact) = self.centre.contacts.get_mut(id) else { return };
        let Place::Talking(extension, _) = contact.place.clone() else { return };
        let queue = self.settings.queue(&contact.queue);
        let tries = queue.map_or(1, |queue| queue.callback_tries);
        let pause = queue.map_or(0, |queue| queue.callback_minutes * 60_000);
        let Some(callback) = &mut contact.callback else { return };
        callback.dialling = false;
        callback.not_before = self.now + pause;
        let over = callback.tries >= tries;
        let callback = callback.clone();
        let step = if over { CallbackStep::Expired } else { CallbackStep::Attempt };
        self.record.calls_back(contact, &callback, step, Some(&extension));
        if over {
            let (queue, number) = (contact.queue.clone(), contact.number.clone());
            let agent = Some(extension.clone());
            self.centre.contacts.remove(id);
            let end = CallbackEnd::Expired;
            self.centre.call_back_done(DoneCallback { id: id.to_owned(), queue, number, at: self.now, agent, end });
        } else {
            contact.place = Place::Waiting;
        }
        if let Some(agent) = self.centre.agents.get_mut(&extension) {
            let then = agent.then.take().unwrap_or(AgentState::Ready);
            agent.is(then, self.now);
        }
    }

    /// The call to an agent is over.
    fn rung(&mut self, id: &str, missed: Option<Missed>) {
        let Some(contact) = self.centre.contacts.get(id).cloned() else { return };
        match (&contact.place, missed) {
            (Place::Offered(..), missed) => self.missed(id, missed.unwrap_or(Missed::NoAnswer)),
            // The agent had picked up, and the script has not said how it went: the house was ended meanwhile, or the agent
            // hung up. Once the caller was called, nobody calls again by accident.
            (Place::Talking(..), _) if contact.callback.as_ref().is_some_and(|callback| callback.dialling) => {
                self.ended(id, EndedBy::House, Some(CallbackEnd::Unknown));
            }
            (Place::Talking(extension, _), _) => {
                let extension = extension.clone();
                if let Some(contact) = self.centre.contacts.get_mut(id) {
                    contact.place = Place::Waiting;
                    contact.passed.insert(extension.clone(), self.now + COOL);
                }
                if let Some(agent) = self.centre.agents.get_mut(&extension) {
                    let then = agent.then.take().unwrap_or(AgentState::Ready);
                    agent.is(then, self.now);
                }
            }
            (Place::Waiting, _) => {}
        }
    }

    // Agents and supervisors.

    fn wish(&mut self, extension: &str, wish: Wish) -> Result<(), String> {
        let now = self.now;
        if let Wish::LogIn { phone } = wish {
            if self.settings.agent(extension).is_none() {
                return Err(format!("{extension} is no agent: an administrator adds agents in the settings"));
            }
            if let Some((other, _)) =
                self.centre.agents.iter().find(|(own, agent)| *own != extension && agent.phone == phone)
            {
                return Err(format!("{other} works at that telephone already"));
            }
            match self.centre.agents.get_mut(extension) {
                Some(agent) => agent.phone = phone,
                None => drop(self.centre.agents.insert(extension.to_owned(), Agent::new(&phone, now))),
            }
            return Ok(());
        }
        let Some(agent) = self.centre.agents.get_mut(extension) else { return Err("not logged in".into()) };
        match wish {
            Wish::LogIn { .. } => {}
            Wish::LogOut => match agent.state {
                AgentState::Talking(_) | AgentState::Offered(_) => {
                    return Err("finish the contact in hand first".into());
                }
                _ => {
                    self.centre.agents.remove(extension);
                    self.acts.push(Act::CancelTimer(format!("{WRAP}{extension}")));
                }
            },
            Wish::Ready => match agent.state {
                AgentState::Talking(_) | AgentState::Offered(_) => agent.then = None,
                _ => {
                    agent.then = None;
                    return self.wrapped(extension);
                }
            },
            Wish::Break { name } => {
                if !self.settings.breaks.iter().any(|known| known.name == name) {
                    return Err(format!("there is no break “{name}”"));
                }
                match agent.state {
                    AgentState::Ready | AgentState::NotReady | AgentState::Break(_) => {
                        agent.is(AgentState::Break(name), now);
                    }
                    AgentState::Talking(_) | AgentState::Offered(_) | AgentState::WrapUp => {
                        agent.then = Some(AgentState::Break(name));
                    }
                }
            }
            Wish::Code { code } => {
                if !self.settings.codes.contains(&code) {
                    return Err(format!("there is no code “{code}”"));
                }
                let Some(wrap) = &mut agent.wrap else { return Err("there is no contact to name a code for".into()) };
                wrap.code = Some(code);
                if wrap.until <= now {
                    return self.wrapped(extension);
                }
            }
            Wish::Extend { seconds } => {
                let Some(wrap) = &mut agent.wrap else { return Err("there is no contact in hand".into()) };
                wrap.until = wrap.until.max(now) + seconds.min(LONGEST_EXTENSION) * 1_000;
                self.acts.push(Act::SetTimer(format!("{WRAP}{extension}"), wrap.until));
            }
            Wish::Help { wanted } => agent.help = wanted.then_some(now),
        }
        Ok(())
    }

    /// The time for notes is over, or the agent says so.
    fn wrapped(&mut self, extension: &str) -> Result<(), String> {
        let now = self.now;
        let Some(agent) = self.centre.agents.get_mut(extension) else { return Ok(()) };
        if let Some(wrap) = &agent.wrap {
            let queue = self.settings.queue(&wrap.queue);
            if wrap.code.is_none() && queue.is_some_and(|queue| queue.code_required) && !self.settings.codes.is_empty()
            {
                return Err("name a code first".into());
            }
            self.record.notes_end(extension, wrap);
            let took = now.saturating_sub(agent.since);
            let queue = wrap.queue.clone();
            self.centre.tally(&queue).wrapped += took;
            self.centre.worked(extension).wrapped += took;
        }
        if let Some(agent) = self.centre.agents.get_mut(extension) {
            agent.wrap = None;
            let then = agent.then.take().unwrap_or(AgentState::Ready);
            if agent.state != AgentState::Ready || then != AgentState::Ready {
                agent.is(then, now);
            }
        }
        self.acts.push(Act::CancelTimer(format!("{WRAP}{extension}")));
        Ok(())
    }

    fn order(&mut self, by: &str, order: Order) -> Result<(), String> {
        match order {
            Order::Assign { agent, bindings } => {
                if self.settings.agent(&agent).is_none() {
                    return Err(format!("{agent} is no agent"));
                }
                if let Some(unknown) = bindings.iter().flatten().find(|b| self.settings.queue(&b.queue).is_none()) {
                    return Err(format!("there is no queue {}", unknown.queue));
                }
                match bindings {
                    Some(bindings) => drop(self.centre.assigned.insert(agent, bindings)),
                    None => drop(self.centre.assigned.remove(&agent)),
                }
                Ok(())
            }
            Order::LogIn { agent, phone } => self.wish(&agent, Wish::LogIn { phone }),
            Order::LogOut { agent } => self.wish(&agent, Wish::LogOut),
            Order::Ready { agent } => self.wish(&agent, Wish::Ready),
            Order::Break { agent, name } => self.wish(&agent, Wish::Break { name }),
            Order::Helped { agent } => self.wish(&agent, Wish::Help { wanted: false }),
            Order::Acknowledge { queue } => match self.centre.alarms.get_mut(&queue) {
                Some(alarm) => {
                    alarm.by = Some(by.to_owned());
                    Ok(())
                }
                None => Err("there is no alarm".into()),
            },
            Order::RemoveCallback { contact: id } => {
                let Some(contact) = self.centre.contacts.get(&id) else { return Err("it is gone already".into()) };
                if contact.callback.is_none() || contact.place != Place::Waiting {
                    return Err("an agent has it in hand".into());
                }
                let (queue, number) = (contact.queue.clone(), contact.number.clone());
                if let Some(callback) = &contact.callback {
                    self.record.calls_back(contact, callback, CallbackStep::Expired, None);
                }
                self.centre.contacts.remove(&id);
                let end = CallbackEnd::Removed;
                self.centre.call_back_done(DoneCallback { id, queue, number, at: self.now, agent: None, end });
                Ok(())
            }
        }
    }

    fn timer(&mut self, name: &str) {
        if let Some(extension) = name.strip_prefix(WRAP) {
            let due = self.centre.agents.get(extension).and_then(|agent| agent.wrap.as_ref());
            if due.is_some_and(|wrap| wrap.until <= self.now) {
                // Without the code that is asked for the agent stays where it is.
                let _ = self.wrapped(extension);
            }
        }
    }

    // What follows.

    /// Send away who waits too long, give out who waits, raise alarms, and see when to look again.
    fn settle(&mut self) {
        self.send_away();
        while let Some(found) = next_match(self.centre, self.settings, self.now) {
            self.offer(&found.contact, &found.agent);
        }
        self.look_for_alarms();
        match next_look(self.centre, self.settings, self.now) {
            Some(at) => self.acts.push(Act::SetTimer(LOOK.into(), at)),
            None => self.acts.push(Act::CancelTimer(LOOK.into())),
        }
    }

    fn send_away(&mut self) {
        let too_long = |queue: &Queue, contact: &Contact| {
            queue.longest_wait_seconds > 0 && contact.waited(self.now) >= queue.longest_wait_seconds * 1_000
        };
        let waiting = self.centre.contacts.iter().filter(|(_, c)| c.place == Place::Waiting && c.callback.is_none());
        let goes = |(id, contact): (&String, &Contact)| {
            let Some(queue) = self.settings.queue(&contact.queue) else { return Some((id.clone(), String::new())) };
            too_long(queue, contact).then(|| (id.clone(), queue.overflow.clone()))
        };
        let going: Vec<(String, String)> = waiting.filter_map(goes).collect();
        for (id, to) in going {
            if let Some(contact) = self.centre.contacts.remove(&id) {
                let waited = contact.waited(self.now);
                self.record.exits(&contact, ExitReason::Timeout, &to);
                let tally = self.centre.tally(&contact.queue);
                tally.overflowed += 1;
                tally.longest = tally.longest.max(waited);
            }
            self.acts.push(Act::Send(id, Word::GoTo(to)));
        }
    }

    fn offer(&mut self, id: &str, extension: &str) {
        let now = self.now;
        let (Some(contact), Some(agent)) = (self.centre.contacts.get_mut(id), self.centre.agents.get_mut(extension))
        else {
            return;
        };
        contact.place = Place::Offered(extension.to_owned(), now);
        // Not `is`: being offered something does not end idleness until it is answered.
        agent.state = AgentState::Offered(id.to_owned());
        let (seconds, title) =
            self.settings.queue(&contact.queue).map_or((20, ""), |queue| (queue.ring_seconds, queue.name.as_str()));
        let phone = agent.phone.clone();
        self.acts.push(match contact.callback {
            None => Act::Send(id.to_owned(), Word::Offer { phone, seconds }),
            Some(_) => {
                let (contact, number, name) = (id.to_owned(), contact.number.clone(), format!("↩ {title}"));
                Act::Ring { contact, phone, seconds, number, name }
            }
        });
        self.centre.worked(extension).offered += 1;
    }

    /// An alarm goes when the cause has halved, so that it does not come and go with every caller.
    fn look_for_alarms(&mut self) {
        let watched = |queue: &&Queue| queue.alarm_waiting > 0 || queue.alarm_seconds > 0;
        for queue in self.settings.queues.iter().filter(watched) {
            let waiting = self.centre.contacts.values();
            let waiting = waiting.filter(|c| c.queue == queue.number && c.place == Place::Waiting);
            let (count, longest) =
                waiting.fold((0, 0), |(count, longest), contact| (count + 1, contact.waited(self.now).max(longest)));
            let limit = queue.alarm_seconds * 1_000;
            let raised = (queue.alarm_waiting > 0 && count >= queue.alarm_waiting) || (limit > 0 && longest >= limit);
            let calm =
                (queue.alarm_waiting == 0 || count * 2 <= queue.alarm_waiting) && (limit == 0 || longest * 2 <= limit);
            if raised && !self.centre.alarms.contains_key(&queue.number) {
                self.centre.alarms.insert(queue.number.clone(), Alarm { since: self.now, by: None });
            } else if calm {
                self.centre.alarms.remove(&queue.number);
            }
        }
    }
}
