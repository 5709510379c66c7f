//! Leading a caller through menus.

use crate::{
    announce,
    plan::{Key, Lost, Menu, Plan},
    walk::{Step, Way},
};
use jackfield_sdk::prelude::*;

/// How many steps a caller may take; a telephone that lies on its keys ends here.
const MOST_STEPS: usize = 200;

/// Lead the caller from this menu on, until the call ends or goes elsewhere.
pub fn lead(call: &Call, plan: &Plan, first: &str) -> Result<()> {
    let mut way = Way::new(plan, first);
    for _ in 0..MOST_STEPS {
        let Some(menu) = way.menu() else {
            return Err(Error::Failed("the plan names a menu that there is not".into()));
        };
        let Some(key) = choice(call, menu)? else { return lost(call, plan, menu) };
        match way.step(key) {
            Step::Menu => {}
            Step::Play(prompt) => drop(call.play(prompt)?),
            Step::Hours => drop(call.play(announce::ordinary_week(plan))?),
            Step::Language(tag) => drop(call.speak(tag)?.play("language-chosen")?),
            Step::HangUp => return call.play("goodbye")?.hang_up(),
            Step::Transfer(number) => {
                if let Some(ended) = transfer(call, number)? {
                    return ended;
                }
            }
        }
    }
    call.play("goodbye")?.hang_up()
}

/// Play the menu until the caller has chosen; `None` after the last try.
fn choice<'a>(call: &Call, menu: &'a Menu) -> Result<Option<&'a Key>> {
    for tried in 1..=menu.tries {
        let pressed = call.ask(&menu.prompts, digits(1).within(secs(menu.wait_seconds)))?;
        let key = menu.keys.iter().find(|key| pressed.starts_with(key.key));
        if key.is_some() {
            return Ok(key);
        }
        // After the last try what follows says enough.
        if tried < menu.tries {
            call.play(if pressed.is_empty() { "no-input" } else { "invalid" })?;
        }
    }
    Ok(None)
}

/// The caller has found nothing.
fn lost(call: &Call, plan: &Plan, menu: &Menu) -> Result<()> {
    if menu.when_lost == Lost::Operator {
        if let Some(ended) = transfer(call, &plan.operator)? {
            return ended;
        }
        log::info!("the operator could not be reached for a lost caller");
    }
    call.play("goodbye")?.hang_up()
}

/// Transfer the caller; `None` when nobody was reached, which the caller has been told.
pub fn transfer(call: &Call, number: &str) -> Result<Option<Result<()>>> {
    call.play("connecting")?;
    let prompt = match call.transfer(number) {
        Err(Error::Busy) => "busy",
        Err(Error::NoAnswer) => "no-answer",
        Err(Error::Rejected | Error::Unavailable) => "unavailable",
        Err(Error::Failed(why)) => {
            log::warn!("the transfer to {number} failed: {why}");
            "unavailable"
        }
        ended => return Ok(Some(ended)),
    };
    call.play(prompt).map(|_| None)
}
