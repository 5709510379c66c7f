//! What has happened, and what follows from it. Everything here is arithmetic on the state: no clock, no house, no chance.

use crate::{
    centre::{AgentState, Alarm, Centre, Contact, Place},
    record::Record,
    routing::{next_look, next_match},
    settings::{Queue, Settings},
    words::{Ask, Missed, Word},
};
use jackfield_sdk::facts::{AlarmState, EndedBy, ExitReason, Fact};
use serde::Serialize;

/// The name of the timer that looks at what changes by time alone.
pub const LOOK: &str = "look";
/// Those of agents whose time for notes is over begin like this.
pub const WRAP: &str = "wrap/";

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    Reply(serde_json::Value),
    Send(String, Word),
    SetTimer(String, u64),
    CancelTimer(String),
    /// Ring an agent's telephone for a call back: the contact, the telephone, how long, and what it shows.
    Ring {
        contact: String,
        phone: String,
        seconds: u64,
        number: String,
        name: String,
    },
}

/// One thing that has happened.
pub enum Happened {
    /// With the call that joins by it.
    Asked(Ask, Option<String>),
    TimerDue(String),
    CallOver(String),
    /// A call to an agent for a call back is over; nothing: the agent had picked up.
    Rung(String, Option<Missed>),
    Started,
}

/// The centre while something happens.
pub struct Work<'a> {
    pub centre: &'a mut Centre,
    pub settings: &'a Settings,
    pub now: u64,
    pub acts: Vec<Act>,
    pub record: Record,
}

/// What follows: what is to be done, and what is told for reports.
pub struct Outcome {
    pub acts: Vec<Act>,
    pub facts: Vec<Fact>,
}

/// Take what has happened, and see who gets whom now.
pub fn take(centre: &mut Centre, settings: &Settings, today: &str, now: u64, happened: Happened) -> Outcome {
    let before = centre.agents.clone();
    if centre.day != today {
        centre.new_day(today);
    }
    let mut work = Work { centre, settings, now, acts: Vec::new(), record: Record::new(now) };
    match happened {
        Happened::Asked(ask, joins) => work.asked(ask, joins),
        Happened::TimerDue(name) => work.timer(&name),
        Happened::CallOver(call) => work.call_over(&call),
        Happened::Rung(contact, missed) => work.rung(&contact, missed),
        Happened::Started => {}
    }
    work.settle();
    let Work { centre, acts, mut record, .. } = work;
    record.agents(&before, centre, settings);
    Outcome { acts, facts: record.facts }
}

impl Centre {
    /// What is counted by the day begins anew; what is known of lengths stays.
    fn new_day(&mut self, today: &str) {
        today.clone_into(&mut self.day);
        self.worked.clear();
        for tally in self.tallies.values_mut() {
            *tally = crate::centre::Tally { usual: tally.usual, samples: tally.samples, ..Default::default() };
        }
    }
}

impl Work<'_> {
    fn asked(&mut self, ask: Ask, joins: Option<String>) {
        match ask {
            Ask::Enter { queue, number, name, preferred } => {
                let Some(call) = joins else { return };
                let entry = self.enter(call, &queue, number, name, preferred);
                self.reply(&entry);
            }
            Ask::Where { contact } => {
                let standing = self.standing(&contact);
                self.reply(&standing);
            }
            Ask::Answered { contact } => {
                let is_theirs = self.answered(&contact);
                self.reply(&is_theirs);
            }
            Ask::NotAnswered { contact, why } => self.missed(&contact, why),
            Ask::Ended { contact } => self.ended(&contact, EndedBy::Agent, None),
            Ask::Leaves { contact } => self.leaves(&contact),
            Ask::CallBack { contact, number, recording } => {
                let taken = self.call_back(&contact, number, recording);
                self.reply(&taken);
            }
            Ask::CallBackBegins { contact } => {
                let to_call = self.call_back_begins(&contact);
                self.reply(&to_call);
            }
            Ask::CallBackDials { contact } => {
                if let Some(callback) = self.centre.contacts.get_mut(&contact).and_then(|c| c.callback.as_mut()) {
                    callback.dialling = true;
                    callback.tries += 1;
                }
            }
            Ask::CallBackFails { contact } => self.call_back_fails(&contact),
            Ask::Agent { agent, wish } => {
                let granted = self.wish(&agent, wish);
                self.reply(&granted);
            }
            Ask::Supervisor { by, wish } => {
                let granted = self.order(&by, wish);
                self.reply(&granted);
            }
            Ask::TookPart(part) => self.took_part(&part),
        }
    }

    fn reply(&mut self, reply: &impl Serialize) {
        // These are numbers, texts and lists.
        self.acts.push(Act::Reply(serde_json::to_value(reply).unwrap_or_default()));
    }

    /// Send away who waits too long, give out who waits, raise alarms, and see when to look again.
    fn settle(&mut self) {
        self.send_away();
        while let Some(found) = next_match(self.centre, self.settings, self.now) {
            self.offer(&found.contact, &found.agent);
        }
        self.look_for_alarms();
        match next_look(self.centre, self.settings, self.now) {
            Some(at) => self.acts.push(Act::SetTimer(LOOK.into(), at)),
            None => self.acts.push(Act::CancelTimer(LOOK.into())),
        }
    }

    fn send_away(&mut self) {
        let too_long = |queue: &Queue, contact: &Contact| {
            queue.longest_wait_seconds > 0 && contact.waited(self.now) >= queue.longest_wait_seconds * 1_000
        };
        let waiting = self.centre.contacts.iter().filter(|(_, c)| c.place == Place::Waiting && c.callback.is_none());
        let goes = |(id, contact): (&String, &Contact)| {
            let Some(queue) = self.settings.queue(&contact.queue) else { return Some((id.clone(), String::new())) };
            too_long(queue, contact).then(|| (id.clone(), queue.overflow.clone()))
        };
        let going: Vec<(String, String)> = waiting.filter_map(goes).collect();
        for (id, to) in going {
            if let Some(contact) = self.centre.contacts.remove(&id) {
                let waited = contact.waited(self.now);
                self.record.exits(&contact, ExitReason::Timeout, &to);
                let tally = self.centre.tally(&contact.queue);
                tally.overflowed += 1;
                tally.longest = tally.longest.max(waited);
            }
            self.acts.push(Act::Send(id, Word::GoTo(to)));
        }
    }

    fn offer(&mut self, id: &str, extension: &str) {
        let now = self.now;
        let (Some(contact), Some(agent)) = (self.centre.contacts.get_mut(id), self.centre.agents.get_mut(extension))
        else {
            return;
        };
        contact.place = Place::Offered(extension.to_owned(), now);
        // Not `is`: being offered something does not end idleness until it is answered.
        agent.state = AgentState::Offered(id.to_owned());
        let (seconds, title) =
            self.settings.queue(&contact.queue).map_or((20, ""), |queue| (queue.ring_seconds, queue.name.as_str()));
        let phone = agent.phone.clone();
        self.acts.push(match contact.callback {
            None => Act::Send(id.to_owned(), Word::Offer { agent: extension.to_owned(), phone, seconds }),
            Some(_) => {
                let (contact, number, name) = (id.to_owned(), contact.number.clone(), format!("↩ {title}"));
                Act::Ring { contact, phone, seconds, number, name }
            }
        });
        self.centre.worked(extension).offered += 1;
    }

    /// An alarm goes when the cause has halved, so that it does not come and go with every caller.
    fn look_for_alarms(&mut self) {
        let watched = |queue: &&Queue| queue.alarm_waiting > 0 || queue.alarm_seconds > 0;
        for queue in self.settings.queues.iter().filter(watched) {
            let waiting = self.centre.contacts.values();
            let waiting = waiting.filter(|c| c.queue == queue.number && c.place == Place::Waiting);
            let (count, longest) =
                waiting.fold((0, 0), |(count, longest), contact| (count + 1, contact.waited(self.now).max(longest)));
            let limit = queue.alarm_seconds * 1_000;
            let raised = (queue.alarm_waiting > 0 && count >= queue.alarm_waiting) || (limit > 0 && longest >= limit);
            let calm =
                (queue.alarm_waiting == 0 || count * 2 <= queue.alarm_waiting) && (limit == 0 || longest * 2 <= limit);
            if raised && !self.centre.alarms.contains_key(&queue.number) {
                self.centre.alarms.insert(queue.number.clone(), Alarm { since: self.now, by: None });
                self.record.alarm(&queue.number, &queue.name, self.now, AlarmState::Raised, "");
            } else if calm && let Some(alarm) = self.centre.alarms.remove(&queue.number) {
                self.record.alarm(&queue.number, &queue.name, alarm.since, AlarmState::Cleared, "");
            }
        }
    }
}
