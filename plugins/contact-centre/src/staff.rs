//! What agents and supervisors want.

use crate::{
    board,
    centre::{Agent, AgentState, CallbackEnd, DoneCallback, Link, Place},
    events::{Act, WRAP, Work},
    settings::Break,
    words::{Order, Supervisor, TookPart, Wish},
};
use jackfield_sdk::facts::{AlarmState, CallbackStep};
use std::collections::BTreeSet;

/// Longest that notes may be extended by at once.
const LONGEST_EXTENSION: u64 = 600;
/// Bounds of the lists that supervisors change, as the settings have them.
const MOST_BREAKS: usize = 20;
const MOST_CODES: usize = 100;
const LONGEST_NAME: usize = 40;
const LONGEST_BREAK: u64 = 480;

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
        if !self.centre.agents.contains_key(extension) {
            return Err("not logged in".into());
        }
        match &wish {
            Wish::Break { name } if !self.centre.breaks(self.settings).iter().any(|known| known.name == *name) => {
                return Err(format!("there is no break “{name}”"));
            }
            Wish::Code { code } if !self.centre.codes(self.settings).contains(code) => {
                return Err(format!("there is no code “{code}”"));
            }
            Wish::Help { wanted: false } => {
                self.help_is_over(extension, None);
                return Ok(());
            }
            _ => {}
        }
        let Some(agent) = self.centre.agents.get_mut(extension) else { return Ok(()) };
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
            Wish::Break { name } => match agent.state {
                AgentState::Ready | AgentState::NotReady | AgentState::Break(_) => {
                    agent.is(AgentState::Break(name), now);
                }
                AgentState::Talking(_) | AgentState::Offered(_) | AgentState::WrapUp => {
                    agent.then = Some(AgentState::Break(name));
                }
            },
            Wish::Code { code } => {
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
            Wish::Help { .. } => agent.help = agent.help.or(Some(now)),
        }
        Ok(())
    }

    /// Nobody waits for help any more: a supervisor comes, the agent does not want it, or the conversation is over.
    pub(crate) fn help_is_over(&mut self, extension: &str, by: Option<&Supervisor>) {
        let Some(agent) = self.centre.agents.get_mut(extension) else { return };
        agent.helper = by.map(|by| by.name.clone());
        if let Some(since) = agent.help.take() {
            let contact = match &agent.state {
                AgentState::Talking(id) => self.centre.contacts.get(id),
                _ => None,
            };
            self.record.helped(contact, extension, since, by);
        }
    }

    /// A supervisor has taken part; in the contact in hand, or the one whose notes are written.
    pub(crate) fn took_part(&mut self, part: &TookPart) {
        let agent = self.centre.agents.get(&part.agent);
        let of = match agent.map(|agent| &agent.state) {
            Some(AgentState::Talking(id)) => self.centre.contacts.get(id).map(|c| (c.visit.clone(), c.call.clone())),
            _ => agent.and_then(|agent| agent.wrap.as_ref()).map(|wrap| (wrap.visit.clone(), wrap.call.clone())),
        };
        self.record.took_part(part, of, &self.settings.supervision_basis);
    }

    /// The time for notes is over, or the agent says so.
    pub(crate) fn wrapped(&mut self, extension: &str) -> Result<(), String> {
        let now = self.now;
        let are_codes = !self.centre.codes(self.settings).is_empty();
        let Some(agent) = self.centre.agents.get_mut(extension) else { return Ok(()) };
        if let Some(wrap) = &agent.wrap {
            let queue = self.settings.queue(&wrap.queue);
            if wrap.code.is_none() && queue.is_some_and(|queue| queue.code_required) && are_codes {
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

    pub(crate) fn order(&mut self, by: &Supervisor, order: Order) -> Result<(), String> {
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
            Order::Helped { agent } => {
                self.help_is_over(&agent, Some(by));
                Ok(())
            }
            Order::Breaks { list } => {
                self.centre.breaks = list.map(sound_breaks).transpose()?;
                Ok(())
            }
            Order::Codes { list } => {
                self.centre.codes = list.map(sound_codes).transpose()?;
                Ok(())
            }
            Order::Link { link } => {
                let now = self.now;
                self.centre.links.retain(|link| link.until > now);
                if self.centre.links.len() >= board::MOST {
                    return Err(format!("there are {} links already: remove one first", board::MOST));
                }
                self.centre.count += 1;
                self.centre.links.push(Link { id: self.centre.count, ..link });
                Ok(())
            }
            Order::Unlink { id } => {
                self.centre.links.retain(|link| link.id != id);
                Ok(())
            }
            Order::Acknowledge { queue } => match self.centre.alarms.get_mut(&queue) {
                Some(alarm) => {
                    alarm.by = Some(by.name.clone());
                    let name = self.settings.queue(&queue).map_or(queue.as_str(), |queue| &queue.name);
                    self.record.alarm(&queue, name, alarm.since, AlarmState::Acknowledged, &by.name);
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

fn sound_breaks(list: Vec<Break>) -> Result<Vec<Break>, String> {
    let list: Vec<_> = list.into_iter().map(|each| Break { name: each.name.trim().to_owned(), ..each }).collect();
    sound_names(list.iter().map(|each| each.name.as_str()), MOST_BREAKS)?;
    match list.iter().find(|each| each.minutes > LONGEST_BREAK) {
        Some(long) => {
            Err(format!("“{}” has {} minutes: at most {LONGEST_BREAK} are possible", long.name, long.minutes))
        }
        None => Ok(list),
    }
}

fn sound_codes(list: Vec<String>) -> Result<Vec<String>, String> {
    let list: Vec<_> = list.into_iter().map(|code| code.trim().to_owned()).collect();
    sound_names(list.iter().map(String::as_str), MOST_CODES)?;
    Ok(list)
}

fn sound_names<'a>(names: impl ExactSizeIterator<Item = &'a str>, most: usize) -> Result<(), String> {
    if names.len() > most {
        return Err(format!("{} of them: at most {most} are possible", names.len()));
    }
    let mut seen = BTreeSet::new();
    for name in names {
        if !(1..=LONGEST_NAME).contains(&name.chars().count()) {
            return Err(format!("names have 1 to {LONGEST_NAME} characters"));
        }
        if !seen.insert(name) {
            return Err(format!("“{name}” is there twice"));
        }
    }
    Ok(())
}
