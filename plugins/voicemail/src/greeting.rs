//! What callers hear first.

use crate::{mailbox::Mailbox, settings::Settings};
use jackfield_sdk::{Prompt, prelude::*};

/// States that have a greeting of their own, with the key that chooses them in the owner's menu.
pub const STATES: [(&str, &str); 6] = [
    ("1", "meeting"),
    ("2", "gone-out"),
    ("3", "vacation"),
    ("4", "sick"),
    ("5", "gone-home"),
    ("6", "do-not-disturb"),
];

/// The greeting of a mailbox, by where its owner is: the owner's own for that state, the owner's own, or the house's, which
/// says until when the owner is away.
pub fn of(extension: &str, mailbox: &Mailbox, settings: &Settings) -> Result<Speech> {
    let availability = presence::of(extension)?;
    let name = availability.as_ref().and_then(|availability| name(availability.state));
    if let Some(own) = name.and_then(|name| mailbox.greetings.get(name)).or(mailbox.greeting.as_ref()) {
        return Ok(Prompt::recording(own).into());
    }
    let mut speech = match &mailbox.name {
        Some(name) => say("mailbox-of").prompts(Prompt::recording(name)),
        None => say(["mailbox-of", "extension"]).digits(extension),
    };
    if let Some(name) = name {
        speech = speech.prompts(&format!("is-{name}"));
        if let Some(back) = availability.and_then(|availability| availability.until) {
            speech = until(speech, back, settings)?;
        }
    }
    Ok(speech.prompts("leave-a-message"))
}

/// Until when: a time of today, or a day.
fn until(speech: Speech, back: u64, settings: &Settings) -> Result<Speech> {
    let local = |at| clock::local(&settings.time_zone, at).map_err(Error::Failed);
    let (now, back) = (local(clock::now())?, local(back)?);
    let speech = speech.prompts("until");
    Ok(if (now.year, now.month, now.day) == (back.year, back.month, back.day) {
        speech.time(back.hour, back.minute)
    } else {
        speech.date(back.year.into(), back.month, back.day)
    })
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
