//! Who has been in the queues: the house's facts of a period, and what agents have noted of callers.

use crate::{settings::Settings, web::Viewer};
use jackfield_sdk::{
    analytics::{self, Comparison, Order, Query, Value},
    prelude::*,
    web::Response,
};
use serde::{Deserialize, Serialize};

/// Rows of a page.
const ROWS: u32 = 100;
/// The longest period, in milliseconds: a year.
const LONGEST: u64 = 366 * 86_400_000;
/// How far back the history of one caller goes: half a year; and how many visits of it are shown.
const BACK: u64 = 183 * 86_400_000;
const LATEST: u32 = 10;
/// Notes that are kept of one number, and how long one may be.
const MOST_NOTES: usize = 20;
const LONGEST_NOTE: usize = 1_000;

/// What is asked of a visit, in the order of [`Visit`].
const FIELDS: [&str; 11] =
    ["entered", "queue", "media", "contact", "name", "wait", "reason", "agent", "talk", "code", "call"];

/// One stay of somebody in a queue.
#[derive(Serialize)]
struct Visit {
    entered: i64,
    queue: String,
    media: String,
    contact: String,
    name: String,
    wait: Option<i64>,
    reason: String,
    agent: String,
    talk: Option<i64>,
    code: String,
    call: String,
}

/// What an agent has written down about a caller.
#[derive(Clone, Serialize, Deserialize)]
struct Note {
    at: u64,
    agent: String,
    text: String,
}

#[derive(Serialize)]
struct Page {
    visits: Vec<Visit>,
    more: bool,
}

#[derive(Serialize)]
struct Known {
    visits: Vec<Visit>,
    notes: Vec<Note>,
}

/// A note about a caller.
#[derive(Deserialize)]
struct NewNote {
    number: String,
    text: String,
}

/// Visits of a period: `from` and `to` in milliseconds, and if wanted `queue` (its name), `media`, `number`, `offset`. Agents see
/// those of their queues, supervisors all.
pub fn list(
    request: &web::Request,
    settings: &Settings,
    viewer: &Viewer,
    queues: Option<&[String]>,
) -> Result<Response> {
    if !viewer.is_agent && !viewer.supervises {
        return Ok(Response::denied("Only agents and supervisors see this."));
    }
    let number = |name: &str| -> Result<u64> {
        let text = request.query(name).unwrap_or("0");
        text.parse().map_err(|_| Error::Invalid(format!("“{text}” is no number")))
    };
    let (from, to) = (number("from")?, number("to")?);
    if from >= to || to - from > LONGEST {
        return Err(Error::Invalid("a period of a year at most is possible".into()));
    }
    let mut query = visits(from, to, settings);
    for (name, field, comparison) in [
        ("queue", "queue", Comparison::Is),
        ("media", "media", Comparison::Is),
        ("number", "contact", Comparison::Contains),
    ] {
        if let Some(wanted) = request.query(name).filter(|wanted| !wanted.is_empty()) {
            query = query.only(field, comparison, [Value::from(wanted)]);
        }
    }
    if let Some(queues) = queues {
        if queues.is_empty() {
            return Response::json(&Page { visits: Vec::new(), more: false });
        }
        query = query.only("queue", Comparison::Is, queues.iter().map(|queue| Value::from(queue.as_str())));
    }
    query.limit = ROWS;
    query.offset = u32::try_from(number("offset")?).unwrap_or(u32::MAX);
    let table = analytics::ask(&query)?;
    Response::json(&Page { visits: table.rows.into_iter().map(Visit::of).collect(), more: table.more })
}

/// What is known of one caller: the latest visits, in whatever queue, and notes.
pub fn of_caller(number: &str, settings: &Settings, viewer: &Viewer) -> Result<Response> {
    if !viewer.is_agent && !viewer.supervises {
        return Ok(Response::denied("Only agents and supervisors see this."));
    }
    let now = clock::now();
    let mut query =
        visits(now.saturating_sub(BACK), now + 1, settings).only("contact", Comparison::Is, [number.into()]);
    query.limit = LATEST;
    let visits = analytics::ask(&query)?.rows.into_iter().map(Visit::of).collect();
    Response::json(&Known { visits, notes: kv::get(&key(number))?.unwrap_or_default() })
}

/// Keep a note about the caller of the contact in hand, or of the one whose notes are written.
pub fn note(request: &web::Request, viewer: &Viewer, in_hand: Option<&str>) -> Result<Response> {
    let new: NewNote = request.json()?;
    let Some(agent) = viewer.extension.clone().filter(|_| viewer.is_agent) else {
        return Ok(Response::denied("You are no agent."));
    };
    if new.number.is_empty() || in_hand != Some(new.number.as_str()) {
        return Ok(Response::text("That caller is not in your hands any more.").with_status(409));
    }
    let text: String = new.text.trim().chars().take(LONGEST_NOTE).collect();
    if text.is_empty() {
        return Err(Error::Invalid("a note says something".into()));
    }
    let note = Note { at: clock::now(), agent, text };
    kv::update(&key(&new.number), |notes: Option<Vec<Note>>| {
        let mut notes = notes.unwrap_or_default();
        notes.insert(0, note.clone());
        notes.truncate(MOST_NOTES);
        notes
    })?;
    Ok(Response::done())
}

fn key(number: &str) -> String {
    format!("notes/{number}")
}

fn visits(from: u64, to: u64, settings: &Settings) -> Query {
    let mut query = Query::about("visits", from, to).in_zone(&settings.time_zone).by(FIELDS);
    query.order = vec![Order { field: "entered".into(), descending: true }];
    query
}

impl Visit {
    fn of(row: Vec<Value>) -> Self {
        let mut values = row.into_iter();
        let mut next = move || values.next().unwrap_or(Value::None);
        Self {
            entered: number(next()).unwrap_or_default(),
            queue: text(next()),
            media: text(next()),
            contact: text(next()),
            name: text(next()),
            wait: number(next()),
            reason: text(next()),
            agent: text(next()),
            talk: number(next()),
            code: text(next()),
            call: text(next()),
        }
    }
}

fn number(value: Value) -> Option<i64> {
    match value {
        Value::Integer(number) => Some(number),
        Value::Number(number) => Some(number as i64),
        Value::None | Value::Text(_) => None,
    }
}

fn text(value: Value) -> String {
    match value {
        Value::Text(text) => text,
        Value::Integer(number) => number.to_string(),
        Value::Number(number) => number.to_string(),
        Value::None => String::new(),
    }
}
