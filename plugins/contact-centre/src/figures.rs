//! Figures for whoever watches over the house: how many wait in which queue, and what agents do.

use crate::{
    centre::{AgentState, Centre, Place},
    settings::Settings,
};
use jackfield_sdk::metrics;
use std::collections::BTreeMap;

/// Tell how it stands now.
pub fn show(centre: &Centre, settings: &Settings) {
    // Those of which nobody waits or works are told too, or they would stay as they were.
    let mut waiting: BTreeMap<&str, f64> = settings.queues.iter().map(|queue| (queue.name.as_str(), 0.0)).collect();
    for contact in centre.contacts.values().filter(|contact| contact.callback.is_none()) {
        let Some(queue) = settings.queue(&contact.queue) else { continue };
        if !matches!(contact.place, Place::Talking(..)) {
            *waiting.entry(&queue.name).or_default() += 1.0;
        }
    }
    for (queue, callers) in waiting {
        metrics::set("waiting_callers", &[("queue", queue)], callers);
    }
    let mut agents = BTreeMap::from(["ready", "busy", "away"].map(|state| (state, 0.0)));
    for agent in centre.agents.values() {
        let state = match agent.state {
            AgentState::Ready => "ready",
            AgentState::Offered(_) | AgentState::Talking(_) | AgentState::WrapUp => "busy",
            AgentState::Break(_) | AgentState::NotReady => "away",
        };
        *agents.entry(state).or_default() += 1.0;
    }
    for (state, number) in agents {
        metrics::set("agents", &[("state", state)], number);
    }
}
