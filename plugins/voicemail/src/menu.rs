//! What an owner does by telephone: hear messages, set the greeting, the name and the PIN.

use crate::{
    door, greeting, letter,
    mailbox::{self, Message},
};
use jackfield_sdk::{Prompt, prelude::*};

/// Counts up to this have a prompt of their own.
const COUNTED: usize = 30;
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
    call.play(counts(&mailbox::messages(extension)?))?;
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
fn counts(messages: &[Message]) -> Prompts {
    let new = messages.iter().filter(|message| message.heard.is_none()).count();
    let old = messages.len() - new;
    let some = |count: usize, one: &str, more: &str| match count {
        1 => Prompts::from(one),
        2..=COUNTED => Prompts::from(format!("n-{count}").as_str()).then(more),
        _ => Prompts::from("many").then(more),
    };
    match (new, old) {
        (0, 0) => "no-messages".into(),
        (0, old) => Prompts::from("you-have").then(some(old, "one-old", "old-messages")),
        (new, 0) => Prompts::from("you-have").then(some(new, "one-new", "new-messages")),
        (new, old) => Prompts::from("you-have").then(some(new, "one-new", "new-messages")).then("and").then(some(
            old,
            "one-old",
            "old-messages",
        )),
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
