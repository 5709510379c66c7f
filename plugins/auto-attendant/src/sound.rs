//! What a plan names to be heard: recorded by telephone, uploaded by an administrator, or of the package.

use jackfield_sdk::{Digits, prelude::*};
use serde::{Deserialize, Serialize};

/// Names of what is recorded by telephone begin so, and end with a digit.
const OWN: &str = "own-";
const KEPT: &str = "recorded/";

/// Something that was recorded by telephone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The recording.
    pub id: String,
    /// The extension that has spoken it.
    pub by: String,
    pub at: u64,
}

/// Play what a plan names. What there is not is passed over: a name that is wrong must lose no caller.
pub fn play(call: &Call, names: &[String]) -> Result<()> {
    match call.play(of(names)) {
        Err(Error::Invalid(why)) => {
            log::error!("{why}: it is passed over");
            for name in names {
                match call.play(one(name)) {
                    Err(Error::Invalid(_)) => {}
                    played => drop(played?),
                }
            }
            Ok(())
        }
        played => played.map(drop),
    }
}

/// Play what a plan names, and give what the caller presses.
pub fn ask(call: &Call, names: &[String], digits: Digits) -> Result<String> {
    match call.ask(of(names), digits.clone()) {
        Err(Error::Invalid(_)) => {
            play(call, names)?;
            call.ask(Prompts::default(), digits)
        }
        pressed => pressed,
    }
}

/// What is recorded by telephone under a digit.
pub fn own(digit: char) -> String {
    format!("{OWN}{digit}")
}

/// What was recorded under a name.
pub fn recorded(name: &str) -> Result<Option<Recorded>> {
    kv::get(&format!("{KEPT}{name}"))
}

/// All that was recorded, by name.
pub fn all() -> Result<Vec<(String, Recorded)>> {
    let all: Vec<kv::Kept<Recorded>> = kv::scan(KEPT)?;
    Ok(all.into_iter().map(|kept| (kept.key[KEPT.len()..].to_owned(), kept.value)).collect())
}

/// Put something in the place of what was recorded under a name, which is erased; or nothing. Whether anything was there.
pub fn replace(name: &str, new: Option<&Recorded>) -> Result<bool> {
    let (key, before) = (format!("{KEPT}{name}"), recorded(name)?);
    match new {
        Some(new) => kv::put(&key, new)?,
        None => kv::delete(&key)?,
    }
    if let Some(before) = &before {
        jackfield_sdk::Recorded::erase_id(&before.id)?;
    }
    Ok(before.is_some())
}

fn of(names: &[String]) -> Prompts {
    names.iter().fold(Prompts::default(), |all, name| all.then(one(name)))
}

fn one(name: &str) -> Prompts {
    let spoken = if name.starts_with(OWN) { recorded(name).ok().flatten() } else { None };
    spoken.map_or_else(|| Prompt::file(name), |spoken| Prompt::recording(spoken.id)).into()
}
