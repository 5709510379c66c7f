//! Scenario files: calls and requests written down in TOML, put to the component in virtual time.
//!
//! They say nothing about the language that a plugin is written in, so the same files show that two plugins do the same.
//!
//! ```toml
//! at = "2026-03-10T10:00[Europe/Paris]"          # a Tuesday
//!
//! [[scenario]]
//! name = "whoever presses 1 reaches the office"
//!
//! [[scenario.call]]
//! from = "+33199001122"                           # an extension, such as 101, calls from inside
//! to = "700"
//! does = [{ press = "1", after = "2 s" }]
//! dialled = { "ext:100" = "busy" }
//! decision = "run menu"
//! expect = ["answers", "plays tone beep", "ext:100: busy", "hangs up (Normal)"]
//! never = ["plays tone busy"]
//! ends_within = "30 s"
//!
//! [[scenario.request]]
//! ask = "GET /greeting"
//! as = "Anna"
//! at = "5 s"
//! reply = { text = "Hello, Anna!" }
//! ```
//!
//! `expect` lists lines of the call's trace that come in this order, others between them; a line may say when, in seconds, as
//! the trace does: `"2.400 plays en/welcome"`. Times such as `"1 min 30 s"` are those of [`jiff::SignedDuration`].

mod expectation;
mod file;
mod form;
mod repeat;
mod run;

pub use file::{FileError, ScenarioFile};
pub use repeat::{Pass, repeat};
pub use run::{Fault, Outcome};
