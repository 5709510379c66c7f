//! The adapters that connect crates which do not know each other.

pub mod certificates;
pub mod contacts;
pub mod develop;
pub mod directory;
pub mod mail;
pub mod network;
pub mod plugin_admin;
pub mod plugin_pages;
pub mod plugins;
pub mod recordings;
pub mod records;
pub mod schedules;
pub mod signalling;
pub mod sounds;
pub mod telephony;
pub mod trunks;
pub mod trust;
pub mod web;
