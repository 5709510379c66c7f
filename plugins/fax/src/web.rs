//! What the page asks: the boxes and the documents of whoever is signed in, and no others.
//!
//! Every answer begins with the extension of the one who asks, for which the host vouches.

use crate::{
    inbox::{self, Received},
    job::{self, Job, Recipient, Told},
    settings::Settings,
    upkeep,
};
use jackfield_sdk::{prelude::*, reducer};
use serde::{Deserialize, Serialize};

const MOST_RECIPIENTS: usize = 100;
const LONGEST_NUMBER: usize = 32;
const LONGEST_NAME: usize = 100;
/// Jobs that one person may have at once, those that are over included.
const MOST_JOBS: usize = 100;
const FULL: &str = "You have sent as many documents as can be listed: delete some.";

pub fn answer(request: &web::Request) -> Result<web::Response> {
    let Some(extension) = request.user().extension.as_deref() else {
        return match request.route()[..] {
            ["GET", "faxes"] => web::Response::json(&Faxes { extension: None, boxes: Vec::new(), jobs: Vec::new() }),
            _ => Ok(web::Response::denied("You have no extension.")),
        };
    };
    let settings: Settings = settings();
    match request.route()[..] {
        ["GET", "faxes"] => faxes(extension, &settings),
        ["GET", "boxes", number, document, "pdf"] => received(extension, &settings, number, document),
        ["DELETE", "boxes", number, document] => {
            if mine(extension, &settings, number, document)?.is_none() {
                return Ok(web::Response::not_found());
            }
            inbox::erase(number, document)?;
            Ok(web::Response::done())
        }
        ["POST", "documents"] => hand_in(extension, request),
        ["PRINT", ..] => printed(extension, request),
        ["POST", "jobs", id, "recipients"] => address(extension, id, request),
        ["GET", "jobs", id, "pdf"] => {
            Ok(own(extension, id)?.map_or_else(web::Response::not_found, |job| web::Response::document(job.document)))
        }
        ["POST", "jobs", id, what @ ("again" | "stop")] => {
            if own(extension, id)?.is_none() {
                return Ok(web::Response::not_found());
            }
            reducer::ask::<()>(&job::key(id), &if what == "again" { Told::Again } else { Told::Stop })?;
            if what == "again" {
                upkeep::watch(id)?;
            }
            Ok(web::Response::done())
        }
        ["DELETE", "jobs", id] => match own(extension, id)? {
            Some(job) if job.is_over() => {
                upkeep::forget(id, &job)?;
                Ok(web::Response::done())
            }
            Some(_) => Ok(web::Response::text("It is still being sent: stop it first.").with_status(409)),
            None => Ok(web::Response::not_found()),
        },
        _ => Ok(web::Response::not_found()),
    }
}

#[derive(Serialize)]
struct Faxes<'a> {
    extension: Option<&'a str>,
    boxes: Vec<Shown>,
    /// Newest first.
    jobs: Vec<Sending>,
}

#[derive(Serialize)]
struct Shown {
    number: String,
    /// Newest first.
    faxes: Vec<Received>,
}

#[derive(Serialize)]
struct Sending {
    id: String,
    over: bool,
    #[serde(flatten)]
    job: Job,
}

fn faxes(extension: &str, settings: &Settings) -> Result<web::Response> {
    let mut boxes = Vec::new();
    for fax_box in settings.of_owner(extension) {
        let mut faxes = inbox::all(&fax_box.number)?;
        faxes.reverse();
        boxes.push(Shown { number: fax_box.number.clone(), faxes });
    }
    let mut jobs = Vec::new();
    for id in job::ids()? {
        if let Some(job) = own(extension, &id)? {
            jobs.push(Sending { id, over: job.is_over(), job });
        }
    }
    jobs.sort_by_key(|sending| std::cmp::Reverse(sending.job.at));
    web::Response::json(&Faxes { extension: Some(extension), boxes, jobs })
}

/// A fax of a box that is this person's.
fn mine(extension: &str, settings: &Settings, number: &str, document: &str) -> Result<Option<Received>> {
    match settings.of_number(number).filter(|fax_box| fax_box.owner == extension) {
        Some(_) => inbox::one(number, document),
        None => Ok(None),
    }
}

fn received(extension: &str, settings: &Settings, number: &str, document: &str) -> Result<web::Response> {
    let Some(mut fax) = mine(extension, settings, number, document)? else { return Ok(web::Response::not_found()) };
    if !fax.read {
        fax.read = true;
        inbox::put(number, &fax)?;
    }
    Ok(web::Response::document(document))
}

/// A job of this person's.
fn own(extension: &str, id: &str) -> Result<Option<Job>> {
    Ok(job::look(id)?.filter(|job| job.owner == extension))
}

#[derive(Deserialize, Serialize)]
struct Accepted {
    id: String,
    pages: u32,
}

/// A document and its recipients: `?to=1,2&name=…`, with the file as the body.
fn hand_in(extension: &str, request: &web::Request) -> Result<web::Response> {
    let recipients = match recipients(request.query("to").unwrap_or_default()) {
        Ok(recipients) => recipients,
        Err(text) => return refuse(&text),
    };
    if !has_room(extension)? {
        return refuse(FULL);
    }
    let document = match documents::keep(request.body()) {
        Ok(document) => document,
        Err(Error::Invalid(text) | Error::Failed(text)) => return refuse(&text),
        Err(error) => return Err(error),
    };
    let (id, pages) = (document.id.clone(), document.pages);
    if let Err(error) = begin(extension, request, document.id, pages, recipients) {
        documents::erase(&id)?;
        return Err(error);
    }
    Ok(web::Response::json(&Accepted { id, pages })?.with_status(201))
}

/// What somebody has printed: perhaps the numbers are known, else the page asks for them.
fn printed(extension: &str, request: &web::Request) -> Result<web::Response> {
    let said = request.query("to").unwrap_or_default();
    let recipients = match recipients(said) {
        Ok(recipients) => recipients,
        Err(_) if said.is_empty() => Vec::new(),
        Err(text) => return refuse(&text),
    };
    if !has_room(extension)? {
        return refuse(FULL);
    }
    let document = request.query("document").unwrap_or_default().to_owned();
    let pages = request.query("pages").and_then(|pages| pages.parse().ok()).unwrap_or_default();
    begin(extension, request, document, pages, recipients)?;
    Ok(web::Response::done())
}

/// The recipients of a document that was printed.
fn address(extension: &str, id: &str, request: &web::Request) -> Result<web::Response> {
    let Some(job) = own(extension, id)? else { return Ok(web::Response::not_found()) };
    if !job.recipients.is_empty() {
        return Ok(web::Response::text("It is on its way already.").with_status(409));
    }
    match recipients(request.query("to").unwrap_or_default()) {
        Ok(recipients) => start(id, Job { recipients, ..job })?,
        Err(text) => return refuse(&text),
    }
    Ok(web::Response::done())
}

fn begin(extension: &str, request: &web::Request, document: String, pages: u32, to: Vec<Recipient>) -> Result<()> {
    let name: String = request.query("name").unwrap_or_default().chars().filter(|c| !c.is_control()).collect();
    let id = document.clone();
    let job = Job {
        owner: extension.to_owned(),
        document,
        name: name.chars().take(LONGEST_NAME).collect(),
        pages,
        at: clock::now(),
        recipients: to,
        stopped: false,
    };
    start(&id, job)
}

fn start(id: &str, job: Job) -> Result<()> {
    let watched = !job.recipients.is_empty();
    reducer::ask::<()>(&job::key(id), &Told::Begin(job))?;
    if watched { upkeep::watch(id) } else { Ok(()) }
}

/// Numbers as people write them, each once.
fn recipients(text: &str) -> std::result::Result<Vec<Recipient>, String> {
    let mut recipients: Vec<Recipient> = Vec::new();
    for number in text.split([',', ';']).filter(|number| !number.trim().is_empty()) {
        let number: String = number.chars().filter(|c| !c.is_whitespace() && !"()-./".contains(*c)).collect();
        let digits = number.strip_prefix('+').unwrap_or(&number);
        let sound = number.len() <= LONGEST_NUMBER && !digits.is_empty();
        if !sound || !digits.chars().all(|c| c.is_ascii_digit() || "*#".contains(c)) {
            return Err(format!("“{number}” is no number."));
        }
        if !recipients.iter().any(|one| one.number == number) {
            recipients.push(Recipient { number, ..Recipient::default() });
        }
    }
    if recipients.is_empty() || recipients.len() > MOST_RECIPIENTS {
        return Err(format!("Name 1 to {MOST_RECIPIENTS} recipients."));
    }
    Ok(recipients)
}

/// Whether this person may have another job.
fn has_room(extension: &str) -> Result<bool> {
    let mut held = 0;
    for id in job::ids()? {
        held += usize::from(own(extension, &id)?.is_some());
    }
    Ok(held < MOST_JOBS)
}

fn refuse(text: &str) -> Result<web::Response> {
    Ok(web::Response::text(text).with_status(422))
}
