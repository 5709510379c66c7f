//! What the pages ask. Agents see their own desk and the queues that they work in; supervisors and administrators see all.

use crate::{
    board,
    centre::{Agent, AgentState, Centre, Contact, DoneCallback, Link, Place, Tally, Worked, Wrap},
    history, now,
    settings::{Binding, Break, Settings, Supervision},
    words::{Ask, CENTRE, Granted, Order, Supervisor, Wish},
};
use jackfield_sdk::{prelude::*, reducer, web::Response};
use serde::Serialize;

/// Answer one request.
pub fn answer(request: &web::Request) -> Result<Response> {
    let settings: Settings = settings();
    let viewer = Viewer::of(request, &settings);
    match request.route()[..] {
        ["GET", "desk"] => desk(&viewer, &settings),
        ["GET", "history"] if viewer.supervises => history::list(request, &settings, &viewer, None),
        ["GET", "history"] => {
            let own = viewer.queues(&now()?, &settings);
            history::list(request, &settings, &viewer, Some(&own))
        }
        ["GET", "callers", number] => history::of_caller(number, &settings, &viewer),
        ["POST", "notes"] => history::note(request, &viewer, viewer.in_hand(&now()?).as_deref()),
        ["POST", "desk"] => {
            let Some(agent) = viewer.extension.clone().filter(|_| viewer.is_agent) else {
                return Ok(Response::denied("You are no agent."));
            };
            let wish: Wish = request.json()?;
            told(reducer::ask(CENTRE, &Ask::Agent { agent, wish })?)
        }
        ["GET", "overview"] if viewer.supervises => overview(&viewer, &settings),
        ["POST", "overview"] if viewer.supervises => {
            let wish: Order = request.json()?;
            told(reducer::ask(CENTRE, &Ask::Supervisor { by: viewer.supervisor(), wish })?)
        }
        ["POST", "links"] if viewer.supervises => told(board::make(request, viewer.supervisor(), &settings)?),
        // Of the house, for whoever has the link.
        ["LINK"] => board::show(request.query("word").unwrap_or_default(), &settings),
        ["GET", "callbacks", id, "audio"] if viewer.supervises || viewer.is_agent => {
            let contact = now()?.contacts.remove(id);
            let recording = contact.and_then(|contact| contact.callback).and_then(|callback| callback.recording);
            Ok(recording.map_or_else(Response::not_found, Response::recording))
        }
        ["GET" | "POST", "overview" | "links"] => Ok(Response::denied("Only supervisors see this.")),
        _ => Ok(Response::not_found()),
    }
}

/// Who looks.
pub(crate) struct Viewer {
    pub(crate) name: String,
    pub(crate) extension: Option<String>,
    pub(crate) is_agent: bool,
    pub(crate) supervises: bool,
}

impl Viewer {
    fn of(request: &web::Request, settings: &Settings) -> Self {
        let extension = request.user().extension.clone();
        let is_agent = extension.as_deref().is_some_and(|own| settings.agent(own).is_some());
        let supervises =
            request.user().is_admin() || extension.as_ref().is_some_and(|own| settings.supervisors.contains(own));
        Self { name: request.user().name.clone(), extension, is_agent, supervises }
    }

    fn supervisor(&self) -> Supervisor {
        Supervisor { name: self.name.clone(), extension: self.extension.clone() }
    }

    /// The names of the queues in which the agent works.
    fn queues(&self, centre: &Centre, settings: &Settings) -> Vec<String> {
        let own = self.extension.as_deref().filter(|_| self.is_agent);
        let bindings = own.map_or(&[][..], |own| centre.bindings(settings, own)).iter();
        bindings.filter_map(|binding| settings.queue(&binding.queue)).map(|queue| queue.name.clone()).collect()
    }

    /// The number of the caller whom the agent speaks with, or whose notes are written.
    fn in_hand(&self, centre: &Centre) -> Option<String> {
        let agent = centre.agents.get(self.extension.as_deref()?)?;
        match &agent.state {
            AgentState::Talking(id) => centre.contacts.get(id).map(|contact| contact.number.clone()),
            _ => agent.wrap.as_ref().map(|wrap| wrap.number.clone()),
        }
    }
}

/// What an agent sees.
#[derive(Serialize)]
struct Desk<'a> {
    now: u64,
    extension: Option<&'a str>,
    agent: bool,
    supervisor: bool,
    me: Option<Seat>,
    today: Worked,
    queues: Vec<QueueNow>,
    team: Vec<Seat>,
    breaks: &'a [Break],
    codes: &'a [String],
    callbacks: Vec<Waiting>,
}

/// What a supervisor sees.
#[derive(Serialize)]
struct Overview<'a> {
    now: u64,
    queues: Vec<QueueNow>,
    agents: Vec<Member<'a>>,
    waiting: Vec<Waiting>,
    done: Vec<DoneCallback>,
    breaks: &'a [Break],
    codes: &'a [String],
    /// Whether a supervisor has changed the breaks, and the codes.
    own_breaks: bool,
    own_codes: bool,
    supervision: SupervisionNow<'a>,
    links: Vec<LinkNow<'a>>,
}

/// A link to a wallboard, without what opens it.
#[derive(Serialize)]
struct LinkNow<'a> {
    id: u64,
    name: &'a str,
    queues: &'a [String],
    by: &'a str,
    until: u64,
}

/// How a supervisor may take part in conversations.
#[derive(Serialize)]
struct SupervisionNow<'a> {
    /// The number to call, before a digit and the agent's extension; none when the viewer may not.
    number: Option<&'a str>,
    when: Supervision,
    basis: &'a str,
}

/// An agent, logged in or not.
#[derive(Serialize)]
struct Member<'a> {
    extension: &'a str,
    name: &'a str,
    seat: Option<Seat>,
    today: Worked,
    bindings: Vec<Binding>,
    /// Whether a supervisor has changed the bindings.
    assigned: bool,
}

/// An agent who is logged in.
#[derive(Serialize)]
struct Seat {
    extension: String,
    name: String,
    phone: String,
    state: AgentState,
    since: u64,
    then: Option<AgentState>,
    wrap: Option<Wrap>,
    help: Option<u64>,
    helper: Option<String>,
    contact: Option<Waiting>,
}

/// A queue as it is now.
#[derive(Serialize)]
pub(crate) struct QueueNow {
    number: String,
    name: String,
    waiting: usize,
    callbacks: usize,
    longest: u64,
    ready: usize,
    busy: usize,
    away: usize,
    /// Per cent of those who were answered or gave up; none yet.
    service_level: Option<u64>,
    goal_percent: u32,
    goal_seconds: u64,
    average_wait: Option<u64>,
    average_talk: Option<u64>,
    today: Tally,
    alarm: Option<crate::centre::Alarm>,
    /// What raises it; 0: nothing does.
    alarm_waiting: usize,
    alarm_seconds: u64,
}

/// A contact.
#[derive(Serialize)]
struct Waiting {
    id: String,
    queue: String,
    number: String,
    name: String,
    entered: u64,
    place: &'static str,
    agent: Option<String>,
    callback: bool,
    tries: u32,
    not_before: u64,
    audio: bool,
}

fn desk(viewer: &Viewer, settings: &Settings) -> Result<Response> {
    let centre = now()?;
    let own = viewer.extension.as_deref().filter(|_| viewer.is_agent);
    let bindings = own.map_or(&[][..], |own| centre.bindings(settings, own));
    let mine = |queue: &str| viewer.supervises && own.is_none() || bindings.iter().any(|b| b.queue == queue);
    let team = |extension: &str| {
        Some(extension) != own && centre.bindings(settings, extension).iter().any(|binding| mine(&binding.queue))
    };
    let callbacks = centre.contacts.iter().filter(|(_, c)| c.callback.is_some() && mine(&c.queue));
    Response::json(&Desk {
        now: clock::now(),
        extension: own,
        agent: own.is_some(),
        supervisor: viewer.supervises,
        me: own.and_then(|own| Seat::of(&centre, settings, own, centre.agents.get(own)?)),
        today: own.and_then(|own| centre.worked.get(own)).cloned().unwrap_or_default(),
        queues: queues(&centre, settings, mine),
        team: centre
            .agents
            .iter()
            .filter(|(e, _)| team(e))
            .filter_map(|(e, a)| Seat::of(&centre, settings, e, a))
            .collect(),
        breaks: centre.breaks(settings),
        codes: centre.codes(settings),
        callbacks: callbacks.map(|(id, contact)| Waiting::of(id, contact)).collect(),
    })
}

fn overview(viewer: &Viewer, settings: &Settings) -> Result<Response> {
    let centre = now()?;
    let member = |agent: &crate::settings::AgentSettings| -> (Option<Seat>, Worked, Vec<Binding>, bool) {
        let extension = agent.extension.as_str();
        (
            centre.agents.get(extension).and_then(|seat| Seat::of(&centre, settings, extension, seat)),
            centre.worked.get(extension).cloned().unwrap_or_default(),
            centre.bindings(settings, extension).to_vec(),
            centre.assigned.contains_key(extension),
        )
    };
    let agents = settings.agents.iter().map(|agent| {
        let (seat, today, bindings, assigned) = member(agent);
        Member { extension: &agent.extension, name: &agent.name, seat, today, bindings, assigned }
    });
    let mut waiting: Vec<_> = centre.contacts.iter().map(|(id, contact)| Waiting::of(id, contact)).collect();
    waiting.sort_by_key(|contact| contact.entered);
    let now = clock::now();
    Response::json(&Overview {
        now,
        queues: queues(&centre, settings, |_| true),
        agents: agents.collect(),
        waiting,
        done: centre.done.iter().rev().take(50).cloned().collect(),
        breaks: centre.breaks(settings),
        codes: centre.codes(settings),
        own_breaks: centre.breaks.is_some(),
        own_codes: centre.codes.is_some(),
        supervision: SupervisionNow {
            // By telephone the house knows extensions, not administrators.
            number: Some(settings.supervision_number.as_str()).filter(|number| {
                let own = viewer.extension.as_ref().is_some_and(|own| settings.supervisors.contains(own));
                own && !number.is_empty() && settings.supervision != Supervision::Off
            }),
            when: settings.supervision,
            basis: &settings.supervision_basis,
        },
        links: centre.links.iter().filter(|link| link.until > now).map(LinkNow::of).collect(),
    })
}

fn told(granted: Granted) -> Result<Response> {
    match granted {
        Ok(()) => Ok(Response::done()),
        Err(why) => Ok(Response::text(why).with_status(409)),
    }
}

pub(crate) fn queues(centre: &Centre, settings: &Settings, wanted: impl Fn(&str) -> bool) -> Vec<QueueNow> {
    let now = clock::now();
    let queue = |queue: &crate::settings::Queue| {
        let waiting = centre.waiting(&queue.number);
        let callers = waiting.iter().filter(|(_, contact)| contact.callback.is_none());
        let count = |wanted: fn(&AgentState) -> bool| {
            centre.logged_in(settings, &queue.number).filter(|(_, agent)| wanted(&agent.state)).count()
        };
        let today = centre.tallies.get(&queue.number).cloned().unwrap_or_default();
        let counted = today.answered + today.abandoned - today.abandoned_short;
        QueueNow {
            number: queue.number.clone(),
            name: queue.name.clone(),
            waiting: callers.clone().count(),
            callbacks: waiting.len() - callers.clone().count(),
            longest: callers.map(|(_, contact)| contact.waited(now)).max().unwrap_or(0),
            ready: count(|state| *state == AgentState::Ready),
            busy: count(|s| matches!(s, AgentState::Offered(_) | AgentState::Talking(_) | AgentState::WrapUp)),
            away: count(|state| matches!(state, AgentState::Break(_) | AgentState::NotReady)),
            service_level: (today.answered_in_time * 100).checked_div(counted),
            goal_percent: queue.goal_percent,
            goal_seconds: queue.goal_seconds,
            average_wait: today.waited.checked_div(today.answered),
            average_talk: today.talked.checked_div(today.ended),
            alarm: centre.alarms.get(&queue.number).cloned(),
            alarm_waiting: queue.alarm_waiting,
            alarm_seconds: queue.alarm_seconds,
            today,
        }
    };
    settings.queues.iter().filter(|queue| wanted(&queue.number)).map(queue).collect()
}

impl QueueNow {
    /// For who is nobody.
    pub(crate) fn without_names(mut self) -> Self {
        if let Some(alarm) = &mut self.alarm {
            alarm.by = None;
        }
        self
    }
}

impl<'a> LinkNow<'a> {
    fn of(link: &'a Link) -> Self {
        Self { id: link.id, name: &link.name, queues: &link.queues, by: &link.by, until: link.until }
    }
}

impl Seat {
    fn of(centre: &Centre, settings: &Settings, extension: &str, agent: &Agent) -> Option<Self> {
        let contact = match &agent.state {
            AgentState::Offered(id) | AgentState::Talking(id) => Some(id),
            _ => None,
        };
        Some(Self {
            extension: extension.to_owned(),
            name: settings.agent(extension)?.name.clone(),
            phone: agent.phone.clone(),
            state: agent.state.clone(),
            since: agent.since,
            then: agent.then.clone(),
            wrap: agent.wrap.clone(),
            help: agent.help,
            helper: agent.helper.clone(),
            contact: contact.and_then(|id| centre.contacts.get(id).map(|contact| Waiting::of(id, contact))),
        })
    }
}

impl Waiting {
    fn of(id: &str, contact: &Contact) -> Self {
        let (place, agent) = match &contact.place {
            Place::Waiting => ("waiting", None),
            Place::Offered(agent, _) => ("offered", Some(agent.clone())),
            Place::Talking(agent, _) => ("talking", Some(agent.clone())),
        };
        let callback = contact.callback.as_ref();
        Self {
            id: id.to_owned(),
            queue: contact.queue.clone(),
            number: contact.number.clone(),
            name: contact.name.clone(),
            entered: contact.entered,
            place,
            agent,
            callback: callback.is_some(),
            tries: callback.map_or(0, |callback| callback.tries),
            not_before: callback.map_or(0, |callback| callback.not_before),
            audio: callback.is_some_and(|callback| callback.recording.is_some()),
        }
    }
}
