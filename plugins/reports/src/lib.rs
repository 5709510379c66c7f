//! Reports on calls, queues and agents.
//!
//! A report is a file of `reports/` ([`template`]): which dataset of the house it asks, by what and what for. [`report`] asks and
//! [`derive`] adds what is computed of the answer; [`access`] says who sees what; [`export`] makes files of it; [`web`] answers
//! the page, [`saved`] and [`schedule`] keep what people want again. Figures are defined in the house and nowhere here.

mod access;
mod calendar;
mod derive;
mod erlang;
mod export;
mod report;
mod saved;
mod schedule;
mod settings;
mod show;
mod template;
mod texts;
mod web;

use jackfield_sdk::prelude::*;

#[web]
fn answer(request: &jackfield_sdk::web::Request) -> Result<jackfield_sdk::web::Response> {
    web::answer(request)
}

#[on_start]
fn begin() -> Result<()> {
    schedule::begin()
}

#[on_timer]
fn woken(due: &timers::Due) -> Result<()> {
    schedule::due(due)
}
