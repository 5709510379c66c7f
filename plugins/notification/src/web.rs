//! What the page asks: the wishes of whoever is signed in, and of nobody else.

use crate::{
    news::{Kind, News},
    settings::Settings,
    sms,
    wishes::{STATES, Wishes},
    wording,
};
use jackfield_sdk::prelude::*;
use serde::Serialize;

/// Answer one request.
pub fn answer(request: &web::Request) -> Result<web::Response> {
    let Some(extension) = request.user().extension.as_deref() else {
        return match request.route()[..] {
            ["GET", "wishes"] => web::Response::json(&Shown::default()),
            _ => Ok(web::Response::denied("You have no extension.")),
        };
    };
    match request.route()[..] {
        ["GET", "wishes"] => show(extension),
        ["PUT", "wishes"] => {
            request.json::<Wishes>()?.keep(extension)?;
            show(extension)
        }
        ["POST", "try"] => try_out(extension),
        ["POST", "try-sms"] => try_sms(extension),
        _ => Ok(web::Response::not_found()),
    }
}

/// What the page shows.
#[derive(Default, Serialize)]
struct Shown<'a> {
    extension: Option<&'a str>,
    /// The mail address in the person's profile.
    address: Option<String>,
    /// Whether recordings may leave the house.
    attach_allowed: bool,
    /// Whether an administrator has SMS sent.
    sms_offered: bool,
    /// Whether they go to the person's number.
    sms_reaches: bool,
    /// All states, in their order.
    states: &'static [&'static str],
    wishes: Option<Wishes>,
}

fn show(extension: &str) -> Result<web::Response> {
    let settings: Settings = settings();
    let wishes = Wishes::of(extension, &settings)?;
    web::Response::json(&Shown {
        extension: Some(extension),
        address: mail::address_of(extension)?,
        attach_allowed: settings.attach,
        sms_offered: settings.sms.is_set_up(),
        sms_reaches: wishes.number(&settings).is_some(),
        states: &STATES,
        wishes: Some(wishes),
    })
}

/// What came of a letter to try it out.
#[derive(Serialize)]
struct Tried {
    /// Why it was not written, in English; none when it was.
    reason: Option<String>,
}

/// Write a letter as it would be about a message, without one.
fn try_out(extension: &str) -> Result<web::Response> {
    let settings: Settings = settings();
    let news = sample(extension);
    let (subject, text) = wording::letter(&settings, extension, &news)?;
    // Once a minute: whoever presses the button for ever gets no more.
    let once = format!("try/{extension}/{}", news.at / 60_000);
    let sent = mail::to_extension(extension).about(&subject, &text).once(&once).send();
    let reason = sent.err().map(|refusal| Error::from(refusal).to_string());
    if let Some(reason) = &reason {
        log::info!("a letter to try it out was not written to {extension}: {reason}");
    }
    web::Response::json(&Tried { reason })
}

/// Send an SMS as it would be about a message, without one.
fn try_sms(extension: &str) -> Result<web::Response> {
    let settings: Settings = settings();
    let wishes = Wishes::of(extension, &settings)?;
    let reason = sms::try_out(&settings, &wishes, extension, &sample(extension))?;
    web::Response::json(&Tried { reason })
}

/// News of a message that there is not.
fn sample(extension: &str) -> News {
    News {
        kind: Kind::Voicemail,
        number: extension.to_owned(),
        name: String::new(),
        at: clock::now(),
        length_ms: 5_000,
        urgent: false,
    }
}
