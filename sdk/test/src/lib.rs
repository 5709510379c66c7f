//! Runs a real plugin, the component that will be installed, against a scripted caller in virtual time.
//!
//! The plugin runs on the production runtime with its limits; only the telephone at the other end is made up. Time is
//! virtual: a call of ten minutes takes a millisecond, and the same test always gives the same trace.
//!
//! ```no_run
//! use jackfield_sdk_test::{Plugin, busy, call_to, hang_up, press, secs};
//!
//! let plugin = Plugin::here().at("2026-12-24T18:05[Europe/Paris]");
//! assert_eq!(plugin.route(call_to("500")), "run menu");
//!
//! let call = plugin.call("menu", call_to("500")
//!     .when_dialled("ext:100", busy())
//!     .does([press("1").after(secs(2)), hang_up().at(secs(60))]));
//! assert!(call.heard("welcome"));
//! assert_eq!(call.dialled(), ["ext:100"]);
//! assert!(call.heard("busy-sorry"));
//! ```
//!
//! What a page asks is asked by its path, in somebody's name:
//!
//! ```no_run
//! # use jackfield_sdk_test::Plugin;
//! let reply = Plugin::here().get("/greeting").as_user("Anna").send();
//! assert_eq!((reply.status, reply.text()), (200, "Hello, Anna!"));
//! ```
//!
//! `jackfield-plugin test` builds the component once and tells the tests where it is; a bare `cargo test` builds it too.
//!
//! Read first: [`Plugin`], [`call_to`], [`Conversation`].

mod caller;
mod contacts;
mod conversation;
mod house;
mod http;
mod leg;
mod network;
mod plugin;
mod post;
mod rooms;
mod route;
mod scenario;
pub mod scenarios;
mod schedules;
mod store;
mod web;

pub use conversation::Conversation;
pub use house::{TestExtension, extension};
pub use http::{AskedQuestion, WebServiceAnswer};
pub use plugin::{OngoingCall, Plugin};
pub use post::SentLetter;
pub use route::Route;
pub use scenario::{
    Action, Outcome, Scenario, TestFax, TestRoom, answers, busy, call_to, call_to_extension, fax, fax_document,
    hang_up, moderator_comes, no_answer, press, rejects, removed, room, room_ends, unavailable,
};

pub use jackfield_calls::{
    KeyLamp, Messages,
    house::{CallOrder, OrderEnd},
    router::Unreached,
    scripts::{HangUpCause, ScriptEnd},
};
pub use jackfield_fax::Cause;
pub use jackfield_model::{AvailabilityState, Contact, Fact, Happening, ScheduleCase};
pub use jackfield_runtime::{FieldError, LookedUp, PrintError};
use std::time::Duration;
pub use web::{PrintCall, WebCall, WebReply};

/// So many seconds.
pub const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// So many milliseconds.
pub const fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}
