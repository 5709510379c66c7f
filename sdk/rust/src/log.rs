//! The plugin's log, which the admin sees on its card: [`debug!`](crate::log::debug), [`info!`](crate::log::info),
//! [`warn!`](crate::log::warn), [`error!`](crate::log::error).
//!
//! ```no_run
//! use jackfield_sdk::prelude::*;
//! log::info!("{} callers waited", 3);
//! ```

use crate::bindings::imports::jackfield::services::log;
pub use crate::bindings::imports::jackfield::services::log::Level;
#[doc(inline)]
pub use crate::{__debug as debug, __error as error, __info as info, __warn as warn};

/// Write one line; the macros are shorter.
pub fn write(level: Level, message: &str) {
    log::write(level, message);
}

/// Write a line for the author.
#[doc(hidden)]
#[macro_export]
macro_rules! __debug {
    ($($text:tt)*) => { $crate::log::write($crate::log::Level::Debug, &::std::format!($($text)*)) };
}

/// Write a line about a change of state.
#[doc(hidden)]
#[macro_export]
macro_rules! __info {
    ($($text:tt)*) => { $crate::log::write($crate::log::Level::Info, &::std::format!($($text)*)) };
}

/// Write a line that somebody should look at.
#[doc(hidden)]
#[macro_export]
macro_rules! __warn {
    ($($text:tt)*) => { $crate::log::write($crate::log::Level::Warn, &::std::format!($($text)*)) };
}

/// Write a line about a failure.
#[doc(hidden)]
#[macro_export]
macro_rules! __error {
    ($($text:tt)*) => { $crate::log::write($crate::log::Level::Error, &::std::format!($($text)*)) };
}
