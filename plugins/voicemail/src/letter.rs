//! Hearing messages one after the other, and what an owner does with each.

use crate::{
    mailbox::{self, Forwarded, Message},
    settings::Settings,
    told,
};
use jackfield_sdk::{Prompt, number, prelude::*};

/// A comment with a forwarded message.
const COMMENT: u64 = 120;

/// Hear the messages that are wanted, oldest first, urgent ones before the others; `none` when there are none.
pub fn listen(call: &Call, extension: &str, none: &str, wanted: fn(&Message) -> bool) -> Result<()> {
    let mut messages: Vec<Message> = mailbox::all(extension)?.into_iter().filter(wanted).collect();
    messages.sort_by_key(|message| (!message.urgent, message.at));
    if messages.is_empty() {
        return call.play(none).map(drop);
    }
    let mut place = 0;
    while let Some(message) = messages.get_mut(place) {
        match one(call, extension, message)? {
            Next::Further => place += 1,
            Next::Back => place = place.saturating_sub(1),
            Next::Leave => return Ok(()),
        }
    }
    call.play("no-more").map(drop)
}

enum Next {
    Further,
    Back,
    Leave,
}

/// Hear one message, and do something with it.
fn one(call: &Call, extension: &str, message: &mut Message) -> Result<Next> {
    let mut sound = heading(message)?.then(sound(message));
    loop {
        let keys = digits(1).ending_with("*").within(secs(8));
        let pressed = call.collect(sound.then("letter-menu"), keys)?;
        // Whoever has heard the menu, or was fast, has heard the message.
        if message.heard.is_none() {
            message.heard = Some(clock::now());
            mailbox::keep(extension, message)?;
        }
        sound = Prompts::default();
        match pressed.digits.as_str() {
            "1" => sound = self::sound(message),
            "2" => {
                let now = clock::now();
                let deleted = message.deleted.is_none();
                message.deleted = deleted.then_some(now);
                mailbox::keep(extension, message)?;
                call.play(if deleted { "message-deleted" } else { "message-is-back" })?;
                if deleted {
                    return Ok(Next::Further);
                }
            }
            "3" => forward(call, extension, message)?,
            "4" if message.from.is_empty() => drop(call.play("unknown-number")?),
            "4" => match call.transfer(&message.from) {
                Ok(()) => return Ok(Next::Leave),
                Err(error) if error.is_unreached() => drop(call.play("not-reached")?),
                Err(error) => return Err(error),
            },
            "5" => {
                message.heard = None;
                mailbox::keep(extension, message)?;
                call.play("is-new-again")?;
                return Ok(Next::Further);
            }
            "6" => drop(call.say(when(message)?)?),
            "7" => return Ok(Next::Back),
            "9" => return Ok(Next::Further),
            "" if pressed.terminator == Some('*') => return Ok(Next::Leave),
            // Nothing was pressed: the message stays, and the next one comes.
            "" => return Ok(Next::Further),
            _ => drop(call.play("invalid")?),
        }
    }
}

/// From whom, and whether it is urgent.
fn heading(message: &Message) -> Result<Prompts> {
    let mut heading = Prompts::from(message.urgent.then_some("urgent-message"));
    if let Some(forwarded) = &message.forwarded {
        heading = heading.then("forwarded-by").then(who(&forwarded.by)?);
    }
    Ok(heading.then("message-from").then(who(&message.from)?))
}

/// A person, by the recorded name or by number.
fn who(from: &str) -> Result<Prompts> {
    if directory::extension(from)?.is_some() {
        return Ok(match mailbox::of(from)?.name {
            Some(name) => Prompt::recording(name).into(),
            None => Prompts::from("extension").then(number(from)),
        });
    }
    Ok(if from.bytes().any(|byte| byte.is_ascii_digit()) { number(from) } else { "unknown-number".into() })
}

/// The sound, with what a colleague has said to it before.
fn sound(message: &Message) -> Prompts {
    let comment = message.forwarded.as_ref().and_then(|forwarded| forwarded.comment.as_ref());
    Prompts::from(comment.map(Prompt::recording)).then(Prompt::recording(&message.sound))
}

/// When it was left, by the clocks of the house.
fn when(message: &Message) -> Result<Speech> {
    let settings: Settings = settings();
    let then = clock::local(&settings.time_zone, message.at).map_err(Error::Failed)?;
    Ok(Speech::default().date(then.year.into(), then.month, then.day).time(then.hour, then.minute))
}

/// Give a copy to a colleague, perhaps with a comment.
fn forward(call: &Call, extension: &str, message: &Message) -> Result<()> {
    let settings: Settings = settings();
    let to = call.ask("forward-to", digits(8).ending_with("#").within(secs(10)))?;
    if to.is_empty() {
        return Ok(());
    }
    if directory::extension(&to)?.is_none() || !settings.has_mailbox(&to) {
        return call.play("no-such-mailbox").map(drop);
    }
    if mailbox::messages(&to)?.len() >= settings.most_messages {
        return call.play("their-mailbox-is-full").map(drop);
    }
    let comment = match call.ask("comment-menu", digits(1))?.as_str() {
        "1" => {
            call.play("record-now")?;
            Some(call.record(Recording::up_to(secs(COMMENT)).until_silent_for(secs(5)))?.id)
        }
        _ => None,
    };
    let copy = Recorded::copy_of(&message.sound)?;
    let forwarded = Some(Forwarded { by: extension.to_owned(), comment });
    let told = Some(false);
    let copied = Message { sound: copy.id, heard: None, deleted: None, told, forwarded, ..message.clone() };
    mailbox::keep(&to, &copied)?;
    told::of(&to, &copied.sound)?;
    call.play("message-sent").map(drop)
}
