//! Who gets whom. One rule for both situations: an agent is free and several wait, or somebody comes and several are free.
//!
//! Whoever waits is looked at in the order of rank; each is given to the best agent who may take it now. What changes with
//! time alone (a step of skills, an overflow agent, the end of a preference) is looked at again when it is due.

use crate::{
    centre::{Agent, AgentState, Centre, Contact, Place},
    settings::{Binding, Queue, Settings},
};
use std::{cmp::Reverse, collections::BTreeMap};

/// A contact for an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    pub contact: String,
    pub agent: String,
}

/// Agents who are ready for a queue, and how many wait in it.
#[derive(Default)]
struct Counter<'a> {
    ready: Vec<(&'a str, &'a Agent, &'a Binding)>,
    waiting: usize,
}

/// The best pair there is now, whoever has waited longest first.
pub fn next_match(centre: &Centre, settings: &Settings, now: u64) -> Option<Match> {
    let mut counters: BTreeMap<&str, Counter<'_>> = BTreeMap::new();
    for (extension, agent) in centre.agents.iter().filter(|(_, agent)| agent.state == AgentState::Ready) {
        for binding in centre.bindings(settings, extension) {
            counters.entry(&binding.queue).or_default().ready.push((extension, agent, binding));
        }
    }
    if counters.is_empty() {
        return None;
    }
    let mut waiting = Vec::new();
    for (id, contact) in centre.contacts.iter().filter(|(_, contact)| contact.place == Place::Waiting) {
        if let Some(counter) = counters.get_mut(contact.queue.as_str()) {
            counter.waiting += 1;
            if is_due(contact, now) {
                waiting.push((contact.rank(), id, contact));
            }
        }
    }
    waiting.sort_by_key(|(rank, id, _)| (*rank, *id));
    waiting.into_iter().find_map(|(_, id, contact)| {
        let agent = best_agent(centre, settings, counters.get(contact.queue.as_str())?, contact, now)?;
        Some(Match { contact: id.clone(), agent: agent.to_owned() })
    })
}

/// The agent who takes this contact now.
fn best_agent<'a>(
    centre: &Centre,
    settings: &Settings,
    counter: &Counter<'a>,
    contact: &Contact,
    now: u64,
) -> Option<&'a str> {
    let queue = settings.queue(&contact.queue)?;
    let only = preferred(centre, settings, queue, contact, now);
    let ready = counter.ready.iter().filter(|(extension, ..)| only.is_none_or(|only| only == *extension));
    let candidates = ready.filter_map(|(extension, agent, binding)| {
        let skill = may_take(settings, queue, contact, extension, binding, counter.waiting, now)?;
        let worked = centre.worked.get(*extension).map_or(0, |worked| worked.talked + worked.wrapped);
        let skill = if queue.best_skill { skill + binding.level } else { 0 };
        Some((binding.overflow, Reverse(skill), agent.idle_since, worked, *extension))
    });
    candidates.min().map(|(.., extension)| extension)
}

/// How much of the skills that are asked for an agent who is ready has, together; `None` when the agent does not take this contact now.
fn may_take(
    settings: &Settings,
    queue: &Queue,
    contact: &Contact,
    extension: &str,
    binding: &Binding,
    waiting: usize,
    now: u64,
) -> Option<u32> {
    if contact.passed.get(extension).is_some_and(|until| *until > now) {
        return None;
    }
    let waited = contact.waited(now);
    let long = binding.after_seconds > 0 && waited >= binding.after_seconds * 1_000;
    let many = binding.after_calls > 0 && waiting >= binding.after_calls;
    if binding.overflow && !long && !many {
        return None;
    }
    let skills = settings.agent(extension).map_or(&[][..], |agent| &agent.skills);
    let mut total = 0;
    for need in queue.needs(waited) {
        let has = skills.iter().find(|skill| skill.skill == need.skill).map_or(0, |skill| skill.level);
        if has < need.level {
            return None;
        }
        total += has;
    }
    Some(total)
}

/// The agent for whom alone the contact waits now: one who is there, and free or soon free.
fn preferred<'a>(
    centre: &Centre,
    settings: &Settings,
    queue: &Queue,
    contact: &'a Contact,
    now: u64,
) -> Option<&'a str> {
    let preferred = contact.preferred.as_deref()?;
    let agent = centre.agents.get(preferred)?;
    let in_time = contact.waited(now) < queue.preferred_seconds * 1_000;
    let bound = centre.bindings(settings, preferred).iter().any(|binding| binding.queue == contact.queue);
    let soon = !matches!(agent.state, AgentState::Break(_) | AgentState::NotReady) && agent.then.is_none();
    let passed = contact.passed.get(preferred).is_some_and(|until| *until > now);
    (in_time && bound && soon && !passed).then_some(preferred)
}

fn is_due(contact: &Contact, now: u64) -> bool {
    contact.callback.as_ref().is_none_or(|callback| callback.not_before <= now)
}

/// When something changes by time alone.
pub fn next_look(centre: &Centre, settings: &Settings, now: u64) -> Option<u64> {
    let mut overflows: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for extension in centre.agents.keys() {
        let bindings = centre.bindings(settings, extension).iter();
        for binding in bindings.filter(|binding| binding.overflow && binding.after_seconds > 0) {
            overflows.entry(&binding.queue).or_default().push(binding.after_seconds);
        }
    }
    let mut next = None;
    let mut at = |time: u64| {
        if time > now && next.is_none_or(|next| time < next) {
            next = Some(time);
        }
    };
    for contact in centre.contacts.values().filter(|contact| contact.place == Place::Waiting) {
        let Some(queue) = settings.queue(&contact.queue) else { continue };
        let since = |seconds: u64| contact.entered + seconds * 1_000;
        queue.steps.iter().for_each(|step| at(since(step.after_seconds)));
        overflows.get(contact.queue.as_str()).into_iter().flatten().for_each(|seconds| at(since(*seconds)));
        contact.passed.values().for_each(|until| at(*until));
        if contact.preferred.is_some() {
            at(since(queue.preferred_seconds));
        }
        if queue.longest_wait_seconds > 0 && contact.callback.is_none() {
            at(since(queue.longest_wait_seconds));
        }
        if queue.alarm_seconds > 0 {
            at(since(queue.alarm_seconds));
        }
        if let Some(callback) = &contact.callback {
            at(callback.not_before);
        }
    }
    next
}

/// How long a caller at this place of a queue will wait, in milliseconds: the work that is before it, shared by the agents
/// who are there. Nothing when too little is known to say.
pub fn expected_wait(centre: &Centre, settings: &Settings, queue: &str, position: usize) -> Option<u64> {
    /// Fewer contacts say nothing about how long one takes.
    const FEWEST: u32 = 3;
    let tally = centre.tallies.get(queue).filter(|tally| tally.samples >= FEWEST)?;
    let works = |agent: &Agent| !matches!(agent.state, AgentState::Break(_) | AgentState::NotReady);
    // An agent of several queues counts as a part of one in each.
    let share = |extension: &str| 100 / centre.bindings(settings, extension).len().clamp(1, 3) as u64;
    let agents: u64 =
        centre.logged_in(settings, queue).filter(|(_, a)| works(a)).map(|(extension, _)| share(extension)).sum();
    (agents > 0).then(|| position as u64 * tally.usual * 100 / agents)
}
