//! Faxes that came, by box.

use jackfield_sdk::prelude::*;
use serde::{Deserialize, Serialize};

/// A fax that came, or a part of one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Received {
    /// Its pages, by the id of a document; its own id too.
    pub document: String,
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// The number that called; empty when it is not known.
    pub from: String,
    /// The name of who has that number.
    pub name: String,
    /// What the other machine calls itself.
    pub station: String,
    pub pages: u32,
    pub bit_rate: u32,
    pub t38: bool,
    pub ecm: bool,
    /// Whether it is all that was to be sent; without it, why it broke off.
    pub broken_off: Option<String>,
    #[serde(default)]
    pub read: bool,
}

fn prefix(number: &str) -> String {
    format!("in/{number}/")
}

fn key(number: &str, document: &str) -> String {
    format!("{}{document}", prefix(number))
}

/// Keep one.
pub fn put(number: &str, fax: &Received) -> Result<()> {
    kv::put(&key(number, &fax.document), fax)
}

/// Those in a box, oldest first.
pub fn all(number: &str) -> Result<Vec<Received>> {
    Ok(kv::scan(&prefix(number))?.into_iter().map(|kept| kept.value).collect())
}

/// One of a box.
pub fn one(number: &str, document: &str) -> Result<Option<Received>> {
    kv::get(&key(number, document))
}

/// Forget one, with its pages.
pub fn erase(number: &str, document: &str) -> Result<()> {
    kv::delete(&key(number, document))?;
    documents::erase(document)
}
