//! Leading a caller through menus.

use crate::{
    announce, names,
    plan::{Key, Lost, Menu, Plan},
    sound,
    walk::{Step, Way},
};
use jackfield_sdk::prelude::*;
use std::time::Duration;

/// How many steps a caller may take; a telephone that lies on its keys ends here.
const MOST_STEPS: usize = 200;
/// How long callers may take between two digits of an extension.
const BETWEEN: Duration = secs(2);

/// Lead the caller from this menu on, until the call ends or goes elsewhere.
pub fn lead(call: &Call, plan: &Plan, first: &str) -> Result<()> {
    let mut way = Way::new(plan, first);
    for _ in 0..MOST_STEPS {
        let Some(menu) = way.menu() else {
            return Err(Error::Failed("the plan names a menu that there is not".into()));
        };
        let key = match choice(call, menu)? {
            Choice::Key(key) => key,
            Choice::Number(number) => match transfer(call, &number)? {
                Some(ended) => return ended,
                None => continue,
            },
            Choice::Nothing => return lost(call, plan, menu),
        };
        match way.step(key) {
            Step::Menu => {}
            Step::Play(prompt) => sound::play(call, &[prompt.to_owned()])?,
            Step::Hours => drop(call.play(announce::ordinary_week(plan))?),
            Step::Language(tag) => drop(call.speak(tag)?.play("language-chosen")?),
            Step::Name => {
                if let Some(number) = names::choose(call)?
                    && let Some(ended) = transfer(call, &number)?
                {
                    return ended;
                }
            }
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

/// What a caller has chosen.
enum Choice<'a> {
    Key(&'a Key),
    /// An extension of the house.
    Number(String),
    Nothing,
}

/// Play the menu until the caller has chosen, or has had their tries.
fn choice<'a>(call: &Call, menu: &'a Menu) -> Result<Choice<'a>> {
    for tried in 1..=menu.tries {
        let pressed = sound::ask(call, &menu.prompts, digits(1).within(secs(menu.wait_seconds)))?;
        let key = menu.keys.iter().find(|key| pressed.starts_with(key.key));
        let more = if menu.extensions { further_digits(call, &pressed)? } else { String::new() };
        match key {
            Some(key) if more.is_empty() => return Ok(Choice::Key(key)),
            _ => {}
        }
        let number = pressed.clone() + &more;
        if menu.extensions && !number.is_empty() && directory::extension(&number)?.is_some() {
            return Ok(Choice::Number(number));
        }
        // After the last try what follows says enough.
        if tried < menu.tries {
            call.play(if pressed.is_empty() { "no-input" } else { "invalid" })?;
        }
    }
    Ok(Choice::Nothing)
}

/// The rest of a number, where an extension of the house begins with what was pressed. Whoever has pressed a key of the menu
/// waits for it that long.
fn further_digits(call: &Call, pressed: &str) -> Result<String> {
    if !pressed.starts_with(|key: char| key.is_ascii_digit()) || !names::begins(pressed)? {
        return Ok(String::new());
    }
    let rest = digits(names::LONGEST_NUMBER - 1).within(BETWEEN).between(BETWEEN).ending_with("#");
    call.ask(Prompts::default(), rest)
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
