//! The plugin's settings.

use crate::bindings::imports::jackfield::services;
use serde::de::DeserializeOwned;

/// What is wrong with one setting, for `#[check_settings]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Which, as a JSON pointer (RFC 6901): `/menus/0/keys`.
    pub path: String,
    /// What is wrong and what would be right, for the admin.
    pub message: String,
}

impl FieldError {
    /// What is wrong with the setting at `path`.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

/// The settings in force, as the admin has set them, with the defaults of `settings.schema.json` filled in.
///
/// ```no_run
/// #[derive(serde::Deserialize)]
/// struct Settings {
///     ring_seconds: u64,
/// }
/// let settings: Settings = jackfield_sdk::settings();
/// ```
///
/// # Panics
/// When they do not fit `T`. They always satisfy the schema, so that is a schema that does not fit `T`.
pub fn settings<T: DeserializeOwned>() -> T {
    parse(&services::settings::read())
}

/// Settings from their JSON text, for `#[check_settings]`.
#[doc(hidden)]
pub fn parse<T: DeserializeOwned>(json: &str) -> T {
    serde_json::from_str(json)
        .unwrap_or_else(|error| panic!("settings.schema.json does not fit the settings type: {error}"))
}
