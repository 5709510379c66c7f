//! What is told to the house for its reports. Every fact has a key that says what it is, so that a batch of inputs that is taken
//! again tells nothing twice.

use crate::{
    centre::{Agent, AgentState, Callback, Centre, Contact, Wrap},
    settings::{Queue, Settings},
    words::{Missed, Part, Supervisor, TookPart},
};
use jackfield_sdk::facts::{
    self, AcwEnd, AcwStart, AcwStop, AgentStateKind, AlarmState, Answer, AnswerEnd, CallbackStep, EndedBy, ExitReason,
    Fact, Happening, HelpRequest, Login, Logout, Media, Monitor, MonitorMode, Offer, OfferResult, QueueEnter,
    QueueExit, ServiceGoal, WrapupCode,
};
use std::collections::BTreeMap;

/// The facts of what happens at one moment.
pub struct Record {
    pub now: u64,
    pub facts: Vec<Fact>,
}

impl Record {
    pub fn new(now: u64) -> Self {
        Self { now, facts: Vec::new() }
    }

    fn tell(&mut self, contact: &Contact, what: &str, happening: Happening) {
        let fact = facts::fact(format!("{}/{what}", contact.visit), self.now, happening);
        self.facts.push(fact.in_visit(&contact.visit).of_call(&contact.call));
    }

    pub fn enters(&mut self, contact: &Contact, queue: &Queue, position: usize) {
        let goal = ServiceGoal {
            percent: u8::try_from(queue.goal_percent).unwrap_or(100),
            target: milliseconds(queue.goal_seconds * 1_000),
            short: milliseconds(queue.short_seconds * 1_000),
        };
        let enter = QueueEnter {
            queue: queue.name.clone(),
            media: Media::Voice,
            contact: contact.number.clone(),
            name: contact.name.clone(),
            priority: i32::try_from(contact.advance / 60_000).unwrap_or(i32::MAX),
            vip: contact.advance > queue.priority * 60_000,
            position: u32::try_from(position).unwrap_or(u32::MAX),
            skills: queue.needs(0).iter().map(|need| need.skill.clone()).collect(),
            preferred: contact.preferred.clone(),
            goal,
        };
        self.tell(contact, "enter", Happening::QueueEnter(enter));
    }

    pub fn exits(&mut self, contact: &Contact, reason: ExitReason, to: &str) {
        let exit = QueueExit { reason, to: to.to_owned(), told: None };
        self.tell(contact, "exit", Happening::QueueExit(exit));
    }

    /// An offer is over.
    pub fn offered(&mut self, contact: &Contact, agent: &str, device: &str, since: u64, outcome: OfferResult) {
        let ring = milliseconds(self.now.saturating_sub(since));
        let offer = Offer { agent: agent.to_owned(), device: device.to_owned(), ring, outcome };
        self.tell(contact, &format!("offer/{agent}/{since}"), Happening::Offer(offer));
    }

    pub fn answered(&mut self, contact: &Contact, agent: &str, device: &str) {
        let answer = Answer { agent: agent.to_owned(), device: device.to_owned() };
        self.tell(contact, "answer", Happening::Answer(answer));
    }

    pub fn ended(&mut self, contact: &Contact, agent: &str, by: EndedBy) {
        let end = AnswerEnd { agent: agent.to_owned(), by };
        self.tell(contact, "answer-end", Happening::AnswerEnd(end));
    }

    pub fn calls_back(&mut self, contact: &Contact, callback: &Callback, step: CallbackStep, agent: Option<&str>) {
        let key = format!("callback/{step:?}/{}", callback.tries);
        let step = facts::Callback {
            step,
            number: contact.number.clone(),
            attempt: callback.tries,
            agent: agent.map(str::to_owned),
        };
        self.tell(contact, &key, Happening::Callback(step));
    }

    pub fn notes_begin(&mut self, contact: &Contact, agent: &str, allowed: u64) {
        let start = AcwStart { agent: agent.to_owned(), allowed: Some(milliseconds(allowed)) };
        self.tell(contact, "acw-start", Happening::AcwStart(start));
    }

    pub fn notes_end(&mut self, agent: &str, wrap: &Wrap) {
        let visit = &wrap.visit;
        let why = if wrap.until <= self.now { AcwEnd::Timeout } else { AcwEnd::Done };
        let mut tell = |what: &str, happening| {
            let fact = facts::fact(format!("{visit}/{what}"), self.now, happening);
            self.facts.push(fact.in_visit(visit).of_call(&wrap.call));
        };
        tell("acw-stop", Happening::AcwStop(AcwStop { agent: agent.to_owned(), why }));
        if let Some(code) = &wrap.code {
            tell("code", Happening::WrapupCode(WrapupCode { agent: agent.to_owned(), code: code.clone() }));
        }
    }

    /// An agent does not wait for help any more.
    pub fn helped(&mut self, contact: Option<&Contact>, agent: &str, since: u64, by: Option<&Supervisor>) {
        let supervisor = by.map(|by| by.extension.clone().unwrap_or_else(|| by.name.clone()));
        let response = milliseconds(self.now.saturating_sub(since));
        let request = HelpRequest { agent: agent.to_owned(), supervisor, response };
        let fact = facts::fact(format!("help/{agent}/{since}"), self.now, Happening::HelpRequest(request));
        self.facts.push(match contact {
            Some(contact) => fact.in_visit(&contact.visit).of_call(&contact.call),
            None => fact,
        });
    }

    /// A supervisor has taken part in a conversation: of this visit and call, when they are known.
    pub fn took_part(&mut self, part: &TookPart, of: Option<(String, String)>, basis: &str) {
        let mode = match part.part {
            Part::Listen => MonitorMode::Listen,
            Part::Whisper => MonitorMode::Whisper,
            Part::Join => MonitorMode::Barge,
        };
        let monitor = Monitor {
            supervisor: part.supervisor.clone(),
            agent: part.agent.clone(),
            mode,
            lasted: milliseconds(part.until.saturating_sub(part.from)),
            basis: basis.to_owned(),
        };
        let fact = facts::fact(format!("monitor/{}", part.call), part.from, Happening::Monitor(monitor));
        self.facts.push(match of {
            Some((visit, call)) => fact.in_visit(visit).of_call(call),
            None => fact,
        });
    }

    /// The alarm of a queue has changed.
    pub fn alarm(&mut self, number: &str, queue: &str, since: u64, state: AlarmState, by: &str) {
        let key = format!("alarm/{number}/{since}/{state:?}");
        let alarm = facts::Alarm { name: "waiting".into(), queue: Some(queue.to_owned()), state, by: by.to_owned() };
        self.facts.push(facts::fact(key, self.now, Happening::Alarm(alarm)));
    }

    /// What agents do now that they did not do before.
    pub fn agents(&mut self, before: &BTreeMap<String, Agent>, after: &Centre, settings: &Settings) {
        for (extension, agent) in &after.agents {
            let was = before.get(extension);
            if was.is_none() {
                let queues = after.bindings(settings, extension).iter().filter_map(|b| settings.queue(&b.queue));
                let login = Login {
                    agent: extension.clone(),
                    device: agent.phone.clone(),
                    queues: queues.map(|queue| queue.name.clone()).collect(),
                };
                self.of_agent(extension, "login", Happening::Login(login));
            }
            if was.is_none_or(|was| was.state != agent.state) {
                self.state(extension, agent, after, settings);
            }
        }
        for extension in before.keys().filter(|extension| !after.agents.contains_key(*extension)) {
            self.of_agent(extension, "logout", Happening::Logout(Logout { agent: extension.clone() }));
        }
    }

    fn state(&mut self, extension: &str, agent: &Agent, centre: &Centre, settings: &Settings) {
        let (state, reason, allowed) = match &agent.state {
            AgentState::Ready => (AgentStateKind::Ready, String::new(), None),
            AgentState::Offered(_) => (AgentStateKind::Ringing, String::new(), None),
            AgentState::Talking(_) => (AgentStateKind::Talking, String::new(), None),
            AgentState::WrapUp => (AgentStateKind::Acw, String::new(), None),
            AgentState::NotReady => (AgentStateKind::NotReady, "rona".to_owned(), None),
            AgentState::Break(name) => {
                let minutes =
                    centre.breaks(settings).iter().find(|each| each.name == *name).map_or(0, |each| each.minutes);
                (AgentStateKind::Pause, name.clone(), (minutes > 0).then(|| milliseconds(minutes * 60_000)))
            }
        };
        let state = facts::AgentState { agent: extension.to_owned(), state, reason, allowed };
        self.of_agent(extension, &format!("{:?}", state.state), Happening::AgentState(state));
    }

    fn of_agent(&mut self, extension: &str, what: &str, happening: Happening) {
        self.facts.push(facts::fact(format!("agent/{extension}/{}/{what}", self.now), self.now, happening));
    }
}

/// What came of an offer, as reports have it.
pub fn came_of(why: Missed) -> OfferResult {
    match why {
        Missed::NoAnswer | Missed::Unavailable => OfferResult::Rona,
        Missed::Busy | Missed::Rejected => OfferResult::Rejected,
    }
}

/// Lengths beyond seven weeks are told as that.
fn milliseconds(length: u64) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
