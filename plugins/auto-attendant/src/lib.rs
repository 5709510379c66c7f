//! Answers callers, knows the opening hours, and leads them by a voice menu.
//!
//! [`hours`] knows when the house is open, [`announce`] how that is said, [`menu`] leads the caller; what they do is
//! [`settings`]. [`service`] is deciding by a code that it is day or night.

mod announce;
mod hours;
mod menu;
mod service;
mod settings;

use announce::next_opening;
use hours::Standing;
use jackfield_sdk::prelude::*;
use settings::{Closed, Settings};

/// `plugin.toml` lets calls to our numbers and codes through only.
#[router]
fn route(request: &Request) -> Decision {
    if request.callee.number.starts_with('*') {
        let settings: Settings = settings();
        if let Some(asked) = service::asked(&settings, &request.callee.number) {
            return service::route(&settings, request, asked);
        }
    }
    Decision::run("main").because(format!("{} is a number of the auto-attendant", request.callee.number))
}

/// What is done on calls.
#[script]
mod scripts {
    use super::{lead, service};
    use jackfield_sdk::prelude::*;

    /// Somebody calls the house.
    pub fn main(call: Call) -> Result<()> {
        lead(&call)
    }

    /// Somebody of the house has dialled a code that decides what holds.
    pub fn service(call: Call) -> Result<()> {
        service::decide(&call)
    }
}

fn lead(call: &Call) -> Result<()> {
    let settings: Settings = settings();
    call.answer()?;
    // A language chosen earlier in this call stays.
    if call.var("language").is_none() {
        call.speak(settings.language.tag())?;
    }
    // The first syllable is lost on telephones that open their sound late.
    call.play(silence(millis(400)))?;
    let standing = Standing::now(&settings);
    if standing.open {
        call.play(&settings.greeting)?;
        return menu::lead(call, &settings, &settings.menu);
    }
    call.play(&settings.closed_greeting)?;
    match settings.closed_does {
        Closed::Menu => menu::lead(call, &settings, &settings.closed_to),
        Closed::Transfer => {
            menu::transfer(call, &settings.closed_to)?.unwrap_or_else(|| call.play("goodbye")?.hang_up())
        }
        Closed::Announce => call.play(next_opening(standing.opening.as_ref()))?.play("goodbye")?.hang_up(),
    }
}

#[check_settings]
fn check(settings: &Settings) -> Vec<FieldError> {
    settings.errors()
}
