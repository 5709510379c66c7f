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
    /// Wall time of installing the plugin before, once for each house that the scenarios are in.
    pub installing: Duration,
}

/// Play the scenarios in turn until at least so many calls have been made, each at the time of day that it says. Those with the same
/// settings, extensions and schedules share one plugin, which keeps what it keeps.
///
/// # Errors
/// When there is no call in the files, or the plugin cannot be installed.
pub fn repeat(files: &[ScenarioFile], archive: &[u8], calls: usize) -> Result<Pass, String> {
    let plans: Vec<&Plan> = files.iter().flat_map(|file| &file.plans).filter(|plan| plan.calls() > 0).collect();
    if plans.is_empty() {
        return Err("there is no scenario with a call to repeat".into());
    }
    let began = Instant::now();
    let mut plugins: Vec<Plugin> = Vec::new();
    let mut houses: Vec<String> = Vec::new();
    let mut of_plan = Vec::with_capacity(plans.len());
    for plan in &plans {
        let house = plan.house.but_for_the_clock();
        let known = houses.iter().position(|known| *known == house);
        of_plan.push(known.unwrap_or(houses.len()));
        if known.is_none() {
            plugins.push(plan.house.built(archive).map_err(|why| format!("{}: {why}", plan.name))?);
            houses.push(house);
        }
    }
    let installing = began.elapsed();
    let began = Instant::now();
    let mut pass = Pass { calls: 0, trace: String::new(), took: Duration::ZERO, installing };
    for (plan, at) in plans.iter().zip(of_plan).cycle() {
        if pass.calls >= calls {
            break;
        }
        let plugin = &plugins[at];
        plugin.set_clock(plan.house.at);
        plan.play(plugin, &mut pass.trace);
        pass.calls += plan.calls();
    }
    pass.took = began.elapsed();
    Ok(pass)
}
