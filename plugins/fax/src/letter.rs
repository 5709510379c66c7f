//! What goes by mail. That it cannot be sent is in the log, and changes nothing about the fax.

use crate::{
    inbox::Received,
    job::{Job, Recipient, State},
    settings::{FaxBox, Settings},
    wording::Words,
};
use jackfield_sdk::prelude::*;

/// To the owner of a box: a fax, as PDF.
pub fn received(fax_box: &FaxBox, fax: &Received, settings: &Settings) {
    let words = Words::of(&fax_box.owner);
    let from = [&fax.name, &fax.from, &fax.station].into_iter().find(|text| !text.is_empty());
    let from = words.fax_from(from.map(String::as_str));
    let subject = format!("{from} ({})", words.pages(fax.pages));
    let mut text = format!("{subject}\n{} {}\n", words.received_on(), time(fax.at, settings));
    if !fax.station.is_empty() {
        text += &format!("{}: {}\n", words.station(), fax.station);
    }
    if let Some(outcome) = &fax.broken_off {
        text += &format!("\n{}\n", words.broken_off(outcome));
    }
    let letter = mail::to_extension(&fax_box.owner)
        .about(&subject, &text)
        .attach_document("fax.pdf", &fax.document)
        .once(&format!("in/{}", fax.document));
    if let Err(refusal) = letter.send() {
        log::warn!("a fax to {} is not mailed: {}", fax_box.number, Error::from(refusal));
    }
}

/// To whoever has handed a document in: what has become of it.
pub fn over(id: &str, job: &Job) {
    let words = Words::of(&job.owner);
    let sent = job.recipients.iter().filter(|one| one.state == State::Sent).count();
    let subject = format!("{} “{}”: {sent}/{}", words.fax_sent(), job.name, job.recipients.len());
    let text: String = job.recipients.iter().map(|one| result(one, words)).collect();
    // Whoever was not reached may be called again, and then there is something new to tell.
    let last = job.recipients.iter().map(|one| one.at).max().unwrap_or_default();
    let letter = mail::to_extension(&job.owner).about(&subject, &text).once(&format!("out/{id}/{last}"));
    if let Err(refusal) = letter.send() {
        log::warn!("what became of a fax is not mailed: {}", Error::from(refusal));
    }
}

/// A line about one recipient.
fn result(one: &Recipient, words: Words) -> String {
    let state = if one.state == State::Sent {
        String::from(words.sent())
    } else {
        format!("{} ({})", words.not_sent(), words.reason(&one.outcome))
    };
    format!("{}: {state}; {}, {}\n", one.number, words.pages(one.pages), words.calls(one.tries))
}

fn time(at: u64, settings: &Settings) -> String {
    match clock::local(&settings.time_zone, at) {
        Ok(now) => format!("{:04}-{:02}-{:02} {:02}:{:02}", now.year, now.month, now.day, now.hour, now.minute),
        Err(_) => String::new(),
    }
}
