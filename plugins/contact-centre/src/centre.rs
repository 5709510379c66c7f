//! Who waits and who works: the state that the host holds.

use crate::settings::{Binding, Break, Settings};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Call-backs that are over and still shown.
const MOST_DONE: usize = 200;

/// The contact centre at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Centre {
    /// By call, or by the name of a call-back.
    pub contacts: BTreeMap<String, Contact>,
    /// Agents who are logged in, by extension.
    pub agents: BTreeMap<String, Agent>,
    /// What has happened today, by queue.
    pub tallies: BTreeMap<String, Tally>,
    /// What agents have done today.
    pub worked: BTreeMap<String, Worked>,
    /// The day that is meant by today.
    pub day: String,
    /// Call-backs that are over, the latest last.
    pub done: Vec<DoneCallback>,
    /// Bindings that supervisors have changed, by agent.
    pub assigned: BTreeMap<String, Vec<Binding>>,
    /// Breaks and codes that supervisors have changed; none: what is set.
    #[serde(default)]
    pub breaks: Option<Vec<Break>>,
    #[serde(default)]
    pub codes: Option<Vec<String>>,
    /// Alarms that are on, by queue.
    pub alarms: BTreeMap<String, Alarm>,
    /// Call-backs and links so far.
    pub count: u64,
    /// Links to wallboards.
    #[serde(default)]
    pub links: Vec<Link>,
}

/// A link to a wallboard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// Which; set by the centre.
    #[serde(default)]
    pub id: u64,
    pub name: String,
    /// Numbers of the queues that it shows; none: all.
    pub queues: Vec<String>,
    pub message: String,
    /// Of the word in its address.
    pub digest: String,
    /// Who has made it.
    pub by: String,
    /// Good until then.
    pub until: u64,
}

/// Somebody who wants to speak with an agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// The call by which it came.
    pub call: String,
    /// This stay in the queue, as reports know it.
    pub visit: String,
    pub queue: String,
    pub number: String,
    pub name: String,
    /// When it came.
    pub entered: u64,
    /// By so many milliseconds it counts as having come earlier.
    pub advance: u64,
    /// The agent who is preferred.
    pub preferred: Option<String>,
    pub place: Place,
    /// Set when nobody is at the line: the caller is called back.
    pub callback: Option<Callback>,
    /// Agents who have just not taken it, and until when it is not offered to them again.
    pub passed: BTreeMap<String, u64>,
}

/// Where a contact is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Place {
    Waiting,
    /// At an agent whose telephone rings since then.
    Offered(String, u64),
    /// With an agent since then.
    Talking(String, u64),
}

/// A wish to be called back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Callback {
    /// What the caller has said.
    pub recording: Option<String>,
    pub tries: u32,
    /// Not before then.
    pub not_before: u64,
    /// The caller's telephone has been called, or is about to be: never twice by accident.
    pub dialling: bool,
}

/// A call-back that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DoneCallback {
    pub id: String,
    pub queue: String,
    pub number: String,
    pub at: u64,
    pub agent: Option<String>,
    pub end: CallbackEnd,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallbackEnd {
    /// They have spoken.
    Answered,
    /// All tries were in vain.
    Expired,
    /// Somebody has removed it.
    Removed,
    /// The house was ended while the caller was called: whether they spoke is not known.
    Unknown,
}

/// An agent who is logged in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agent {
    /// The telephone at the seat.
    pub phone: String,
    pub logged_in: u64,
    pub state: AgentState,
    /// Since when.
    pub since: u64,
    /// Free since then: ready, or the end of the last contact, whichever was later.
    pub idle_since: u64,
    /// What the agent goes to when the contact in hand is over.
    pub then: Option<AgentState>,
    /// The contact whose notes are being written.
    pub wrap: Option<Wrap>,
    /// Asks a supervisor for help since then.
    pub help: Option<u64>,
    /// The supervisor who comes.
    #[serde(default)]
    pub helper: Option<String>,
}

/// What an agent does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentState {
    Ready,
    /// On a break of that name.
    Break(String),
    /// Did not take a contact that was offered: says so when ready again.
    NotReady,
    /// The telephone rings for this contact.
    Offered(String),
    Talking(String),
    WrapUp,
}

/// Notes after a contact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wrap {
    pub contact: String,
    pub call: String,
    pub visit: String,
    pub queue: String,
    pub number: String,
    pub until: u64,
    pub code: Option<String>,
}

/// What has happened in a queue today. Lengths in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    pub offered: u64,
    pub answered: u64,
    pub answered_in_time: u64,
    pub abandoned: u64,
    /// Of these, those who hung up at once.
    pub abandoned_short: u64,
    /// Sent elsewhere: full, waited too long, no agents.
    pub overflowed: u64,
    /// Wishes to be called back.
    pub callbacks: u64,
    /// Sum of waits of those who were answered.
    pub waited: u64,
    pub longest: u64,
    /// Sum of talk and of notes, of those that are over.
    pub talked: u64,
    pub wrapped: u64,
    pub ended: u64,
    /// How long a contact keeps an agent, as of late; 0: not known.
    pub usual: u64,
    /// How many that is made of.
    pub samples: u32,
}

/// What an agent has done today.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Worked {
    pub offered: u64,
    pub answered: u64,
    pub missed: u64,
    pub talked: u64,
    pub wrapped: u64,
}

/// Too many wait, or too long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    pub since: u64,
    /// Who has taken note of it.
    pub by: Option<String>,
}

impl Centre {
    /// The bindings of an agent: a supervisor's, or those that are set.
    pub fn bindings<'a>(&'a self, settings: &'a Settings, extension: &str) -> &'a [Binding] {
        match self.assigned.get(extension) {
            Some(assigned) => assigned,
            None => settings.agent(extension).map_or(&[], |agent| &agent.queues),
        }
    }

    /// The breaks that agents may take: a supervisor's, or those that are set.
    pub fn breaks<'a>(&'a self, settings: &'a Settings) -> &'a [Break] {
        self.breaks.as_ref().unwrap_or(&settings.breaks)
    }

    /// What contacts may be about: a supervisor's list, or the one that is set.
    pub fn codes<'a>(&'a self, settings: &'a Settings) -> &'a [String] {
        self.codes.as_ref().unwrap_or(&settings.codes)
    }

    /// Who waits in a queue, whoever is next first.
    pub fn waiting(&self, queue: &str) -> Vec<(&str, &Contact)> {
        let of = self.contacts.iter().filter(|(_, contact)| contact.queue == queue && contact.place == Place::Waiting);
        let mut waiting: Vec<_> = of.map(|(id, contact)| (id.as_str(), contact)).collect();
        waiting.sort_by_key(|(id, contact)| (contact.rank(), *id));
        waiting
    }

    /// Place of a contact among those who wait with it, from 1.
    pub fn position(&self, id: &str) -> Option<usize> {
        let contact = self.contacts.get(id)?;
        self.waiting(&contact.queue).iter().position(|(waiting, _)| *waiting == id).map(|place| place + 1)
    }

    /// Agents of a queue who are logged in.
    pub fn logged_in<'a>(
        &'a self,
        settings: &'a Settings,
        queue: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Agent)> {
        let of = move |extension: &str| self.bindings(settings, extension).iter().any(|b| b.queue == queue);
        self.agents.iter().filter(move |(extension, _)| of(extension)).map(|(ext, agent)| (ext.as_str(), agent))
    }

    pub fn tally(&mut self, queue: &str) -> &mut Tally {
        self.tallies.entry(queue.to_owned()).or_default()
    }

    pub fn worked(&mut self, agent: &str) -> &mut Worked {
        self.worked.entry(agent.to_owned()).or_default()
    }

    /// A call-back is over.
    pub fn call_back_done(&mut self, done: DoneCallback) {
        self.done.push(done);
        if self.done.len() > MOST_DONE {
            self.done.remove(0);
        }
    }
}

impl Contact {
    /// Smaller is served earlier: when it came, moved ahead by what it is worth. So nobody waits for ever, whoever else comes.
    pub fn rank(&self) -> u64 {
        self.entered.saturating_sub(self.advance)
    }

    pub fn waited(&self, now: u64) -> u64 {
        now.saturating_sub(self.entered)
    }
}

impl Agent {
    pub fn new(phone: &str, now: u64) -> Self {
        Self {
            phone: phone.to_owned(),
            logged_in: now,
            state: AgentState::Ready,
            since: now,
            idle_since: now,
            then: None,
            wrap: None,
            help: None,
            helper: None,
        }
    }

    pub fn is(&mut self, state: AgentState, now: u64) {
        if state == AgentState::Ready {
            self.idle_since = now;
        }
        self.state = state;
        self.since = now;
    }
}
