//! What an owner does by telephone: hear messages, set the greeting, the name and the PIN.

use crate::{
    door, greeting, letter,
    mailbox::{self, Message},
};
use jackfield_sdk::{Prompt, prelude::*};

/// Keys without a meaning, or none at all, until the owner is taken to be gone.
const LOST: usize = 4;
/// The longest greeting.
const GREETING: u64 = 120;

/// Somebody calls the number of the mailboxes.
pub fn open(call: &Call) -> Result<()> {
    call.answer()?;
    let own = call.caller().extension;
    if let (None, Some(own)) = (call.var("language"), own.as_deref().map(directory::extension).transpose()?.flatten()) {
        call.speak(&own.language)?;
    }
    match door::open(call)? {
        Some(extension) => of(call, &extension),
        None => call.play("goodbye")?.hang_up(),
    }
}

/// The menu of a mailbox.
pub fn of(call: &Call, extension: &str) -> Result<()> {
    if mailbox::of(extension)?.pin.is_none() {
        call.play("no-pin-yet")?;
    }
    let mut lost = 0;
    call.say(counts(&mailbox::messages(extension)?))?;
    while lost < LOST {
        let key = call.ask("main-menu", digits(1).ending_with("*"))?;
        lost = if key.is_empty() { lost + 1 } else { 0 };
        match key.as_str() {
            "1" => letter::listen(call, extension, "no-new", |message| {
                message.deleted.is_none() && message.heard.is_none()
            })?,
            "2" => letter::listen(call, extension, "no-old", |message| {
                message.deleted.is_none() && message.heard.is_some()
            })?,
            "3" => greetings(call, extension)?,
            "4" => set_pin(call, extension)?,
            "5" => letter::listen(call, extension, "none-deleted", |message| message.deleted.is_some())?,
            "9" => break,
            "" => {}
            _ => {
                lost += 1;
                call.play("invalid")?;
            }
        }
    }
    call.play("goodbye")?.hang_up()
}

/// How many messages there are, in words.
fn counts(messages: &[Message]) -> Speech {
    let new = messages.iter().filter(|message| message.heard.is_none()).count();
    let old = messages.len() - new;
    let some = |speech: Speech, count: usize, one: &str, more: &str| match count {
        1 => speech.prompts(one),
        _ => speech.number(count as i64).prompts(more),
    };
    let new_ones = |speech| some(speech, new, "one-new", "new-messages");
    let old_ones = |speech| some(speech, old, "one-old", "old-messages");
    match (new, old) {
        (0, 0) => say("no-messages"),
        (0, _) => old_ones(say("you-have")),
        (_, 0) => new_ones(say("you-have")),
        _ => old_ones(new_ones(say("you-have")).prompts("and")),
    }
}

/// Record the greeting, one for a state, or the name; or go back to the house's.
fn greetings(call: &Call, extension: &str) -> Result<()> {
    match call.ask("greeting-menu", digits(1).ending_with("*"))?.as_str() {
        "1" => {
            let Some(id) = record(call, "record-greeting", GREETING)? else { return Ok(()) };
            mailbox::replace(extension, |mailbox| mailbox.greeting.replace(id.clone()))?;
        }
        "2" => {
            let key = call.ask("state-menu", digits(1).ending_with("*"))?;
            let Some((_, state)) = greeting::STATES.iter().find(|(known, _)| *known == key) else {
                return call.play("invalid").map(drop);
            };
            let Some(id) = record(call, "record-greeting", GREETING)? else { return Ok(()) };
            mailbox::replace(extension, |mailbox| mailbox.greetings.insert((*state).to_owned(), id.clone()))?;
        }
        "3" => {
            let Some(id) = record(call, "record-name", 10)? else { return Ok(()) };
            mailbox::replace(extension, |mailbox| mailbox.name.replace(id.clone()))?;
        }
        "4" => {
            let before = mailbox::of(extension)?;
            mailbox::change(extension, |mailbox| {
                mailbox.greeting = None;
                mailbox.greetings.clear();
            })?;
            for id in before.greeting.iter().chain(before.greetings.values()) {
                Recorded::erase_id(id)?;
            }
        }
        "" => return Ok(()),
        _ => return call.play("invalid").map(drop),
    }
    call.play("saved").map(drop)
}

/// Record, and let the owner hear it and decide; `None` when it is thrown away.
fn record(call: &Call, prompt: &str, longest: u64) -> Result<Option<String>> {
    loop {
        call.play(prompt)?;
        let recorded = call.record(Recording::up_to(secs(longest)).until_silent_for(secs(5)))?;
        let wish = call.ask(Prompts::from(Prompt::recording(&recorded.id)).then("keep-menu"), digits(1));
        match wish.as_deref() {
            Ok("1" | "") => return Ok(Some(recorded.id)),
            Ok("2") => recorded.erase()?,
            _ => {
                recorded.erase()?;
                return wish.map(|_| None);
            }
        }
    }
}

/// Let the owner choose a PIN.
fn set_pin(call: &Call, extension: &str) -> Result<()> {
    let ask = |prompt| call.ask(prompt, digits(12).ending_with("#").within(secs(10)));
    let pin = ask("new-pin")?;
    if pin.is_empty() {
        return Ok(());
    }
    if mailbox::is_poor(&pin, extension) {
        return call.play("poor-pin").map(drop);
    }
    if ask("new-pin-again")? != pin {
        return call.play("pins-differ").map(drop);
    }
    mailbox::set_pin(extension, &pin)?;
    call.play("saved").map(drop)
}
