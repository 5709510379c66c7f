//! Leading a caller through menus.

use crate::{
    announce,
    settings::{Action, Key, Lost, Menu, Settings},
};
use jackfield_sdk::prelude::*;

/// How deep menus may follow one another before the way back is forgotten.
const DEEPEST: usize = 20;
/// How many steps a caller may take; a telephone that lies on its keys ends here.
const MOST_STEPS: usize = 200;

/// What follows a step.
enum Next {
    /// The same menu, from the beginning.
    Again,
    /// Another menu.
    Into(String),
    /// The menu before.
    Back,
    /// Nothing: the call is over or somewhere else.
    Done,
}

/// Lead the caller from this menu on, until the call ends or goes elsewhere.
pub fn lead(call: &Call, settings: &Settings, first: &str) -> Result<()> {
    let mut way = vec![first.to_owned()];
    for _ in 0..MOST_STEPS {
        let Some(menu) = way.last().and_then(|name| settings.menu_named(name)) else {
            return Err(Error::Failed(format!("there is no menu “{}”", way.last().map_or("", String::as_str))));
        };
        let next = match choice(call, menu)? {
            Some(key) => follow(call, settings, key)?,
            None => lost(call, settings, menu)?,
        };
        match next {
            Next::Again => {}
            Next::Into(name) => {
                if way.len() == DEEPEST {
                    way.remove(0);
                }
                way.push(name);
            }
            Next::Back if way.len() > 1 => drop(way.pop()),
            Next::Back => {}
            Next::Done => return Ok(()),
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

/// Do what a key does.
fn follow(call: &Call, settings: &Settings, key: &Key) -> Result<Next> {
    match key.does {
        Action::Transfer => connect(call, &key.to),
        Action::Operator => connect(call, &settings.operator),
        Action::Menu => Ok(Next::Into(key.to.clone())),
        Action::Announce => call.play(&key.to).map(|_| Next::Again),
        Action::Hours => call.play(announce::ordinary_week(settings)).map(|_| Next::Again),
        Action::Language => call.speak(&key.to)?.play("language-chosen").map(|_| Next::Back),
        Action::Repeat => Ok(Next::Again),
        Action::Back => Ok(Next::Back),
        Action::HangUp => call.play("goodbye")?.hang_up().map(|()| Next::Done),
    }
}

/// The caller has found nothing.
fn lost(call: &Call, settings: &Settings, menu: &Menu) -> Result<Next> {
    if menu.when_lost == Lost::Operator {
        match connect(call, &settings.operator)? {
            Next::Done => return Ok(Next::Done),
            _ => log::info!("the operator could not be reached for a lost caller"),
        }
    }
    call.play("goodbye")?.hang_up().map(|()| Next::Done)
}

fn connect(call: &Call, number: &str) -> Result<Next> {
    Ok(match transfer(call, number)? {
        Some(ended) => ended.map(|()| Next::Done)?,
        None => Next::Again,
    })
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
