//! What the page asks: the mailbox of whoever is signed in, and no other.
//!
//! Every answer begins with the extension of the one who asks, for which the host vouches. Messages and recordings are looked
//! up in that mailbox alone, so that an id from elsewhere is no more than an id that does not exist.

use crate::{
    greeting::STATES,
    mailbox::{self, GREETING, Message, NAME},
    settings::Settings,
};
use jackfield_sdk::prelude::*;
use serde::{Deserialize, Serialize};

/// Answer one request.
pub fn answer(request: &web::Request) -> Result<web::Response> {
    let settings: Settings = settings();
    let Some(extension) = request.user().extension.as_deref().filter(|extension| settings.has_mailbox(extension))
    else {
        return nothing(request);
    };
    match request.route()[..] {
        ["GET", "messages"] => messages(extension),
        ["GET", "messages", id, "audio"] => sound(mailbox::message(extension, id)?.map(|message| message.sound)),
        ["GET", "messages", id, "comment"] => {
            let forwarded = mailbox::message(extension, id)?.and_then(|message| message.forwarded);
            sound(forwarded.and_then(|forwarded| forwarded.comment))
        }
        ["POST", "messages", id] => change(extension, id, &request.json()?),
        ["GET", "settings"] => web::Response::json(&Owned::of(extension, settings)?),
        ["PUT", "pin"] => set_pin(extension, &request.json()?),
        ["GET", "greetings", which] => sound(mailbox::of(extension)?.recording(which).cloned()),
        ["DELETE", "greetings", which] => {
            let erased = mailbox::replace(extension, |mailbox| mailbox.take_recording(which))?;
            Ok(if erased { web::Response::done() } else { web::Response::not_found() })
        }
        _ => Ok(web::Response::not_found()),
    }
}

/// What somebody without a mailbox is told: which of the two reasons it has. All else is not there.
fn nothing(request: &web::Request) -> Result<web::Response> {
    let none = Mailbox { extension: request.user().extension.as_deref(), open: false, messages: Vec::new() };
    match request.route()[..] {
        ["GET", "messages"] => web::Response::json(&none),
        _ => Ok(web::Response::denied("You have no mailbox.")),
    }
}

/// What the page lists.
#[derive(Serialize)]
struct Mailbox<'a> {
    extension: Option<&'a str>,
    /// Whether there is a mailbox.
    open: bool,
    /// Newest first, deleted ones too.
    messages: Vec<Letter>,
}

/// A message as the page shows it.
#[derive(Serialize)]
struct Letter {
    id: String,
    /// When it was left, in milliseconds since 1970.
    at: u64,
    length_ms: u32,
    from: Person,
    urgent: bool,
    heard: bool,
    deleted: bool,
    forwarded_by: Option<Person>,
    /// Whether whoever forwarded it has said something to it.
    comment: bool,
}

/// A number, perhaps empty, and a name, perhaps empty.
#[derive(Serialize)]
struct Person {
    number: String,
    name: String,
}

impl Letter {
    fn of(message: Message) -> Result<Self> {
        let comment = message.forwarded.as_ref().is_some_and(|forwarded| forwarded.comment.is_some());
        Ok(Self {
            id: message.sound,
            at: message.at,
            length_ms: message.length_ms,
            from: Person::of(message.from, message.name)?,
            urgent: message.urgent,
            heard: message.heard.is_some(),
            deleted: message.deleted.is_some(),
            forwarded_by: message.forwarded.map(|forwarded| Person::of(forwarded.by, String::new())).transpose()?,
            comment,
        })
    }
}

impl Person {
    /// Colleagues by the name that they have in the house, others by the name that came with the call.
    fn of(number: String, name: String) -> Result<Self> {
        let colleague = directory::extension(&number)?.map(|entry| entry.name).filter(|name| !name.is_empty());
        Ok(Self { number, name: colleague.unwrap_or(name) })
    }
}

fn messages(extension: &str) -> Result<web::Response> {
    let newest_first = mailbox::all(extension)?.into_iter().rev();
    let messages = newest_first.map(Letter::of).collect::<Result<_>>()?;
    web::Response::json(&Mailbox { extension: Some(extension), open: true, messages })
}

/// A recording that has been found in the mailbox.
fn sound(recording: Option<String>) -> Result<web::Response> {
    Ok(recording.map_or_else(web::Response::not_found, web::Response::recording))
}

/// What becomes of a message; what is not named stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    heard: Option<bool>,
    deleted: Option<bool>,
}

fn change(extension: &str, id: &str, wanted: &Change) -> Result<web::Response> {
    let now = clock::now();
    // Once heard or deleted, the time of it stays: old messages go by it.
    let set = |time: &mut Option<u64>, wanted: Option<bool>| match wanted {
        Some(true) => *time = time.or(Some(now)),
        Some(false) => *time = None,
        None => {}
    };
    let changed = mailbox::alter(extension, id, |message| {
        set(&mut message.heard, wanted.heard);
        set(&mut message.deleted, wanted.deleted);
    })?;
    match changed {
        Some(message) => web::Response::json(&Letter::of(message)?),
        None => Ok(web::Response::not_found()),
    }
}

/// What the owner has set, and what the page says about the house's rules.
#[derive(Serialize)]
struct Owned {
    /// Whether there is a PIN. It is never told.
    pin: bool,
    /// What the owner has recorded, by the names that `/greetings/` has.
    recorded: Vec<&'static str>,
    /// The number by which owners come to their mailbox.
    access: Option<String>,
    most_messages: usize,
    keep_days: u64,
    trash_days: u64,
}

impl Owned {
    fn of(extension: &str, settings: Settings) -> Result<Self> {
        let mailbox = mailbox::of(extension)?;
        let all = [GREETING].into_iter().chain(STATES.map(|(_, state)| state)).chain([NAME]);
        Ok(Self {
            pin: mailbox.pin.is_some(),
            recorded: all.filter(|which| mailbox.recording(which).is_some()).collect(),
            access: settings.access.into_iter().next(),
            most_messages: settings.most_messages,
            keep_days: settings.keep_days,
            trash_days: settings.trash_days,
        })
    }
}

/// A new PIN, typed twice.
#[derive(Deserialize)]
struct NewPin {
    pin: String,
    again: String,
}

/// Why a PIN is refused, for the page to say in its language.
#[derive(Serialize)]
struct Refused {
    reason: &'static str,
}

fn set_pin(extension: &str, new: &NewPin) -> Result<web::Response> {
    let reason = if mailbox::is_poor(&new.pin, extension) {
        "poor"
    } else if new.pin != new.again {
        "differ"
    } else {
        mailbox::set_pin(extension, &new.pin)?;
        return Ok(web::Response::done());
    };
    Ok(web::Response::json(&Refused { reason })?.with_status(422))
}
