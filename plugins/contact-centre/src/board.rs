//! Wallboards: what the queues are like now, for whoever has a link that a supervisor has made. No names, no numbers of people.

use crate::{
    centre::{Centre, Link},
    now,
    settings::Settings,
    web::{QueueNow, queues},
    words::{Ask, CENTRE, Order, Supervisor},
};
use jackfield_sdk::{prelude::*, reducer, web::Response};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Links at a time, and how long one is good for at most, in days.
pub const MOST: usize = 20;
const LONGEST: u64 = 366;
/// Words are 32 random bytes in base64url, which the supervisor's browser has made.
const WORD: usize = 43;
const LONGEST_NAME: usize = 60;
const LONGEST_MESSAGE: usize = 200;

/// A link that a supervisor wants.
#[derive(Deserialize)]
struct NewLink {
    name: String,
    /// Numbers of queues; none: all.
    queues: Vec<String>,
    message: String,
    days: u64,
    word: String,
}

#[derive(Serialize)]
struct Board<'a> {
    now: u64,
    name: &'a str,
    message: &'a str,
    queues: Vec<QueueNow>,
}

/// What is kept of a word: whoever reads the house's disk cannot open the page.
fn digest(word: &str) -> String {
    Sha256::digest(word).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Make a link.
pub fn make(request: &web::Request, by: Supervisor, settings: &Settings) -> Result<Result<(), String>> {
    let new: NewLink = request.json()?;
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if new.word.len() != WORD || !new.word.chars().all(sound) {
        return Err(Error::Invalid(format!("the word of a link has {WORD} letters, digits, - and _")));
    }
    let name = new.name.trim();
    if !(1..=LONGEST_NAME).contains(&name.chars().count()) || new.message.chars().count() > LONGEST_MESSAGE {
        let text = format!("a name has 1 to {LONGEST_NAME} characters, a message {LONGEST_MESSAGE} at most");
        return Err(Error::Invalid(text));
    }
    if !(1..=LONGEST).contains(&new.days) {
        return Err(Error::Invalid(format!("a link is good for 1 to {LONGEST} days")));
    }
    if let Some(unknown) = new.queues.iter().find(|queue| settings.queue(queue).is_none()) {
        return Err(Error::Invalid(format!("there is no queue {unknown}")));
    }
    let link = Link {
        id: 0,
        name: name.to_owned(),
        queues: new.queues,
        message: new.message.trim().to_owned(),
        digest: digest(&new.word),
        by: by.name.clone(),
        until: clock::now() + new.days * 86_400_000,
    };
    reducer::ask(CENTRE, &Ask::Supervisor { by, wish: Order::Link { link } })
}

/// What a board shows; 404 when its link is no good any more.
pub fn show(word: &str, settings: &Settings) -> Result<Response> {
    let (centre, time) = (now()?, clock::now());
    let Some(link) = find(&centre, word, time) else { return Ok(Response::not_found()) };
    let wanted = |number: &str| link.queues.is_empty() || link.queues.iter().any(|queue| queue == number);
    let queues = queues(&centre, settings, wanted).into_iter().map(QueueNow::without_names).collect();
    Response::json(&Board { now: time, name: &link.name, message: &link.message, queues })
}

fn find<'a>(centre: &'a Centre, word: &str, time: u64) -> Option<&'a Link> {
    let digest = digest(word);
    centre.links.iter().find(|link| link.digest == digest && link.until > time)
}
