//! Whole exchanges over loopback sockets, where nothing outside can make it happen, or not so exactly.

#![expect(clippy::unwrap_used, reason = "a test that finds nothing there fails")]

mod caught;
mod event_packages;
mod fax;
mod foresight;
mod house;
mod listeners;
mod outside;
mod pictures;
mod registrations;
mod rooms;
mod talk;
mod waiting;
