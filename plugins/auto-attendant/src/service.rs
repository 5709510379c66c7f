//! Deciding by a code at the telephone what holds: day, night, weekend, holiday, or what the clock says.

use crate::{
    lamps,
    settings::{Settings, fits},
    versions,
};
use jackfield_sdk::{prelude::*, schedules::Case};

/// The argument by which the script knows what was dialled.
const ASKED: &str = "asked";

/// The last digit of a code, which says what is wanted; `None` when it is no code of ours.
pub fn asked(settings: &Settings, number: &str) -> Option<char> {
    if settings.service_codes.iter().any(|code| fits(code, number)) { number.chars().last() } else { None }
}

/// Whoever dials it must be signed in as an extension, and be among those who may.
pub fn route(settings: &Settings, request: &Request, asked: char) -> Decision {
    let who = request.caller.extension.as_deref();
    let may = who.is_some_and(|who| settings.service_by.is_empty() || settings.service_by.iter().any(|by| by == who));
    if case(asked).is_none() {
        return Decision::reject(404).because("no case of the opening hours has this digit");
    }
    if versions::current(settings).schedule.is_empty() {
        return Decision::reject(404).because("the auto-attendant goes by no schedule of the house");
    }
    if !may {
        return Decision::reject(403).because("the caller may not decide about the opening hours");
    }
    Decision::run("service").with(ASKED, asked.to_string()).because("it is a code for the opening hours")
}

/// Have it hold, and say so.
pub fn decide(call: &Call) -> Result<()> {
    let asked = call.arg(ASKED).and_then(|asked| asked.chars().next());
    let Some((case, prompt)) = asked.and_then(case) else {
        return Err(Error::Failed("the code has no meaning".into()));
    };
    call.answer()?;
    call.play(silence(millis(400)))?;
    let settings = settings();
    let schedule = versions::current(&settings).schedule;
    let done = schedules::force(&schedule, case);
    lamps::refresh(&settings);
    match done {
        Ok(true) => call.play(prompt)?,
        Ok(false) => {
            log::warn!("there is no schedule “{schedule}” to decide about");
            call.play("unavailable-schedule")?
        }
        Err(error) => {
            log::error!("the schedule “{schedule}” could not be changed: {error}");
            call.play("unavailable-schedule")?
        }
    };
    call.hang_up()
}

/// What a digit stands for, and what is said then.
fn case(digit: char) -> Option<(Option<Case>, &'static str)> {
    Some(match digit {
        '0' => (None, "now-automatic"),
        '1' => (Some(Case::Day), "now-day"),
        '2' => (Some(Case::Night), "now-night"),
        '3' => (Some(Case::Weekend), "now-weekend"),
        '4' => (Some(Case::Holiday), "now-holiday"),
        '5' => (Some(Case::Exception), "now-exception"),
        _ => return None,
    })
}
