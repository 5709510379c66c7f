//! Contacts from an LDAP directory: OpenLDAP, Active Directory and others.
//!
//! [`sync`] brings all entries over every few hours, [`lookup`] asks about single ones, [`web`] is what the page asks.
//! [`client`] is the connection, [`protocol`], [`filter`] and [`ber`] what is spoken on it, [`mapping`] what becomes of an entry.

mod ber;
mod client;
mod filter;
mod lookup;
mod mapping;
mod protocol;
mod settings;
mod sync;
mod web;

use jackfield_sdk::{contacts::Contact, prelude::*};
use settings::Settings;

#[on_start]
fn begin() -> Result<()> {
    sync::begin(&settings())
}

#[on_timer]
fn woken(_due: &timers::Due) -> Result<()> {
    sync::run(&settings())
}

#[web]
fn answer(request: &jackfield_sdk::web::Request) -> Result<jackfield_sdk::web::Response> {
    web::answer(request)
}

#[check_settings]
fn check(settings: &Settings) -> Vec<FieldError> {
    settings.errors()
}

/// Who is who, for what is not synchronised yet.
#[contacts]
mod directory {
    use super::{Contact, Settings, lookup};
    use jackfield_sdk::{Result, prelude::*};

    pub fn lookup(number: &str) -> Result<Option<Contact>> {
        let settings: Settings = settings();
        lookup::by_number(&settings, number).map_err(Error::Failed)
    }

    pub fn search(text: &str, limit: u32) -> Result<Vec<Contact>> {
        let settings: Settings = settings();
        lookup::by_text(&settings, text, limit).map_err(Error::Failed)
    }
}
