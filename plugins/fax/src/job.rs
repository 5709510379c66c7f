//! A document on its way to its recipients: who has it, who is called, who is tried again and when.
//!
//! It is a state of the plugin's own, so that each call is made once and none is forgotten when the host is ended.

use crate::{JOB, RECIPIENT, settings::Settings};
use jackfield_sdk::{
    prelude::*,
    reducer::{Dialled, Effects, Event, Input, Order},
};
use serde::{Deserialize, Serialize};

/// Recipients of one document that are called at once.
const AT_ONCE: usize = 2;
/// How long a recipient's telephone rings.
const RING: u64 = 60;
const PREFIX: &str = "job/";

/// One document and its recipients.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Job {
    /// Whose it is: an extension.
    pub owner: String,
    pub document: String,
    pub name: String,
    pub pages: u32,
    /// When it was handed in, in milliseconds since 1970.
    pub at: u64,
    pub recipients: Vec<Recipient>,
    /// Nobody is called any more.
    pub stopped: bool,
}

/// One recipient.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recipient {
    pub number: String,
    pub state: State,
    /// Calls so far.
    pub tries: u32,
    /// What the last call came to: `complete`, `busy`, `line_dropped` …
    pub outcome: String,
    pub pages: u32,
    pub station: String,
    pub bit_rate: u32,
    pub t38: bool,
    /// When the last call was over, or when the next one is.
    pub at: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// To be called as soon as there is a line.
    #[default]
    Waiting,
    Calling,
    /// To be called again.
    Later,
    Sent,
    /// Not to be called again.
    Failed,
}

/// What a job is told or asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    Begin(Job),
    /// A call with a fax machine has come to this.
    Sent {
        recipient: usize,
        outcome: String,
        pages: u32,
        station: String,
        bit_rate: u32,
        t38: bool,
    },
    /// Call those again who have not got it.
    Again,
    Stop,
    Forget,
}

pub fn key(id: &str) -> String {
    format!("{PREFIX}{id}")
}

/// The ids of all jobs.
pub fn ids() -> Result<Vec<String>> {
    let keys = jackfield_sdk::reducer::keys(PREFIX)?;
    Ok(keys.iter().filter_map(|key| key.strip_prefix(PREFIX)).map(str::to_owned).collect())
}

pub fn look(id: &str) -> Result<Option<Job>> {
    jackfield_sdk::reducer::look(&key(id))
}

impl Job {
    /// Whether nobody is to be called any more.
    pub fn is_over(&self) -> bool {
        self.recipients.iter().all(|one| matches!(one.state, State::Sent | State::Failed))
    }

    /// Whether it makes no difference what else is tried: the document, or this house, is at fault.
    fn is_hopeless(outcome: &str) -> bool {
        matches!(outcome, "document" | "incompatible")
    }

    fn came_to(&mut self, index: usize, outcome: &str, at: u64, settings: &Settings, effects: &mut Effects) {
        let stopped = self.stopped;
        let Some(one) = self.recipients.get_mut(index) else { return };
        outcome.clone_into(&mut one.outcome);
        one.at = at;
        one.state = if outcome == "complete" {
            State::Sent
        } else if stopped || one.tries >= settings.tries || Self::is_hopeless(outcome) {
            State::Failed
        } else {
            one.at = at + settings.wait_minutes * 60_000;
            effects.set_timer(&index.to_string(), one.at, &());
            State::Later
        };
    }

    /// Call those who wait, as far as there are lines.
    fn call_next(&mut self, id: &str, settings: &Settings, effects: &mut Effects) {
        let busy = self.recipients.iter().filter(|one| one.state == State::Calling).count();
        let owner = self.owner.clone();
        let waiting = self.recipients.iter_mut().enumerate().filter(|(_, one)| one.state == State::Waiting);
        for (index, one) in waiting.take(AT_ONCE.saturating_sub(busy)) {
            one.state = State::Calling;
            one.tries += 1;
            one.outcome.clear();
            let index = index.to_string();
            let order = Order::to_number(&index, &one.number, &owner, "send").within(secs(RING));
            let order = order.showing(&settings.station.replace(' ', ""), &settings.header);
            effects.dial(order.arg(JOB, id).arg(RECIPIENT, &index));
        }
    }
}

/// Take what has happened.
pub fn take(job: &mut Job, input: &Input<'_>, effects: &mut Effects) {
    let settings: Settings = settings();
    let id = input.key.strip_prefix(PREFIX).unwrap_or(input.key).to_owned();
    match &input.event {
        Event::Asked { what, .. } | Event::Told(what) => match what.read() {
            Ok(Told::Begin(new)) if job.recipients.is_empty() => *job = new,
            Ok(Told::Begin(_)) => {}
            Ok(Told::Sent { recipient, outcome, pages, station, bit_rate, t38 }) => {
                if let Some(one) = job.recipients.get_mut(recipient) {
                    (one.pages, one.station, one.bit_rate, one.t38) = (pages, station, bit_rate, t38);
                    one.outcome = outcome;
                }
            }
            Ok(Told::Again) => {
                job.stopped = false;
                for one in job.recipients.iter_mut().filter(|one| matches!(one.state, State::Failed | State::Later)) {
                    (one.state, one.tries) = (State::Waiting, 0);
                }
            }
            Ok(Told::Stop) => {
                job.stopped = true;
                for one in job.recipients.iter_mut().filter(|one| matches!(one.state, State::Waiting | State::Later)) {
                    one.state = State::Failed;
                    if one.outcome.is_empty() {
                        one.outcome = "stopped".into();
                    }
                }
            }
            Ok(Told::Forget) => effects.erase(),
            Err(error) => return log::error!("a job is told what makes no sense: {error}"),
        },
        Event::Timer { name, .. } => {
            let due = name.parse().ok().and_then(|index: usize| job.recipients.get_mut(index));
            if let Some(one) = due.filter(|one| one.state == State::Later) {
                one.state = State::Waiting;
            }
        }
        Event::Dialled { name, how } => {
            let Ok(index) = name.parse::<usize>() else { return };
            let said = job.recipients.get(index).map(|one| one.outcome.clone()).unwrap_or_default();
            let outcome = match how {
                // The script has told what it came to; one that could not say has lost its line.
                Dialled::Done if said.is_empty() => "line_dropped",
                Dialled::Done => &said,
                Dialled::Busy => "busy",
                Dialled::NoAnswer => "no_answer",
                Dialled::Rejected => "rejected",
                Dialled::Unavailable => "unavailable",
                Dialled::Failed => "failed",
            };
            job.came_to(index, outcome, input.at, &settings, effects);
        }
        _ => {}
    }
    job.call_next(&id, &settings, effects);
    effects.reply(&());
}
