//! Lamps of the keys that dial the codes for the opening hours: what somebody has decided shines, and with it the key that gives the
//! decision back to the clock.

use crate::{settings::Settings, versions};
use jackfield_sdk::{
    Result, clock,
    keys::{self, Lamp},
    log,
    schedules::{self, Case},
};

/// Keys and what they decide; none: the clock.
const KEYS: [(&str, Option<Case>); 6] = [
    ("automatic", None),
    ("day", Some(Case::Day)),
    ("night", Some(Case::Night)),
    ("weekend", Some(Case::Weekend)),
    ("holiday", Some(Case::Holiday)),
    ("exception", Some(Case::Exception)),
];

/// Show on telephones what somebody has decided; nothing while the clock decides, or there is no schedule.
pub fn show(settings: &Settings) -> Result<()> {
    let schedule = versions::current(settings).schedule;
    let standing = if schedule.is_empty() { None } else { schedules::at(&schedule, clock::now())? };
    let decided = standing.filter(|standing| standing.forced).map(|standing| standing.case);
    for (key, case) in KEYS {
        let shines = decided.is_some_and(|decided| case.is_none_or(|case| case == decided));
        keys::set(key, if shines { Lamp::On } else { Lamp::Off })?;
    }
    Ok(())
}

/// The same where something else was asked for: a lamp that stays as it was loses no decision.
pub fn refresh(settings: &Settings) {
    if let Err(error) = show(settings) {
        log::warn!("the lamps of the opening hours are not shown: {error}");
    }
}
