//! Fax: the modems and T.30, in a process apart, and documents.
//!
//! The modems (V.21, V.27ter, V.29, V.17), T.30, the terminal's side of T.38 and the gateway to it are those of SpanDSP, Debian's
//! `libspandsp2`, which is looked for when a fax begins and not before. It runs in a process of its own for each fax
//! ([`engine::run`]), held to limits of memory, time and files: whatever becomes of it, no call but that fax hears of it.
//! [`Session`] is the host's end of that process: one tick of 20 ms in, one out, so that time is whatever the host says.
//!
//! [`document`] reads TIFF, writes PDF around it without touching its pages, and has others rasterise.
//!
//! Knows neither sockets nor calls. Read first: [`Session`], [`Job`], [`Report`].

pub mod document;
pub mod engine;
mod job;
mod session;
mod wire;

pub use job::{Cause, Direction, Job, Report};
pub use session::{Finished, Packet, Program, Session, StartError, Tick};

/// Samples of a tick: 20 ms at 8 kHz.
pub const FRAME: usize = 160;
