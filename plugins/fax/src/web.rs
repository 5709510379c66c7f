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
    let refuse = |text: &str| Ok(web::Response::text(text).with_status(422));
    let mut recipients: Vec<Recipient> = Vec::new();
    for number in request.query("to").unwrap_or_default().split([',', ';']).filter(|number| !number.trim().is_empty()) {
        let number: String = number.chars().filter(|c| !c.is_whitespace() && !"()-./".contains(*c)).collect();
        let sound = (1..=LONGEST_NUMBER).contains(&number.len())
            && number
                .chars()
                .enumerate()
                .all(|(at, c)| c.is_ascii_digit() || "*#".contains(c) || (c == '+' && at == 0));
        if !sound {
            return refuse(&format!("“{number}” is no number."));
        }
        if !recipients.iter().any(|one| one.number == number) {
            recipients.push(Recipient { number, ..Recipient::default() });
        }
    }
    if recipients.is_empty() || recipients.len() > MOST_RECIPIENTS {
        return refuse(&format!("Name 1 to {MOST_RECIPIENTS} recipients."));
    }
    let mut held = 0;
    for id in job::ids()? {
        held += usize::from(own(extension, &id)?.is_some());
    }
    if held >= MOST_JOBS {
        return refuse("You have sent as many documents as can be listed: delete some.");
    }
    let document = match documents::keep(request.body()) {
        Ok(document) => document,
        Err(Error::Invalid(text) | Error::Failed(text)) => return refuse(&text),
        Err(error) => return Err(error),
    };
    let name: String = request.query("name").unwrap_or_default().chars().filter(|c| !c.is_control()).collect();
    let (id, pages) = (document.id.clone(), document.pages);
    let job = Job {
        owner: extension.to_owned(),
        document: document.id,
        name: name.chars().take(LONGEST_NAME).collect(),
        pages,
        at: clock::now(),
        recipients,
        stopped: false,
    };
    if let Err(error) = reducer::ask::<()>(&job::key(&id), &Told::Begin(job)) {
        documents::erase(&id)?;
        return Err(error);
    }
    upkeep::watch(&id)?;
    Ok(web::Response::json(&Accepted { id, pages })?.with_status(201))
}
