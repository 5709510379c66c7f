//! Whole exchanges over loopback sockets, where nothing outside can make it happen, or not so exactly.

#![expect(clippy::unwrap_used, reason = "a test that finds nothing there fails")]

mod event_packages;
mod fax;
mod foresight;
mod house;
mod listeners;
mod outside;
mod registrations;
mod rooms;
mod waiting;
