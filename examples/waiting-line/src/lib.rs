//! Callers to 720 wait in a line and hear their place; whoever calls 721 at the counter is called by the first of them.
//!
//! The line is a state that the host holds: two counters that call 721 at once get two callers, and a caller who hangs up
//! leaves the line, whatever the script was doing.

use jackfield_sdk::{
    prelude::*,
    reducer::{self, Effects, Event, Heard, Input},
};
use serde::{Deserialize, Serialize};

/// The one line that there is.
const LINE: &str = "line";

#[router]
fn route(request: &Request) -> Decision {
    let entry = if request.callee.number == "721" { "next" } else { "wait" };
    Decision::run(entry).because("720 is the waiting line, 721 the counter")
}

/// Who waits.
#[derive(Default, Serialize, Deserialize)]
struct Line {
    /// Calls, in their order.
    waiting: Vec<String>,
}

/// What scripts ask.
#[derive(Serialize, Deserialize)]
enum Ask {
    /// To be put at the end of the line; the reply is the place.
    Wait,
    /// To be called by the first in the line, at this extension; the reply is whether anybody waits.
    Next(String),
}

/// What a waiting caller is told.
#[derive(Serialize, Deserialize)]
enum Word {
    /// The place, which is another now.
    Place(usize),
    /// It is the caller's turn, at this extension.
    Turn(String),
}

#[reducer]
fn line(line: &mut Line, input: &Input<'_>, effects: &mut Effects) {
    match &input.event {
        Event::Asked { call, what } => match (what.read(), call) {
            (Ok(Ask::Wait), Some(call)) => {
                line.waiting.push((*call).to_owned());
                effects.reply(&line.waiting.len());
            }
            (Ok(Ask::Next(extension)), _) => {
                effects.reply(&!line.waiting.is_empty());
                if !line.waiting.is_empty() {
                    effects.send(&line.waiting.remove(0), &Word::Turn(extension));
                    line.tell_places(0, effects);
                }
            }
            _ => log::warn!("a question that makes no sense"),
        },
        Event::CallOver(call) => {
            if let Some(place) = line.waiting.iter().position(|waiting| waiting == call) {
                line.waiting.remove(place);
                line.tell_places(place, effects);
            }
        }
        _ => {}
    }
}

impl Line {
    /// Everybody from there on has moved up.
    fn tell_places(&self, from: usize, effects: &mut Effects) {
        for (at, call) in self.waiting.iter().enumerate().skip(from) {
            effects.send(call, &Word::Place(at + 1));
        }
    }
}

#[script]
mod scripts {
    use super::*;

    /// Wait in the line.
    pub fn wait(call: Call) -> Result<()> {
        call.answer()?;
        let place: usize = call.join(LINE, &Ask::Wait)?;
        tell(&call, place)?;
        loop {
            match call.wait_for_word().with_music().hear()? {
                Heard::Word(Word::Place(place)) => tell(&call, place)?,
                Heard::Word(Word::Turn(extension)) => {
                    let counter = Dialling::to([format!("ext:{extension}")]).with_music();
                    return call.dial(counter)?.bridge();
                }
                Heard::Pressed(_) | Heard::TimedOut => {}
            }
        }
    }

    /// Ask for the next one.
    pub fn next(call: Call) -> Result<()> {
        let Some(extension) = call.caller().extension else {
            return call.hang_up_because(HangUpCause::Rejected);
        };
        let somebody: bool = reducer::ask(LINE, &Ask::Next(extension))?;
        call.answer()?.play(if somebody { "please-wait" } else { "goodbye" })?;
        call.hang_up()
    }

    fn tell(call: &Call, place: usize) -> Result<()> {
        call.say(say(silence(millis(200))).number(place as i64)).map(drop)
    }
}
