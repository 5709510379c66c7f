//! Answers callers, knows the opening hours, and leads them by a voice menu.
//!
//! [`hours`] knows when the house is open, [`announce`] how that is said, [`menu`] leads the caller; what they do is
//! [`settings`].

mod announce;
mod hours;
mod menu;
mod settings;

use announce::next_opening;
use hours::{Moment, is_open};
use jackfield_sdk::prelude::*;
use settings::{Closed, Settings};

/// `plugin.toml` lets calls to our numbers through only.
#[router]
fn route(request: &Request) -> Decision {
    Decision::run("main").because(format!("{} is a number of the auto-attendant", request.callee.number))
}

#[script]
fn main(call: Call) -> Result<()> {
    let settings: Settings = settings();
    call.answer()?;
    // A language chosen earlier in this call stays.
    if call.var("language").is_none() {
        call.speak(settings.language.tag())?;
    }
    // The first syllable is lost on telephones that open their sound late.
    call.play(silence(millis(400)))?;
    let now = Moment::now(&settings.time_zone);
    if is_open(&settings, &now) {
        call.play(&settings.greeting)?;
        return menu::lead(&call, &settings, &settings.menu);
    }
    call.play(&settings.closed_greeting)?;
    match settings.closed_does {
        Closed::Menu => menu::lead(&call, &settings, &settings.closed_to),
        Closed::Transfer => {
            menu::transfer(&call, &settings.closed_to)?.unwrap_or_else(|| call.play("goodbye")?.hang_up())
        }
        Closed::Announce => call.play(next_opening(&settings, &now))?.play("goodbye")?.hang_up(),
    }
}

#[check_settings]
fn check(settings: &Settings) -> Vec<FieldError> {
    settings.errors()
}
