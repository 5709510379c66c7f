//! How a scenario file is written, and what is made of that.

use super::file::{Body, Happening, Plan, PlannedCall, PlannedHouse, PlannedRequest, Said, Step};
use crate::{
    house::{TestExtension, extension},
    plugin::{BEGIN, moment},
    scenario::{self, Action, call_to},
};
use jackfield_calls::router::Unreached;
use jackfield_model::{Language, Number, Schedule};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeMap, ops::Range, time::Duration};
use toml::Spanned;

/// Where in the file something is wrong, and what.
pub(super) type Wrong = (usize, String);

pub(super) struct Lines<'a>(pub(super) &'a str);

impl Lines<'_> {
    fn of(&self, span: &Range<usize>) -> usize {
        self.0.as_bytes().iter().take(span.start).filter(|byte| **byte == b'\n').count() + 1
    }

    fn said(&self, words: &Spanned<String>) -> Said {
        Said { words: words.get_ref().clone(), line: self.of(&words.span()) }
    }

    fn all_said(&self, words: &[Spanned<String>]) -> Vec<Said> {
        words.iter().map(|words| self.said(words)).collect()
    }

    fn each_said(&self, words: &BTreeMap<String, Spanned<String>>) -> BTreeMap<String, Said> {
        words.iter().map(|(name, words)| (name.clone(), self.said(words))).collect()
    }

    fn time(&self, words: &Spanned<String>) -> Result<Duration, Wrong> {
        time(words.get_ref()).map_err(|why| (self.of(&words.span()), why))
    }
}

fn time(words: &str) -> Result<Duration, String> {
    let parsed = words.parse::<SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
    parsed.ok_or_else(|| format!("“{words}” is no length of time such as \"2 s\", \"500 ms\" or \"1 min 30 s\""))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileForm {
    at: Option<Spanned<String>>,
    settings: Option<toml::Table>,
    #[serde(default)]
    extensions: Vec<ExtensionForm>,
    #[serde(default)]
    schedules: Vec<Schedule>,
    #[serde(default)]
    scenario: Vec<ScenarioForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExtensionForm {
    number: Number,
    name: String,
    #[serde(default)]
    language: Language,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioForm {
    name: Spanned<String>,
    at: Option<Spanned<String>>,
    settings: Option<toml::Table>,
    #[serde(default)]
    call: Vec<CallForm>,
    #[serde(default)]
    request: Vec<RequestForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallForm {
    to: Spanned<String>,
    from: Option<String>,
    trunk: Option<String>,
    at: Option<Spanned<String>>,
    #[serde(default)]
    vars: BTreeMap<String, String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    unreached: Option<UnreachedForm>,
    #[serde(default)]
    does: Vec<Spanned<ActionForm>>,
    #[serde(default)]
    dialled: BTreeMap<String, Spanned<OutcomeForm>>,
    decision: Option<Spanned<String>>,
    reason: Option<Spanned<String>>,
    #[serde(default)]
    sets: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    expect: Vec<Spanned<String>>,
    #[serde(default)]
    never: Vec<Spanned<String>>,
    ends_within: Option<Spanned<String>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum UnreachedForm {
    Busy,
    #[serde(rename = "no answer")]
    NoAnswer,
    Rejected,
    Unavailable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ActionForm {
    press: Option<String>,
    #[serde(default)]
    hang_up: bool,
    after: Option<String>,
    at: Option<String>,
    when_hearing: Option<String>,
    #[serde(default)]
    when_recording: bool,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "“busy”, or a table such as { is = \"answers\", after = \"3 s\", stays = \"60 s\" }")]
enum OutcomeForm {
    Word(String),
    #[serde(rename_all = "lowercase")]
    Told {
        is: String,
        after: Option<String>,
        stays: Option<String>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestForm {
    ask: Spanned<String>,
    at: Option<Spanned<String>>,
    #[serde(rename = "as")]
    name: Option<String>,
    #[serde(default)]
    admin: bool,
    extension: Option<String>,
    #[serde(default)]
    language: Language,
    body: Option<String>,
    json: Option<toml::Value>,
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, Spanned<String>>,
    reply: Option<toml::Value>,
    #[serde(default)]
    contains: Vec<Spanned<String>>,
    length: Option<usize>,
}

impl FileForm {
    pub(super) fn planned(self, lines: &Lines<'_>) -> Result<Vec<Plan>, Wrong> {
        let clock = |words: &Spanned<String>| moment(words.get_ref()).map_err(|why| (lines.of(&words.span()), why));
        let at = self.at.as_ref().map_or_else(|| moment(BEGIN).map_err(|why| (1, why)), clock)?;
        let numbers: Vec<String> = self.extensions.iter().map(|known| known.number.to_string()).collect();
        let extensions = self.extensions.into_iter().map(ExtensionForm::planned);
        let house = PlannedHouse { at, settings: None, extensions: extensions.collect(), schedules: self.schedules };
        let general = self.settings.unwrap_or_default();
        let plan = |written: ScenarioForm| {
            let line = lines.of(&written.name.span());
            let own = written.settings.unwrap_or_default();
            let settings: toml::Table = general.clone().into_iter().chain(own).collect();
            let settings = json(toml::Value::Table(settings), line)?;
            let house = PlannedHouse {
                at: written.at.as_ref().map_or(Ok(house.at), clock)?,
                settings: settings.as_object().is_some_and(|settings| !settings.is_empty()).then_some(settings),
                ..house.clone()
            };
            let calls = written.call.into_iter().map(|call| call.planned(lines, &numbers));
            let requests = written.request.into_iter().map(|request| request.planned(lines));
            let mut steps: Vec<Step> = calls.chain(requests).collect::<Result<_, _>>()?;
            if steps.is_empty() {
                return Err((line, "the scenario has neither a [[scenario.call]] nor a [[scenario.request]]".into()));
            }
            steps.sort_by_key(|step| step.at);
            Ok(Plan { name: written.name.into_inner(), line, house, steps })
        };
        self.scenario.into_iter().map(plan).collect()
    }
}

impl ExtensionForm {
    fn planned(self) -> TestExtension {
        extension(self.number.as_str(), &self.name).speaking(self.language.as_str())
    }
}

impl CallForm {
    fn planned(self, lines: &Lines<'_>, extensions: &[String]) -> Result<Step, Wrong> {
        let mut scenario = call_to(self.to.get_ref());
        if extensions.contains(self.to.get_ref()) {
            scenario.request.callee.extension = self.to.get_ref().parse().ok();
        }
        if let Some(from) = &self.from {
            let inside = self.trunk.is_none() && !from.is_empty() && from.bytes().all(|byte| byte.is_ascii_digit());
            scenario = if inside { scenario.from_extension(from) } else { scenario.from_outside(from) };
        }
        if self.trunk.is_some() {
            scenario.request.trunk = self.trunk;
        }
        scenario.request.vars.extend(self.vars);
        scenario.request.headers.extend(self.headers);
        if let Some(why) = self.unreached {
            scenario = scenario.unreached(why.into());
        }
        for action in self.does {
            let line = lines.of(&action.span());
            scenario.actions.push(action.into_inner().planned().map_err(|why| (line, why))?);
        }
        for (target, outcome) in self.dialled {
            let line = lines.of(&outcome.span());
            scenario.outcomes.insert(target, outcome.into_inner().planned().map_err(|why| (line, why))?);
        }
        let within = |words: &Spanned<String>| Ok((lines.time(words)?, lines.of(&words.span())));
        let call = PlannedCall {
            line: lines.of(&self.to.span()),
            scenario,
            decision: self.decision.as_ref().map(|words| lines.said(words)),
            reason: self.reason.as_ref().map(|words| lines.said(words)),
            vars: lines.each_said(&self.sets),
            expect: lines.all_said(&self.expect),
            never: lines.all_said(&self.never),
            ends_within: self.ends_within.as_ref().map(within).transpose()?,
        };
        let at = self.at.as_ref().map(|words| lines.time(words)).transpose()?.unwrap_or_default();
        Ok(Step { at, what: Happening::Call(Box::new(call)) })
    }
}

impl ActionForm {
    fn planned(self) -> Result<Action, String> {
        let action = match (&self.press, self.hang_up) {
            (Some(keys), false) if !keys.is_empty() && keys.chars().all(|key| "0123456789*#ABCD".contains(key)) => {
                scenario::press(keys)
            }
            (Some(keys), false) => return Err(format!("“{keys}” are no keys: there are 0 to 9, *, # and A to D")),
            (None, true) => scenario::hang_up(),
            _ => return Err("the caller does one thing: { press = \"1\" } or { hang_up = true }".into()),
        };
        let (after, at) = (self.after.as_deref().map(time).transpose()?, self.at.as_deref().map(time).transpose()?);
        match (after, at, self.when_hearing, self.when_recording) {
            (None, None, None, false) => Ok(action),
            (Some(wait), None, None, false) => Ok(action.after(wait)),
            (None, Some(time), None, false) => Ok(action.at(time)),
            (None, None, Some(prompt), false) => Ok(action.when_hearing(&prompt)),
            (wait, None, None, true) => Ok(action.after(wait.unwrap_or(Duration::from_secs(1))).when_recording()),
            _ => Err("say once when the caller does it: after, at, when_hearing, or when_recording with after".into()),
        }
    }
}

impl OutcomeForm {
    fn planned(self) -> Result<scenario::Outcome, String> {
        let (word, after, stays) = match self {
            Self::Word(word) => (word, None, None),
            Self::Told { is, after, stays } => (is, after, stays),
        };
        let outcome = match word.as_str() {
            "answers" => scenario::answers(),
            "busy" => scenario::busy(),
            "no answer" => scenario::no_answer(),
            "rejects" => scenario::rejects(),
            "unavailable" => scenario::unavailable(),
            _ => return Err(format!("“{word}” is none of answers, busy, no answer, rejects, unavailable")),
        };
        let outcome = match after {
            Some(ring) => outcome.after(time(&ring)?),
            None => outcome,
        };
        Ok(match stays {
            Some(talk) => outcome.staying(time(&talk)?),
            None => outcome,
        })
    }
}

impl RequestForm {
    fn planned(self, lines: &Lines<'_>) -> Result<Step, Wrong> {
        let line = lines.of(&self.ask.span());
        let (method, path) = match self.ask.get_ref().split_once(' ') {
            Some((method, path)) if path.starts_with('/') => (method.to_owned(), path.to_owned()),
            _ => return Err((line, format!("“{}” is no request such as GET /greeting", self.ask.get_ref()))),
        };
        let body = match (self.body, self.json) {
            (None, None) => None,
            (Some(text), None) => Some(Body::Text(text)),
            (None, Some(value)) => Some(Body::Json(json(value, line)?)),
            _ => return Err((line, "a request has either body or json".into())),
        };
        let request = PlannedRequest {
            line,
            method,
            path,
            body,
            name: self.name,
            admin: self.admin,
            extension: self.extension,
            language: self.language,
            status: self.status.unwrap_or(200),
            headers: lines.each_said(&self.headers),
            reply: self.reply.map(|value| json(value, line)).transpose()?,
            contains: lines.all_said(&self.contains),
            length: self.length,
        };
        let at = self.at.as_ref().map(|words| lines.time(words)).transpose()?.unwrap_or_default();
        Ok(Step { at, what: Happening::Request(Box::new(request)) })
    }
}

impl From<UnreachedForm> for Unreached {
    fn from(form: UnreachedForm) -> Self {
        match form {
            UnreachedForm::Busy => Self::Busy,
            UnreachedForm::NoAnswer => Self::NoAnswer,
            UnreachedForm::Rejected => Self::Rejected,
            UnreachedForm::Unavailable => Self::Unavailable,
        }
    }
}

fn json(value: toml::Value, line: usize) -> Result<Value, Wrong> {
    serde_json::to_value(value).map_err(|error| (line, format!("this is no JSON: {error}")))
}
