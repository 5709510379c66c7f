//! Endpoints in virtual time, through their public API.

#![expect(clippy::unwrap_used, reason = "a test that finds nothing there fails")]

mod call;
mod cancel;
mod challenge;
mod foul_weather;
mod moves;
mod pair;
mod refer;
mod refusals;
mod reliable;
mod reoffer;
mod route;
mod session_timer;
mod subscribe;
mod timers;
