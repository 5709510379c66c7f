//! What stands in a scenario file.

use super::form::{FileForm, Lines};
use crate::{house::TestExtension, scenario::Scenario};
use jackfield_model::{Language, Schedule, TimestampMs};
use serde_json::Value;
use std::{collections::BTreeMap, fmt, fs, path::Path, time::Duration};

/// Most bytes of a file.
const MOST_BYTES: u64 = 1 << 20;

/// A file of scenarios, read and found sound.
#[derive(Debug)]
pub struct ScenarioFile {
    /// Where it is, as it is shown.
    pub path: String,
    text: String,
    pub(crate) plans: Vec<Plan>,
}

/// One scenario: the house around the plugin, and what happens.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) house: PlannedHouse,
    /// In the order of their times.
    pub(crate) steps: Vec<Step>,
}

#[derive(Clone, Debug)]
pub(crate) struct PlannedHouse {
    pub(crate) at: TimestampMs,
    pub(crate) settings: Option<Value>,
    pub(crate) extensions: Vec<TestExtension>,
    pub(crate) schedules: Vec<Schedule>,
}

#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) at: Duration,
    pub(crate) what: Happening,
}

#[derive(Debug)]
pub(crate) enum Happening {
    Call(Box<PlannedCall>),
    Request(Box<PlannedRequest>),
}

#[derive(Debug)]
pub(crate) struct PlannedCall {
    /// The line of the file at which it stands.
    pub(crate) line: usize,
    pub(crate) scenario: Scenario,
    pub(crate) decision: Option<Said>,
    pub(crate) reason: Option<Said>,
    pub(crate) vars: BTreeMap<String, Said>,
    pub(crate) expect: Vec<Said>,
    pub(crate) never: Vec<Said>,
    pub(crate) ends_within: Option<(Duration, usize)>,
}

#[derive(Debug)]
pub(crate) struct PlannedRequest {
    pub(crate) line: usize,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: Option<Body>,
    pub(crate) name: Option<String>,
    pub(crate) admin: bool,
    pub(crate) extension: Option<String>,
    pub(crate) language: Language,
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, Said>,
    pub(crate) reply: Option<Value>,
    pub(crate) contains: Vec<Said>,
    pub(crate) length: Option<usize>,
}

#[derive(Debug)]
pub(crate) enum Body {
    Text(String),
    Json(Value),
}

/// Words of the file, and the line at which they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) words: String,
    pub(crate) line: usize,
}

/// A scenario file is not as it should be: which, where and what.
#[derive(Debug)]
pub struct FileError(String);

impl ScenarioFile {
    /// Every `*.toml` of a folder, by name; none when there is no such folder.
    ///
    /// # Errors
    /// When one of them cannot be read, or something in it makes no sense.
    pub fn all_in(folder: &Path) -> Result<Vec<Self>, FileError> {
        let Ok(entries) = fs::read_dir(folder) else { return Ok(Vec::new()) };
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        paths.sort();
        paths.iter().map(|path| Self::read(path)).collect()
    }

    /// Read a file.
    ///
    /// # Errors
    /// When it cannot be read, or something in it makes no sense.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let shown = path.display().to_string();
        let size = fs::metadata(path).map_err(|error| FileError(format!("{shown} cannot be read: {error}")))?.len();
        if size > MOST_BYTES {
            return Err(FileError(format!(
                "{shown} has {size} bytes, more than {MOST_BYTES}: make several files of it"
            )));
        }
        let text = fs::read_to_string(path).map_err(|error| FileError(format!("{shown} cannot be read: {error}")))?;
        Self::parse(&shown, text)
    }

    /// Take a file's text.
    ///
    /// # Errors
    /// When something in it makes no sense.
    pub fn parse(path: &str, text: String) -> Result<Self, FileError> {
        let written: FileForm = toml::from_str(&text).map_err(|error| FileError(format!("{path}: {error}")))?;
        let lines = Lines(&text);
        let plans = written.planned(&lines).map_err(|(line, why)| FileError(format!("{path}:{line}: {why}")))?;
        Ok(Self { path: path.to_owned(), text, plans })
    }

    /// How many calls its scenarios make.
    pub fn calls(&self) -> usize {
        self.plans.iter().map(Plan::calls).sum()
    }

    /// The words at a line, for messages.
    pub fn line(&self, number: usize) -> &str {
        self.text.lines().nth(number.saturating_sub(1)).unwrap_or_default().trim()
    }
}

impl Plan {
    pub(crate) fn calls(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step.what, Happening::Call(_))).count()
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FileError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        ScenarioFile::parse("calls.toml", text.to_owned()).expect_err(text).to_string()
    }

    #[test]
    fn steps_are_in_the_order_of_their_times_and_know_their_lines() {
        let text = r#"
            at = "2026-03-10T10:00:00Z"
            settings = { number = "700", ring = 20 }
            [[extensions]]
            number = "100"
            name = "Anna"
            [[scenario]]
            name = "two"
            settings = { ring = 30 }
            [[scenario.call]]
            at = "1 min 5 s"
            from = "+33199001122"
            to = "100"
            does = [{ press = "12#", after = "500 ms" }, { hang_up = true }]
            expect = ["answers"]
            [[scenario.request]]
            ask = "GET /list"
            at = "2 s"
        "#;
        let file = ScenarioFile::parse("calls.toml", text.to_owned()).unwrap();
        let plan = &file.plans[0];
        assert_eq!((plan.name.as_str(), plan.line, file.calls()), ("two", 8, 1));
        assert_eq!(plan.house.settings, Some(serde_json::json!({ "number": "700", "ring": 30 })));
        let times: Vec<u64> = plan.steps.iter().map(|step| step.at.as_secs()).collect();
        assert_eq!(times, [2, 65]);
        let Happening::Call(call) = &plan.steps[1].what else { panic!("the later step is the call") };
        assert_eq!((call.line, call.expect[0].line), (13, 15));
        assert_eq!(call.scenario.actions.len(), 2);
        let request = &call.scenario.request;
        assert_eq!((request.caller.extension.is_none(), request.trunk.is_some()), (true, true));
        assert!(request.callee.extension.is_some(), "100 is one of the extensions");
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_line() {
        let call = |line: &str| format!("[[scenario]]\nname = \"x\"\n[[scenario.call]]\nto = \"1\"\n{line}\n");
        for (text, said) in [
            (call("does = [{ press = \"x\" }]"), "calls.toml:5: “x” are no keys"),
            (call("does = [{ press = \"1\", hang_up = true }]"), "calls.toml:5: the caller does one thing"),
            (call("does = [{ press = \"1\", after = \"1 s\", at = \"2 s\" }]"), "calls.toml:5: say once when"),
            (call("dialled = { \"ext:1\" = \"bussy\" }"), "calls.toml:5: “bussy” is none of"),
            (call("ends_within = \"-2 s\""), "calls.toml:5: “-2 s” is no length of time"),
            (call("expects = [\"ends\"]"), "unknown field `expects`"),
            ("[[scenario]]\nname = \"x\"\n".to_owned(), "calls.toml:2: the scenario has neither"),
            ("at = \"yesterday\"\n".to_owned(), "calls.toml:1: “yesterday” is no time"),
            ("[[extensions]]\nnumber = \"x y\"\nname = \"x\"\n".to_owned(), "calls.toml"),
        ] {
            let got = refused(&text);
            assert!(got.contains(said), "{text}: {got}");
        }
    }
}
