//! The same calls over and over: how long they take, and whether they always go the same way.

use super::file::{Plan, ScenarioFile};
use crate::plugin::Plugin;
use std::time::{Duration, Instant};

/// What many calls in a row came to.
#[derive(Debug)]
pub struct Pass {
    /// The calls that were made.
    pub calls: usize,
    /// The traces of all of them, one after the other.
    pub trace: String,
    /// Wall time of the calls.
    pub took: Duration,
    /// Wall time of installing the plugin before, once for each scenario.
    pub installing: Duration,
}

/// Play the scenarios in turn, on plugins that keep what they keep, until at least so many calls have been made. Each begins at the
/// time that its scenario says.
///
/// # Errors
/// When there is no call in the files, or the plugin cannot be installed.
pub fn repeat(files: &[ScenarioFile], archive: &[u8], calls: usize) -> Result<Pass, String> {
    let plans: Vec<&Plan> = files.iter().flat_map(|file| &file.plans).filter(|plan| plan.calls() > 0).collect();
    if plans.is_empty() {
        return Err("there is no scenario with a call to repeat".into());
    }
    let began = Instant::now();
    let built = |plan: &&Plan| plan.house.built(archive).map_err(|why| format!("{}: {why}", plan.name));
    let plugins: Vec<Plugin> = plans.iter().map(built).collect::<Result<_, _>>()?;
    let installing = began.elapsed();
    let began = Instant::now();
    let mut pass = Pass { calls: 0, trace: String::new(), took: Duration::ZERO, installing };
    for (plan, plugin) in plans.iter().zip(&plugins).cycle() {
        if pass.calls >= calls {
            break;
        }
        plugin.set_clock(plan.house.at);
        plan.play(plugin, &mut pass.trace);
        pass.calls += plan.calls();
    }
    pass.took = began.elapsed();
    Ok(pass)
}
