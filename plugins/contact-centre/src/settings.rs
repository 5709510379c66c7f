//! What an administrator sets: queues, agents, breaks and wrap-up codes.

use jackfield_sdk::FieldError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// All of it.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Settings {
    pub queues: Vec<Queue>,
    pub agents: Vec<AgentSettings>,
    /// Extensions whose people supervise; administrators do anyway.
    pub supervisors: Vec<String>,
    /// Supervisors call this number, a digit and an agent's extension to take part in what the agent speaks; empty: none.
    pub supervision_number: String,
    /// When they may.
    pub supervision: Supervision,
    /// What makes it lawful, in the house's words.
    pub supervision_basis: String,
    pub breaks: Vec<Break>,
    /// What a contact was about: order, complaint …
    pub codes: Vec<String>,
    /// The number by which agents log in and out.
    pub agent_number: String,
    pub time_zone: String,
}

/// Callers to one number, who wait for an agent.
#[derive(Clone, Debug, Deserialize)]
pub struct Queue {
    pub number: String,
    pub name: String,
    /// How long one agent's telephone rings.
    pub ring_seconds: u64,
    /// Time for notes after a contact.
    pub wrap_up_seconds: u64,
    /// Whether an agent is ready again only after naming a code.
    pub code_required: bool,
    /// Service level: so many per cent …
    pub goal_percent: u32,
    /// … within so many seconds.
    pub goal_seconds: u64,
    /// Who hangs up within so many seconds does not count as abandoned.
    pub short_seconds: u64,
    /// Minutes by which its callers are ahead of those of other queues.
    pub priority: u64,
    pub vip: Vec<Vip>,
    /// Skills that are asked for, fewer the longer somebody waits. None: a group.
    pub steps: Vec<Step>,
    /// Whether skill counts before who has been idle longest.
    pub best_skill: bool,
    /// Whoever spoke with the caller within so many days is preferred; 0: nobody is.
    pub preferred_days: u64,
    /// How long a caller waits for that agent alone.
    pub preferred_seconds: u64,
    /// So many callers may wait; 0: any number.
    pub most_waiting: usize,
    /// A caller waits so long; 0: for ever.
    pub longest_wait_seconds: u64,
    /// Where callers go who cannot wait (any longer); empty: they are told so.
    pub overflow: String,
    /// Whether callers wait also while no agent is logged in.
    pub wait_without_agents: bool,
    pub greeting: Vec<String>,
    /// What is heard again and again.
    pub comfort: Vec<String>,
    pub comfort_seconds: u64,
    pub say_position: bool,
    pub say_wait: bool,
    /// Whether callers may ask to be called back.
    pub callback: bool,
    /// How often a call back is tried.
    pub callback_tries: u32,
    /// How long between.
    pub callback_minutes: u64,
    /// What the numbers begin with that are called back; none: all are.
    pub callback_prefixes: Vec<String>,
    /// So many waiting are an alarm; 0: none are.
    pub alarm_waiting: usize,
    /// Waiting so long is an alarm; 0: it never is.
    pub alarm_seconds: u64,
}

/// Somebody who is ahead of others in one queue.
#[derive(Clone, Debug, Deserialize)]
pub struct Vip {
    /// The number; an `x` stands for any digit.
    pub number: String,
    /// By so many minutes.
    pub minutes: u64,
}

/// What is asked of agents from some time of waiting on.
#[derive(Clone, Debug, Deserialize)]
pub struct Step {
    pub after_seconds: u64,
    pub needs: Vec<Skill>,
}

/// A skill, and how much of it: 0 to 100.
#[derive(Clone, Debug, Deserialize)]
pub struct Skill {
    pub skill: String,
    pub level: u32,
}

/// Somebody who takes contacts.
#[derive(Clone, Debug, Deserialize)]
pub struct AgentSettings {
    pub extension: String,
    pub name: String,
    pub skills: Vec<Skill>,
    pub queues: Vec<Binding>,
}

/// An agent's part in a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    pub queue: String,
    /// How good in it, 0 to 100.
    pub level: u32,
    /// Whether only when others do not suffice.
    #[serde(default)]
    pub overflow: bool,
    /// An overflow agent helps when somebody has waited so long; 0: never for that.
    #[serde(default)]
    pub after_seconds: u64,
    /// … or when so many wait; 0: never for that.
    #[serde(default)]
    pub after_calls: usize,
}

/// When supervisors may take part in the conversations of agents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Supervision {
    /// Never.
    #[default]
    Off,
    /// When the agent has asked for help.
    Help,
    Always,
}

/// A kind of break.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Break {
    pub name: String,
    /// How long it should be at most; 0: any time.
    pub minutes: u64,
}

impl Settings {
    pub fn queue(&self, number: &str) -> Option<&Queue> {
        self.queues.iter().find(|queue| queue.number == number)
    }

    pub fn agent(&self, extension: &str) -> Option<&AgentSettings> {
        self.agents.iter().find(|agent| agent.extension == extension)
    }

    /// What no schema can say.
    pub fn errors(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut numbers = BTreeSet::from([self.agent_number.as_str()]);
        let begins = |number: &str| !self.supervision_number.is_empty() && number.starts_with(&self.supervision_number);
        let mut of_house = self.queues.iter().map(|queue| queue.number.as_str()).chain([self.agent_number.as_str()]);
        if let Some(number) = of_house.find(|number| begins(number)) {
            let text = format!("{number} begins with it: calls to that number would not arrive");
            errors.push(FieldError::new("/supervision_number", text));
        }
        for (at, queue) in self.queues.iter().enumerate() {
            if !numbers.insert(&queue.number) {
                let text = format!("{} is used twice: give each queue a number of its own", queue.number);
                errors.push(FieldError::new(format!("/queues/{at}/number"), text));
            }
            if queue.overflow == queue.number {
                errors.push(FieldError::new(format!("/queues/{at}/overflow"), "a queue cannot overflow into itself"));
            }
        }
        let mut extensions = BTreeSet::new();
        for (at, agent) in self.agents.iter().enumerate() {
            if !extensions.insert(&agent.extension) {
                let text = format!("{} is an agent already", agent.extension);
                errors.push(FieldError::new(format!("/agents/{at}/extension"), text));
            }
            for (place, binding) in agent.queues.iter().enumerate() {
                if self.queue(&binding.queue).is_none() {
                    let text = format!("there is no queue {}", binding.queue);
                    errors.push(FieldError::new(format!("/agents/{at}/queues/{place}/queue"), text));
                }
            }
        }
        errors
    }
}

impl Queue {
    /// How much earlier this caller counts as having come, in milliseconds.
    pub fn advance(&self, number: &str) -> u64 {
        let vip = self.vip.iter().find(|vip| fits(&vip.number, number)).map_or(0, |vip| vip.minutes);
        (self.priority + vip) * 60_000
    }

    /// What is asked of agents after so long a wait.
    pub fn needs(&self, waited: u64) -> &[Skill] {
        let step =
            self.steps.iter().filter(|step| step.after_seconds * 1_000 <= waited).max_by_key(|s| s.after_seconds);
        step.map_or(&[], |step| &step.needs)
    }

    pub fn may_call_back(&self, number: &str) -> bool {
        let dialable = (3..=20).contains(&number.len()) && number.chars().all(|c| c.is_ascii_digit() || c == '+');
        let prefixes = &self.callback_prefixes;
        dialable && (prefixes.is_empty() || prefixes.iter().any(|prefix| number.starts_with(prefix)))
    }
}

fn fits(pattern: &str, number: &str) -> bool {
    pattern.len() == number.len()
        && pattern.chars().zip(number.chars()).all(|(p, n)| p == n || (p == 'x' && n.is_ascii_digit()))
}
