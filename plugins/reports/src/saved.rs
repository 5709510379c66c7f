//! Reports that somebody has saved with what was wanted of them. Everybody has their own.

use crate::{report::Wanted, template::Template};
use jackfield_sdk::prelude::*;
use serde::{Deserialize, Serialize};

const MOST_OF_ONE: usize = 50;
const LONGEST_NAME: usize = 80;

/// A saved report.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Saved {
    #[serde(default)]
    pub id: String,
    pub name: String,
    pub report: String,
    #[serde(default)]
    pub wanted: Wanted,
}

/// What somebody has saved, by name.
pub fn of(person: &str) -> Result<Vec<Saved>> {
    let mut saved: Vec<Saved> = kv::scan(&prefix(person))?.into_iter().map(|kept| kept.value).collect();
    saved.sort_by_key(|saved| saved.name.to_lowercase());
    Ok(saved)
}

/// Keep one, in place of one of the same name.
pub fn keep(person: &str, mut saved: Saved) -> Result<Saved> {
    saved.name = named(&saved.name)?;
    Template::find(&saved.report)?;
    let before = of(person)?;
    let same = before.iter().find(|known| known.name == saved.name);
    if same.is_none() && before.len() >= MOST_OF_ONE {
        return Err(Error::Invalid(format!("{MOST_OF_ONE} reports are saved: delete some first")));
    }
    saved.id = same.map_or_else(|| format!("{:x}", clock::now()), |same| same.id.clone());
    kv::put(&format!("{}{}", prefix(person), saved.id), &saved)?;
    Ok(saved)
}

/// Forget one; whether it was there.
pub fn forget(person: &str, id: &str) -> Result<bool> {
    let key = format!("{}{id}", prefix(person));
    let there = kv::get::<Saved>(&key)?.is_some();
    if there {
        kv::delete(&key)?;
    }
    Ok(there)
}

/// A name that can be shown.
pub fn named(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Error::Invalid(format!("a name has 1 to {LONGEST_NAME} characters")));
    }
    Ok(name.to_owned())
}

fn prefix(person: &str) -> String {
    format!("saved/{person}/")
}
