//! Endpoints in virtual time, through their public API.

#![expect(clippy::unwrap_used, reason = "a test that finds nothing there fails")]

mod call;
mod cancel;
mod foul_weather;
mod pair;
mod refusals;
mod reoffer;
mod timers;
