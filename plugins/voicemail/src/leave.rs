//! What a caller does: hear the greeting, leave a message, look it over.

use crate::{
    MAILBOX, door, greeting,
    mailbox::{self, Message},
    menu,
    settings::Settings,
    told,
};
use jackfield_sdk::{Prompt, prelude::*};

/// Shorter is no message.
const SHORTEST: u32 = 1_500;
/// So much silence ends a message.
const SILENCE: u64 = 10;
/// How often a caller may record anew.
const TAKES: usize = 5;

/// Take a message for the mailbox that the decision has named.
pub fn take(call: &Call) -> Result<()> {
    let settings: Settings = settings();
    let Some(extension) = call.arg(MAILBOX).map(str::to_owned) else { return call.hang_up() };
    let Some(owner) = directory::extension(&extension)? else {
        return call.hang_up_because(HangUpCause::NotFound);
    };
    call.answer()?;
    if call.var("language").is_none() {
        call.speak(&owner.language)?;
    }
    if mailbox::messages(&extension)?.len() >= settings.most_messages {
        return call.play("mailbox-full")?.hang_up();
    }
    let mailbox = mailbox::of(&extension)?;
    // A hash key takes a short cut; a star is for the owner, who calls from elsewhere.
    if call.say_until_key(greeting::of(&extension, &mailbox, &settings)?)? == Some('*') {
        if door::asks_for_pin(call, &extension)? {
            return menu::of(call, &extension);
        }
        return call.play("goodbye")?.hang_up();
    }
    let Some(mut message) = record(call, &extension, &settings)? else { return call.play("goodbye")?.hang_up() };
    // Whoever hangs up while they look it over has left it all the same.
    let outcome = look_over(call, &extension, &settings, &mut message);
    told::of(&extension, &message.sound)?;
    outcome
}

/// Record a message, and keep it at once: whoever hangs up has left it all the same.
fn record(call: &Call, extension: &str, settings: &Settings) -> Result<Option<Message>> {
    for _ in 0..2 {
        let recording = Recording::up_to(secs(settings.longest_seconds)).until_silent_for(secs(SILENCE));
        let recorded = call.record(recording)?;
        if recorded.length < SHORTEST {
            recorded.erase()?;
            call.play("too-short")?;
            continue;
        }
        let caller = call.caller();
        let message = Message {
            sound: recorded.id,
            length_ms: recorded.length,
            at: clock::now(),
            from: caller.number,
            name: caller.name,
            call: call.id(),
            told: Some(false),
            urgent: false,
            heard: None,
            deleted: None,
            forwarded: None,
        };
        mailbox::keep(extension, &message)?;
        log::info!("{} has a message of {} s", extension, message.length_ms / 1_000);
        return Ok(Some(message));
    }
    Ok(None)
}

/// Let the caller hear the message, record it anew, or say that it is urgent.
fn look_over(call: &Call, extension: &str, settings: &Settings, message: &mut Message) -> Result<()> {
    for _ in 0..TAKES {
        match call.ask("message-menu", digits(1))?.as_str() {
            "1" => drop(call.play(Prompt::recording(&message.sound))?),
            "2" => {
                call.play("record-now")?;
                let Some(anew) = record(call, extension, settings)? else { continue };
                mailbox::erase(extension, message)?;
                *message = anew;
            }
            "3" => {
                message.urgent = true;
                mailbox::keep(extension, message)?;
                call.play("is-urgent")?;
            }
            "4" => {
                mailbox::erase(extension, message)?;
                return call.play(["message-deleted", "goodbye"])?.hang_up();
            }
            _ => break,
        }
    }
    call.play(["message-sent", "goodbye"])?.hang_up()
}
