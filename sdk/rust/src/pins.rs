//! PINs and passwords that the plugin asks for: keep the hash, never the PIN.

use crate::{Result, bindings::imports::jackfield::services::pins};

/// The hash of a PIN of 1 to 64 bytes (argon2id), to be kept.
///
/// # Errors
/// In a decision, or when the PIN is empty or too long.
pub fn hash(pin: &str) -> Result<String> {
    Ok(pins::hash(pin)?)
}

/// Whether a PIN has this hash. Count the failures, and let nobody try for ever.
///
/// # Errors
/// In a decision, or when it is no hash.
pub fn matches(pin: &str, hash: &str) -> Result<bool> {
    Ok(pins::matches(pin, hash)?)
}
