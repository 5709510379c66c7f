//! Callers who are called back.

use crate::{
    callers::COOL,
    centre::{AgentState, Callback, CallbackEnd, Contact, DoneCallback, Place},
    events::Work,
    words::{Missed, ToCall},
};
use jackfield_sdk::facts::{CallbackStep, EndedBy, ExitReason};

impl Work<'_> {
    /// The contact keeps its age; its caller hangs up. A second wish of the same number in the same queue is the same wish.
    pub(crate) fn call_back(&mut self, id: &str, number: String, recording: Option<String>) -> bool {
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

    pub(crate) fn call_back_begins(&mut self, id: &str) -> Option<ToCall> {
        if !self.answered(id) {
            return None;
        }
        let contact = self.centre.contacts.get(id)?;
        let recording = contact.callback.as_ref().and_then(|callback| callback.recording.clone());
        let agent = match &contact.place {
            Place::Talking(agent, _) => agent.clone(),
            _ => String::new(),
        };
        Some(ToCall { agent, number: contact.number.clone(), recording })
    }

    /// The caller has not answered: another try later, with the same age, or none.
    pub(crate) fn call_back_fails(&mut self, id: &str) {
        if let Some(Place::Talking(extension, _)) = self.centre.contacts.get(id).map(|contact| contact.place.clone()) {
            self.help_is_over(&extension, None);
        }
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
    pub(crate) fn rung(&mut self, id: &str, missed: Option<Missed>) {
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
                self.help_is_over(&extension, None);
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
}
