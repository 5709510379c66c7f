//! Mail and SMS about what somebody has missed.
//!
//! [`news`] is what happens, [`wishes`] what each person wants of it, [`wording`] what a letter says, [`digest`] what is
//! gathered and written at its time, [`sms`] what goes to mobile telephones, [`web`] the page on which people say what they wish.

mod digest;
mod news;
mod settings;
mod sms;
mod web;
mod wishes;
mod wording;

use jackfield_sdk::prelude::*;
use settings::Settings;

#[on_events]
fn learn(batch: &[events::Event]) -> Result<()> {
    news::learn(batch)
}

#[on_timer]
fn woken(due: &timers::Due) -> Result<()> {
    digest::write(&due.name)?;
    sms::send(&due.name)
}

#[web]
fn answer(request: &jackfield_sdk::web::Request) -> Result<jackfield_sdk::web::Response> {
    web::answer(request)
}

#[check_settings]
fn check(settings: &Settings) -> Vec<FieldError> {
    settings.errors()
}
