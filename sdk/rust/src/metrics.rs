//! The plugin's own figures, shown on its page and to whoever collects the house's. `plugin.toml` declares them:
//!
//! ```toml
//! [[metrics]]
//! name = "sms_total"
//! kind = "counter"
//! help = "SMS by what has become of them."
//! labels = ["outcome"]
//! series = 3
//! ```
//!
//! ```no_run
//! use jackfield_sdk::prelude::*;
//! metrics::add("sms_total", &[("outcome", "sent")], 1.0);
//! ```
//!
//! Labels are for what has few values, such as an outcome or a queue: a metric has the `series` that it declares, 20 when it declares
//! none, and the 500 of a plugin are shared by all. A figure that is not declared so is said in the plugin's log, and work goes on.

use crate::{Error, Result, bindings::imports::jackfield::services::metrics, log};

/// Count: `by` is 0 or more.
pub fn add(name: &str, labels: &[(&str, &str)], by: f64) {
    told(metrics::add(name, &owned(labels), by).map_err(Into::into));
}

/// Set what goes up and down.
pub fn set(name: &str, labels: &[(&str, &str)], value: f64) {
    told(metrics::set(name, &owned(labels), value).map_err(Into::into));
}

/// One more of what is spread, such as seconds that something took: 0 or more.
pub fn observe(name: &str, labels: &[(&str, &str)], value: f64) {
    told(metrics::observe(name, &owned(labels), value).map_err(Into::into));
}

fn owned(labels: &[(&str, &str)]) -> Vec<(String, String)> {
    labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn told(outcome: Result<()>) {
    match outcome {
        // That there are too many series, the host says once by itself.
        Ok(()) | Err(Error::Failed(_)) => {}
        Err(error) => log::warn!("a figure was not taken: {error}"),
    }
}
