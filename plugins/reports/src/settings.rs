//! What an administrator sets.

use serde::Deserialize;

/// The settings, as `settings.schema.json` describes them.
#[derive(Debug, Deserialize)]
pub struct Settings {
    /// Time zone of the IANA database.
    pub time_zone: String,
    /// Extensions whose people see everything.
    pub supervisors: Vec<String>,
    /// What beginnings of numbers are called.
    pub areas: Vec<Area>,
}

/// A beginning of numbers.
#[derive(Debug, Deserialize)]
pub struct Area {
    /// How they begin.
    pub prefix: String,
    /// What they are called.
    pub name: String,
}

impl Settings {
    /// What the area of a number is called, by the longest beginning that fits.
    pub fn area(&self, number: &str) -> Option<&str> {
        let fitting = self.areas.iter().filter(|area| number.starts_with(&area.prefix));
        fitting.max_by_key(|area| area.prefix.len()).map(|area| area.name.as_str())
    }
}
