//! What callers hear first.

use crate::mailbox::Mailbox;
use jackfield_sdk::{Prompt, number, prelude::*};

/// States that have a greeting of their own, with the key that chooses them in the owner's menu.
pub const STATES: [(&str, &str); 6] = [
    ("1", "meeting"),
    ("2", "gone-out"),
    ("3", "vacation"),
    ("4", "sick"),
    ("5", "gone-home"),
    ("6", "do-not-disturb"),
];

/// The greeting of a mailbox, by where its owner is: the owner's own for that state, the owner's own, or the house's.
pub fn of(extension: &str, mailbox: &Mailbox) -> Result<Prompts> {
    let state = presence::of(extension)?.map(|availability| availability.state);
    let name = state.and_then(name);
    if let Some(own) = name.and_then(|name| mailbox.greetings.get(name)).or(mailbox.greeting.as_ref()) {
        return Ok(Prompt::recording(own).into());
    }
    let who = match &mailbox.name {
        Some(name) => Prompts::from(Prompt::recording(name)),
        None => Prompts::from("extension").then(number(extension)),
    };
    let away = name.map(|name| format!("is-{name}"));
    Ok(Prompts::from("mailbox-of").then(who).then(away.as_ref()).then("leave-a-message"))
}

/// The name of a state that has a greeting of its own.
fn name(state: presence::State) -> Option<&'static str> {
    Some(match state {
        presence::State::Meeting => "meeting",
        presence::State::GoneOut | presence::State::Break | presence::State::Lunch => "gone-out",
        presence::State::Vacation => "vacation",
        presence::State::Sick => "sick",
        presence::State::GoneHome => "gone-home",
        presence::State::DoNotDisturb => "do-not-disturb",
        presence::State::Office | presence::State::CallMe => return None,
    })
}
