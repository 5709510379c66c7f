//! Callers who come, wait and go, and agents to whom they are offered.

use crate::{
    centre::{AgentState, CallbackEnd, Contact, DoneCallback, Place, Wrap},
    events::{Act, WRAP, Work},
    record::came_of,
    routing::expected_wait,
    words::{Entry, Missed, Standing},
};
use jackfield_sdk::facts::{CallbackStep, EndedBy, ExitReason, OfferResult};

/// An agent who was busy or cannot be reached is not offered the same contact again for so long.
pub const COOL: u64 = 10_000;
/// New contacts count so much in what is usual: about the last ten.
const WEIGHT: u64 = 10;

impl Work<'_> {
    /// Somebody comes: the number and name, and the agent who is preferred.
    pub(crate) fn enter(
        &mut self,
        call: String,
        number: &str,
        caller: String,
        name: String,
        preferred: Option<String>,
    ) -> Entry {
        let Some(queue) = self.settings.queue(number) else { return Entry::GoesTo(String::new()) };
        if self.centre.contacts.contains_key(&call) {
            return Entry::Waits(self.standing(&call));
        }
        let full = queue.most_waiting > 0 && self.centre.waiting(number).len() >= queue.most_waiting;
        let nobody = self.centre.logged_in(self.settings, number).next().is_none();
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

    pub(crate) fn standing(&self, contact: &str) -> Standing {
        let Some(position) = self.centre.position(contact) else { return Standing::default() };
        let queue = &self.centre.contacts[contact].queue;
        let wait = expected_wait(self.centre, self.settings, queue, position);
        Standing { position, minutes: wait.map(|wait| wait.div_ceil(60_000).max(1)) }
    }

    /// The caller goes elsewhere by itself.
    pub(crate) fn leaves(&mut self, id: &str) {
        if let Some(contact) = self.centre.contacts.remove(id) {
            self.free(id, &contact, OfferResult::CallerLeft, AgentState::Ready);
            self.record.exits(&contact, ExitReason::Key, "");
            self.centre.tally(&contact.queue).overflowed += 1;
        }
    }

    pub(crate) fn call_over(&mut self, id: &str) {
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

    /// The agent at whom a contact is; no longer.
    pub(crate) fn free(&mut self, id: &str, contact: &Contact, outcome: OfferResult, state: AgentState) {
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

    pub(crate) fn answered(&mut self, id: &str) -> bool {
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
        let (waited, queue) = (contact.waited(self.now), contact.queue.clone());
        let goal = self.settings.queue(&queue).map_or(0, |queue| queue.goal_seconds * 1_000);
        let is_callback = contact.callback.is_some();
        self.record.offered(contact, &extension, &agent.phone, since, OfferResult::Answered);
        if !is_callback {
            self.record.answered(contact, &extension, &agent.phone);
            self.record.exits(contact, ExitReason::Answered, &extension);
        }
        self.centre.worked(&extension).answered += 1;
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
    pub(crate) fn missed(&mut self, id: &str, why: Missed) {
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
    pub(crate) fn ended(&mut self, id: &str, by: EndedBy, end: Option<CallbackEnd>) {
        if let Some(Place::Talking(extension, _)) = self.centre.contacts.get(id).map(|contact| contact.place.clone()) {
            self.help_is_over(&extension, None);
        }
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
}
