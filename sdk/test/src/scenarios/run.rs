//! Running scenarios: each on a plugin of its own, installed anew.

use super::{
    expectation::Trace,
    file::{Body, Happening, Plan, PlannedCall, PlannedHouse, PlannedRequest, ScenarioFile},
};
use crate::{
    plugin::{OngoingCall, Plugin},
    route::Route,
    web::WebReply,
};
use serde_json::Value;
use std::{fmt::Write as _, time::Duration};

/// Something that is not as the file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line of the file.
    pub line: usize,
    /// What was expected, and what was the case.
    pub what: String,
}

/// What came of a scenario.
#[derive(Debug)]
pub struct Outcome {
    /// Its name.
    pub name: String,
    /// What is not as the file says; none when it has passed.
    pub faults: Vec<Fault>,
    /// What happened, each call and request after the one before.
    pub trace: String,
    /// What the plugin wrote to its log.
    pub log: Vec<String>,
}

/// A call or a request that has begun.
enum Begun<'a> {
    Talking(&'a PlannedCall, Route, OngoingCall),
    Decided(&'a PlannedCall, Route),
    Answered(&'a PlannedRequest, WebReply),
}

impl ScenarioFile {
    /// Run its scenarios on the plugin of this archive, each on a fresh one, and tell each outcome as it is there.
    pub fn run(&self, archive: &[u8], mut tell: impl FnMut(&Outcome)) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(self.plans.len());
        for plan in &self.plans {
            let outcome = plan.outcome(archive);
            tell(&outcome);
            outcomes.push(outcome);
        }
        outcomes
    }
}

impl Plan {
    fn outcome(&self, archive: &[u8]) -> Outcome {
        let mut trace = String::new();
        let plugin = match self.house.built(archive) {
            Ok(plugin) => plugin,
            Err(what) => {
                let faults = vec![Fault { line: self.line, what }];
                return Outcome { name: self.name.clone(), faults, trace, log: Vec::new() };
            }
        };
        let faults = self.play(&plugin, &mut trace);
        Outcome { name: self.name.clone(), faults, trace, log: plugin.log() }
    }

    /// Let it all happen; appends to the trace and gives what is not as it should be.
    pub(crate) fn play(&self, plugin: &Plugin, trace: &mut String) -> Vec<Fault> {
        let mut now = Duration::ZERO;
        let mut begun = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            if step.at > now {
                plugin.wait(step.at - now);
                now = step.at;
            }
            begun.push(match &step.what {
                Happening::Call(call) => begin(plugin, call),
                Happening::Request(request) => Begun::Answered(request, request.ask(plugin)),
            });
        }
        let mut faults = Vec::new();
        let many = begun.len() > 1;
        for (one, step) in begun.into_iter().zip(&self.steps) {
            if many && let Happening::Call(call) = &step.what {
                let asked = &call.scenario.request;
                let (from, to) = (&asked.caller.number, &asked.callee.number);
                let _ = writeln!(trace, "after {:.3} s {from} calls {to}:", step.at.as_secs_f64());
            }
            let (written, found) = match one {
                Begun::Talking(call, route, ongoing) => {
                    let over = Trace { route, conversation: Some(plugin.finish(ongoing)) };
                    (over.to_string(), over.faults(call))
                }
                Begun::Decided(call, route) => {
                    let over = Trace { route, conversation: None };
                    (over.to_string(), over.faults(call))
                }
                Begun::Answered(request, reply) => (request.trace(&reply), request.faults(&reply)),
            };
            trace.push_str(&written);
            trace.push('\n');
            faults.extend(found);
        }
        faults
    }
}

fn begin<'a>(plugin: &Plugin, call: &'a PlannedCall) -> Begun<'a> {
    let mut scenario = call.scenario.clone();
    let route = plugin.route(scenario.clone());
    match plugin.own_script(&route) {
        Some(script) => {
            scenario.args.extend(script.args.clone());
            scenario.request.vars.extend(route.routed.set_vars.clone());
            let ongoing = plugin.begin(&script.entry, scenario);
            Begun::Talking(call, route, ongoing)
        }
        None => Begun::Decided(call, route),
    }
}

impl PlannedHouse {
    /// The plugin in this house.
    pub(crate) fn built(&self, archive: &[u8]) -> Result<Plugin, String> {
        let plugin = Plugin::try_from_archive(archive)?;
        plugin.set_clock(self.at);
        let plugin = self.extensions.iter().cloned().fold(plugin, Plugin::with_extension);
        for schedule in &self.schedules {
            plugin.add_schedule(schedule.clone())?;
        }
        if let Some(settings) = &self.settings {
            plugin.try_settings(settings.clone()).map_err(|errors| {
                let errors: Vec<_> = errors.iter().map(|error| format!("{} {}", error.path, error.message)).collect();
                format!("the settings are refused: {}", errors.join("; "))
            })?;
        }
        Ok(plugin)
    }

    /// What tells two of them apart, the time of day not counted.
    pub(crate) fn but_for_the_clock(&self) -> String {
        format!("{:?}", (&self.settings, &self.extensions, &self.schedules))
    }
}

impl PlannedRequest {
    fn ask(&self, plugin: &Plugin) -> WebReply {
        let mut call = plugin.ask(&self.method, &self.path).in_language(self.language.as_str());
        if let Some(name) = &self.name {
            call = call.as_user(name);
        }
        if self.admin {
            call = call.as_admin();
        }
        if let Some(number) = &self.extension {
            call = call.with_extension(number);
        }
        match &self.body {
            None => call.send(),
            Some(Body::Text(text)) => call.body(text.as_bytes()).send(),
            Some(Body::Json(value)) => call.json(value).send(),
        }
    }

    fn faults(&self, reply: &WebReply) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |line, what| faults.push(Fault { line, what });
        let text = String::from_utf8_lossy(&reply.body);
        if reply.status != self.status {
            fault(self.line, format!("the status {} was expected, it is {}: {text}", self.status, reply.status));
        }
        for (name, expected) in &self.headers {
            let got = reply.header(name);
            if got != Some(expected.words.as_str()) {
                fault(expected.line, format!("{name} “{}” was expected, it is {got:?}", expected.words));
            }
        }
        if let Some(expected) = &self.reply {
            match serde_json::from_slice::<Value>(&reply.body) {
                Ok(got) if same(&got, expected) => {}
                Ok(got) => fault(self.line, format!("the reply {expected} was expected, it is {got}")),
                Err(error) => {
                    fault(self.line, format!("the reply {expected} was expected, and it is no JSON ({error}): {text}"))
                }
            }
        }
        for expected in &self.contains {
            if !text.contains(&expected.words) {
                fault(expected.line, format!("“{}” was expected in the reply, which is: {text}", expected.words));
            }
        }
        if let Some(length) = self.length
            && length != reply.body.len()
        {
            fault(self.line, format!("{length} bytes were expected, there are {}", reply.body.len()));
        }
        faults
    }

    fn trace(&self, reply: &WebReply) -> String {
        let mut trace = format!("         {} {}: {}", self.method, self.path, reply.status);
        for (name, value) in &reply.headers {
            let _ = write!(trace, ", {name} {value}");
        }
        let _ = match std::str::from_utf8(&reply.body) {
            Ok(text) => write!(trace, ", {text:?}"),
            Err(_) => write!(trace, ", {} bytes", reply.body.len()),
        };
        trace
    }
}

/// Equal as JSON; numbers by their value, since 6 and 6.0 are one number there.
fn same(got: &Value, expected: &Value) -> bool {
    match (got, expected) {
        (Value::Number(got), Value::Number(expected)) => got == expected || got.as_f64() == expected.as_f64(),
        (Value::Array(got), Value::Array(expected)) => {
            got.len() == expected.len() && got.iter().zip(expected).all(|(got, expected)| same(got, expected))
        }
        (Value::Object(got), Value::Object(expected)) => {
            got.len() == expected.len()
                && expected.iter().all(|(name, value)| got.get(name).is_some_and(|got| same(got, value)))
        }
        _ => got == expected,
    }
}
