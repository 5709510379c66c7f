//! Synchronising: all entries of the directory take the place of those of the last time, at once and at the end.

use crate::{client::Client, filter, protocol::Search, settings::Settings};
use jackfield_sdk::{contacts, prelude::*};
use serde::{Deserialize, Serialize};

const HOUR: u64 = 60 * 60 * 1_000;
/// After a failure it is tried again so much later, or at the usual time when that is sooner.
const AGAIN: u64 = 15 * 60 * 1_000;
const TIMER: &str = "synchronise";
const STATUS: &str = "status";
const RUNNING: &str = "running";
/// The fingerprint of the settings of the last time.
const SETTINGS: &str = "settings";
/// Work that has not ended by then has been ended by the host.
const LONGEST: u64 = 60 * 1_000;
/// Contacts that are handed over at once.
const BATCH: usize = 500;

/// How the last synchronisation went.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Status {
    /// When it ended, in milliseconds since 1970; 0 when there was none.
    pub at: u64,
    /// When it last went well.
    pub good: u64,
    pub entries: usize,
    pub contacts: u32,
    pub added: u32,
    pub removed: u32,
    /// Entries without a name, and without a number.
    pub without_name: usize,
    pub without_number: usize,
    /// Whether the directory has more than was taken.
    pub cut: bool,
    /// Why it failed.
    pub error: Option<String>,
}

/// The status that is kept.
pub fn status() -> Result<Status> {
    Ok(kv::get(STATUS)?.unwrap_or_default())
}

/// Whether one goes on.
pub fn is_running() -> Result<bool> {
    let since: u64 = kv::get(RUNNING)?.unwrap_or_default();
    Ok(since + LONGEST > clock::now())
}

/// Synchronise as soon as may be.
pub fn now() -> Result<()> {
    kv::put(RUNNING, &clock::now())?;
    timers::set(TIMER, clock::now(), &[])
}

/// The plugin begins: synchronise now when the settings are others, else when it is time.
pub fn begin(settings: &Settings) -> Result<()> {
    let status = status()?;
    if !settings.is_set() {
        return timers::cancel(TIMER);
    }
    if kv::get(SETTINGS)? != Some(settings.fingerprint()) {
        return now();
    }
    plan(settings, &status)
}

/// Set the alarm for the next time.
fn plan(settings: &Settings, status: &Status) -> Result<()> {
    if settings.every_hours == 0 {
        return timers::cancel(TIMER);
    }
    let usual = settings.every_hours * HOUR;
    let after = if status.error.is_some() { AGAIN.min(usual) } else { usual };
    timers::set(TIMER, (status.at + after).max(clock::now()), &[])
}

/// It is time. What goes wrong is kept and told on the page: to be woken again at once would not mend it.
pub fn run(settings: &Settings) -> Result<()> {
    if !settings.is_set() {
        return Ok(());
    }
    kv::put(RUNNING, &clock::now())?;
    let before = status()?;
    let outcome = synchronise(settings);
    let mut status = match outcome {
        Ok(status) => Status { good: clock::now(), ..status },
        Err(why) => {
            log::warn!("not synchronised: {why}");
            Status { error: Some(why), ..before }
        }
    };
    status.at = clock::now();
    let done = kv::commit().put(STATUS, &status)?.put(RUNNING, &0_u64)?.put(SETTINGS, &settings.fingerprint())?;
    done.make()?;
    if status.error.is_none() {
        log::info!("{} contacts from {} entries", status.contacts, status.entries);
    }
    plan(settings, &status)
}

fn synchronise(settings: &Settings) -> Result<Status, String> {
    let mapping = settings.mapping().map_err(|(field, why)| format!("{field}: {why}"))?;
    let filter = filter::encode(&settings.filter)?;
    let attributes = mapping.attributes();
    let mut client = Client::open(settings)?;
    let mut status = Status::default();
    let replacement = contacts::Replacement::begin().map_err(|error| error.to_string())?;
    let mut cookie = Vec::new();
    loop {
        let left = settings.most_entries - status.entries;
        let size = settings.page_size.min(i32::try_from(left).unwrap_or(i32::MAX)).max(1);
        let search = Search {
            base: &settings.base,
            filter: &filter,
            attributes: &attributes,
            size_limit: 0,
            page: Some((size, &cookie)),
        };
        let found = client.search(&search, left)?;
        status.entries += found.entries.len();
        status.cut |= found.cut;
        let mut batch = Vec::with_capacity(BATCH);
        for entry in &found.entries {
            match mapping.contact(entry) {
                Ok(contact) => batch.push(contact),
                Err("no name") => status.without_name += 1,
                Err(_) => status.without_number += 1,
            }
        }
        for some in batch.chunks(BATCH) {
            replacement.put(some).map_err(|error| error.to_string())?;
        }
        cookie = found.cookie;
        if cookie.is_empty() {
            break;
        }
        if status.entries >= settings.most_entries {
            status.cut = true;
            break;
        }
    }
    client.close();
    let outcome = replacement.finish().map_err(|error| error.to_string())?;
    (status.contacts, status.added, status.removed) = (outcome.contacts, outcome.added, outcome.removed);
    Ok(status)
}
