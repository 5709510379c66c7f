//! Fax boxes, and sending faxes.
//!
//! [`receive`] is what happens on a call to a box, [`inbox`] keeps what came; [`job`] is a document on its way to its
//! recipients, and [`send`] one call to one of them; [`web`] is what the page asks, [`letter`] what goes by mail, in
//! the words of [`wording`], [`upkeep`] what is done by the clock.

mod inbox;
mod job;
mod letter;
mod receive;
mod send;
mod settings;
mod upkeep;
mod web;
mod wording;

use jackfield_sdk::{
    prelude::*,
    reducer::{Effects, Input},
};
use settings::Settings;

/// The argument that says which box a call is for.
const BOX: &str = "box";
/// The arguments that say which document a call is about, and which of its recipients is called.
const JOB: &str = "job";
const RECIPIENT: &str = "recipient";

/// Calls to our numbers.
#[router]
fn route(request: &Request) -> Decision {
    let settings: Settings = settings();
    match settings.of_number(&request.callee.number) {
        Some(one) => Decision::run("receive").with(BOX, &one.number).because("it is the number of a fax box"),
        None => Decision::pass(),
    }
}

/// What is done on calls.
#[script]
mod scripts {
    use super::{receive, send};
    use jackfield_sdk::prelude::*;

    /// A fax comes, perhaps.
    pub fn receive(call: Call) -> Result<()> {
        receive::take(&call)
    }

    /// A recipient has picked up.
    pub fn send(call: Call) -> Result<()> {
        send::give(&call)
    }
}

#[reducer]
fn reduce(job: &mut job::Job, input: &Input<'_>, effects: &mut Effects) {
    job::take(job, input, effects);
}

#[web]
fn answer(request: &jackfield_sdk::web::Request) -> Result<jackfield_sdk::web::Response> {
    web::answer(request)
}

#[on_start]
fn begin() -> Result<()> {
    upkeep::begin()
}

#[on_timer]
fn woken(due: &timers::Due) -> Result<()> {
    upkeep::woken(due)
}

#[check_settings]
fn check(settings: &Settings) -> Vec<FieldError> {
    settings.errors()
}
