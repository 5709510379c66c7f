//! Conference rooms by number and PIN.
//!
//! [`door`] lets callers in, [`inside`] is what they do there, [`settings`] which conferences there are.

mod door;
mod inside;
mod settings;

use jackfield_sdk::prelude::*;
use settings::{Role, Settings};

/// The argument that says which room a script is about.
const ROOM: &str = "room";

/// `plugin.toml` lets calls to our numbers through only.
#[router]
fn route(request: &Request) -> Decision {
    let number = &request.callee.number;
    let settings: Settings = settings();
    let set_up = settings.conferences.iter().any(|conference| conference.number == *number);
    if !set_up && request.direction == Direction::Inbound {
        return Decision::pass().because("rooms without a PIN are for the house");
    }
    Decision::run("main").with(ROOM, number).because(format!("{number} is a conference"))
}

/// What a script that deals with callers is told to do.
#[script]
mod scripts {
    use super::{door, inside};
    use jackfield_sdk::prelude::*;

    /// Somebody calls a conference.
    pub fn main(call: Call) -> Result<()> {
        let Some(conference) = super::begin(&call)? else { return call.hang_up_because(HangUpCause::NotFound) };
        let Some(role) = door::ask(&call, &conference)? else { return call.play("goodbye")?.hang_up() };
        inside::take_part(&call, &conference, role)
    }

    /// Somebody was called and brought in.
    pub fn guest(call: Call) -> Result<()> {
        let Some(conference) = super::begin(&call)? else { return call.hang_up() };
        if !door::wants_in(&call)? {
            return call.play("goodbye")?.hang_up();
        }
        inside::take_part(&call, &conference, super::Role::Member)
    }
}

/// Which conference a call is about, and the language to speak.
fn begin(call: &Call) -> Result<Option<settings::Conference>> {
    let settings: Settings = settings();
    call.answer()?;
    if call.var("language").is_none() {
        call.speak(&settings.language)?;
    }
    let called = call.callee().number;
    Ok(settings.conference(call.arg(ROOM).unwrap_or(&called)))
}

#[check_settings]
fn check(settings: &Settings) -> Vec<FieldError> {
    settings.errors()
}
