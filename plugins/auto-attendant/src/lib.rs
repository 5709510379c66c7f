//! Answers callers, knows the opening hours, and leads them by a voice menu.
//!
//! [`plan`] is the document by which callers are led, [`versions`] what is kept of it, [`fault`] what can be wrong with it; the
//! [`settings`] make the first one. [`hours`] knows when the house is open, [`announce`] how that is said, [`menu`] leads a caller
//! along a [`walk`] through menus or to a name ([`names`]), which [`trace`] takes without one. [`service`] is deciding by a code that it is day or night, which [`lamps`] show,
//! [`record`] speaking announcements, and [`sound`] what is heard of them. The page asks [`web`].

mod announce;
mod difference;
mod fault;
mod hours;
mod lamps;
mod menu;
mod names;
mod plan;
mod record;
mod service;
mod settings;
mod sound;
mod trace;
mod versions;
mod walk;
mod web;

use announce::next_opening;
use hours::Standing;
use jackfield_sdk::prelude::*;
use plan::Then;
use settings::Settings;

/// `plugin.toml` lets calls to our numbers and codes through only.
#[router]
fn route(request: &Request) -> Decision {
    if request.callee.number.starts_with('*') {
        let settings: Settings = settings();
        if let Some(asked) = service::asked(&settings, &request.callee.number) {
            return service::route(&settings, request, asked);
        }
        if let Some(asked) = record::asked(&settings, &request.callee.number) {
            return record::route(&settings, request, asked);
        }
    }
    Decision::run("main").because(format!("{} is a number of the auto-attendant", request.callee.number))
}

/// What is done on calls.
#[script]
mod scripts {
    use super::{receive, record, service};
    use jackfield_sdk::prelude::*;

    /// Somebody calls the house.
    pub fn main(call: Call) -> Result<()> {
        receive(&call)
    }

    /// Somebody of the house has dialled a code that decides what holds.
    pub fn service(call: Call) -> Result<()> {
        service::decide(&call)
    }

    /// Somebody of the house records an announcement.
    pub fn record(call: Call) -> Result<()> {
        record::record(&call)
    }
}

/// The plan is read once: who is being led keeps it, whatever is published meanwhile.
fn receive(call: &Call) -> Result<()> {
    let plan = versions::current(&settings());
    call.answer()?;
    // A language chosen earlier in this call stays.
    if call.var("language").is_none() {
        call.speak(plan.language.tag())?;
    }
    // The first syllable is lost on telephones that open their sound late.
    call.play(silence(millis(400)))?;
    let standing = Standing::at(&plan, clock::now());
    let reception = plan.cases.of(standing.case);
    sound::play(call, &reception.play)?;
    match reception.does {
        Then::Menu => menu::lead(call, &plan, &reception.to),
        Then::Transfer => connect(call, &reception.to),
        Then::Operator => connect(call, &plan.operator),
        Then::Announce => call.play(next_opening(standing.opening.as_ref()))?.play("goodbye")?.hang_up(),
        Then::HangUp => call.play("goodbye")?.hang_up(),
    }
}

fn connect(call: &Call, number: &str) -> Result<()> {
    menu::transfer(call, number)?.unwrap_or_else(|| call.play("goodbye")?.hang_up())
}

#[web]
fn answer(request: &jackfield_sdk::web::Request) -> Result<jackfield_sdk::web::Response> {
    web::answer(request)
}

#[on_start]
fn begin() -> Result<()> {
    let settings = settings();
    versions::adopt(&settings)?;
    lamps::show(&settings)
}

/// A schedule of the house was changed, or somebody has decided by hand: by a code, on a page, or another plugin.
#[on_events]
fn learn(_: &[events::Event]) -> Result<()> {
    lamps::show(&settings())
}

#[check_settings]
fn check(settings: &Settings) -> Vec<FieldError> {
    versions::faults(settings)
}
