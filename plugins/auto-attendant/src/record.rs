//! Recording announcements by telephone: `*291` is the one that plans call `own-1`.

use crate::{
    settings::{Settings, fits},
    sound::{self, Recorded},
};
use jackfield_sdk::prelude::*;

/// The argument by which the script knows what was dialled.
const WHICH: &str = "which";
/// Longest announcement.
const LONGEST: u64 = 180;
/// How often somebody may record anew in one call.
const TRIES: u32 = 10;

/// The last digit of a code for recording; `None` when it is none.
pub fn asked(settings: &Settings, number: &str) -> Option<char> {
    if settings.record_codes.iter().any(|code| fits(code, number)) { number.chars().last() } else { None }
}

/// Whoever dials it must be signed in as an extension that may.
pub fn route(settings: &Settings, request: &Request, asked: char) -> Decision {
    let who = request.caller.extension.as_deref();
    if !who.is_some_and(|who| settings.record_by.iter().any(|by| by == who)) {
        return Decision::reject(403).because("the caller may not record announcements");
    }
    Decision::run("record").with(WHICH, asked.to_string()).because("it is a code for recording announcements")
}

/// Record, let it be heard, and keep it when the caller wants that.
pub fn record(call: &Call) -> Result<()> {
    let which = call.arg(WHICH).and_then(|which| which.chars().next()).unwrap_or('0');
    let name = sound::own(which);
    call.answer()?;
    call.play(silence(millis(400)))?;
    for _ in 0..TRIES {
        call.say(say("announcement").digits(which.to_string()).prompts("record-now"))?;
        let recorded = call.record(jackfield_sdk::Recording::up_to(secs(LONGEST)).until_silent_for(secs(8)))?;
        let heard = Prompts::from(Prompt::recording(&recorded.id)).then("keep-or-again");
        // Whoever hangs up here has kept nothing.
        match call.ask(heard, digits(1)) {
            Ok(wish) if wish == "1" => {
                let by = call.caller().extension.unwrap_or_default();
                sound::replace(&name, Some(&Recorded { id: recorded.id, by, at: clock::now() }))?;
                return call.play("announcement-kept")?.hang_up();
            }
            Ok(wish) => {
                recorded.erase()?;
                if wish != "2" {
                    return call.play("goodbye")?.hang_up();
                }
            }
            Err(error) => {
                recorded.erase()?;
                return Err(error);
            }
        }
    }
    call.play("goodbye")?.hang_up()
}
