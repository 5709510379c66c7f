//! What a plugin author imports: deciding where calls go, and talking to callers, in plain Rust.
//!
//! A plugin is a WebAssembly component. It sees the house through the verbs here and nothing else: no files, no
//! network, no clock but [`clock`]. A routing plugin is one function:
//!
//! ```
//! use jackfield_sdk::prelude::*;
//!
//! #[router]
//! fn night_shift(request: &Request) -> Decision {
//!     match request.callee.number.as_str() {
//!         "100" => Decision::ring("ext:200").because("nights go to 200"),
//!         _ => Decision::pass(),
//!     }
//! }
//! ```
//!
//! A script is one function too. It reads in the order in which things happen; `?` ends it when the caller hangs up:
//!
//! ```
//! use jackfield_sdk::prelude::*;
//!
//! #[script]
//! fn menu(call: Call) -> Result<()> {
//!     call.answer()?;
//!     for _ in 0..3 {
//!         match call.ask("welcome", digits(1).within(secs(5)))?.as_str() {
//!             "1" => return call.dial("ext:100")?.bridge(),
//!             "2" => return call.transfer("ext:200"),
//!             _ => call.play("invalid")?,
//!         };
//!     }
//!     call.play("goodbye")?.hang_up()
//! }
//! ```
//!
//! A page of the plugin's own is files in `ui/`; what it asks for is answered by one function more: see [`mod@web`]. State that
//! outlives calls, such as a queue, is changed by another: see [`mod@reducer`].
//!
//! Read first: [`Decision`], [`Call`]. `jackfield-plugin new` makes a plugin to begin with, `jackfield-plugin test`
//! runs it against a scripted caller in virtual time. A panic becomes a crash of this one instance, with its message
//! in the plugin's log; the call goes on without the plugin.

pub mod analytics;
#[doc(hidden)]
pub mod bindings;
pub mod blobs;
mod call;
pub mod clock;
mod conference;
pub mod contacts;
mod decision;
pub mod documents;
mod error;
pub mod events;
#[doc(hidden)]
pub mod export;
pub mod facts;
pub mod fax;
pub mod http;
pub mod keys;
pub mod kv;
pub mod log;
pub mod mail;
pub mod metrics;
mod people;
pub mod pins;
mod prompt;
pub mod reducer;
pub mod schedules;
mod settings;
mod speech;
pub mod tcp;
pub mod timers;
pub mod web;

pub use call::{Answered, Call, Dialling, Digits, Recording, digits};
pub use conference::{Inviting, Room, Seat};
pub use decision::{Decision, Request, RingStyle, Unreached};
pub use error::{Error, Result};
pub use jackfield_sdk_macros::{check_settings, contacts, on_events, on_start, on_timer, reducer, router, script, web};
pub use people::{directory, message_waiting, presence};
pub use prompt::{Prompt, Prompts, number, silence, tone};
pub use settings::{FieldError, settings};
pub use speech::{Speech, say};

/// Words of the contract that need no wrapping.
pub use bindings::imports::jackfield::call::{
    control::{Collected, HangUpCause, Tone},
    recording::Recorded,
};
/// What is seen of a room, and what happens there.
pub use bindings::imports::jackfield::conference::rooms::{EntryFailure, Happening, Member, Room as Seen, Whom};
/// A side of a call.
pub use bindings::imports::jackfield::types::types::{Direction, Party};

use std::time::Duration;

/// So many seconds.
pub const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// So many milliseconds.
pub const fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Everything a plugin usually needs.
pub mod prelude {
    pub use crate::{
        Answered, Call, Collected, Decision, Dialling, Digits, Direction, EntryFailure, Error, FieldError, HangUpCause,
        Happening, Inviting, Member, Party, Prompt, Prompts, Recorded, Recording, Request, Result, RingStyle, Room,
        Seat, Speech, Tone, Unreached, Whom, analytics, blobs, check_settings, clock, contacts, digits, directory,
        documents, events, facts, fax, http, keys, kv, log, mail, message_waiting, metrics, millis, number, on_events,
        on_start, on_timer, pins, presence, reducer, router, say, schedules, script, secs, settings, silence, timers,
        tone, web,
    };
}

/// Milliseconds as the contract counts them; what does not fit is the longest there is.
fn to_ms(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}
