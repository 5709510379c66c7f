//! Lamps of keys that dial a code of the plugin. Needs the capability `keys`. `plugin.toml` declares what can be put on a key:
//!
//! ```toml
//! [[keys]]
//! id = "night"
//! label = "Night"
//! code = { setting = "codes" }   # such as "*28x"
//! digit = "2"                    # in the place of its x
//! ```
//!
//! ```no_run
//! use jackfield_sdk::{keys::Lamp, prelude::*};
//!
//! #[on_start]
//! fn begin() -> Result<()> {
//!     // The host forgets lamps when it ends.
//!     keys::set("night", Lamp::On)
//! }
//! ```

use crate::{Result, bindings::imports::jackfield::services::keys};
pub use keys::Lamp;

/// Set the lamp of a key for everybody.
///
/// # Errors
/// When `plugin.toml` declares no such key, or it is not permitted.
pub fn set(key: &str, lamp: Lamp) -> Result<()> {
    Ok(keys::set(key, None, lamp)?)
}

/// Set the lamp of a key for the telephones of one extension, which see that whatever everybody's is.
///
/// # Errors
/// As for [`set`], and when there is no such extension.
pub fn set_for(key: &str, extension: &str, lamp: Lamp) -> Result<()> {
    Ok(keys::set(key, Some(extension), lamp)?)
}
