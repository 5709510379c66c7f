//! A version of a plugin that is tried beside the one in use: watched first, then deciding some of the calls, then all.

use anyhow::{Context, Result};
use jackfield_tests::{Api, Host, HostConfig, Line, eventually, hostile};
use serde_json::{Value, json};
use std::{thread::sleep, time::Duration};

const ID: &str = "org.example.moves";
const TRIAL: &str = "/api/v1/plugins/org.example.moves/trial";
/// Callers whose numbers end in each digit.
const OF_EACH: u64 = 10;

struct Trial {
    line: Line,
    host: Host,
    admin: Api,
}

impl Trial {
    /// A house in which the second version is tried beside the first.
    fn begin() -> Result<Self> {
        let line = Line::new()?;
        let host = Host::start(&HostConfig { trusted: vec![line.address()], ..HostConfig::default() })?;
        let admin = host.admin()?;
        let second = hostile("moves")?;
        admin.install(&second.with_file_name("moves-1.0.0.jackfield"))?;
        let archive = std::fs::read(second)?;
        let status = admin.upload("/api/v1/plugins?approve=true&trial=true", &archive)?;
        assert_eq!((&status["version"], &status["trial"]["version"]), (&json!("1.0.0"), &json!("2.0.0")), "{status:#}");
        assert_eq!(status["trial"]["share"], 0, "{status:#}");
        Ok(Self { line, host, admin })
    }

    /// One call from so many numbers; how many were refused.
    fn calls(&self, numbers: impl Iterator<Item = u64>) -> Result<u64> {
        let mut refused = 0;
        for number in numbers {
            // A plugin's log keeps a hundred lines a second.
            sleep(Duration::from_millis(12));
            let seen = self.line.call(self.host.sip(), &format!("+331234{number:05}"), "710")?.outcome()?;
            refused += u64::from(seen == 403);
            assert!([200, 403].contains(&seen), "a call got {seen}: {}", self.host.log());
        }
        Ok(refused)
    }

    fn findings(&self) -> Result<Value> {
        self.admin.get(TRIAL)
    }

    /// Wait until so many calls were compared.
    fn compared(&self, calls: u64) -> Result<Value> {
        eventually("the calls are compared", || self.findings().is_ok_and(|found| found["replay"]["asked"] == calls));
        self.findings()
    }

    fn card(&self) -> Result<Value> {
        self.admin.get(&format!("/api/v1/plugins/{ID}"))
    }

    /// Callers that this version has answered, by what its script has written into the log.
    fn answered_by(&self, version: u8) -> Result<u64> {
        let log = self.admin.get(&format!("/api/v1/plugins/{ID}/log?limit=500"))?;
        let said = format!("version {version} answers");
        let lines = log.as_array().context("a list of lines")?;
        Ok(lines.iter().filter(|line| line["message"].as_str().is_some_and(|text| text.starts_with(&said))).count()
            as u64)
    }
}

#[test]
fn a_version_that_is_watched_decides_nothing_and_shows_which_calls_would_have_gone_elsewhere() -> Result<()> {
    let mut trial = Trial::begin()?;
    assert_eq!(trial.calls(0..10 * OF_EACH)?, 0, "the first version has all calls");
    let found = trial.compared(10 * OF_EACH)?;
    // One in ten would have been refused; one in ten makes it crash, and the house has no extension 710.
    assert_eq!((&found["decided"], &found["failed"]), (&json!(0), &json!(OF_EACH)), "{found:#}");
    assert_eq!(found["replay"]["differ"], 2 * OF_EACH, "{found:#}");
    let differs = &found["replay"]["differences"];
    let number = differs[0]["caller"]["number"].as_str().context("a caller")?;
    assert!(number.ends_with(['1', '2']), "{number} differs");
    assert_eq!(differs[0]["before"]["decision"], "run", "{found:#}");
    let card = trial.card()?;
    assert_eq!((&card["state"], &card["cost"]["failures"]), (&json!("running"), &json!(0)), "{card:#}");

    trial.host.restart_after_kill()?;
    assert_eq!(trial.card()?["trial"]["version"], "2.0.0", "the trial goes on");
    trial.admin.act("DELETE", TRIAL, None)?;
    assert_eq!(trial.card()?["trial"], Value::Null);
    trial.calls(0..10)?;
    assert_eq!(trial.admin.request("GET", TRIAL, None)?.status, 404, "nothing is compared any more");
    assert!(!trial.host.has_panicked());
    Ok(())
}

#[test]
fn a_version_decides_its_share_of_the_calls_then_all_and_one_that_fails_gives_them_back() -> Result<()> {
    let trial = Trial::begin()?;
    assert_eq!(trial.admin.request("PUT", TRIAL, Some(&json!({"share": 51})))?.status, 409, "more is all");
    trial.admin.act("PUT", TRIAL, Some(&json!({"share": 30})))?;
    // Numbers that the second version answers as well.
    let calls: Vec<u64> = (0..300).filter(|number| number % 10 > 2).collect();
    assert_eq!(trial.calls(calls.iter().copied())?, 0);
    let found = trial.compared(calls.len() as u64)?;
    let decided = found["decided"].as_u64().context("a count")?;
    // 210 calls: 63 are expected, and ten standard deviations are allowed.
    assert!((10..=130).contains(&decided), "{found:#}");
    assert_eq!((&found["replay"]["differ"], &found["failed"]), (&json!(0), &json!(0)), "{found:#}");
    assert_eq!((trial.answered_by(2)?, trial.answered_by(1)?), (decided, calls.len() as u64 - decided));

    // One that crashes over every call rests soon, and the other has its calls.
    trial.admin.act("PUT", TRIAL, Some(&json!({"share": 50})))?;
    let crashing = (0..60).map(|n| 10_002 + 10 * n);
    let mut lost = 0;
    for number in crashing {
        let call = trial.line.call(trial.host.sip(), &format!("+331234{number:05}"), "710")?.outcome()?;
        lost += u64::from(call != 200);
    }
    assert!(trial.card()?["trial"]["resting"].is_string(), "{:#}", trial.card()?);
    assert!((1..=10).contains(&lost), "{lost} calls are lost before it rests");
    assert_eq!(trial.card()?["state"], "running", "the version in use is well");

    let adopted = trial.admin.act("POST", &format!("{TRIAL}/adopt"), None)?;
    assert_eq!((&adopted["version"], &adopted["trial"]), (&json!("2.0.0"), &Value::Null), "{adopted:#}");
    assert_eq!(trial.calls((0..10).map(|n| 20_001 + 10 * n))?, 10, "the second version has all calls");
    assert!(!trial.host.has_panicked());
    Ok(())
}
