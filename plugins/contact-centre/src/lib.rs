//! A contact centre: callers wait in queues, agents take them by skill and by who has been idle longest.
//!
//! [`centre`] is the state that the host holds, [`routing`] says who gets whom, [`events`] what follows from what has
//! happened ([`callers`], [`callbacks`], [`staff`]), [`record`] what reports are told of it. [`queue`] is the script of a waiting
//! caller, [`callback`] that of an agent who calls one back, [`seat`] that of an agent who logs in by telephone; [`supervise`] lets
//! supervisors take part in conversations, [`known`] remembers who has spoken with whom, [`web`] answers the pages, [`history`] what they ask about the past and [`board`] wallboards;
//! [`figures`] tells how many wait.

mod board;
mod callback;
mod callbacks;
mod callers;
mod centre;
mod events;
mod figures;
mod history;
mod known;
mod queue;
mod record;
mod routing;
mod seat;
mod settings;
#[cfg(test)]
mod simulation;
mod staff;
mod supervise;
mod web;
mod words;

use centre::Centre;
use events::{Act, Happened};
use jackfield_sdk::{
    prelude::*,
    reducer::{Dialled, Effects, Event, Input, Order},
};
use settings::Settings;
use std::{cell::OnceCell, rc::Rc};
use words::{CENTRE, Missed};

/// The argument that names a queue, or a contact.
const ABOUT: &str = "about";

#[router]
fn route(request: &Request) -> Result<Decision> {
    let settings: Settings = settings();
    let callee = &request.callee.number;
    if *callee == settings.agent_number {
        return Ok(Decision::run("seat").because("an agent wants to log in or out"));
    }
    if let Some(queue) = settings.queue(callee) {
        return Ok(Decision::run("wait").with(ABOUT, callee).because(format!("the queue {}", queue.name)));
    }
    supervise::decide(request, &settings).unwrap_or_else(|| Ok(Decision::pass()))
}

#[script]
mod scripts {
    use super::{callback, queue, seat};
    use jackfield_sdk::prelude::*;

    /// A caller waits in a queue.
    pub fn wait(call: Call) -> Result<()> {
        queue::wait(&call)
    }

    /// An agent calls somebody back.
    pub fn callback(call: Call) -> Result<()> {
        callback::make(&call)
    }

    /// An agent logs in or out.
    pub fn seat(call: Call) -> Result<()> {
        seat::open(&call)
    }
}

#[reducer]
fn reduce(centre: &mut Centre, input: &Input<'_>, effects: &mut Effects) {
    let happened = match &input.event {
        Event::Asked { call, what } => match what.read() {
            Ok(ask) => Happened::Asked(ask, call.map(str::to_owned)),
            Err(error) => return log::error!("a question that makes no sense: {error}"),
        },
        Event::Told(what) => match what.read() {
            Ok(ask) => Happened::Asked(ask, None),
            Err(error) => return log::error!("news that make no sense: {error}"),
        },
        Event::Timer { name, .. } => Happened::TimerDue((*name).to_owned()),
        Event::CallOver(call) => Happened::CallOver((*call).to_owned()),
        Event::Dialled { name, how } => Happened::Rung((*name).to_owned(), missed(*how)),
        Event::Started => Happened::Started,
        _ => return,
    };
    let settings = settings_of_this_batch();
    let today = today(&settings, input.at);
    let outcome = events::take(centre, &settings, &today, input.at, happened);
    figures::show(centre, &settings);
    // What is not kept for reports stops no call.
    if let Err(error) = facts::record(&outcome.facts) {
        log::warn!("reports will lack something: {error}");
    }
    for act in outcome.acts {
        match act {
            Act::Reply(reply) => effects.reply(&reply),
            Act::Send(call, word) => effects.send(&call, &word),
            Act::SetTimer(name, at) => effects.set_timer(&name, at, &()),
            Act::CancelTimer(name) => effects.cancel_timer(&name),
            Act::Ring { contact, phone, seconds, number, name } => {
                let order = Order::new(&contact, &phone, "callback").within(secs(seconds)).showing(&number, &name);
                effects.dial(order.arg(ABOUT, &contact));
            }
        }
    }
}

/// A batch has an instance of its own: its inputs share what is read once.
fn settings_of_this_batch() -> Rc<Settings> {
    thread_local!(static SETTINGS: OnceCell<Rc<Settings>> = const { OnceCell::new() });
    SETTINGS.with(|read| Rc::clone(read.get_or_init(|| Rc::new(settings()))))
}

/// Nothing when somebody had picked up.
fn missed(how: Dialled) -> Option<Missed> {
    match how {
        Dialled::Done | Dialled::Failed => None,
        Dialled::Busy => Some(Missed::Busy),
        Dialled::NoAnswer => Some(Missed::NoAnswer),
        Dialled::Rejected => Some(Missed::Rejected),
        Dialled::Unavailable => Some(Missed::Unavailable),
    }
}

/// The day in the house's zone; a zone that there is not is checked in the settings.
fn today(settings: &Settings, at: u64) -> String {
    match clock::local(&settings.time_zone, at) {
        Ok(now) => format!("{:04}-{:02}-{:02}", now.year, now.month, now.day),
        Err(_) => (at / 86_400_000).to_string(),
    }
}

/// What is held now.
fn now() -> Result<Centre> {
    Ok(jackfield_sdk::reducer::look(CENTRE)?.unwrap_or_default())
}

#[on_events]
fn learn(batch: &[jackfield_sdk::events::Event]) -> Result<()> {
    supervise::learn(batch, &settings())
}

#[web]
fn answer(request: &jackfield_sdk::web::Request) -> Result<jackfield_sdk::web::Response> {
    web::answer(request)
}

#[check_settings]
fn check(settings: &Settings) -> Vec<FieldError> {
    let mut errors = settings.errors();
    if let Err(error) = clock::local(&settings.time_zone, 0) {
        errors.push(FieldError::new("/time_zone", error));
    }
    errors
}
