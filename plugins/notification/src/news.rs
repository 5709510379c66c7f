//! What happens, and what becomes of it: a letter at once, a letter later, a line in a digest, or nothing.

use crate::{
    digest,
    settings::Settings,
    sms,
    wishes::{self, Wishes},
    wording,
};
use jackfield_sdk::{mail::Refusal, prelude::*};
use serde::{Deserialize, Serialize};

const LEFT: &str = "org.jackfield.voicemail/left";
const MISSED: &str = "calls/missed";
/// How long it is remembered that a message was left in a call.
const REMEMBERED: u64 = 60 * 60 * 1_000;

/// What somebody is written about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A message was left.
    Voicemail,
    /// A call was missed, and no message left.
    Missed,
}

/// Something to write about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct News {
    pub kind: Kind,
    /// Who called, perhaps empty.
    pub number: String,
    /// Their name, perhaps empty.
    pub name: String,
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// How long the message is; 0 for a call.
    pub length_ms: u32,
    pub urgent: bool,
}

/// What the voicemail tells.
#[derive(Deserialize)]
struct Left {
    extension: String,
    call: String,
    from: String,
    name: String,
    at: u64,
    length_ms: u32,
    urgent: bool,
}

/// What the house tells of a missed call.
#[derive(Deserialize)]
struct Missed {
    call: String,
    caller: Party,
    callee: Party,
    started: u64,
}

#[derive(Deserialize)]
struct Party {
    number: String,
    name: String,
    extension: Option<String>,
}

/// These have happened. Whatever is done is done by the event's number, so that what comes again is done once.
pub fn learn(batch: &[events::Event]) -> Result<()> {
    let settings: Settings = settings();
    for event in batch {
        match event.topic.as_str() {
            LEFT => {
                let left: Left = event.read()?;
                kv::put(&left_key(&left.call, &left.extension), &event.at)?;
                let Left { extension, from: number, name, at, length_ms, urgent, .. } = left;
                let news = News { kind: Kind::Voicemail, number, name, at, length_ms, urgent };
                pass_on(&settings, event, &extension, news)?;
            }
            MISSED => {
                let missed: Missed = event.read()?;
                let Some(extension) = missed.callee.extension else { continue };
                // Whoever has left a message has been written about already.
                if !missed.call.is_empty() && kv::get::<u64>(&left_key(&missed.call, &extension))?.is_some() {
                    continue;
                }
                let Party { number, name, .. } = missed.caller;
                let news = News { kind: Kind::Missed, number, name, at: missed.started, length_ms: 0, urgent: false };
                pass_on(&settings, event, &extension, news)?;
            }
            _ => {}
        }
    }
    forget()
}

/// Do with it what the person wishes.
fn pass_on(settings: &Settings, event: &events::Event, extension: &str, news: News) -> Result<()> {
    let wishes = Wishes::of(extension, settings)?;
    let Some(somewhere) = presence::of(extension)? else { return Ok(()) };
    let state = wishes::name_of(somewhere.state);
    sms::tell(settings, &wishes, extension, state, event.seq, &news)?;
    if !wishes.wants(news.kind, state) {
        return Ok(());
    }
    // What is urgent does not wait.
    if wishes.digest.is_some() && !news.urgent {
        return digest::gather(settings, &wishes, extension, event.seq, &news);
    }
    let not_before = if news.urgent { None } else { wishes.after_quiet(settings, clock::now())? };
    let (subject, text) = wording::letter(settings, extension, &news)?;
    let letter = mail::to_extension(extension).about(&subject, &text).once(&format!("event/{}", event.seq));
    let letter = not_before.into_iter().fold(letter, mail::Letter::not_before);
    let sound = event.recordings.first().filter(|_| settings.attach && wishes.attach);
    let sent = match sound {
        Some(sound) => letter.clone().attach_recording(&wording::file_name(settings, &news)?, sound).send(),
        None => letter.clone().send(),
    };
    match sent {
        // The message was erased meanwhile, or is too long for a letter: its owner is written to all the same.
        Err(Refusal::Failed(_) | Refusal::Invalid(_)) if sound.is_some() => settle(extension, letter.send()),
        sent => settle(extension, sent),
    }
}

/// What nobody here can mend is no failure: trying again would be in vain.
pub fn settle(extension: &str, sent: Result<(), Refusal>) -> Result<()> {
    let outcome = match &sent {
        Ok(()) => "handed over",
        Err(Refusal::NoAddress(_)) => "no address",
        Err(Refusal::NotSetUp) => "not set up",
        Err(_) => "failed",
    };
    metrics::add("letters_total", &[("outcome", outcome)], 1.0);
    match sent {
        Ok(()) => Ok(()),
        Err(Refusal::NoAddress(_)) => {
            log::debug!("{extension} has no mail address");
            Ok(())
        }
        Err(Refusal::NotSetUp) => {
            log::warn!("mail is not set up in this house, so nobody is written to");
            Ok(())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// Forget in which calls messages were left, once those calls are over for sure.
fn forget() -> Result<()> {
    let now = clock::now();
    for kept in kv::scan::<u64>("left/")?.into_iter().take(50) {
        if kept.value + REMEMBERED < now {
            kv::delete(&kept.key)?;
        }
    }
    sms::forget()
}

fn left_key(call: &str, extension: &str) -> String {
    let call: String = call.chars().take(100).collect();
    format!("left/{call}/{extension}")
}
