//! Asking plugins where a call goes, within bounds, failing open: a fresh instance for each plugin and decision, or one that has
//! decided before where the plugin says so (see `router.rs`).

use crate::{
    breaker::Change,
    code::Code,
    instance::{self, Fault, Running, State},
    interfaces::decide::{Answer, AnswerTuple, Checked, Request, RequestTuple},
    log::one_line,
    registry::{Host, Life, Loaded, Roster},
    router::{Decider, Router},
    trial::Versions,
};
use jackfield_calls::router::{Decision, RouteRequest, Routed};
use jackfield_model::{AskOutcome, AskedPlugin, CallId, Level, PluginVersion};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// Whether there is a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Earnest {
    /// There is.
    Real,
    /// Somebody wants to know what would become of one.
    Supposed,
}

/// Ask the routing plugins in order; the first that decides has it.
pub(crate) async fn route(
    host: &Arc<Host>,
    roster: &Roster,
    mut request: RouteRequest,
    earnest: Earnest,
    versions: Versions<'_>,
) -> Routed {
    let came_with = request.vars.clone();
    let routed = in_order(host, roster, &mut request, earnest, versions).await;
    if earnest == Earnest::Real {
        request.vars = came_with;
        host.recent.keep(request);
    }
    routed
}

/// The same; the variables that plugins set are added to those of the request, for the plugins after them.
async fn in_order(
    host: &Arc<Host>,
    roster: &Roster,
    request: &mut RouteRequest,
    earnest: Earnest,
    versions: Versions<'_>,
) -> Routed {
    let began = Instant::now();
    let mut set_vars: Vec<(String, String)> = Vec::new();
    let mut asked = Vec::new();
    for router in &roster.routers {
        let plugin = router.plugin.version(&request.call, versions);
        let Ok(code) = &plugin.code else { continue };
        if !plugin.filter.wants(request) {
            continue;
        }
        let left = host.limits.route_wall.saturating_sub(began.elapsed());
        if left.is_zero() {
            if earnest == Earnest::Real {
                let why = "it was not asked: the plugins before it took too long";
                host.find(&plugin.life, Level::Warn, why, Some(&request.call));
            }
            asked.push(said(plugin, AskOutcome::NotAsked, Duration::ZERO));
            continue;
        }
        let turn = Instant::now();
        let answer = match earnest {
            Earnest::Real => ask(host, router, plugin, code, request, left).await,
            Earnest::Supposed => suppose(host, plugin, code, request, left).await,
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(outcome) => {
                asked.push(said(plugin, outcome, turn.elapsed()));
                continue;
            }
        };
        let decides = answer.decision != Decision::Pass;
        let outcome = if decides { AskOutcome::Decided } else { AskOutcome::Passed };
        asked.push(said(plugin, outcome, turn.elapsed()));
        for (name, value) in answer.set_vars {
            set_vars.retain(|(known, _)| *known != name);
            request.vars.retain(|(known, _)| *known != name);
            request.vars.push((name.clone(), value.clone()));
            set_vars.push((name, value));
        }
        if decides {
            return Routed {
                decision: answer.decision,
                set_vars,
                by: Some(plugin.record.id.clone()),
                explain: answer.explain,
                asked,
            };
        }
    }
    Routed { set_vars, asked, ..Routed::pass() }
}

fn said(plugin: &Loaded, outcome: AskOutcome, took: Duration) -> AskedPlugin {
    let record = &plugin.record;
    let plugin = PluginVersion { id: record.id.clone(), version: record.version.clone() };
    AskedPlugin { plugin, outcome, micros: u32::try_from(took.as_micros()).unwrap_or(u32::MAX) }
}

/// The same of a call that nobody makes: nothing is counted or held against the plugin.
async fn suppose(
    host: &Arc<Host>,
    plugin: &Arc<Loaded>,
    code: &Code,
    request: &RouteRequest,
    left: Duration,
) -> Result<Checked, AskOutcome> {
    let failed = |why: String| AskOutcome::Failed { why: one_line(&why) };
    let wall = host.limits.hook_wall.min(left);
    match decide(host, None, plugin, code, request, wall, Earnest::Supposed).await {
        Ok(answer) => answer.and_then(|answer| answer.check(&plugin.record.id)).map_err(failed),
        Err(fault) => Err(failed(fault.to_string())),
    }
}

/// Ask one plugin; why it gave no answer when it rests, fails or makes no sense.
async fn ask(
    host: &Arc<Host>,
    router: &Router,
    plugin: &Arc<Loaded>,
    code: &Code,
    request: &RouteRequest,
    left: Duration,
) -> Result<Checked, AskOutcome> {
    let life = &plugin.life;
    let key = request.caller.number.as_str();
    let Some(ticket) = life.router.admit(Instant::now(), key) else {
        life.meter.skipped();
        host.figures_changed(life);
        return Err(AskOutcome::NotAsked);
    };
    life.meter.begun();
    let began = std::time::Instant::now();
    let wall = host.limits.hook_wall.min(left);
    // A version on trial decides too seldom to have an instance wait.
    let router = Arc::ptr_eq(plugin, &router.plugin).then_some(router);
    let outcome = decide(host, router, plugin, code, request, wall, Earnest::Real).await;
    life.meter.took(began.elapsed());
    host.figures_changed(life);
    match outcome {
        Ok(answer) => {
            if ticket.succeeded(Instant::now()) == Change::Recovered {
                recovered(host, life);
            }
            let checked = answer.and_then(|answer| answer.check(&plugin.record.id));
            checked.map_err(|why| {
                host.find(life, Level::Warn, &format!("no decision: {why}"), Some(&request.call));
                AskOutcome::Failed { why: one_line(&why) }
            })
        }
        Err(fault) => {
            if fault != Fault::Full {
                let change = ticket.failed(Instant::now(), key, &fault.to_string(), rand::random());
                failed(host, life, &fault, change, Some(&request.call));
            }
            Err(AskOutcome::Failed { why: one_line(&fault.to_string()) })
        }
    }
}

/// Tell the admin, in the log and on the card, that a plugin has failed and what follows from it.
pub(crate) fn failed(host: &Host, life: &Life, fault: &Fault, change: Change, call: Option<&CallId>) {
    life.meter.failed();
    host.find(life, Level::Error, &format!("{fault}; the call went on without it"), call);
    rests(host, life, change, "calls no longer wait for it");
}

/// The same about what follows from repeated failures.
pub(crate) fn rests(host: &Host, life: &Life, change: Change, meanwhile: &str) {
    match change {
        Change::Opened(rest) => {
            let text = format!("it failed too often and rests for {:.1} s: {meanwhile}", rest.as_secs_f64());
            host.find(life, Level::Warn, &text, None);
            host.announce(&life.id);
        }
        Change::Quarantined => {
            let text = "it failed too often for the third time within an hour: it is asked no more until it is switched on again";
            host.find(life, Level::Error, text, None);
            host.announce(&life.id);
        }
        Change::None | Change::Recovered => {}
    }
}

/// Tell the admin that a plugin is well again.
pub(crate) fn recovered(host: &Host, life: &Life) {
    host.find(life, Level::Info, "it answers again and is asked as before", None);
    host.announce(&life.id);
}

/// Have an instance decide: the one that waits in `router`, or a fresh one.
async fn decide(
    host: &Arc<Host>,
    router: Option<&Router>,
    plugin: &Arc<Loaded>,
    code: &Code,
    request: &RouteRequest,
    wall: Duration,
    earnest: Earnest,
) -> Result<Result<Answer, String>, Fault> {
    let Some(index) = &code.decide else { return Err(Fault::Trapped("it exports no decision".into())) };
    let limits = &host.limits;
    let (mut store, waiting, made) = match router.and_then(Router::take) {
        Some(decider) => (decider.store, Some(decider.instance), decider.made),
        None => {
            let (plugin, host) = (Arc::clone(plugin), Arc::clone(host));
            let state = State::new(Running::Decision, plugin, Arc::clone(&host), limits.hook_memory, limits.hook_cpu);
            (instance::store(&host.wasm, state), None, 0)
        }
    };
    store.data_mut().call = Some(request.call.clone());
    store.data_mut().supposed = (earnest == Earnest::Supposed).then_some(request.now);
    let mut cpu = Duration::ZERO;
    let guest = async {
        let instance = match waiting {
            Some(instance) => instance,
            None => code.pre.instantiate_async(&mut store).await?,
        };
        let decide = instance.get_typed_func::<RequestTuple<'_>, AnswerTuple>(&mut store, index)?;
        let (answer,) = decide.call_async(&mut store, (Request::from(request),)).await?;
        wasmtime::Result::Ok((answer, instance))
    };
    let outcome = instance::within(wall, instance::metered(&host.wasm.heart, &mut cpu, guest)).await;
    if earnest == Earnest::Real {
        plugin.life.meter.used(cpu, store.data().memory.peak);
    }
    match outcome {
        Some(Ok((answer, instance))) => {
            // One that failed in any way decides no more.
            if let (Some(router), true) = (router, answer.is_ok()) {
                router.keep(Decider { store, instance, made: made + 1 }, limits);
            }
            Ok(answer)
        }
        Some(Err(error)) => Err(store.data_mut().fault(&error)),
        None => Err(Fault::Wall(wall)),
    }
}
