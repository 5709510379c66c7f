//! What goes by mail. That it cannot be sent is in the log, and changes nothing about the fax.

use crate::{
    inbox::Received,
    job::{Job, State},
    settings::{FaxBox, Settings},
};
use jackfield_sdk::prelude::*;

/// To the owner of a box: a fax, as PDF.
pub fn received(fax_box: &FaxBox, fax: &Received, settings: &Settings) {
    let words = Words::of(&fax_box.owner);
    let from = [&fax.name, &fax.from, &fax.station].into_iter().find(|text| !text.is_empty());
    let from = from.map_or(words.unknown, String::as_str);
    let subject = format!("{} {from} ({} {})", words.fax_from, fax.pages, words.pages);
    let broken = fax.broken_off.as_ref().map(|_| format!("\n{}\n", words.broken_off)).unwrap_or_default();
    let text = format!(
        "{} {from}\n{} {}\n{}: {}\n{}: {}\n{broken}",
        words.fax_from,
        words.at,
        time(fax.at, settings),
        words.pages,
        fax.pages,
        words.station,
        if fax.station.is_empty() { "–" } else { &fax.station },
    );
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
    let subject = format!("{} “{}”: {sent}/{}", words.sent, job.name, job.recipients.len());
    let line = |one: &crate::job::Recipient| {
        let state = if one.state == State::Sent { words.ok } else { words.not_ok };
        format!("{}  {state}  {} {}, {} {}\n", one.number, one.pages, words.pages, one.tries, words.calls)
    };
    let text: String = job.recipients.iter().map(line).collect();
    let letter = mail::to_extension(&job.owner).about(&subject, &text).once(&format!("out/{id}"));
    if let Err(refusal) = letter.send() {
        log::warn!("what became of a fax is not mailed: {}", Error::from(refusal));
    }
}

fn time(at: u64, settings: &Settings) -> String {
    match clock::local(&settings.time_zone, at) {
        Ok(now) => format!("{:04}-{:02}-{:02} {:02}:{:02}", now.year, now.month, now.day, now.hour, now.minute),
        Err(_) => String::new(),
    }
}

struct Words {
    fax_from: &'static str,
    unknown: &'static str,
    at: &'static str,
    pages: &'static str,
    station: &'static str,
    broken_off: &'static str,
    sent: &'static str,
    ok: &'static str,
    not_ok: &'static str,
    calls: &'static str,
}

impl Words {
    /// In the language of the extension's prompts.
    fn of(extension: &str) -> Self {
        let entry = directory::extension(extension).ok().flatten();
        match entry.as_ref().map(|entry| entry.language.as_str()) {
            Some("fr") => Self {
                fax_from: "Fax de",
                unknown: "numéro inconnu",
                at: "Reçu le",
                pages: "pages",
                station: "Identifiant de l’appareil",
                broken_off: "La transmission s’est interrompue : il peut manquer des pages.",
                sent: "Fax envoyé",
                ok: "envoyé",
                not_ok: "non envoyé",
                calls: "appels",
            },
            Some("de") => Self {
                fax_from: "Fax von",
                unknown: "unbekannter Nummer",
                at: "Empfangen am",
                pages: "Seiten",
                station: "Kennung des Geräts",
                broken_off: "Die Übertragung ist abgebrochen: Es können Seiten fehlen.",
                sent: "Fax gesendet",
                ok: "gesendet",
                not_ok: "nicht gesendet",
                calls: "Anrufe",
            },
            _ => Self {
                fax_from: "Fax from",
                unknown: "an unknown number",
                at: "Received on",
                pages: "pages",
                station: "Name of the machine",
                broken_off: "The transmission broke off: pages may be missing.",
                sent: "Fax sent",
                ok: "sent",
                not_ok: "not sent",
                calls: "calls",
            },
        }
    }
}
