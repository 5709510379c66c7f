//! What belongs to a mailbox: its messages, its PIN, its greetings.

use jackfield_sdk::prelude::*;
use serde::{Deserialize, Serialize};
use std::{cell::RefCell, collections::BTreeMap, ops::RangeInclusive};

/// Wrong PINs, by anybody, until a mailbox is closed for a while.
pub const MOST_FAILURES: u32 = 10;
/// How long it is closed then.
const CLOSED: u64 = 15 * 60 * 1_000;
/// Fewest and most digits of a PIN.
const PIN: RangeInclusive<usize> = 4..=12;
/// How often a change is tried while others change the same message.
const TRIES: usize = 4;

/// What [`Mailbox::recording`] calls the greeting that is for no state in particular.
pub const GREETING: &str = "greeting";
/// What [`Mailbox::recording`] calls the owner's recorded name.
pub const NAME: &str = "name";

/// What an owner has set, and what guards the mailbox.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mailbox {
    /// The hash of the PIN.
    pub pin: Option<String>,
    /// Wrong PINs since the last right one.
    pub failures: u32,
    /// Nobody tries a PIN before this, in milliseconds since 1970.
    pub closed_until: u64,
    /// What callers hear, recorded by the owner.
    pub greeting: Option<String>,
    /// What they hear when the owner is in one of these states, recorded by the owner.
    pub greetings: BTreeMap<String, String>,
    /// The owner's name, recorded by the owner.
    pub name: Option<String>,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The recording.
    pub sound: String,
    /// How long it is, in milliseconds.
    pub length_ms: u32,
    /// When it was left, in milliseconds since 1970.
    pub at: u64,
    /// The number of who left it; empty when it is not known.
    pub from: String,
    /// Their name.
    pub name: String,
    /// The call in which it was left.
    #[serde(default)]
    pub call: String,
    /// Whether other plugins have been told of it; none for messages that are not to be told of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<bool>,
    /// Whether they said that it is urgent.
    #[serde(default)]
    pub urgent: bool,
    /// Whether the owner has heard it, and when.
    #[serde(default)]
    pub heard: Option<u64>,
    /// When the owner has deleted it.
    #[serde(default)]
    pub deleted: Option<u64>,
    /// Who has forwarded it, and what they recorded with it.
    #[serde(default)]
    pub forwarded: Option<Forwarded>,
}

/// A message came from a colleague's mailbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forwarded {
    /// The colleague's extension.
    pub by: String,
    /// A recording of theirs.
    pub comment: Option<String>,
}

/// The mailbox of an extension.
pub fn of(extension: &str) -> Result<Mailbox> {
    Ok(kv::get(&key(extension))?.unwrap_or_default())
}

/// Change the mailbox of an extension.
pub fn change(extension: &str, change: impl Fn(&mut Mailbox)) -> Result<Mailbox> {
    kv::update(&key(extension), |before: Option<Mailbox>| {
        let mut mailbox = before.unwrap_or_default();
        change(&mut mailbox);
        mailbox
    })
}

/// Put a recording in the place of another, or nothing; `put` gives the one that was there, which is erased. Whether
/// there was one.
pub fn replace(extension: &str, put: impl Fn(&mut Mailbox) -> Option<String>) -> Result<bool> {
    let before = RefCell::new(None);
    change(extension, |mailbox| *before.borrow_mut() = put(mailbox))?;
    let Some(old) = before.into_inner() else { return Ok(false) };
    Recorded::erase_id(&old)?;
    Ok(true)
}

impl Mailbox {
    /// Whether nobody may try a PIN now.
    pub fn is_closed(&self) -> bool {
        clock::now() < self.closed_until
    }

    /// What the owner has recorded: [`GREETING`], [`NAME`], or the greeting for a state.
    pub fn recording(&self, which: &str) -> Option<&String> {
        match which {
            GREETING => self.greeting.as_ref(),
            NAME => self.name.as_ref(),
            state => self.greetings.get(state),
        }
    }

    /// Take it out.
    pub fn take_recording(&mut self, which: &str) -> Option<String> {
        match which {
            GREETING => self.greeting.take(),
            NAME => self.name.take(),
            state => self.greetings.remove(state),
        }
    }
}

/// Whether a PIN is too easy to guess, or none: 4 to 12 digits that are not all the same, and not the extension.
pub fn is_poor(pin: &str, extension: &str) -> bool {
    let digits = pin.as_bytes();
    let same = digits.windows(2).all(|pair| pair[0] == pair[1]);
    !PIN.contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) || same || pin == extension
}

/// Set a PIN that is not poor.
pub fn set_pin(extension: &str, pin: &str) -> Result<()> {
    let hash = pins::hash(pin)?;
    change(extension, |mailbox| mailbox.pin = Some(hash.clone())).map(drop)
}

/// Whether this is the mailbox's PIN. Failures are counted, whoever makes them, and close the mailbox for a while.
pub fn admits(extension: &str, pin: &str) -> Result<bool> {
    let mailbox = of(extension)?;
    let Some(hash) = mailbox.pin.as_ref().filter(|_| !mailbox.is_closed() && !pin.is_empty()) else { return Ok(false) };
    let right = pins::matches(pin, hash)?;
    change(extension, |mailbox| {
        mailbox.failures = if right { 0 } else { mailbox.failures + 1 };
        if mailbox.failures >= MOST_FAILURES {
            (mailbox.failures, mailbox.closed_until) = (0, clock::now() + CLOSED);
        }
    })?;
    Ok(right)
}

/// All messages of a mailbox, deleted ones too, oldest first.
pub fn all(extension: &str) -> Result<Vec<Message>> {
    let mut messages: Vec<Message> =
        kv::scan::<Message>(&messages_of(extension))?.into_iter().map(|kept| kept.value).collect();
    messages.sort_by_key(|message| message.at);
    Ok(messages)
}

/// The messages of a mailbox that are not deleted, oldest first.
pub fn messages(extension: &str) -> Result<Vec<Message>> {
    Ok(all(extension)?.into_iter().filter(|message| message.deleted.is_none()).collect())
}

/// Keep a message, new or changed, and light the lamp.
pub fn keep(extension: &str, message: &Message) -> Result<()> {
    kv::put(&message_key(extension, &message.sound), message)?;
    show(extension)
}

/// The message of this recording, when it is in this mailbox.
pub fn message(extension: &str, sound: &str) -> Result<Option<Message>> {
    kv::get(&message_key(extension, sound))
}

/// Change a message that is in this mailbox, and light the lamp; `None` when it is not, or no more.
pub fn alter(extension: &str, sound: &str, change: impl Fn(&mut Message)) -> Result<Option<Message>> {
    let key = message_key(extension, sound);
    for _ in 0..TRIES {
        let Some(kept) = kv::entry::<Message>(&key)? else { return Ok(None) };
        let mut message = kept.value;
        change(&mut message);
        // Not `keep`: whoever has erased it meanwhile, by telephone or at night, has erased it.
        if kv::commit().put(&key, &message)?.expect(kept.version).try_make()? {
            show(extension)?;
            return Ok(Some(message));
        }
    }
    Err(Error::Failed("the message changes faster than it can be read".into()))
}

/// Erase a message for good.
pub fn erase(extension: &str, message: &Message) -> Result<()> {
    kv::delete(&message_key(extension, &message.sound))?;
    // The sound goes last: a file that nobody names is better than a message without a sound.
    Recorded::erase_id(&message.sound)?;
    if let Some(comment) = message.forwarded.as_ref().and_then(|forwarded| forwarded.comment.as_ref()) {
        Recorded::erase_id(comment)?;
    }
    show(extension)
}

/// Show on the lamp how many messages there are.
pub fn show(extension: &str) -> Result<()> {
    let messages = messages(extension)?;
    let count = |wanted: fn(&Message) -> bool| messages.iter().filter(|message| wanted(message)).count() as u32;
    let counts = message_waiting::Counts {
        new: count(|message| message.heard.is_none()),
        old: count(|message| message.heard.is_some()),
        urgent_new: count(|message| message.urgent && message.heard.is_none()),
        urgent_old: count(|message| message.urgent && message.heard.is_some()),
    };
    match message_waiting::set(extension, counts) {
        // The extension is gone; its messages may come back with it.
        Err(Error::Invalid(_)) => Ok(()),
        shown => shown,
    }
}

/// The extensions that have messages.
pub fn in_use() -> Result<Vec<String>> {
    let mut extensions: Vec<String> = Vec::new();
    for kept in kv::scan::<Message>("message/")? {
        let Some(extension) = kept.key.split('/').nth(1) else { continue };
        if extensions.last().is_none_or(|last| last != extension) {
            extensions.push(extension.to_owned());
        }
    }
    Ok(extensions)
}

fn key(extension: &str) -> String {
    format!("mailbox/{extension}")
}

fn messages_of(extension: &str) -> String {
    format!("message/{extension}/")
}

fn message_key(extension: &str, sound: &str) -> String {
    format!("{}{sound}", messages_of(extension))
}

#[cfg(test)]
mod tests {
    use super::is_poor;

    #[test]
    fn a_pin_is_no_repeated_digit_no_word_and_not_the_extension() {
        for pin in ["", "123", "1111", "1234567890123", "10055", "47a1", "47*1", "４７１１"] {
            assert!(is_poor(pin, "10055"), "{pin}");
        }
        for pin in ["4711", "1112", "123456789012"] {
            assert!(!is_poor(pin, "10055"), "{pin}");
        }
    }
}
