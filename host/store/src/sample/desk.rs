//! An agent's day: when free, when at a break, and the facts of it.

use super::{Chance, HOUR, MINUTE, SECOND, day::Told, people};
use jackfield_model::{AgentState, Happening};

/// One agent on one day.
pub(super) struct Desk {
    pub(super) agent: String,
    /// From when the agent can be offered a contact.
    free: u64,
    /// When the agent goes home.
    end: u64,
    /// Breaks to come, the next one last: when, how long, how long it may be, what kind.
    breaks: Vec<(u64, u64, u64, &'static str)>,
}

impl Desk {
    /// The agent begins the day; `None` for who does not come.
    pub(super) fn open(number: u64, midnight: u64, chance: &mut Chance, told: &mut Told<'_>) -> Option<Self> {
        let agent = people::agent(number);
        let (begins, ends) = match number % 4 {
            0 => (8 * HOUR, 16 * HOUR),
            1 => (9 * HOUR, 17 * HOUR),
            2 => (8 * HOUR, 17 * HOUR),
            _ => (10 * HOUR, 18 * HOUR),
        };
        let (begins, ends) = (midnight + begins, midnight + ends);
        let noon = midnight + 12 * HOUR + (number % 4) * 20 * MINUTE;
        let planned = |told: &mut Told<'_>, activity: &str, planned, begins, ends| {
            let activity = activity.to_owned();
            let what = Happening::Schedule { agent: agent.clone(), activity, planned, begins, ends };
            told.tell(midnight.saturating_sub(7 * 24 * HOUR), None, what);
        };
        planned(told, "work", true, begins, noon);
        planned(told, "break", true, noon, noon + 45 * MINUTE);
        if chance.percent(4) {
            planned(told, "sick", false, begins, ends);
            return None;
        }
        if chance.percent(8) {
            planned(told, "training", true, noon + 45 * MINUTE, noon + 2 * HOUR);
            planned(told, "work", true, noon + 2 * HOUR, ends);
        } else {
            planned(told, "work", true, noon + 45 * MINUTE, ends);
        }
        let login = begins + chance.below(6 * MINUTE);
        let (first, size) = (number, people::QUEUES.iter());
        let queues = size.filter(|queue| (queue.agents.0..queue.agents.0 + queue.agents.1).contains(&first));
        let queues = queues.map(|queue| queue.name.to_owned()).collect();
        told.tell(login, None, Happening::Login { agent: agent.clone(), device: device(&agent), queues });
        told.tell(login, None, state(&agent, AgentState::Ready, "", None));
        let mut desk = Self { agent, free: login, end: ends, breaks: Vec::new() };
        let mut add = |at, allowed: u64, kind| {
            let length = allowed - 2 * MINUTE + chance.below(6 * MINUTE);
            desk.breaks.push((at, length, allowed, kind));
        };
        add(begins + 6 * HOUR, 10 * MINUTE, "coffee");
        add(noon, 45 * MINUTE, "lunch");
        add(begins + 90 * MINUTE, 10 * MINUTE, "coffee");
        Some(desk)
    }

    /// When the agent can take somebody who comes at `at`: breaks that are due before are had first. `None` when not today.
    pub(super) fn ready(&mut self, at: u64, told: &mut Told<'_>) -> Option<u64> {
        loop {
            let ready = self.free.max(at);
            match self.breaks.last().copied() {
                Some((due, length, allowed, kind)) if due <= ready => {
                    self.breaks.pop();
                    let begins = self.free.max(due);
                    told.tell(begins, None, state(&self.agent, AgentState::Pause, kind, Some(allowed as u32)));
                    self.free = begins + length;
                    told.tell(self.free, None, state(&self.agent, AgentState::Ready, "", None));
                }
                _ => return (ready < self.end).then_some(ready),
            }
        }
    }

    /// Busy with a contact: rung from, talking from, wrapping up from, free from.
    pub(super) fn busy(&mut self, ring: u64, talk: u64, acw: u64, free: u64, told: &mut Told<'_>) {
        for (at, now) in [
            (ring, AgentState::Ringing),
            (talk, AgentState::Talking),
            (acw, AgentState::Acw),
            (free, AgentState::Ready),
        ] {
            told.tell(at, None, state(&self.agent, now, "", None));
        }
        self.free = free + SECOND;
    }

    /// Did not answer: out of the way for a while.
    pub(super) fn away(&mut self, ring: u64, until: u64, told: &mut Told<'_>) {
        told.tell(ring, None, state(&self.agent, AgentState::Ringing, "", None));
        told.tell(until, None, state(&self.agent, AgentState::NotReady, "rona", None));
        self.free = until + 2 * MINUTE;
        told.tell(self.free, None, state(&self.agent, AgentState::Ready, "", None));
    }

    /// The day is over.
    pub(super) fn close(mut self, told: &mut Told<'_>) {
        while self.breaks.last().is_some_and(|(due, ..)| *due < self.end) {
            let _ = self.ready(self.breaks.last().map_or(0, |(due, ..)| *due), told);
        }
        told.tell(self.free.max(self.end), None, Happening::Logout { agent: self.agent.clone() });
    }
}

pub(super) fn device(agent: &str) -> String {
    format!("desk-{agent}")
}

fn state(agent: &str, state: AgentState, reason: &str, allowed: Option<u32>) -> Happening {
    Happening::AgentState { agent: agent.to_owned(), state, reason: reason.to_owned(), allowed }
}
