//! What agents and supervisors want.

use crate::{
    centre::{Agent, AgentState, CallbackEnd, DoneCallback, Place},
    events::{Act, WRAP, Work},
    words::{Order, Wish},
};
use jackfield_sdk::facts::CallbackStep;

/// Longest that notes may be extended by at once.
const LONGEST_EXTENSION: u64 = 600;

impl Work<'_> {
    pub(crate) fn wish(&mut self, extension: &str, wish: Wish) -> Result<(), String> {
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
    pub(crate) fn wrapped(&mut self, extension: &str) -> Result<(), String> {
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

    pub(crate) fn order(&mut self, by: &str, order: Order) -> Result<(), String> {
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
            Order::Code { agent, code } => self.wish(&agent, Wish::Code { code }),
            Order::Extend { agent, seconds } => self.wish(&agent, Wish::Extend { seconds }),
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

    pub(crate) fn timer(&mut self, name: &str) {
        if let Some(extension) = name.strip_prefix(WRAP) {
            let due = self.centre.agents.get(extension).and_then(|agent| agent.wrap.as_ref());
            if due.is_some_and(|wrap| wrap.until <= self.now) {
                // Without the code that is asked for the agent stays where it is.
                let _ = self.wrapped(extension);
            }
        }
    }
}
