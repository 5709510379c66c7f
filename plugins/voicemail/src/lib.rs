//! A mailbox for every extension.
//!
//! [`leave`] is what callers do, [`menu`] what owners do by telephone and [`web`] what they do on the page; [`mailbox`] keeps
//! what belongs to a mailbox, [`greeting`] is what callers hear first, [`upkeep`] what is done at night, [`told`] what other
//! plugins learn.

mod door;
mod greeting;
mod leave;
mod letter;
mod mailbox;
mod menu;
mod settings;
mod told;
mod upkeep;
mod web;

use jackfield_sdk::prelude::*;
use settings::Settings;

/// The argument that says which mailbox a script is about.
const MAILBOX: &str = "mailbox";

/// Calls to our numbers, and calls to an extension that nobody took.
#[router]
fn route(request: &Request) -> Decision {
    let settings: Settings = settings();
    let callee = &request.callee.number;
    if request.unreached.is_some() {
        let Some(extension) = &request.callee.extension else { return Decision::pass() };
        if !settings.has_mailbox(extension) {
            return Decision::pass();
        }
        return Decision::run("leave").with(MAILBOX, extension).because("nobody took the call");
    }
    if settings.access.contains(callee) {
        return Decision::run("main").because("the owner wants to hear messages");
    }
    match settings.direct_to(callee) {
        Some(extension) => Decision::run("leave").with(MAILBOX, extension).because("straight to the mailbox"),
        None => Decision::pass(),
    }
}

/// What a script that deals with callers is told to do.
#[script]
mod scripts {
    use super::{leave, menu};
    use jackfield_sdk::prelude::*;

    /// Somebody leaves a message.
    pub fn leave(call: Call) -> Result<()> {
        leave::take(&call)
    }

    /// An owner comes to the mailbox.
    pub fn main(call: Call) -> Result<()> {
        menu::open(&call)
    }
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
fn woken(_due: &timers::Due) -> Result<()> {
    upkeep::clear_out()
}

#[check_settings]
fn check(settings: &Settings) -> Vec<FieldError> {
    settings.errors()
}
