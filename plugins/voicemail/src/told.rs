//! What other plugins learn: a message was left. They may attach it to letters.

use crate::mailbox::{self, Message};
use jackfield_sdk::prelude::*;
use serde::Serialize;

/// The name of the event.
const LEFT: &str = "left";

/// What is told of a message.
#[derive(Serialize)]
struct Left<'a> {
    /// Whose mailbox.
    extension: &'a str,
    /// The call in which it was left.
    call: &'a str,
    /// The number of who left it, perhaps empty.
    from: &'a str,
    /// Their name, perhaps empty.
    name: &'a str,
    /// When, in milliseconds since 1970.
    at: u64,
    length_ms: u32,
    urgent: bool,
    /// How many messages the mailbox has that nobody has heard.
    new: usize,
}

/// Tell of a message, unless that was done, or it is not there any more. The message is in the mailbox, whatever becomes of
/// this.
pub fn of(extension: &str, sound: &str) -> Result<()> {
    let Some(message) = mailbox::message(extension, sound)?.filter(|message| message.told == Some(false)) else {
        return Ok(());
    };
    if let Err(error) = tell(extension, &message) {
        log::warn!("nobody was told of a message for {extension}: {error}");
        return Ok(());
    }
    mailbox::alter(extension, sound, |message| message.told = Some(true)).map(drop)
}

/// Tell of messages of which nobody was told, since the host ended too soon.
pub fn of_all() -> Result<()> {
    for extension in mailbox::in_use()? {
        for message in mailbox::messages(&extension)? {
            of(&extension, &message.sound)?;
        }
    }
    Ok(())
}

fn tell(extension: &str, message: &Message) -> Result<()> {
    let new = mailbox::messages(extension)?.iter().filter(|message| message.heard.is_none()).count();
    let left = Left {
        extension,
        call: &message.call,
        from: &message.from,
        name: &message.name,
        at: message.at,
        length_ms: message.length_ms,
        urgent: message.urgent,
        new,
    };
    events::publish_with(LEFT, &left, &[&message.sound]).map(drop)
}
