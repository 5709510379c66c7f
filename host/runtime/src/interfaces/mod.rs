//! One file for each interface of the contract: the host's half of `wit/`.

mod analytics;
pub(crate) mod arguments;
pub(crate) mod blobs;
mod clock;
pub(crate) mod contacts;
pub(crate) mod control;
pub(crate) mod decide;
pub(crate) mod documents;
mod events;
mod facts;
mod failure;
mod fax;
mod http;
mod keys;
mod kv;
mod log;
mod mail;
mod metrics;
mod people;
mod pins;
pub(crate) mod recording;
mod rooms;
mod schedules;
mod secrets;
mod settings;
mod state;
pub(crate) mod tcp;
mod timers;

use crate::{bindings::imports::jackfield::types::types, instance::State};

impl types::Host for State {}
