//! Callers of 3100 count together, each a thousand times and as fast as they can: what an input of a reducer costs.

use jackfield_sdk::{
    prelude::*,
    reducer::{self, Effects, Event, Input},
};
use serde::{Deserialize, Serialize};

/// The one state that all count in.
const TALLY: &str = "tally";
/// How often each caller counts.
const EACH: usize = 1_000;
/// Callers stay after it until they hang up.
const STAY: u64 = 60;

#[router]
fn route(_request: &Request) -> Decision {
    Decision::run("count")
}

#[derive(Default, Serialize, Deserialize)]
struct Tally {
    count: u64,
    /// When the first and the last of them came, in ms since 1970.
    first: u64,
    last: u64,
}

#[reducer]
fn tally(tally: &mut Tally, input: &Input<'_>, effects: &mut Effects) {
    if let Event::Asked { .. } = input.event {
        if tally.count == 0 {
            tally.first = input.at;
        }
        tally.count += 1;
        tally.last = input.at;
        effects.reply(&tally.count);
    }
}

#[script]
fn count(call: Call) -> Result<()> {
    call.answer()?;
    for _ in 0..EACH {
        reducer::ask::<u64>(TALLY, &())?;
    }
    call.say(silence(secs(STAY)))?;
    call.hang_up()
}

#[web]
fn answer(request: &web::Request) -> Result<web::Response> {
    match request.route()[..] {
        ["GET", "tally"] => web::Response::json(&reducer::look::<Tally>(TALLY)?),
        _ => Ok(web::Response::not_found()),
    }
}
