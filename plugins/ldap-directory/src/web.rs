//! What the page asks: how it stands, to try the settings, and to synchronise now. For administrators.

use crate::{
    client::Client,
    filter,
    protocol::Search,
    settings::{Security, Settings},
    sync::{self, Status},
};
use jackfield_sdk::{contacts::Contact, prelude::*};
use serde::Serialize;
use std::collections::BTreeMap;

pub fn answer(request: &web::Request) -> Result<web::Response> {
    if !request.user().is_admin() {
        return Ok(web::Response::denied("This is for administrators."));
    }
    let settings: Settings = settings();
    match request.route()[..] {
        ["GET", "status"] => web::Response::json(&Standing::of(&settings)?),
        ["POST", "synchronise"] if settings.is_set() => {
            sync::now()?;
            web::Response::json(&Standing::of(&settings)?)
        }
        ["POST", "test"] if settings.is_set() => web::Response::json(&test(&settings)),
        ["POST", "synchronise" | "test"] => Ok(web::Response::text("no server is set").with_status(409)),
        _ => Ok(web::Response::not_found()),
    }
}

/// What the page shows.
#[derive(Serialize)]
struct Standing {
    /// The server, empty when none is set.
    server: String,
    encrypted: bool,
    running: bool,
    every_hours: u64,
    /// When it synchronises next.
    next: Option<u64>,
    #[serde(flatten)]
    last: Status,
}

impl Standing {
    fn of(settings: &Settings) -> Result<Self> {
        let next = timers::pending("")?.into_iter().map(|timer| timer.due).min();
        Ok(Self {
            server: settings.server.clone(),
            encrypted: settings.security != Security::None,
            running: sync::is_running()?,
            every_hours: settings.every_hours,
            next,
            last: sync::status()?,
        })
    }
}

/// What came of trying the settings.
#[derive(Default, Serialize)]
struct Tried {
    /// Why it failed.
    error: Option<String>,
    /// The name of the entry that was taken.
    dn: Option<String>,
    /// Its attributes as the server has them.
    attributes: BTreeMap<String, Vec<String>>,
    /// What becomes of it.
    contact: Option<Mapped>,
    /// Why nothing becomes of it: `no name` or `no number`.
    why_none: Option<&'static str>,
}

#[derive(Serialize)]
struct Mapped {
    name: String,
    company: String,
    numbers: Vec<(&'static str, String)>,
    mail: String,
    note: String,
}

impl From<Contact> for Mapped {
    fn from(contact: Contact) -> Self {
        let numbers = contact.numbers.into_iter().map(|number| (number.kind.as_str(), number.number)).collect();
        Self { name: contact.name, company: contact.company, numbers, mail: contact.mail, note: contact.note }
    }
}

/// Connect, sign in, find one entry, and map it: one that makes a contact, when there is one among the first.
fn test(settings: &Settings) -> Tried {
    const LOOKED_AT: i32 = 20;
    let attempt = || {
        let mapping = settings.mapping().map_err(|(field, why)| format!("{field}: {why}"))?;
        let filter = filter::encode(&settings.filter)?;
        let attributes = mapping.attributes();
        let mut client = Client::open(settings)?;
        let search = Search {
            base: &settings.base,
            filter: &filter,
            attributes: &attributes,
            size_limit: LOOKED_AT,
            page: None,
        };
        let mut entries = client.search(&search, LOOKED_AT as usize)?.entries;
        client.close();
        if entries.is_empty() {
            return Err("the base and the filter lead to no entry".to_owned());
        }
        let best = entries.iter().position(|entry| mapping.contact(entry).is_ok()).unwrap_or(0);
        let entry = entries.swap_remove(best);
        let (contact, why_none) = match mapping.contact(&entry) {
            Ok(contact) => (Some(contact.into()), None),
            Err(why) => (None, Some(why)),
        };
        Ok(Tried { error: None, dn: Some(entry.dn), attributes: entry.attributes, contact, why_none })
    };
    attempt().unwrap_or_else(|error| Tried { error: Some(error), ..Tried::default() })
}
