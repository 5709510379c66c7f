//! What the page asks: the plan, its draft and versions, and what would become of a caller. For administrators.

use crate::{
    difference, fault, lamps,
    plan::{LONGEST, Plan},
    settings::Settings,
    sound, trace,
    versions::{self, Draft, Version},
};
use jackfield_sdk::{
    Error, Result, clock, log, schedules, settings,
    web::{Request, Response},
};
use serde::{Deserialize, Serialize};

/// What the page begins with.
#[derive(Serialize)]
struct View {
    /// The version that callers are led by.
    number: u32,
    text: String,
    draft: Option<Draft>,
    /// The schedules of the house.
    schedules: Vec<String>,
    /// The prompts that were recorded by telephone, and those of this plugin.
    prompts: Vec<String>,
}

/// A plan as somebody has written it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    text: String,
    /// The version that it began with.
    #[serde(default)]
    based_on: u32,
    /// What they say about it.
    #[serde(default)]
    note: String,
}

/// What was made of a text.
#[derive(Serialize)]
struct Checked {
    /// As the editor shows it; none when the text cannot be read.
    plan: Option<Plan>,
    faults: Vec<fault::Fault>,
}

/// A version in the list.
#[derive(Serialize)]
struct Listed {
    number: u32,
    at: u64,
    by: String,
    note: String,
    again: Option<u32>,
}

/// A caller who is made up, and the plan to try; the published one without a text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tried {
    #[serde(default)]
    text: Option<String>,
    caller: trace::Caller,
}

pub fn answer(request: &Request) -> Result<Response> {
    if !request.user().is_admin() {
        return Ok(Response::denied("Menus and opening hours are for administrators."));
    }
    let settings: Settings = settings();
    match request.route()[..] {
        ["GET", "plan"] => view(&settings),
        ["POST", "check"] => check(&request.json()?),
        ["PUT", "draft"] => keep(request, &request.json()?),
        ["DELETE", "draft"] => versions::forget_draft().map(|()| Response::done()),
        ["POST", "publish"] => publish(request, &settings, request.json()?),
        ["GET", "versions"] => Response::json(&versions::all()?.into_iter().map(Listed::of).collect::<Vec<_>>()),
        ["POST", "versions", number, "restore"] => restore(request, &settings, number),
        ["GET", "difference"] => difference(request, &settings),
        ["GET", "recordings"] => recordings(),
        ["GET", "recordings", name] => match sound::recorded(name)? {
            Some(recorded) => Ok(Response::recording(recorded.id)),
            None => Ok(Response::not_found()),
        },
        ["DELETE", "recordings", name] => {
            let erased = sound::replace(name, None)?;
            Ok(if erased { Response::done() } else { Response::not_found() })
        }
        ["POST", "trace"] => follow(&settings, &request.json()?),
        _ => Ok(Response::not_found()),
    }
}

fn view(settings: &Settings) -> Result<Response> {
    let published = versions::published(settings)?.value;
    let text = versions::read(published.number)?.map_or_else(|| published.plan.text(), |version| version.text);
    Response::json(&View {
        number: published.number,
        text,
        draft: versions::draft()?,
        schedules: schedules::names()?,
        prompts: sound::all()?.into_iter().map(|(name, _)| name).chain(prompts().map(str::to_owned)).collect(),
    })
}

/// What was recorded by telephone.
fn recordings() -> Result<Response> {
    #[derive(Serialize)]
    struct Listed {
        name: String,
        by: String,
        at: u64,
    }
    let all = sound::all()?.into_iter().map(|(name, recorded)| Listed { name, by: recorded.by, at: recorded.at });
    Response::json(&all.collect::<Vec<_>>())
}

/// Reads a text for the editor: whatever can be read is shown, with what is wrong in it.
fn check(written: &Written) -> Result<Response> {
    bounded(&written.text)?;
    let faults = fault::read(&written.text, Some(&schedules::names()?)).err().unwrap_or_default();
    Response::json(&Checked { plan: serde_json::from_str(&written.text).ok(), faults })
}

fn keep(request: &Request, written: &Written) -> Result<Response> {
    bounded(&written.text)?;
    let (text, by) = (written.text.clone(), request.user().name.clone());
    versions::keep_draft(&Draft { text, based_on: written.based_on, by, at: clock::now() })?;
    Ok(Response::done())
}

fn publish(request: &Request, settings: &Settings, written: Written) -> Result<Response> {
    bounded(&written.text)?;
    let before = versions::published(settings)?;
    if before.value.number != written.based_on {
        return overtaken(before.value.number);
    }
    let plan = match fault::read(&written.text, Some(&schedules::names()?)) {
        Ok(plan) => plan,
        Err(faults) => return Ok(Response::json(&Checked { plan: None, faults })?.with_status(422)),
    };
    if !versions::replace(&before, settings, request.user(), &written.note, None, (written.text, plan))? {
        return overtaken(before.value.number + 1);
    }
    log::info!("version {} was published by {}", before.value.number + 1, request.user().name);
    lamps::refresh(settings);
    view(settings)
}

/// Publishes an old version again, as the newest one.
fn restore(request: &Request, settings: &Settings, number: &str) -> Result<Response> {
    let Some(version) = number.parse().ok().map(versions::read).transpose()?.flatten() else {
        return Ok(Response::not_found());
    };
    let before = versions::published(settings)?;
    let plan = match fault::read(&version.text, Some(&schedules::names()?)) {
        Ok(plan) => plan,
        Err(faults) => return Ok(Response::json(&Checked { plan: None, faults })?.with_status(422)),
    };
    if !versions::replace(&before, settings, request.user(), "", Some(version.number), (version.text, plan))? {
        return overtaken(before.value.number + 1);
    }
    log::info!("version {} was restored by {}", version.number, request.user().name);
    lamps::refresh(settings);
    view(settings)
}

/// From one version to another; `to=draft` is what somebody is writing.
fn difference(request: &Request, settings: &Settings) -> Result<Response> {
    let text = |name: &str| -> Result<Option<String>> {
        match request.query(name) {
            Some("draft") => Ok(versions::draft()?.map(|draft| draft.text)),
            Some(number) => {
                let version = number.parse().ok().map(versions::read).transpose()?.flatten();
                Ok(version.map(|version| version.text))
            }
            None => Ok(Some(versions::published(settings)?.value.plan.text())),
        }
    };
    match text("from")?.zip(text("to")?) {
        Some((from, to)) => Response::json(&difference::between(&from, &to)),
        None => Ok(Response::not_found()),
    }
}

fn follow(settings: &Settings, tried: &Tried) -> Result<Response> {
    let plan = match &tried.text {
        None => versions::current(settings),
        Some(text) => {
            bounded(text)?;
            match fault::read(text, Some(&schedules::names()?)) {
                Ok(plan) => plan,
                Err(faults) => return Ok(Response::json(&Checked { plan: None, faults })?.with_status(422)),
            }
        }
    };
    Response::json(&trace::follow(&plan, &tried.caller)?)
}

impl Listed {
    fn of(version: Version) -> Self {
        let Version { number, at, by, note, again, .. } = version;
        Self { number, at, by, note, again }
    }
}

fn bounded(text: &str) -> Result<()> {
    if text.len() > LONGEST {
        return Err(Error::Invalid(format!("The plan is longer than {} KiB: take something out.", LONGEST >> 10)));
    }
    Ok(())
}

fn overtaken(number: u32) -> Result<Response> {
    Ok(Response::text(number.to_string()).with_status(409))
}

/// The names in `prompts/texts.tsv`, without the pieces of times.
fn prompts() -> impl Iterator<Item = &'static str> {
    let lines = include_str!("../prompts/texts.tsv").lines().filter(|line| !line.starts_with('#'));
    let names = lines.filter_map(|line| line.split('\t').next()).filter(|name| !name.is_empty());
    names.filter(|name| !name.starts_with("hour-") && !name.starts_with("minute-"))
}
