//! What is done by the clock: old faxes go at night; who has handed a document in is told once all have been called.

use crate::{inbox, job, letter, settings::Settings};
use jackfield_sdk::{prelude::*, reducer};

const DAY: u64 = 24 * 60 * 60 * 1_000;
const NIGHT: &str = "night";
/// When, by the clocks of the house.
const HOUR: u64 = 3;
const WATCH: &str = "watch/";
/// How often it is looked whether a job is over.
const LOOK: u64 = 60_000;

pub fn begin() -> Result<()> {
    plan()
}

/// Tell the owner once this job is over.
pub fn watch(id: &str) -> Result<()> {
    timers::set(&format!("{WATCH}{id}"), clock::now() + LOOK, &[])
}

pub fn woken(due: &timers::Due) -> Result<()> {
    match due.name.strip_prefix(WATCH) {
        None => clear_out(),
        Some(id) => match job::look(id)? {
            Some(job) if job.is_over() => {
                letter::over(id, &job);
                Ok(())
            }
            Some(_) => watch(id),
            None => Ok(()),
        },
    }
}

/// Forget a job, with its document.
pub fn forget(id: &str, job: &job::Job) -> Result<()> {
    reducer::tell(&job::key(id), &job::Told::Forget)?;
    documents::erase(&job.document)
}

fn clear_out() -> Result<()> {
    let settings: Settings = settings();
    let now = clock::now();
    let mut erased = 0;
    if settings.keep_days > 0 {
        let old = |at: u64| at + settings.keep_days * DAY <= now;
        for fax_box in &settings.boxes {
            for fax in inbox::all(&fax_box.number)?.into_iter().filter(|fax| old(fax.at)) {
                inbox::erase(&fax_box.number, &fax.document)?;
                erased += 1;
            }
        }
        for id in job::ids()? {
            if let Some(job) = job::look(&id)?.filter(|job| job.is_over() && old(job.at)) {
                forget(&id, &job)?;
                erased += 1;
            }
        }
    }
    if erased > 0 {
        log::info!("{erased} old faxes are erased");
    }
    plan()
}

/// Come back next night.
fn plan() -> Result<()> {
    let settings: Settings = settings();
    let now = clock::now();
    let local = clock::local(&settings.time_zone, now).map_err(Error::Failed)?;
    let since_midnight = u64::from(local.hour) * 3_600_000 + u64::from(local.minute) * 60_000;
    let tonight = now - since_midnight + HOUR * 3_600_000;
    timers::set(NIGHT, if tonight > now { tonight } else { tonight + DAY }, &[])
}
