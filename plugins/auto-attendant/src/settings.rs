//! `settings.schema.json` in Rust. What of it is a plan becomes one in `versions.rs`.

use crate::plan::{Exception, Hours, Language, Menu};
use serde::Deserialize;

/// All settings.
#[derive(Clone, Debug, Deserialize)]
pub struct Settings {
    pub language: Language,
    pub schedule: String,
    /// Codes by which somebody decides what holds; an `x` is a digit, the last one says what.
    pub service_codes: Vec<String>,
    /// Extensions that may; none: all.
    pub service_by: Vec<String>,
    /// Codes by which announcements are recorded; the last digit says which.
    pub record_codes: Vec<String>,
    /// Extensions that may; none: nobody.
    pub record_by: Vec<String>,
    pub time_zone: String,
    pub hours: Vec<Hours>,
    pub exceptions: Vec<Exception>,
    pub greeting: Vec<String>,
    pub menu: String,
    pub closed_greeting: Vec<String>,
    pub closed_does: Closed,
    pub closed_to: String,
    pub operator: String,
    pub menus: Vec<Menu>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Closed {
    Announce,
    Menu,
    Transfer,
}

/// Whether a number is one of a code, in which an `x` is any digit.
pub fn fits(code: &str, number: &str) -> bool {
    let same = |(known, dialled): (char, char)| if known == 'x' { dialled.is_ascii_digit() } else { known == dialled };
    code.len() == number.len() && code.chars().zip(number.chars()).all(same)
}
